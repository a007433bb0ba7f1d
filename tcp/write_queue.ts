/**
 * Bytes that wait to be written.
 *
 * Small writes are copied one after the other into one buffer, so that what a
 * turn writes leaves in one system call. Large arrays are queued as they are;
 * their owner must not change them until they are written. Text is encoded
 * straight into the buffer.
 *
 * The queue knows no socket: `front` shows what should go next, `advance` says
 * how much went. Memory that the host may still be reading is never reused:
 * bytes between `front` and `advance` stay where they are.
 *
 * @module
 */

import { giveBuffer, takeBuffer } from "../ioloop/mod.ts";

/** Arrays of fewer bytes are copied into the queue; larger ones are queued as they are. */
export const COPY_BELOW = 16384;
const SIZES = [2048, 16384, 65536] as const;
/** UTF-8 takes at most three bytes for a UTF-16 code unit. */
const MAX_BYTES_PER_UNIT = 3;
/** Shorter text is written byte by byte, which takes less time than a call into the host. */
const SHORT_TEXT = 64;

const encoder = new TextEncoder();

/** A run of bytes; an owned one is from the pool and can be appended to. */
interface Segment {
  readonly bytes: Uint8Array;
  readonly owned: boolean;
  start: number;
  end: number;
  next: Segment | undefined;
}

/** What a stream has still to write, in order. */
export class WriteQueue {
  #first: Segment | undefined;
  #last: Segment | undefined;
  #size = 0;
  #total = 0;
  #inFlight = false;

  /** The number of bytes that wait. */
  get size(): number {
    return this.#size;
  }

  /** The number of bytes ever queued; with {@linkcode written} it tells when a given write is through. */
  get total(): number {
    return this.#total;
  }

  /** The number of bytes ever written. */
  get written(): number {
    return this.#total - this.#size;
  }

  /**
   * Queues bytes: small ones are copied, large ones must stay unchanged until they are written. Of `stable` ones, which never
   * change, only those are copied that are to be joined with what waits.
   */
  push(view: ArrayBufferView, stable = false): void {
    const bytes = view instanceof Uint8Array ? view : new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
    const count = bytes.length;
    if (count === 0) return;
    if (count >= COPY_BELOW || (stable && this.#size === 0)) {
      this.#add({ bytes, owned: false, start: 0, end: count, next: undefined });
    } else {
      const tail = this.#room(count);
      tail.bytes.set(bytes, tail.end);
      tail.end += count;
    }
    this.#size += count;
    this.#total += count;
  }

  /** Makes room for `count` bytes in one piece, up to 64 KB, so that what is pushed next leaves in one system call. */
  reserve(count: number): void {
    if (count <= SIZES[2]) this.#room(count);
  }

  /** Queues text as UTF-8 and returns the number of bytes. */
  pushText(text: string): number {
    const most = text.length * MAX_BYTES_PER_UNIT;
    if (most > SIZES[2]) {
      const bytes = encoder.encode(text);
      this.push(bytes);
      return bytes.length;
    }
    // Nearly all text is ASCII: it gets as many bytes as it has characters, and three times that only if it was not.
    let count = 0;
    let rest = text;
    let room = text.length;
    while (rest.length > 0) {
      const tail = this.#room(room);
      const { read, written } = encoder.encodeInto(rest, this.#unused(tail));
      tail.end += written;
      count += written;
      rest = read === rest.length ? "" : rest.slice(read);
      room = rest.length * MAX_BYTES_PER_UNIT;
    }
    this.#size += count;
    this.#total += count;
    return count;
  }

  /**
   * Queues text of characters up to U+00FF, one byte each, such as the head of an HTTP message.
   *
   * @throws {TypeError} if a character is beyond
   */
  pushLatin1(text: string): void {
    const count = text.length;
    const tail = this.#room(count);
    if (count < SHORT_TEXT) {
      writeLatin1(text, tail.bytes, tail.end);
      tail.end += count;
      this.#size += count;
      this.#total += count;
      return;
    }
    // ASCII is the same in UTF-8 and Latin-1, and encodeInto is the one fast native way. If it wrote
    // more bytes than there are characters, or not all of them fitted, some were not ASCII.
    const { read, written } = encoder.encodeInto(text, this.#unused(tail));
    if (read !== count || written !== count) writeLatin1(text, tail.bytes, tail.end);
    tail.end += count;
    this.#size += count;
    this.#total += count;
  }

  /** The bytes that should be written next, in one piece; they stay valid until {@linkcode advance}. */
  front(): Uint8Array {
    const segment = this.#first;
    if (segment === undefined) return EMPTY;
    this.#inFlight = true;
    return segment.bytes.subarray(segment.start, segment.end);
  }

  /** Says that the first `count` bytes of {@linkcode front} were written. */
  advance(count: number): void {
    const segment = this.#first;
    if (segment === undefined) return;
    this.#inFlight = false;
    segment.start += count;
    this.#size -= count;
    if (segment.start < segment.end) return;
    this.#first = segment.next;
    if (segment.next === undefined) this.#last = undefined;
    if (segment.owned) giveBuffer(segment.bytes as Uint8Array<ArrayBuffer>);
  }

  /** Drops everything. Memory that a write in flight may be reading is left to the garbage collector. */
  clear(): void {
    for (let segment = this.#first; segment !== undefined; segment = segment.next) {
      if (segment.owned && !this.#inFlight) giveBuffer(segment.bytes as Uint8Array<ArrayBuffer>);
      this.#inFlight = false;
    }
    this.#first = this.#last = undefined;
    this.#total -= this.#size;
    this.#size = 0;
  }

  #add(segment: Segment): void {
    if (this.#last === undefined) this.#first = segment;
    else this.#last.next = segment;
    this.#last = segment;
  }

  /** The segment at the end with room for `count` bytes more. */
  #room(count: number): Segment {
    const last = this.#last;
    const tail = last?.owned ? last : undefined;
    if (tail !== undefined && tail.end + count <= tail.bytes.length) return tail;
    // A second buffer within a turn means bulk: the next one is larger, so that fewer system calls are made.
    const step = tail === undefined ? 0 : tail.bytes.length;
    const size = Math.min(Math.max(count, step * 8, SIZES[0]), Math.max(count, SIZES[2]));
    const segment: Segment = { bytes: takeBuffer(size), owned: true, start: 0, end: 0, next: undefined };
    this.#add(segment);
    return segment;
  }

  #unused(segment: Segment): Uint8Array {
    return segment.end === 0 ? segment.bytes : segment.bytes.subarray(segment.end);
  }
}

function writeLatin1(text: string, into: Uint8Array, at: number): void {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code > 0xff) throw new TypeError(`Cannot write text as Latin-1: ${JSON.stringify(text[index])}`);
    into[at + index] = code;
  }
}

const EMPTY = new Uint8Array(0);
