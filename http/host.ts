/**
 * Host and port as one text.
 *
 * Tornado: `httputil.split_host_and_port`.
 *
 * @module
 */

/** What {@linkcode splitHostAndPort} found. */
export interface HostAndPort {
  /** The host; an IPv6 address keeps its brackets. */
  readonly host: string;
  /** The port, `undefined` where there is none. */
  readonly port: number | undefined;
}

/**
 * Divides an authority such as `a.example:8080` or `[::1]:80`.
 *
 * Nothing is checked: where there are no digits behind the last colon, all of it is the host. So is an IPv6 address
 * without brackets, of which Tornado takes the last group for a port.
 *
 * @param netloc The authority, without user and password.
 * @returns Its parts.
 *
 * @example With and without a port
 * ```ts
 * import { splitHostAndPort } from "@denado/denado/http";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(splitHostAndPort("a.example:8080"), { host: "a.example", port: 8080 });
 * assertEquals(splitHostAndPort("[::1]"), { host: "[::1]", port: undefined });
 * ```
 */
export function splitHostAndPort(netloc: string): HostAndPort {
  const colon = netloc.lastIndexOf(":");
  const digits = netloc.slice(colon + 1);
  const bracketed = netloc.charCodeAt(colon - 1) === 0x5d /* ] */;
  if (colon < 1 || !/^[0-9]+$/.test(digits) || (!bracketed && netloc.indexOf(":") < colon)) {
    return { host: netloc, port: undefined };
  }
  return { host: netloc.slice(0, colon), port: Number(digits) };
}
