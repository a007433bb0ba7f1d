/**
 * Giving up a read: by a signal, or after a time.
 *
 * @module
 */

import { type IOLoop, TimeoutError } from "../ioloop/mod.ts";

/** Settings of one read. */
export interface ReadOptions {
  /** Gives the read up when it is aborted; what was received stays to be read. */
  readonly signal?: AbortSignal;
  /** Gives the read up with a `TimeoutError` after this time, in milliseconds. @default no limit */
  readonly timeoutMs?: number;
}

/** Watches the signal and the time limit of one read; {@linkcode dispose} ends that. */
export class ReadLimit {
  readonly #signal: AbortSignal | undefined;
  readonly #timer: { cancel(): void } | undefined;
  readonly #onGiveUp: () => void;
  #reason: { readonly error: unknown } | undefined;

  /** `onGiveUp` is called once when the limit is reached. */
  constructor(options: ReadOptions, ioLoop: IOLoop, onGiveUp: () => void) {
    const { signal, timeoutMs } = options;
    this.#onGiveUp = onGiveUp;
    this.#signal = signal;
    signal?.addEventListener("abort", this.#onAbort, { once: true });
    if (timeoutMs !== undefined) this.#timer = ioLoop.callLater(timeoutMs, this.#onTimeout, timeoutMs);
  }

  /** @throws the signal's reason, or a `TimeoutError`, if the limit was reached */
  check(): void {
    if (this.#reason !== undefined) throw this.#reason.error;
  }

  /** Stops watching. */
  dispose(): void {
    this.#signal?.removeEventListener("abort", this.#onAbort);
    this.#timer?.cancel();
  }

  #onAbort = (): void => this.#giveUp(this.#signal!.reason);

  #onTimeout = (timeoutMs: number): void =>
    this.#giveUp(new TimeoutError(`Cannot finish the read: nothing that satisfies it came within ${timeoutMs} ms`));

  #giveUp(error: unknown): void {
    if (this.#reason !== undefined) return;
    this.#reason = { error };
    this.#onGiveUp();
  }
}
