/**
 * UTF-8 that a peer sent (RFC 3629): decoding that refuses what is not, and a check that goes on over pieces.
 *
 * A `TextDecoder` costs several times what the functions under `node:buffer` do, and most text is ASCII, for which
 * there is a way that is faster still.
 *
 * @module
 */

import { Buffer, isAscii, isUtf8 } from "node:buffer";

/** Methods of every `Buffer` that are not in its types; `this` may be any byte array. */
const { latin1Slice, utf8Slice } = Buffer.prototype as unknown as Record<
  "latin1Slice" | "utf8Slice",
  (this: Uint8Array, start: number, end: number) => string
>;

/** Below this many bytes a loop finds out faster than a native call whether all are ASCII. */
const LOOP_BELOW = 64;

/** The text of a range of bytes, or `undefined` if it is not UTF-8. A byte order mark is a character like others. */
export function decodeUtf8(bytes: Uint8Array, start: number, end: number): string | undefined {
  if (end - start < LOOP_BELOW) {
    let all = 0;
    for (let at = start; at < end; at++) all |= bytes[at]!;
    if (all < 0x80) return latin1Slice.call(bytes, start, end);
    return isUtf8(bytes.subarray(start, end)) ? utf8Slice.call(bytes, start, end) : undefined;
  }
  const view = bytes.subarray(start, end);
  if (isAscii(view)) return latin1Slice.call(bytes, start, end);
  return isUtf8(view) ? utf8Slice.call(bytes, start, end) : undefined;
}

/** As {@linkcode decodeUtf8}, for bytes that are known to be UTF-8. */
export function decodeKnownUtf8(bytes: Uint8Array, start: number, end: number): string {
  return isAscii(bytes.subarray(start, end)) ? latin1Slice.call(bytes, start, end) : utf8Slice.call(bytes, start, end);
}

/**
 * Tells as early as possible whether bytes that come in pieces are UTF-8: at the first byte that cannot be right,
 * also in the middle of a character.
 */
export class Utf8Validator {
  /** How many bytes the character in progress still needs. */
  #needed = 0;
  /** The range of its next byte. */
  #lowest = 0x80;
  #highest = 0xbf;

  /** Whether what was seen until now ends with a whole character. */
  get complete(): boolean {
    return this.#needed === 0;
  }

  /** Looks at the next piece; false if it cannot be UTF-8. */
  push(bytes: Uint8Array, start: number, end: number): boolean {
    let at = start;
    while (this.#needed > 0 && at < end) {
      if (!this.#step(bytes[at++]!)) return false;
    }
    const tail = startOfTail(bytes, at, end);
    if (tail > at && !isUtf8(bytes.subarray(at, tail))) return false;
    for (at = tail; at < end; at++) {
      if (!this.#step(bytes[at]!)) return false;
    }
    return true;
  }

  /** Begins anew. */
  reset(): void {
    this.#needed = 0;
  }

  /** RFC 3629 4. The second byte has a narrower range after some first ones: overlong forms, surrogates, above U+10FFFF. */
  #step(byte: number): boolean {
    if (this.#needed > 0) {
      if (byte < this.#lowest || byte > this.#highest) return false;
      this.#needed--;
      this.#lowest = 0x80;
      this.#highest = 0xbf;
      return true;
    }
    if (byte < 0x80) return true;
    if (byte < 0xc2 || byte > 0xf4) return false;
    this.#needed = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
    this.#lowest = byte === 0xe0 ? 0xa0 : byte === 0xf0 ? 0x90 : 0x80;
    this.#highest = byte === 0xed ? 0x9f : byte === 0xf4 ? 0x8f : 0xbf;
    return true;
  }
}

/** The index of the first byte of a character that the piece ends within, or the end. */
function startOfTail(bytes: Uint8Array, start: number, end: number): number {
  for (let back = 1; back <= 3 && end - back >= start; back++) {
    const byte = bytes[end - back]!;
    if ((byte & 0xc0) === 0x80) continue;
    const length = byte < 0xc0 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
    return length > back ? end - back : end;
  }
  return end;
}
