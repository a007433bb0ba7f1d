/**
 * Coroutines in Tornado's old style: a generator function that yields what it waits for.
 *
 * `async` functions do the same with less ceremony. This is for code that is being ported, and for those who want what
 * generators have over them: what is done already is given back without waiting for a turn, arrays and objects can be
 * waited for as they are, and a cancelled coroutine stops where it waits.
 *
 * @module
 */

import { convertYielded, type Yielded } from "./convert_yielded.ts";
import { Future } from "./future.ts";
import { type AnyGenerator, isGenerator, Return, runGenerator } from "./generator_runner.ts";
import { isThenable } from "./thenable.ts";

const coroutineFunctions = new WeakSet<object>();

/**
 * Makes a coroutine of a generator function: calling it returns the future of its result. Tornado: `gen.coroutine`.
 *
 * The body runs at once, up to the first `yield` that has to wait. A `yield` waits for anything that
 * {@linkcode convertYielded} takes, gives back the result or throws the error; `yield` alone leaves others their turn.
 * Errors are the future's, never thrown by the call. Cancelling the future throws its reason at the `yield`.
 *
 * TypeScript gives the type `any` to what a `yield` gives back; `yield* awaiting(x)` has the right one.
 *
 * An ordinary function may be given too: its result, or what it throws, becomes the future's.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { awaiting, coroutine, sleep } from "@denado/denado/ioloop";
 *
 * const double = coroutine(function* (n: number) {
 *   yield sleep(1);
 *   return 2 * n;
 * });
 * const sum = coroutine(function* () {
 *   const [a, b] = yield* awaiting([double(1), double(20)]);
 *   return a + b;
 * });
 * assertEquals(await sum(), 42);
 * ```
 */
export function coroutine<This, Args extends unknown[], R>(
  fn: (this: This, ...args: Args) => AnyGenerator<R>,
): (this: This, ...args: Args) => Future<Awaited<R>>;
/** Makes an ordinary function return a future. */
export function coroutine<This, Args extends unknown[], R>(
  fn: (this: This, ...args: Args) => R,
): (this: This, ...args: Args) => Future<Awaited<R>>;
export function coroutine<This, Args extends unknown[]>(
  fn: (this: This, ...args: Args) => unknown,
): (this: This, ...args: Args) => Future<unknown> {
  function coroutineFunction(this: This, ...args: Args): Future<unknown> {
    try {
      const result = fn.apply(this, args);
      return isGenerator(result) ? runGenerator(result, convertYielded) : settled(result);
    } catch (error) {
      if (error instanceof Return) return settled(error.value);
      const failed = new Future<unknown>();
      failed.setException(error);
      return failed;
    }
  }
  Object.defineProperty(coroutineFunction, "name", { value: fn.name });
  Object.defineProperty(coroutineFunction, "length", { value: fn.length });
  coroutineFunctions.add(coroutineFunction);
  return coroutineFunction;
}

/** Whether a value is a function made by {@linkcode coroutine}. Tornado: `gen.is_coroutine_function`. */
export function isCoroutineFunction(value: unknown): boolean {
  return typeof value === "function" && coroutineFunctions.has(value);
}

/**
 * Yields a value and returns what waiting for it gives, with its type: `const page = yield* awaiting(fetchPage())`.
 */
export function* awaiting<const T>(value: T): Generator<T, Yielded<T>, Yielded<T>> {
  return yield value;
}

function settled(result: unknown): Future<unknown> {
  if (isThenable(result)) return Future.from(result);
  const future = new Future<unknown>();
  future.setResult(result);
  return future;
}
