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

import { appLog, describeError, genLog } from "../ioloop/mod.ts";
import {
  type Chunk,
  currentHttpDate,
  formatTimestamp,
  HTTPHeaders,
  HTTPInputError,
  type HTTPServerRequest,
  isFieldText,
  reasonPhrase,
} from "../http/mod.ts";
import { StreamClosedError } from "../tcp/mod.ts";
import type { Application } from "./application.ts";
import { Finish, HTTPError } from "./errors.ts";
import { defaultHead } from "./default_head.ts";
import { etagMatches, etagOf } from "./etag.ts";
import type { PathParameters } from "./path_pattern.ts";
import { ResponseBody } from "./response_body.ts";
import { textEntity } from "./text_entity.ts";

/** What a route hands to `initialize`. */
// deno-lint-ignore no-explicit-any -- each handler names the options that it takes
export type InitializeOptions = any;

/** A header value; a number is written in decimal, a date as an HTTP date. */
export type HeaderValue = string | number | Date;

/** What `write` takes: text, bytes, or an object to be sent as JSON. */
export type Writable = Chunk | Readonly<Record<string, unknown>>;

/** What `sendError` and `writeError` are told. */
export interface ErrorInfo {
  /** The error that was thrown, if one was. */
  readonly error?: unknown;
  /** Replaces the reason phrase. */
  readonly reason?: string;
}

const METHODS = ["GET", "HEAD", "POST", "DELETE", "PATCH", "PUT", "OPTIONS"] as const;
const DEFAULT_SERVER = "DenadoServer/0.1.0";
const HTML = "text/html; charset=UTF-8";
const JSON_TYPE = "application/json; charset=UTF-8";

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
export abstract class RequestHandler {
  /** The methods that handlers may have; a subclass can name more. */
  static readonly SUPPORTED_METHODS: readonly string[] = METHODS;

  /** The application that the handler belongs to. */
  readonly application: Application;
  /** The request. */
  readonly request: HTTPServerRequest;
  /** What the unnamed groups of the route captured. */
  pathArgs: PathParameters["pathArgs"] = NO_PATH_ARGS;
  /** What the named groups of the route captured; `undefined` if it has none. */
  pathKwargs: PathParameters["pathKwargs"];

  #statusCode = 200;
  #reason = "OK";
  /** Made when something other than the defaults is set; most responses never need it. */
  #headers: HTTPHeaders | undefined;
  #contentType = HTML;
  readonly #body = new ResponseBody();
  #headersWritten = false;
  #finished = false;
  /** Whether the method or `prepare` takes time, so that the response has another date than the request. */
  #late = false;

  /** Made by the application for each request. */
  constructor(application: Application, request: HTTPServerRequest) {
    this.application = application;
    this.request = request;
  }

  /** The settings of the application. */
  get settings(): Application["settings"] {
    return this.application.settings;
  }

  // --- to be overridden ---

  /** Called first, with the options of the route. */
  initialize(_options: InitializeOptions): void {}

  /** Called before the method, whichever it is. If it finishes the request, the method is not called. */
  prepare(): void | Promise<void> {}

  /** Answers GET, and HEAD where there is no `head`. */
  get(..._pathArgs: string[]): unknown {
    return this.#methodNotAllowed();
  }

  /** Answers HEAD. @default what `get` does, without its body */
  head(...pathArgs: string[]): unknown {
    return this.get(...pathArgs);
  }

  /** Answers POST. */
  post(..._pathArgs: string[]): unknown {
    return this.#methodNotAllowed();
  }

  /** Answers DELETE. */
  delete(..._pathArgs: string[]): unknown {
    return this.#methodNotAllowed();
  }

  /** Answers PATCH. */
  patch(..._pathArgs: string[]): unknown {
    return this.#methodNotAllowed();
  }

  /** Answers PUT. */
  put(..._pathArgs: string[]): unknown {
    return this.#methodNotAllowed();
  }

  /** Answers OPTIONS. */
  options(..._pathArgs: string[]): unknown {
    return this.#methodNotAllowed();
  }

  /** Called after the response was handed to the connection. */
  onFinish(): void {}

  /** Called when the client leaves before the response is complete. */
  onConnectionClose(): void {}

  /** Sets headers for every response, also for errors; called before `initialize` and by {@linkcode clear}. */
  setDefaultHeaders(): void {}

  // --- the response ---

  /** Drops what was set and written, and begins the response anew. */
  clear(): void {
    this.#headers = undefined;
    this.#contentType = HTML;
    this.#body.clear();
    this.#statusCode = 200;
    this.#reason = "OK";
    this.setDefaultHeaders();
  }

  /**
   * Sets the status. A reason that could not be sent safely becomes `Unknown`.
   *
   * @throws {RangeError} if the code is not a whole number from 100 to 999
   */
  setStatus(code: number, reason?: string): void {
    if (!Number.isInteger(code) || code < 100 || code > 999) {
      throw new RangeError(`Cannot set status ${code}: it must have three digits`);
    }
    this.#statusCode = code;
    this.#reason = reason === undefined ? reasonPhrase(code) : safeReason(reason);
  }

  /** The status of the response. */
  getStatus(): number {
    return this.#statusCode;
  }

  /** The headers of the response as they are now. */
  get responseHeaders(): HTTPHeaders {
    return this.#headers ??= new HTTPHeaders({
      "Server": this.application.settings.serverName ?? DEFAULT_SERVER,
      "Content-Type": this.#contentType,
      "Date": currentHttpDate(Date.now()),
    });
  }

  /** Sets a header, in place of what it had. @throws {TypeError} if name or value cannot be sent */
  setHeader(name: string, value: HeaderValue): void {
    const text = toHeaderValue(value);
    if (name === "Content-Type" && this.#headers === undefined && isFieldText(text)) this.#contentType = text;
    else this.responseHeaders.set(name, text);
  }

  /** Adds a value to a header, which is then sent more than once. @throws {TypeError} if it cannot be sent */
  addHeader(name: string, value: HeaderValue): void {
    this.responseHeaders.add(name, toHeaderValue(value));
  }

  /** Removes a header; does nothing if it is not set. */
  clearHeader(name: string): void {
    this.responseHeaders.delete(name);
  }

  /**
   * Adds to the body: text as UTF-8, bytes, or an object as JSON, which also sets the type.
   *
   * @throws {Error} after {@linkcode finish}
   * @throws {TypeError} for anything else, arrays in particular, which old browsers could be tricked to execute
   */
  write(chunk: Writable): void {
    if (this.#finished) throw new Error("Cannot write: the response is finished; a promise may not have been awaited");
    if (typeof chunk === "string" || chunk instanceof Uint8Array) return this.#body.push(chunk);
    if (!isPlainObject(chunk)) {
      throw new TypeError(`Cannot write ${Deno.inspect(chunk)}: write takes text, bytes and plain objects`);
    }
    this.setHeader("Content-Type", JSON_TYPE);
    this.#body.push(JSON.stringify(chunk).replaceAll("</", "<\\/"));
  }

  /** Sends what was written so far. Resolves when it was handed to the kernel. */
  flush(): Promise<void> {
    const chunk = this.#body.take();
    const { connection } = this.request;
    if (this.#headersWritten) return chunk.length === 0 ? Promise.resolve() : connection.write(chunk);
    const flushed = connection.writeHeaders(this.#startLine(), this.responseHeaders, chunk);
    this.#headersWritten = true; // not if it throws: then an error page can still be sent
    return flushed;
  }

  /**
   * Ends the response, with a last chunk if one is given.
   *
   * @throws {Error} if it is finished already
   */
  finish(chunk?: Writable): void {
    if (this.#finished) throw new Error("Cannot finish: the response is finished already");
    if (chunk !== undefined) this.write(chunk);
    const { connection } = this.request;
    if (this.#headersWritten) {
      const body = this.#body.take();
      if (body.length > 0) connection.write(body);
      connection.finish();
    } else if (!this.#respondWithDefaults()) {
      const body = this.#completeHeaders(this.#body.take());
      connection.respond(this.#startLine(), this.responseHeaders, body);
    }
    this.#finished = true; // only now: what throws above is answered with an error
    this.#headersWritten = true;
    this.#afterFinish();
  }

  /** Logs the request and calls `onFinish`; the response is with the connection already. */
  #afterFinish(): void {
    this.application.logRequest(this);
    const result: unknown = this.onFinish();
    if (isThenable(result)) result.then(undefined, logRejection("onFinish"));
  }

  /** The short way for text with the default headers: no header map, and head and body are encoded as one. */
  #respondWithDefaults(): boolean {
    const { method, headers } = this.request;
    if (this.#headers !== undefined || this.#statusCode !== 200 || (method !== "GET" && method !== "HEAD")) {
      return false;
    }
    if (this.#reason !== "OK" || headers.has("If-None-Match") || this.#overridesEtag()) return false;
    const { connection } = this.request;
    const server = this.application.settings.serverName ?? DEFAULT_SERVER;
    const nowMs = this.#late ? performance.now() : connection.startTimeMs;
    const head = defaultHead(server, this.#contentType, nowMs);
    const text = this.#body.peekText();
    const entity = head === undefined || text === undefined ? undefined : textEntity(text);
    if (head === undefined || entity === undefined) return false;
    connection.respondPrepared(head, entity.content, entity.bodyStart);
    this.#body.clear();
    return true;
  }

  #overridesEtag(): boolean {
    const base = RequestHandler.prototype;
    return this.computeEtag !== base.computeEtag || this.setEtagHeader !== base.setEtagHeader ||
      this.checkEtagHeader !== base.checkEtagHeader;
  }

  /** Whether {@linkcode finish} was called. */
  get finished(): boolean {
    return this.#finished;
  }

  /** The headers that depend on the whole body; returns the body that is to be sent. */
  #completeHeaders(body: Uint8Array): Uint8Array {
    const { method } = this.request;
    if (this.#statusCode === 200 && (method === "GET" || method === "HEAD")) {
      this.setEtagHeader(body);
      if (this.checkEtagHeader()) this.setStatus(304);
    }
    const code = this.#statusCode;
    if (code === 204 || code === 304 || code < 200) {
      if (body.length > 0 && code !== 304) throw new Error(`Cannot send a body with status ${code}`);
      for (const name of BODY_HEADERS) this.responseHeaders.delete(name);
      return NO_BODY;
    }
    const outgoing = this.responseHeaders;
    if (!outgoing.has("Content-Length")) outgoing.set("Content-Length", String(body.length));
    return body;
  }

  #startLine(): { code: number; reason: string } {
    return { code: this.#statusCode, reason: this.#reason };
  }

  // --- entity tags ---

  /** The entity tag of a body, or `undefined` for none. @default its SHA-1 */
  computeEtag(body: Uint8Array): string | undefined {
    return etagOf(body);
  }

  /** Sets the `Etag` header, unless it is set already. */
  setEtagHeader(body: Uint8Array): void {
    if (this.responseHeaders.has("Etag")) return;
    const etag = this.computeEtag(body);
    if (etag !== undefined) this.responseHeaders.set("Etag", etag);
  }

  /** Whether the client has what would be sent, by its `If-None-Match` header. */
  checkEtagHeader(): boolean {
    const ifNoneMatch = this.request.headers.get("If-None-Match");
    if (ifNoneMatch === undefined) return false;
    const etag = this.responseHeaders.get("Etag");
    return etag !== undefined && etagMatches(ifNoneMatch, etag);
  }

  // --- errors ---

  /** Answers with an error, if nothing was sent yet; else cuts the response off. */
  sendError(code = 500, info: ErrorInfo = {}): void {
    if (this.#headersWritten) {
      genLog.error("Cannot send error response after headers written");
      if (!this.#finished) this.#abort();
      return;
    }
    const headers = info.error instanceof HTTPError ? info.error.headers : {};
    this.clear();
    this.setStatus(code, info.reason);
    try {
      for (const [name, value] of Object.entries(headers)) this.setHeader(name, value);
      const result: unknown = this.writeError(code, info);
      if (isThenable(result)) result.then(undefined, logRejection("writeError"));
    } catch (error) {
      appLog.error(`Uncaught exception in writeError\n${describeError(error)}`);
      this.#body.clear();
    }
    if (!this.#finished) this.finish();
  }

  /** Writes the error page. To be overridden for pages of one's own; `info.error` tells what was thrown. */
  writeError(code: number, info: ErrorInfo): void {
    if (this.settings.serveTraceback && info.error !== undefined) {
      this.setHeader("Content-Type", "text/plain; charset=UTF-8");
      return this.finish(describeError(info.error));
    }
    const title = `${code}: ${escapeHtml(this.#reason)}`;
    this.finish(`<html><title>${title}</title><body>${title}</body></html>`);
  }

  /** Logs an error that a handler threw: an {@linkcode HTTPError} only if it has a message, others with their stack. */
  logException(error: unknown): void {
    const { request } = this;
    const summary = `${request.method} ${request.uri} (${request.remoteIp})`;
    if (!(error instanceof HTTPError)) appLog.error(`Uncaught exception ${summary}\n${describeError(error)}`);
    else if (error.logMessage !== undefined) genLog.warning(`${error.statusCode} ${summary}: ${error.logMessage}`);
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
    if (this.#finished) return;
    try {
      const result = this.#run();
      if (result !== undefined) result.then(undefined, (error) => this.#handleError(error));
    } catch (error) {
      this.#handleError(error);
    }
  }

  /** Tells the handler that the client left. */
  connectionClosed(): void {
    if (this.#finished) return;
    const result: unknown = this.onConnectionClose();
    if (isThenable(result)) result.then(undefined, logRejection("onConnectionClose"));
  }

  /** `prepare`, the method and `finish`; a promise where one of them takes time. */
  #run(): PromiseLike<void> | undefined {
    const { method } = this.request;
    const { SUPPORTED_METHODS } = this.constructor as typeof RequestHandler;
    if (!SUPPORTED_METHODS.includes(method)) this.#methodNotAllowed();
    const prepared = this.prepare();
    if (isThenable(prepared)) return this.#runAfter(prepared);
    if (this.#finished) return undefined;
    const result = this.#callMethod(method);
    if (!isThenable(result)) {
      this.#finishUnlessFinished();
      return undefined;
    }
    this.#late = true;
    return result.then(() => this.#finishUnlessFinished());
  }

  async #runAfter(prepared: PromiseLike<unknown>): Promise<void> {
    this.#late = true;
    await prepared;
    if (this.#finished) return;
    await this.#callMethod(this.request.method);
    this.#finishUnlessFinished();
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
    if (!this.#finished) this.finish();
  }

  #handleError(error: unknown): void {
    let thrown = error;
    if (error instanceof Finish) {
      try {
        if (!this.#finished) this.finish(error.chunk);
        return;
      } catch (finishError) {
        thrown = finishError;
      }
    }
    const { connection } = this.request;
    if (thrown instanceof StreamClosedError && connection.closed) {
      // A handler that streams meets this whenever a client leaves; it is no error of anybody's.
      genLog.info(`Client left before the end of ${this.request}`);
      if (!this.#finished) this.#abort();
      return;
    }
    const known = thrown instanceof HTTPInputError
      ? new HTTPError(thrown.status, { logMessage: thrown.message, cause: thrown })
      : thrown;
    try {
      this.logException(known);
    } catch (logError) {
      appLog.error(`Error in logException\n${describeError(logError)}`);
    }
    if (this.#finished) return; // logged; the client has its response
    try {
      if (known instanceof HTTPError) {
        const { statusCode, reason } = known;
        this.sendError(statusCode, reason === undefined ? { error: known } : { error: known, reason });
      } else {
        this.sendError(500, { error: known });
      }
    } catch (sendError) {
      appLog.error(`Cannot send an error response\n${describeError(sendError)}`);
      if (!this.#finished) this.#abort();
    }
  }

  /** Ends a response that cannot be completed, so that the client does not take it for whole. */
  #abort(): void {
    this.#finished = true;
    this.request.connection.abort();
    try {
      this.#afterFinish();
    } catch (error) {
      appLog.error(`Uncaught exception after an aborted response\n${describeError(error)}`);
    }
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

const NO_PATH_ARGS: PathParameters["pathArgs"] = [];
const NO_BODY = new Uint8Array(0);
const METHOD_NAMES: ReadonlyMap<string, string> = new Map(METHODS.map((method) => [method, method.toLowerCase()]));
const BODY_HEADERS = ["Content-Length", "Content-Type", "Content-Encoding", "Content-Language", "Transfer-Encoding"];

function toHeaderValue(value: HeaderValue): string {
  if (typeof value === "string") return value;
  if (typeof value === "number" && Number.isInteger(value)) return String(value);
  if (value instanceof Date) return formatTimestamp(value);
  throw new TypeError(`Cannot set a header to ${Deno.inspect(value)}: use text, a whole number or a Date`);
}

/** A reason with control characters or markup could split the response or end up in the error page. */
function safeReason(reason: string): string {
  // deno-lint-ignore no-control-regex -- control characters are what must not be sent
  return /[\x00-\x08\x0a-\x1f\x7f<]|[^\x00-\xff]/.test(reason) ? "Unknown" : reason;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => HTML_ENTITIES[character]!);
}

const HTML_ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#x27;",
};

/** Not a Map or a promise that was not awaited: JSON would make `{}` of them. */
function isPlainObject(value: unknown): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** Nobody waits for these hooks, but what they reject with must not end the process. */
function logRejection(hook: string): (error: unknown) => void {
  return (error) => appLog.error(`Uncaught exception in ${hook}\n${describeError(error)}`);
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && typeof (value as PromiseLike<unknown>).then === "function";
}
