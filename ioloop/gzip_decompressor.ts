/**
 * Decompression of gzip data (RFC 1952) piece by piece, with a bound on what one call puts out.
 *
 * A megabyte of zeros is a kilobyte of gzip, so whoever decompresses for a stranger has to say how much he is prepared
 * to hold. `maxLength` says it, and what was not needed to get there comes back.
 *
 * The decompressor is zlib, as `node:zlib` has it. Its public streams work in the background, where one neither gets a
 * result within the call nor a bound, so this class calls the synchronous function under them. It is the one that
 * Node's own `gunzipSync` stands on and that packages of long standing use, such as pngjs.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { constants, createGunzip, type Gunzip } from "node:zlib";
import { DecompressionError } from "./errors.ts";

/** What lies under a stream of `node:zlib`; not in its types. */
interface ZlibHandle {
  writeSync(
    flush: number,
    input: Uint8Array,
    inputAt: number,
    inputLength: number,
    output: Uint8Array,
    outputAt: number,
    outputLength: number,
  ): void;
  onerror: (message: string, errno: number, code: string) => void;
}

/** The output and the input that are left over after a call of `writeSync`. */
type WriteState = readonly [availableOutput: number, availableInput: number];

interface ZlibInternals {
  readonly _handle: ZlibHandle;
  readonly _writeState: WriteState;
}

const CHUNK_BYTES = 16 * 1024;
const EMPTY = new Uint8Array(0);

/**
 * Decompresses gzip data that comes in pieces. Tornado: `GzipDecompressor`.
 *
 * Call {@linkcode flush} at the end, or {@linkcode close} before it, to give the memory of zlib back; `using` does the
 * latter. Several gzip members, one after the other, are one piece of data (RFC 1952, section 2.2); zeros behind the
 * last one are ignored, anything else is an error.
 *
 * @example No more than 100 bytes at a time
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { gzipSync } from "node:zlib";
 * import { GzipDecompressor } from "@denado/denado/ioloop";
 *
 * using gzip = new GzipDecompressor();
 * let input: Uint8Array = gzipSync(new Uint8Array(250));
 * const sizes: number[] = [];
 * let output;
 * do {
 *   output = gzip.decompress(input, 100);
 *   sizes.push(output.length);
 *   input = gzip.unconsumedTail;
 * } while (output.length === 100);
 * gzip.flush();
 * assertEquals(sizes, [100, 100, 50]);
 * ```
 */
export class GzipDecompressor implements Disposable {
  readonly #gunzip = createGunzip({ chunkSize: constants.Z_MIN_CHUNK });
  readonly #internals = this.#gunzip as Gunzip & Partial<ZlibInternals>;
  #tail: Uint8Array = EMPTY;
  #error: Error | undefined;
  #hadInput = false;
  #closed = false;

  /** A decompressor for one piece of data. */
  constructor() {
    const { _handle: handle } = this.#internals;
    if (typeof handle?.writeSync !== "function") {
      throw new Error("Cannot decompress: node:zlib of this Deno has no synchronous writing");
    }
    handle.onerror = (message) => {
      this.#error = new DecompressionError(`Cannot decompress gzip data: ${message}`);
    };
  }

  /**
   * Decompresses the next piece of input and returns the output that there is, in memory of its own.
   *
   * With `maxLength` the output is no longer than that, in bytes. Input that was not needed for it is in
   * {@linkcode unconsumedTail} and must be passed in again. An output of full length may not be all that there is: go on,
   * also with an empty tail, until it is shorter. 0 means no bound.
   *
   * @throws {DecompressionError} if the data is damaged; the decompressor is closed then
   * @throws {RangeError} if `maxLength` is negative
   * @throws {Error} after `flush` or `close`
   */
  decompress(input: Uint8Array, maxLength = 0): Uint8Array {
    if (!(maxLength >= 0)) {
      throw new RangeError(`Cannot decompress, maxLength must not be negative: ${maxLength}`);
    }
    this.#hadInput ||= input.length > 0;
    return this.#write(constants.Z_SYNC_FLUSH, input, maxLength || Infinity);
  }

  /** The input that the last {@linkcode decompress} did not need; a view of what it was given. */
  get unconsumedTail(): Uint8Array {
    return this.#tail;
  }

  /**
   * Returns the rest of the output, and closes the decompressor. With no input at all there is none.
   *
   * @throws {DecompressionError} if the data is cut off
   * @throws {Error} if it was called before
   */
  flush(): Uint8Array {
    const rest = this.#hadInput ? this.#write(constants.Z_FINISH, this.#tail, Infinity) : EMPTY;
    this.close();
    return rest;
  }

  /** Gives the memory of zlib back. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#gunzip.close();
  }

  /** As {@linkcode close}. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Takes what stands behind the last member, which may be padded with zeros as on a tape. */
  #checkPadding(): void {
    if (this.#tail.some((byte) => byte !== 0)) {
      this.close();
      throw new DecompressionError("Cannot decompress gzip data: there is something else behind its end");
    }
    this.#tail = EMPTY;
  }

  #write(flush: number, input: Uint8Array, maxLength: number): Uint8Array {
    if (this.#closed) throw new Error("Cannot decompress: the decompressor is closed");
    const { _handle: handle, _writeState: state } = this.#internals as Gunzip & ZlibInternals;
    const pieces: Uint8Array[] = [];
    let length = 0;
    let inputLeft = input.length;
    for (;;) {
      const piece = new Uint8Array(Math.min(CHUNK_BYTES, maxLength - length));
      handle.writeSync(flush, input, input.length - inputLeft, inputLeft, piece, 0, piece.length);
      if (this.#error !== undefined) {
        this.close();
        throw this.#error;
      }
      const outputLeft = state[0];
      inputLeft = state[1];
      pieces.push(piece.subarray(0, piece.length - outputLeft));
      length += piece.length - outputLeft;
      if (outputLeft > 0 || length === maxLength) break;
    }
    this.#tail = input.subarray(input.length - inputLeft);
    // Zlib wants no more input, though there is room for output: it has come to the end of the data.
    if (inputLeft > 0 && length < maxLength) this.#checkPadding();
    return pieces.length === 1 ? pieces[0]! : new Uint8Array(Buffer.concat(pieces, length));
  }
}
