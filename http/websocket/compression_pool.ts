/**
 * The memory of compression, shared by all connections.
 *
 * A stream of zlib holds about 260 KB to compress and 44 KB to decompress. A connection needs one only while a message
 * goes by, except that what came before makes the next message shorter. So a pool keeps a fixed number of streams; a
 * connection borrows one and keeps it as long as nobody else needs it more. The one that was used longest ago changes
 * hands: the compressor of its old owner begins anew, which the peer does not notice, and the decompressor is given
 * its past again from a copy (`sliding_window.ts`). However many connections there are, idle ones cost nothing here.
 *
 * _Rejected:_ streams that are closed when a connection was idle for a while. The allocator does not give their memory
 * back to the system, so the peak counts, and closing and opening costs four times what a reset does.
 *
 * The streams are those of `node:zlib`, used through the synchronous function under them, as in `GzipDecompressor`.
 *
 * @module
 */

import { constants, createDeflateRaw, createInflateRaw, type DeflateRaw, type InflateRaw } from "node:zlib";

/** What lies under a stream of `node:zlib`; not in its types. */
interface ZlibInternals {
  readonly _handle: {
    writeSync(
      flush: number,
      input: Uint8Array,
      inputAt: number,
      inputLength: number,
      output: Uint8Array,
      outputAt: number,
      outputLength: number,
    ): void;
    reset(): void;
    onerror: (message: string) => void;
  };
  /** The output and the input that are left over after a call of `writeSync`. */
  readonly _writeState: readonly [availableOutput: number, availableInput: number];
}

/** Which stream is needed. */
export interface StreamSettings {
  /** Whether it compresses or decompresses. */
  readonly kind: "deflate" | "inflate";
  /** The window as a power of two. */
  readonly windowBits: number;
  /** How hard to compress; no matter for decompression. */
  readonly level: number;
  /** Memory for compression, from 1 to 9; no matter for decompression. */
  readonly memLevel: number;
}

/** Who has borrowed a stream. */
export interface StreamOwner {
  /** Called when the stream was given to somebody else: what it remembered is gone. */
  streamLost(): void;
}

/** One stream of zlib. */
export class ZlibStream {
  /** Who has it; `undefined` if it is free. */
  owner: StreamOwner | undefined;
  /** When it was used last; a count of uses. */
  usedAt = 0;
  /** What went wrong in the last {@linkcode run}; the stream is of no use any more. */
  error: string | undefined;
  readonly #settings: StreamSettings;
  readonly #stream: DeflateRaw | InflateRaw;
  readonly #internals: ZlibInternals;

  /** A new stream. */
  constructor(settings: StreamSettings) {
    const { kind, windowBits, level, memLevel } = settings;
    this.#settings = settings;
    const chunkSize = constants.Z_MIN_CHUNK; // of the stream's own buffer, which is not used
    this.#stream = kind === "deflate"
      ? createDeflateRaw({ windowBits, level, memLevel, chunkSize })
      : createInflateRaw({ windowBits, chunkSize });
    this.#internals = this.#stream as unknown as ZlibInternals;
    if (typeof this.#internals._handle?.writeSync !== "function") {
      throw new Error("Cannot compress: node:zlib of this Deno has no synchronous writing");
    }
    this.#internals._handle.onerror = (message) => this.error = message;
  }

  /** Whether it was made with these settings. */
  fits(settings: StreamSettings): boolean {
    const own = this.#settings;
    return own === settings || (own.windowBits === settings.windowBits &&
      (own.kind === "inflate" || (own.level === settings.level && own.memLevel === settings.memLevel)));
  }

  /** Feeds a range of input, flushing; {@linkcode outputLeft} and {@linkcode inputLeft} tell how far it came. */
  run(input: Uint8Array, start: number, end: number, output: Uint8Array, outputAt: number, outputEnd: number): void {
    const flush = constants.Z_SYNC_FLUSH;
    this.#internals._handle.writeSync(flush, input, start, end - start, output, outputAt, outputEnd - outputAt);
  }

  /** How much room for output the last {@linkcode run} left. */
  get outputLeft(): number {
    return this.#internals._writeState[0];
  }

  /** How much input the last {@linkcode run} left. */
  get inputLeft(): number {
    return this.#internals._writeState[1];
  }

  /** Forgets everything. */
  reset(): void {
    this.#internals._handle.reset();
  }

  /** Gives the memory back. */
  close(): void {
    this.#stream.close();
  }
}

/** Settings of a {@linkcode CompressionPool}. */
export interface CompressionPoolOptions {
  /**
   * The most streams for compression, and as many for decompression. Each pair holds about 300 KB with the default
   * window and memory, so that 64 are 20 MB.
   *
   * @default 64
   */
  readonly maxStreams?: number;
}

/**
 * Streams of zlib for the connections that use this pool. There is one for all of them by default; one of one's own is
 * for a server in which more connections than that are busy all the time and compress well only with their past.
 */
export class CompressionPool {
  readonly #maxStreams: number;
  readonly #streams: { readonly deflate: ZlibStream[]; readonly inflate: ZlibStream[] } = { deflate: [], inflate: [] };
  #uses = 0;

  /** An empty pool. @throws {RangeError} if it may hold nothing */
  constructor(options: CompressionPoolOptions = {}) {
    this.#maxStreams = options.maxStreams ?? 64;
    if (!Number.isInteger(this.#maxStreams) || this.#maxStreams < 1) {
      throw new RangeError(`Cannot make a pool, maxStreams must be a positive whole number: ${this.#maxStreams}`);
    }
  }

  /** How many streams the pool holds, free ones among them. */
  get size(): number {
    return this.#streams.deflate.length + this.#streams.inflate.length;
  }

  /** Borrows a stream that remembers nothing. It is the owner's until {@linkcode giveBack} or `streamLost`. */
  borrow(settings: StreamSettings, owner: StreamOwner): ZlibStream {
    const streams = this.#streams[settings.kind];
    let stream = streams.find((one) => one.owner === undefined && one.fits(settings));
    if (stream === undefined && streams.length >= this.#maxStreams) stream = this.#takeOldest(streams, settings);
    if (stream === undefined) {
      stream = new ZlibStream(settings);
      streams.push(stream);
    } else {
      stream.reset();
    }
    stream.owner = owner;
    stream.usedAt = ++this.#uses;
    return stream;
  }

  /** Says that a borrowed stream is being used, so that others are taken away first. */
  touch(stream: ZlibStream): void {
    stream.usedAt = ++this.#uses;
  }

  /** Gives a stream back; one that has failed is closed. */
  giveBack(stream: ZlibStream, kind: StreamSettings["kind"]): void {
    stream.owner = undefined;
    stream.usedAt = 0;
    if (stream.error === undefined) return;
    const streams = this.#streams[kind];
    streams.splice(streams.indexOf(stream), 1);
    stream.close();
  }

  /** The stream that was used longest ago, if it fits; if not, it is closed and makes room. */
  #takeOldest(streams: ZlibStream[], settings: StreamSettings): ZlibStream | undefined {
    let oldest = 0;
    for (let at = 1; at < streams.length; at++) {
      if (streams[at]!.usedAt < streams[oldest]!.usedAt) oldest = at;
    }
    const stream = streams[oldest]!;
    stream.owner?.streamLost();
    if (stream.fits(settings)) return stream;
    streams.splice(oldest, 1);
    stream.close();
    return undefined;
  }
}

/** The pool of connections that name no other. */
export const sharedCompressionPool: CompressionPool = new CompressionPool();
