/**
 * The client's side of an HTTP/1.1 connection: requests that are written and responses that are read, one after the
 * other.
 *
 * The writer and the parser decide what the bytes mean; this driver moves them between the stream and a delegate. It
 * reads a response only as fast as the delegate takes it. Request and response may overlap, since a server may answer
 * before it has read everything. It knows no URL, no time limit and no pool, but it says whether another request may
 * follow: only where both messages ended as they should and nothing is left on the connection.
 *
 * Sources: RFC 9112 6 to 9, RFC 9110 15.2 (interim responses). Tornado: `HTTP1Connection(is_client=True)`.
 *
 * @module
 */

import { type IOStream, StreamClosedError } from "../tcp/mod.ts";
import { CHUNK_END } from "./chunked.ts";
import type { Chunk, HTTPMessageDelegate } from "./delegates.ts";
import { HTTPInputError } from "./errors.ts";
import type { HTTPHeaders } from "./headers.ts";
import { MessageParser, type MessageParserOptions, ParseEvents, type ResponseHead } from "./message_parser.ts";
import { MessageWriter } from "./message_writer.ts";
import type { RequestStartLine } from "./start_line.ts";

/** Receives one response: interim ones first, then head, body and trailers, then `finish` or `onConnectionClose`. */
export interface HTTPResponseDelegate extends HTTPMessageDelegate<ResponseHead> {
  /** An interim response has come, such as 100 Continue or 103 Early Hints. */
  interimReceived?(head: ResponseHead): void;
  /** Trailer fields have come behind a chunked body. */
  trailersReceived?(trailers: HTTPHeaders): void;
}

/** So many interim responses before one final response are more than any server has a reason to send. */
const MAX_INTERIM_RESPONSES = 64;

/** A connection on which a client sends requests. */
export class HTTP1ClientConnection {
  /** The connection's bytes. */
  readonly stream: IOStream;
  readonly #parser: MessageParser<"response">;
  readonly #writer = new MessageWriter();
  #method = "GET";
  #expectsContinue = false;
  #requestStarted = false;
  #requestFinished = false;
  #responseStarted = false;
  #responseFinished = false;
  /** Whether the response allows another request, and no interim one was out of place. */
  #persistent = false;
  #interimCount = 0;
  /** Whether the server said 100 without being asked: it is mistaken about this request, and may be about its end. */
  #confused = false;
  #aborted = false;

  /**
   * A connection that has sent nothing yet.
   *
   * @param stream A stream to the server, which belongs to the connection from now on.
   * @param options Limits for responses.
   */
  constructor(stream: IOStream, options: MessageParserOptions = {}) {
    this.stream = stream;
    this.#parser = new MessageParser("response", options);
  }

  /** Whether a byte of the current response has arrived. */
  get responseStarted(): boolean {
    return this.#responseStarted || !this.#parser.idle || this.stream.readBuffer.length > 0;
  }

  /** Whether the current response is complete. */
  get responseFinished(): boolean {
    return this.#responseFinished;
  }

  /** Whether the current request is complete. */
  get requestFinished(): boolean {
    return this.#requestFinished;
  }

  /**
   * Whether another request may be sent: the last exchange is complete in both directions, both sides keep the connection,
   * and the server has sent nothing more. HTTP/1.0 servers are not trusted to mean it.
   */
  get reusable(): boolean {
    return this.#requestFinished && this.#responseFinished && this.#persistent && !this.#writer.closeAfter &&
      !this.stream.closed && this.stream.readBuffer.length === 0;
  }

  /** The limit for the body of the current response, in bytes. */
  get maxBodySize(): number {
    return this.#parser.maxBodySize;
  }

  // --- the request ---

  /**
   * Begins a request: writes its head, and a first part of the body. Resolves when it was handed to the kernel.
   *
   * @throws {TypeError} if the method or the target is not allowed
   * @throws {HTTPOutputError} if `Content-Length` is not a number
   * @throws {StreamClosedError} if the connection is closed
   */
  writeHeaders(
    startLine: Pick<RequestStartLine, "method" | "path">,
    headers: HTTPHeaders,
    chunk?: Chunk,
  ): Promise<void> {
    this.startRequest(startLine, headers);
    if (chunk !== undefined) this.push(chunk);
    return this.stream.flushed();
  }

  /** As {@linkcode writeHeaders}, without a body and a promise. */
  startRequest(startLine: Pick<RequestStartLine, "method" | "path">, headers: HTTPHeaders): void {
    if (this.#requestStarted && !this.reusable) {
      throw new Error("Cannot write a request: the last exchange does not allow another one on this connection");
    }
    const head = this.#writer.startRequest(startLine, headers);
    this.#method = startLine.method;
    this.#expectsContinue = headers.has("Expect");
    this.#requestStarted = true;
    this.#requestFinished = false;
    this.#responseStarted = false;
    this.#responseFinished = false;
    this.#persistent = false;
    this.#interimCount = 0;
    this.#confused = false;
    this.stream.pushLatin1(head);
  }

  /**
   * Writes a part of the body. Resolves when it was handed to the kernel; rejects with `StreamClosedError` if the
   * connection is closed before.
   *
   * @throws {HTTPOutputError} if it is more than `Content-Length` says; the connection is closed
   */
  write(chunk: Chunk): Promise<void> {
    try {
      this.push(chunk);
    } catch (error) {
      if (!(error instanceof StreamClosedError)) throw error;
      const failed = Promise.reject(error);
      failed.catch(ignore); // whoever reads the response hears of it too
      return failed;
    }
    return this.stream.flushed();
  }

  /**
   * Ends the request.
   *
   * @throws {HTTPOutputError} if the body is shorter than `Content-Length` says; the connection is closed
   */
  finish(): void {
    if (this.#requestFinished || this.stream.closed) return;
    if (!this.#requestStarted) throw new Error("Cannot finish: no headers were written");
    const end = this.#framed(() => this.#writer.finish());
    if (end !== "") this.stream.pushLatin1(end);
    this.#requestFinished = true;
  }

  /** As {@linkcode write}, without a promise; a closed connection is an error of the call here. */
  push(chunk: Chunk): void {
    const { stream } = this;
    if (!this.#requestStarted) throw new Error("Cannot write a body: no headers were written");
    if (this.#requestFinished && !stream.closed) throw new Error("Cannot write: the request is finished");
    const bytes = typeof chunk === "string" ? encoder.encode(chunk) : chunk;
    const before = this.#framed(() => this.#writer.frame(bytes.length));
    if (before !== "") stream.pushLatin1(before);
    stream.push(bytes);
    if (before !== "") stream.pushLatin1(CHUNK_END);
  }

  #framed(frame: () => string): string {
    try {
      return frame();
    } catch (error) {
      this.stream.close(error);
      throw error;
    }
  }

  // --- the response ---

  /**
   * Reads the response and gives it to the delegate, which hears either `finish` or `onConnectionClose` in the end.
   *
   * @param delegate Receives the response.
   * @returns Whether another request may follow; the connection is left open anyway.
   * @throws {HTTPInputError} if the response is not HTTP or breaks a limit; the connection is closed
   * @throws {StreamClosedError} if the connection ends before the response does
   * @throws what the delegate throws; the connection is closed
   */
  async readResponse(delegate: HTTPResponseDelegate): Promise<boolean> {
    const { stream } = this;
    const parser = this.#parser;
    const buffer = stream.readBuffer;
    parser.expectResponseTo(this.#method);
    let interim = false;
    try {
      for (;;) {
        const event = parser.parse(buffer.bytes, buffer.start, buffer.end);
        if (event === ParseEvents.DATA) {
          const taken = delegate.dataReceived(buffer.bytes.subarray(parser.dataStart, parser.dataEnd));
          if (taken !== undefined) await taken;
          if (this.#aborted) throw new StreamClosedError(stream.error);
          buffer.consume(parser.consumed);
          continue;
        }
        buffer.consume(parser.consumed);
        if (event === ParseEvents.HEAD) {
          const { head } = parser;
          this.#responseStarted = true;
          interim = head.code < 200 && !head.upgrade;
          if (interim) {
            this.#noteInterim(head);
            delegate.interimReceived?.(head);
            continue;
          }
          const taken = delegate.headersReceived(head, head.headers);
          if (taken !== undefined) await taken;
          if (this.#aborted) throw new StreamClosedError(stream.error);
        } else if (event === ParseEvents.TRAILERS) {
          delegate.trailersReceived?.(parser.trailers!);
        } else if (event === ParseEvents.END) {
          if (!interim) break;
        } else if (!await stream.fill()) {
          // What broke the connection may have cut the body off, so only an orderly end is one.
          if (stream.error === undefined && parser.parseEndOfStream() === "end") break;
          throw new StreamClosedError(stream.error);
        }
      }
      const finished = this.#end(delegate);
      if (finished !== undefined) await finished;
    } catch (error) {
      stream.close(error instanceof StreamClosedError ? undefined : error);
      delegate.onConnectionClose();
      throw error;
    }
    return this.reusable;
  }

  #end(delegate: HTTPResponseDelegate): void | Promise<void> {
    const { head } = this.#parser;
    this.#responseFinished = true;
    this.#persistent = head.keepAlive && head.minorVersion === 1 && !this.#confused;
    return delegate.finish();
  }

  #noteInterim(head: ResponseHead): void {
    if (head.code === 100 && !this.#expectsContinue) this.#confused = true;
    if (++this.#interimCount > MAX_INTERIM_RESPONSES) {
      throw new HTTPInputError(
        `Too many interim responses: more than ${MAX_INTERIM_RESPONSES}, the last one ${head.code}`,
      );
    }
  }

  // --- the connection ---

  /** Ends HTTP on this connection and hands over the stream, with what has arrived behind the response. */
  detach(): IOStream {
    this.#persistent = false;
    return this.stream;
  }

  /** Closes the connection; a response in progress fails with `error`, whatever of it has arrived. Idempotent. */
  close(error?: unknown): void {
    this.#aborted = true;
    this.stream.close(error);
  }
}

const encoder = new TextEncoder();

function ignore(): void {}
