/**
 * What satisfies a read.
 *
 * An attempt looks at the bytes that have arrived, and either takes what was
 * asked for or returns `undefined`, which means that more has to arrive. The
 * stream calls it at once and after each arrival. Attempts know no socket.
 *
 * A search for a delimiter goes on where the last one ended. A regular
 * expression starts anew each time, so `maxBytes` should bound it where the peer
 * is not trusted: a peer that sends byte by byte makes the work quadratic.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { indexOfBytes } from "./byte_search.ts";
import { UnsatisfiableReadError } from "./errors.ts";
import type { ReadBuffer } from "./read_buffer.ts";

/** Takes what was asked for out of the buffer, or returns `undefined` if more has to arrive. */
export type ReadAttempt<T> = (buffer: ReadBuffer) => T | undefined;

/**
 * Takes `count` bytes; with `partial`, at least one and at most `count`.
 *
 * @throws {RangeError} if `count` is not a whole number from 0
 */
export function attemptBytes(count: number, partial: boolean): ReadAttempt<Uint8Array<ArrayBuffer>> {
  if (!Number.isInteger(count) || count < 0) {
    throw new RangeError(`Cannot read a number of bytes that is not a whole number from 0: ${count}`);
  }
  return (buffer) => {
    if (partial && buffer.length > 0) return buffer.take(Math.min(count, buffer.length));
    return buffer.length >= count ? buffer.take(count) : undefined;
  };
}

/** A read straight into the channel pays for arrays of at least this size; a small one makes for many small reads. */
const DIRECT_READ_SIZE = 16384;

/** Fills the caller's memory, or with `partial` a part of it; the attempt returns the number of bytes. */
export class IntoAttempt {
  readonly #target: Uint8Array;
  readonly #partial: boolean;
  #count = 0;

  /** An attempt to fill `target`. */
  constructor(target: Uint8Array, partial: boolean) {
    this.#target = target;
    this.#partial = partial;
  }

  /** The attempt itself. */
  readonly attempt: ReadAttempt<number> = (buffer) => {
    const target = this.#target;
    const count = this.#count += buffer.takeInto(this.#count === 0 ? target : target.subarray(this.#count));
    return count === target.length || (this.#partial && count > 0) ? count : undefined;
  };

  /** The memory that is still to be filled, where it pays to have the channel read there. */
  rest(): Uint8Array<ArrayBuffer> | undefined {
    const target = this.#target;
    if (target.length < DIRECT_READ_SIZE || !(target.buffer instanceof ArrayBuffer)) return undefined;
    return target.subarray(this.#count) as Uint8Array<ArrayBuffer>;
  }

  /** Puts back what was taken, for a read that fails. */
  undo(buffer: ReadBuffer): void {
    if (this.#count > 0) buffer.prepend(this.#target.subarray(0, this.#count));
  }
}

/** Fills what `into` stands for. */
export function attemptInto(into: IntoAttempt): ReadAttempt<number> {
  return into.attempt;
}

/**
 * Takes everything up to and including `delimiter`; text stands for its UTF-8 bytes.
 *
 * The attempt fails with {@linkcode UnsatisfiableReadError} if the delimiter cannot end within `maxBytes`.
 *
 * @throws {RangeError} if the delimiter is empty
 */
export function attemptUntil(
  delimiter: Uint8Array | string,
  maxBytes: number = Infinity,
): ReadAttempt<Uint8Array<ArrayBuffer>> {
  const needle = typeof delimiter === "string" ? new TextEncoder().encode(delimiter) : delimiter;
  if (needle.length === 0) throw new RangeError("Cannot read until a delimiter of no bytes");
  let searched = 0;
  return (buffer) => {
    const from = buffer.start + Math.max(0, searched - needle.length + 1);
    const at = indexOfBytes(buffer.bytes, needle, { from, to: buffer.end });
    const end = at < 0 ? -1 : at + needle.length - buffer.start;
    checkMaxBytes(buffer.length, end, maxBytes);
    searched = buffer.length;
    return end < 0 ? undefined : buffer.take(end);
  };
}

/**
 * Takes everything up to and including a match of `pattern`, which sees the bytes as Latin-1 text. The flags `g` and
 * `y` are of no effect.
 *
 * The attempt fails with {@linkcode UnsatisfiableReadError} if the match cannot end within `maxBytes`.
 */
export function attemptRegex(
  pattern: RegExp | string,
  maxBytes: number = Infinity,
): ReadAttempt<Uint8Array<ArrayBuffer>> {
  const regex = typeof pattern === "string"
    ? new RegExp(pattern)
    : new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, ""));
  return (buffer) => {
    const { bytes, start, length } = buffer;
    const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, length).toString("latin1");
    const match = regex.exec(text);
    const end = match === null ? -1 : match.index + match[0].length;
    checkMaxBytes(length, end, maxBytes);
    return end < 0 ? undefined : buffer.take(end);
  };
}

/** `end` is where the delimiter ends, -1 if it is not among the `length` bytes that are there. */
function checkMaxBytes(length: number, end: number, maxBytes: number): void {
  if (end < 0 ? length < maxBytes : end <= maxBytes) return;
  throw new UnsatisfiableReadError(
    end < 0 ? `delimiter not found within ${maxBytes} bytes` : `delimiter ends beyond ${maxBytes} bytes`,
  );
}
