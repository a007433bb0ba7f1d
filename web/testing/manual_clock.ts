/**
 * A clock that a test moves by hand, for an event loop or anything else that
 * takes a `Clock`.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import type { Clock } from "../../ioloop/mod.ts";

interface Timer {
  readonly when: number;
  readonly callback: () => void;
}

/**
 * Time stands still until {@linkcode advance} is called.
 *
 * @example A minute in no time
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { IOLoop } from "@denado/denado/ioloop";
 * import { ManualClock } from "@denado/denado/testing";
 *
 * const clock = new ManualClock();
 * const loop = new IOLoop({ clock, makeCurrent: false });
 * const fired: number[] = [];
 * loop.callLater(60_000, () => fired.push(loop.time()));
 * await clock.advance(59_999);
 * assertEquals(fired, []);
 * await clock.advance(1);
 * assertEquals(fired, [60_000]);
 * loop.close();
 * ```
 */
export class ManualClock implements Clock {
  #now: number;
  readonly #timers = new Set<Timer>();

  /** A clock that shows a time, in milliseconds. */
  constructor(startMs = 0) {
    this.#now = startMs;
  }

  /** The time that it shows. */
  now(): number {
    return this.#now;
  }

  /** Arms a wake-up; for the loop. */
  setTimer(callback: () => void, delayMs: number): unknown {
    const timer = { when: this.#now + Math.max(delayMs, 0), callback };
    this.#timers.add(timer);
    return timer;
  }

  /** Disarms a wake-up; for the loop. */
  clearTimer(timer: unknown): void {
    this.#timers.delete(timer as Timer);
  }

  /** The number of wake-ups that are armed. */
  get armed(): number {
    return this.#timers.size;
  }

  /** Jumps to a time, also backwards, without letting timers fire on the way. */
  jump(toMs: number): void {
    this.#now = toMs;
  }

  /**
   * Moves on by some milliseconds, stops at each wake-up on the way, and lets the loops settle there and at the end.
   */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settle();
    for (;;) {
      const next = [...this.#timers].filter((timer) => timer.when <= end).sort((a, b) => a.when - b.when)[0];
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.when);
      next.callback();
      await settle();
    }
    this.#now = end;
    await settle();
  }
}

/** Lets microtasks and immediates run, and so every turn of a loop that is due. */
export async function settle(): Promise<void> {
  for (let round = 0; round < 5; round++) {
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}
