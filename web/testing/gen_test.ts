/**
 * Tests with a time limit.
 *
 * Tornado: `tornado.testing.gen_test`.
 *
 * @module
 */

import { coroutine, TimeoutError } from "../../ioloop/mod.ts";
import { getAsyncTestTimeout } from "./test_timeout.ts";

/** Options of {@linkcode genTest}. */
export interface GenTestOptions {
  /** The time limit in milliseconds. @default that of `getAsyncTestTimeout` */
  readonly timeoutMs?: number;
}

/**
 * A test function that fails when it takes too long. Arguments, among them the context that `Deno.test` passes, and
 * `this` are handed on.
 *
 * @param fn The test: an ordinary, an async or a generator function, of which the last is a coroutine as in Tornado.
 * @returns The test with the limit. Its promise rejects with a {@linkcode TimeoutError}, whose stack says where the
 * test was made; the test itself goes on, since nothing can stop it.
 *
 * @example
 * ```ts
 * import { assertEquals, assertRejects } from "@std/assert";
 * import { TimeoutError } from "@denado/denado/ioloop";
 * import { genTest } from "@denado/denado/testing";
 *
 * Deno.test("in time", genTest(async () => {
 *   assertEquals(await Promise.resolve(1), 1);
 * }));
 *
 * const stuck = genTest(() => new Promise<void>(() => {}), { timeoutMs: 10 });
 * await assertRejects(stuck, TimeoutError, "timed out after 10 ms");
 * ```
 */
export function genTest<This, Args extends unknown[]>(
  fn: (this: This, ...args: Args) => void | PromiseLike<void> | Generator<unknown, void, never>,
  options: GenTestOptions = {},
): (this: This, ...args: Args) => Promise<void> {
  const name = fn.name === "" ? "Test" : `Test ${fn.name}`;
  const made = new TimeoutError("");
  return async function (this: This, ...args: Args): Promise<void> {
    const timeoutMs = options.timeoutMs ?? getAsyncTestTimeout();
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      const message = `${name} timed out after ${timeoutMs} ms`;
      made.message = message;
      made.stack = made.stack?.replace(/^[^\n]*/, () => `TimeoutError: ${message}`) ?? message;
      reject(made);
    }, timeoutMs);
    try {
      await Promise.race([run(fn, this, args), late]);
    } finally {
      clearTimeout(timer);
    }
  };
}

/** Runs a test, also one that is a coroutine. */
async function run<This, Args extends unknown[]>(
  fn: (this: This, ...args: Args) => void | PromiseLike<void> | Generator<unknown, void, never>,
  self: This,
  args: Args,
): Promise<void> {
  const result = fn.apply(self, args);
  if (isGenerator(result)) {
    await coroutine(function* () {
      return yield* result as Generator<unknown, void, unknown>;
    })();
  } else await result;
}

function isGenerator(value: unknown): value is Generator<unknown, void, never> {
  return typeof value === "object" && value !== null && Symbol.iterator in value && "next" in value;
}
