/**
 * A connection for one request that somebody else's server has read: what is
 * written to it becomes a web `Response`.
 *
 * A response that is written whole has its body as bytes, one that is written in
 * parts as a stream, of which as much is made as the reader takes.
 *
 * @module
 */

import {
  type Chunk,
  type ConnectionContext,
  type HTTPConnection,
  type HTTPHeaders,
  HTTPOutputError,
  type ResponseStartLine,
} from "../http/mod.ts";
import { type IOStream, StreamClosedError } from "../tcp/mod.ts";

/** As much as this of a streamed body may wait for the reader before writing waits. */
const HIGH_WATER_BYTES = 65536;
/** Statuses for which the web knows no response with a body. */
const NULL_BODY = new Set([204, 205, 304]);
const DEFAULT_MAX_BODY_SIZE = 104857600;

const encoder = new TextEncoder();

/** Settings of a {@linkcode FetchConnection}. */
export interface FetchConnectionOptions {
  /** What is known about the client. */
  readonly context: ConnectionContext;
  /** The method of the request; the response to `HEAD` has no body. */
  readonly method: string;
  /** The limit for the body of the request, in bytes. @default 104857600 (100 MB) */
  readonly maxBodySize?: number;
  /** Called when the response is complete or broken off, or the client has left. */
  readonly onEnd?: () => void;
}

/** Makes a `Response` of what is written. */
export class FetchConnection implements HTTPConnection {
  /** What is known about the client. */
  context: ConnectionContext;
  /** When the request arrived, in milliseconds of `performance.now()`. */
  readonly startTimeMs: number = performance.now();
  /** Resolves as soon as the head of the response is known; rejects if the response was broken off before that. */
  readonly response: Promise<Response>;

  readonly #method: string;
  readonly #resolve: (response: Response) => void;
  readonly #reject: (reason: unknown) => void;
  readonly #onEnd: (() => void) | undefined;
  readonly #abort = new AbortController();
  #maxBodySize: number;
  #bodyTimeoutMs: number | undefined;
  #closeCallback: (() => void) | undefined;
  #body: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>> | undefined;
  #remaining: number | undefined;
  #readerReady: PromiseWithResolvers<void> | undefined;
  #resumeWriting: (() => void) | undefined;
  #started = false;
  #finished = false;
  #closed = false;

  /** A connection on which nothing was written. */
  constructor(options: FetchConnectionOptions) {
    this.context = options.context;
    this.#method = options.method;
    this.#onEnd = options.onEnd;
    this.#maxBodySize = options.maxBodySize ?? DEFAULT_MAX_BODY_SIZE;
    const { promise, resolve, reject } = Promise.withResolvers<Response>();
    this.response = promise;
    this.#resolve = resolve;
    this.#reject = reject;
    promise.catch(() => {}); // whoever wants the response takes the error; nobody may be left when a client leaves
  }

  /** Whether the client left, or the response was broken off. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Whether the response is complete. */
  get responseFinished(): boolean {
    return this.#finished;
  }

  /** Aborted when the client leaves before the response is finished. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** None: the web has no trailer fields. */
  get requestTrailers(): undefined {
    return undefined;
  }

  /** The limit for the body of the request, in bytes. */
  get maxBodySize(): number {
    return this.#maxBodySize;
  }

  /** Changes the limit for the body of the request, in bytes. */
  setMaxBodySize(bytes: number): void {
    this.#maxBodySize = bytes;
  }

  /** The time limit for the body of the request, in milliseconds. */
  get bodyTimeoutMs(): number | undefined {
    return this.#bodyTimeoutMs;
  }

  /** Changes the time limit for the body of the request, in milliseconds. */
  setBodyTimeoutMs(timeoutMs: number | undefined): void {
    this.#bodyTimeoutMs = timeoutMs;
  }

  /** Does nothing: how fast a client must send is for the server that reads the request. */
  setMinBodyRate(_bytesPerSecond: number): void {}

  /** Calls `callback` once if the client leaves before the response is finished. */
  setCloseCallback(callback: (() => void) | undefined): void {
    this.#closeCallback = callback;
  }

  /** Begins a response that is written in parts. Resolves when the reader has taken enough of it. */
  writeHeaders(
    startLine: Pick<ResponseStartLine, "code" | "reason">,
    headers: HTTPHeaders,
    chunk?: Chunk,
  ): Promise<void> {
    if (this.#closed) return closedRejection();
    this.#start();
    const length = headers.get("Content-Length");
    this.#remaining = length === undefined ? undefined : Number(length);
    const body = this.#hasBody(startLine.code)
      ? new ReadableStream<Uint8Array<ArrayBuffer>>({
        start: (controller) => void (this.#body = controller),
        pull: () => this.#resumeWriting?.(),
        cancel: () => this.clientLeft(),
      }, new ByteLengthQueuingStrategy({ highWaterMark: HIGH_WATER_BYTES }))
      : null;
    this.#answer(startLine, headers, body);
    return chunk === undefined ? DONE : this.write(chunk);
  }

  /** Writes a part of the body. Resolves when the reader has taken enough. */
  write(chunk: Chunk): Promise<void> {
    if (this.#closed) return closedRejection();
    if (!this.#started) throw new Error("Cannot write a body: no headers were written");
    if (this.#finished) throw new Error("Cannot write: the response is finished");
    // A copy, because the caller may use the memory again.
    const bytes = typeof chunk === "string" ? encoder.encode(chunk) : new Uint8Array(chunk);
    if (this.#remaining !== undefined && this.#method !== "HEAD") {
      this.#remaining -= bytes.length;
      if (this.#remaining < 0) this.#fail(new HTTPOutputError("Tried to write more data than Content-Length"));
    }
    const body = this.#body;
    if (body === undefined || bytes.length === 0) return DONE;
    body.enqueue(bytes);
    return body.desiredSize! > 0 ? DONE : this.#waitForReader();
  }

  /**
   * Ends the response.
   *
   * @throws {HTTPOutputError} if it is shorter than its Content-Length
   * @throws {Error} if it has not begun
   */
  finish(): void {
    if (this.#finished || this.#closed) return;
    if (!this.#started) throw new Error("Cannot finish: no headers were written");
    if (this.#remaining !== undefined && this.#remaining > 0 && this.#body !== undefined) {
      this.#fail(new HTTPOutputError(`Tried to write ${this.#remaining} bytes less than Content-Length`));
    }
    this.#finished = true;
    this.#body?.close();
    this.#onEnd?.();
  }

  /** Does nothing: a web response has nothing in front of it. */
  writeInterim(code: number): void {
    if (!Number.isInteger(code) || code < 100 || code > 199 || code === 101) {
      throw new RangeError(`Cannot write an interim response with status ${code}: it must be 1xx, and not 101`);
    }
  }

  /** Writes a whole response. */
  respond(startLine: Pick<ResponseStartLine, "code" | "reason">, headers: HTTPHeaders, body: Uint8Array): void {
    if (this.#closed) return;
    this.#start();
    const hasBody = this.#hasBody(startLine.code);
    const length = headers.get("Content-Length");
    if (hasBody && length !== undefined && Number(length) !== body.length) {
      this.#fail(new HTTPOutputError(`Tried to write ${body.length} bytes with Content-Length: ${length}`));
    }
    this.#finished = true;
    this.#answer(startLine, headers, hasBody ? new Uint8Array(body) : null);
    this.#onEnd?.();
  }

  /** Resolves when the reader has taken enough of what was written; rejects if the client has left. */
  flushed(): Promise<void> {
    if (this.#closed && !this.#finished) return closedRejection();
    const body = this.#body;
    if (body === undefined || this.#finished || body.desiredSize! > 0) return DONE;
    return this.#waitForReader();
  }

  /** Breaks the response off: its reader gets an error. */
  abort(): void {
    const error = new StreamClosedError(new Error("The response was broken off"));
    if (!this.#finished) {
      this.#body?.error(error);
      this.#reject(error);
    }
    this.#finished = true;
    this.#closed = true;
    this.#resumeWriting?.();
    this.#onEnd?.();
  }

  /** Fails. @throws {Error} always: the connection belongs to the server that read the request */
  detach(): IOStream {
    throw new Error("Cannot detach the stream: the connection belongs to the server that called fetch");
  }

  /** Called when the client has left. */
  clientLeft(): void {
    if (this.#finished || this.#closed) return;
    this.#closed = true;
    this.#reject(new StreamClosedError());
    this.#resumeWriting?.();
    this.#abort.abort(new StreamClosedError());
    const callback = this.#closeCallback;
    this.#closeCallback = undefined;
    callback?.();
    this.#onEnd?.();
  }

  #waitForReader(): Promise<void> {
    const { promise, resolve } = this.#readerReady ??= Promise.withResolvers<void>();
    this.#resumeWriting = () => {
      this.#readerReady = undefined;
      this.#resumeWriting = undefined;
      resolve();
    };
    return promise;
  }

  #start(): void {
    if (this.#started) throw new Error("Cannot write headers: they were written already");
    this.#started = true;
  }

  #hasBody(code: number): boolean {
    return this.#method !== "HEAD" && !NULL_BODY.has(code);
  }

  #answer(
    { code, reason }: Pick<ResponseStartLine, "code" | "reason">,
    headers: HTTPHeaders,
    body: BodyInit | null,
  ): void {
    try {
      this.#resolve(new Response(body, { status: code, statusText: reason, headers: headers.toHeaders() }));
    } catch (error) {
      this.#fail(error); // a status that the web does not know, for instance
    }
  }

  #fail(error: unknown): never {
    this.#body?.error(error);
    this.#reject(error);
    this.#finished = true;
    this.#closed = true;
    this.#onEnd?.();
    throw error;
  }
}

const DONE = Promise.resolve();

function closedRejection(): Promise<never> {
  const rejection = Promise.reject(new StreamClosedError());
  rejection.catch(() => {}); // awaiting it is optional
  return rejection;
}
