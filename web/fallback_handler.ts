/**
 * A handler that hands the request on to something that is no handler.
 *
 * Routes can lead to such targets directly; this is for what needs a handler around it, in a list with `prepare` of a
 * base class for instance, and for code that comes from Tornado.
 *
 * Tornado: `tornado.web.FallbackHandler`.
 *
 * @module
 */

import {
  answerFailure,
  type HTTPMessageDelegate,
  type HTTPServerConnectionDelegate,
  type HTTPServerRequest,
  type RequestHead,
} from "../http/mod.ts";
import { RequestHandler } from "./request_handler.ts";

/** Answers a request through its `connection`. */
export type FallbackCallback = (request: HTTPServerRequest) => void | Promise<void>;

/** Options of a route to a {@linkcode FallbackHandler}. */
export interface FallbackHandlerOptions {
  /** Who answers: a function, another `Application`, or any delegate of connections. */
  readonly fallback: FallbackCallback | HTTPServerConnectionDelegate;
}

/**
 * Hands requests of any method on, with their body.
 *
 * @example An application behind another one
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Application, FallbackHandler, RequestHandler } from "@denado/denado";
 *
 * class Legacy extends RequestHandler {
 *   override get() {
 *     this.write("as it always was");
 *   }
 * }
 *
 * const legacy = new Application([["/.*", Legacy]]);
 * const app = new Application([[".*", FallbackHandler, { fallback: legacy }]]);
 * const server = app.listen(0, { address: "127.0.0.1" });
 * const response = await fetch(`http://127.0.0.1:${server.port}/any`);
 * assertEquals(await response.text(), "as it always was");
 * server.stop();
 * await server.closeAllConnections();
 * ```
 */
export class FallbackHandler extends RequestHandler {
  #fallback: FallbackHandlerOptions["fallback"] | undefined;
  #delegate: HTTPMessageDelegate | undefined;

  /** Takes the target from the route. @throws {TypeError} if it has none */
  override initialize(options: FallbackHandlerOptions): void {
    const fallback: unknown = options?.fallback;
    if (typeof fallback !== "function" && !isDelegate(fallback)) {
      throw new TypeError(`Cannot fall back: the route has nobody to fall back to: ${Deno.inspect(options)}`);
    }
    this.#fallback = options.fallback;
  }

  /** Hands the request on; of this handler only `onFinish` is called afterwards, at once. */
  override prepare(): void {
    const { request } = this;
    this.handOver();
    this.#answer().catch((error) => answerFailure(request, error));
  }

  /** Passes on that the client left. */
  override connectionClosed(): void {
    this.#delegate?.onConnectionClose();
  }

  async #answer(): Promise<void> {
    const { request } = this;
    const fallback = this.#fallback!;
    if (typeof fallback === "function") return await fallback(request);
    const { serverConnection, connection, body } = request;
    if (serverConnection === undefined) {
      throw new TypeError("Cannot fall back: the request did not come on a connection");
    }
    const delegate = this.#delegate = fallback.startRequest(serverConnection, connection);
    await delegate.headersReceived(headOf(request), request.headers);
    if (body.length > 0) await delegate.dataReceived(body);
    await delegate.finish();
  }
}

function isDelegate(value: unknown): value is HTTPServerConnectionDelegate {
  return typeof (value as HTTPServerConnectionDelegate | null | undefined)?.startRequest === "function";
}

/** The head of a request whose body has been received. */
function headOf(request: HTTPServerRequest): RequestHead {
  const { method, uri, version, headers, host, body } = request;
  return {
    method,
    path: uri,
    version,
    headers,
    host,
    minorVersion: version === "HTTP/1.0" ? 0 : 1,
    keepAlive: version !== "HTTP/1.0",
    framing: body.length === 0 ? "none" : "length",
    contentLength: body.length === 0 ? -1 : body.length,
    expectContinue: false,
    upgrade: false,
  };
}
