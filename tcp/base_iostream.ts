/**
 * Reading and writing on a non-blocking channel.
 *
 * The stream registers its channel with the loop. READ fills the read buffer, and
 * WRITE, which is watched while something remains, sends more of the write queue.
 * Writing begins in the next microtask, so that all that code writes before it
 * waits leaves in one system call. Reading is pull: a channel whose bytes nobody
 * consumes is not read any further, and the peer has to wait.
 * As in Tornado, an idle stream reads on only if it has a close callback, which
 * is how it hears that the peer has gone.
 *
 * Protocol drivers work on `readBuffer` directly and wait with `fill`; everything
 * else is built on these two.
 *
 * Only one read may be in progress. When the peer has finished, or the
 * connection broke, the stream closes; what was received before can still be
 * read. The end of the stream waits for queued output, so that a peer which
 * closed its sending side gets its answer.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { type ByteChannel, genLog, IOLoop } from "../ioloop/mod.ts";
import { isPeerGone, StreamBufferFullError, StreamClosedError, UnsatisfiableReadError } from "./errors.ts";
import { PendingRead } from "./pending_read.ts";
import { PendingWrites } from "./pending_writes.ts";
import {
  attemptBytes,
  attemptInto,
  attemptRegex,
  attemptUntil,
  IntoAttempt,
  type ReadAttempt,
} from "./read_attempt.ts";
import { ReadBuffer } from "./read_buffer.ts";
import { ReadLimit, type ReadOptions } from "./read_limit.ts";
import {
  checkSize,
  type DelimitedReadOptions,
  type IOStreamOptions,
  type PartialReadOptions,
} from "./stream_options.ts";
import { readableOf, writableOf } from "./web_streams.ts";
import { WriteQueue } from "./write_queue.ts";

const DEFAULT_MAX_BUFFER_SIZE = 104857600;
const DEFAULT_READ_CHUNK_SIZE = 65536;

/**
 * A stream of bytes over a channel, whatever that stands on. Tornado: `tornado.iostream.BaseIOStream`.
 *
 * For sockets there is `IOStream`, for pipes `PipeIOStream`.
 */
export class BaseIOStream {
  /** The loop that watches the channel. */
  readonly ioLoop: IOLoop;
  /** What was received and not consumed; for protocol drivers. */
  readonly readBuffer: ReadBuffer = new ReadBuffer();
  /** What closed the stream, where it was an error; a peer that reset the connection is one. Tornado: `stream.error`. */
  error: unknown;

  readonly #channel: ByteChannel;
  readonly #options: IOStreamOptions;
  readonly #maxBufferSize: number;
  readonly #maxWriteBufferSize: number;
  readonly #writeQueue = new WriteQueue();
  readonly #pendingWrites = new PendingWrites();
  #resumeFill: ((more: boolean) => void) | undefined;
  #pendingRead: PendingRead<unknown> | undefined;
  #ended = false;
  /** Whether a reader was told that nothing more will come. */
  #readOver = false;
  #closed = false;
  #writing = false;
  #watchingWrite = false;
  /** Sends what was queued since the last microtask; made when it is first needed, since drivers send by themselves. */
  #sendQueued: (() => void) | undefined;
  #corked = false;
  #writeClosed = false;
  #closeCallback: (() => void) | undefined;
  #readable: ReadableStream<Uint8Array<ArrayBuffer>> | undefined;
  #writable: WritableStream<Uint8Array | string> | undefined;

  /** A stream over a channel, which it owns from now on. @throws {RangeError} if a size is not a positive number */
  constructor(channel: ByteChannel, options: IOStreamOptions = {}) {
    this.#options = options;
    this.ioLoop = options.ioLoop ?? IOLoop.current();
    this.#channel = channel;
    this.#maxBufferSize = checkSize("maxBufferSize", options.maxBufferSize ?? DEFAULT_MAX_BUFFER_SIZE);
    this.#maxWriteBufferSize = checkSize("maxWriteBufferSize", options.maxWriteBufferSize ?? Infinity);
    const chunkSize = checkSize("readChunkSize", options.readChunkSize ?? DEFAULT_READ_CHUNK_SIZE);
    channel.readChunkSize = Math.max(1, Math.min(chunkSize, Math.floor(this.#maxBufferSize / 2)));
    channel.readAhead = false;
    channel.owner = this;
    channel.onWriteSettled = BaseIOStream.#writeSettled;
    this.ioLoop.addHandler(channel, BaseIOStream.#handleEvents, IOLoop.READ);
  }

  /** The channel under the stream. */
  get channel(): ByteChannel {
    return this.#channel;
  }

  /** The settings that the stream was made with. */
  protected get options(): IOStreamOptions {
    return this.#options;
  }

  /** The most bytes that may wait to be read. */
  get maxBufferSize(): number {
    return this.#maxBufferSize;
  }

  /** The most bytes that one read of the channel brings. */
  get readChunkSize(): number {
    return this.#channel.readChunkSize;
  }

  /** Whether a read is in progress. */
  get reading(): boolean {
    return this.#pendingRead !== undefined || this.#resumeFill !== undefined;
  }

  /** Whether something waits to be written. */
  get writing(): boolean {
    return this.#writing;
  }

  /** The number of bytes that wait to be written. */
  get pendingWriteBytes(): number {
    return this.#writeQueue.size;
  }

  /** The number of bytes that were handed to the kernel, ever. */
  get bytesWritten(): number {
    return this.#writeQueue.written;
  }

  /** Whether the stream is closed; what was received before may still be read. */
  get closed(): boolean {
    return this.#closed;
  }

  // --- reading ---

  /**
   * Waits until more has arrived than `readBuffer` holds now; resolves to false when nothing more will come.
   * For protocol drivers; one at a time.
   *
   * If as much as `maxBufferSize` waits already, the stream is closed.
   *
   * @throws {Error} if another read is waiting
   */
  fill(): Promise<boolean> {
    if (this.reading) throw new Error("Cannot fill: another read is waiting");
    if (!this.#startFill(undefined)) return ENDED;
    return new Promise((resolve) => this.#resumeFill = resolve);
  }

  /**
   * Lets a {@linkcode fill} that waits resolve to true now, though nothing has arrived; for drivers that were only looking
   * out for the end of the stream. Without one it does nothing.
   */
  cancelFill(): void {
    this.#wakeFill(true);
  }

  /** Has more read, to `into` if no read has begun; false if nothing more will come. */
  #startFill(into: Uint8Array<ArrayBuffer> | undefined): boolean {
    if (this.#closed) return false;
    if (this.#ended) {
      this.#readOver = true;
      this.#closeIfOver();
      return false;
    }
    if (this.readBuffer.length >= this.#maxBufferSize) {
      const message = `Reached maximum read buffer size: ${this.#maxBufferSize} bytes`;
      genLog.error(message);
      this.close(new StreamBufferFullError(message));
      return false;
    }
    this.#channel.readAhead = this.#closeCallback !== undefined;
    this.readBuffer.own();
    this.#channel.startReading(into);
    return true;
  }

  /** Reads exactly `count` bytes, or with `partial` at least one and at most `count`. */
  readBytes(count: number, options: PartialReadOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
    return this.#read(options, attemptBytes, count, options.partial ?? false);
  }

  /**
   * Fills `target`, or with `partial` a part of it, and resolves to the number of bytes. A read that fails leaves what
   * was received to be read; `target` may hold a part of it.
   */
  readInto(target: Uint8Array, options: PartialReadOptions = {}): Promise<number> {
    const into = new IntoAttempt(target, options.partial ?? false);
    return this.#read(options, attemptInto, into, into);
  }

  /** Reads up to and including a delimiter; text stands for its UTF-8 bytes. */
  readUntil(delimiter: Uint8Array | string, options: DelimitedReadOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
    return this.#read(options, attemptUntil, delimiter, options.maxBytes);
  }

  /** Reads up to and including a match of a regular expression, which sees the bytes as Latin-1 text. */
  readUntilRegex(pattern: RegExp | string, options: DelimitedReadOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
    return this.#read(options, attemptRegex, pattern, options.maxBytes);
  }

  /**
   * Reads everything until the peer closes its side. A connection that broke is a {@linkcode StreamClosedError}, since
   * the rest is missing; what did arrive can be had with {@linkcode readBytes}.
   */
  readUntilClose(options: ReadOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
    return this.#read(
      options,
      () => (buffer) => {
        const complete = this.error === undefined && (this.#ended || (this.#closed && buffer.length > 0));
        return complete ? buffer.take(buffer.length) : undefined;
      },
      undefined,
      undefined,
    );
  }

  /** Tries what `make(first, second)` returns at once, then after each arrival, until that returns something. */
  #read<T, A, B>(
    options: ReadOptions,
    make: (first: A, second: B) => ReadAttempt<T>,
    first: A,
    second: B,
  ): Promise<T> {
    let attempt: ReadAttempt<T>;
    try {
      if (this.reading) throw new Error("Cannot read: already reading; wait for the first read");
      options.signal?.throwIfAborted();
      attempt = make(first, second);
    } catch (error) {
      return Promise.reject(error);
    }
    const into = first instanceof IntoAttempt ? first : undefined;
    try {
      const result = attempt(this.readBuffer);
      if (result !== undefined) {
        this.#closeIfOver();
        return Promise.resolve(result);
      }
      return this.#waitToRead(attempt, into, options);
    } catch (error) {
      return Promise.reject(this.#readFailed(error, into));
    }
  }

  #waitToRead<T>(attempt: ReadAttempt<T>, into: IntoAttempt | undefined, options: ReadOptions): Promise<T> {
    const isLimited = options.signal !== undefined || options.timeoutMs !== undefined;
    const limit = isLimited ? new ReadLimit(options, this.ioLoop, () => this.#wakeFill(true)) : undefined;
    const read = new PendingRead<T>(attempt, into, limit);
    this.#pendingRead = read as PendingRead<unknown>;
    if (!this.#startFill(read.target())) this.#wakeFill(false);
    return read.promise;
  }

  /** Tries the pending read again; `more` says whether it may go on waiting. */
  #continueRead(read: PendingRead<unknown>, more: boolean): void {
    try {
      if (more) read.limit?.check();
      let result = read.attempt(this.readBuffer);
      if (result === undefined && more) {
        if (this.#startFill(read.target())) return;
        if (this.#pendingRead !== read) return; // that closed the stream, which has tried again
        result = read.attempt(this.readBuffer);
      }
      if (result === undefined) throw this.#closedError();
      this.#endRead(read);
      this.#closeIfOver();
      read.resolve(result);
    } catch (error) {
      this.#endRead(read);
      read.reject(this.#readFailed(error, read.into));
    }
  }

  #endRead(read: PendingRead<unknown>): void {
    this.#pendingRead = undefined;
    read.limit?.dispose();
  }

  /** What a read fails with that met `error`. */
  #readFailed(error: unknown, into: IntoAttempt | undefined): unknown {
    into?.undo(this.readBuffer);
    if (error instanceof UnsatisfiableReadError) {
      genLog.info(`Unsatisfiable read, closing connection: ${error.message}`);
      this.close(error);
      return this.#closedError();
    }
    this.#closeIfOver();
    return error;
  }

  /** What arrives, as a web stream. It reads when it is pulled, and cancelling it closes the stream. */
  get readable(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return this.#readable ??= readableOf(this);
  }

  /** A web stream to write to. Closing it ends this direction only; aborting it closes the stream. */
  get writable(): WritableStream<Uint8Array | string> {
    return this.#writable ??= writableOf(this);
  }

  // --- writing ---

  /**
   * Queues bytes, or text as UTF-8, and resolves when they were handed to the kernel.
   *
   * 16 KB or more are not copied: leave the array unchanged until then. A failure that nobody
   * looks at is silent, since the close callback tells it as well.
   *
   * @throws {StreamClosedError} (as a rejection) if the stream is closed, now or before everything went
   * @throws {StreamBufferFullError} (as a rejection) if more than `maxWriteBufferSize` would wait
   */
  write(data: ArrayBufferView | string): Promise<void> {
    try {
      this.push(data);
    } catch (error) {
      const failed = Promise.reject(error);
      failed.catch(ignore);
      return failed;
    }
    return this.flushed();
  }

  /**
   * As {@linkcode write}, without a promise: for drivers that write much, and ask {@linkcode flushed} when they care.
   * Bytes that are `stable`, which nobody will ever change, are not copied without need.
   *
   * @throws {StreamClosedError} if the stream is closed
   * @throws {StreamBufferFullError} if more than `maxWriteBufferSize` would wait
   */
  push(data: ArrayBufferView | string, stable = false): void {
    if (typeof data === "string") {
      this.#checkPush(data.length);
      if (this.#maxWriteBufferSize !== Infinity) this.#checkPush(Buffer.byteLength(data));
      this.#writeQueue.pushText(data);
    } else {
      this.#checkPush(data.byteLength);
      this.#writeQueue.push(data, stable);
    }
    this.#watchWrite();
  }

  /**
   * As {@linkcode push}, for text of characters up to U+00FF, one byte each: the head of an HTTP message.
   *
   * @throws {TypeError} if a character is beyond
   */
  pushLatin1(text: string): void {
    this.#checkPush(text.length);
    this.#writeQueue.pushLatin1(text);
    this.#watchWrite();
  }

  /** Lets what is pushed next, `count` bytes of it, leave in one system call: for a head and what follows it. */
  reserve(count: number): void {
    if (!this.#closed) this.#writeQueue.reserve(count);
  }

  #checkPush(size: number): void {
    if (this.#closed) throw this.#closedError();
    if (this.#writeClosed) throw new StreamClosedError(new Error("Cannot write: closeWrite was called"));
    if (this.#writeQueue.size + size > this.#maxWriteBufferSize) {
      throw new StreamBufferFullError(`Reached maximum write buffer size: ${this.#maxWriteBufferSize} bytes`);
    }
  }

  #watchWrite(): void {
    if (this.#corked || this.#writing || this.#writeQueue.size === 0) return;
    this.#writing = true;
    queueMicrotask(
      this.#sendQueued ??= () => {
        if (!this.#closed) this.#channel.tryWrite(this.#writeQueue.front());
      },
    );
  }

  /** Holds back what is pushed from now on, until {@linkcode uncork}; for a driver that knows more will follow. */
  cork(): void {
    this.#corked = true;
  }

  /** Sends what was held back at once, without waiting for the loop's next turn. */
  uncork(): void {
    this.#corked = false;
    if (this.#writing || this.#writeQueue.size === 0 || this.#closed) return;
    this.#writing = true;
    this.#channel.tryWrite(this.#writeQueue.front());
  }

  /** Resolves when everything queued so far was handed to the kernel; rejects with {@linkcode StreamClosedError}. */
  flushed(): Promise<void> {
    if (this.#writeQueue.size === 0) return FLUSHED;
    return this.#pendingWrites.waitFor(this.#writeQueue.total);
  }

  /**
   * Sends what is queued, then tells the peer that no more will come; reading goes on. Writing is over with the call.
   *
   * @throws {StreamClosedError} if the stream is closed before everything went
   */
  async closeWrite(): Promise<void> {
    if (this.#closed || this.#writeClosed) return;
    this.#writeClosed = true;
    this.uncork();
    await this.flushed();
    if (this.#closed) return;
    try {
      await this.#channel.closeWrite();
    } catch (error) {
      if (this.#closed) return;
      this.close(error);
      throw this.#closedError();
    }
  }

  // --- the life of the stream ---

  /**
   * Calls `callback` once when the stream is closed, by whomever, in a turn of its own; `undefined` clears it.
   *
   * With a callback the stream also reads while nobody asks it to, as much as one read brings, so that it hears of the
   * end of the connection.
   */
  setCloseCallback(callback: (() => void) | undefined): void {
    this.#closeCallback = callback;
    if (this.#closed) return this.#runCloseCallback();
    this.#channel.readAhead = callback !== undefined;
    if (callback !== undefined && !this.#ended) this.#channel.startReading();
  }

  /** Closes the stream; queued output is dropped, reads and writes in progress fail. Idempotent. */
  close(error?: unknown): void {
    if (this.#closed) return;
    if (error !== undefined) this.error = error;
    this.#closed = true;
    this.#writing = false;
    this.ioLoop.removeHandler(this.#channel);
    this.#channel.close();
    this.#writeQueue.clear();
    this.#wakeFill(false);
    if (!this.#pendingWrites.isEmpty) this.#pendingWrites.rejectAll(this.#closedError());
    this.#options.onClosed?.(this);
    this.#runCloseCallback();
  }

  /**
   * Gives the channel up without closing it, for a stream that goes on in another form; this one counts as closed.
   *
   * @returns the close callback, which the new stream takes over
   * @throws {Error} unless the stream is idle: nothing is being read or written, or waits to be
   */
  protected detach(): (() => void) | undefined {
    const isIdle = !this.reading && !this.#writing && this.#writeQueue.size === 0 && this.readBuffer.length === 0;
    if (this.#closed || !isIdle) {
      throw new Error(`Cannot detach the stream: it is ${this.#closed ? "closed" : "not idle"}`);
    }
    this.#channel.release();
    this.ioLoop.removeHandler(this.#channel);
    const callback = this.#closeCallback;
    this.#closeCallback = undefined;
    this.#closed = true;
    this.#options.onClosed?.(this);
    return callback;
  }

  /** Closes the stream, as `await using` does at the end of a block. */
  [Symbol.asyncDispose](): Promise<void> {
    this.close();
    return FLUSHED;
  }

  #runCloseCallback(): void {
    const callback = this.#closeCallback;
    if (callback === undefined) return;
    this.#closeCallback = undefined;
    this.ioLoop.addCallback(callback);
  }

  #closedError(): StreamClosedError {
    return new StreamClosedError(this.error);
  }

  /** READ comes first: when the peer has answered and gone, the answer is taken before a failed write closes the stream. */
  static #handleEvents(channel: ByteChannel, events: number): void {
    const stream = channel.owner as BaseIOStream;
    if (events & IOLoop.READ) stream.#handleRead();
    if (events & IOLoop.WRITE && !stream.#closed) stream.#handleWrite();
  }

  #handleRead(): void {
    const channel = this.#channel;
    let received;
    try {
      received = channel.takeReceived();
    } catch (error) {
      return this.#fail(error);
    }
    if (received === undefined) return;
    if (received === 0) return this.#handleEnd();
    // Ahead of those who read goes one piece, no more: it would be copied, and the next one read, for ever.
    if (!this.reading && this.readBuffer.length > 0) channel.readAhead = false;
    this.readBuffer.append(channel.receiveBuffer, received, channel);
    this.#wakeFill(true);
  }

  #handleEnd(): void {
    this.#ended = true;
    if (this.reading) this.#readOver = true;
    if (this.#closeIfOver()) return;
    this.#watch(this.#watchingWrite);
    this.#wakeFill(false);
  }

  /** Closes after an error of the host. One that nobody waits for is logged, unless it only means that the peer left. */
  #fail(error: unknown): void {
    const isNoticed = this.reading || !this.#pendingWrites.isEmpty;
    if (!isNoticed && !isPeerGone(error)) this.logFailure(error);
    this.close(error);
  }

  /** Logs an error that closed the stream and that nobody waited for. */
  protected logFailure(error: unknown): void {
    genLog.warning(`Closing a stream after an error: ${String(error)}`);
  }

  /** Sets what the loop watches: WRITE as told, READ until the end of the stream was seen. */
  #watch(write: boolean): void {
    this.#watchingWrite = write;
    this.ioLoop.updateHandler(
      this.#channel,
      (this.#ended ? IOLoop.NONE : IOLoop.READ) | (write ? IOLoop.WRITE : IOLoop.NONE),
    );
  }

  #wakeFill(more: boolean): void {
    const read = this.#pendingRead;
    if (read !== undefined) return this.#continueRead(read, more);
    const resume = this.#resumeFill;
    this.#resumeFill = undefined;
    resume?.(more);
  }

  /** WRITE: takes the outcome of the last write, and starts the next one. */
  #handleWrite(): void {
    if (!this.#takeWritten()) return;
    if (this.#writeQueue.size > 0) this.#channel.tryWrite(this.#writeQueue.front());
    else if (!this.#closeIfOver()) this.#watch(false);
  }

  /** A write that was started by `uncork` is through; what came meanwhile goes out in the next turn. */
  static #writeSettled(channel: ByteChannel): void {
    const stream = channel.owner as BaseIOStream;
    if (stream.#closed || !stream.#takeWritten()) return;
    if (stream.#writeQueue.size > 0) stream.#watch(true);
    else stream.#closeIfOver();
  }

  /**
   * Closes the stream if the peer has finished, what it sent was read, or nobody can use the rest, and everything
   * went out; for a stream that may not be half open.
   */
  #closeIfOver(): boolean {
    if (!this.#ended || this.#closed || this.#writing || this.#options.allowHalfOpen) return false;
    if (this.readBuffer.length > 0 && !this.#readOver) return false;
    this.close();
    return true;
  }

  /** Takes the outcome of the last write; false if it was a failure, which closes the stream. */
  #takeWritten(): boolean {
    const queue = this.#writeQueue;
    try {
      if (this.#channel.writePending) queue.advance(this.#channel.takeWritten());
    } catch (error) {
      if (this.#channel.ready() & IOLoop.READ) this.#handleRead(); // the peer may have answered before it left
      if (!this.#closed) this.#fail(error);
      return false;
    }
    this.#writing = queue.size > 0;
    if (!this.#pendingWrites.isEmpty) this.#pendingWrites.resolveUpTo(queue.written);
    return !this.#closed;
  }
}

const ENDED = Promise.resolve(false);
const FLUSHED = Promise.resolve();

function ignore(): void {}
