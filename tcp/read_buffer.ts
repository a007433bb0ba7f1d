/**
 * Bytes that have arrived and wait to be read.
 *
 * While everything fits in what one read brought, the buffer is a window on the
 * channel's own memory and nothing is copied. When more arrives before that is
 * consumed, or when the reader wants to wait for more, the rest moves into
 * memory of the buffer's own, which grows by doubling. A reader who takes much at
 * once, and all that a piece of memory holds, gets that memory itself.
 *
 * Protocol parsers read `bytes` from `start` to `end` directly, and call
 * `consume`. The window is valid until the next `append`, `own` or `consume`.
 *
 * Invariant: `0 <= start <= end <= bytes.length`; a loan is returned exactly once.
 *
 * @module
 */

import { giveBuffer, takeBuffer } from "../ioloop/mod.ts";

/** Whom lent memory belongs to. A `ByteChannel` is one. */
export interface Lender {
  /** Ends the loan: the bytes are not needed any more. */
  recycle(): void;
  /** Ends the loan and leaves the memory to the borrower; does nothing and returns false if that cannot be. */
  surrender(): boolean;
}

const EMPTY = new Uint8Array(0);
/** Taking less than this copies: new memory for the next read costs more than that. */
const SURRENDER_SIZE = 16384;
/** An emptied buffer of its own up to this size goes back to the pool at once. */
const INITIAL_SIZE = 2048;

/** A growable window of received bytes. */
export class ReadBuffer {
  /** The memory; only `start` to `end` holds received bytes. */
  bytes: Uint8Array<ArrayBuffer> = EMPTY;
  /** The index of the first byte. */
  start = 0;
  /** The index after the last byte. */
  end = 0;
  /** Who has lent `bytes`, when they are lent. */
  #lender: Lender | undefined;

  /** The number of bytes that wait. */
  get length(): number {
    return this.end - this.start;
  }

  /**
   * Adds the first `count` bytes of memory that is lent; the loan ends as soon as they are not needed any more, which is
   * at once if they had to be copied.
   */
  append(lent: Uint8Array<ArrayBuffer>, count: number, lender: Lender): void {
    if (this.start === this.end) {
      this.#release();
      this.bytes = lent;
      this.start = 0;
      this.end = count;
      this.#lender = lender;
      return;
    }
    this.#reserve(count);
    this.bytes.set(lent.subarray(0, count), this.end);
    this.end += count;
    lender.recycle();
  }

  /** Puts bytes back in front of what waits; they are copied. */
  prepend(bytes: Uint8Array): void {
    const joined = takeBuffer(Math.max(INITIAL_SIZE, nextPowerOfTwo(bytes.length + this.length)));
    joined.set(bytes);
    joined.set(this.bytes.subarray(this.start, this.end), bytes.length);
    const length = bytes.length + this.length;
    this.#release();
    this.bytes = joined;
    this.end = length;
  }

  /** Moves lent bytes into memory of the buffer's own, so that the lender can go on. */
  own(): void {
    if (this.#lender !== undefined) this.#reserve(0);
  }

  /** Drops the first `count` bytes. */
  consume(count: number): void {
    this.start += count;
    if (this.start >= this.end) this.#release();
  }

  /** Whether {@linkcode take} can leave the memory itself to whoever takes so much, which is all that is in it. */
  canSurrender(count: number): boolean {
    return count >= SURRENDER_SIZE && this.start === 0 && count === this.end && count === this.bytes.length;
  }

  /** Removes the first `count` bytes and returns them, in memory that nobody else has. */
  take(count: number): Uint8Array<ArrayBuffer> {
    if (this.canSurrender(count)) {
      const bytes = this.bytes;
      if (this.#lender === undefined || this.#lender.surrender()) {
        this.#forget();
        return bytes;
      }
    }
    const copy = this.bytes.slice(this.start, this.start + count);
    this.consume(count);
    return copy;
  }

  /** Copies as many bytes as are there and fit into `target`, removes them and returns their number. */
  takeInto(target: Uint8Array): number {
    const count = Math.min(target.length, this.length);
    // What was read straight into the target is there already.
    const isThere = this.start === 0 && this.bytes.buffer === target.buffer &&
      this.bytes.byteOffset === target.byteOffset;
    if (!isThere) target.set(this.bytes.subarray(this.start, this.start + count));
    this.consume(count);
    return count;
  }

  /** Drops everything. */
  clear(): void {
    this.#release();
  }

  /** Makes room for `count` more bytes in memory of the buffer's own. */
  #reserve(count: number): void {
    const length = this.end - this.start;
    if (this.#lender === undefined && this.end + count <= this.bytes.length) return;
    if (this.#lender === undefined && length + count <= this.bytes.length / 2) {
      this.bytes.copyWithin(0, this.start, this.end);
    } else {
      const bytes = takeBuffer(Math.max(INITIAL_SIZE, nextPowerOfTwo(length + count)));
      bytes.set(this.bytes.subarray(this.start, this.end));
      this.#release();
      this.bytes = bytes;
    }
    this.start = 0;
    this.end = length;
  }

  #release(): void {
    const lender = this.#lender;
    if (lender === undefined && this.bytes.length > 0) giveBuffer(this.bytes);
    this.#forget();
    lender?.recycle();
  }

  #forget(): void {
    this.#lender = undefined;
    this.bytes = EMPTY;
    this.start = 0;
    this.end = 0;
  }
}

function nextPowerOfTwo(size: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(size, 1)));
}
