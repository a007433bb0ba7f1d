/**
 * The clock that drives a loop's timers, and the host's implementation of it.
 *
 * The event loop asks a clock for the time and for one wake-up at a time; it
 * touches `setTimeout` nowhere else, so a test hands it a clock that it moves
 * by hand.
 *
 * @module
 */

/** Time and one-shot wake-ups for an event loop. */
export interface Clock {
  /** Monotonic time in milliseconds. */
  now(): number;
  /** Calls `callback` once when about `delayMs` milliseconds have passed. */
  setTimer(callback: () => void, delayMs: number): unknown;
  /** Withdraws a wake-up; does nothing when it has happened. */
  clearTimer(timer: unknown): void;
}

/** `setTimeout` stores its delay in 31 bits; a longer one would fire at once. */
const MAX_HOST_DELAY_MS = 2 ** 31 - 1;

/** The host's clock: `performance.now()` and `setTimeout`. */
export const hostClock: Clock = {
  now: () => performance.now(),
  setTimer: (callback, delayMs) => setTimeout(callback, Math.min(Math.max(delayMs, 0), MAX_HOST_DELAY_MS)),
  clearTimer: (timer) => clearTimeout(timer as number),
};
