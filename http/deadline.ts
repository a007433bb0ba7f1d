/**
 * A time limit that is moved often and reached seldom.
 *
 * A connection moves its limit with every request. Scheduling and cancelling a
 * timer each time would cost more than parsing the request, so the timer stays
 * where it is: when it fires early it is set again for the rest.
 *
 * @module
 */

import type { IOLoop, TimerHandle } from "../ioloop/mod.ts";

/** Calls back once when a limit passes that was neither moved nor cleared. */
export class Deadline {
  readonly #ioLoop: IOLoop;
  readonly #onExpired: () => void;
  #at = Infinity;
  #timer: TimerHandle | undefined;

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
    this.#at = nowMs + timeoutMs;
    if (this.#timer !== undefined && this.#timer.when > this.#at) this.#disarm();
    if (this.#timer === undefined) this.#arm();
  }

  /** Takes the limit away. */
  clear(): void {
    this.#at = Infinity;
  }

  /** Takes the limit away and lets go of the timer; for the end of a connection. */
  dispose(): void {
    this.clear();
    this.#disarm();
  }

  #arm(): void {
    this.#timer = this.#ioLoop.callAt(this.#at, this.#fired);
  }

  #disarm(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #fired = (): void => {
    this.#timer = undefined;
    if (this.#at === Infinity) return;
    if (this.#ioLoop.time() < this.#at) return this.#arm();
    this.#at = Infinity;
    this.#onExpired();
  };
}
