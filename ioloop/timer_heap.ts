/**
 * Timers in order of their deadlines: a binary heap.
 *
 * Adding and removing the earliest cost O(log n). A cancelled timer stays where
 * it is and is only counted; it leaves when it comes to the top, or when the
 * heap is rebuilt because more than half of more than 100 timers are cancelled
 * (asyncio's rule), so that cancelling costs O(1) on average and a program that
 * cancels nearly every timeout does not grow.
 *
 * @module
 */

import type { TimerHandle } from "./handle.ts";

/** Below this size cancelled timers are left to come to the top. */
const MIN_SCHEDULED_TO_REBUILD = 100;

/**
 * A priority queue of {@linkcode TimerHandle}s: earliest `when` first, equal
 * ones in the order in which they were scheduled.
 */
export class TimerHeap {
  #heap: TimerHandle[] = [];
  #cancelled = 0;

  /** The number of timers, with the cancelled ones that have not left yet. */
  get size(): number {
    return this.#heap.length;
  }

  /** Adds a timer. */
  push(timer: TimerHandle): void {
    const heap = this.#heap;
    heap.push(timer);
    siftUp(heap, heap.length - 1);
  }

  /** The earliest timer that is not cancelled, left in the heap; `undefined` when there is none. */
  peek(): TimerHandle | undefined {
    this.#dropCancelled();
    return this.#heap[0];
  }

  /** Removes and returns the earliest live timer with `when <= now`; `undefined` when none is due. */
  popDue(now: number): TimerHandle | undefined {
    const earliest = this.peek();
    if (earliest === undefined || earliest.when > now) return undefined;
    this.#pop();
    earliest.leftHeap();
    return earliest;
  }

  /** Counts a cancellation of a timer in the heap, and rebuilds the heap when that pays. */
  noteCancelled(): void {
    this.#cancelled++;
    if (
      this.#heap.length > MIN_SCHEDULED_TO_REBUILD &&
      this.#cancelled * 2 > this.#heap.length
    ) this.#rebuild();
  }

  /** Drops every timer. */
  clear(): void {
    this.#heap = [];
    this.#cancelled = 0;
  }

  #dropCancelled(): void {
    while (this.#heap.length > 0 && this.#heap[0]!.cancelled) {
      this.#pop();
      this.#cancelled--;
    }
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    heap[0] = last;
    siftDown(heap, 0);
  }

  #rebuild(): void {
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
