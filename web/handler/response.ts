/**
 * The response of a handler: status, headers, body and entity tag.
 *
 * Nothing is sent before `flush` or `finish`, so that an error can still replace
 * all of it. A response that sets nothing but its text takes a short way, on
 * which head and body are bytes that were prepared before.
 *
 * This is the lowest of the classes that a `RequestHandler` is made of; it knows
 * nothing of methods, errors and the rest of a request's life.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { appLog, describeError } from "../../ioloop/mod.ts";
import type { IOStream } from "../../tcp/mod.ts";
import {
  type Chunk,
  currentHttpDate,
  HTTPHeaders,
  type HTTPServerRequest,
  isFieldText,
  reasonPhrase,
} from "../../http/mod.ts";
import type { Application } from "../application.ts";
import { defaultHead } from "../default_head.ts";
import { etagMatches, etagOf } from "../etag.ts";
import { headerText, type HeaderValue, safeReason } from "../header_value.ts";
import { encodeLocation } from "../redirect_target.ts";
import { ResponseBody } from "../response_body.ts";
import type { ApplicationSettings } from "../settings.ts";
import { textEntity, untaggedEntity } from "../text_entity.ts";
import { type OutputPart, TransformedOutput } from "../transformed_output.ts";

/** What `write` takes: text, bytes, or an object to be sent as JSON. */
export type Writable = Chunk | Readonly<Record<string, unknown>>;

/** How {@linkcode ResponseHandler.redirect} redirects. */
export interface RedirectOptions {
  /** Whether the status is 301 instead of 302. @default false */
  readonly permanent?: boolean;
  /** Another status from 300 to 399, such as 303 or 307. */
  readonly status?: number;
}

const DEFAULT_SERVER = "DenadoServer/0.1.0";
const HTML = "text/html; charset=UTF-8";
const JSON_TYPE = "application/json; charset=UTF-8";

/** Writes the response to one request; the base of {@linkcode RequestHandler}. */
export abstract class ResponseHandler {
  /** The application that the handler belongs to. */
  readonly application: Application;
  /** The request. */
  readonly request: HTTPServerRequest;

  #statusCode = 200;
  #reason = "OK";
  /** Made when something other than the defaults is set; most responses never need it. */
  #headers: HTTPHeaders | undefined;
  #contentType = HTML;
  readonly #body = new ResponseBody();
  #headersWritten = false;
  #finished = false;
  #booksClosed = false;
  /** The way through the transforms, if the application has any. */
  #output: TransformedOutput | undefined;
  /** Whether the method or `prepare` takes time, so that the response has another date than the request. */
  protected takesTime = false;
  /** What will finish the response, once the method is through: a page, say, that is still being rendered. */
  protected ending: Promise<void> | undefined;

  /** Made by the application for each request. */
  constructor(application: Application, request: HTTPServerRequest) {
    this.application = application;
    this.request = request;
  }

  /** The settings of the application. */
  get settings(): Application["settings"] {
    return this.application.settings;
  }

  /**
   * The value of a setting that something cannot do without. Tornado: `require_setting`.
   *
   * @param feature What needs it, for the message.
   * @throws {TypeError} if it is not set, or empty
   */
  requireSetting<Name extends keyof ApplicationSettings>(
    name: Name,
    feature = "this feature",
  ): NonNullable<ApplicationSettings[Name]> {
    const value = this.settings[name];
    if (value) return value;
    throw new TypeError(`Cannot use ${feature}: it needs the setting ${name} of the application`);
  }

  /** Sets headers for every response, also for errors; called before `initialize` and by {@linkcode clear}. */
  setDefaultHeaders(): void {}

  // --- status and headers ---

  /** Drops what was set and written, and begins the response anew. */
  clear(): void {
    this.#headers = undefined;
    this.#contentType = HTML;
    this.#body.clear();
    this.#statusCode = 200;
    this.#reason = "OK";
    if (!this.#headersWritten) this.#closeOutput(); // it may have begun, and failed
    this.setDefaultHeaders();
  }

  /**
   * Sets the status. A reason that could not be sent safely becomes `Unknown`.
   *
   * @throws {RangeError} if the code is not a whole number from 200 to 999, or 101: a client would take another one for an
   * interim response, and wait for the final one; see {@linkcode sendEarlyHints}
   */
  setStatus(code: number, reason?: string): void {
    if (code >= 100 && code < 200 && code !== 101) {
      throw new RangeError(`Cannot set status ${code}: it is that of an interim response`);
    }
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

  /** The reason phrase of the response. */
  getReason(): string {
    return this.#reason;
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
    const text = headerText(value);
    if (name === "Content-Type" && this.#headers === undefined && isFieldText(text)) this.#contentType = text;
    else this.responseHeaders.set(name, text);
  }

  /** Adds a value to a header, which is then sent more than once. @throws {TypeError} if it cannot be sent */
  addHeader(name: string, value: HeaderValue): void {
    this.responseHeaders.add(name, headerText(value));
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

  /**
   * Sends what was written so far. Resolves when it was handed to the kernel, so that a handler that waits for it writes
   * no faster than the client reads.
   */
  flush(): Promise<void> {
    if (!this.#headersWritten) this.beforeHead();
    const { connection } = this.request;
    const output = this.#transformedOutput();
    if (output !== undefined) {
      if (!this.#headersWritten || !this.#body.empty) output.send(this.#part(this.#body.takeStable(), false));
      this.#headersWritten = true;
      return output.flushed();
    }
    const chunk = this.#body.take();
    if (this.#headersWritten) return chunk.length === 0 ? Promise.resolve() : connection.write(chunk);
    const flushed = connection.writeHeaders(this.#startLine(), this.responseHeaders, chunk);
    this.#headersWritten = true; // not if it throws: then an error page can still be sent
    return flushed;
  }

  /**
   * Ends the response, with a last chunk if one is given. The promise is kept when all of it was handed to the kernel;
   * nobody needs to wait for it.
   *
   * @throws {Error} if it is finished already
   */
  finish(chunk?: Writable): Promise<void> {
    this.finishNow(chunk);
    return (this.#output ?? this.request.connection).flushed();
  }

  /** What {@linkcode finish} does, without a promise. */
  protected finishNow(chunk?: Writable): void {
    if (this.#finished) throw new Error("Cannot finish: the response is finished already");
    if (chunk !== undefined) this.write(chunk);
    if (!this.#headersWritten) this.beforeHead();
    if (this.#headersWritten || !this.#respondWithDefaults()) this.#sendRest();
    this.#finished = true; // only now: what throws above is answered with an error
    this.#headersWritten = true;
    if (this.#output?.busy !== true) this.#closeBooks();
  }

  /** Sends what was not sent yet, and the end. */
  #sendRest(): void {
    const { connection } = this.request;
    const output = this.#transformedOutput();
    if (output !== undefined) {
      const body = this.#body.takeStable();
      output.send(this.#part(this.#headersWritten ? body : this.#completeHeaders(body), true));
    } else if (this.#headersWritten) {
      const body = this.#body.take();
      if (body.length > 0) connection.write(body);
      connection.finish();
    } else {
      const body = this.#completeHeaders(this.#body.take());
      connection.respond(this.#startLine(), this.responseHeaders, body);
    }
  }

  /**
   * Sends the client elsewhere, and finishes.
   *
   * Characters beyond ASCII are percent-encoded. A target that is made of what a request holds must be looked at, see
   * {@linkcode localTarget}.
   *
   * @param url The target, absolute or relative to the request.
   * @throws {Error} if headers were sent already
   * @throws {RangeError} if the status is not from 300 to 399
   * @throws {TypeError} if there is a control character in the URL
   */
  redirect(url: string, options: RedirectOptions = {}): void {
    if (this.#headersWritten) throw new Error("Cannot redirect: the headers were sent already");
    const { status = options.permanent ? 301 : 302 } = options;
    if (!(status >= 300 && status <= 399)) {
      throw new RangeError(`Cannot redirect with status ${status}: it must be from 300 to 399`);
    }
    const location = encodeLocation(url);
    this.setStatus(status);
    this.setHeader("Location", location);
    this.finish();
  }

  /**
   * Ends HTTP on this connection and returns its stream, with which the caller does what it likes, and which it closes.
   * Nothing more is sent, logged or called for this request.
   *
   * @throws {Error} if headers were sent already, the request is still being received, or there is no stream
   */
  detach(): IOStream {
    const { connection } = this.request;
    if (this.#headersWritten) throw new Error("Cannot detach: the headers were sent already");
    const stream = connection.detach();
    this.#finished = true;
    this.#headersWritten = true;
    this.#headers = undefined; // it may live long
    return stream;
  }

  /**
   * Leaves the response to somebody else, who writes it to `request.connection`. Nothing more is sent or logged for it
   * here, and `onFinish` is called at once, as in Tornado.
   *
   * @throws {Error} if headers were sent already
   */
  protected handOver(): void {
    if (this.#headersWritten) throw new Error("Cannot hand the response over: the headers were sent already");
    this.#finished = true;
    this.#headersWritten = true;
    this.handedOver();
  }

  /** The short way for text with the default headers, and for bytes without a tag: no header map, and one piece. */
  #respondWithDefaults(): boolean {
    const { method, headers, connection } = this.request;
    if (this.#headers !== undefined || this.#statusCode !== 200 || this.#reason !== "OK") return false;
    if (connection.respondPrepared === undefined) return false;
    const hasTag = method === "GET" || method === "HEAD";
    if (hasTag && (headers.has("If-None-Match") || this.#overridesEtag())) return false;
    const body = this.#body.peekText() ?? (hasTag ? undefined : this.#body.peekBytes());
    if (body === undefined) return false;
    const { transforms, shortBodies } = this.application;
    if (transforms.length > 0) {
      if (shortBodies === undefined || this.#output !== undefined) return false;
      const size = typeof body === "string" ? Buffer.byteLength(body) : body.length;
      if (size >= shortBodies.below) return false;
    }
    const entity = hasTag ? textEntity(body as string) : untaggedEntity(body);
    const head = this.#preparedHead(this.#contentType, shortBodies?.vary);
    if (head === undefined) return false;
    connection.respondPrepared(head, entity.content, entity.bodyStart, entity.body);
    this.#body.clear();
    return true;
  }

  /**
   * Finishes with a response that was prepared before, where nothing else was said about it: no header, no status, no
   * body, no transform. The short way for what is sent again and again.
   *
   * @param contentType The value of `Content-Type`.
   * @param content All other field lines, each with its CRLF, with `Content-Length` among them; an empty line; the body. Not
   * to be changed any more.
   * @param bodyStart Where the body begins.
   * @returns Whether it was sent; if not, nothing happened.
   */
  protected finishPrepared(contentType: string, content: Uint8Array, bodyStart: number): boolean {
    if (this.#headersWritten || this.application.transforms.length > 0) return false;
    const { connection } = this.request;
    if (connection.respondPrepared === undefined) return false;
    this.beforeHead();
    if (this.#headers !== undefined || this.#statusCode !== 200 || this.#reason !== "OK" || !this.#body.empty) {
      return false;
    }
    const head = this.#preparedHead(contentType);
    if (head === undefined) return false;
    connection.respondPrepared(head, content, bodyStart);
    this.#finished = true;
    this.#headersWritten = true;
    this.#closeBooks();
    return true;
  }

  #preparedHead(contentType: string, vary?: string): Uint8Array | undefined {
    const server = this.application.settings.serverName ?? DEFAULT_SERVER;
    const nowMs = this.takesTime ? performance.now() : this.request.connection.startTimeMs;
    return defaultHead(server, contentType, nowMs, vary);
  }

  #overridesEtag(): boolean {
    const base = ResponseHandler.prototype;
    return this.computeEtag !== base.computeEtag || this.setEtagHeader !== base.setEtagHeader ||
      this.checkEtagHeader !== base.checkEtagHeader;
  }

  /** Whether {@linkcode finish} was called. */
  get finished(): boolean {
    return this.#finished;
  }

  /** Whether a part of the response was sent, so that status and headers are out. Tornado: `_headers_written`. */
  get headersWritten(): boolean {
    return this.#headersWritten;
  }

  /** Drops the part of the body that was written and not sent. */
  protected dropUnsentBody(): void {
    this.#body.clear();
  }

  /** Ends a response that cannot be completed, so that the client does not take it for whole. */
  protected abortResponse(): void {
    this.request.connection.abort();
    this.abandonResponse();
  }

  /** Gives up on a response that nobody wants any more. */
  protected abandonResponse(): void {
    this.#finished = true;
    this.#headersWritten = true;
    this.#closeBooksLate();
  }

  /** Where no caller would hear of an error. */
  #closeBooksLate(): void {
    try {
      this.#closeBooks();
    } catch (error) {
      appLog.error(`Uncaught exception after a response\n${describeError(error)}`);
    }
  }

  /** Called before the head is made, so that headers that outlive {@linkcode clear} can be added. */
  protected beforeHead(): void {}

  /** The response is somebody else's. Called once. */
  protected abstract handedOver(): void;

  /** The response is with the connection: the books are to be closed. Called once. */
  protected abstract responseFinished(): void;

  #closeBooks(): void {
    if (this.#booksClosed) return;
    this.#booksClosed = true;
    try {
      this.#output?.close();
    } finally {
      this.responseFinished();
    }
  }

  // --- transforms ---

  #transformedOutput(): TransformedOutput | undefined {
    const { transforms } = this.application;
    if (transforms.length === 0) return undefined;
    return this.#output ??= new TransformedOutput(transforms.map((Transform) => new Transform(this.request)), {
      connection: this.request.connection,
      owner: { onSentLate: () => this.#closeBooksLate(), onSendError: (error) => this.#sendFailed(error) },
    });
  }

  #closeOutput(): void {
    this.#output?.close();
    this.#output = undefined;
  }

  #part(chunk: Uint8Array, ends: boolean): OutputPart {
    return { startLine: this.#startLine(), headers: this.responseHeaders, chunk, begins: !this.#headersWritten, ends };
  }

  #sendFailed(error: unknown): void {
    if (this.#booksClosed) return;
    appLog.error(`Cannot send a response to ${this.request}\n${describeError(error)}`);
    this.abortResponse();
  }

  /** The headers that depend on the whole body; returns the body that is to be sent. */
  #completeHeaders(body: Uint8Array): Uint8Array {
    const { method } = this.request;
    const outgoing = this.responseHeaders;
    const mayHaveBody = !hasNoBody(this.#statusCode);
    if (mayHaveBody && !outgoing.has("Content-Length")) outgoing.set("Content-Length", String(body.length));
    if (this.#statusCode === 200 && (method === "GET" || method === "HEAD")) {
      this.setEtagHeader(body);
      if (this.checkEtagHeader()) this.setStatus(304);
    }
    const code = this.#statusCode;
    if (hasNoBody(code)) {
      if (body.length > 0 && code !== 304) throw new Error(`Cannot send a body with status ${code}`);
      if (code === 304) this.#nameMatchingVariant();
      for (const name of BODY_HEADERS) outgoing.delete(name);
      return NO_BODY;
    }
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
    return etag !== undefined &&
      (etagMatches(ifNoneMatch, etag) || etagMatches(ifNoneMatch, this.#transformedEtag(etag)));
  }

  /** The entity tag that a response with a body would have, once it is compressed for instance. */
  #transformedEtag(etag: string): string {
    return this.#transformedOutput()?.transformEtag(etag, this.responseHeaders) ?? etag;
  }

  /** A 304 carries the entity tag of what the client has (RFC 9110 15.4.5), which may be the transformed one. */
  #nameMatchingVariant(): void {
    const etag = this.responseHeaders.get("Etag");
    if (etag === undefined) return;
    const transformed = this.#transformedEtag(etag);
    if (transformed === etag || !etagMatches(this.request.headers.get("If-None-Match") ?? "", transformed)) return;
    this.responseHeaders.set("Etag", transformed);
  }
}

const NO_BODY = new Uint8Array(0);

function hasNoBody(code: number): boolean {
  return code === 204 || code === 304 || code < 200;
}

const BODY_HEADERS = ["Content-Length", "Content-Type", "Content-Encoding", "Content-Language", "Transfer-Encoding"];

/** Not a Map or a promise that was not awaited: JSON would make `{}` of them. */
function isPlainObject(value: unknown): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
