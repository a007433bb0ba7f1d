/**
 * Byte ranges: one range of a `Range` field, applied to a file, and the `Content-Range` of the answer.
 *
 * Several ranges in one field are not supported; a server may ignore them (RFC 9110 14.2). Pure functions.
 *
 * Source: RFC 9110 14. Tornado: `httputil._parse_request_range`, `httputil._get_content_range`, and the rules of
 * `web.StaticFileHandler.get`.
 *
 * @module
 */

import { equalsIgnoreCase, trimBlanks } from "./grammar.ts";

/** A range that a client asks for, as arguments of `slice`: a negative `start` counts from the end. */
export interface RequestRange {
  /** Index of the first byte; negative for the last bytes; `undefined` for the beginning. */
  readonly start: number | undefined;
  /** Index after the last byte; `undefined` for the end. */
  readonly end: number | undefined;
}

/** A range of bytes that exist. */
export interface ByteRange {
  /** Index of the first byte. */
  readonly start: number;
  /** Index after the last byte. */
  readonly end: number;
}

/**
 * Reads a `Range` field that asks for one range of bytes.
 *
 * @param field The field value, such as `bytes=0-499`, `bytes=500-` or `bytes=-500`.
 * @returns The range, or `undefined` where the field is to be ignored: another unit, several ranges, no numbers.
 *
 * @example The forms of a range
 * ```ts
 * import { parseRequestRange } from "@denado/denado/http";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(parseRequestRange("bytes=1-2"), { start: 1, end: 3 });
 * assertEquals(parseRequestRange("bytes=6-"), { start: 6, end: undefined });
 * assertEquals(parseRequestRange("bytes=-6"), { start: -6, end: undefined });
 * assertEquals(parseRequestRange("bytes=1-2,6-10"), undefined);
 * ```
 */
export function parseRequestRange(field: string): RequestRange | undefined {
  const equals = field.indexOf("=");
  const dash = field.indexOf("-", equals);
  if (equals < 0 || dash < 0 || !equalsIgnoreCase(trimBlanks(field.slice(0, equals)), "bytes")) return undefined;
  const firstDigits = trimBlanks(field.slice(equals + 1, dash));
  const lastDigits = trimBlanks(field.slice(dash + 1));
  if (!/^[0-9]*$/.test(firstDigits) || !/^[0-9]*$/.test(lastDigits)) return undefined;
  const first = toNumber(firstDigits);
  const last = toNumber(lastDigits);
  if (first === undefined) {
    // "-0" asks for the last 0 bytes, which nobody can send: an empty range.
    if (last === undefined || last === 0) return last === undefined ? undefined : { start: undefined, end: 0 };
    return { start: -last, end: undefined };
  }
  return { start: first, end: last === undefined ? undefined : last + 1 };
}

/**
 * Applies a range to something of a given size.
 *
 * @param range What {@linkcode parseRequestRange} returned.
 * @param size The size in bytes.
 * @returns The range, with at least one byte and inside of the size; `undefined` where none of it exists, which is
 * answered with 416 and {@linkcode unsatisfiedRange}.
 *
 * @example More than there is
 * ```ts
 * import { resolveRange } from "@denado/denado/http";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(resolveRange({ start: 5, end: 100 }, 10), { start: 5, end: 10 });
 * assertEquals(resolveRange({ start: 10, end: undefined }, 10), undefined);
 * ```
 */
export function resolveRange(range: RequestRange, size: number): ByteRange | undefined {
  const first = range.start ?? 0;
  const start = first < 0 ? Math.max(size + first, 0) : first;
  const end = Math.min(range.end ?? size, size);
  return start < end ? { start, end } : undefined;
}

/**
 * The value of `Content-Range` for a part of something. Tornado: `_get_content_range`.
 *
 * @param range The range that is sent.
 * @param size The size of the whole in bytes.
 * @returns Such as `bytes 0-499/1234`.
 */
export function contentRange(range: ByteRange, size: number): string {
  return `bytes ${range.start}-${range.end - 1}/${size}`;
}

/**
 * The value of `Content-Range` for a range that does not exist, in an answer with status 416.
 *
 * @param size The size of the whole in bytes.
 * @returns The size behind an asterisk in place of the range.
 */
export function unsatisfiedRange(size: number): string {
  return `bytes */${size}`;
}

function toNumber(digits: string): number | undefined {
  return digits === "" ? undefined : Number(digits);
}
