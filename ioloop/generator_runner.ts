/**
 * Runs a generator as a coroutine: waits for what it yields and gives it back the result.
 *
 * The body runs in the turn of whoever starts it, up to the first yield that has to wait, and goes on in a turn of the
 * loop. What is done already is given back at once, without a turn in between; whoever wants to leave others their turn
 * yields nothing, or `moment`. How a yielded value becomes a future is not known here: the caller says.
 *
 * Invariant: at any moment the generator is running, or exactly one wait is in force, or it has come to its end. Each
 * wait has a number, and a wake-up for another one than the current is late, since a cancellation came between.
 *
 * @module
 */

import { isCancellation } from "./errors.ts";
import { EventLoop } from "./event_loop.ts";
import { Future } from "./future.ts";
import { moment } from "./sleep.ts";
import { isThenable } from "./thenable.ts";

/** A generator that may be given anything. */
// deno-lint-ignore no-explicit-any -- what a yield gives back depends on what was yielded, which TypeScript cannot say
export type AnyGenerator<R = unknown> = Generator<unknown, R, any>;

/**
 * Ends a coroutine with a result, when it is thrown in one; `return` does the same. Tornado: `gen.Return`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { coroutine, moment, Return } from "@denado/denado/ioloop";
 *
 * const answer = coroutine(function* (): Generator<unknown, number> {
 *   yield moment;
 *   throw new Return(42);
 * });
 * assertEquals(await answer(), 42);
 * ```
 */
export class Return<T = void> extends Error {
  /** Always `"Return"`. */
  override readonly name = "Return";
  /** The result. */
  readonly value: T;

  /** A result to throw. */
  constructor(...value: T extends void ? [value?: T] : [value: T]) {
    super("Return was thrown outside of a coroutine");
    this.value = value[0] as T;
  }
}

/**
 * Runs a generator and returns the future of its result. A promise that it returns is awaited.
 *
 * Cancelling the future throws the reason into the generator, in the loop's next turn, at the yield where it waits, so
 * that its `finally` blocks run. What it waits for is not cancelled, since others may wait for it too.
 *
 * @param convert gives the future of a yielded value; what it throws is thrown into the generator
 */
export function runGenerator<T>(
  generator: AnyGenerator<T>,
  convert: (yielded: unknown) => Future<unknown>,
): Future<Awaited<T>> {
  return new GeneratorRunner(generator, convert).future;
}

/** Whether a value is the iterator of a generator function. */
export function isGenerator(value: unknown): value is AnyGenerator {
  if (typeof value !== "object" || value === null || !(Symbol.iterator in value)) return false;
  const { next, throw: fail, return: finish } = value as AnyGenerator;
  return typeof next === "function" && typeof fail === "function" && typeof finish === "function";
}

class GeneratorRunner<T> {
  readonly future: Future<Awaited<T>>;
  readonly #generator: AnyGenerator<T>;
  readonly #convert: (yielded: unknown) => Future<unknown>;
  readonly #loop = EventLoop.current();
  #waitNumber = 0;
  #cancellation: { readonly reason: unknown } | undefined;

  constructor(generator: AnyGenerator<T>, convert: (yielded: unknown) => Future<unknown>) {
    this.#generator = generator;
    this.#convert = convert;
    this.future = new Future({ loop: this.#loop, onCancel: (reason) => this.#cancel(reason) });
    this.#advance("next", undefined);
  }

  /** Runs the generator until it has to wait or ends. */
  #advance(method: "next" | "throw", value: unknown): void {
    for (;;) {
      let step: IteratorResult<unknown, T>;
      try {
        step = this.#generator[method](value);
      } catch (error) {
        if (error instanceof Return) this.#succeed(error.value as T);
        else this.#fail(error);
        return;
      }
      if (step.done) return this.#succeed(step.value);
      const outcome = this.#takeYielded(step.value);
      if (outcome === undefined) return;
      [method, value] = outcome;
    }
  }

  /** How to go on after a yield; `undefined` if a wait is in force. */
  #takeYielded(yielded: unknown): ["next" | "throw", unknown] | undefined {
    if (this.#cancellation !== undefined) {
      const { reason } = this.#cancellation;
      this.#cancellation = undefined;
      return ["throw", reason];
    }
    const wait = ++this.#waitNumber;
    try {
      if (yielded === undefined || yielded === null || yielded === moment) {
        this.#loop.callSoon(() => {
          if (wait === this.#waitNumber) this.#advance("next", undefined);
        });
        return undefined;
      }
      const future = this.#convert(yielded);
      if (future.done()) return ["next", future.result()];
      future.addDoneCallback((done) => this.#wakeUp(wait, done));
      return undefined;
    } catch (error) {
      return ["throw", error];
    }
  }

  #wakeUp(wait: number, done: Future<unknown>): void {
    if (wait !== this.#waitNumber) return;
    if (EventLoop.current() !== this.#loop) { // The future belongs to another loop.
      this.#loop.callSoon(() => this.#wakeUp(wait, done));
      return;
    }
    let value: unknown;
    try {
      value = done.result();
    } catch (error) {
      return this.#advance("throw", error);
    }
    this.#advance("next", value);
  }

  #cancel(reason: unknown): void {
    this.#cancellation = { reason };
    if (this.#loop.isClosed) return;
    this.#loop.callSoon(() => {
      // It is taken already, if the generator ran meanwhile and came to a yield or to its end.
      if (this.#cancellation === undefined) return;
      this.#cancellation = undefined;
      this.#waitNumber++;
      this.#advance("throw", reason);
    });
  }

  #succeed(value: T): void {
    this.#end();
    if (isThenable<Awaited<T>>(value)) {
      Future.from(value, { loop: this.#loop }).addDoneCallback((done) => {
        if (!this.future.done()) this.future.setOutcomeOf(done);
      });
    } else if (!this.future.done()) {
      this.future.setResult(value as Awaited<T>); // Not a thenable, so T is its own Awaited.
    }
  }

  #fail(error: unknown): void {
    this.#end();
    if (!this.future.done()) this.future.setException(error);
    else if (!isCancellation(error)) {
      this.#loop.callExceptionHandler({
        message: "Exception after Future was cancelled",
        exception: error,
        future: this.future,
      });
    }
  }

  #end(): void {
    this.#cancellation = undefined;
    this.#waitNumber++;
  }
}
