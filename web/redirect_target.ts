/**
 * Where a redirect leads: what may stand in a `Location` field, and what of it may come from a request.
 *
 * A browser takes `//host`, `/\host` and, since it drops tabs and line ends, `/<TAB>/host` for another host. A target
 * that is built from the path of a request must therefore be looked at, or a link to a trusted site leads to any other
 * (CVE-2023-28370).
 *
 * Source: RFC 9110 10.2.2, RFC 3986 4.2, WHATWG URL 4.4.
 *
 * @module
 */

import { HTTPError } from "./errors.ts";
import { quoteForLog } from "./log_text.ts";

/**
 * A URL as it can be sent: characters beyond ASCII, which a URI has not, become percent-encoded UTF-8.
 *
 * @throws {TypeError} if there is a control character, also an encoded line end is none, or a lone surrogate
 */
export function encodeLocation(url: string): string {
  // deno-lint-ignore no-control-regex -- control characters are what must not be sent
  if (/[\x00-\x1f\x7f]/.test(url) || !url.isWellFormed()) {
    throw new TypeError(`Cannot redirect: the target is not a URL: ${quoteForLog(url)}`);
  }
  return url.replace(/[^\x20-\x7e]+/g, encodeURIComponent);
}

/**
 * The path of a request, or what is built from it, as a target on the same host.
 *
 * @throws {HTTPError} 403 if a browser would take it for another host
 *
 * @example
 * ```ts
 * import { assertEquals, assertThrows } from "@std/assert";
 * import { HTTPError, localTarget } from "@denado/denado/web";
 *
 * assertEquals(localTarget("/a/"), "/a/");
 * assertThrows(() => localTarget("//evil.example/"), HTTPError);
 * ```
 */
export function localTarget(path: string): string {
  // deno-lint-ignore no-control-regex -- control characters are what a browser drops
  if (!/^\/(?![/\\])[^\x00-\x1f\x7f]*$/.test(path)) {
    throw new HTTPError(403, { logMessage: `Cannot redirect to ${quoteForLog(path)}: it may be another host` });
  }
  return path;
}
