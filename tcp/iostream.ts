/**
 * IOStream: reading and writing on a non-blocking channel.
 *
 * The stream registers its channel with the loop. READ fills the read buffer,
 * WRITE sends what the write queue holds; both happen in a turn of the loop, so
 * what one turn writes leaves in one system call. Reading is pull: a channel
 * whose bytes nobody consumes is not read any further, and the peer has to wait.
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
import { type ByteChannel, genLog, IOLoop, TimeoutError } from "../ioloop/mod.ts";
import { StreamBufferFullError, StreamClosedError, UnsatisfiableReadError } from "./errors.ts";
import { ReadBuffer } from "./read_buffer.ts";
import { indexOfBytes } from "./byte_search.ts";
import { Socket } from "./socket.ts";
import { WriteQueue } from "./write_queue.ts";

/** Settings of an {@linkcode IOStream}. */
export interface IOStreamOptions {
  /** The loop that watches the channel. @default the current one */
  readonly ioLoop?: IOLoop;
  /** The most bytes that wait to be read; more close the stream. @default 104857600 (100 MiB) */
  readonly maxBufferSize?: number;
  /** The most bytes that wait to be written; a write beyond fails. @default no limit */
  readonly maxWriteBufferSize?: number;
}

/** Settings of one read. */
export interface ReadOptions {
  /** Gives the read up when it is aborted; what was received stays to be read. */
  readonly signal?: AbortSignal;
  /** Gives the read up with a `TimeoutError` after this time, in milliseconds. @default no limit */
  readonly timeoutMs?: number;
}

/** Settings of a read that may be satisfied by less. */
export interface PartialReadOptions extends ReadOptions {
  /** Whether to return as soon as there is at least one byte. @default false */
  readonly partial?: boolean;
}

/** Settings of a read up to a delimiter. */
export interface DelimitedReadOptions extends ReadOptions {
  /** Closes the stream if the delimiter does not end within this many bytes. @default no limit */
  readonly maxBytes?: number;
}

const DEFAULT_MAX_BUFFER_SIZE = 104857600;

interface PendingWrite {
  readonly end: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * A stream of bytes in both directions. Tornado: `tornado.iostream.IOStream`.
 *
 * @example A line there and back
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { IOStream, Socket } from "@denado/denado/tcp";
 *
 * using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
 * const accepted = listener.accept();
 * const client = new IOStream(new Socket(await Deno.connect(listener.addr as Deno.NetAddr)));
 * const server = new IOStream(new Socket(await accepted));
 *
 * await client.write("ping\n");
 * const line = await server.readUntil("\n");
 * assertEquals(new TextDecoder().decode(line), "ping\n");
 * client.close();
 * server.close();
 * ```
 */
export class IOStream {
  /** The loop that watches the channel. */
  readonly ioLoop: IOLoop;
  /** What was received and not consumed; for protocol drivers. */
  readonly readBuffer: ReadBuffer = new ReadBuffer();
  /** What closed the stream, where it was an error. Tornado: `stream.error`. */
  error: unknown;

  readonly #channel: ByteChannel;
  readonly #maxBufferSize: number;
  readonly #maxWriteBufferSize: number;
  readonly #writeQueue = new WriteQueue();
  readonly #recycle: () => void;
  #pendingWrites: PendingWrite[] = [];
  #resumeFill: ((more: boolean) => void) | undefined;
  #reading = false;
  #ended = false;
  #closed = false;
  #writing = false;
  #watchingWrite = false;
  #corked = false;
  #writeClosed = false;
  #closeCallback: (() => void) | undefined;

  /** A stream over a channel, which it owns from now on, usually a {@linkcode Socket}. */
  constructor(channel: ByteChannel, options: IOStreamOptions = {}) {
    this.ioLoop = options.ioLoop ?? IOLoop.current();
    this.#channel = channel;
    this.#maxBufferSize = options.maxBufferSize ?? DEFAULT_MAX_BUFFER_SIZE;
    this.#maxWriteBufferSize = options.maxWriteBufferSize ?? Infinity;
    this.#recycle = () => channel.recycle();
    channel.onWriteSettled = this.#onWriteSettled;
    this.ioLoop.addHandler(channel, this.#handleEvents, IOLoop.READ);
  }

  /** The channel under the stream. */
  get channel(): ByteChannel {
    return this.#channel;
  }

  /** The socket under the stream; `undefined` when it stands on something else, a pipe for instance. */
  get socket(): Socket | undefined {
    return this.#channel instanceof Socket ? this.#channel : undefined;
  }

  /** The most bytes that wait to be read. */
  get maxBufferSize(): number {
    return this.#maxBufferSize;
  }

  /** Whether a read is in progress. */
  get reading(): boolean {
    return this.#reading;
  }

  /** Whether something waits to be written. */
  get writing(): boolean {
    return this.#writing;
  }

  /** The number of bytes that wait to be written. */
  get pendingWriteBytes(): number {
    return this.#writeQueue.size;
  }

  /** Whether the stream is closed; what was received before may still be read. */
  get closed(): boolean {
    return this.#closed;
  }

  // --- reading ---

  /**
   * Waits until more has arrived than `readBuffer` holds now; resolves to false when nothing more will come.
   * For protocol drivers; one at a time.
   */
  fill(): Promise<boolean> {
    if (this.#ended || this.#closed) return ENDED;
    if (this.#resumeFill !== undefined) throw new Error("Cannot fill: another read is waiting");
    this.readBuffer.own();
    return new Promise((resolve) => this.#resumeFill = resolve);
  }

  /** Reads exactly `count` bytes, or with `partial` at least one and at most `count`. */
  readBytes(count: number, options: PartialReadOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
    checkCount(count);
    return this.#read(options, (buffer) => {
      if (options.partial && buffer.length > 0) return buffer.take(Math.min(count, buffer.length));
      return buffer.length >= count ? buffer.take(count) : undefined;
    });
  }

  /** Fills `target`, or with `partial` a part of it, and resolves to the number of bytes. */
  readInto(target: Uint8Array, options: PartialReadOptions = {}): Promise<number> {
    let count = 0;
    return this.#read(options, (buffer) => {
      count += buffer.takeInto(count === 0 ? target : target.subarray(count));
      return count === target.length || (options.partial && count > 0) ? count : undefined;
    });
  }

  /** Reads up to and including a delimiter; text stands for its UTF-8 bytes. */
  readUntil(delimiter: Uint8Array | string, options: DelimitedReadOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
    const needle = typeof delimiter === "string" ? new TextEncoder().encode(delimiter) : delimiter;
    if (needle.length === 0) throw new RangeError("Cannot read until a delimiter of no bytes");
    let searched = 0;
    return this.#read(options, (buffer) => {
      const from = buffer.start + Math.max(0, searched - needle.length + 1);
      const at = indexOfBytes(buffer.bytes, needle, { from, to: buffer.end });
      const end = at < 0 ? -1 : at + needle.length - buffer.start;
      checkMaxBytes(end < 0 ? buffer.length : end, end >= 0, options.maxBytes);
      searched = buffer.length;
      return end < 0 ? undefined : buffer.take(end);
    });
  }

  /** Reads up to and including a match of a regular expression, which sees the bytes as Latin-1 text. */
  readUntilRegex(pattern: RegExp | string, options: DelimitedReadOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
    const flags = typeof pattern === "string" ? "" : pattern.flags.replace(/[gy]/g, "");
    const regex = new RegExp(typeof pattern === "string" ? pattern : pattern.source, flags);
    return this.#read(options, (buffer) => {
      const match = regex.exec(latin1(buffer.bytes.subarray(buffer.start, buffer.end)));
      const end = match === null ? -1 : match.index + match[0].length;
      checkMaxBytes(end < 0 ? buffer.length : end, end >= 0, options.maxBytes);
      return end < 0 ? undefined : buffer.take(end);
    });
  }

  /** Reads everything until the peer closes its side. */
  readUntilClose(options: ReadOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
    if (this.#closed && this.readBuffer.length === 0 && !this.#ended) return Promise.reject(this.#closedError());
    return this.#read(options, (buffer) => this.#ended || this.#closed ? buffer.take(buffer.length) : undefined);
  }

  /** Tries at once, then after each arrival, until `attempt` returns something. */
  async #read<T>(options: ReadOptions, attempt: (buffer: ReadBuffer) => T | undefined): Promise<T> {
    if (this.#reading) throw new Error("Cannot read: already reading; wait for the first read");
    options.signal?.throwIfAborted();
    this.#reading = true;
    const release = this.#giveUpOn(options);
    try {
      for (;;) {
        const result = attempt(this.readBuffer);
        if (result !== undefined) return result;
        if (!await this.fill()) {
          const last = attempt(this.readBuffer);
          if (last !== undefined) return last;
          throw this.#closedError();
        }
        if (release.reason !== undefined) throw release.reason.error;
      }
    } catch (error) {
      if (!(error instanceof UnsatisfiableReadError)) throw error;
      genLog.info(`Unsatisfiable read, closing connection: ${error.message}`);
      this.close(error);
      throw this.#closedError();
    } finally {
      release.dispose();
      this.#reading = false;
    }
  }

  /** Wakes the read in progress when its signal is aborted or its time is up. */
  #giveUpOn(options: ReadOptions): { reason?: { error: unknown }; dispose(): void } {
    const { signal, timeoutMs } = options;
    if (signal === undefined && timeoutMs === undefined) return NEVER;
    const state: { reason?: { error: unknown }; dispose(): void } = {
      dispose: () => {
        signal?.removeEventListener("abort", onAbort);
        timer?.cancel();
      },
    };
    const giveUp = (error: unknown) => {
      state.reason ??= { error };
      this.#wakeFill(true);
    };
    const onAbort = () => giveUp(signal?.reason);
    signal?.addEventListener("abort", onAbort, { once: true });
    const timer = timeoutMs === undefined
      ? undefined
      : this.ioLoop.callLater(timeoutMs, () => giveUp(new TimeoutError(`Read timed out after ${timeoutMs} ms`)));
    return state;
  }

  // --- writing ---

  /**
   * Queues bytes, or text as UTF-8, and resolves when they were handed to the kernel.
   *
   * An array of 16 KB or more is not copied: leave it unchanged until then. A failure that nobody
   * looks at is silent, since the close callback tells it as well.
   *
   * @throws {StreamClosedError} (as a rejection) if the stream is closed, now or before everything went
   * @throws {StreamBufferFullError} (as a rejection) if more than `maxWriteBufferSize` would wait
   */
  write(data: Uint8Array | string): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    promise.catch(() => {}); // the returned promise still rejects for whoever awaits it
    try {
      this.push(data);
      const end = this.#writeQueue.total;
      if (this.#writeQueue.size === 0) resolve();
      else this.#pendingWrites.push({ end, resolve, reject });
    } catch (error) {
      reject(error);
    }
    return promise;
  }

  /**
   * As {@linkcode write}, without a promise: for drivers that write much, and ask {@linkcode flushed} when they care.
   *
   * @throws {StreamClosedError} if the stream is closed
   * @throws {StreamBufferFullError} if more than `maxWriteBufferSize` would wait
   */
  push(data: Uint8Array | string): void {
    this.#checkPush(data.length);
    if (typeof data === "string") this.#writeQueue.pushText(data);
    else this.#writeQueue.push(data);
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
    this.#watch(true);
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
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    promise.catch(() => {}); // as in write
    this.#pendingWrites.push({ end: this.#writeQueue.total, resolve, reject });
    return promise;
  }

  /** Sends what is queued, then tells the peer that no more will come; reading goes on. */
  async closeWrite(): Promise<void> {
    await this.flushed();
    if (this.#closed || this.#writeClosed) return;
    this.#writeClosed = true;
    await this.socket?.closeWrite();
  }

  // --- the life of the stream ---

  /** Calls `callback` once when the stream is closed, by whomever, in a turn of its own; `undefined` clears it. */
  setCloseCallback(callback: (() => void) | undefined): void {
    this.#closeCallback = callback;
    if (this.#closed) this.#runCloseCallback();
  }

  /** Sends small writes at once; for TCP, nothing elsewhere. Errors of a dying socket are of no interest. */
  setNodelay(enabled: boolean): void {
    if (this.#closed || this.socket === undefined) return;
    try {
      this.socket.setNodelay(enabled);
    } catch (error) {
      genLog.debug(`Could not set TCP_NODELAY: ${String(error)}`);
    }
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
    const pending = this.#pendingWrites;
    if (pending.length > 0) {
      this.#pendingWrites = [];
      const closed = this.#closedError();
      for (const write of pending) write.reject(closed);
    }
    this.#runCloseCallback();
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

  #handleEvents = (_channel: ByteChannel, events: number): void => {
    if (events & IOLoop.WRITE) this.#handleWrite();
    if (events & IOLoop.READ && !this.#closed) this.#handleRead();
  };

  #handleRead(): void {
    const channel = this.#channel;
    let received;
    try {
      received = channel.takeReceived();
    } catch (error) {
      return this.close(isQuietClose(error) ? undefined : error);
    }
    if (received === undefined) return;
    if (received === 0) return this.#handleEnd();
    this.readBuffer.append(channel.receiveBuffer, received, this.#recycle);
    if (this.readBuffer.length > this.#maxBufferSize) {
      genLog.error(`Reached maximum read buffer size: ${this.#maxBufferSize} bytes`);
      return this.close(new StreamBufferFullError(`Reached maximum read buffer size: ${this.#maxBufferSize} bytes`));
    }
    this.#wakeFill(true);
  }

  #handleEnd(): void {
    this.#ended = true;
    if (!this.#writing) return this.close();
    this.#watch(this.#watchingWrite);
    this.#wakeFill(false);
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
    const resume = this.#resumeFill;
    if (resume === undefined) return;
    this.#resumeFill = undefined;
    resume(more);
  }

  /** WRITE: takes the outcome of the last write, and starts the next one. */
  #handleWrite(): void {
    if (!this.#takeWritten()) return;
    if (this.#writeQueue.size > 0) this.#channel.tryWrite(this.#writeQueue.front());
    else if (this.#ended) this.close();
    else this.#watch(false);
  }

  /** A write that was started by `uncork` is through; what came meanwhile goes out in the next turn. */
  #onWriteSettled = (): void => {
    if (this.#closed || !this.#takeWritten()) return;
    if (this.#writeQueue.size > 0) this.#watch(true);
    else if (this.#ended) this.close();
  };

  /** Takes the outcome of the last write; false if it was a failure, which closes the stream. */
  #takeWritten(): boolean {
    const queue = this.#writeQueue;
    try {
      if (this.#channel.writePending) queue.advance(this.#channel.takeWritten());
    } catch (error) {
      this.close(isQuietClose(error) ? undefined : error);
      return false;
    }
    this.#writing = queue.size > 0;
    if (this.#pendingWrites.length > 0) this.#resolveWrites();
    return !this.#closed;
  }

  #resolveWrites(): void {
    const written = this.#writeQueue.written;
    const pending = this.#pendingWrites;
    let done = 0;
    while (done < pending.length && pending[done]!.end <= written) pending[done++]!.resolve();
    if (done > 0) pending.splice(0, done);
  }
}

const ENDED = Promise.resolve(false);
const FLUSHED = Promise.resolve();
const NEVER = { dispose: () => {} };

function checkCount(count: number): void {
  if (Number.isInteger(count) && count >= 0) return;
  throw new RangeError(`Cannot read a number of bytes that is not a whole number from 0: ${count}`);
}

function checkMaxBytes(count: number, found: boolean, maxBytes = Infinity): void {
  if (count <= maxBytes && (found || count < maxBytes)) return;
  throw new UnsatisfiableReadError(`delimiter ${found ? "ends" : "not found"} beyond ${maxBytes} bytes`);
}

/** A peer that resets its connection has left; that is no error of ours. */
function isQuietClose(error: unknown): boolean {
  return error instanceof Deno.errors.ConnectionReset || error instanceof Deno.errors.BrokenPipe ||
    error instanceof Deno.errors.ConnectionAborted;
}

function latin1(bytes: Uint8Array<ArrayBuffer>): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}
