/**
 * A read that waits for more bytes.
 *
 * A plain object with its promise, which the stream tries again after each arrival; an async function would cost two
 * promises and a turn of the microtask queue more.
 *
 * @module
 */

import type { IntoAttempt, ReadAttempt } from "./read_attempt.ts";
import type { ReadLimit } from "./read_limit.ts";

/** What somebody waits for on a stream; one at a time. */
export class PendingRead<T> {
  /** What satisfies it. */
  readonly attempt: ReadAttempt<T>;
  /** Set if the bytes go to the caller's memory. */
  readonly into: IntoAttempt | undefined;
  /** Set if the read may be given up. */
  readonly limit: ReadLimit | undefined;
  /** Settled by {@linkcode resolve} or {@linkcode reject}. */
  readonly promise: Promise<T>;
  /** Fulfils the promise. */
  readonly resolve: (value: T) => void;
  /** Rejects the promise. */
  readonly reject: (error: unknown) => void;

  /** A read that waits. */
  constructor(attempt: ReadAttempt<T>, into: IntoAttempt | undefined, limit: ReadLimit | undefined) {
    this.attempt = attempt;
    this.into = into;
    this.limit = limit;
    this.promise = new Promise<T>(capture);
    this.resolve = resolveCaptured;
    this.reject = rejectCaptured;
  }

  /** The caller's memory that the channel may read into; none if the read may be given up, since it would go on then. */
  target(): Uint8Array<ArrayBuffer> | undefined {
    return this.limit === undefined ? this.into?.rest() : undefined;
  }
}

let resolveCaptured: (value: unknown) => void;
let rejectCaptured: (error: unknown) => void;

function capture(resolve: (value: never) => void, reject: (error: unknown) => void): void {
  resolveCaptured = resolve as (value: unknown) => void;
  rejectCaptured = reject;
}
