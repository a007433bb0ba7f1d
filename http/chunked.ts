/**
 * The chunked transfer coding, both ways, free of I/O.
 *
 * Decoding works in the window that the driver owns and never copies data out of it. Chunks that
 * are already in the window are merged: their data is moved to the left over the framing that
 * lies between them, so that a flood of tiny chunks costs the layers above one event a window
 * instead of one a chunk. Only bytes that are consumed by the same call are overwritten. A piece of
 * data of {@linkcode MOVE_LIMIT} bytes or more is not moved but reported by itself.
 *
 * Chunk extensions are skipped (RFC 9112 7.1.1: a recipient must ignore those it does not
 * know), but where they end is beyond doubt, quoted strings in them included. What they and leading
 * zeros may cost is capped per message.
 *
 * Each byte of framing is looked at once, whatever way the input is cut.
 *
 * Source: RFC 9112 7.1.
 *
 * @module
 */

import { HTTPInputError } from "./errors.ts";
import { CHARACTER_CLASSES, CR, FIELD_CHAR, HTAB, LF, SP } from "./grammar.ts";
import type { HTTPHeaders } from "./headers.ts";

/** What {@linkcode ChunkedDecoder.decode} found. */
export type ChunkedEvent = 0 | 1 | 2;

/** All input is used, more is needed. */
export const CHUNKED_NEED_DATA = 0;
/** Data is at `dataStart` to `dataEnd`. */
export const CHUNKED_DATA = 1;
/** The last chunk was read; the trailer section follows. */
export const CHUNKED_LAST = 2;

/** Pieces of data of this size or more are not moved within the window. */
export const MOVE_LIMIT = 4096;

/**
 * Bytes of chunk extensions and leading zeros allowed in one message. Real ones need none; Go
 * and hyper cap them at 16 KB too.
 */
export const MAX_CHUNK_OVERHEAD = 16384;

/** Finds the data in a chunked body. One decoder serves a connection. */
export class ChunkedDecoder {
  /** Bytes of the window that the last call is done with. */
  consumed = 0;
  /** Index of the data that the last call found. */
  dataStart = 0;
  /** Index after it. */
  dataEnd = 0;
  /** Data bytes announced so far in this body. */
  total = 0;
  #state: number = SIZE;
  #size = 0;
  #digits = 0;
  #overhead = 0;
  /** An error that waits until the data before it is reported. */
  #failure: HTTPInputError | undefined = undefined;

  /** Gets ready for the next body. */
  reset(): void {
    this.total = 0;
    this.#state = SIZE;
    this.#size = 0;
    this.#digits = 0;
    this.#overhead = 0;
    this.#failure = undefined;
  }

  /**
   * Looks at the window until it has data to report, or the last chunk, or nothing more.
   *
   * @param bytes The window. Bytes in `[start, start + consumed)` may be overwritten.
   * @param start Index of the first byte.
   * @param end Index after the last byte.
   * @param limits `maxBodySize`: the most data bytes in one body; `chunkSize`: the most data
   * bytes in one event.
   * @returns One of the `CHUNKED_…` constants; `consumed`, `dataStart` and `dataEnd` belong to it.
   * @throws {HTTPInputError} 400 for bad framing, 413 when the body is too large.
   */
  decode(
    bytes: Uint8Array,
    start: number,
    end: number,
    limits: { readonly maxBodySize: number; readonly chunkSize: number },
  ): ChunkedEvent {
    if (this.#failure !== undefined) throw this.#failure;
    let pos = start;
    // No data found yet while both are equal.
    this.dataStart = start;
    this.dataEnd = start;
    while (pos < end) {
      switch (this.#state) {
        case DATA: {
          const found = this.dataEnd - this.dataStart;
          const length = Math.min(this.#size, end - pos, limits.chunkSize - found);
          if (length === 0 || (found > 0 && length >= MOVE_LIMIT)) {
            return this.#data(pos - start);
          }
          if (found === 0) {
            this.dataStart = pos;
            this.dataEnd = pos + length;
          } else {
            move(bytes, this.dataEnd, pos, length);
            this.dataEnd += length;
          }
          pos += length;
          this.#size -= length;
          if (this.#size === 0) this.#state = DATA_CR;
          break;
        }
        case DATA_CR:
          if (bytes[pos] !== CR) return this.#fail("data longer than its size");
          pos++;
          this.#state = DATA_LF;
          break;
        case DATA_LF:
          if (bytes[pos] !== LF) return this.#fail("CR without LF after data");
          pos++;
          this.#state = SIZE;
          break;
        case SIZE: {
          const byte = bytes[pos]!;
          const digit = hexValue(byte);
          if (digit >= 0) {
            if (this.#size === 0 && this.#digits > 0 && ++this.#overhead > MAX_CHUNK_OVERHEAD) {
              return this.#fail("too many leading zeros");
            }
            this.#size = this.#size * 16 + digit;
            this.#digits++;
            if (this.#size > Number.MAX_SAFE_INTEGER || this.#digits > MAX_SIZE_DIGITS) {
              return this.#fail("size too long");
            }
          } else if (this.#digits === 0) return this.#fail("size must be hexadecimal digits");
          else if (byte === CR) this.#state = SIZE_LF;
          else if (byte === 0x3b /* ; */) this.#state = EXTENSION;
          else if (byte === SP || byte === HTAB) this.#state = BEFORE_EXTENSION;
          else return this.#fail("size must be hexadecimal digits");
          pos++;
          break;
        }
        case BEFORE_EXTENSION: {
          // Blanks may stand before ";" only (RFC 9112 7.1.1, BWS).
          const byte = bytes[pos];
          if (byte === 0x3b) this.#state = EXTENSION;
          else if (byte !== SP && byte !== HTAB) return this.#fail("blank after the size");
          if (++this.#overhead > MAX_CHUNK_OVERHEAD) return this.#fail("extensions too long");
          pos++;
          break;
        }
        case EXTENSION:
        case QUOTED:
        case ESCAPED: {
          const byte = bytes[pos]!;
          if (byte === CR && this.#state === EXTENSION) this.#state = SIZE_LF;
          else if ((CHARACTER_CLASSES[byte]! & FIELD_CHAR) === 0) {
            // Also CR in a quoted string: some readers look for its end behind the line, others do not.
            return this.#fail("invalid character in extension");
          } else if (++this.#overhead > MAX_CHUNK_OVERHEAD) {
            return this.#fail("extensions too long");
          } else this.#state = afterExtensionByte(this.#state, byte);
          pos++;
          break;
        }
        case SIZE_LF:
          if (bytes[pos] !== LF) return this.#fail("CR without LF after size");
          this.#digits = 0;
          if (this.#size === 0) {
            this.#state = LAST;
          } else {
            this.total += this.#size;
            if (this.total > limits.maxBodySize) return this.#tooLarge(limits.maxBodySize);
            this.#state = DATA;
          }
          pos++;
          break;
        default: // LAST
          if (this.dataEnd > this.dataStart) return this.#data(pos - start);
          this.consumed = pos - start;
          return CHUNKED_LAST;
      }
    }
    if (this.dataEnd > this.dataStart) return this.#data(pos - start);
    this.consumed = pos - start;
    return this.#state === LAST ? CHUNKED_LAST : CHUNKED_NEED_DATA;
  }

  #data(consumed: number): ChunkedEvent {
    this.consumed = consumed;
    return CHUNKED_DATA;
  }

  #fail(what: string): ChunkedEvent {
    return this.#stop(new HTTPInputError(`Malformed chunk: ${what}`));
  }

  #tooLarge(maxBodySize: number): ChunkedEvent {
    return this.#stop(
      new HTTPInputError(`Chunked body too large: more than ${maxBodySize} bytes`, {
        status: 413,
      }),
    );
  }

  /** The data before an error is reported first, so that the cut of the input makes no difference. */
  #stop(failure: HTTPInputError): ChunkedEvent {
    if (this.dataEnd === this.dataStart) throw failure;
    this.#failure = failure;
    // Nothing after the error is ever looked at.
    return this.#data(this.dataEnd - this.dataStart);
  }
}

/** The line end after the data of a chunk. */
export const CHUNK_END = "\r\n";

/** The last chunk and an empty trailer section. */
export const LAST_CHUNK = "0\r\n\r\n";

/**
 * The line that announces a chunk.
 *
 * @param size Data bytes, at least 1: a chunk of size 0 would end the body.
 * @returns The size in hexadecimal digits, and CRLF.
 * @throws {RangeError} When the size is not a positive integer.
 *
 * @example A chunk
 * ```ts
 * import { CHUNK_END, chunkHead } from "@denado/denado/http";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(chunkHead(12) + "Hello, world" + CHUNK_END, "c\r\nHello, world\r\n");
 * ```
 */
export function chunkHead(size: number): string {
  if (!Number.isSafeInteger(size) || size <= 0) {
    throw new RangeError(`Cannot write chunk: size must be a positive integer: ${size}`);
  }
  return `${size.toString(16)}\r\n`;
}

/**
 * The last chunk with a trailer section.
 *
 * @param trailers The trailer fields.
 * @returns The text to write, Latin-1.
 * @throws {TypeError} When a field is about framing, routing, the connection, authentication or the format of the content:
 * a recipient must know those before the body (RFC 9110 6.5.1).
 *
 * @example A checksum that is known at the end
 * ```ts
 * import { HTTPHeaders, lastChunk } from "@denado/denado/http";
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * assertEquals(lastChunk(new HTTPHeaders({ "Checksum": "b1946ac9" })), "0\r\nChecksum: b1946ac9\r\n\r\n");
 * assertThrows(() => lastChunk(new HTTPHeaders({ "Content-Length": "5" })), TypeError);
 * ```
 */
export function lastChunk(trailers: HTTPHeaders): string {
  let text = "0\r\n";
  for (let i = 0; i < trailers.fieldCount; i++) {
    if (NOT_IN_TRAILERS.has(trailers.nameAt(i).toLowerCase())) {
      throw new TypeError(`Cannot write trailers: ${trailers.nameAt(i)} may not be among them`);
    }
    text += `${trailers.nameAt(i)}: ${trailers.valueAt(i)}\r\n`;
  }
  return `${text}\r\n`;
}

const NOT_IN_TRAILERS: ReadonlySet<string> = new Set([
  ...["transfer-encoding", "content-length", "connection", "te", "trailer", "upgrade"],
  ...["host", "expect", "max-forwards", "cache-control", "range", "if-match", "if-none-match", "if-modified-since"],
  ...["if-unmodified-since", "if-range", "authorization", "proxy-authorization", "cookie", "set-cookie"],
  ...["www-authenticate", "proxy-authenticate", "content-encoding", "content-type", "content-range", "location"],
]);

const SIZE = 0;
const BEFORE_EXTENSION = 1;
const EXTENSION = 2;
const SIZE_LF = 3;
const DATA = 4;
const DATA_CR = 5;
const DATA_LF = 6;
const LAST = 7;
const QUOTED = 8;
const ESCAPED = 9;

/** Where a quoted string in an extension begins and ends (RFC 9110 5.6.4). */
function afterExtensionByte(state: number, byte: number): number {
  if (state === ESCAPED) return QUOTED;
  if (byte === 0x22 /* " */) return state === QUOTED ? EXTENSION : QUOTED;
  return state === QUOTED && byte === 0x5c /* \ */ ? ESCAPED : state;
}

/** 14 digits hold 53 bits; a few leading zeros are fine. */
const MAX_SIZE_DIGITS = 62;

function hexValue(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  if (lower >= 0x61 && lower <= 0x66) return lower - 0x57;
  return -1;
}

/** Moves bytes to the left. The native call costs more than a short loop. */
function move(bytes: Uint8Array, to: number, from: number, length: number): void {
  if (length > 24) {
    bytes.copyWithin(to, from, from + length);
    return;
  }
  for (let i = 0; i < length; i++) bytes[to + i] = bytes[from + i]!;
}
