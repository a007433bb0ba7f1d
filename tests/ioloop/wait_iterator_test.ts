import { assert, assertEquals, assertFalse, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { assertType, type IsExact } from "@std/testing/types";
import { Future, InvalidStateError, sleep, WaitIterator } from "@denado/denado/ioloop";
import { type ManualLoop, withManualLoop } from "../helpers/manual_loop.ts";

/** Four futures, of which the third is done first, then the first fails, then the second and the fourth are done. */
function fourFutures({ loop }: ManualLoop): Future<number>[] {
  const futures = [new Future<number>(), new Future<number>(), new Future<number>(), new Future<number>()];
  const iterate = (iteration: number) => {
    if (iteration === 3) futures[2]!.setResult(24);
    if (iteration === 5) futures[0]!.setException(new RangeError("Broken"));
    if (iteration === 8) {
      futures[1]!.setResult(42);
      futures[3]!.setResult(84);
    } else loop.addCallback(iterate, iteration + 1);
  };
  iterate(0);
  return futures;
}

Deno.test("WaitIterator is done from the beginning if it waits for nothing", () =>
  withManualLoop(async () => {
    for (const iterator of [new WaitIterator(), new WaitIterator({})]) {
      assert(iterator.done());
      assertEquals([iterator.currentIndex, iterator.currentFuture], [undefined, undefined]);
      await assertRejects(() => iterator.next(), InvalidStateError, "every result was given out");
    }
  }));

Deno.test("WaitIterator gives out what is there already in the order of the input", () =>
  withManualLoop(async () => {
    const futures = [24, 42, 84].map((value) => {
      const future = new Future<number>();
      future.setResult(value);
      return future;
    });
    const iterator = new WaitIterator(...futures);
    for (const [index, future] of futures.entries()) {
      assertFalse(iterator.done());
      assertEquals(await iterator.next(), future.result());
      assertEquals(iterator.currentIndex, index);
      assertStrictEquals(iterator.currentFuture, future);
    }
    assert(iterator.done());
    assertEquals([iterator.currentIndex, iterator.currentFuture], [undefined, undefined]);
  }));

Deno.test("WaitIterator names what was passed by name", () =>
  withManualLoop(async () => {
    const [f1, f2] = [new Future<number>(), new Future<number>()];
    const iterator = new WaitIterator({ f1, f2 });
    f2.setResult(2);
    assertEquals(await iterator.next(), 2);
    assertEquals(iterator.currentIndex, "f2");
    f1.setResult(1);
    assertEquals(await iterator.next(), 1);
    assertEquals(iterator.currentIndex, "f1");
    assert(iterator.done());
  }));

Deno.test("WaitIterator goes on after a failure", () =>
  withManualLoop(async (manual) => {
    const futures = fourFutures(manual);
    const iterator = new WaitIterator(...futures);
    const seen: [unknown, number | undefined][] = [];
    while (!iterator.done()) {
      const result = await iterator.next().catch((error: unknown) => (error as Error).name);
      seen.push([result, iterator.currentIndex]);
      assertStrictEquals(iterator.currentFuture, futures[iterator.currentIndex!]);
    }
    assertEquals(seen, [[24, 2], ["RangeError", 0], [42, 1], [84, 3]]);
  }));

Deno.test("WaitIterator ends for await at a failure, and another one goes on", () =>
  withManualLoop(async (manual) => {
    const iterator = new WaitIterator(...fourFutures(manual));
    const seen: number[] = [];
    await assertRejects(async () => {
      for await (const result of iterator) seen.push(result);
    }, RangeError);
    assertEquals(seen, [24]);
    for await (const result of iterator) {
      seen.push(result);
      break;
    }
    for await (const result of iterator) seen.push(result);
    assertEquals(seen, [24, 42, 84]);
    assert(iterator.done());
  }));

Deno.test("WaitIterator.next returns the same future as long as it is pending", () =>
  withManualLoop(async () => {
    const future = new Future<number>();
    const iterator = new WaitIterator(future);
    const next = iterator.next();
    assertStrictEquals(iterator.next(), next);
    assert(next as unknown !== future);
    future.setResult(1);
    assertEquals(await next, 1);
  }));

Deno.test("WaitIterator keeps a result whose wait was cancelled", () =>
  withManualLoop(async ({ clock }) => {
    const future = new Future<number>();
    const iterator = new WaitIterator(future);
    iterator.next().cancel();
    future.setResult(1);
    await clock.advance(0);
    assertFalse(iterator.done());
    assertEquals(await iterator.next(), 1);
  }));

Deno.test("WaitIterator takes promises, and the same one twice", () =>
  withManualLoop(async ({ clock }) => {
    const promise = Promise.resolve("a");
    const future = Future.from(promise);
    const iterator = new WaitIterator<string | void>(promise, sleep(1), future, future);
    const indices: unknown[] = [];
    const all = (async () => {
      for await (const _ of iterator) indices.push(iterator.currentIndex);
    })();
    await clock.advance(1);
    await all;
    assertEquals(indices.sort(), [0, 1, 2, 3]);
  }));

Deno.test("WaitIterator refuses what is not a promise, and promises mixed with an object", () => {
  // deno-lint-ignore no-explicit-any -- the types forbid it
  const Untyped = WaitIterator as any;
  assertThrows(() => new Untyped(new Future(), { bar: new Future() }), TypeError, "one object of them");
  assertThrows(() => new Untyped([new Future()]), TypeError, "pass promises as arguments");
  assertThrows(() => new Untyped({ a: 1 }), TypeError);
  assertThrows(() => new Untyped(1), TypeError);
  assertThrows(() => new Untyped(null), TypeError);
});

Deno.test("WaitIterator reports no failure that nobody asks for", () =>
  withManualLoop(async ({ clock }) => {
    const future = new Future<number>();
    new WaitIterator(future, Promise.reject(new RangeError("Broken")));
    future.setException(new RangeError("Broken"));
    await clock.advance(0);
  }));

Deno.test("WaitIterator knows the types of results and names", () => {
  const byPosition = new WaitIterator(new Future<number>(), Promise.resolve(1));
  assertType<IsExact<typeof byPosition, WaitIterator<number, number>>>(true);
  const byName = new WaitIterator({ a: new Future<string>(), b: Promise.resolve("") });
  assertType<IsExact<typeof byName, WaitIterator<string, "a" | "b">>>(true);
});
