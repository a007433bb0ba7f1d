/**
 * The server's side of an HTTP/1.1 connection: the request loop.
 *
 * `serverRequestLoop` is a coroutine: it reads a head, lets the delegate have
 * the request, waits for the response, and goes on to the next one. Requests
 * that are in the buffer already are served without going back to the socket,
 * and what is answered in one go leaves in one write. While a delegate answers
 * at once the coroutine does not even pause, except to let other connections
 * have their turn and a slow reader catch up.
 *
 * Tornado: `tornado.http1connection.HTTP1ServerConnection`.
 *
 * @module
 */

import { appLog, describeError, genLog, TimeoutError } from "../ioloop/mod.ts";
import { type IOStream, StreamClosedError } from "../tcp/mod.ts";
import { Deadline } from "./deadline.ts";
import type {
  ConnectionContext,
  HTTPMessageDelegate,
  HTTPServerConnectionDelegate,
  ServerConnection,
} from "./delegates.ts";
import { HTTPInputError } from "./errors.ts";
import { currentHttpDate } from "./http_date.ts";
import { type ConnectionParts, type ExchangeEvent, HTTP1Connection } from "./http1_connection.ts";
import { DEFAULT_MAX_BODY_SIZE, type MessageParserOptions, ParseEvents, type RequestHead } from "./message_parser.ts";
import { MessageWriter } from "./message_writer.ts";
import { ParserPool } from "./parser_pool.ts";
import { DEFAULT_MIN_BODY_RATE } from "./receive_limit.ts";
import { SendLimit } from "./send_limit.ts";
import { reasonPhrase } from "./status.ts";

/** Limits of a connection. Crossing one closes it, with the status named where nothing was answered yet. */
export interface HTTP1ConnectionOptions extends MessageParserOptions {
  /** Whether the connection is closed after the first request. @default false */
  readonly noKeepAlive?: boolean;
  /** How long the connection may wait for a request, in milliseconds. @default 3600000 (an hour) */
  readonly idleConnectionTimeoutMs?: number;
  /** How long a head may take from its first byte on, in milliseconds: 408. @default 60000 */
  readonly headerTimeoutMs?: number;
  /** How long a body may take, in milliseconds: 408. @default no limit */
  readonly bodyTimeoutMs?: number;
  /**
   * The least bytes per second of a body, on average over 20 seconds in which the client is waited for: 408; 0 for no
   * limit, which an upload that lasts as long as the client has something to say needs. @default 240
   */
  readonly minBodyRate?: number;
  /** How long a client may take nothing of the output that waits for it, in milliseconds. @default 60000 */
  readonly writeTimeoutMs?: number;
  /**
   * The least bytes per second that a client takes of the output that waits for it, on average over `writeTimeoutMs`; 0 for
   * no limit. @default 240
   */
  readonly minResponseRate?: number;
  /** How many requests a connection is used for; the last response says that it will be closed. @default no limit */
  readonly maxRequestsPerConnection?: number;
}

/** Settings of {@linkcode HTTP1ServerConnection.closeWhenIdle}. */
export interface CloseWhenIdleOptions {
  /** How long a connection that has no request waits for one that may be on its way, in milliseconds. @default 500 */
  readonly graceMs?: number;
}

const DEFAULT_IDLE_TIMEOUT_MS = 3_600_000;
const DEFAULT_HEADER_TIMEOUT_MS = 60_000;
const DEFAULT_GRACE_MS = 500;
/** So many requests may be served without a pause for other connections. */
const MAX_REQUESTS_IN_A_ROW = 32;
/** More output than this waits for the client to read some of it. */
const HIGH_WATER_BYTES = 65536;
/** After an early answer the rest of a request is read and dropped for at most this long. */
const LINGER_MS = 2000;

/** A connection on which a server answers requests. */
export class HTTP1ServerConnection implements ServerConnection {
  readonly #stream: IOStream;
  readonly #options: HTTP1ConnectionOptions;
  readonly #parts: ConnectionParts;
  readonly #parsers: ParserPool;
  #serving: Promise<void> | undefined;
  #current: HTTP1Connection | undefined;
  #currentDelegate: HTTPMessageDelegate | undefined;
  readonly #deadline: Deadline;
  #sendLimit: SendLimit | undefined;
  /** What the deadline limits, when it is set. */
  #waitingFor: "request" | "head" | "body" | "rest" | "close" = "request";
  #requestCount = 0;
  /** Set while the stream is read on only to hear of its end, because a delegate works. */
  #lookingOut: object | undefined;
  #idleTimeoutMs: number;
  /** Whether 408 was answered. */
  #timedOut = false;
  /** Whether a delegate has taken time, so that the loop's latest turn may be long ago. */
  #resumed = false;

  /** A connection that is not served yet. */
  constructor(stream: IOStream, context: ConnectionContext, options: HTTP1ConnectionOptions = {}) {
    this.#stream = stream;
    this.#options = options;
    this.#idleTimeoutMs = options.idleConnectionTimeoutMs ?? DEFAULT_IDLE_TIMEOUT_MS;
    this.#parsers = ParserPool.for(options);
    this.#deadline = new Deadline(stream.ioLoop, this.#onDeadline);
    this.#parts = {
      stream,
      context,
      parser: undefined,
      writer: new MessageWriter(),
      deadline: this.#deadline,
      receiveLimit: undefined,
      maxBodySize: options.maxBodySize ?? DEFAULT_MAX_BODY_SIZE,
      bodyTimeoutMs: options.bodyTimeoutMs,
      minBodyRate: options.minBodyRate ?? DEFAULT_MIN_BODY_RATE,
      closing: options.noKeepAlive ?? false,
      onEvent: this.#onExchangeEvent,
    };
  }

  /** What is known about the peer. */
  get context(): ConnectionContext {
    return this.#parts.context;
  }

  /** Starts the request loop. */
  startServing(delegate: HTTPServerConnectionDelegate): void {
    this.#stream.setCloseCallback(this.#onStreamClose);
    const { eventLoop } = this.#stream.ioLoop;
    // A Future would take half a kilobyte of every connection.
    this.#serving = this.serverRequestLoop(delegate).catch((exception) =>
      eventLoop.callExceptionHandler({ message: "Exception in the request loop of a connection", exception })
    );
  }

  /** Closes the connection, and resolves when the request loop has ended. */
  async close(): Promise<void> {
    this.#stream.close();
    await this.#serving;
  }

  /** Whether the connection has no request, and nothing of one. */
  get idle(): boolean {
    return this.#current === undefined && this.#betweenMessages && this.#stream.readBuffer.length === 0;
  }

  /** Whether the connection will be closed after the response that is being made, or the next one. */
  get closing(): boolean {
    return this.#parts.closing;
  }

  /**
   * Closes the connection in order: a response that has not begun says that it is the last, and a connection without a
   * request waits a moment for one that may be on its way.
   */
  closeWhenIdle(options: CloseWhenIdleOptions = {}): void {
    const { graceMs = DEFAULT_GRACE_MS } = options;
    this.#parts.closing = true;
    if (graceMs >= this.#idleTimeoutMs) return; // it was said before, and time goes on
    this.#idleTimeoutMs = graceMs;
    if (this.idle) this.#deadline.set(this.#idleTimeoutMs, this.#stream.ioLoop.time());
  }

  /** Serves requests until the connection ends. Run by {@linkcode startServing}. */
  async serverRequestLoop(delegate: HTTPServerConnectionDelegate): Promise<void> {
    const stream = this.#stream;
    try {
      for (let inARow = 0;;) {
        const head = this.#parseHead();
        if (head === undefined) {
          stream.uncork();
          if (!await this.#moreInput()) return void await this.#closeFlushed();
          if (this.#timedOut) return void await this.#linger();
          inARow = 0;
          continue;
        }
        stream.cork();
        const more = this.#serve(delegate, head);
        if (typeof more !== "boolean") stream.uncork();
        if (!(typeof more === "boolean" ? more : await more)) return;
        if (stream.pendingWriteBytes > HIGH_WATER_BYTES) {
          stream.uncork();
          this.#limitSending();
          await stream.flushed();
        } else if (++inARow >= MAX_REQUESTS_IN_A_ROW) {
          stream.uncork();
          inARow = 0;
          await this.#nextTurn();
        }
      }
    } catch (error) {
      stream.uncork();
      await this.#fail(error);
    } finally {
      this.#deadline.dispose();
      this.#sendLimit?.dispose();
      delegate.onClose?.(this);
    }
  }

  // --- the head ---

  /** The next head, if all of it is in the buffer. */
  #parseHead(): RequestHead | undefined {
    const buffer = this.#stream.readBuffer;
    if (buffer.length === 0) return undefined;
    const parser = this.#parts.parser ??= this.#parsers.take();
    const event = parser.parse(buffer.bytes, buffer.start, buffer.end);
    buffer.consume(parser.consumed);
    if (event !== ParseEvents.HEAD) return undefined;
    this.#deadline.clear();
    this.#waitingFor = "body";
    return parser.head;
  }

  /** Waits for more input between and within heads; resolves to false at the end of the stream. */
  #moreInput(): Promise<boolean> {
    const deadline = this.#deadline;
    this.#giveParserBack();
    if (this.#betweenMessages) {
      this.#waitingFor = "request";
      const timeoutMs = this.#idleTimeoutMs;
      if (this.#resumed) deadline.set(timeoutMs, this.#stream.ioLoop.time());
      else deadline.set(timeoutMs);
      this.#resumed = false;
    } else if (this.#waitingFor !== "head") {
      this.#waitingFor = "head";
      deadline.set(this.#options.headerTimeoutMs ?? DEFAULT_HEADER_TIMEOUT_MS, this.#stream.ioLoop.time());
    }
    return this.#stream.fill();
  }

  /** Whether no byte of a next message was looked at. */
  get #betweenMessages(): boolean {
    return this.#parts.parser?.idle ?? true;
  }

  /** Gives the parser back unless it is in the middle of a message. */
  #giveParserBack(): void {
    const { parser } = this.#parts;
    if (parser === undefined || !parser.idle) return;
    this.#parts.parser = undefined;
    this.#parsers.give(parser);
  }

  // --- one exchange ---

  /** Has one request answered; tells whether another one may follow. */
  #serve(delegate: HTTPServerConnectionDelegate, head: RequestHead): boolean | Promise<boolean> {
    if (++this.#requestCount === this.#options.maxRequestsPerConnection) this.#parts.closing = true;
    const exchange = new HTTP1Connection(this.#parts, head);
    this.#current = exchange;
    const messageDelegate = delegate.startRequest(this, exchange);
    this.#currentDelegate = messageDelegate;
    const received = exchange.receive(messageDelegate);
    this.#giveParserBack();
    if (received === undefined && exchange.responseFinished) return this.#afterExchange(exchange);
    return this.#finishExchange(exchange, received);
  }

  async #finishExchange(exchange: HTTP1Connection, received: void | Promise<void>): Promise<boolean> {
    this.#resumed = true;
    if (exchange.requestRead) this.#lookOut();
    if (received !== undefined) await received;
    if (!exchange.responseFinished && !exchange.detached) await exchange.waitFinished();
    return this.#afterExchange(exchange);
  }

  /**
   * A delegate has the whole request and takes its time. Once another request has come and waits, the stream would not read
   * on by itself, and not see its end: so it is told to, as long as not much waits.
   */
  async #lookOut(): Promise<void> {
    const stream = this.#stream;
    if (stream.closed || stream.reading) return;
    const lookOut = this.#lookingOut = {};
    while (stream.readBuffer.length < stream.readChunkSize && await stream.fill()) {
      if (this.#lookingOut !== lookOut) return;
    }
  }

  #stopLookingOut(): void {
    if (this.#lookingOut === undefined) return;
    this.#lookingOut = undefined;
    this.#stream.cancelFill();
  }

  #onExchangeEvent = (event: ExchangeEvent): void => {
    switch (event) {
      case "outputWaiting":
        return this.#limitSending();
      case "answeredEarly":
        return this.#limitRest();
      case "requestRead":
        return void this.#lookOut();
      case "detached":
        return this.#stopLookingOut();
    }
  };

  #nextTurn(): Promise<void> {
    return new Promise((resolve) => this.#stream.ioLoop.addCallback(resolve));
  }

  #afterExchange(exchange: HTTP1Connection): boolean | Promise<boolean> {
    exchange.conclude();
    this.#stopLookingOut();
    this.#current = undefined;
    this.#currentDelegate = undefined;
    if (exchange.detached) return false;
    if (this.#stream.closed) return false;
    if (!exchange.requestRead) return this.#linger();
    if (!this.#parts.writer.closeAfter) return true;
    // A client that did not ask for the close may have sent more requests.
    return exchange.request.keepAlive ? this.#linger() : this.#closeFlushed();
  }

  async #closeFlushed(): Promise<false> {
    if (this.#stream.pendingWriteBytes > 0) this.#limitSending();
    await this.#stream.flushed();
    this.#stream.close();
    return false;
  }

  /** Gives the client a limit to take the output that waits. */
  #limitSending(): void {
    const { ioLoop } = this.#stream;
    this.#sendLimit ??= new SendLimit(this.#stream, ioLoop, () => this.#closeTimedOut(), this.#options);
    this.#sendLimit.watch();
  }

  #closeTimedOut(): void {
    this.#stream.close(new TimeoutError("Connection timed out"));
  }

  /** The client has its answer and need not send the rest of its request; if it does nothing, it is not waited for. */
  #limitRest(): void {
    this.#waitingFor = "rest";
    this.#deadline.set(LINGER_MS, this.#stream.ioLoop.time());
  }

  /**
   * Closes after an answer that came before the request was read. Closing at once would reset the
   * connection while the client still sends, and the client might never see the answer (RFC 9112 9.6).
   */
  async #linger(): Promise<false> {
    const stream = this.#stream;
    if (stream.pendingWriteBytes > 0) this.#limitSending();
    await stream.flushed();
    this.#waitingFor = "close";
    this.#deadline.set(LINGER_MS, stream.ioLoop.time());
    try {
      await stream.closeWrite();
    } catch (error) {
      stream.close(error); // the client is gone
    }
    do stream.readBuffer.consume(stream.readBuffer.length); while (await stream.fill());
    stream.close();
    return false;
  }

  // --- what goes wrong ---

  #onDeadline = (): void => {
    const nowMs = this.#stream.ioLoop.time();
    if (this.#waitingFor === "body" && !this.#parts.receiveLimit?.isPassed(nowMs)) return;
    if (this.#waitingFor === "rest") return void this.#closeFlushed().catch(this.#logUnlessClosed);
    const answerable = this.#waitingFor === "head" || this.#waitingFor === "body";
    if (!answerable || this.#current?.responseStarted === true) return this.#closeTimedOut();
    genLog.info(`Timeout reading ${this.#waitingFor} from ${this.context.remoteIp}`);
    this.#timedOut = true;
    this.#answerError(408);
    this.#tellDelegate();
    // The request loop waits for input still; with the next that comes it lingers.
    this.#waitingFor = "close";
    this.#deadline.set(LINGER_MS);
    this.#stream.closeWrite().catch((error) => this.#stream.close(error));
  };

  #onStreamClose = (): void => {
    const delegate = this.#currentDelegate;
    const exchange = this.#current;
    if (exchange === undefined || delegate === undefined || exchange.responseFinished || exchange.detached) return;
    try {
      delegate.onConnectionClose();
    } catch (error) {
      appLog.error(`Uncaught exception in onConnectionClose\n${describeError(error)}`);
    }
    try {
      exchange.abandon();
    } catch (error) {
      appLog.error(`Uncaught exception in a close callback\n${describeError(error)}`);
    }
  };

  async #fail(error: unknown): Promise<void> {
    if (error instanceof StreamClosedError) return void await this.#closeFlushed().catch(this.#logUnlessClosed);
    const exchange = this.#current;
    if (error instanceof HTTPInputError) {
      genLog.info(`Malformed HTTP message from ${this.context.remoteIp}: ${error.message}`);
      if (exchange?.responseStarted !== true) this.#answerError(error.status);
      this.#tellDelegate();
      try {
        await this.#linger();
      } catch (lingerError) {
        this.#logUnlessClosed(lingerError);
      }
      return;
    }
    appLog.error(`Uncaught exception in a request delegate\n${describeError(error)}`);
    this.#stream.close(error);
  }

  /** A request that is broken off will not be finished; its delegate hears of it as of a client that left. */
  #tellDelegate(): void {
    this.#stopLookingOut();
    this.#onStreamClose();
    this.#current = undefined;
    this.#currentDelegate = undefined;
  }

  #answerError(status: number): void {
    if (this.#stream.closed) return;
    const date = currentHttpDate(Date.now());
    this.#stream.pushLatin1(
      `HTTP/1.1 ${status} ${reasonPhrase(status)}\r\nDate: ${date}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`,
    );
  }

  #logUnlessClosed = (error: unknown): void => {
    if (!(error instanceof StreamClosedError)) appLog.error(describeError(error));
  };
}
