/**
 * From a request as it arrives to the handler that answers it.
 *
 * The delegate is made when the head has arrived and the route is known. It
 * collects the body, makes the handler and runs it.
 *
 * Tornado: `tornado.web._HandlerDelegate`.
 *
 * @module
 */

import { concatChunks, type HTTPMessageDelegate, type HTTPServerRequest } from "../http/mod.ts";
import type { Application } from "./application.ts";
import { ErrorHandler } from "./error_handler.ts";
import type { HandlerClass } from "./handler_class.ts";
import type { RequestHandler } from "./request_handler.ts";
import type { TargetParameters } from "./router.ts";

/** Collects one request and runs its handler. */
export class HandlerDelegate implements HTTPMessageDelegate {
  readonly #application: Application;
  readonly #request: HTTPServerRequest;
  readonly #handlerClass: HandlerClass;
  readonly #parameters: TargetParameters;
  #chunks: Uint8Array[] | undefined;
  #handler: RequestHandler | undefined;

  /** For a request whose head has arrived. */
  constructor(
    application: Application,
    request: HTTPServerRequest,
    handlerClass: HandlerClass,
    parameters: TargetParameters,
  ) {
    this.#application = application;
    this.#request = request;
    this.#handlerClass = handlerClass;
    this.#parameters = parameters;
  }

  /** Nothing to do: the request has its head. */
  headersReceived(): void {}

  /** Keeps a part of the body. */
  dataReceived(chunk: Uint8Array): void {
    (this.#chunks ??= []).push(chunk.slice());
  }

  /** Runs the handler. */
  finish(): void {
    if (this.#chunks !== undefined) this.#request.body = concatChunks(this.#chunks);
    this.#chunks = undefined;
    this.#handler = this.#makeHandler();
    this.#handler.execute();
  }

  /** Tells the handler that the client left. */
  onConnectionClose(): void {
    this.#chunks = undefined;
    this.#handler?.connectionClosed();
  }

  #makeHandler(): RequestHandler {
    const { pathArgs, pathKwargs, targetKwargs } = this.#parameters;
    let handler;
    try {
      handler = new this.#handlerClass(this.#application, this.#request);
    } catch (error) {
      const failed = new ErrorHandler(this.#application, this.#request);
      failed.initializeWith({ error });
      return failed;
    }
    if (pathArgs !== undefined) handler.pathArgs = pathArgs;
    handler.pathKwargs = pathKwargs;
    handler.initializeWith(targetKwargs ?? NO_KWARGS);
    return handler;
  }
}

const NO_KWARGS = Object.freeze({});
