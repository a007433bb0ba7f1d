/**
 * Decorators for methods whose pages have, or have not, a slash at the end of their paths, so that each page has one URL.
 *
 * @module
 */

import { HTTPError } from "./errors.ts";
import { localTarget } from "./redirect_target.ts";
import type { RequestHandler } from "./request_handler.ts";

/**
 * Adds a slash: GET and HEAD of a path without one are redirected (301) to that with one, the query kept; other methods
 * get 404. The route must match both, as `/page/?` does. Tornado: `tornado.web.addslash`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { addslash, Application, RequestHandler } from "@denado/denado";
 *
 * class PageHandler extends RequestHandler {
 *   @addslash
 *   override get() {
 *     this.write("page");
 *   }
 * }
 *
 * const app = new Application([["/page/?", PageHandler]]);
 * const server = app.listen(0, { address: "127.0.0.1" });
 * const response = await fetch(`http://127.0.0.1:${server.port}/page?a=b`);
 * assertEquals(response.url, `http://127.0.0.1:${server.port}/page/?a=b`);
 * assertEquals(await response.text(), "page");
 * server.stop();
 * await server.closeAllConnections();
 * ```
 */
export function addslash<This extends RequestHandler, Args extends unknown[], Result>(
  method: (this: This, ...args: Args) => Result,
  _context?: ClassMethodDecoratorContext<This>,
): (this: This, ...args: Args) => Result {
  return redirecting(method, (path) => path.endsWith("/") ? undefined : `${path}/`);
}

/**
 * Removes slashes: GET and HEAD of a path that ends in one are redirected (301) to that without any, the query kept;
 * other methods get 404. The root keeps its slash. The route must match both, as `/page/*` does. Tornado:
 * `tornado.web.removeslash`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Application, removeslash, RequestHandler } from "@denado/denado";
 *
 * class PageHandler extends RequestHandler {
 *   @removeslash
 *   override get() {
 *     this.write("page");
 *   }
 * }
 *
 * const app = new Application([["/page/*", PageHandler]]);
 * const server = app.listen(0, { address: "127.0.0.1" });
 * const response = await fetch(`http://127.0.0.1:${server.port}/page/?a=b`);
 * assertEquals(response.url, `http://127.0.0.1:${server.port}/page?a=b`);
 * assertEquals(await response.text(), "page");
 * server.stop();
 * await server.closeAllConnections();
 * ```
 */
export function removeslash<This extends RequestHandler, Args extends unknown[], Result>(
  method: (this: This, ...args: Args) => Result,
  _context?: ClassMethodDecoratorContext<This>,
): (this: This, ...args: Args) => Result {
  return redirecting(method, (path) => path.endsWith("/") ? path.replace(/\/+$/, "") || undefined : undefined);
}

/** Wraps a method: where `otherPath` knows another path for the page, that is where it is. */
function redirecting<This extends RequestHandler, Args extends unknown[], Result>(
  method: (this: This, ...args: Args) => Result,
  otherPath: (path: string) => string | undefined,
): (this: This, ...args: Args) => Result {
  return function (...args) {
    const { path, query, method: name } = this.request;
    const other = otherPath(path);
    if (other === undefined) return method.apply(this, args);
    if (name !== "GET" && name !== "HEAD") throw new HTTPError(404);
    this.redirect(localTarget(other) + (query === "" ? "" : `?${query}`), { permanent: true });
    return undefined as Result; // who awaits a promise is content with it, and nobody else looks
  };
}
