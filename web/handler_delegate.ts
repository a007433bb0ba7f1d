/**
 * From a request as it arrives to the handler that answers it.
 *
 * The delegate is made when the head has arrived and the route is known. It
 * collects the body, makes the handler and runs it. For a class that takes the
 * body in parts the handler is made first, and gets each part as it arrives.
 *
 * Tornado: `tornado.web._HandlerDelegate`.
 *
 * @module
 */

import { logContext } from "../ioloop/mod.ts";
import { concatChunks, type HTTPMessageDelegate, type HTTPServerRequest } from "../http/mod.ts";
import type { Application } from "./application.ts";
import { ErrorHandler } from "./error_handler.ts";
import type { HandlerClass } from "./handler_class.ts";
import type { RequestHandler } from "./request_handler.ts";
import { makeRequestId } from "./request_id.ts";
import type { TargetParameters } from "./router.ts";

/** Collects one request and runs its handler. */
export class HandlerDelegate implements HTTPMessageDelegate {
  readonly #application: Application;
  readonly #request: HTTPServerRequest;
  readonly #handlerClass: HandlerClass;
  readonly #parameters: TargetParameters;
  #chunks: Uint8Array[] | undefined;
  #handler: RequestHandler | undefined;
  /** Whether the body goes to the handler as it arrives. */
  readonly #streams: boolean;
  /** What is added to every line that is logged for the request: its id, with the setting `requestId`. */
  readonly #context: { requestId: string } | undefined;

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
    this.#streams = (handlerClass as unknown as typeof RequestHandler).STREAM_REQUEST_BODY;
    const { requestId } = application.settings;
    if (requestId) this.#context = { requestId: makeRequestId(requestId, request) };
  }

  /** Nothing to do, since the request has its head, unless the handler streams. */
  headersReceived(): void | Promise<void> {
    if (!this.#streams) return;
    return this.#inContext(() => {
      this.#handler = this.#makeHandler();
      return this.#handler.executeBeforeBody();
    });
  }

  /** Keeps a part of the body, or gives a copy of it to the handler. */
  dataReceived(chunk: Uint8Array, owned = false): void | Promise<void> {
    const kept = owned ? chunk : chunk.slice();
    if (this.#streams) return this.#inContext(() => this.#handler!.receiveData(kept));
    (this.#chunks ??= []).push(kept);
  }

  /** Runs the handler. */
  finish(): void {
    if (this.#streams) return this.#inContext(() => this.#handler!.executeAfterBody());
    if (this.#chunks !== undefined) this.#request.body = concatChunks(this.#chunks);
    this.#chunks = undefined;
    if (this.#context === undefined) this.#execute();
    else this.#inContext(() => this.#execute());
  }

  /** Tells the handler that the client left. */
  onConnectionClose(): void {
    this.#chunks = undefined;
    this.#inContext(() => this.#handler?.connectionClosed());
  }

  #execute(): void {
    this.#handler = this.#makeHandler();
    this.#handler.execute();
  }

  #inContext<T>(step: () => T): T {
    const context = this.#context;
    return context === undefined ? step() : logContext.run({ ...logContext.getStore(), ...context }, step);
  }

  #makeHandler(): RequestHandler {
    const { pathArgs, pathKwargs, targetKwargs } = this.#parameters;
    let handler;
    try {
      handler = new this.#handlerClass(this.#application, this.#request);
    } catch (error) {
      const failed = new ErrorHandler(this.#application, this.#request);
      if (this.#context !== undefined) failed.requestId = this.#context.requestId;
      failed.initializeWith({ error });
      return failed;
    }
    if (this.#context !== undefined) handler.requestId = this.#context.requestId;
    if (pathArgs !== undefined) handler.pathArgs = pathArgs;
    handler.pathKwargs = pathKwargs;
    handler.initializeWith(targetKwargs ?? NO_KWARGS);
    return handler;
  }
}

const NO_KWARGS = Object.freeze({});
