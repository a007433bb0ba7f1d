/**
 * A place where coroutines wait to be notified. Tornado: `tornado.locks.Condition`.
 *
 * It keeps no state besides the line of those who wait: a notification that
 * nobody waits for is lost, so what they wait for belongs in a variable that they
 * check. Who was notified goes on when the notifier has come to its next `await`.
 * Time is that of the loop which was current when the condition was made.
 *
 * @module
 */

import type { Future } from "./future.ts";
import { PENDING, WaiterQueue, type WaitOptions } from "./waiter_queue.ts";

/**
 * Lets coroutines wait until another one notifies them. It needs no lock beside it.
 * Tornado: `tornado.locks.Condition`.
 *
 * @example Waking one of those who wait
 * ```ts
 * import { assert } from "@std/assert";
 * import { Condition } from "@denado/denado/ioloop";
 *
 * const condition = new Condition();
 * const notified = condition.wait();
 * condition.notify();
 * assert(await notified);
 * assert(!(await condition.wait({ timeoutMs: 0 })));
 * ```
 */
export class Condition {
  readonly #waiters = new WaiterQueue<boolean>(
    "wait for the condition",
    (waiter) => waiter.setResult(false),
  );

  /** The number of coroutines that wait. */
  get waiterCount(): number {
    return this.#waiters.size;
  }

  /**
   * Waits for {@linkcode notify}: `true` once notified, `false` when the time limit passes first.
   *
   * @throws the signal's reason when it is aborted first
   */
  wait(options: WaitOptions = {}): Future<boolean> {
    return this.#waiters.wait(options, undefined, () => PENDING);
  }

  /**
   * Wakes the `n` coroutines that have waited longest, or all if they are fewer.
   *
   * @throws {RangeError} if `n` is negative or not a number
   */
  notify(n = 1): void {
    if (!(n >= 0)) {
      throw new RangeError(
        `Cannot notify a negative number of waiters: ${Deno.inspect(n)}`,
      );
    }
    for (; n > 0 && this.#waiters.first !== undefined; n--) {
      this.#waiters.first.setResult(true);
    }
  }

  /** Wakes everybody who waits. */
  notifyAll(): void {
    this.#waiters.wakeAll(true);
  }

  /** `<Condition>`, or `<Condition waiters[2]>` while two wait. */
  toString(): string {
    const waiters = this.#waiters.size > 0 ? ` waiters[${this.#waiters.size}]` : "";
    return `<${this.constructor.name}${waiters}>`;
  }
}
