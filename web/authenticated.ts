/**
 * Methods for users who are signed in only.
 *
 * Source: Tornado's `tornado.web.authenticated`.
 *
 * @module
 */

import { HTTPError } from "./errors.ts";
import { loginRedirectUrl } from "./login_redirect.ts";
import type { RequestHandler } from "./request_handler.ts";

/**
 * Lets a method of a handler run only if `currentUser` is set. Otherwise GET and HEAD are redirected to `getLoginUrl`,
 * with what was asked for as the argument `next`, and all else is answered with 403.
 *
 * It is a decorator, and also a plain function that wraps a method.
 *
 * @param method The method.
 * @returns The method that asks first.
 *
 * @example As a decorator, and as a function
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Application, RequestHandler } from "@denado/denado";
 * import { authenticated } from "@denado/denado/web";
 *
 * class Account extends RequestHandler {
 *   @authenticated
 *   override get() {
 *     this.write("yours");
 *   }
 * }
 *
 * class Orders extends RequestHandler {
 *   override get = authenticated(function (this: RequestHandler) {
 *     this.write("yours, too");
 *   });
 * }
 *
 * const app = new Application([["/account", Account], ["/orders", Orders]], { loginUrl: "/login" });
 * const server = app.listen(0, { address: "127.0.0.1" });
 * for (const path of ["account", "orders"]) {
 *   const response = await fetch(`http://127.0.0.1:${server.port}/${path}?a=b`, { redirect: "manual" });
 *   assertEquals(response.headers.get("Location"), `/login?next=%2F${path}%3Fa%3Db`);
 *   await response.body?.cancel();
 * }
 * server.stop();
 * await server.closeAllConnections();
 * ```
 */
export function authenticated<This extends RequestHandler, Args extends unknown[], Result>(
  method: (this: This, ...args: Args) => Result,
  _context?: ClassMethodDecoratorContext<This>,
): (this: This, ...args: Args) => Result {
  return function (this: This, ...args: Args): Result {
    if (this.currentUser) return method.apply(this, args);
    const { request } = this;
    if (request.method !== "GET" && request.method !== "HEAD") throw new HTTPError(403);
    const target = request.query === "" ? request.path : `${request.path}?${request.query}`;
    const origin = `${request.protocol}://${request.host}`;
    this.redirect(loginRedirectUrl(this.getLoginUrl(), { target, origin }));
    return undefined as Result; // the type of a decorated method cannot change, and who calls it waits for nothing else
  };
}
