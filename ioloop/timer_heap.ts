/**
 * Timers in order of their deadlines: a sorted queue with a binary heap beside it.
 *
 * Most programs use few different delays, so most timers are due later than all
 * that were scheduled before. Those go to the end of a sorted queue, in constant
 * time. The others go to the heap, in O(log n). The earliest timer is the first
 * of the queue or the top of the heap.
 *
 * A cancelled timer stays where it is and is only counted; it leaves when it
 * comes first, or when all cancelled ones are dropped together because they are
 * more than half of more than 100 (asyncio's rule). Cancelling therefore costs
 * O(1) on average, and a program that cancels nearly every timeout does not grow.
 *
 * @module
 */

import type { TimerHandle } from "./handle.ts";
import { RingBuffer } from "./ring_buffer.ts";

/** Below this size cancelled timers are left to come first. */
const MIN_SCHEDULED_TO_REBUILD = 100;

/**
 * A priority queue of {@linkcode TimerHandle}s: earliest `when` first, equal
 * ones in the order in which they were scheduled.
 */
export class TimerHeap {
  #queue = new RingBuffer<TimerHandle>();
  /** The latest time in the queue. */
  #queueEnd = -Infinity;
  #heap: TimerHandle[] = [];
  #cancelled = 0;
  readonly #onEmpty: (() => void) | undefined;

  /** `onEmpty` is called when the last timer that was left is cancelled. */
  constructor(onEmpty?: () => void) {
    this.#onEmpty = onEmpty;
  }

  /** The number of timers, with the cancelled ones that have not left yet. */
  get size(): number {
    return this.#queue.size + this.#heap.length;
  }

  /** Adds a timer, scheduled later than all others. */
  push(timer: TimerHandle): void {
    const queue = this.#queue;
    if (queue.size === 0 || timer.when >= this.#queueEnd) {
      this.#queueEnd = timer.when;
      queue.push(timer);
    } else {
      const heap = this.#heap;
      heap.push(timer);
      siftUp(heap, heap.length - 1);
    }
  }

  /** The earliest timer that is not cancelled, which stays; `undefined` when there is none. */
  peek(): TimerHandle | undefined {
    for (;;) {
      const first = this.#first();
      if (first === undefined || !first.cancelled) return first;
      this.#removeFirst(first);
      this.#cancelled--;
    }
  }

  /** Moves every timer with `when <= now` to the end of `into`, in order; cancelled ones are dropped. */
  takeDue(now: number, into: TimerHandle[]): void {
    for (;;) {
      const first = this.#first();
      if (first === undefined || first.when > now) return;
      this.#removeFirst(first);
      if (first.cancelled) this.#cancelled--;
      else {
        first.leftHeap();
        into.push(first);
      }
    }
  }

  /** Counts a cancellation of a timer that is here, and drops the cancelled ones when that pays. */
  noteCancelled(): void {
    this.#cancelled++;
    const { size } = this;
    if (this.#cancelled === size) {
      this.#reset();
      this.#onEmpty?.();
    } else if (size > MIN_SCHEDULED_TO_REBUILD && this.#cancelled * 2 > size) this.#dropCancelled();
  }

  /** Drops every timer; cancelling one afterwards concerns nobody. */
  clear(): void {
    for (const timer of this.#queue) timer.leftHeap();
    for (const timer of this.#heap) timer.leftHeap();
    this.#reset();
  }

  #reset(): void {
    this.#queue.clear();
    if (this.#heap.length > 0) this.#heap = [];
    this.#cancelled = 0;
  }

  #first(): TimerHandle | undefined {
    const first = this.#queue.peek();
    const top = this.#heap[0];
    return first === undefined || (top !== undefined && isBefore(top, first)) ? top : first;
  }

  #removeFirst(first: TimerHandle): void {
    const heap = this.#heap;
    if (heap[0] !== first) {
      this.#queue.shift();
      return;
    }
    const last = heap.pop()!;
    if (heap.length === 0) return;
    heap[0] = last;
    siftDown(heap, 0);
  }

  #dropCancelled(): void {
    const queue = new RingBuffer<TimerHandle>();
    for (const timer of this.#queue) if (!timer.cancelled) queue.push(timer);
    this.#queue = queue;
    const heap = this.#heap.filter((timer) => !timer.cancelled);
    for (let at = (heap.length >> 1) - 1; at >= 0; at--) siftDown(heap, at);
    this.#heap = heap;
    this.#cancelled = 0;
  }
}

function isBefore(a: TimerHandle, b: TimerHandle): boolean {
  return a.when < b.when || (a.when === b.when && a.sequence < b.sequence);
}

function siftUp(heap: TimerHandle[], at: number): void {
  const timer = heap[at]!;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (!isBefore(timer, heap[parent]!)) break;
    heap[at] = heap[parent]!;
    at = parent;
  }
  heap[at] = timer;
}

function siftDown(heap: TimerHandle[], at: number): void {
  const timer = heap[at]!;
  const firstLeaf = heap.length >> 1;
  while (at < firstLeaf) {
    let child = 2 * at + 1;
    if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) {
      child++;
    }
    if (!isBefore(heap[child]!, timer)) break;
    heap[at] = heap[child]!;
    at = child;
  }
  heap[at] = timer;
}
