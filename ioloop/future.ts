/**
 * Futures: promises one can look into, set from outside and cancel.
 *
 * A future is a promise for everybody who awaits it, and what asyncio's `Future`
 * is for everybody else: it tells whether it is done, hands out its result
 * without waiting and calls back through the loop, never synchronously. It does
 * not know how its result comes about; `Future.from` ties it to a promise.
 *
 * An error that nobody takes reaches the exception handler of the future's loop,
 * once, in the turn after it was set.
 *
 * @module
 */

import { CancelledError, InvalidStateError } from "./errors.ts";
import { EventLoop } from "./event_loop.ts";

/** Settings of a {@linkcode Future}. */
export interface FutureOptions {
  /** The loop that delivers the callbacks. @default the current one */
  readonly loop?: EventLoop;
}

/** What {@linkcode Future.addDoneCallback} calls. */
export type DoneCallback<T> = (future: Future<T>) => unknown;

type State<T> =
  | { readonly kind: "pending" }
  | { readonly kind: "result"; readonly value: T }
  | { readonly kind: "exception"; readonly error: unknown }
  | { readonly kind: "cancelled"; readonly error: CancelledError };

const PENDING = { kind: "pending" } as const;

/**
 * A result that is not there yet. Python: `asyncio.Future`, Tornado: `tornado.concurrent.Future`.
 *
 * @example Set from outside, awaited inside
 * ```ts
 * import { assert, assertEquals } from "@std/assert";
 * import { Future } from "@denado/denado/ioloop";
 *
 * const future = new Future<number>();
 * queueMicrotask(() => future.setResult(42));
 * assertEquals(await future, 42);
 * assert(future.done());
 * assertEquals(future.result(), 42);
 * ```
 */
export class Future<T> implements Promise<T> {
  readonly #loop: EventLoop;
  #state: State<T> = PENDING;
  #callbacks: DoneCallback<T>[] = [];
  #promise: PromiseWithResolvers<T> | undefined;
  #observed = false;

  /** Names the class in `Object.prototype.toString`. */
  readonly [Symbol.toStringTag] = "Future";

  /** A pending future on a loop. */
  constructor(options: FutureOptions = {}) {
    this.#loop = options.loop ?? EventLoop.current();
  }

  /** A future with the outcome of a promise or another thenable; a future comes back as it is. */
  static from<T>(
    awaitable: PromiseLike<T>,
    options: FutureOptions = {},
  ): Future<T> {
    if (awaitable instanceof Future) return awaitable;
    const future = new Future<T>(options);
    awaitable.then(
      (value) => future.done() || future.setResult(value),
      (error) => future.done() || future.setException(error),
    );
    return future;
  }

  /** The loop that delivers the callbacks. */
  get loop(): EventLoop {
    return this.#loop;
  }

  /** Whether there is a result or an exception, or the future was cancelled. */
  done(): boolean {
    return this.#state !== PENDING;
  }

  /** Whether {@linkcode cancel} ended it. */
  cancelled(): boolean {
    return this.#state.kind === "cancelled";
  }

  /** Ends a pending future with a {@linkcode CancelledError}; returns whether it was pending. */
  cancel(reason?: unknown): boolean {
    if (this.done()) return false;
    const options = reason === undefined ? undefined : { cause: reason };
    this.#settle({
      kind: "cancelled",
      error: new CancelledError(undefined, options),
    });
    return true;
  }

  /**
   * The result.
   *
   * @throws {InvalidStateError} while it is pending
   * @throws {CancelledError} if it was cancelled
   * @throws what was given to {@linkcode setException}
   */
  result(): T {
    this.#observed = true;
    if (this.#state.kind === "result") return this.#state.value;
    if (this.#state.kind === "pending") {
      throw new InvalidStateError(
        "Cannot take the result: the future is pending",
      );
    }
    throw this.#state.error;
  }

  /**
   * The exception, or `undefined` if there is a result.
   *
   * @throws {InvalidStateError} while it is pending
   * @throws {CancelledError} if it was cancelled
   */
  exception(): unknown {
    this.#observed = true;
    switch (this.#state.kind) {
      case "pending":
        throw new InvalidStateError(
          "Cannot take the exception: the future is pending",
        );
      case "cancelled":
        throw this.#state.error;
      case "exception":
        return this.#state.error;
      default:
        return undefined;
    }
  }

  /** Gives the future its result. @throws {InvalidStateError} if it is done already */
  setResult(value: T): void {
    this.#requirePending("a result");
    this.#settle({ kind: "result", value });
  }

  /** Gives the future its exception. @throws {InvalidStateError} if it is done already */
  setException(error: unknown): void {
    this.#requirePending("an exception");
    this.#settle({ kind: "exception", error });
    if (!this.#observed && !this.#loop.isClosed) {
      this.#loop.callSoon(this.#reportIfUnobserved);
    }
  }

  /** Calls `callback` with this future in the turn after it is done, also if it is done already. */
  addDoneCallback(callback: DoneCallback<T>): void {
    this.#observed = true;
    if (this.done()) this.#loop.callSoon(callback, this);
    else this.#callbacks.push(callback);
  }

  /** Takes back every registration of `callback`; returns how many there were. */
  removeDoneCallback(callback: DoneCallback<T>): number {
    const before = this.#callbacks.length;
    this.#callbacks = this.#callbacks.filter((registered) =>
      registered !== callback
    );
    return before - this.#callbacks.length;
  }

  /** Says that a failure of this future needs no report, because it is known by other means. Returns the future. */
  silence(): this {
    this.#observed = true;
    return this;
  }

  /** As `Promise.prototype.then`. */
  then<R1 = T, R2 = never>(
    onFulfilled?: ((value: T) => R1 | PromiseLike<R1>) | null,
    onRejected?: ((reason: unknown) => R2 | PromiseLike<R2>) | null,
  ): Promise<R1 | R2> {
    return this.#toPromise().then(onFulfilled, onRejected);
  }

  /** As `Promise.prototype.catch`. */
  catch<R = never>(
    onRejected?: ((reason: unknown) => R | PromiseLike<R>) | null,
  ): Promise<T | R> {
    return this.#toPromise().catch(onRejected);
  }

  /** As `Promise.prototype.finally`. */
  finally(onFinally?: (() => void) | null): Promise<T> {
    return this.#toPromise().finally(onFinally);
  }

  /** A short description for logs. */
  toString(): string {
    return `Future(${this.#state.kind})`;
  }

  #toPromise(): Promise<T> {
    this.#observed = true;
    switch (this.#state.kind) {
      case "pending":
        this.#promise ??= Promise.withResolvers<T>();
        return this.#promise.promise;
      case "result":
        return Promise.resolve(this.#state.value);
      default:
        return Promise.reject(this.#state.error);
    }
  }

  #requirePending(what: string): void {
    if (this.done()) {
      throw new InvalidStateError(
        `Cannot give the future ${what}: it is ${this.#state.kind} already`,
      );
    }
  }

  #settle(state: State<T>): void {
    this.#state = state;
    if (this.#promise !== undefined) {
      if (state.kind === "result") this.#promise.resolve(state.value);
      else if (state.kind !== "pending") this.#promise.reject(state.error);
    }
    const callbacks = this.#callbacks;
    if (callbacks.length === 0) return;
    this.#callbacks = [];
    if (this.#loop.isClosed) return;
    for (const callback of callbacks) this.#loop.callSoon(callback, this);
  }

  #reportIfUnobserved = (): void => {
    if (this.#observed || this.#state.kind !== "exception") return;
    this.#loop.callExceptionHandler({
      message: "Future exception was never retrieved",
      exception: this.#state.error,
    });
  };
}

/** Whether a value is a {@linkcode Future}. Tornado: `is_future`. */
export function isFuture(value: unknown): value is Future<unknown> {
  return value instanceof Future;
}
