/**
 * The end of what a peer has sent, decompressed: as far back as its compression may refer (RFC 7692 7.1.2).
 *
 * A decompressor can be given its past again by feeding it that as an uncompressed block, which is all that this is
 * for. It holds what there was, up to the window; so a connection on which little was sent needs little memory.
 *
 * @module
 */

const SMALLEST = 256;
/** The header of an uncompressed block that is not the last: three bits, a length and its complement (RFC 1951 3.2.4). */
const BLOCK_HEADER_BYTES = 5;

/** A ring of the last bytes. */
export class SlidingWindow {
  readonly #capacity: number;
  #ring = new Uint8Array(0);
  #size = 0;
  /** Where the next byte goes. */
  #at = 0;

  /** An empty window of `2 ** windowBits` bytes at most. */
  constructor(windowBits: number) {
    this.#capacity = 2 ** windowBits;
  }

  /** The number of bytes that are held. */
  get size(): number {
    return this.#size;
  }

  /** The number of bytes of memory. */
  get allocated(): number {
    return this.#ring.length;
  }

  /** Adds a range of bytes, of which the last ones are kept. */
  append(bytes: Uint8Array, start: number, end: number): void {
    const from = Math.max(start, end - this.#capacity);
    const count = end - from;
    this.#reserve(this.#size + count);
    const ring = this.#ring;
    const first = Math.min(count, ring.length - this.#at);
    ring.set(bytes.subarray(from, from + first), this.#at);
    if (first < count) ring.set(bytes.subarray(from + first, end));
    this.#at = (this.#at + count) % ring.length;
    this.#size = Math.min(this.#size + count, ring.length);
  }

  /** What is held, as an uncompressed block of deflate. */
  toStoredBlock(): Uint8Array<ArrayBuffer> {
    const size = this.#size;
    const block = new Uint8Array(BLOCK_HEADER_BYTES + size);
    block[1] = size;
    block[2] = size >> 8;
    block[3] = ~size;
    block[4] = ~size >> 8;
    this.#copyTo(block, BLOCK_HEADER_BYTES);
    return block;
  }

  /** Copies what is held, the oldest byte first. */
  #copyTo(target: Uint8Array, at: number): void {
    const ring = this.#ring;
    const oldest = this.#at - this.#size;
    if (oldest >= 0) return target.set(ring.subarray(oldest, this.#at), at);
    target.set(ring.subarray(ring.length + oldest), at);
    target.set(ring.subarray(0, this.#at), at - oldest);
  }

  /** Makes room for so many bytes, as far as the window goes; until then nothing is overwritten. */
  #reserve(size: number): void {
    const wanted = Math.min(this.#capacity, Math.max(SMALLEST, 2 ** Math.ceil(Math.log2(Math.max(1, size)))));
    if (wanted <= this.#ring.length) return;
    const ring = new Uint8Array(wanted);
    this.#copyTo(ring, 0);
    this.#ring = ring;
    this.#at = this.#size % wanted;
  }
}
