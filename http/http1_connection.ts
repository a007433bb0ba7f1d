/**
 * One HTTP/1.1 exchange on a server's connection: a request that is read and a
 * response that is written.
 *
 * The parser and the writer decide what the bytes mean; this driver moves them
 * between the stream and the delegate. It reads the body only as fast as the
 * delegate takes it, and tells it when the client leaves. It does not know what
 * comes before or after: the request loop does (`http1_server_connection.ts`).
 *
 * Tornado: `tornado.http1connection.HTTP1Connection`.
 *
 * @module
 */

import { type IOStream, StreamClosedError } from "../tcp/mod.ts";
import { CHUNK_END } from "./chunked.ts";
import type { Deadline } from "./deadline.ts";
import type { Chunk, ConnectionContext, HTTPConnection, HTTPMessageDelegate } from "./delegates.ts";
import { HTTPOutputError } from "./errors.ts";
import type { HTTPHeaders } from "./headers.ts";
import { type MessageParser, ParseEvents, type RequestHead } from "./message_parser.ts";
import { interimHead, type MessageWriter, type ResponseTo } from "./message_writer.ts";
import { ReceiveLimit } from "./receive_limit.ts";
import type { ResponseStartLine } from "./start_line.ts";

/** What the exchanges of a connection share. */
export interface ConnectionParts {
  /** The connection's bytes. */
  readonly stream: IOStream;
  /** Reads requests; there from the first byte of one to its last. */
  parser: MessageParser<"request"> | undefined;
  /** Writes responses. */
  readonly writer: MessageWriter;
  /** Limits the time for a body. */
  readonly deadline: Deadline;
  /** Limits the time for a body, and how slowly it comes; there from the first one that has to be waited for. */
  receiveLimit: ReceiveLimit | undefined;
  /** What is known about the peer. */
  readonly context: ConnectionContext;
  /** The limit for bodies where a request has no other, in bytes. */
  readonly maxBodySize: number;
  /** The time limit for a body, in milliseconds. */
  readonly bodyTimeoutMs: number | undefined;
  /** The least bytes of a body per second. */
  readonly minBodyRate: number;
  /** Whether responses that begin from now on are the last of the connection. */
  closing: boolean;
  /** Told what becomes of the exchange. */
  readonly onEvent: (event: ExchangeEvent) => void;
}

/** What the connection has to know about an exchange. */
export type ExchangeEvent =
  /** Output waits for the client to read. */
  | "outputWaiting"
  /** The response is complete before the request was read. */
  | "answeredEarly"
  /** The request has been read, body and all, and the delegate has not answered at once. */
  | "requestRead"
  /** The stream is to belong to somebody else. */
  | "detached";

const CONTINUE = interimHead(100);

/** One request and its response. */
export class HTTP1Connection implements HTTPConnection {
  /** The head of the request. */
  readonly request: RequestHead;
  /** What is known about the peer. */
  context: ConnectionContext;
  /** When the request arrived, in milliseconds of the loop's clock. */
  readonly startTimeMs: number;
  readonly #parts: ConnectionParts;
  #bodyTimeoutMs: number | undefined;
  #minBodyRate: number;
  #requestRead = false;
  #responseStarted = false;
  #responseFinished = false;
  #detached = false;
  #abandoned = false;
  /** Whether the connection went on to what comes after this exchange. */
  #over = false;
  #receivingBody = false;
  /** How many bytes of the buffer the delegate has been given, and may be at work on. */
  #lent = 0;
  #trailers: HTTPHeaders | undefined;
  #onFinished: (() => void) | undefined;
  #onClosed: (() => void) | undefined;
  #abortController: AbortController | undefined;

  /** An exchange whose request head has just been parsed. */
  constructor(parts: ConnectionParts, request: RequestHead) {
    this.#parts = parts;
    this.request = request;
    this.context = parts.context;
    this.startTimeMs = parts.stream.ioLoop.eventLoop.turnTime;
    this.#bodyTimeoutMs = parts.bodyTimeoutMs;
    this.#minBodyRate = parts.minBodyRate;
  }

  /** The stream under the exchange; to look at, not to read from. */
  get stream(): IOStream {
    return this.#parts.stream;
  }

  /** Whether the connection is closed: nothing that is written arrives. */
  get closed(): boolean {
    return this.#parts.stream.closed;
  }

  /** Whether a part of the response was written. */
  get responseStarted(): boolean {
    return this.#responseStarted;
  }

  /** Whether the response is complete. */
  get responseFinished(): boolean {
    return this.#responseFinished;
  }

  /** Whether {@linkcode detach} was called. */
  get detached(): boolean {
    return this.#detached;
  }

  // --- the request ---

  /** Gives the head and the body to the delegate; `undefined` if that is done when it returns, else a promise. */
  receive(delegate: HTTPMessageDelegate): void | Promise<void> {
    const { request } = this;
    const headersTaken = delegate.headersReceived(request, request.headers);
    if (headersTaken !== undefined) return this.#receiveRest(delegate, headersTaken);
    if (this.#detached) return;
    if (request.framing === "none") {
      this.#parser.parse(NOTHING, 0, 0); // the end of the message, which has no body
      this.#requestRead = true;
      return delegate.finish();
    }
    const received = this.#receiveBody(delegate);
    return typeof received === "boolean" ? this.#received(delegate, received) : this.#receivedLater(delegate, received);
  }

  async #receiveRest(delegate: HTTPMessageDelegate, headersTaken: Promise<void>): Promise<void> {
    await headersTaken;
    if (this.#detached || this.#abandoned) return;
    const finished = this.#received(delegate, await this.#receiveBody(delegate));
    if (finished !== undefined) await finished;
  }

  async #receivedLater(delegate: HTTPMessageDelegate, received: Promise<boolean>): Promise<void> {
    const finished = this.#received(delegate, await received);
    if (finished !== undefined) await finished;
  }

  #received(delegate: HTTPMessageDelegate, whole: boolean): void | Promise<void> {
    if (!whole) return;
    this.#receivingBody = false;
    this.#parts.receiveLimit?.end();
    this.#requestRead = true;
    const finished = delegate.finish();
    if (!this.#responseFinished && !this.#detached) this.#parts.onEvent("requestRead");
    return finished;
  }

  /**
   * Gives the body to the delegate. False if the response was finished before the request was read, so that the rest is
   * of no interest. A body that has arrived with its head takes no promise.
   */
  #receiveBody(delegate: HTTPMessageDelegate): boolean | Promise<boolean> {
    if (this.request.expectContinue && this.request.framing !== "none" && !this.#responseStarted) {
      this.#parser.checkBodySize();
      this.stream.pushLatin1(CONTINUE);
    }
    this.#receivingBody = true;
    const received = this.#receiveArrived(delegate);
    return typeof received === "boolean" ? received : this.#receiveLater(delegate, received);
  }

  async #receiveLater(delegate: HTTPMessageDelegate, wait: Promise<void>): Promise<boolean> {
    for (let received: boolean | Promise<void> = wait;; received = this.#receiveArrived(delegate)) {
      if (typeof received === "boolean") return received;
      await received;
      if (this.#abandoned) return false; // it was told of the close, and hears no more
    }
  }

  /** As {@linkcode HTTP1Connection.#receiveBody}, up to where it has to wait, with what it waits for. */
  #receiveArrived(delegate: HTTPMessageDelegate): boolean | Promise<void> {
    const parser = this.#parser;
    const buffer = this.stream.readBuffer;
    for (;;) {
      if (this.#lent > 0) {
        buffer.consume(this.#lent);
        this.#lent = 0;
        if (this.#responseFinished) return false;
      }
      const event = parser.parse(buffer.bytes, buffer.start, buffer.end);
      if (event === ParseEvents.DATA) {
        const taken = this.#deliver(delegate);
        if (taken !== undefined) return taken;
        if (this.#abandoned) return false;
        continue;
      }
      buffer.consume(parser.consumed);
      if (event === ParseEvents.END) return true;
      if (event === ParseEvents.TRAILERS) this.#trailers = parser.trailers;
      if (this.#responseFinished) return false;
      if (event === ParseEvents.NEED_DATA) return this.#receiveMore();
      if (this.#abandoned) return false;
    }
  }

  /** Hands the part of the body that was found to the delegate, with its memory where nothing else is in it. */
  #deliver(delegate: HTTPMessageDelegate): void | Promise<void> {
    const { consumed, dataStart, dataEnd } = this.#parser;
    const { readBuffer } = this.stream;
    if (consumed === dataEnd - dataStart && readBuffer.canSurrender(consumed)) {
      return delegate.dataReceived(readBuffer.take(consumed), true);
    }
    this.#lent = consumed;
    return delegate.dataReceived(readBuffer.bytes.subarray(dataStart, dataEnd));
  }

  async #receiveMore(): Promise<void> {
    const parts = this.#parts;
    const { stream } = parts;
    const receiveLimit = parts.receiveLimit ??= new ReceiveLimit(parts.deadline);
    const { ioLoop, readBuffer } = stream;
    const before = readBuffer.length;
    receiveLimit.wait(ioLoop.time(), this.#bodyTimeoutMs, this.#minBodyRate);
    if (!await stream.fill()) throw new StreamClosedError(stream.error);
    receiveLimit.received(readBuffer.length - before, ioLoop.time());
  }

  /** The parser, which is there until the whole request was read. */
  get #parser(): MessageParser<"request"> {
    return this.#parts.parser!;
  }

  /** Whether the whole request was read, so that another one may follow. */
  get requestRead(): boolean {
    return this.#requestRead;
  }

  /** The trailer fields of the request, when it has been read and has some. */
  get requestTrailers(): HTTPHeaders | undefined {
    return this.#trailers;
  }

  /** The limit for the body of this request, in bytes. */
  get maxBodySize(): number {
    return this.#parts.parser?.maxBodySize ?? this.#parts.maxBodySize;
  }

  /** Changes the limit for the body of this request, in bytes. */
  setMaxBodySize(bytes: number): void {
    if (!this.#requestRead) this.#parser.setMaxBodySize(bytes);
  }

  /** Changes the time limit for the body of this request, in milliseconds. */
  setBodyTimeoutMs(timeoutMs: number | undefined): void {
    this.#bodyTimeoutMs = timeoutMs;
  }

  /** Changes the least bytes of the body of this request per second; 0 for no limit. */
  setMinBodyRate(bytesPerSecond: number): void {
    this.#minBodyRate = bytesPerSecond;
  }

  // --- the response ---

  /**
   * Writes an interim response, such as 103 Early Hints, before the final one; nothing for an HTTP/1.0 client, or one that
   * has left.
   *
   * @throws {RangeError} if the status is not 1xx, or 101
   * @throws {Error} if the final response has begun
   */
  writeInterim(code: number, headers?: HTTPHeaders): void {
    this.#checkAttached();
    if (this.#responseStarted) throw new Error("Cannot write an interim response: the final one has begun");
    const head = interimHead(code, headers);
    if (this.request.minorVersion > 0 && !this.closed && !this.#abandoned) this.stream.pushLatin1(head);
  }

  /** Writes the head, and a first part of the body. Resolves when it was handed to the kernel. */
  writeHeaders(
    startLine: Pick<ResponseStartLine, "code" | "reason">,
    headers: HTTPHeaders,
    chunk?: Chunk,
  ): Promise<void> {
    return this.#attempt(() => {
      this.#start(startLine, headers);
      if (chunk !== undefined) this.#writeChunk(chunk);
    });
  }

  /** Writes a part of the body. Resolves when it was handed to the kernel. */
  write(chunk: Chunk): Promise<void> {
    return this.#attempt(() => this.#writeChunk(chunk));
  }

  /** Resolves when everything written so far was handed to the kernel. */
  flushed(): Promise<void> {
    return this.stream.flushed();
  }

  /**
   * Ends the response, with trailer fields if the body is chunked; else they are dropped, and the same for HEAD.
   *
   * @throws {HTTPOutputError} if it is shorter than its Content-Length
   * @throws {TypeError} if a field may not be in a trailer section; the response is not ended then
   * @throws {Error} if it has not begun
   */
  finish(trailers?: HTTPHeaders): void {
    if (this.#responseFinished || this.#detached) return;
    const { stream, writer } = this.#parts;
    if (!stream.closed) {
      if (!this.#responseStarted) throw new Error("Cannot finish: no headers were written");
      try {
        const end = writer.finish(trailers);
        if (end !== "") stream.pushLatin1(end);
      } catch (error) {
        if (error instanceof HTTPOutputError) stream.close(error);
        throw error;
      }
    }
    this.#finished();
  }

  /** Writes a whole response at once. */
  respond(startLine: Pick<ResponseStartLine, "code" | "reason">, headers: HTTPHeaders, body: Uint8Array): void {
    if (this.stream.closed || this.#abandoned) return this.#finished();
    this.#start(startLine, headers);
    if (body.length > 0) this.#writeChunk(body);
    this.finish();
  }

  /** Writes a whole response at once, which is prepared except for what concerns the connection. */
  respondPrepared(head: Uint8Array, content: Uint8Array | string, bodyStart: number, body?: Uint8Array): void {
    const { stream, writer } = this.#parts;
    if (stream.closed || this.#abandoned) return this.#finished();
    this.#checkAttached();
    if (this.#responseStarted) throw new Error("Cannot write headers: they were written already");
    this.#responseStarted = true;
    const connectionLine = writer.startPreparedResponse(this.#responseTo());
    stream.push(head);
    if (connectionLine !== "") stream.pushLatin1(connectionLine);
    const sent = this.request.method === "HEAD" ? content.slice(0, bodyStart) : content;
    if (typeof sent === "string") stream.pushLatin1(sent);
    else stream.push(sent);
    if (body !== undefined && this.request.method !== "HEAD") stream.push(body);
    this.#finished();
  }

  /** Resolves when the response is complete. */
  waitFinished(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#responseFinished || this.#detached) resolve();
      else this.#onFinished = resolve;
    });
  }

  /**
   * Ends HTTP on this connection and hands over the stream, with what has arrived after the request in its buffer, and
   * with what was written before on its way out. For upgrades and CONNECT.
   *
   * The stream has no close callback and no time limit then, and the caller has to close it. The server no longer counts
   * the connection, but `HTTPServer.close` waits for it.
   *
   * @throws {Error} while the body of the request is being received, or when the connection has gone on after the response
   */
  detach(): IOStream {
    const { stream } = this.#parts;
    if (this.#detached) return stream;
    if (this.#over) throw new Error("Cannot detach: the response is finished, and the connection has gone on");
    if (this.#receivingBody) throw new Error("Cannot detach: the body of the request is being received");
    this.#detached = true;
    stream.setCloseCallback(undefined);
    this.#parts.onEvent("detached");
    stream.uncork();
    this.#onFinished?.();
    return stream;
  }

  /**
   * Calls `callback` once if the client leaves before the response is finished; `undefined` clears it. An error of it is
   * logged. Delegates are told by `onConnectionClose` as well.
   */
  setCloseCallback(callback: (() => void) | undefined): void {
    this.#onClosed = callback;
  }

  /** Breaks the response off by closing the connection, so that the client does not take it for whole. */
  abort(): void {
    this.stream.close();
    this.#finished();
  }

  /** Aborted when the client leaves before the response is finished; made when it is first asked for. */
  get signal(): AbortSignal {
    if (this.#abortController === undefined) {
      this.#abortController = new AbortController();
      if (this.#abandoned) this.#abortController.abort(new StreamClosedError(this.stream.error));
    }
    return this.#abortController.signal;
  }

  /** Called when the stream is closed, or the request was answered with an error: no response is wanted any more. */
  abandon(): void {
    this.#abandoned = true;
    const onClosed = this.#onClosed;
    this.#onClosed = undefined;
    this.#finished();
    this.#abortController?.abort(new StreamClosedError(this.stream.error));
    onClosed?.();
  }

  /** Called when the connection goes on to what comes after this exchange. */
  conclude(): void {
    this.#over = true;
  }

  #finished(): void {
    this.#onClosed = undefined;
    this.#responseFinished = true;
    this.#onFinished?.();
    if (!this.#requestRead && !this.stream.closed) this.#parts.onEvent("answeredEarly");
  }

  #responseTo(): ResponseTo {
    const { request } = this;
    if (!this.#parts.closing || !request.keepAlive) return request;
    return { method: request.method, minorVersion: request.minorVersion, keepAlive: false };
  }

  #checkAttached(): void {
    if (this.#detached) throw new Error("Cannot write: the stream was detached; write to that");
  }

  #start(startLine: Pick<ResponseStartLine, "code" | "reason">, headers: HTTPHeaders): void {
    this.#checkAttached();
    if (this.#abandoned) throw new StreamClosedError(this.stream.error);
    if (this.#responseStarted) throw new Error("Cannot write headers: they were written already");
    const head = this.#parts.writer.startResponse(startLine, headers, this.#responseTo());
    this.#responseStarted = true;
    this.stream.pushLatin1(head);
  }

  #writeChunk(chunk: Chunk): void {
    const { stream, writer } = this.#parts;
    this.#checkAttached();
    // The writer is that of the connection: it may be at work on the next response by now.
    if (!this.#responseStarted) throw new Error("Cannot write a body: no headers were written");
    if (this.#responseFinished && !stream.closed) throw new Error("Cannot write: the response is finished");
    if (this.request.method === "HEAD") return;
    const bytes = typeof chunk === "string" ? encoder.encode(chunk) : chunk;
    let before;
    try {
      before = writer.frame(bytes.length);
    } catch (error) {
      stream.close(error);
      throw error;
    }
    if (before !== "") stream.pushLatin1(before);
    stream.push(bytes);
    if (before !== "") stream.pushLatin1(CHUNK_END);
  }

  /** A closed stream is an error of the promise, a mistake of the caller one of the call. */
  #attempt(write: () => void): Promise<void> {
    try {
      write();
    } catch (error) {
      if (!(error instanceof StreamClosedError)) throw error;
      const failed = Promise.reject(error);
      failed.catch(() => {}); // the close is told to the delegate too; awaiting it is optional
      return failed;
    }
    if (this.stream.pendingWriteBytes > 0) this.#parts.onEvent("outputWaiting");
    return this.stream.flushed();
  }
}

const NOTHING = new Uint8Array(0);
const encoder = new TextEncoder();
