import { AsyncLocalStorage } from "node:async_hooks";
import { assert, assertEquals, assertFalse, assertRejects, assertStrictEquals } from "@std/assert";
import { assertType, type IsExact } from "@std/testing/types";
import {
  awaiting,
  BadYieldError,
  CancelledError,
  coroutine,
  Future,
  IOLoop,
  isCoroutineFunction,
  moment,
  Return,
  sleep,
  withTimeout,
} from "@denado/denado/ioloop";
import { withManualLoop } from "../helpers/manual_loop.ts";

const addOne = coroutine(function* (n: number) {
  yield moment;
  return n + 1;
});

Deno.test("coroutine works without a yield, with an early return, and again", () =>
  withManualLoop(async () => {
    const empty = coroutine(function* () {});
    const early = coroutine(function* (stop: boolean) {
      if (stop) return 42;
      yield moment;
      return 43;
    });
    assertEquals(empty().result(), undefined);
    assertEquals(early(true).result(), 42);
    assertEquals(await early(false), 43);
    assertEquals([await addOne(1), await addOne(2)], [2, 3]);
  }));

Deno.test("coroutine puts what is thrown into the future, before and after the first yield", () =>
  withManualLoop(async () => {
    const failing = coroutine(function* (late: boolean): Generator<unknown, void> {
      if (late) yield moment;
      throw new RangeError("Broken");
    });
    const [early, late] = [failing(false), failing(true)];
    assert(early.done());
    assertFalse(late.done());
    await assertRejects(() => early, RangeError, "Broken");
    await assertRejects(() => late, RangeError, "Broken");
  }));

Deno.test("coroutine throws a BadYieldError at a yield of something that cannot be waited for", () =>
  withManualLoop(async () => {
    const bad = coroutine(function* (value: unknown) {
      yield value;
    });
    for (const value of [42, "text", new Map()]) await assertRejects(() => bad(value), BadYieldError);
    const caught = coroutine(function* (): Generator<unknown, string> {
      try {
        yield 42;
      } catch (error) {
        return (error as Error).name;
      }
      return "nothing";
    });
    assertEquals(await caught(), "BadYieldError");
  }));

Deno.test("coroutine waits for arrays and objects", () =>
  withManualLoop(async () => {
    const both = coroutine(function* () {
      const list: number[] = yield [addOne(1), addOne(2)];
      const record: Record<string, number> = yield { foo: addOne(1), bar: addOne(2) };
      return { list, record, empty: [yield [], yield {}] };
    });
    assertEquals(await both(), { list: [2, 3], record: { foo: 2, bar: 3 }, empty: [[], {}] });
  }));

Deno.test("coroutine can replace or swallow an error", () =>
  withManualLoop(async () => {
    const broken = coroutine(function* (): Generator<unknown, void> {
      yield moment;
      throw new RangeError("Broken");
    });
    const replaced = coroutine(function* () {
      try {
        yield broken();
      } catch {
        throw new TypeError("Replaced");
      }
    });
    const swallowed = coroutine(function* (): Generator<unknown, number> {
      try {
        yield broken();
      } catch {
        throw new Return(42);
      }
      return 0;
    });
    await assertRejects(() => replaced(), TypeError, "Replaced");
    assertEquals(await swallowed(), 42);
  }));

Deno.test("coroutine takes Return with and without a value, before and after a yield", () =>
  withManualLoop(async () => {
    const returning = coroutine(function* (late: boolean, ...value: number[]): Generator<unknown, number | undefined> {
      if (late) yield moment;
      throw value.length > 0 ? new Return(value[0]) : new Return();
    });
    assertEquals(returning(false, 42).result(), 42);
    assertEquals(returning(false).result(), undefined);
    assertEquals(await returning(true, 42), 42);
    assertEquals(await returning(true), undefined);
  }));

Deno.test("coroutine does not give way to others at futures that are done, and does at moment", () =>
  withManualLoop(async () => {
    let calls = "";
    const done = new Future<void>();
    done.setResult();
    const say = coroutine(function* (name: string, wait: unknown) {
      for (let round = 0; round < 5; round++) {
        calls += name;
        yield wait;
      }
    });
    const both = coroutine(function* (first: unknown, second: unknown) {
      calls = "";
      yield [say("a", first), say("b", second)];
      return calls;
    });
    assertEquals(await both(done, done), "aaaaabbbbb");
    assertEquals(await both(moment, moment), "ababababab");
    assertEquals(await both(moment, done), "abbbbbaaaa");
  }));

Deno.test("coroutine and async function wait for each other", () =>
  withManualLoop(async () => {
    const native = async () => await addOne(1) + await addOne(1);
    const old = coroutine(function* () {
      const [a, b] = yield [native(), addOne(1)];
      return a + b;
    });
    assertEquals(await old(), 6);
    assertEquals(await Promise.all([old(), old()]), [6, 6]);
    assertEquals(await withTimeout(3_600_000, native()), 4);
  }));

Deno.test("coroutine takes an ordinary function, too", () =>
  withManualLoop(async () => {
    assertEquals(coroutine(() => 42)().result(), 42);
    assertEquals(await coroutine(() => Promise.resolve(42))(), 42);
    assertEquals(
      coroutine((): number => {
        throw new Return(42);
      })().result(),
      42,
    );
    await assertRejects(
      () =>
        coroutine(() => {
          throw new RangeError("Broken");
        })(),
      RangeError,
    );
  }));

Deno.test("coroutine keeps this, the arguments, the name and the length", () =>
  withManualLoop(async () => {
    class Counter {
      count = 40;
      add = coroutine(function* add(this: Counter, first: number, second: number) {
        yield moment;
        return this.count += first + second;
      });
    }
    const counter = new Counter();
    assertEquals(await counter.add(1, 1), 42);
    assertEquals([counter.add.name, counter.add.length], ["add", 2]);
  }));

Deno.test("coroutine runs in IOLoop.run and passes its result on", async () => {
  const loop = new IOLoop({ makeCurrent: false });
  assertEquals(await loop.run(() => addOne(41)), 42);
  const forever = coroutine(function* () {
    yield new Future<void>();
  });
  let running: Future<void> | undefined;
  await assertRejects(() => loop.run(() => running = forever(), { timeoutMs: 1 }));
  assert(running!.cancelled());
  loop.close();
});

Deno.test("coroutine stops where it waits when it is cancelled", () =>
  withManualLoop(async ({ clock }) => {
    let cleaned = false;
    const waiting = coroutine(function* () {
      try {
        yield sleep(1000);
      } finally {
        cleaned = true;
      }
    })();
    waiting.cancel();
    await assertRejects(() => waiting, CancelledError);
    await clock.advance(0);
    assert(cleaned);
  }));

Deno.test("isCoroutineFunction knows what coroutine made", () => {
  assert(isCoroutineFunction(addOne));
  assertFalse(isCoroutineFunction(function* () {}));
  assertFalse(isCoroutineFunction(async () => {}));
  assertFalse(isCoroutineFunction(addOne(1)));
  assertFalse(isCoroutineFunction(null));
});

Deno.test("coroutine keeps the async context through every mixture of styles", () =>
  withManualLoop(async () => {
    const storage = new AsyncLocalStorage<number>();
    const inner = async (x: number) => {
      assertEquals(storage.getStore(), x);
      await generatorInner(x);
      assertEquals(storage.getStore(), x);
      await IOLoop.current().runInExecutor(null, () => assertEquals(storage.getStore(), x));
      assertEquals(storage.getStore(), x);
    };
    const generatorInner = coroutine(function* (x: number) {
      assertEquals(storage.getStore(), x);
      yield;
      assertEquals(storage.getStore(), x);
    });
    const nativeRoot = (x: number) => storage.run(x, () => inner(x));
    const generatorRoot = (x: number) =>
      storage.run(
        x,
        coroutine(function* () {
          yield;
          yield inner(x);
          assertEquals(storage.getStore(), x);
        }),
      );
    await Promise.all([nativeRoot(1), nativeRoot(2), generatorRoot(3), generatorRoot(4)]);
  }));

Deno.test("coroutine reports a failure that nobody waits for, once", () =>
  withManualLoop(async ({ clock, errors }) => {
    coroutine(function* (): Generator<unknown, void> {
      yield moment;
      throw new RangeError("Broken");
    })();
    await clock.advance(0);
    assertEquals(errors.splice(0).map(({ message }) => message), ["Future exception was never retrieved"]);
  }));

Deno.test("awaiting has the type of the result", () =>
  withManualLoop(async () => {
    const typed = coroutine(function* () {
      const n = yield* awaiting(addOne(1));
      assertType<IsExact<typeof n, number>>(true);
      const [a, { b }] = yield* awaiting([Promise.resolve("a"), { b: addOne(2) }]);
      assertType<IsExact<typeof a, string>>(true);
      assertType<IsExact<typeof b, number>>(true);
      return { n, a, b };
    });
    const future = typed();
    assertType<IsExact<typeof future, Future<{ n: number; a: string; b: number }>>>(true);
    assertEquals(await future, { n: 2, a: "a", b: 3 });
  }));

Deno.test("coroutine has the types of its function", () => {
  const plain = coroutine((n: number) => `${n}`);
  assertType<IsExact<ReturnType<typeof plain>, Future<string>>>(true);
  assertType<IsExact<ReturnType<typeof addOne>, Future<number>>>(true);
  assertType<IsExact<Parameters<typeof addOne>, [n: number]>>(true);
  assertStrictEquals(plain(1).result(), "1");
});
