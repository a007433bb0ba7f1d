/**
 * Compression of messages, one after the other (RFC 7692 7.2.1), synchronous and in memory that is used again.
 *
 * @module
 */

import {
  type CompressionPool,
  sharedCompressionPool,
  type StreamOwner,
  type StreamSettings,
  type ZlibStream,
} from "./compression_pool.ts";
import { MAX_HEADER_BYTES } from "./frame.ts";
import type { WebSocketCompressionOptions } from "./permessage_deflate.ts";

/** Which compression was agreed on for one direction. */
export interface DirectionParameters {
  /** The window as a power of two. */
  readonly windowBits: number;
  /** Whether each message stands for itself. */
  readonly noContextTakeover: boolean;
}

const DEFAULT_LEVEL = 6;
const DEFAULT_MEM_LEVEL = 8;
const DEFAULT_THRESHOLD = 1024;
/** What each message ends with after a flush, and is sent without (RFC 7692 7.2.1). */
const TAIL_BYTES = 4;

/** Most messages fit here; a longer one gets memory of its own. */
const scratch = new Uint8Array(MAX_HEADER_BYTES + 65536);

/** Compresses the messages of one direction of a connection. */
export class MessageDeflater implements StreamOwner {
  /** Messages of fewer bytes are not worth it. */
  readonly threshold: number;
  /** Where {@linkcode compress} has put its result, after room for the header of a frame. */
  output: Uint8Array<ArrayBuffer> = scratch;
  /** Index of the first byte of the result. */
  readonly outputStart: number = MAX_HEADER_BYTES;
  readonly #pool: CompressionPool;
  readonly #settings: StreamSettings;
  readonly #noContextTakeover: boolean;
  #stream: ZlibStream | undefined;

  /** A compressor that holds no memory yet. */
  constructor(parameters: DirectionParameters, options: WebSocketCompressionOptions = {}) {
    this.threshold = options.threshold ?? DEFAULT_THRESHOLD;
    this.#pool = options.pool ?? sharedCompressionPool;
    this.#noContextTakeover = parameters.noContextTakeover;
    this.#settings = {
      kind: "deflate",
      windowBits: parameters.windowBits,
      level: options.compressionLevel ?? DEFAULT_LEVEL,
      memLevel: options.memLevel ?? DEFAULT_MEM_LEVEL,
    };
  }

  /** The window as a power of two. */
  get windowBits(): number {
    return this.#settings.windowBits;
  }

  /**
   * Compresses a message, which must not be empty.
   *
   * @returns The index after the last byte of the result in {@linkcode output}, which is valid until the next call of
   * any compressor, and may be changed.
   */
  compress(bytes: Uint8Array, start: number, end: number): number {
    let stream = this.#stream;
    if (stream === undefined) stream = this.#stream = this.#pool.borrow(this.#settings, this);
    else this.#pool.touch(stream);
    this.output = scratch;
    let at = this.outputStart;
    let from = start;
    for (;;) {
      stream.run(bytes, from, end, this.output, at, this.output.length);
      if (stream.error !== undefined) throw this.#failed(stream);
      at = this.output.length - stream.outputLeft;
      from = end - stream.inputLeft;
      if (stream.outputLeft > 0) break;
      const larger = new Uint8Array(this.output.length * 4);
      larger.set(this.output);
      this.output = larger;
    }
    if (this.#noContextTakeover) this.forget();
    return at - TAIL_BYTES;
  }

  /** Begins anew, as if nothing had been sent: for the end, and when the peer was sent something compressed elsewhere. */
  forget(): void {
    if (this.#stream !== undefined) this.#pool.giveBack(this.#stream, "deflate");
    this.#stream = undefined;
  }

  /** Called by the pool: the next message begins anew. */
  streamLost(): void {
    this.#stream = undefined;
  }

  #failed(stream: ZlibStream): Error {
    const error = new Error(`Cannot compress a message: ${stream.error}`);
    this.forget();
    return error;
  }
}
