/**
 * Buffers that are used again.
 *
 * A fresh 2 KB array costs microseconds of allocation and collection, as much as
 * answering a small request; taking one from here costs nothing. There are three
 * sizes: a small one, which every idle connection holds for its outstanding
 * read, one for ordinary bodies and one for bulk. What is given back is kept up
 * to a bound, the rest is left to the garbage collector.
 *
 * A buffer is not cleared: whoever takes one reads only what it wrote.
 *
 * @module
 */

/** The sizes of pooled buffers in bytes, smallest first. */
export const BUFFER_SIZES: readonly number[] = [2048, 16384, 65536];

const KEPT_PER_SIZE = [512, 64, 32];
/** Small buffers are cut from blocks of this many, since an array of its own costs ten times as much. */
const SMALL_PER_BLOCK = 16;

const free: Uint8Array<ArrayBuffer>[][] = BUFFER_SIZES.map(() => []);

/**
 * A buffer of at least `size` bytes with undefined content, of the smallest
 * pooled size that is enough; a larger one is a new array.
 */
export function takeBuffer(size: number): Uint8Array<ArrayBuffer> {
  for (let at = 0; at < BUFFER_SIZES.length; at++) {
    if (size > BUFFER_SIZES[at]!) continue;
    return free[at]!.pop() ?? (at === 0 ? cutSmall() : new Uint8Array(BUFFER_SIZES[at]!));
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

function cutSmall(): Uint8Array<ArrayBuffer> {
  const size = BUFFER_SIZES[0]!;
  const block = new ArrayBuffer(size * SMALL_PER_BLOCK);
  for (let at = 1; at < SMALL_PER_BLOCK; at++) free[0]!.push(new Uint8Array(block, at * size, size));
  return new Uint8Array(block, 0, size);
}
