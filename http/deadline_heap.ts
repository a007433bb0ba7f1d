/**
 * Many time limits on one timer of the loop.
 *
 * Each connection has a limit, and a timer with its promise for each of them
 * would be half a kilobyte. Here a limit is a place in a heap, and only the
 * earliest one has a timer.
 *
 * @module
 */

import { AsyncLocalStorage } from "node:async_hooks";
import type { IOLoop, TimerHandle } from "../ioloop/mod.ts";

/** What has a place in a heap. */
export interface HeapEntry {
  /** When it is to be looked at, in milliseconds of the loop's clock. */
  dueAt: number;
  /** Its place; -1 while it has none. */
  heapIndex: number;
  /** Called when it is to be looked at; it has no place then, and may take one again. */
  due(nowMs: number): void;
}

/** The limits belong to many; none of them must see the context of the one that happened to set the timer. */
const inRootContext = AsyncLocalStorage.snapshot();
const heaps = new WeakMap<IOLoop, DeadlineHeap>();

/** The limits of one loop, the earliest first. */
export class DeadlineHeap {
  readonly #ioLoop: IOLoop;
  readonly #entries: HeapEntry[] = [];
  #timer: TimerHandle | undefined;

  private constructor(ioLoop: IOLoop) {
    this.#ioLoop = ioLoop;
  }

  /** The heap of a loop. */
  static for(ioLoop: IOLoop): DeadlineHeap {
    let heap = heaps.get(ioLoop);
    if (heap === undefined) heaps.set(ioLoop, heap = new DeadlineHeap(ioLoop));
    return heap;
  }

  /** The number of limits. */
  get size(): number {
    return this.#entries.length;
  }

  /** Gives a place to an entry that has none. */
  add(entry: HeapEntry): void {
    this.#moveUp(entry, this.#entries.length);
    if (entry.heapIndex === 0) this.#arm();
  }

  /** To be called when an entry that has a place is due earlier than before. */
  advance(entry: HeapEntry): void {
    this.#moveUp(entry, entry.heapIndex);
    if (entry.heapIndex === 0) this.#arm();
  }

  /** Takes the place of an entry away; does nothing if it has none. */
  remove(entry: HeapEntry): void {
    const index = entry.heapIndex;
    if (index < 0) return;
    entry.heapIndex = -1;
    const last = this.#entries.pop()!;
    if (last !== entry) {
      const parent = (index - 1) >> 1;
      if (index > 0 && last.dueAt < this.#entries[parent]!.dueAt) this.#moveUp(last, index);
      else this.#moveDown(last, index);
    }
    if (this.#entries.length > 0) return;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #moveUp(entry: HeapEntry, index: number): void {
    const entries = this.#entries;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = entries[parent]!;
      if (above.dueAt <= entry.dueAt) break;
      entries[index] = above;
      above.heapIndex = index;
      index = parent;
    }
    entries[index] = entry;
    entry.heapIndex = index;
  }

  #moveDown(entry: HeapEntry, index: number): void {
    const entries = this.#entries;
    const { length } = entries;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= length) break;
      if (child + 1 < length && entries[child + 1]!.dueAt < entries[child]!.dueAt) child++;
      const below = entries[child]!;
      if (below.dueAt >= entry.dueAt) break;
      entries[index] = below;
      below.heapIndex = index;
      index = child;
    }
    entries[index] = entry;
    entry.heapIndex = index;
  }

  /** Sees to it that the timer is not later than the earliest limit; one that is too early does no harm. */
  #arm(): void {
    const { dueAt } = this.#entries[0]!;
    if (this.#timer !== undefined && this.#timer.when <= dueAt) return;
    this.#timer?.cancel();
    this.#timer = inRootContext(() => this.#ioLoop.callAt(dueAt, this.#fired));
  }

  #fired = (): void => {
    this.#timer = undefined;
    const now = this.#ioLoop.time();
    const due: HeapEntry[] = [];
    for (let first = this.#entries[0]; first !== undefined && first.dueAt <= now; first = this.#entries[0]) {
      this.remove(first);
      due.push(first);
    }
    for (const entry of due) {
      try {
        entry.due(now);
      } catch (exception) {
        this.#ioLoop.eventLoop.callExceptionHandler({ message: "Exception at the end of a time limit", exception });
      }
    }
    if (this.#entries.length > 0) this.#arm();
  };
}
