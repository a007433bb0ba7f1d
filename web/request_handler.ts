/**
 * The base class of all handlers: the life of one request.
 *
 * The order is Tornado's: `initialize`, `prepare`, the method, `finish`,
 * `onFinish`. Each step may return a promise; as long as none does, the whole
 * request runs in one go. An error in any of them becomes an error response.
 *
 * Tornado: `tornado.web.RequestHandler`.
 *
 * @module
 */

import { appLog, describeError, genLog, isThenable } from "../ioloop/mod.ts";
import { StreamClosedError } from "../tcp/mod.ts";
import { argumentErrorPage } from "./argument_error_page.ts";
import { Finish, HTTPError, InvalidArgumentError, MissingArgumentError } from "./errors.ts";
import { PageHandler } from "./handler/pages.ts";
import type { PathParameters } from "./path_pattern.ts";
import { requestIdHeader } from "./request_id.ts";
import { TRACEBACK_POLICY, tracebackPage, wantsPage } from "./traceback_page.ts";
import { xhtmlEscape } from "./xhtml_escape.ts";

/** What a route hands to `initialize`. */
// deno-lint-ignore no-explicit-any -- each handler names the options that it takes
export type InitializeOptions = any;

/** What a route captures, as the arguments of a method: text, `undefined`, or one object of both by name. */
// deno-lint-ignore no-explicit-any -- each handler names the path arguments that it takes
export type PathArgument = any;

/** What `sendError` and `writeError` are told. */
export interface ErrorInfo {
  /** The error that was thrown, if one was. */
  readonly error?: unknown;
  /** Replaces the reason phrase. */
  readonly reason?: string;
}

const METHODS = ["GET", "HEAD", "POST", "DELETE", "PATCH", "PUT", "OPTIONS"] as const;

/**
 * Handles the requests of one route. A new one is made for each request.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Application, RequestHandler } from "@denado/denado";
 *
 * class Greeting extends RequestHandler {
 *   override get(name: string) {
 *     this.setHeader("Content-Type", "text/plain");
 *     this.write(`Hello, ${name}`);
 *   }
 * }
 *
 * const server = new Application([["/hello/(.+)", Greeting]]).listen(0, { address: "127.0.0.1" });
 * const response = await fetch(`http://127.0.0.1:${server.port}/hello/you`);
 * assertEquals(await response.text(), "Hello, you");
 * server.stop();
 * await server.closeAllConnections();
 * ```
 */
export abstract class RequestHandler extends PageHandler {
  /** The methods that handlers may have; a subclass can name more. */
  static readonly SUPPORTED_METHODS: readonly string[] = METHODS;
  /**
   * Whether the body arrives in parts, by {@linkcode dataReceived}, instead of being collected. A subclass sets it, or is
   * decorated with {@linkcode streamRequestBody}. @default false
   */
  static readonly STREAM_REQUEST_BODY: boolean = false;

  /** What the unnamed groups of the route captured. */
  pathArgs: PathParameters["pathArgs"] = NO_PATH_ARGS;
  /** What the named groups of the route captured; `undefined` if it has none. */
  pathKwargs: PathParameters["pathKwargs"];
  /** The id of the request, with the setting `requestId`. */
  requestId: string | undefined;
  /** Whether the body comes in parts and is not complete, so that the method was not called yet. */
  #awaitsBody = false;

  // --- to be overridden ---

  /** Called first, with the options of the route. */
  initialize(_options: InitializeOptions): void {}

  /** Called before the method, whichever it is. If it finishes the request, the method is not called. */
  prepare(): void | Promise<void> {}

  /** Answers GET, and HEAD where there is no `head`. */
  get(..._pathArgs: PathArgument[]): unknown {
    return this.#methodNotAllowed();
  }

  /** Answers HEAD. @default what `get` does, without its body */
  head(...pathArgs: PathArgument[]): unknown {
    return this.get(...pathArgs);
  }

  /** Answers POST. */
  post(..._pathArgs: PathArgument[]): unknown {
    return this.#methodNotAllowed();
  }

  /** Answers DELETE. */
  delete(..._pathArgs: PathArgument[]): unknown {
    return this.#methodNotAllowed();
  }

  /** Answers PATCH. */
  patch(..._pathArgs: PathArgument[]): unknown {
    return this.#methodNotAllowed();
  }

  /** Answers PUT. */
  put(..._pathArgs: PathArgument[]): unknown {
    return this.#methodNotAllowed();
  }

  /** Answers OPTIONS. */
  options(..._pathArgs: PathArgument[]): unknown {
    return this.#methodNotAllowed();
  }

  /**
   * Called with each part of the body, after `prepare` and before the method, in a class with `STREAM_REQUEST_BODY`. While
   * a promise that it returns is not settled no other part is read, so that the client is held back. An error, or a
   * response that is finished, ends the request early.
   */
  dataReceived(_chunk: Uint8Array): void | Promise<void> {
    throw new Error("Cannot receive a body in parts: the handler has no dataReceived");
  }

  /** Aborted when the client leaves before the response is finished; made when it is first asked for. */
  get signal(): AbortSignal {
    return this.request.connection.signal;
  }

  /** Called after the response was handed to the connection. */
  onFinish(): void {}

  /** Called when the client leaves before the response is complete. */
  onConnectionClose(): void {}

  // --- errors ---

  /** Answers with an error, if nothing was sent yet; else cuts the response off. */
  sendError(code = 500, info: ErrorInfo = {}): void {
    if (this.headersWritten) {
      genLog.error("Cannot send error response after headers written");
      if (!this.finished) this.abortResponse();
      return;
    }
    const headers = info.error instanceof HTTPError ? info.error.headers : {};
    this.clear();
    this.setStatus(code, info.reason);
    try {
      for (const [name, value] of Object.entries(headers)) this.setHeader(name, value);
      const result: unknown = this.writeError(code, info) ?? this.ending;
      if (!isThenable(result)) return this.#finishUnlessFinished();
      this.ending = Promise.resolve(result).then(() => {}, (error) => this.#writeErrorFailed(error))
        .finally(() => this.ending = undefined)
        .then(() => this.#finishUnlessFinished())
        .catch((error) => this.#sendErrorFailed(error)); // nobody may be waiting for it
    } catch (error) {
      this.#writeErrorFailed(error);
    }
  }

  /** The client gets the status without a page. */
  #writeErrorFailed(error: unknown): void {
    appLog.error(`Uncaught exception in writeError\n${describeError(error)}`);
    this.dropUnsentBody();
    this.#finishUnlessFinished();
  }

  /** Writes the error page. To be overridden for pages of one's own; `info.error` tells what was thrown. */
  writeError(code: number, info: ErrorInfo): void | Promise<void> {
    if (this.settings.serveTraceback && info.error !== undefined) return this.#writeTraceback(code, info.error);
    if (info.error instanceof MissingArgumentError || info.error instanceof InvalidArgumentError) {
      const { contentType, body } = argumentErrorPage(
        this.request.headers,
        { code, reason: this.getReason() },
        info.error.issues,
      );
      this.setHeader("Content-Type", contentType);
      return void this.finish(body);
    }
    const title = `${code}: ${xhtmlEscape(this.getReason())}`;
    this.finish(`<html><title>${title}</title><body>${title}</body></html>`);
  }

  /** Shows the error itself: as a page to browsers, as text to others. */
  #writeTraceback(statusCode: number, error: unknown): void {
    const { request } = this;
    this.setHeader("Cache-Control", "no-store");
    this.setHeader("Vary", "Accept");
    if (wantsPage(request.headers.get("Accept") ?? "")) {
      this.setHeader("Content-Security-Policy", TRACEBACK_POLICY);
      this.finish(tracebackPage({
        error,
        statusCode,
        reason: this.getReason(),
        request,
        templateSource: (name) => this.templateSource(name),
      }));
    } else {
      this.setHeader("Content-Type", "text/plain; charset=UTF-8");
      this.finish(describeError(error));
    }
  }

  /** Logs an error that a handler threw: an {@linkcode HTTPError} only if it has a message, others with their stack. */
  logException(error: unknown): void {
    const { request } = this;
    const summary = `${request.method} ${request.uri} (${request.remoteIp})`;
    if (!(error instanceof HTTPError)) appLog.error(`Uncaught exception ${summary}\n${describeError(error)}`);
    else if (error.logMessage !== undefined) genLog.warning(`${error.statusCode} ${summary}: ${error.getMessage()}`);
  }

  // --- called by the application ---

  /** Runs `initialize`, whose error becomes the response. */
  initializeWith(options: InitializeOptions): void {
    try {
      this.setDefaultHeaders();
      this.initialize(options);
    } catch (error) {
      this.#handleError(error);
    }
  }

  /** Runs the request to its end; an error, now or later, becomes the response. */
  execute(): void {
    if (this.finished) return;
    try {
      const result = this.#run();
      if (result !== undefined) result.then(undefined, (error) => this.#handleError(error));
    } catch (error) {
      this.#handleError(error);
    }
  }

  /** Runs `prepare` for a request whose body will come in parts; the body waits for a promise that it returns. */
  executeBeforeBody(): void | Promise<void> {
    if (this.finished) return;
    this.takesTime = true;
    this.#awaitsBody = true;
    return this.#attempt(() => this.#prepare());
  }

  /** Hands a part of the body to `dataReceived`; the rest waits for a promise that it returns. */
  receiveData(chunk: Uint8Array): void | Promise<void> {
    if (!this.finished) return this.#attempt(() => this.dataReceived(chunk) ?? this.ending);
  }

  /** Runs the method when the whole body has come in parts. */
  executeAfterBody(): void {
    this.#awaitsBody = false;
    this.#attempt(() => this.#runMethod());
  }

  /** Tells the handler that the client left. */
  connectionClosed(): void {
    if (this.finished) return;
    try {
      const result: unknown = this.onConnectionClose();
      if (isThenable(result)) result.then(undefined, logRejection("onConnectionClose"));
    } finally {
      // The method will not be called, and nobody else would end the response.
      if (this.#awaitsBody && !this.finished) this.abandonResponse();
    }
  }

  /** Runs a step whose error, now or later, becomes the response; returns a promise if it takes time. */
  #attempt(step: () => unknown): void | Promise<void> {
    try {
      const result = step();
      if (isThenable(result)) return Promise.resolve(result).then(() => {}, (error) => this.#handleError(error));
    } catch (error) {
      this.#handleError(error);
    }
  }

  /** `prepare`, the method and `finish`; a promise where one of them takes time. */
  #run(): PromiseLike<void> | undefined {
    const prepared = this.#prepare();
    return isThenable(prepared) ? this.#runAfter(prepared) : this.#runMethod();
  }

  #prepare(): unknown {
    const { SUPPORTED_METHODS } = this.constructor as typeof RequestHandler;
    if (!SUPPORTED_METHODS.includes(this.request.method)) this.#methodNotAllowed();
    if (this.settings.xsrfCookies && !SAFE_METHODS.has(this.request.method)) this.checkXsrfCookie();
    return this.prepare();
  }

  async #runAfter(prepared: PromiseLike<unknown>): Promise<void> {
    this.takesTime = true;
    await prepared;
    const result = this.#runMethod();
    if (result !== undefined) await result;
  }

  #runMethod(): PromiseLike<void> | undefined {
    if (this.finished) return undefined;
    if (this.ending !== undefined) return this.ending; // `prepare` has begun to answer
    const result = this.#callMethod(this.request.method);
    if (!isThenable(result)) {
      if (this.ending !== undefined) return this.ending;
      this.#finishUnlessFinished();
      return undefined;
    }
    this.takesTime = true;
    return result.then(() => this.ending ?? this.#finishUnlessFinished());
  }

  #callMethod(method: string): unknown {
    const name = METHOD_NAMES.get(method) ?? method.toLowerCase();
    const call = (this as unknown as Record<string, (...args: unknown[]) => unknown>)[name];
    if (typeof call !== "function") return this.#methodNotAllowed();
    const { pathArgs, pathKwargs } = this;
    if (pathKwargs !== undefined) return call.call(this, pathKwargs);
    return pathArgs.length === 0 ? call.call(this) : call.apply(this, pathArgs as unknown[]);
  }

  #finishUnlessFinished(): void {
    if (this.finished) return;
    if (this.finish === super.finish) this.finishNow();
    else this.finish();
  }

  #handleError(error: unknown): void {
    let thrown = error;
    if (error instanceof Finish) {
      try {
        if (!this.finished) this.finish(error.chunk);
        return;
      } catch (finishError) {
        thrown = finishError;
      }
    }
    const { connection } = this.request;
    if (thrown instanceof StreamClosedError && connection.closed) {
      // A handler that streams meets this whenever a client leaves; it is no error of anybody's.
      genLog.info(`Client left before the end of ${this.request}`);
      if (!this.finished) this.abortResponse();
      return;
    }
    // Of malformed messages only that of this client is its fault, and not one that the handler got elsewhere.
    const known = this.request.isInputError(thrown)
      ? new HTTPError(thrown.status, { logMessage: thrown.message, cause: thrown })
      : thrown;
    try {
      this.logException(known);
    } catch (logError) {
      appLog.error(`Error in logException\n${describeError(logError)}`);
    }
    if (this.finished) return; // logged; the client has its response
    try {
      if (known instanceof HTTPError) {
        const { statusCode, reason } = known;
        this.sendError(statusCode, reason === undefined ? { error: known } : { error: known, reason });
      } else {
        this.sendError(500, { error: known });
      }
    } catch (sendError) {
      this.#sendErrorFailed(sendError);
    }
  }

  #sendErrorFailed(error: unknown): void {
    appLog.error(`Cannot send an error response\n${describeError(error)}`);
    if (!this.finished) this.abortResponse();
  }

  /** Adds the id of the request, also to errors. */
  protected override beforeHead(): void {
    super.beforeHead();
    if (this.requestId === undefined) return;
    const header = requestIdHeader(this.settings.requestId);
    if (header !== undefined) this.setHeader(header, this.requestId);
  }

  /** Logs the request and calls `onFinish`. */
  protected override responseFinished(): void {
    this.application.logRequest(this);
    this.handedOver();
  }

  /** Calls `onFinish`. */
  protected override handedOver(): void {
    const result: unknown = this.onFinish();
    if (isThenable(result)) result.then(undefined, logRejection("onFinish"));
  }

  #methodNotAllowed(): never {
    throw new HTTPError(405, { headers: { Allow: this.#allowedMethods().join(", ") } });
  }

  /** The methods that this class answers; RFC 9110 15.5.6 asks for them with a 405. */
  #allowedMethods(): string[] {
    const own = this as unknown as Record<string, unknown>;
    const base = RequestHandler.prototype as unknown as Record<string, unknown>;
    const answers = (name: string) => typeof own[name] === "function" && own[name] !== base[name];
    const { SUPPORTED_METHODS } = this.constructor as typeof RequestHandler;
    return SUPPORTED_METHODS.filter((method) => answers(method.toLowerCase()) || (method === "HEAD" && answers("get")));
  }
}

/** The methods that change nothing (RFC 9110 9.2.1), and need no token. */
const SAFE_METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);
const NO_PATH_ARGS: PathParameters["pathArgs"] = [];
const METHOD_NAMES: ReadonlyMap<string, string> = new Map(METHODS.map((method) => [method, method.toLowerCase()]));

/** Nobody waits for these hooks, but what they reject with must not end the process. */
function logRejection(hook: string): (error: unknown) => void {
  return (error) => appLog.error(`Uncaught exception in ${hook}\n${describeError(error)}`);
}
