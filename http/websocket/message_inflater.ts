/**
 * Decompression of messages, one after the other (RFC 7692 7.2.2), synchronous, and never further than a limit.
 *
 * The four bytes that the sender has left off its message are put in front of the next one: all of a message comes out
 * without them, and so most messages take one call of zlib.
 *
 * @module
 */

import { CloseCodes } from "./close_code.ts";
import {
  type CompressionPool,
  sharedCompressionPool,
  type StreamOwner,
  type StreamSettings,
  type ZlibStream,
} from "./compression_pool.ts";
import { WebSocketProtocolError } from "./errors.ts";
import type { DirectionParameters } from "./message_deflater.ts";
import type { WebSocketCompressionOptions } from "./permessage_deflate.ts";
import { SlidingWindow } from "./sliding_window.ts";

/** What each message ends with, and is sent without (RFC 7692 7.2.1). */
const TAIL = new Uint8Array([0, 0, 0xff, 0xff]);
/** Most messages fit here; a longer one gets memory of its own. */
const scratch = new Uint8Array(65536);
/** What a stream puts out while it is given its past again. */
const forgotten = new Uint8Array(32768 + 1);
/** A message ends its stream once at most; each time more would cost a copy of the window. */
const MAX_RESTARTS = 8;
/** The tail of the message before, and a short message behind it. */
const joined = new Uint8Array(4096);
joined.set(TAIL);

/** Decompresses the messages of one direction of a connection. */
export class MessageInflater implements StreamOwner {
  /** Where {@linkcode inflate} has put its result, from its first byte on. */
  output: Uint8Array<ArrayBuffer> = scratch;
  readonly #pool: CompressionPool;
  readonly #settings: StreamSettings;
  /** What messages may refer to; `undefined` if each stands for itself. */
  readonly #past: SlidingWindow | undefined;
  #stream: ZlibStream | undefined;
  /** Whether the stream has still to see the tail of the message before. */
  #tailOwed = false;
  #length = 0;
  /** How much of the output is in the past already. */
  #remembered = 0;
  #restarts = 0;

  /** A decompressor that holds no memory yet. */
  constructor(parameters: DirectionParameters, options: WebSocketCompressionOptions = {}) {
    this.#pool = options.pool ?? sharedCompressionPool;
    this.#settings = { kind: "inflate", windowBits: parameters.windowBits, level: 0, memLevel: 0 };
    this.#past = parameters.noContextTakeover ? undefined : new SlidingWindow(parameters.windowBits);
  }

  /** Whether the result is in memory that the next call, of any decompressor, uses again. */
  get outputShared(): boolean {
    return this.output === scratch;
  }

  /**
   * Decompresses a message.
   *
   * @param bytes Where its payload is.
   * @param start Index of its first byte.
   * @param end Index after its last byte.
   * @param maxSize The most bytes that may come out.
   * @returns How many bytes there are in {@linkcode output}.
   * @throws {WebSocketProtocolError} 1009 if more would come out, 1007 if it is not what deflate makes
   */
  inflate(bytes: Uint8Array, start: number, end: number, maxSize: number): number {
    this.output = scratch;
    this.#length = 0;
    this.#remembered = 0;
    this.#restarts = 0;
    this.#pool.touch(this.#stream ?? this.#borrow());
    const count = end - start;
    if (!this.#tailOwed) {
      this.#run(bytes, start, end, maxSize);
    } else if (count <= joined.length - TAIL.length) {
      joined.set(bytes.subarray(start, end), TAIL.length);
      this.#run(joined, 0, TAIL.length + count, maxSize);
    } else {
      this.#run(TAIL, 0, TAIL.length, maxSize);
      this.#run(bytes, start, end, maxSize);
    }
    this.#tailOwed = true;
    this.#remember();
    if (this.#past === undefined) this.release();
    return this.#length;
  }

  /** Lets go of the memory of zlib; what messages refer to stays. */
  release(): void {
    if (this.#stream !== undefined) this.#pool.giveBack(this.#stream, "inflate");
    this.streamLost();
  }

  /** Called by the pool: the next message needs the past again. */
  streamLost(): void {
    this.#stream = undefined;
    this.#tailOwed = false;
  }

  #borrow(): ZlibStream {
    const stream = this.#pool.borrow(this.#settings, this);
    this.#stream = stream;
    if (this.#past !== undefined && this.#past.size > 0) {
      const block = this.#past.toStoredBlock();
      stream.run(block, 0, block.length, forgotten, 0, forgotten.length);
    }
    return stream;
  }

  #run(input: Uint8Array, start: number, end: number, maxSize: number): void {
    let at = start;
    for (;;) {
      const stream = this.#stream!;
      // One byte more than allowed is enough to know that it is too much.
      const room = Math.min(this.output.length, maxSize + 1);
      stream.run(input, at, end, this.output, this.#length, room);
      if (stream.error !== undefined) throw this.#invalid();
      this.#length = room - stream.outputLeft;
      at = end - stream.inputLeft;
      if (this.#length > maxSize) {
        this.release();
        throw new WebSocketProtocolError("message too big after decompression", CloseCodes.MESSAGE_TOO_BIG);
      }
      if (stream.outputLeft === 0) this.#grow(maxSize);
      else if (at < end) this.#restart();
      else return;
    }
  }

  #grow(maxSize: number): void {
    const larger = new Uint8Array(Math.min(maxSize + 1, this.output.length * 4));
    larger.set(this.output.subarray(0, this.#length));
    this.output = larger;
  }

  /** A block said that it is the last one (RFC 7692 7.2.3.4): what follows is a new stream that may refer to all before. */
  #restart(): void {
    if (++this.#restarts > MAX_RESTARTS) throw this.#invalid();
    this.#remember();
    this.release();
    this.#borrow();
  }

  /** Adds what came out, and was not added before, to what messages may refer to. */
  #remember(): void {
    this.#past?.append(this.output, this.#remembered, this.#length);
    this.#remembered = this.#length;
  }

  #invalid(): WebSocketProtocolError {
    this.release();
    return new WebSocketProtocolError("invalid compressed data", CloseCodes.INVALID_FRAME_PAYLOAD_DATA);
  }
}
