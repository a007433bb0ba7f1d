/**
 * Buffers that are used again.
 *
 * A fresh 2 KB array costs microseconds of allocation and collection, as much as
 * answering a small request; taking one from here costs nothing. There are four
 * sizes: a tiny one, which every idle connection holds for its outstanding read,
 * one for connections that say more at a time, a browser's head for instance,
 * one for ordinary bodies and one for bulk. What is given back is kept up to a
 * bound, the rest is left to the garbage collector.
 *
 * A buffer is not cleared: whoever takes one reads only what it wrote.
 *
 * @module
 */

/** The sizes of pooled buffers in bytes, smallest first. */
export const BUFFER_SIZES: readonly number[] = [512, 2048, 16384, 65536];

const KEPT_PER_SIZE = [2048, 1024, 64, 64];
/** Buffers of up to 2 KB are cut from blocks of this many bytes, since an array of its own costs ten times as much. */
const BLOCK_SIZE = 32_768;
const LARGEST_CUT = 2048;

const free: Uint8Array<ArrayBuffer>[][] = BUFFER_SIZES.map(() => []);

/**
 * A buffer of at least `size` bytes with undefined content, of the smallest
 * pooled size that is enough; a larger one is a new array.
 */
export function takeBuffer(size: number): Uint8Array<ArrayBuffer> {
  for (let at = 0; at < BUFFER_SIZES.length; at++) {
    if (size > BUFFER_SIZES[at]!) continue;
    return free[at]!.pop() ?? (BUFFER_SIZES[at]! > LARGEST_CUT ? new Uint8Array(BUFFER_SIZES[at]!) : cut(at));
  }
  return new Uint8Array(size);
}

/** Gives a buffer back; the caller must not touch it afterwards. Sizes that are not pooled are let go. */
export function giveBuffer(buffer: Uint8Array<ArrayBuffer>): void {
  const at = BUFFER_SIZES.indexOf(buffer.length);
  if (at >= 0 && free[at]!.length < KEPT_PER_SIZE[at]!) free[at]!.push(buffer);
}

/** How many buffers of each size wait to be used again. */
export function pooledBuffers(): number[] {
  return free.map((buffers) => buffers.length);
}

function cut(at: number): Uint8Array<ArrayBuffer> {
  const size = BUFFER_SIZES[at]!;
  const block = new ArrayBuffer(BLOCK_SIZE);
  for (let start = size; start < BLOCK_SIZE; start += size) free[at]!.push(new Uint8Array(block, start, size));
  return new Uint8Array(block, 0, size);
}
