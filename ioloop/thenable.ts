/**
 * Recognises what can be awaited: native promises, futures and promises of other libraries.
 *
 * @module
 */

/** Whether a value has a `then` method. A function that has one counts too, as it does for `await`. */
export function isThenable<T = unknown>(value: unknown): value is PromiseLike<T> {
  return (typeof value === "object" && value !== null || typeof value === "function") &&
    typeof (value as PromiseLike<T>).then === "function";
}
