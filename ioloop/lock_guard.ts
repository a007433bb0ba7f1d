/**
 * What `acquire` of a lock or a semaphore gives: the duty to release, for `using`.
 *
 * It knows only what to call, so every kind of lock can hand it out.
 *
 * @module
 */

/**
 * What `acquire` gives: releases once, at the end of a `using` or `await using` scope or by {@linkcode release}.
 * Who prefers Tornado's way ignores it and calls `release` of the lock or semaphore.
 */
export class LockGuard implements Disposable, AsyncDisposable {
  #release: (() => void) | undefined;

  /** Made by `acquire`. */
  constructor(release: () => void) {
    this.#release = release;
  }

  /** Releases what was acquired; a second call does nothing. */
  release(): void {
    const release = this.#release;
    this.#release = undefined;
    release?.();
  }

  /** As {@linkcode release}, for `using`. */
  [Symbol.dispose](): void {
    this.release();
  }

  /** As {@linkcode release}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return Promise.try(() => this.release());
  }
}
