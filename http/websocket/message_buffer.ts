/**
 * The payload of a message that arrives in pieces.
 *
 * Memory grows with what has arrived: a peer that announces much and sends little costs little. Small buffers come
 * from the pool, and some large ones are kept here: fresh memory for each message of 1 MB takes a fifth of the time of its
 * echo, since the system hands it out page by page.
 *
 * @module
 */

import { giveBuffer, takeBuffer } from "../../ioloop/mod.ts";

const NOTHING = new Uint8Array(0);
/** What is announced is believed up to this many times what has arrived. */
const BELIEVED = 32;
const LARGEST_POOLED = 65536;
/** So many bytes are kept in larger buffers. */
const MAX_SPARE_BYTES = 8 * 1024 * 1024;

const spare: Uint8Array<ArrayBuffer>[] = [];
let spareBytes = 0;

/** Bytes that are collected. */
export class MessageBuffer {
  /** The memory, of which the first {@linkcode size} bytes are the payload. */
  bytes: Uint8Array<ArrayBuffer> = NOTHING;
  /** The number of bytes collected. */
  size = 0;

  /**
   * Adds a range of bytes.
   *
   * @param expected How many bytes, these among them, the peer has announced.
   */
  append(bytes: Uint8Array, start: number, end: number, expected: number): void {
    const size = this.size + end - start;
    if (size > this.bytes.length) this.#grow(size, this.size + expected);
    this.bytes.set(bytes.subarray(start, end), this.size);
    this.size = size;
  }

  /** The payload, in memory that the caller owns; the buffer is empty then. */
  take(): Uint8Array<ArrayBuffer> {
    const { bytes, size } = this;
    if (size < bytes.length) {
      const copy = bytes.slice(0, size);
      this.clear();
      return copy;
    }
    this.bytes = NOTHING;
    this.size = 0;
    return bytes;
  }

  /** Drops everything. */
  clear(): void {
    if (this.bytes.length > 0) giveMemory(this.bytes);
    this.bytes = NOTHING;
    this.size = 0;
  }

  #grow(size: number, expected: number): void {
    // A large frame gets memory made to measure, which is handed on as it is; small fragments get twice what they need.
    const wanted = expected > size ? Math.min(expected, size * BELIEVED) : size <= LARGEST_POOLED ? size : size * 2;
    const bytes = takeMemory(wanted);
    bytes.set(this.bytes.subarray(0, this.size));
    if (this.bytes.length > 0) giveMemory(this.bytes);
    this.bytes = bytes;
  }
}

/** As `takeBuffer`, but a large one may be up to twice as large as that. */
function takeMemory(size: number): Uint8Array<ArrayBuffer> {
  if (size <= LARGEST_POOLED) return takeBuffer(size);
  const at = spare.findLastIndex(({ length }) => length >= size && length <= 2 * size);
  if (at < 0) return new Uint8Array(size);
  const [found] = spare.splice(at, 1);
  spareBytes -= found!.length;
  return found!;
}

function giveMemory(bytes: Uint8Array<ArrayBuffer>): void {
  if (bytes.length <= LARGEST_POOLED) return giveBuffer(bytes);
  if (spareBytes + bytes.length > MAX_SPARE_BYTES) return;
  spareBytes += bytes.length;
  spare.push(bytes);
}
