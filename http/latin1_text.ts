/**
 * Bytes to text as Latin-1, the charset of HTTP heads, in the fastest way there is.
 *
 * @module
 */

import { Buffer } from "node:buffer";

// Works on any Uint8Array, not only on a Buffer. The types of Node leave it out.
const latin1Slice = (Buffer.prototype as unknown as {
  latin1Slice(this: Uint8Array, start: number, end: number): string;
}).latin1Slice;

/**
 * Decodes a range of bytes as Latin-1: one character for each byte. `TextDecoder` would take six
 * times as long, and give something else: its "latin1" is windows-1252.
 *
 * @param bytes The array.
 * @param start Index of the first byte.
 * @param end Index after the last one.
 * @returns The text; flat, and sharing nothing with the array.
 */
export function latin1Text(bytes: Uint8Array, start: number, end: number): string {
  return latin1Slice.call(bytes, start, end);
}
