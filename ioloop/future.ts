/**
 * Futures: promises one can look into, set from outside and cancel.
 *
 * A future is a promise for everybody who awaits it, and what asyncio's `Future` is for everybody else: it tells
 * whether it is done, hands out its result without waiting and calls back through the loop, never synchronously. It
 * does not know how its result comes about; {@linkcode Future.from} ties it to a promise and {@linkcode Future.spawn}
 * to a function that can be told to give up.
 *
 * Done-callbacks run in the turn after the future is settled, in the order of registration, each in the async context
 * in which it was registered. That context is kept by a promise reaction, since a snapshot would cost fifteen times as
 * much: when the future is settled its promise is, and the reaction of each registration puts the callback into the
 * loop's queue.
 *
 * An error is taken by whoever awaits the future or asks for its result or exception. One that nobody has taken, when
 * the done-callbacks have run and the host has drained its microtasks, reaches the exception handler of the future's
 * loop, once. That is when the host looks for unhandled rejections, too.
 *
 * @module
 */

import { AsyncLocalStorage } from "node:async_hooks";
import { setImmediate } from "node:timers";
import { CancelledError, InvalidStateError, isCancellation } from "./errors.ts";
import { EventLoop } from "./event_loop.ts";
import { isThenable } from "./thenable.ts";

/** Settings of a {@linkcode Future}. */
export interface FutureOptions {
  /** The loop that delivers the callbacks. @default the current one */
  readonly loop?: EventLoop;
  /** Cancels the future when it aborts; those who await it get the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Called synchronously when the future was cancelled, with what those who await it get; the place to withdraw a timer
   * or a request. What it throws goes to the loop's exception handler.
   */
  readonly onCancel?: ((reason: unknown) => void) | undefined;
}

/** What {@linkcode Future.addDoneCallback} calls. */
export type DoneCallback<T> = (future: Future<T>) => unknown;

type State<T> =
  | { readonly kind: "pending" }
  | { readonly kind: "result"; readonly value: T }
  | { readonly kind: "exception"; readonly error: unknown }
  | { readonly kind: "cancelled"; readonly error: unknown };

// Methods where one would write properties: so a Future<number> is a Future<unknown> for the compiler.
interface Registration<T> {
  callback(future: Future<T>): unknown;
  removed: boolean;
}

interface Resolvers<T> {
  readonly promise: Promise<T>;
  resolve(value: T): void;
  reject(error: unknown): void;
}

/** What only a few futures have; kept apart, so that the others stay small. */
interface Extras {
  readonly onCancel: ((reason: unknown) => void) | undefined;
  readonly signal: AbortSignal | undefined;
  readonly onAbort: () => void;
  readonly origin: Error | undefined;
}

const PENDING = { kind: "pending" } as const;
const STATE_NAMES = { pending: "pending", result: "done", exception: "failed", cancelled: "cancelled" } as const;

/** Runs a function outside of every `AsyncLocalStorage` context, so that a report does not carry a stranger's. */
const inRootContext = AsyncLocalStorage.snapshot();
const checks: (() => void)[] = [];

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
  #promise: Resolvers<T> | undefined;
  #registrations: Registration<T>[] | undefined;
  #extras: Extras | undefined;
  #taken = false;

  /** A pending future on a loop; cancelled at once if the signal is aborted already. */
  constructor(options: FutureOptions = {}) {
    const { loop = EventLoop.current(), signal, onCancel } = options;
    this.#loop = loop;
    if (signal !== undefined || onCancel !== undefined || loop.debug) this.#setExtras(signal, onCancel);
  }

  /**
   * A future with the outcome of a promise or another thenable; a future comes back as it is.
   *
   * If the future is settled before, a failure of the promise goes to the loop's exception handler.
   */
  static from<T>(awaitable: PromiseLike<T>, options: FutureOptions = {}): Future<T> {
    if (awaitable instanceof Future) return awaitable;
    const future = new Future<T>(options);
    future.#follow(awaitable);
    return future;
  }

  /**
   * Runs an async function that can be cancelled, and returns the future of its result. Python: `asyncio.create_task`.
   *
   * `fn` is called at once, with a signal that {@linkcode cancel} aborts. The future is cancelled at that moment; it does
   * not wait until `fn` has come to its end. What `fn` fails with later goes to the loop's exception handler, unless it
   * is the cancellation itself. If `options.signal` is aborted already, `fn` is not called.
   *
   * @example Cancelling reaches the innermost wait
   * ```ts
   * import { assert, assertRejects } from "@std/assert";
   * import { CancelledError, Future, sleep } from "@denado/denado/ioloop";
   *
   * const task = Future.spawn(async (signal) => {
   *   await sleep(60_000, { signal });
   *   return "never";
   * });
   * task.cancel();
   * assert(task.cancelled());
   * await assertRejects(() => task, CancelledError);
   * ```
   */
  static spawn<T>(fn: (signal: AbortSignal) => PromiseLike<T> | T, options: FutureOptions = {}): Future<T> {
    const controller = new AbortController();
    const task = new Future<T>({
      ...options,
      onCancel: (reason) => {
        controller.abort(reason);
        options.onCancel?.(reason);
      },
    });
    if (task.done()) return task;
    try {
      const outcome = fn(controller.signal);
      if (isThenable<T>(outcome)) task.#follow(outcome);
      else if (!task.done()) task.setResult(outcome);
    } catch (error) {
      task.#fail(error);
    }
    return task;
  }

  /** Names the class in `Object.prototype.toString`. */
  get [Symbol.toStringTag](): string {
    return "Future";
  }

  /** The loop that delivers the callbacks. */
  get loop(): EventLoop {
    return this.#loop;
  }

  /** Whether there is a result or an exception, or the future was cancelled. */
  done(): boolean {
    return this.#state !== PENDING;
  }

  /** Whether {@linkcode cancel} or its signal ended it. */
  cancelled(): boolean {
    return this.#state.kind === "cancelled";
  }

  /** Ends a pending future with a {@linkcode CancelledError}, whose cause is `reason`; returns whether it was pending. */
  cancel(reason?: unknown): boolean {
    if (this.done()) return false;
    this.#cancelWith(new CancelledError(undefined, reason === undefined ? undefined : { cause: reason }));
    return true;
  }

  /**
   * The result.
   *
   * @throws {InvalidStateError} while it is pending
   * @throws {CancelledError} if it was cancelled; the signal's reason if a signal did it
   * @throws what was given to {@linkcode setException}
   */
  result(): T {
    this.#taken = true;
    if (this.#state.kind === "result") return this.#state.value;
    if (this.#state.kind === "pending") {
      throw new InvalidStateError("Cannot take the result: the future is pending");
    }
    throw this.#state.error;
  }

  /**
   * The exception, or `undefined` if there is a result.
   *
   * @throws {InvalidStateError} while it is pending
   * @throws {CancelledError} if it was cancelled; the signal's reason if a signal did it
   */
  exception(): unknown {
    this.#taken = true;
    switch (this.#state.kind) {
      case "pending":
        throw new InvalidStateError("Cannot take the exception: the future is pending");
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

  /**
   * Gives the future its exception. With a {@linkcode CancelledError} it counts as cancelled, so that a cancellation
   * stays one on its way through those who wait for each other.
   *
   * @throws {InvalidStateError} if it is done already
   */
  setException(error: unknown): void {
    this.#requirePending("an exception");
    this.#settle({ kind: error instanceof CancelledError ? "cancelled" : "exception", error });
  }

  /**
   * Gives the future the outcome of another one: its result, its exception, or its cancellation with the same reason.
   *
   * @throws {InvalidStateError} if this one is done already, or the other one is pending
   */
  setOutcomeOf(other: Future<T>): void {
    this.#requirePending("an outcome");
    const state = other.#state;
    if (state.kind === "pending") throw new InvalidStateError("Cannot take the outcome: the other future is pending");
    other.#taken = true;
    if (state.kind === "cancelled") this.#cancelWith(state.error);
    else if (state.kind === "exception") this.setException(state.error);
    else this.setResult(state.value);
  }

  /**
   * Calls `callback` with this future in the turn after it is done, also if it is done already.
   *
   * The callback runs in the async context of this call. It has to look at the future: an error that it ignores, and
   * that nobody else takes, is reported.
   */
  addDoneCallback(callback: DoneCallback<T>): void {
    // A registration whose reaction is still to come goes first, so the short way is for those without a promise only.
    if (this.done() && this.#promise === undefined) {
      this.#loop.callSoon(callback, this);
      return;
    }
    const registration = { callback, removed: false };
    (this.#registrations ??= []).push(registration);
    const deliver = () => this.#deliver(registration);
    (this.#promise ??= Promise.withResolvers<T>()).promise.then(deliver, deliver);
  }

  /** Takes back every registration of `callback`; returns how many there were. */
  removeDoneCallback(callback: DoneCallback<T>): number {
    const registrations = this.#registrations ?? [];
    const removed = registrations.filter((registration) => registration.callback === callback);
    for (const registration of removed) registration.removed = true;
    if (removed.length > 0) this.#registrations = registrations.filter((registration) => !registration.removed);
    return removed.length;
  }

  /** Says that a failure of this future needs no report, because it is known by other means. Returns the future. */
  silence(): this {
    this.#taken = true;
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
  catch<R = never>(onRejected?: ((reason: unknown) => R | PromiseLike<R>) | null): Promise<T | R> {
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
    this.#taken = true;
    if (this.#promise !== undefined) return this.#promise.promise;
    switch (this.#state.kind) {
      case "pending":
        this.#promise = Promise.withResolvers<T>();
        return this.#promise.promise;
      case "result":
        return Promise.resolve(this.#state.value);
      default:
        return Promise.reject(this.#state.error);
    }
  }

  #requirePending(what: string): void {
    if (this.done()) {
      throw new InvalidStateError(`Cannot give the future ${what}: it is ${STATE_NAMES[this.#state.kind]} already`);
    }
  }

  /** How `console.log` and the logs show it. */
  [Symbol.for("Deno.customInspect")](): string {
    return this.toString();
  }

  #setExtras(signal: AbortSignal | undefined, onCancel: ((reason: unknown) => void) | undefined): void {
    const onAbort = () => {
      if (!this.done()) this.#cancelWith(signal?.reason);
    };
    this.#extras = { onCancel, signal, onAbort, origin: this.#loop.debug ? makeOrigin() : undefined };
    if (signal?.aborted) onAbort();
    else signal?.addEventListener("abort", onAbort, { once: true });
  }

  #cancelWith(error: unknown): void {
    this.#settle({ kind: "cancelled", error });
    try {
      this.#extras?.onCancel?.(error);
    } catch (thrown) {
      this.#report("Exception while a future was cancelled", thrown);
    }
  }

  #follow(awaitable: PromiseLike<T>): void {
    // By way of a native promise: a thenable may call back synchronously, twice, or throw.
    Promise.resolve(awaitable).then(
      (value) => {
        if (!this.done()) this.setResult(value);
      },
      (error) => this.#fail(error),
    );
  }

  /** Takes a failure of what the future stands for; one that comes too late is reported. */
  #fail(error: unknown): void {
    if (!this.done()) this.setException(error);
    else if (!this.#isOwnCancellation(error)) {
      this.#report(`Exception after Future was ${this.cancelled() ? "cancelled" : "done"}`, error);
    }
  }

  #isOwnCancellation(error: unknown): boolean {
    if (this.#state.kind !== "cancelled") return false;
    return error === this.#state.error || isCancellation(error);
  }

  #settle(state: State<T>): void {
    this.#state = state;
    const extras = this.#extras;
    if (extras?.signal !== undefined) extras.signal.removeEventListener("abort", extras.onAbort);
    if (this.#promise !== undefined) {
      if (state.kind === "result") this.#promise.resolve(state.value);
      else if (state.kind !== "pending") this.#promise.reject(state.error);
    }
    // With registrations each of them checks, behind its callback.
    if (this.#registrations === undefined) this.#checkLater();
    else this.#registrations = undefined;
  }

  /** Queues a callback of a settled future. */
  #deliver(registration: Registration<T>): void {
    if (!registration.removed && !this.#loop.isClosed) this.#loop.callSoon(registration.callback, this);
    this.#checkLater();
  }

  /** Asks whether anybody took the error, behind everything that is queued now. */
  #checkLater(): void {
    if (this.#state.kind !== "exception" || this.#taken) return;
    afterMicrotasks(() => {
      if (this.#loop.isAttached) this.#loop.callSoon(() => this.#reportIfUntaken());
      else this.#reportIfUntaken();
    });
  }

  #reportIfUntaken(): void {
    if (this.#state.kind !== "exception" || this.#taken) return;
    this.#taken = true;
    this.#report("Future exception was never retrieved", this.#state.error);
  }

  #report(message: string, exception: unknown): void {
    const origin = this.#extras?.origin;
    this.#loop.callExceptionHandler({
      message,
      exception,
      future: this,
      ...(origin === undefined ? {} : { origin }),
    });
  }
}

/** Whether a value is a {@linkcode Future}. Tornado: `is_future`. */
export function isFuture(value: unknown): value is Future<unknown> {
  return value instanceof Future;
}

/** Calls `check` when the host has drained its microtasks. */
function afterMicrotasks(check: () => void): void {
  checks.push(check);
  if (checks.length === 1) inRootContext(() => setImmediate(runChecks));
}

function runChecks(): void {
  for (const check of checks.splice(0)) check();
}

function makeOrigin(): Error {
  const origin = new Error("The future was created here");
  origin.name = "Origin";
  return origin;
}
