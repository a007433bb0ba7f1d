/**
 * A lock for coroutines. Tornado: `tornado.locks.Lock`.
 *
 * It is held by one coroutine at a time and goes from one to the next in the order
 * in which they came: a lock that is released while somebody waits stays locked,
 * so nobody who comes later can take it on the way. It knows nothing of workers.
 * Time is that of the loop which was current when the lock was made.
 *
 * @module
 */

import type { Future } from "./future.ts";
import { LockGuard } from "./lock_guard.ts";
import { PENDING, WaiterQueue, type WaitOptions } from "./waiter_queue.ts";

/**
 * Lets one coroutine at a time use something. Tornado: `tornado.locks.Lock`.
 *
 * It is not re-entrant: who holds it and acquires it again waits for itself.
 *
 * @example Two steps that nobody may come between
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Lock } from "@denado/denado/ioloop";
 *
 * const lock = new Lock();
 * let balance = 100;
 * async function withdraw(amount: number) {
 *   using _guard = await lock.acquire();
 *   const before = balance;
 *   await Promise.resolve();
 *   balance = before - amount;
 * }
 * await Promise.all([withdraw(10), withdraw(20)]);
 * assertEquals(balance, 70);
 * ```
 */
export class Lock {
  #locked = false;
  readonly #waiters = new WaiterQueue<LockGuard>("acquire the lock");

  /** Whether somebody holds it. */
  get isLocked(): boolean {
    return this.#locked;
  }

  /** The number of coroutines that wait. */
  get waiterCount(): number {
    return this.#waiters.size;
  }

  /**
   * Takes the lock, waiting for it if necessary.
   *
   * @throws {TimeoutError} when the time limit passes first; who holds the lock keeps it
   * @throws the signal's reason when it is aborted first
   */
  acquire(options: WaitOptions = {}): Future<LockGuard> {
    return this.#waiters.wait(options, undefined, () => {
      if (this.#locked) return PENDING;
      this.#locked = true;
      return this.#newGuard();
    });
  }

  /** Gives the lock to the first in line, or unlocks it. @throws {Error} if it is not locked */
  release(): void {
    if (!this.#locked) {
      throw new Error("Cannot release the lock: it is not locked");
    }
    const next = this.#waiters.first;
    if (next === undefined) this.#locked = false;
    else next.setResult(this.#newGuard());
  }

  /** `<Lock [unlocked]>`, or `<Lock [locked,waiters:2]>` while two wait. */
  toString(): string {
    const state = this.#locked ? "locked" : "unlocked";
    const waiters = this.#waiters.size > 0 ? `,waiters:${this.#waiters.size}` : "";
    return `<${this.constructor.name} [${state}${waiters}]>`;
  }

  #newGuard(): LockGuard {
    return new LockGuard(() => this.release());
  }
}
