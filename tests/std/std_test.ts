/**
 * The adapters under `tests/std/` give each name that tests use, with types that narrow as the original's do. This is
 * what would break when the npm build behind them changes.
 *
 * @module
 */

import * as assertions from "@std/assert";
import { assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import * as async from "@std/async";
import { assertSpyCall, assertSpyCalls, resolvesNext, returnsNext, spy, stub } from "@std/testing/mock";
import { assertType, type Has, type IsAny, type IsExact, type IsNever, type IsUnknown } from "@std/testing/types";

Deno.test("std assert adapter exports a function for each type it declares", () => {
  const declared = [
    ...Deno.readTextFileSync(new URL("./assert/assert.d.ts", import.meta.url))
      .matchAll(/^export (?:function|class) (\w+)/gm),
  ].map((match) => match[1]!);
  const names = [...new Set(declared)].sort();
  assertEquals(names, Object.keys(assertions).sort());
});

Deno.test("std async adapter has a function behind each type it declares", () => {
  const declared = [
    ...Deno.readTextFileSync(new URL("./async/async.d.ts", import.meta.url))
      .matchAll(/^export (?:function|class) (\w+)/gm),
  ].map((match) => match[1]!);
  const missing = declared.filter((name) => !(name in async));
  assertEquals(missing, []);
  const undeclared = Object.keys(async).filter((name) => !declared.includes(name));
  assertEquals(undeclared, []);
});

Deno.test("std assert adapter narrows what it has checked", () => {
  const maybe: string | undefined = ["text"][0];
  assertions.assertExists(maybe);
  assertType<IsExact<typeof maybe, string>>(true);

  const caught: unknown = assertThrows(() => {
    throw new RangeError("Cannot do it: 3");
  });
  assertions.assertInstanceOf(caught, RangeError);
  assertType<IsExact<typeof caught, RangeError>>(true);

  const error = assertThrows(() => assertions.fail("no"), assertions.AssertionError, "no");
  assertType<IsExact<typeof error, assertions.AssertionError>>(true);
});

Deno.test("std assert adapter fails what does not hold", async () => {
  const { AssertionError } = assertions;
  assertThrows(() => assertEquals({ a: [1] }, { a: [2] }), AssertionError, "not equal");
  assertThrows(() => assertStrictEquals<object>({}, {}), AssertionError);
  assertThrows(() => assertions.assertObjectMatch({ a: 1 }, { b: 1 }), AssertionError);
  await assertRejects(() => assertRejects(() => Promise.resolve()), AssertionError);
});

Deno.test("std async adapter follows its signal and keeps the order of a pool", async () => {
  const reason = new Error("Given up");
  const never = new Promise<void>(() => {});
  assertStrictEquals(await assertRejects(() => async.abortable(never, AbortSignal.abort(reason))), reason);
  assertStrictEquals(await assertRejects(() => async.delay(1e9, { signal: AbortSignal.abort(reason) })), reason);

  const doubled = async.pooledMap(2, [1, 2, 3], (n) => Promise.resolve(n * 2));
  assertEquals(await Array.fromAsync(doubled), [2, 4, 6]);
});

Deno.test("std mock adapter records calls with their types", async () => {
  const add = spy((a: number, b: number) => a + b);
  assertEquals(add(1, 2), 3);
  assertSpyCalls(add, 1);
  assertSpyCall(add, 0, { args: [1, 2], returned: 3 });
  assertType<IsExact<typeof add.calls[0]["args"], [a: number, b: number]>>(true);

  const target = { read: (n: number): Promise<string> => Promise.resolve(String(n)) };
  {
    using read = stub(target, "read", resolvesNext(["first"]));
    assertEquals(await target.read(1), "first");
    assertSpyCalls(read, 1);
  }
  assertEquals(await target.read(1), "1");
  assertEquals(returnsNext([7])(), 7);
});

Deno.test("std types adapter tells types apart", () => {
  // deno-lint-ignore no-explicit-any -- the case under test
  assertType<IsExact<any, unknown>>(false);
  assertType<IsExact<{ readonly a: 1 }, { a: 1 }>>(false);
  assertType<IsExact<string | number, number | string>>(true);
  assertType<Has<string | number, number>>(true);
  // deno-lint-ignore no-explicit-any -- the case under test
  assertType<IsAny<any>>(true);
  assertType<IsNever<never>>(true);
  assertType<IsUnknown<unknown>>(true);
});
