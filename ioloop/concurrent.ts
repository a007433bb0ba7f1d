/**
 * Functions over futures: joining one to another, and settling one that may have been cancelled meanwhile.
 *
 * They are the seams between code that produces a result and code that may have given up waiting for it. Tornado:
 * `tornado.concurrent`.
 *
 * @module
 */

import { isCancellation } from "./errors.ts";
import { type DoneCallback, Future } from "./future.ts";
import { isThenable } from "./thenable.ts";

/**
 * Gives `b` the outcome of `a`, when `a` has one; at once, if it has one already. Tornado: `chain_future`.
 *
 * If `b` is done before, the outcome of `a` stays with `a`, and its error, if nobody else takes it, is reported.
 * Cancelling `b` does not cancel `a`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { chainFuture, Future } from "@denado/denado/ioloop";
 *
 * const inner = new Future<number>();
 * const outer = new Future<number>();
 * chainFuture(inner, outer);
 * inner.setResult(42);
 * assertEquals(await outer, 42);
 * ```
 */
export function chainFuture<T>(a: PromiseLike<T>, b: Future<T>): void {
  futureAddDoneCallback(Future.from(a, { loop: b.loop }), (source) => {
    if (!b.done()) b.setOutcomeOf(source);
  });
}

/**
 * Gives a future its result; does nothing if it was cancelled. Tornado: `future_set_result_unless_cancelled`.
 *
 * @throws {InvalidStateError} if it has a result or an exception already
 */
export function futureSetResultUnlessCancelled<T>(future: Future<T>, value: T): void {
  if (!future.cancelled()) future.setResult(value);
}

/**
 * Gives a future its exception; if it was cancelled, the exception goes to the loop's exception handler instead, unless
 * it is a cancellation itself. Tornado: `future_set_exception_unless_cancelled`.
 *
 * @throws {InvalidStateError} if it has a result or an exception already
 */
export function futureSetExceptionUnlessCancelled(future: Future<unknown>, error: unknown): void {
  if (!future.cancelled()) future.setException(error);
  else if (!isCancellation(error)) {
    future.loop.callExceptionHandler({
      message: "Exception after Future was cancelled",
      exception: error,
      future,
    });
  }
}

/**
 * Calls `callback` with the future when it is done: synchronously if it is done already, where
 * {@linkcode Future.addDoneCallback} waits for the next turn. Tornado: `future_add_done_callback`.
 */
export function futureAddDoneCallback<T>(future: Future<T>, callback: DoneCallback<T>): void {
  if (future.done()) callback(future);
  else future.addDoneCallback(callback);
}

/**
 * A future for anything: a future comes back as it is, a promise becomes one, any other value is the result of one.
 * Tornado: `maybe_future`.
 */
export function maybeFuture<T>(value: T): Future<Awaited<T>> {
  if (isThenable<Awaited<T>>(value)) return Future.from(value);
  const future = new Future<Awaited<T>>();
  future.setResult(value as Awaited<T>); // Not a thenable, so T is its own Awaited.
  return future;
}
