/**
 * Masking (RFC 6455 5.3): each byte of a client's payload is combined with one of four key bytes by XOR. Doing it
 * twice gives the original back, so one function does both.
 *
 * It works in place, on words of 32 bits where there are enough bytes. A key is one integer, its first byte the lowest,
 * as the little-endian processors that Deno runs on have it in memory. Pure functions.
 *
 * @module
 */

/** Below this many bytes making a view on words costs more than it saves. */
const WORDS_FROM = 64;

/** Part of a buffer that is masked, and by what. */
export interface MaskRange {
  /** Index of the first byte. */
  readonly start: number;
  /** Index after the last byte. */
  readonly end: number;
  /** How many bytes of the payload came before, so that the right key byte is used first. @default 0 */
  readonly offset?: number;
}

/**
 * Masks or unmasks a range of bytes in place.
 *
 * @param bytes The bytes, which are changed.
 * @param key The masking key as a 32-bit integer, its first byte the lowest.
 * @param range Which bytes, and where in the payload they stand.
 */
export function applyMask(bytes: Uint8Array, key: number, range: MaskRange): void {
  maskRange(bytes, range.start, range.end, rotateKey(key, range.offset ?? 0));
}

/** The key that begins `offset` bytes later. */
export function rotateKey(key: number, offset: number): number {
  const bits = (offset & 3) << 3;
  return bits === 0 ? key : (key >>> bits) | (key << (32 - bits));
}

/** As {@linkcode applyMask}, without an object for the range: for the receiver, once a frame. */
export function maskRange(bytes: Uint8Array, start: number, end: number, key: number): void {
  let at = start;
  if (end - start >= WORDS_FROM) {
    const { buffer, byteOffset } = bytes;
    let left = key;
    for (; ((byteOffset + at) & 3) !== 0; at++) {
      bytes[at]! ^= left & 0xff;
      left = (left >>> 8) | (left << 24);
    }
    key = left;
    const count = (end - at) >> 2;
    const words = new Int32Array(buffer, byteOffset + at, count);
    for (let i = 0; i < count; i++) words[i]! ^= key;
    at += count << 2;
  }
  for (; at < end; at++) {
    bytes[at]! ^= key & 0xff;
    key = (key >>> 8) | (key << 24);
  }
}

/** Reads a key from four bytes. */
export function readMaskKey(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

/**
 * Returns the data combined with a masking key by XOR. Tornado: `tornado.util._websocket_mask`.
 *
 * @param mask Four bytes.
 * @param data The bytes, which stay as they are.
 * @returns A new array.
 * @throws {RangeError} if the mask has not four bytes
 *
 * @example There and back
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { websocketMask } from "@denado/denado/websocket";
 *
 * const mask = new Uint8Array([1, 2, 3, 4]);
 * const masked = websocketMask(mask, new Uint8Array([0, 0, 0, 0, 9]));
 * assertEquals([...masked], [1, 2, 3, 4, 8]);
 * assertEquals([...websocketMask(mask, masked)], [0, 0, 0, 0, 9]);
 * ```
 */
export function websocketMask(mask: Uint8Array, data: Uint8Array): Uint8Array<ArrayBuffer> {
  if (mask.length !== 4) throw new RangeError(`Cannot mask: a key has 4 bytes, not ${mask.length}`);
  const masked = new Uint8Array(data);
  maskRange(masked, 0, masked.length, readMaskKey(mask, 0));
  return masked;
}

const pool = new Int32Array(1024);
let unused = 0;

/** A masking key that nobody can foresee (RFC 6455 10.3); random numbers are drawn many at a time. */
export function newMaskKey(): number {
  if (unused === 0) {
    crypto.getRandomValues(pool);
    unused = pool.length;
  }
  return pool[--unused]!;
}
