/**
 * A time limit that is moved often and reached seldom.
 *
 * A connection moves its limit with every request. Scheduling and cancelling
 * each time would cost more than parsing the request, so its place among the
 * limits of the loop stays where it is: when that is reached too early, it is
 * set again for the rest.
 *
 * @module
 */

import type { IOLoop } from "../ioloop/mod.ts";
import { DeadlineHeap, type HeapEntry } from "./deadline_heap.ts";

/** Calls back once when a limit passes that was neither moved nor cleared. */
export class Deadline implements HeapEntry {
  /** When the limit is looked at next, in milliseconds of the loop's clock; it may have moved away by then. */
  dueAt: number = Infinity;
  /** The place among the limits of the loop; -1 while there is none. */
  heapIndex: number = -1;
  readonly #ioLoop: IOLoop;
  readonly #onExpired: () => void;
  #at = Infinity;

  /** A limit that is not set yet. */
  constructor(ioLoop: IOLoop, onExpired: () => void) {
    this.#ioLoop = ioLoop;
    this.#onExpired = onExpired;
  }

  /**
   * Sets the limit to `timeoutMs` milliseconds from `nowMs`; `undefined` clears it.
   *
   * The latest turn of the loop was long ago for code that has waited for something else, a handler's promise for
   * instance. It must say what time it is, or the limit may have passed before it begins.
   *
   * @param nowMs on the loop's clock. @default when the loop's latest turn began
   */
  set(timeoutMs: number | undefined, nowMs: number = this.#ioLoop.eventLoop.turnTime): void {
    if (timeoutMs === undefined || timeoutMs === Infinity) return this.clear();
    const at = this.#at = nowMs + timeoutMs;
    if (this.heapIndex < 0) {
      this.dueAt = at;
      DeadlineHeap.for(this.#ioLoop).add(this);
    } else if (at < this.dueAt) {
      this.dueAt = at;
      DeadlineHeap.for(this.#ioLoop).advance(this);
    }
  }

  /** Takes the limit away. */
  clear(): void {
    this.#at = Infinity;
  }

  /** Takes the limit away and lets go of its place; for the end of a connection. */
  dispose(): void {
    this.clear();
    if (this.heapIndex >= 0) DeadlineHeap.for(this.#ioLoop).remove(this);
  }

  /** Called by the heap. */
  due(nowMs: number): void {
    if (this.#at === Infinity) return;
    if (nowMs < this.#at) {
      this.dueAt = this.#at;
      DeadlineHeap.for(this.#ioLoop).add(this);
      return;
    }
    this.#at = Infinity;
    this.#onExpired();
  }
}
