/**
 * How slowly a client may send the body of a request.
 *
 * There are two limits: the time for the whole body, and a rate. The rate counts only while it is the client's turn,
 * so that a delegate which takes its time is no reason to close. It is looked at once a window, because networks stall,
 * and because nothing should be computed for each piece that arrives.
 *
 * It reads no clock of its own and knows no socket: the connection says what time it is and how much has come.
 *
 * @module
 */

import type { Deadline } from "./deadline.ts";

/** The least bytes per second of a body unless something else is asked for; Kestrel has the same. */
export const DEFAULT_MIN_BODY_RATE = 240;
/** The rate holds on average over this much time of waiting. Apache grants as much at the beginning of a body. */
const WINDOW_MS = 20_000;

/** Watches one body after the other. */
export class ReceiveLimit {
  readonly #deadline: Deadline;
  #minRate = 0;
  #endsAt = Infinity;
  /** Since when the client is awaited; NaN while it is not. */
  #waitingSince = NaN;
  #begun = false;
  /** What was waited and received in the current window. */
  #waitedMs = 0;
  #received = 0;

  /** A limit that moves `deadline` while a body is received. */
  constructor(deadline: Deadline) {
    this.#deadline = deadline;
  }

  /**
   * The client is awaited from now on; with the first call of a body its limits begin.
   *
   * @param timeoutMs the time for the whole body, `undefined` for no limit
   * @param minRate the least bytes per second, 0 for no limit
   */
  wait(nowMs: number, timeoutMs: number | undefined, minRate: number): void {
    this.#waitingSince = nowMs;
    if (this.#begun) return;
    this.#begun = true;
    this.#minRate = minRate;
    this.#endsAt = nowMs + (timeoutMs ?? Infinity);
    this.#startWindow();
    this.#setDeadline(nowMs);
  }

  /** The client has sent something and is not awaited any more. */
  received(byteCount: number, nowMs: number): void {
    this.#waitedMs += nowMs - this.#waitingSince;
    this.#waitingSince = NaN;
    this.#received += byteCount;
  }

  /** Called when the deadline has passed: tells whether the client is too slow; if not, the deadline is set anew. */
  isPassed(nowMs: number): boolean {
    if (nowMs >= this.#endsAt) return true;
    if (!Number.isNaN(this.#waitingSince)) {
      this.#waitedMs += nowMs - this.#waitingSince;
      this.#waitingSince = nowMs;
    }
    if (this.#waitedMs >= WINDOW_MS) {
      if (this.#received * 1000 < this.#minRate * this.#waitedMs) return true;
      this.#startWindow();
    }
    this.#setDeadline(nowMs);
    return false;
  }

  /** The body is complete, or of no interest any more. */
  end(): void {
    if (!this.#begun) return;
    this.#begun = false;
    this.#deadline.clear();
  }

  #startWindow(): void {
    this.#waitedMs = 0;
    this.#received = 0;
  }

  #setDeadline(nowMs: number): void {
    const windowMs = this.#minRate > 0 ? WINDOW_MS - this.#waitedMs : Infinity;
    this.#deadline.set(Math.min(windowMs, this.#endsAt - nowMs), nowMs);
  }
}
