/**
 * The one host timer that a loop has armed.
 *
 * The host's timers are not needed for order, only to wake the loop, so the loop arms one for its earliest deadline.
 * The host may be early, and it cannot wait longer than about 24 days: whoever is woken looks at the clock again.
 *
 * @module
 */

import type { Clock } from "./clock.ts";

/** A wake-up at a time of a clock. */
export class Alarm {
  readonly #clock: Clock;
  readonly #onWake: () => void;
  #timer: unknown;
  #when = Infinity;

  /** Calls `onWake` when the time has come, or a little earlier. */
  constructor(clock: Clock, onWake: () => void) {
    this.#clock = clock;
    this.#onWake = onWake;
  }

  /** The time for which it is set, `Infinity` if it is not. */
  get when(): number {
    return this.#when;
  }

  /** Sets it for a time after `now`, and forgets the time for which it was set before. */
  set(when: number, now: number): void {
    this.clear();
    this.#when = when;
    this.#timer = this.#clock.setTimer(this.#ring, Math.ceil(when - now));
  }

  /** Forgets the time for which it was set. */
  clear(): void {
    if (this.#when === Infinity) return;
    this.#when = Infinity;
    this.#clock.clearTimer(this.#timer);
    this.#timer = undefined;
  }

  #ring = (): void => {
    this.#when = Infinity;
    this.#timer = undefined;
    this.#onWake();
  };
}
