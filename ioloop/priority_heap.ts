/**
 * A binary heap in the order that a comparison gives.
 *
 * Items that compare as equal leave in the order in which they came, so that the
 * order never depends on the shape of the heap. A comparison may throw, because
 * the caller wrote it or because two items have no order; each operation
 * therefore compares first and moves items afterwards, and a failed one leaves
 * the heap as it was.
 *
 * @module
 */

/** Negative if `a` comes before `b`, positive if after, 0 if they are equal, as for `Array.prototype.sort`. */
export type Compare<T> = (a: T, b: T) => number;

interface Entry<T> {
  readonly item: T;
  readonly sequence: number;
}

/**
 * A queue that gives the smallest item first, in O(log n).
 *
 * @example Words by length
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { PriorityHeap } from "@denado/denado/ioloop";
 *
 * const heap = new PriorityHeap<string>((a, b) => a.length - b.length);
 * heap.push("elephant");
 * heap.push("ox");
 * assertEquals(heap.shift(), "ox");
 * ```
 */
export class PriorityHeap<T> {
  readonly #compare: Compare<T>;
  readonly #heap: Entry<T>[] = [];
  #sequence = 0;

  /** An empty heap. */
  constructor(compare: Compare<T> = compareItems) {
    this.#compare = compare;
  }

  /** The number of items. */
  get size(): number {
    return this.#heap.length;
  }

  /** Adds an item. @throws what the comparison throws; the item is not added then */
  push(item: T): void {
    const heap = this.#heap;
    let target = heap.length;
    while (target > 0) {
      const parent = (target - 1) >> 1;
      if (!(this.#compare(item, heap[parent]!.item) < 0)) break;
      target = parent;
    }
    const entry = { item, sequence: this.#sequence++ };
    let hole = heap.push(entry) - 1;
    while (hole > target) {
      const parent = (hole - 1) >> 1;
      heap[hole] = heap[parent]!;
      hole = parent;
    }
    heap[target] = entry;
  }

  /** Removes and returns the smallest item; `undefined` when there is none. @throws what the comparison throws; nothing is removed then */
  shift(): T | undefined {
    const heap = this.#heap;
    if (heap.length === 0) return undefined;
    const smallest = heap[0]!.item;
    const path = this.#pathForLast();
    const last = heap.pop()!;
    if (heap.length === 0) return smallest;
    let hole = 0;
    for (const child of path) {
      heap[hole] = heap[child]!;
      hole = child;
    }
    heap[hole] = last;
    return smallest;
  }

  /** The items in no particular order. */
  *[Symbol.iterator](): IterableIterator<T> {
    for (const { item } of this.#heap) yield item;
  }

  /** The places that move up by one when the last entry takes the place of the first. */
  #pathForLast(): number[] {
    const heap = this.#heap;
    const end = heap.length - 1;
    const last = heap[end]!;
    const path: number[] = [];
    for (let child = 1; child < end; child = 2 * child + 1) {
      const right = child + 1;
      if (right < end && this.#isBefore(heap[right]!, heap[child]!)) child++;
      if (!this.#isBefore(heap[child]!, last)) break;
      path.push(child);
    }
    return path;
  }

  #isBefore(a: Entry<T>, b: Entry<T>): boolean {
    const order = this.#compare(a.item, b.item);
    return order < 0 || (!(order > 0) && a.sequence < b.sequence);
  }
}

/**
 * The default order: numbers (also bigints) by size, strings by code units, arrays element by element and then by
 * length, as Python compares tuples. Identical values are equal, whatever they are.
 *
 * @example A priority in front of its data
 * ```ts
 * import { assert } from "@std/assert";
 * import { compareItems } from "@denado/denado/ioloop";
 *
 * assert(compareItems([1, "low"], [0, "high"]) > 0);
 * assert(compareItems([1, "a"], [1, "b"]) < 0);
 * assert(compareItems([1], [1, "b"]) < 0);
 * ```
 *
 * @throws {TypeError} for values that have no order: of different or other types, `NaN`
 */
export function compareItems(a: unknown, b: unknown): number {
  if (a === b) return 0;
  if (Array.isArray(a) && Array.isArray(b)) return compareArrays(a, b);
  if ((isNumeric(a) && isNumeric(b)) || (isString(a) && isString(b))) {
    if (a < b) return -1;
    if (a > b) return 1;
    // deno-lint-ignore eqeqeq -- 1 and 1n are the same priority
    if (a == b) return 0;
  }
  throw new TypeError(
    `Cannot order ${Deno.inspect(a)} and ${Deno.inspect(b)}; give the queue a compare function`,
  );
}

function compareArrays(a: readonly unknown[], b: readonly unknown[]): number {
  const common = Math.min(a.length, b.length);
  for (let at = 0; at < common; at++) {
    const order = compareItems(a[at], b[at]);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

function isNumeric(value: unknown): value is number | bigint {
  return typeof value === "number" || typeof value === "bigint";
}

function isString(value: unknown): value is string {
  return typeof value === "string";
}
