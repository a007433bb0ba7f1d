/**
 * Pings at an interval, and the end of a connection whose peer does not answer.
 *
 * Any bytes from the peer count as an answer, since a pong waits behind a large message that is under way. And while
 * this side does not read, because a handler takes its time, nothing can be said about the peer: it is asked again.
 *
 * Tornado: `WebSocketProtocol13.periodic_ping`.
 *
 * @module
 */

import { genLog, type IOLoop, type TimerHandle } from "../../ioloop/mod.ts";

/** What a {@linkcode KeepAlive} does, and for whom. */
export interface KeepAliveOptions {
  /** From one ping to the next, in milliseconds; 0 for no pings. */
  readonly intervalMs: number;
  /** How long the peer may be silent after a ping, in milliseconds, at most the interval; 0 for no limit. @default the interval */
  readonly timeoutMs?: number | undefined;
  /** Sends a ping. */
  readonly sendPing: () => void;
  /** Whether what the peer sends is being read. */
  readonly isReading: () => boolean;
  /** Called when the peer has been silent for too long. */
  readonly onTimeout: () => void;
}

let clampWarned = false;

/** Sends pings until it is stopped. */
export class KeepAlive {
  readonly #ioLoop: IOLoop;
  readonly #options: KeepAliveOptions;
  readonly #timeoutMs: number;
  #timer: TimerHandle | undefined;
  #pingedAtMs = 0;
  #alive = false;

  /** Pings that have not begun. @throws {RangeError} if a time is negative */
  constructor(ioLoop: IOLoop, options: KeepAliveOptions) {
    const { intervalMs, timeoutMs = intervalMs } = options;
    if (!(intervalMs >= 0 && timeoutMs >= 0)) {
      throw new RangeError(`Cannot ping every ${intervalMs} ms with a limit of ${timeoutMs} ms: use 0 or more`);
    }
    this.#ioLoop = ioLoop;
    this.#options = options;
    this.#timeoutMs = Math.min(timeoutMs, intervalMs);
    if (intervalMs > 0 && timeoutMs > intervalMs && !clampWarned) {
      clampWarned = true; // once, not for each connection
      genLog.warning(
        `The websocketPingTimeoutMs (${timeoutMs}) cannot be longer than the websocketPingIntervalMs ` +
          `(${intervalMs}): it is ${intervalMs} now`,
      );
    }
  }

  /** Begins; the first ping comes after one interval. */
  start(): void {
    if (this.#options.intervalMs > 0) this.#timer = this.#ioLoop.callLater(this.#options.intervalMs, this.#ping);
  }

  /** Says that the peer has sent something. */
  noteActivity(): void {
    this.#alive = true;
  }

  /** Ends. Idempotent. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /**
   * How long to wait for the next ping, in milliseconds. Tornado: `ping_sleep_time`.
   *
   * @param options When the last one was sent, the interval, and what time it is.
   */
  static pingSleepTime(
    options: { readonly lastPingMs: number; readonly intervalMs: number; readonly nowMs: number },
  ): number {
    return Math.max(0, options.lastPingMs + options.intervalMs - options.nowMs);
  }

  #ping = (): void => {
    this.#alive = false;
    this.#pingedAtMs = this.#ioLoop.time();
    this.#options.sendPing();
    if (this.#timer === undefined) return; // stopped by what sending did
    this.#timer = this.#timeoutMs === 0
      ? this.#ioLoop.callLater(this.#options.intervalMs, this.#ping)
      : this.#ioLoop.callLater(this.#timeoutMs, this.#check);
  };

  #check = (): void => {
    if (!this.#alive && this.#options.isReading()) {
      this.#timer = undefined;
      return this.#options.onTimeout();
    }
    const nowMs = this.#ioLoop.time();
    const { intervalMs } = this.#options;
    const sleepMs = KeepAlive.pingSleepTime({ lastPingMs: this.#pingedAtMs, intervalMs, nowMs });
    this.#timer = this.#ioLoop.callLater(sleepMs, this.#ping);
  };
}
