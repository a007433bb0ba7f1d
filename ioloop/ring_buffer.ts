/**
 * A first-in first-out queue in a circular array.
 *
 * `Array.prototype.shift` moves every element once the array is large; a ring
 * moves none. The capacity is a power of two, so that an index wraps with a
 * mask. A slot is cleared when its value leaves, so the queue keeps nothing
 * alive that is no longer in it.
 *
 * @module
 */

const INITIAL_CAPACITY = 16;
/** A ring that grew past this is given back when it runs empty. */
const SHRINK_ABOVE = 4096;

/**
 * A queue with constant-time `push` and `shift`.
 *
 * @example Values leave in the order in which they came
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { RingBuffer } from "@denado/denado/ioloop";
 *
 * const queue = new RingBuffer<string>();
 * queue.push("a");
 * queue.push("b");
 * assertEquals(queue.shift(), "a");
 * assertEquals(queue.size, 1);
 * ```
 */
export class RingBuffer<T> {
  #slots: (T | undefined)[] = new Array(INITIAL_CAPACITY).fill(undefined);
  #mask = INITIAL_CAPACITY - 1;
  #head = 0;
  #size = 0;

  /** The number of values in the queue. */
  get size(): number {
    return this.#size;
  }

  /** Appends a value at the end. */
  push(value: T): void {
    if (this.#size > this.#mask) this.#resize((this.#mask + 1) * 2);
    this.#slots[(this.#head + this.#size++) & this.#mask] = value;
  }

  /** Removes the oldest value and returns it; `undefined` when the queue is empty. */
  shift(): T | undefined {
    if (this.#size === 0) return undefined;
    const value = this.#slots[this.#head];
    this.#slots[this.#head] = undefined;
    this.#head = (this.#head + 1) & this.#mask;
    if (--this.#size === 0 && this.#mask >= SHRINK_ABOVE) {
      this.#resize(INITIAL_CAPACITY);
    }
    return value;
  }

  /** The oldest value, which stays in the queue; `undefined` when it is empty. */
  peek(): T | undefined {
    return this.#slots[this.#head];
  }

  /** Removes the first value that is identical to the given one, in linear time; tells whether there was one. */
  remove(value: T): boolean {
    for (let at = 0; at < this.#size; at++) {
      if (this.#slots[(this.#head + at) & this.#mask] !== value) continue;
      for (let to = at; to < this.#size - 1; to++) {
        this.#slots[(this.#head + to) & this.#mask] = this.#slots[(this.#head + to + 1) & this.#mask];
      }
      this.#slots[(this.#head + --this.#size) & this.#mask] = undefined;
      return true;
    }
    return false;
  }

  /** Drops every value. */
  clear(): void {
    if (this.#size > INITIAL_CAPACITY) {
      this.#slots = new Array(INITIAL_CAPACITY).fill(undefined);
      this.#mask = INITIAL_CAPACITY - 1;
    } else {
      for (let at = 0; at < this.#size; at++) this.#slots[(this.#head + at) & this.#mask] = undefined;
    }
    this.#head = 0;
    this.#size = 0;
  }

  /** The values from the oldest to the newest; changing the queue meanwhile is not supported. */
  *[Symbol.iterator](): IterableIterator<T> {
    for (let at = 0; at < this.#size; at++) {
      yield this.#slots[(this.#head + at) & this.#mask] as T;
    }
  }

  #resize(capacity: number): void {
    const slots: (T | undefined)[] = new Array(capacity).fill(undefined);
    for (let at = 0; at < this.#size; at++) {
      slots[at] = this.#slots[(this.#head + at) & this.#mask];
    }
    this.#slots = slots;
    this.#mask = capacity - 1;
    this.#head = 0;
  }
}
