/**
 * A decorator for handlers that take the body of a request in parts, as it arrives.
 *
 * Tornado: `tornado.web.stream_request_body`.
 *
 * @module
 */

import { isHandlerClass } from "./handler_class.ts";
import type { RequestHandler } from "./request_handler.ts";

/**
 * Lets a handler have the body in parts: `prepare` runs when the head has arrived, then
 * {@linkcode RequestHandler.dataReceived} with each part, and the method at the end, where `request.body` is empty. The
 * same as a static property `STREAM_REQUEST_BODY`.
 *
 * `prepare` may set limits for this body: `this.request.connection.setMaxBodySize(bytes)` and `setBodyTimeoutMs`.
 *
 * @throws {TypeError} if it is no class of handlers
 *
 * @example Counting what is uploaded
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Application, RequestHandler, streamRequestBody } from "@denado/denado";
 *
 * @streamRequestBody
 * class UploadHandler extends RequestHandler {
 *   #size = 0;
 *   override dataReceived(chunk: Uint8Array) {
 *     this.#size += chunk.length;
 *   }
 *   override put() {
 *     this.write(`${this.#size} bytes`);
 *   }
 * }
 *
 * const app = new Application([["/upload", UploadHandler]]);
 * const server = app.listen(0, { address: "127.0.0.1" });
 * const body = new Uint8Array(1_000_000);
 * const response = await fetch(`http://127.0.0.1:${server.port}/upload`, { method: "PUT", body });
 * assertEquals(await response.text(), "1000000 bytes");
 * server.stop();
 * await server.closeAllConnections();
 * ```
 */
export function streamRequestBody(
  handlerClass: abstract new (...args: never[]) => RequestHandler,
  _context?: ClassDecoratorContext,
): void {
  if (!isHandlerClass(handlerClass)) {
    throw new TypeError(`Cannot stream the request body of ${Deno.inspect(handlerClass)}: it is no RequestHandler`);
  }
  Object.defineProperty(handlerClass, "STREAM_REQUEST_BODY", { value: true, configurable: true });
}
