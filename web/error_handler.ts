/**
 * A handler that answers everything with one error.
 *
 * Tornado: `tornado.web.ErrorHandler`.
 *
 * @module
 */

import { HTTPError } from "./errors.ts";
import { RequestHandler } from "./request_handler.ts";

/** What an {@linkcode ErrorHandler} answers with. */
export interface ErrorHandlerOptions {
  /** The status. @default 404 */
  readonly statusCode?: number;
  /** What is thrown, in place of an {@linkcode HTTPError} with the status. */
  readonly error?: unknown;
}

/**
 * Answers every method with one error; what an application does where there is no route.
 *
 * @example Part of a site that is gone
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Application, ErrorHandler } from "@denado/denado";
 *
 * const app = new Application([["/old/.*", ErrorHandler, { statusCode: 410 }]], { logFunction: () => {} });
 * const server = app.listen(0, { address: "127.0.0.1" });
 * const response = await fetch(`http://127.0.0.1:${server.port}/old/page`);
 * assertEquals(response.status, 410);
 * await response.body?.cancel();
 * server.stop();
 * await server.closeAllConnections();
 * ```
 */
export class ErrorHandler extends RequestHandler {
  #error: unknown;

  /** Takes the error from the route. */
  override initialize(options: ErrorHandlerOptions): void {
    this.#error = "error" in options ? options.error : new HTTPError(options.statusCode ?? 404);
  }

  /** Checks nothing: there is nothing that a forged request could do, and its sender shall learn of the error. */
  override checkXsrfCookie(): void {}

  /** Throws the error, whatever the method. */
  override prepare(): void {
    throw this.#error;
  }
}
