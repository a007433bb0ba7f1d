/**
 * The origin of a URL: whether it is secure, the host and the port. It is what a connection goes to.
 *
 * Sources: RFC 9110 4.2 and 4.3, RFC 6455 3.
 *
 * @module
 */

/** Where the requests for a URL go. */
export interface Origin {
  /** Whether TLS protects the connection: `https` and `wss`. */
  readonly secure: boolean;
  /** The host name or IP address; an IPv6 address without brackets. */
  readonly hostname: string;
  /** The port. */
  readonly port: number;
}

/**
 * The origin of an `http`, `https`, `ws` or `wss` URL.
 *
 * @param url The URL; its credentials, path and query are of no interest here.
 * @returns The origin, with the default port of the scheme where the URL has none.
 * @throws {TypeError} When the URL has another scheme.
 *
 * @example The port of a scheme
 * ```ts
 * import { originOf } from "@denado/denado/http";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(originOf(new URL("wss://[::1]/chat")), { secure: true, hostname: "::1", port: 443 });
 * ```
 */
export function originOf(url: URL): Origin {
  const { protocol, hostname, port } = url;
  const secure = protocol === "https:" || protocol === "wss:";
  if (!secure && protocol !== "http:" && protocol !== "ws:") {
    throw new TypeError(`Cannot connect: unsupported URL scheme: ${url.href}`);
  }
  return {
    secure,
    hostname: hostname.charCodeAt(0) === 0x5b /* [ */ ? hostname.slice(1, -1) : hostname,
    port: port === "" ? secure ? 443 : 80 : Number(port),
  };
}

/**
 * Host and port as one text, with the port always, as CONNECT needs it (RFC 9112 3.2.3).
 *
 * @param origin The origin.
 * @returns For example `a.example:80` or `[::1]:443`.
 */
export function authorityOf(origin: Pick<Origin, "hostname" | "port">): string {
  const { hostname, port } = origin;
  return hostname.includes(":") ? `[${hostname}]:${port}` : `${hostname}:${port}`;
}
