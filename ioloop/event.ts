/**
 * A flag that coroutines wait for. Tornado: `tornado.locks.Event`.
 *
 * Waking never runs the other coroutine's code: who waited goes on when the one
 * that set the event has come to its next `await`, also if the event was cleared
 * in between. Time is that of the loop which was current when the event was made.
 *
 * @module
 */

import type { Future } from "./future.ts";
import { PENDING, WaiterQueue, type WaitOptions } from "./waiter_queue.ts";

/**
 * Lets coroutines wait until something has happened. Tornado: `tornado.locks.Event`.
 *
 * @example Waiting until a server is ready
 * ```ts
 * import { assert } from "@std/assert";
 * import { Event } from "@denado/denado/ioloop";
 *
 * const ready = new Event();
 * queueMicrotask(() => ready.set());
 * await ready.wait();
 * assert(ready.isSet);
 * await ready.wait(); // at once: it stays set until clear()
 * ```
 */
export class Event {
  #isSet = false;
  readonly #waiters = new WaiterQueue<void>("wait for the event");

  /** Whether it has happened: {@linkcode set} was called, and {@linkcode clear} was not called since. */
  get isSet(): boolean {
    return this.#isSet;
  }

  /** The number of coroutines that wait. */
  get waiterCount(): number {
    return this.#waiters.size;
  }

  /** Wakes everybody who waits, and lets those who come later pass. */
  set(): void {
    this.#isSet = true;
    this.#waiters.wakeAll();
  }

  /** Makes those who come from now on wait; who was woken before stays awake. */
  clear(): void {
    this.#isSet = false;
  }

  /**
   * Waits until the event is set; at once if it is.
   *
   * @throws {TimeoutError} when the time limit passes first
   * @throws the signal's reason when it is aborted first
   */
  wait(options: WaitOptions = {}): Future<void> {
    return this.#waiters.wait(
      options,
      undefined,
      () => this.#isSet ? undefined : PENDING,
    );
  }

  /** `<Event set>` or `<Event clear>`. */
  toString(): string {
    return `<${this.constructor.name} ${this.#isSet ? "set" : "clear"}>`;
  }
}
