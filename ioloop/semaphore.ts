/**
 * Semaphores: a limited number of places. Tornado: `tornado.locks.Semaphore`.
 *
 * Places are given in the order in which coroutines came for them. A released
 * place goes straight to the first in line, so nobody who comes later can take it
 * on the way: while somebody waits, the value is 0. Time is that of the loop which
 * was current when the semaphore was made.
 *
 * @module
 */

import type { Future } from "./future.ts";
import { LockGuard } from "./lock_guard.ts";
import { PENDING, WaiterQueue, type WaitOptions } from "./waiter_queue.ts";

/**
 * Lets a limited number of coroutines use something at the same time. Tornado: `tornado.locks.Semaphore`.
 *
 * @example At most two at a time
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Semaphore } from "@denado/denado/ioloop";
 *
 * const semaphore = new Semaphore(2);
 * let active = 0;
 * let mostActive = 0;
 * await Promise.all([1, 2, 3, 4].map(async () => {
 *   using _guard = await semaphore.acquire();
 *   mostActive = Math.max(mostActive, ++active);
 *   await Promise.resolve();
 *   active--;
 * }));
 * assertEquals(mostActive, 2);
 * ```
 */
export class Semaphore {
  #value: number;
  readonly #waiters = new WaiterQueue<LockGuard>("acquire the semaphore");

  /**
   * A semaphore that can be acquired `value` times before it has to be released.
   *
   * @throws {RangeError} if `value` is not an integer of at least 0
   */
  constructor(value = 1) {
    if (!Number.isInteger(value) || value < 0) {
      throw new RangeError(
        `Cannot create a semaphore, its value must be an integer of at least 0: ${Deno.inspect(value)}`,
      );
    }
    this.#value = value;
  }

  /** How many times it can be acquired now without waiting. */
  get value(): number {
    return this.#value;
  }

  /** The number of coroutines that wait. */
  get waiterCount(): number {
    return this.#waiters.size;
  }

  /**
   * Takes one of the places, waiting for one if necessary.
   *
   * @throws {TimeoutError} when the time limit passes first; the value stays as it was
   * @throws the signal's reason when it is aborted first; the value stays as it was
   */
  acquire(options: WaitOptions = {}): Future<LockGuard> {
    return this.#waiters.wait(options, undefined, () => {
      if (this.#value === 0) return PENDING;
      this.#value--;
      return this.#newGuard();
    });
  }

  /** Gives a place to the first in line, or adds one; may be called more often than {@linkcode acquire}. */
  release(): void {
    const next = this.#waiters.first;
    if (next === undefined) this.#value++;
    else next.setResult(this.#newGuard());
  }

  /** `<Semaphore [unlocked,value:1]>`, or `<Semaphore [locked,waiters:2]>` while two wait. */
  toString(): string {
    const state = this.#value === 0 ? "locked" : `unlocked,value:${this.#value}`;
    const waiters = this.#waiters.size > 0 ? `,waiters:${this.#waiters.size}` : "";
    return `<${this.constructor.name} [${state}${waiters}]>`;
  }

  #newGuard(): LockGuard {
    return new LockGuard(() => this.release());
  }
}

/**
 * A {@linkcode Semaphore} that cannot be released more often than it was acquired.
 * Tornado: `tornado.locks.BoundedSemaphore`.
 *
 * @example One release too many
 * ```ts
 * import { assertThrows } from "@std/assert";
 * import { BoundedSemaphore } from "@denado/denado/ioloop";
 *
 * const semaphore = new BoundedSemaphore(3);
 * assertThrows(() => semaphore.release(), RangeError);
 * ```
 */
export class BoundedSemaphore extends Semaphore {
  readonly #initialValue: number;

  /** As {@linkcode Semaphore}; `value` is also the upper bound. */
  constructor(value = 1) {
    super(value);
    this.#initialValue = value;
  }

  /** As {@linkcode Semaphore.release}. @throws {RangeError} if nothing is acquired */
  override release(): void {
    if (this.value >= this.#initialValue) {
      throw new RangeError(
        `Cannot release the semaphore more often than it was acquired: value ${this.value}`,
      );
    }
    super.release();
  }
}
