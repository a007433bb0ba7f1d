/**
 * Those who wait until what they wrote has left.
 *
 * @module
 */

interface PendingWrite {
  readonly end: number;
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Promises by the position in the stream at which they are kept, in order. */
export class PendingWrites {
  #pending: PendingWrite[] = [];

  /** How many wait. */
  get length(): number {
    return this.#pending.length;
  }

  /** A promise that is kept when everything up to `end` was written; no earlier one ends later. */
  waitFor(end: number): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#pending.push({ end, promise, resolve, reject });
    return promise;
  }

  /** Says that everything up to `written` has left. */
  resolveUpTo(written: number): void {
    const pending = this.#pending;
    let done = 0;
    while (done < pending.length && pending[done]!.end <= written) pending[done++]!.resolve();
    if (done > 0) pending.splice(0, done);
  }

  /** Fails all of them. One that nobody looks at is silent: the close callback tells it as well. */
  rejectAll(error: unknown): void {
    const pending = this.#pending;
    this.#pending = [];
    for (const { promise, reject } of pending) {
      promise.catch(ignore); // it still rejects for whoever awaits it
      reject(error);
    }
  }
}

function ignore(): void {}
