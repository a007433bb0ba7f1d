/**
 * Letting time pass: a number of milliseconds, or one turn of the loop.
 *
 * @module
 */

import { EventLoop } from "./event_loop.ts";
import { Future } from "./future.ts";
import type { TimerHandle } from "./handle.ts";

/** Settings of {@linkcode sleep}. */
export interface SleepOptions {
  /** Cancels the future and its timer when it aborts; those who await it get the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * A future that is done when `ms` milliseconds have passed. Tornado: `gen.sleep`.
 *
 * Cancelling it withdraws the timer. The future fails with a `TypeError` if `ms` is not a number.
 *
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { IOLoop, sleep } from "@denado/denado/ioloop";
 *
 * const loop = IOLoop.current();
 * const start = loop.time();
 * await sleep(5);
 * assert(loop.time() >= start + 5);
 * ```
 */
export function sleep(ms: number, options: SleepOptions = {}): Future<void> {
  const loop = EventLoop.current();
  let timer: TimerHandle | undefined;
  const future = new Future<void>({ loop, signal: options.signal, onCancel: () => timer?.cancel() });
  if (future.done()) return future;
  try {
    timer = loop.callLater(ms, () => future.setResult());
  } catch (error) {
    future.setException(error);
  }
  return future;
}

/** What {@linkcode moment} is: each wait for it takes one turn of the current loop. */
export interface Moment extends PromiseLike<void> {
  /** Names it in `Object.prototype.toString`. */
  readonly [Symbol.toStringTag]: "Moment";
}

/**
 * Lets the loop run for one turn, each time it is awaited or yielded. Tornado: `gen.moment`.
 *
 * A long computation that awaits it now and then leaves the others their turn.
 *
 * @example Taking turns
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { moment, multi } from "@denado/denado/ioloop";
 *
 * let seen = "";
 * const say = async (name: string) => {
 *   for (let round = 0; round < 3; round++) {
 *     seen += name;
 *     await moment;
 *   }
 * };
 * await multi([say("a"), say("b")]);
 * assertEquals(seen, "ababab");
 * ```
 */
export const moment: Moment = {
  [Symbol.toStringTag]: "Moment",
  then(onFulfilled, onRejected) {
    const { promise, resolve } = Promise.withResolvers<void>();
    EventLoop.current().callSoon(resolve);
    return promise.then(onFulfilled, onRejected);
  },
};
