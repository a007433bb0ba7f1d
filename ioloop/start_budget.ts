/**
 * A limit on the share of the loop's time that goes into starting threads.
 *
 * `new Worker` returns only when the new thread has set itself up; the loop
 * stands still for some 50 ms. Workers that are interrupted have to be replaced,
 * and whoever sends requests and hangs up could have that done all the time. So a
 * start which took a while is followed by a pause in proportion.
 *
 * @module
 */

/** Where time comes from, in milliseconds; `performance` is one. */
export interface MonotonicTime {
  /** Milliseconds since some fixed moment. */
  now(): number;
}

/** Measures what is done in starts, and says when the next one may come. */
export class StartBudget {
  readonly #share: number;
  readonly #time: MonotonicTime;
  #nextMs = -Infinity;

  /** Allows `share` of the time, more than 0 and at most 1, for starts. */
  constructor(share: number, time: MonotonicTime = performance) {
    this.#share = share;
    this.#time = time;
  }

  /** How long the next start has to wait, in milliseconds; 0 if it need not. */
  get waitMs(): number {
    return Math.max(this.#nextMs - this.#time.now(), 0);
  }

  /** Does a start, also before its time, and takes down what it costs. */
  spend<T>(start: () => T): T {
    const beginMs = this.#time.now();
    try {
      return start();
    } finally {
      const tookMs = this.#time.now() - beginMs;
      this.#nextMs = Math.max(this.#nextMs, beginMs) + tookMs / this.#share;
    }
  }
}
