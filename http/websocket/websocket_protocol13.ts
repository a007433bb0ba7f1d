/**
 * A WebSocket connection: the protocol of `protocol.ts` on a stream, with its clocks and limits.
 *
 * It is a coroutine that reads, as a connection of HTTP is: messages that are in the buffer already are delivered
 * without going back to the socket, and what is answered meanwhile leaves in one write. It waits when a callback returns a
 * promise, when more than 64 KB of output wait for the peer to read, and now and then to let others have their turn.
 *
 * The connection ends in one of three ways. After both sides have sent a close frame, or the peer broke a rule, what is
 * queued is sent, this side's end of the stream is closed, and the rest of the peer's is read and dropped, because closing
 * at once could destroy the close frame that is under way. If the peer is gone, or takes longer than the limit, the
 * stream is closed as it is.
 *
 * Tornado: `tornado.websocket.WebSocketProtocol13`.
 *
 * @module
 */

import { appLog, describeError, genLog, isThenable, TimeoutError } from "../../ioloop/mod.ts";
import { type IOStream, onEndRequested, StreamBufferFullError, StreamClosedError } from "../../tcp/mod.ts";
import { Deadline } from "../deadline.ts";
import { CloseCodes } from "./close_code.ts";
import type { WebSocketDelegate } from "./delegate.ts";
import { WebSocketClosedError } from "./errors.ts";
import { KeepAlive } from "./keep_alive.ts";
import { type EncodedBytes, encodeMessage, type WebSocketMessage, type WriteMessageOptions } from "./message.ts";
import { type MessageSource, sendInFragments } from "./message_source.ts";
import type { DeflateParameters } from "./permessage_deflate.ts";
import { PreparedMessage } from "./prepared_message.ts";
import { type FramingOptions, FramingProtocol, ProtocolEvents } from "./protocol.ts";
import type { WebSocketRole } from "./receiver.ts";

/** Settings of a {@linkcode WebSocketProtocol13}. */
export interface WebSocketProtocolOptions extends FramingOptions {
  /** From one ping to the next, in milliseconds. @default 0, no pings */
  readonly pingIntervalMs?: number | undefined;
  /** How long the peer may be silent after a ping, in milliseconds, at most the interval; 0 for no limit. @default the interval */
  readonly pingTimeoutMs?: number | undefined;
  /** How long closing may take, in milliseconds, before the stream is closed as it is. @default 5000 */
  readonly closeTimeoutMs?: number;
  /** How long the peer may take nothing of the output that waits for it, in milliseconds. @default 60000 */
  readonly writeTimeoutMs?: number;
}

const DEFAULT_CLOSE_TIMEOUT_MS = 5000;
const DEFAULT_WRITE_TIMEOUT_MS = 60_000;
/** More output than this waits for the peer to read some of it. */
const HIGH_WATER_BYTES = 65536;
/** So many messages may be delivered without a pause for other connections. */
const MAX_MESSAGES_IN_A_ROW = 64;

/** One side of a connection after its handshake. */
export class WebSocketProtocol13 {
  /** The stream under the connection, which owns it. */
  readonly stream: IOStream;
  /** The subprotocol that was agreed on; `undefined` for none. */
  selectedSubprotocol: string | undefined;
  readonly #protocol: FramingProtocol;
  readonly #delegate: WebSocketDelegate;
  readonly #options: WebSocketProtocolOptions;
  readonly #keepAlive: KeepAlive | undefined;
  #closeDeadline: Deadline | undefined;
  #writeDeadline: Deadline | undefined;
  /** What was written when the limit for a slow reader was set. */
  #written = 0;
  #started = false;
  #reading = false;
  #closed = false;
  /** Lets the loop go on that waits for a callback. */
  #resume: (() => void) | undefined;
  /** Kept when what is being sent in fragments, and all that waits for it, is sent. */
  #sending: Promise<void> | undefined;

  /**
   * A connection that is not read yet; see {@linkcode start}.
   *
   * @throws {RangeError} if a setting is out of range
   */
  constructor(
    role: WebSocketRole,
    stream: IOStream,
    delegate: WebSocketDelegate,
    options: WebSocketProtocolOptions = {},
  ) {
    this.stream = stream;
    this.#delegate = delegate;
    this.#options = options;
    this.#protocol = new FramingProtocol(role, stream, options);
    const { pingIntervalMs: intervalMs = 0, pingTimeoutMs: timeoutMs } = options;
    if (intervalMs !== 0) {
      this.#keepAlive = new KeepAlive(stream.ioLoop, {
        intervalMs,
        timeoutMs,
        sendPing: () => this.#sendPing(),
        isReading: () => this.#reading,
        onTimeout: () => this.#onPingTimeout(),
      });
    }
    stream.setCloseCallback(() => this.#onStreamClosed());
    if (role === "server") onEndRequested(stream, () => this.close(CloseCodes.GOING_AWAY));
  }

  /** Begins to read, and to ping. Does nothing if it has begun. */
  start(): void {
    if (this.#started || this.#closed) return;
    this.#started = true;
    this.#keepAlive?.start();
    this.#receiveLoop().then(undefined, (error) => this.#onLoopError(error));
  }

  /** The compression that was agreed on; `undefined` for none. */
  get compression(): DeflateParameters | undefined {
    return this.#options.deflate;
  }

  /** Whether nothing can be sent any more: the closing has begun, or is done. Tornado: `is_closing`. */
  get isClosing(): boolean {
    return this.#closed || !this.#protocol.open || this.stream.closed;
  }

  /** The number of bytes that wait for the peer to read. */
  get bufferedBytes(): number {
    return this.stream.pendingWriteBytes;
  }

  /** Whether a message is being sent in fragments, so that others have to wait. */
  get isSending(): boolean {
    return this.#sending !== undefined;
  }

  // --- sending ---

  /**
   * Sends a message. The promise is the back pressure: it is kept at once while little waits for the peer to read, and
   * else when all of it was handed to the kernel. A failure that nobody looks at is silent, since the close is told too.
   *
   * @throws {WebSocketClosedError} (as a rejection) if the connection is closed or closing, now or before all was written
   * @throws {TypeError} if the message is not one
   */
  writeMessage(message: WebSocketMessage | PreparedMessage, options?: WriteMessageOptions): Promise<void> {
    if (this.isClosing) return closedError();
    if (this.#sending !== undefined) return this.#afterOthers(() => this.#write(message, options));
    return this.#write(message, options);
  }

  #write(message: WebSocketMessage | PreparedMessage, options: WriteMessageOptions | undefined): Promise<void> {
    if (this.isClosing) return closedError();
    try {
      if (typeof message === "string" && options === undefined) this.#protocol.sendText(message);
      else if (message instanceof PreparedMessage) this.#protocol.sendPrepared(message);
      else this.#send(encodeMessage(message, options));
    } catch (error) {
      if (!(error instanceof StreamBufferFullError)) throw error;
      this.abort(error); // a part of the frame may be queued
      return closedError(error);
    }
    return this.stream.pendingWriteBytes <= HIGH_WATER_BYTES ? WRITTEN : this.#drained();
  }

  /**
   * Sends a message unless more than so many bytes wait for the peer already, or a message is being sent in fragments;
   * tells whether it did. For those who send to many and wait for nobody.
   */
  offer(message: PreparedMessage, maxBufferedBytes: number): boolean {
    if (this.isClosing || this.#sending !== undefined) return false;
    if (this.stream.pendingWriteBytes > maxBufferedBytes) {
      this.#limitSending();
      return false;
    }
    this.#write(message, undefined);
    return true;
  }

  #send(payload: string | EncodedBytes): void {
    if (typeof payload === "string") this.#protocol.sendText(payload);
    else if (payload.isText) this.#protocol.sendFragment(payload.bytes, { final: true, binary: false });
    else this.#protocol.sendBinary(payload.bytes);
  }

  /**
   * Sends one message in as many fragments as the source has chunks, as fast as the peer reads. Messages that are written
   * meanwhile wait. If the source fails the message cannot be finished, and the connection is closed with 1011.
   *
   * @throws {WebSocketClosedError} (as a rejection) if the connection is closed before all was written
   * @throws what the source fails with
   */
  writeStream(source: MessageSource, options: WriteMessageOptions = {}): Promise<void> {
    if (this.isClosing) return closedError();
    return this.#afterOthers(() => this.#sendSource(source, options));
  }

  async #sendSource(source: MessageSource, options: WriteMessageOptions): Promise<void> {
    try {
      await sendInFragments(source, options, async (part, fragment) => {
        if (this.isClosing) throw new WebSocketClosedError();
        this.#protocol.sendFragment(part, fragment);
        await (this.stream.pendingWriteBytes <= HIGH_WATER_BYTES ? WRITTEN : this.#drained());
      });
    } catch (error) {
      if (!this.isClosing && this.#protocol.fragmented) this.close(CloseCodes.INTERNAL_ERROR);
      throw error;
    }
  }

  /** Sends when everything is sent that was to be before it; what comes later waits for this. */
  #afterOthers(send: () => Promise<void>): Promise<void> {
    const sent = this.#sending === undefined ? send() : this.#sending.then(send);
    const settled = sent.then(undefined, ignore);
    this.#sending = settled;
    settled.then(() => {
      if (this.#sending === settled) this.#sending = undefined;
    });
    return sent;
  }

  /** Sends a ping. @throws {WebSocketClosedError} if the connection is closed or closing @throws {RangeError} above 125 bytes */
  writePing(data: Uint8Array | string = ""): void {
    if (this.isClosing) throw new WebSocketClosedError();
    this.#protocol.sendPing(typeof data === "string" ? encoder.encode(data) : data);
  }

  /** Sends small writes at once; on by default for servers. */
  setNodelay(enabled: boolean): void {
    this.stream.setNodelay(enabled);
  }

  /** Resolves when everything that waits was handed to the kernel; the peer gets a limit to take some of it. */
  #drained(): Promise<void> {
    this.#limitSending();
    const flushed = this.stream.flushed().then(undefined, (error) => {
      throw new WebSocketClosedError(undefined, { cause: error });
    });
    flushed.catch(ignore);
    return flushed;
  }

  #limitSending(): void {
    if (this.#writeDeadline === undefined) {
      this.#writeDeadline = new Deadline(this.stream.ioLoop, () => this.#onWriteDeadline());
    } else if (this.#written >= 0) {
      return; // it is set
    }
    this.#written = this.stream.bytesWritten;
    this.#writeDeadline.set(this.#options.writeTimeoutMs ?? DEFAULT_WRITE_TIMEOUT_MS, this.stream.ioLoop.time());
  }

  #onWriteDeadline(): void {
    const before = this.#written;
    this.#written = -1;
    if (this.stream.pendingWriteBytes === 0) return;
    if (this.stream.bytesWritten > before) return this.#limitSending();
    this.abort(new TimeoutError("Cannot send on a WebSocket: the peer reads nothing"));
  }

  // --- closing ---

  /**
   * Sends a close frame, and closes the stream when the peer has answered, after `closeTimeoutMs` at the latest.
   *
   * @throws {RangeError} if the code may not be sent, or the reason has more than 123 bytes; nothing is done then
   */
  close(code?: number, reason?: string): void {
    if (this.#closed) return;
    this.#protocol.close(code, reason);
    this.#limitClosing();
    this.#resume?.();
    this.start(); // or nobody would see the answer
  }

  /** Closes the stream as it is. */
  abort(error?: unknown): void {
    this.#closed = true;
    this.stream.close(error);
  }

  #limitClosing(): void {
    if (this.#closeDeadline !== undefined) return;
    this.#closeDeadline = new Deadline(this.stream.ioLoop, () => this.abort());
    this.#closeDeadline.set(this.#options.closeTimeoutMs ?? DEFAULT_CLOSE_TIMEOUT_MS, this.stream.ioLoop.time());
  }

  #sendPing(): void {
    if (!this.isClosing) this.#protocol.sendPing(NOTHING);
  }

  #onPingTimeout(): void {
    genLog.debug("A WebSocket peer did not answer a ping in time");
    this.close(CloseCodes.NORMAL_CLOSURE, "ping timed out");
  }

  #onStreamClosed(): void {
    this.#closed = true;
    this.#keepAlive?.stop();
    this.#closeDeadline?.dispose();
    this.#writeDeadline?.dispose();
    this.#protocol.dispose();
    const status = this.#protocol.closeReceived;
    this.#call(() => this.#delegate.onWsConnectionClose(status?.code, status?.reason));
  }

  // --- receiving ---

  async #receiveLoop(): Promise<void> {
    const { stream } = this;
    for (;;) {
      stream.cork();
      const wait = this.#processBuffer();
      stream.uncork();
      if (wait !== undefined) {
        stream.readBuffer.own(); // so that one more read can notice that the peer is gone
        await this.#untilDoneOrClosing(wait);
        if (this.#closed) return;
        continue;
      }
      if (this.#protocol.over) break;
      this.#reading = true;
      const more = await stream.fill();
      this.#reading = false;
      if (!more) break;
      this.#keepAlive?.noteActivity();
    }
    await this.#finish();
  }

  /** Delivers what is in the buffer; returns a promise if the rest has to wait. */
  #processBuffer(): PromiseLike<unknown> | undefined {
    const { stream } = this;
    const protocol = this.#protocol;
    const buffer = stream.readBuffer;
    for (let inARow = 0; buffer.length > 0 && !protocol.over && !this.#closed; inARow++) {
      if (inARow === MAX_MESSAGES_IN_A_ROW) return this.#nextTurn();
      if (stream.pendingWriteBytes > HIGH_WATER_BYTES) return this.#drained().then(undefined, ignore);
      let taken: PromiseLike<unknown> | undefined;
      switch (protocol.receive(buffer.bytes, buffer.start, buffer.end)) {
        case ProtocolEvents.NEED_DATA:
          buffer.consume(protocol.consumed);
          return undefined;
        case ProtocolEvents.TEXT:
          taken = this.#deliver(this.#delegate.onMessage, protocol.text);
          break;
        case ProtocolEvents.BINARY:
          taken = this.#deliver(this.#delegate.onMessage, protocol.bytes);
          break;
        case ProtocolEvents.PING:
          taken = this.#deliver(this.#delegate.onPing, protocol.bytes.slice());
          break;
        case ProtocolEvents.PONG:
          taken = this.#deliver(this.#delegate.onPong, protocol.bytes.slice());
          break;
        case ProtocolEvents.FAILED:
          genLog.info(`WebSocket peer broke the protocol: ${protocol.failure!.message}`);
      }
      buffer.consume(protocol.consumed);
      if (taken !== undefined) return taken;
    }
    return undefined;
  }

  /** Once this side has said that it closes, nothing that comes is delivered, and a callback that takes long is not waited for. */
  #untilDoneOrClosing(wait: PromiseLike<unknown>): Promise<void> {
    return new Promise((resolve) => {
      this.#resume = resolve;
      const done = () => resolve();
      wait.then(done, done);
    });
  }

  #nextTurn(): Promise<void> {
    return new Promise((resolve) => this.stream.ioLoop.addCallback(resolve));
  }

  /** What comes after this side's close frame is of no interest. */
  #deliver<Data>(method: (data: Data) => unknown, data: Data): PromiseLike<unknown> | undefined {
    return this.#protocol.open ? this.#call(method, data) : undefined;
  }

  /** Calls the delegate. An error, now or later, is logged and closes the connection with 1011. */
  #call<Argument>(method: (argument: Argument) => unknown, argument?: Argument): PromiseLike<unknown> | undefined {
    try {
      const result = method.call(this.#delegate, argument!);
      if (isThenable(result)) return result.then(undefined, (error) => this.#onCallbackError(error));
    } catch (error) {
      this.#onCallbackError(error);
    }
    return undefined;
  }

  #onCallbackError(error: unknown): void {
    try {
      this.#delegate.logException(error);
    } catch (logError) {
      appLog.error(`Error in logException\n${describeError(logError)}`);
    }
    this.close(CloseCodes.INTERNAL_ERROR);
  }

  /** The end of the reading side: sends what is queued, says so, and reads the rest. */
  async #finish(): Promise<void> {
    const { stream } = this;
    if (stream.closed) return;
    if (!this.#protocol.over) return stream.close(); // the peer left without a word
    this.#limitClosing();
    // RFC 6455 7.1.1: the server closes first, so that it is the client that waits in TIME_WAIT for nothing.
    if (this.#protocol.role === "server" || this.#protocol.failure !== undefined) await stream.closeWrite();
    else await stream.flushed();
    do stream.readBuffer.consume(stream.readBuffer.length); while (await stream.fill());
    stream.close();
  }

  #onLoopError(error: unknown): void {
    if (!(error instanceof StreamClosedError)) appLog.error(`Error in a WebSocket connection\n${describeError(error)}`);
    this.abort(error);
  }
}

const NOTHING = new Uint8Array(0);
const WRITTEN = Promise.resolve();
const encoder = new TextEncoder();

function closedError(cause?: unknown): Promise<never> {
  const failed = Promise.reject(new WebSocketClosedError(undefined, cause === undefined ? {} : { cause }));
  failed.catch(ignore); // the close is told too; awaiting it is optional
  return failed;
}

function ignore(): void {}
