/**
 * IP addresses as text.
 *
 * @module
 */

import { isIP } from "node:net";

/** Which addresses a name or an empty address stands for. Tornado: `AF_UNSPEC`, `AF_INET`, `AF_INET6`. */
export type AddressFamily = "unspecified" | "ipv4" | "ipv6";

/**
 * Whether the text is an IPv4 or IPv6 address, rather than a name. Tornado: `is_valid_ip`.
 *
 * @example
 * ```ts
 * import { assert, assertFalse } from "@std/assert";
 * import { isValidIp } from "@denado/denado/tcp";
 *
 * assert(isValidIp("2001:db8::1"));
 * assertFalse(isValidIp("localhost"));
 * ```
 */
export function isValidIp(text: string): boolean {
  return isIP(text) !== 0;
}

/** The family of an IP address, `undefined` if the text is none. */
export function ipFamily(text: string): "ipv4" | "ipv6" | undefined {
  const version = isIP(text);
  return version === 0 ? undefined : version === 4 ? "ipv4" : "ipv6";
}
