/**
 * Turns whatever a coroutine may wait for into a future: promises, futures, generators, arrays and plain objects of
 * them, nothing at all, and instances of classes that an application registers.
 *
 * @module
 */

import { BadYieldError } from "./errors.ts";
import { EventLoop } from "./event_loop.ts";
import { Future } from "./future.ts";
import { gather } from "./gather.ts";
import { type AnyGenerator, isGenerator, runGenerator } from "./generator_runner.ts";
import { isThenable } from "./thenable.ts";

/**
 * What waiting for a value of type `T` gives: the result of a promise or a generator, in arrays and objects the result
 * of each member, `undefined` for nothing. `never` for what cannot be waited for.
 */
export type Yielded<T> = T extends null | undefined ? undefined
  : T extends PromiseLike<unknown> ? Awaited<T>
  : T extends AnyGenerator<infer R> ? Awaited<R>
  : T extends readonly unknown[] | Readonly<Record<string, unknown>> ? { -readonly [K in keyof T]: Yielded<T[K]> }
  : T extends object ? unknown
  : unknown extends T ? unknown
  : never;

/** Makes a future of an instance of a registered class. */
export type YieldedConverter<T> = (value: T) => PromiseLike<unknown>;

/** {@linkcode convertYielded}, and its registry. */
export interface ConvertYielded {
  /** The future of what a value stands for. */
  <T>(value: T): Future<Yielded<T>>;
  /**
   * Lets coroutines wait for instances of a class, and of those derived from it. The nearest registered class decides,
   * before everything built in. Disposing of the result takes the registration back.
   */
  register<T>(type: abstract new (...args: never) => T, convert: YieldedConverter<T>): Disposable;
}

/** The converters, by the prototype of their class. */
const converters = new Map<object, YieldedConverter<unknown>>();

/**
 * The future of what a value stands for. Tornado: `gen.convert_yielded`.
 *
 * - a future stands for itself, a promise or another thenable for its outcome;
 * - a generator is run as a coroutine;
 * - an array or a plain object is waited for as by `multi`;
 * - `null` and `undefined` take one turn of the loop;
 * - an instance of a class given to `convertYielded.register` is what its converter makes of it.
 *
 * @throws {BadYieldError} for anything else
 *
 * @example A class of one's own
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { convertYielded, coroutine } from "@denado/denado/ioloop";
 *
 * class Query {
 *   constructor(readonly text: string) {}
 *   run(): Promise<string> {
 *     return Promise.resolve(`result of ${this.text}`);
 *   }
 * }
 * using _registration = convertYielded.register(Query, (query) => query.run());
 *
 * const answer = coroutine(function* () {
 *   return yield new Query("select 1");
 * });
 * assertEquals(await answer(), "result of select 1");
 * ```
 */
export const convertYielded: ConvertYielded = Object.assign(convert, { register });

function convert<T>(value: T): Future<Yielded<T>> {
  return toFuture(value) as Future<Yielded<T>>;
}

function toFuture(value: unknown): Future<unknown> {
  if (value === null || value === undefined) return oneTurn();
  const registered = findConverter(value);
  if (registered !== undefined) return Future.from(registered(value));
  if (isThenable(value)) return Future.from(value);
  if (isGenerator(value)) return runGenerator(value, toFuture);
  if (Array.isArray(value) || isPlainObject(value)) return gather(value, { convert: toFuture });
  throw new BadYieldError(
    `Cannot wait for something that is not a promise, a generator, or an array or object of them: ${
      Deno.inspect(value)
    }`,
  );
}

function oneTurn(): Future<void> {
  const loop = EventLoop.current();
  const future = new Future<void>({ loop });
  loop.callSoon(() => {
    if (!future.done()) future.setResult();
  });
  return future;
}

function register<T>(type: abstract new (...args: never) => T, convert: YieldedConverter<T>): Disposable {
  const prototype: object = type.prototype;
  const converter = convert as YieldedConverter<unknown>;
  converters.set(prototype, converter);
  return {
    [Symbol.dispose]() {
      if (converters.get(prototype) === converter) converters.delete(prototype);
    },
  };
}

function findConverter(value: unknown): YieldedConverter<unknown> | undefined {
  if (converters.size === 0 || typeof value !== "object") return undefined;
  for (let type = Object.getPrototypeOf(value); type !== null; type = Object.getPrototypeOf(type)) {
    const converter = converters.get(type);
    if (converter !== undefined) return converter;
  }
  return undefined;
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
