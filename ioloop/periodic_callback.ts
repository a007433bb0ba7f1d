/**
 * Calls of a function at regular intervals. Tornado: `tornado.ioloop.PeriodicCallback`.
 *
 * Each time is reckoned from the one before it, not from when the call took
 * place, so the calls stay on a grid that begins with `start` and does not
 * drift. The next one is scheduled only when the last has finished, a promise
 * that it returned included; so calls never overlap, and one that takes longer
 * than a period, or a loop that was blocked, makes the schedule skip whole
 * periods instead of catching up in a burst.
 *
 * @module
 */

import type { TimerHandle } from "./handle.ts";
import { IOLoop } from "./ioloop.ts";

/** A span of time that can tell its length, such as a `Temporal.Duration`. */
export interface Duration {
  /** The length in the given unit. */
  total(unit: "milliseconds"): number;
}

/** Settings of a {@linkcode PeriodicCallback}. */
export interface PeriodicCallbackOptions {
  /**
   * The width of the window from which each period is chosen at random, as a fraction of the period: with 0.1 it varies
   * from 95 to 105 %. Keeps many callbacks from running at the same moments. From 0 to less than 2. @default 0
   */
  readonly jitter?: number;
  /** Gives numbers from 0 to 1 for the jitter. @default Math.random */
  readonly random?: () => number;
}

/**
 * Calls a function every `callbackTimeMs` milliseconds, from {@linkcode start} to {@linkcode stop}.
 *
 * @example Three ticks
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Event, PeriodicCallback } from "@denado/denado/ioloop";
 *
 * const enough = new Event();
 * let ticks = 0;
 * using periodic = new PeriodicCallback(() => {
 *   if (++ticks === 3) enough.set();
 * }, 1);
 * periodic.start();
 * await enough.wait();
 * assertEquals(ticks, 3);
 * ```
 */
export class PeriodicCallback implements Disposable {
  readonly #loop = IOLoop.current();
  readonly #callback: () => unknown;
  readonly #callbackTimeMs: number;
  readonly #jitter: number;
  readonly #random: () => number;
  #isRunning = false;
  #isInCall = false;
  #nextMs = 0;
  #timer: TimerHandle | undefined;

  /**
   * A schedule on the current loop, not started.
   *
   * @param callback what to call; the next call waits for a promise that it returns
   * @param callbackTimeMs the period in milliseconds, or a duration
   * @throws {TypeError} if the callback is not a function or the period is neither of the two
   * @throws {RangeError} if the period is not positive and finite, or the jitter out of its range
   */
  constructor(
    callback: () => unknown,
    callbackTimeMs: number | Duration,
    options: PeriodicCallbackOptions = {},
  ) {
    const { jitter = 0, random = Math.random } = options;
    if (typeof callback !== "function") {
      throw new TypeError(
        `Cannot schedule something that is not a function: ${Deno.inspect(callback)}`,
      );
    }
    if (!(jitter >= 0 && jitter < 2)) {
      throw new RangeError(
        `Cannot schedule periodic calls, jitter must be at least 0 and less than 2: ${jitter}`,
      );
    }
    this.#callback = callback;
    this.#callbackTimeMs = toPeriod(callbackTimeMs);
    this.#jitter = jitter;
    this.#random = random;
  }

  /** The period in milliseconds, without jitter. */
  get callbackTimeMs(): number {
    return this.#callbackTimeMs;
  }

  /** Whether it was started and not stopped since. */
  get isRunning(): boolean {
    return this.#isRunning;
  }

  /** Begins a schedule: the first call comes after one full period. Does nothing while it runs. */
  start(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#nextMs = this.#loop.time();
    // A call that began before the last stop schedules the next one itself when it has finished.
    if (!this.#isInCall) this.#scheduleNext();
  }

  /** Ends the schedule; a call that is in progress goes on. Does nothing if it does not run. */
  stop(): void {
    this.#isRunning = false;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** As {@linkcode stop}, for `using`. */
  [Symbol.dispose](): void {
    this.stop();
  }

  /** A short description for logs. */
  toString(): string {
    const name = this.#callback.name || "(anonymous)";
    return `PeriodicCallback(${name}, every ${this.#callbackTimeMs} ms)`;
  }

  #call = async (): Promise<void> => {
    this.#timer = undefined;
    this.#isInCall = true;
    try {
      await this.#callback();
    } catch (error) {
      this.#loop.eventLoop.callExceptionHandler({
        message: `Exception in callback ${this}`,
        exception: error,
      });
    } finally {
      this.#isInCall = false;
      this.#scheduleNext();
    }
  };

  #scheduleNext(): void {
    if (!this.#isRunning || this.#loop.eventLoop.isClosed) return;
    this.#advance(this.#loop.time());
    this.#timer = this.#loop.callAt(this.#nextMs, this.#call);
  }

  #advance(nowMs: number): void {
    const factor = this.#jitter === 0 ? 1 : 1 + this.#jitter * (this.#random() - 0.5);
    const periodMs = this.#callbackTimeMs * factor;
    const lateMs = nowMs - this.#nextMs;
    // A clock that went back gives a negative delay; the schedule still moves on, or the same time would come twice.
    const periods = lateMs >= 0 ? Math.floor(lateMs / periodMs) + 1 : 1;
    this.#nextMs += periods * periodMs;
    // Rounding can leave it at a time that is not in the future, which would be an extra call at once.
    if (lateMs >= 0 && this.#nextMs <= nowMs) this.#nextMs += periodMs;
  }
}

function toPeriod(callbackTimeMs: number | Duration): number {
  const periodMs = typeof callbackTimeMs === "number" ? callbackTimeMs : callbackTimeMs?.total?.("milliseconds");
  if (typeof periodMs !== "number") {
    throw new TypeError(
      `Cannot schedule periodic calls, the period must be milliseconds or a duration: ${Deno.inspect(callbackTimeMs)}`,
    );
  }
  if (!(periodMs > 0 && periodMs < Infinity)) {
    throw new RangeError(
      `Cannot schedule periodic calls, the period must be positive and finite: ${periodMs}`,
    );
  }
  return periodMs;
}
