/**
 * Executors: where a function runs that would keep the loop too long.
 *
 * The loop knows the small {@linkcode Executor} interface only. A function cannot be sent to another thread, so the
 * executor of a `WorkerPool` is the function itself: `loop.runInExecutor(null, pool.bind("primes"), 1000)`.
 *
 * @module
 */

import { Future } from "./future.ts";
import { isThenable } from "./thenable.ts";

/** Runs functions somewhere, and promises their results. Python: `concurrent.futures.Executor`. */
export interface Executor {
  /** Calls `fn(...args)` when there is room; what it throws, also synchronously, is the failure of the promise. */
  submit<Args extends unknown[], R>(fn: (...args: Args) => R, ...args: Args): PromiseLike<Awaited<R>>;
}

/** Runs each function at once, where `submit` is called. Tornado: `DummyExecutor`. */
export class DummyExecutor implements Executor {
  /** Calls `fn(...args)`; the future is settled already, unless `fn` returned a promise. */
  submit<Args extends unknown[], R>(fn: (...args: Args) => R, ...args: Args): Future<Awaited<R>> {
    const future = new Future<Awaited<R>>();
    try {
      const result = fn(...args);
      if (isThenable<Awaited<R>>(result)) return Future.from(result);
      future.setResult(result as Awaited<R>); // Not a thenable, so R is its own Awaited.
    } catch (error) {
      future.setException(error);
    }
    return future;
  }
}

/** An executor that runs each function at once, for tests and where nothing takes long. Tornado: `dummy_executor`. */
export const dummyExecutor: DummyExecutor = new DummyExecutor();

/** Submits a function to an executor; the future of its result, also if the executor refuses. */
export function submitTo<Args extends unknown[], R>(
  executor: Executor,
  fn: (...args: Args) => R,
  ...args: Args
): Future<Awaited<R>> {
  try {
    return Future.from(executor.submit(fn, ...args));
  } catch (error) {
    const failed = new Future<Awaited<R>>();
    failed.setException(error);
    return failed;
  }
}

/** Settings of {@linkcode runOnExecutor}. */
export interface RunOnExecutorOptions {
  /** The property of the object that holds the executor. @default "executor" */
  readonly executor?: string;
}

/** A method that returns a promise. */
export type AsyncMethod<This, Args extends unknown[], R> = (this: This, ...args: Args) => Promise<R>;

/** What {@linkcode runOnExecutor} returns when it is called with options. */
export type AsyncMethodDecorator = <This extends object, Args extends unknown[], R>(
  method: AsyncMethod<This, Args, R>,
  context: ClassMethodDecoratorContext<This>,
) => AsyncMethod<This, Args, R>;

/**
 * Makes a method run on the executor which its object holds in the property `executor`. Tornado: `run_on_executor`.
 *
 * A decorator for methods that return a promise; the decorated one returns a future. Where a method is called, rather
 * than defined, `IOLoop.runInExecutor` is the better choice.
 *
 * @throws {TypeError} when the method is called and the property holds no executor: as a rejection
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { dummyExecutor, runOnExecutor } from "@denado/denado/ioloop";
 *
 * class Thumbnails {
 *   executor = dummyExecutor;
 *
 *   @runOnExecutor
 *   async shrink(width: number): Promise<number> {
 *     return await width / 2;
 *   }
 * }
 * assertEquals(await new Thumbnails().shrink(84), 42);
 * ```
 */
export function runOnExecutor<This extends object, Args extends unknown[], R>(
  method: AsyncMethod<This, Args, R>,
  context: ClassMethodDecoratorContext<This>,
): AsyncMethod<This, Args, R>;
/** Makes a method run on the executor which its object holds in the property that the options name. */
export function runOnExecutor(options?: RunOnExecutorOptions): AsyncMethodDecorator;
export function runOnExecutor<This extends object, Args extends unknown[], R>(
  methodOrOptions: AsyncMethod<This, Args, R> | RunOnExecutorOptions = {},
): AsyncMethod<This, Args, R> | AsyncMethodDecorator {
  if (typeof methodOrOptions === "function") return onExecutor(methodOrOptions, "executor");
  const { executor = "executor" } = methodOrOptions;
  return <T extends object, A extends unknown[], U>(method: AsyncMethod<T, A, U>) => onExecutor(method, executor);
}

function onExecutor<This extends object, Args extends unknown[], R>(
  method: AsyncMethod<This, Args, R>,
  property: string,
): AsyncMethod<This, Args, R> {
  return Object.defineProperty(
    function (this: This, ...args: Args): Promise<R> {
      const executor = (this as Record<string, unknown>)[property];
      if (isExecutor(executor)) return submitTo(executor, () => method.apply(this, args)) as Future<R>;
      return Promise.reject(
        new TypeError(
          `Cannot run ${method.name}: the property ${property} holds no executor: ${Deno.inspect(executor)}`,
        ),
      );
    },
    "name",
    { value: method.name },
  );
}

function isExecutor(value: unknown): value is Executor {
  return typeof value === "object" && value !== null && typeof (value as Executor).submit === "function";
}
