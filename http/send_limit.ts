/**
 * How slowly a client may take a response.
 *
 * While output waits, it is looked at once in a while: what waited at the last look must be gone, or at least a part of
 * it that makes for a decent rate. Output that was queued since then is the application's doing, not the client's.
 *
 * Progress is what the system takes, and a system with large buffers takes it in large steps; the time between two
 * looks must be long enough for one.
 *
 * @module
 */

import type { IOLoop } from "../ioloop/mod.ts";
import { Deadline } from "./deadline.ts";

/** The least bytes per second of a response unless something else is asked for; Kestrel has the same. */
export const DEFAULT_MIN_RESPONSE_RATE = 240;
/** The time between two looks; nginx lets a client take nothing for as long. */
export const DEFAULT_WRITE_TIMEOUT_MS = 60_000;

/** The output of a connection: an `IOStream` fits. */
export interface Output {
  /** Bytes that wait. */
  readonly pendingWriteBytes: number;
  /** Bytes that were handed over, ever. */
  readonly bytesWritten: number;
  /** Whether nothing more can be handed over. */
  readonly closed: boolean;
}

/** Settings of a {@linkcode SendLimit}. */
export interface SendLimitOptions {
  /** The time between two looks, in milliseconds. @default 60000 */
  readonly writeTimeoutMs?: number;
  /** The least bytes per second, on average between two looks; 0 asks only that something was taken. @default 240 */
  readonly minResponseRate?: number;
}

/** Calls back when a client takes what waits for it too slowly. */
export class SendLimit {
  readonly #output: Output;
  readonly #ioLoop: IOLoop;
  readonly #timeoutMs: number;
  readonly #leastBytes: number;
  readonly #onTooSlow: () => void;
  readonly #deadline: Deadline;
  #watching = false;
  /** What had been queued, and what had been written, at the last look. */
  #queued = 0;
  #written = 0;

  /** A limit for one connection; it costs nothing before {@linkcode watch}. */
  constructor(output: Output, ioLoop: IOLoop, onTooSlow: () => void, options: SendLimitOptions = {}) {
    this.#output = output;
    this.#ioLoop = ioLoop;
    this.#onTooSlow = onTooSlow;
    this.#timeoutMs = options.writeTimeoutMs ?? DEFAULT_WRITE_TIMEOUT_MS;
    const rate = options.minResponseRate ?? DEFAULT_MIN_RESPONSE_RATE;
    this.#leastBytes = Math.max(1, rate * this.#timeoutMs / 1000);
    this.#deadline = new Deadline(ioLoop, this.#look);
  }

  /** Output waits: looks at it from now on, as long as some does. */
  watch(): void {
    if (this.#watching) return;
    this.#watching = true;
    this.#lookLater();
  }

  /** Lets go of the timer; for the end of a connection. */
  dispose(): void {
    this.#deadline.dispose();
  }

  #lookLater(): void {
    this.#written = this.#output.bytesWritten;
    this.#queued = this.#written + this.#output.pendingWriteBytes;
    this.#deadline.set(this.#timeoutMs, this.#ioLoop.time());
  }

  #look = (): void => {
    const { bytesWritten, pendingWriteBytes, closed } = this.#output;
    this.#watching = pendingWriteBytes > 0 && !closed;
    if (!this.#watching) return;
    const isSlow = bytesWritten < this.#queued && bytesWritten - this.#written < this.#leastBytes;
    if (isSlow) this.#onTooSlow();
    else this.#lookLater();
  };
}
