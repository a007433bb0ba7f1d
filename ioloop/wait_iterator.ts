/**
 * Takes the results of several promises as they come.
 *
 * @module
 */

import { futureAddDoneCallback } from "./concurrent.ts";
import { InvalidStateError } from "./errors.ts";
import { Future } from "./future.ts";
import { RingBuffer } from "./ring_buffer.ts";
import { isThenable } from "./thenable.ts";

interface Entry<T, K> {
  readonly index: K;
  readonly future: Future<T>;
}

/**
 * Gives out the results of several promises in the order in which they are there. Tornado: `gen.WaitIterator`.
 *
 * {@linkcode next} returns the future of the next result; a failure is one, and the iteration goes on after it.
 * {@linkcode currentIndex} and {@linkcode currentFuture} tell whose result it was. With `for await` a failure ends the
 * loop; another one over the same iterator goes on with the rest.
 *
 * The iterator takes every error: the ones that nobody asks for are not reported.
 *
 * @example Whoever comes first
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Future, WaitIterator } from "@denado/denado/ioloop";
 *
 * const slow = new Future<string>();
 * const results = new WaitIterator({ slow, fast: Promise.resolve("hare") });
 * const seen: string[] = [];
 * for await (const result of results) {
 *   seen.push(`${results.currentIndex}: ${result}`);
 *   if (!slow.done()) slow.setResult("tortoise");
 * }
 * assertEquals(seen, ["fast: hare", "slow: tortoise"]);
 * ```
 */
export class WaitIterator<T, K extends number | string = number> implements AsyncIterable<T> {
  #unfinished = 0;
  readonly #finished = new RingBuffer<Entry<T, K>>();
  #running: Future<T> | undefined;
  #current: Entry<T, K> | undefined;

  /**
   * Waits for promises, which are told apart by their position.
   *
   * @throws {TypeError} if an argument is not a promise
   */
  constructor(...promises: PromiseLike<T>[]);
  /** Waits for promises, which are told apart by their name in an object. */
  constructor(promises: Readonly<Record<K, PromiseLike<T>>>);
  constructor(...args: [Readonly<Record<K, PromiseLike<T>>>] | PromiseLike<T>[]) {
    const [first] = args;
    const named = args.length === 1 && typeof first === "object" && !isThenable(first) && !Array.isArray(first);
    const entries = (named ? Object.entries(first!) : [...args.entries()]) as [K, unknown][];
    for (const [, promise] of entries) {
      if (isThenable(promise)) continue;
      throw new TypeError(
        `Cannot wait for something that is not a promise, pass promises as arguments or one object of them: ${
          Deno.inspect(promise)
        }`,
      );
    }
    this.#unfinished = entries.length;
    for (const [index, promise] of entries) {
      const entry = { index, future: Future.from(promise as PromiseLike<T>).silence() };
      futureAddDoneCallback(entry.future, () => this.#arrived(entry));
    }
  }

  /** The position or the name of the result that was given out last; `undefined` before the first and after the last. */
  get currentIndex(): K | undefined {
    return this.#current?.index;
  }

  /** The future whose result was given out last; `undefined` before the first and after the last. */
  get currentFuture(): Future<T> | undefined {
    return this.#current?.future;
  }

  /** Whether every result was given out. */
  done(): boolean {
    if (this.#unfinished > 0 || this.#finished.size > 0) return false;
    this.#current = undefined;
    return true;
  }

  /**
   * The future of the next result, which is another one than those that were passed in. As long as it is pending, it is
   * what every call returns, so that a wait that was given up can be taken up again.
   *
   * It fails with an {@linkcode InvalidStateError} if every result was given out.
   */
  next(): Future<T> {
    if (this.#running !== undefined && !this.#running.done()) return this.#running;
    const next = new Future<T>();
    const entry = this.#finished.shift();
    if (entry !== undefined) this.#giveOut(entry, next);
    else if (this.#unfinished > 0) this.#running = next;
    else next.setException(new InvalidStateError("Cannot wait for the next result: every result was given out"));
    return next;
  }

  /** The results that were not given out yet, as they come. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, void> {
    while (!this.done()) yield await this.next();
  }

  #arrived(entry: Entry<T, K>): void {
    this.#unfinished--;
    if (this.#running !== undefined && !this.#running.done()) this.#giveOut(entry, this.#running);
    else this.#finished.push(entry);
  }

  #giveOut(entry: Entry<T, K>, to: Future<T>): void {
    this.#running = undefined;
    this.#current = entry;
    to.setOutcomeOf(entry.future);
  }
}
