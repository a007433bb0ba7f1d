/**
 * The part of a response body that was written and not sent yet.
 *
 * An ordinary answer is one short string. It is encoded once, into memory that
 * all responses share, and copied from there into the output of the connection.
 *
 * @module
 */

import type { Chunk } from "../http/mod.ts";
import { COPY_BELOW } from "../tcp/mod.ts";

/** The shared memory must be copied from at once, so it is smaller than what a stream queues without a copy. */
const SCRATCH_SIZE = COPY_BELOW - 1;
/** UTF-8 takes at most three bytes for a UTF-16 code unit. */
const MAX_BYTES_PER_UNIT = 3;

const encoder = new TextEncoder();
const scratch = new Uint8Array(SCRATCH_SIZE);
const EMPTY = new Uint8Array(0);

/** Text and bytes in the order in which they were written. */
export class ResponseBody {
  #first: Chunk | undefined;
  #more: Chunk[] | undefined;

  /** Adds a chunk; an array is copied when it is sent, so it must not change until then. */
  push(chunk: Chunk): void {
    if (this.#first === undefined) this.#first = chunk;
    else (this.#more ??= []).push(chunk);
  }

  /** Drops everything. */
  clear(): void {
    this.#first = undefined;
    this.#more = undefined;
  }

  /** Whether nothing was written. */
  get empty(): boolean {
    return this.#first === undefined;
  }

  /** Everything as one text, if it is text; it stays where it is. */
  peekText(): string | undefined {
    const first = this.#first ?? "";
    if (typeof first !== "string" || this.#more === undefined) return typeof first === "string" ? first : undefined;
    return this.#more.every((chunk) => typeof chunk === "string") ? first + this.#more.join("") : undefined;
  }

  /** Everything as one array of bytes, if that is what was written; it stays where it is. */
  peekBytes(): Uint8Array | undefined {
    return this.#more === undefined && typeof this.#first === "object" ? this.#first : undefined;
  }

  /** Removes everything and returns it as bytes, which are valid until the next call on any body. */
  take(): Uint8Array {
    const first = this.#first;
    const more = this.#more;
    if (first === undefined) return EMPTY;
    this.clear();
    if (more === undefined) return typeof first === "string" ? encodeShared(first) : first;
    return concat([first, ...more]);
  }

  /** As {@linkcode take}, but the bytes stay valid, unless they are an array that was written and is changed. */
  takeStable(): Uint8Array {
    const bytes = this.take();
    return bytes.buffer === scratch.buffer ? bytes.slice() : bytes;
  }
}

/** Text as UTF-8, valid until the next call. */
export function encodeShared(text: string): Uint8Array {
  if (text.length * MAX_BYTES_PER_UNIT > SCRATCH_SIZE) return encoder.encode(text);
  return scratch.subarray(0, encoder.encodeInto(text, scratch).written);
}

function concat(chunks: readonly Chunk[]): Uint8Array {
  if (chunks.every((chunk) => typeof chunk === "string")) return encodeShared(chunks.join(""));
  const arrays = chunks.map((chunk) => typeof chunk === "string" ? encoder.encode(chunk) : chunk);
  const body = new Uint8Array(arrays.reduce((size, array) => size + array.length, 0));
  let at = 0;
  for (const array of arrays) {
    body.set(array, at);
    at += array.length;
  }
  return body;
}
