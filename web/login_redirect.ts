/**
 * Redirects to a login page and back: which targets are on this host.
 *
 * A login page goes to whatever `next` says, and who wrote the link to it is unknown. A target that a browser would take
 * for another host, such as `//host` or `/\host`, must neither be written into `next` nor be followed.
 *
 * Source: WHATWG URL 4.4. Tornado: `tornado.web.authenticated`.
 *
 * @module
 */

import { urlConcat } from "../http/mod.ts";

/**
 * The address of a login page that comes back afterwards. An address that has a query already is left as it is.
 *
 * @param loginUrl The page; with a scheme, or as a path on this host.
 * @param request What was asked for, as a path and query, and its origin.
 */
export function loginRedirectUrl(
  loginUrl: string,
  request: { readonly target: string; readonly origin: string },
): string {
  if (loginUrl.includes("?")) return loginUrl;
  const path = request.target.replace(/^[/\\]*/, "/"); // more than one would be a host
  const next = /^[a-z][a-z0-9+.-]*:/i.test(loginUrl) ? request.origin + path : path;
  return urlConcat(loginUrl, { next });
}

/**
 * A target on the same host as a path, query and fragment; `undefined` for one that leads elsewhere, or nowhere.
 *
 * @param target A path, or a whole URL. Without a `/` at its beginning it is no path.
 * @param origin The scheme and host of the request.
 */
export function sameOriginTarget(target: string, origin: string): string | undefined {
  const home = URL.parse(origin);
  if (home === null || !/^(?:[/\\]|https?:)/i.test(target)) return undefined;
  const url = URL.parse(target, home);
  if (url === null || url.origin !== home.origin || url.username !== "" || url.password !== "") return undefined;
  // What is left may begin with two slashes, as in "/.//host".
  return url.pathname.startsWith("//") ? undefined : url.pathname + url.search + url.hash;
}
