/**
 * Those who wait until what they wrote has left.
 *
 * @module
 */

/** One who waits: a promise, and the position in the stream at which it is kept. */
class PendingWrite {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
  next: PendingWrite | undefined;

  constructor(readonly end: number) {
    this.promise = new Promise<void>(capture);
    this.resolve = resolveCaptured;
    this.reject = rejectCaptured;
  }
}

let resolveCaptured: () => void;
let rejectCaptured: (error: unknown) => void;

function capture(resolve: () => void, reject: (error: unknown) => void): void {
  resolveCaptured = resolve;
  rejectCaptured = reject;
}

/** Promises by the position in the stream at which they are kept, in order. */
export class PendingWrites {
  #first: PendingWrite | undefined;
  #last: PendingWrite | undefined;

  /** Whether nobody waits. */
  get isEmpty(): boolean {
    return this.#first === undefined;
  }

  /** A promise that is kept when everything up to `end` was written; no earlier one ends later. */
  waitFor(end: number): Promise<void> {
    const write = new PendingWrite(end);
    if (this.#last === undefined) this.#first = write;
    else this.#last.next = write;
    this.#last = write;
    return write.promise;
  }

  /** Says that everything up to `written` has left. */
  resolveUpTo(written: number): void {
    let write = this.#first;
    for (; write !== undefined && write.end <= written; write = write.next) write.resolve();
    this.#first = write;
    if (write === undefined) this.#last = undefined;
  }

  /** Fails all of them. One that nobody looks at is silent: the close callback tells it as well. */
  rejectAll(error: unknown): void {
    let write = this.#first;
    this.#first = this.#last = undefined;
    for (; write !== undefined; write = write.next) {
      write.promise.catch(ignore); // it still rejects for whoever awaits it
      write.reject(error);
    }
  }
}

function ignore(): void {}
