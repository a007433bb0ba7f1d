/**
 * A clock that a test moves by hand, for an event loop or anything else that
 * takes a `Clock`.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import type { Clock } from "@denado/denado/ioloop";

interface Timer {
  readonly when: number;
  readonly callback: () => void;
}

/** Time stands still until {@linkcode advance} is called. */
export class ManualClock implements Clock {
  #now: number;
  #timers = new Set<Timer>();

  constructor(startMs = 0) {
    this.#now = startMs;
  }

  now(): number {
    return this.#now;
  }

  setTimer(callback: () => void, delayMs: number): unknown {
    const timer = { when: this.#now + Math.max(delayMs, 0), callback };
    this.#timers.add(timer);
    return timer;
  }

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

  /** Moves on by `ms`, stops at each wake-up on the way, and lets the loops settle there and at the end. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settle();
    for (;;) {
      const next = [...this.#timers].filter((timer) => timer.when <= end).sort((a, b) => a.when - b.when)[0];
      if (next === undefined) {
        break;
      }
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
