/**
 * Where a message ends: by length, by chunked coding, at the close of the connection, or at once.
 *
 * `FramingFacts` watches the field lines of a head go by and keeps what decides this, and what
 * else a connection must know (persistence, `Expect`, `Upgrade`, `Host`), so that nobody has to
 * look the headers up again. It does not read bodies and knows no sockets or limits.
 *
 * The rules are as strict as they can be: two parties that read a lenient message differently
 * are how requests are smuggled.
 *
 * Sources: RFC 9112 6 (framing), 9.3 (persistence), RFC 9110 7.2 (Host), 7.8 (Upgrade),
 * 8.6 (Content-Length), 10.1.1 (Expect).
 *
 * @module
 */

import { HTTPInputError } from "./errors.ts";
import type { FieldObserver } from "./field_section.ts";
import { equalsIgnoreCase, HTAB, SP } from "./grammar.ts";
import type { HTTPHeaders } from "./headers.ts";
import { excerpt } from "./start_line.ts";

/** How the end of a body is found. */
export type BodyFraming =
  /** There is no body. */
  | "none"
  /** `Content-Length` bytes. */
  | "length"
  /** Chunked transfer coding. */
  | "chunked"
  /** Everything until the connection is closed; responses only. */
  | "close";

/** What the field lines of one head say about the message. Reused for the next head. */
export class FramingFacts implements FieldObserver {
  /** Value of `Content-Length`, or -1. */
  contentLength: number = -1;
  /** Whether `Content-Length` was given more than once, always the same: then one is to be made of it (RFC 9110 8.6). */
  lengthRepeated = false;
  /** Whether `Transfer-Encoding: chunked` is there. */
  chunked = false;
  /** Number of `Host` fields. */
  hostCount = 0;
  /** Offset of the last `Host` value, relative to the message. */
  hostStart = 0;
  /** Offset after it. */
  hostEnd = 0;
  /** `Connection` has the token `close`. */
  close = false;
  /** `Connection` has the token `keep-alive`. */
  keepAlive = false;
  /** `Connection` has the token `upgrade`. */
  upgradeToken = false;
  /** There is an `Upgrade` field. */
  upgradeField = false;
  /** `Expect: 100-continue`, in any case. */
  expectContinue = false;
  /** Digits of the first `Content-Length`: repeated ones must be written alike. */
  #lengthDigits = 0;

  /** Gets ready for the next head. */
  reset(): void {
    this.contentLength = -1;
    this.lengthRepeated = false;
    this.chunked = false;
    this.hostCount = 0;
    this.close = false;
    this.keepAlive = false;
    this.upgradeToken = false;
    this.upgradeField = false;
    this.expectContinue = false;
    this.#lengthDigits = 0;
  }

  /** Takes over what others say; positions are moved by `shift`. */
  copy(other: FramingFacts, shift: number): void {
    this.contentLength = other.contentLength;
    this.lengthRepeated = other.lengthRepeated;
    this.chunked = other.chunked;
    this.hostCount = other.hostCount;
    this.hostStart = other.hostStart + shift;
    this.hostEnd = other.hostEnd + shift;
    this.close = other.close;
    this.keepAlive = other.keepAlive;
    this.upgradeToken = other.upgradeToken;
    this.upgradeField = other.upgradeField;
    this.expectContinue = other.expectContinue;
    this.#lengthDigits = other.#lengthDigits;
  }

  /** Implements {@linkcode FieldObserver.field}. */
  field(
    bytes: Uint8Array,
    nameStart: number,
    nameEnd: number,
    valueStart: number,
    valueEnd: number,
    base: number,
  ): boolean {
    // The length alone excludes almost all other fields.
    switch (nameEnd - nameStart) {
      case 4:
        if (!matches(bytes, nameStart, "host")) return false;
        this.hostCount++;
        this.hostStart = valueStart - base;
        this.hostEnd = valueEnd - base;
        return true;
      case 6:
        if (!matches(bytes, nameStart, "expect")) return false;
        this.expectContinue = valueEnd - valueStart === 12 &&
          matches(bytes, valueStart, "100-continue");
        return true;
      case 7:
        if (!matches(bytes, nameStart, "upgrade")) return false;
        this.upgradeField = valueEnd > valueStart;
        return true;
      case 10:
        if (!matches(bytes, nameStart, "connection")) return false;
        this.#readConnection(bytes, valueStart, valueEnd);
        return true;
      case 14:
        if (!matches(bytes, nameStart, "content-length")) return false;
        this.#readContentLength(bytes, valueStart, valueEnd);
        return true;
      case 17:
        if (!matches(bytes, nameStart, "transfer-encoding")) return false;
        this.#readTransferEncoding(bytes, valueStart, valueEnd);
        return true;
      default:
        return false;
    }
  }

  /**
   * Checks what only the whole head can tell.
   *
   * @param minorVersion The minor version of the message.
   * @throws {HTTPInputError} When `Transfer-Encoding` comes with `Content-Length` or in HTTP/1.0
   * (RFC 9112 6.1 and 6.3).
   */
  check(minorVersion: number): void {
    if (!this.chunked) return;
    if (this.contentLength >= 0) {
      throw new HTTPInputError("Message with both Transfer-Encoding and Content-Length");
    }
    if (minorVersion === 0) throw new HTTPInputError("Transfer-Encoding in an HTTP/1.0 message");
  }

  #readConnection(bytes: Uint8Array, start: number, end: number): void {
    let pos = start;
    while (pos < end) {
      const byte = bytes[pos]!;
      if (byte === 0x2c || byte === SP || byte === HTAB) {
        pos++;
        continue;
      }
      const token = pos;
      while (pos < end && bytes[pos] !== 0x2c) pos++;
      let tokenEnd = pos;
      while (bytes[tokenEnd - 1] === SP || bytes[tokenEnd - 1] === HTAB) tokenEnd--;
      const length = tokenEnd - token;
      if (length === 5 && matches(bytes, token, "close")) this.close = true;
      else if (length === 10 && matches(bytes, token, "keep-alive")) this.keepAlive = true;
      else if (length === 7 && matches(bytes, token, "upgrade")) this.upgradeToken = true;
    }
  }

  /** `1*DIGIT`, or a list of equal ones that an intermediary has joined (RFC 9110 8.6). */
  #readContentLength(bytes: Uint8Array, start: number, end: number): void {
    let pos = start;
    for (;;) {
      let length = 0;
      const first = pos;
      for (; pos < end; pos++) {
        const digit = bytes[pos]! - 0x30;
        if (digit < 0 || digit > 9) break;
        length = length * 10 + digit;
        if (length > Number.MAX_SAFE_INTEGER) throw badLength("too long", bytes, start, end);
      }
      const digits = pos - first;
      if (digits === 0) throw badLength("must be digits", bytes, start, end);
      if (this.contentLength < 0) {
        this.contentLength = length;
        this.#lengthDigits = digits;
      } else if (this.contentLength !== length || this.#lengthDigits !== digits) {
        throw badLength("values are not equal", bytes, start, end);
      } else this.lengthRepeated = true;
      if (pos === end) return;
      while (pos < end && (bytes[pos] === SP || bytes[pos] === HTAB)) pos++;
      if (bytes[pos] !== 0x2c /* , */) throw badLength("must be digits", bytes, start, end);
      pos++;
      while (pos < end && (bytes[pos] === SP || bytes[pos] === HTAB)) pos++;
    }
  }

  #readTransferEncoding(bytes: Uint8Array, start: number, end: number): void {
    // Stricter than the RFC, which allows empty list elements and other codings before chunked:
    // no proper client sends those, and every reader that knows them knows them differently.
    if (this.chunked || end - start !== 7 || !matches(bytes, start, "chunked")) {
      throw new HTTPInputError(`Unsupported Transfer-Encoding: ${excerpt(bytes, start, end)}`);
    }
    this.chunked = true;
  }
}

/**
 * Whether a message is chunked, for code that has only its headers.
 *
 * Tornado: `http1connection.is_transfer_encoding_chunked`.
 *
 * @param headers The header fields.
 * @returns True for `Transfer-Encoding: chunked`, in any case; false without the field.
 * @throws {HTTPInputError} When there is another coding, or `Content-Length` beside it.
 */
export function isTransferEncodingChunked(headers: HTTPHeaders): boolean {
  const coding = headers.get("Transfer-Encoding");
  if (coding === undefined) return false;
  if (headers.has("Content-Length")) {
    throw new HTTPInputError("Message with both Transfer-Encoding and Content-Length");
  }
  if (!equalsIgnoreCase(coding, "chunked")) {
    throw new HTTPInputError(`Unsupported Transfer-Encoding: ${JSON.stringify(coding.slice(0, 80))}`);
  }
  return true;
}

/** Compares bytes with a text of lower-case letters, digits and `-`, ignoring case. */
function matches(bytes: Uint8Array, at: number, lower: string): boolean {
  for (let i = 0; i < lower.length; i++) {
    if ((bytes[at + i]! | 0x20) !== lower.charCodeAt(i)) return false;
  }
  return true;
}

function badLength(what: string, bytes: Uint8Array, start: number, end: number): HTTPInputError {
  return new HTTPInputError(`Content-Length ${what}: ${excerpt(bytes, start, end)}`);
}
