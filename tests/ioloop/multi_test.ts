import { assert, assertEquals, assertFalse, assertRejects } from "@std/assert";
import { assertType, type IsExact } from "@std/testing/types";
import { BadYieldError, coroutine, Future, moment, multi, multiFuture } from "@denado/denado/ioloop";
import { withManualLoop } from "../helpers/manual_loop.ts";

const delay = coroutine(function* <T>(turns: number, value: T) {
  for (let turn = 0; turn < turns; turn++) yield moment;
  return value;
});
const fail = coroutine(function* (error: Error): Generator<unknown, never> {
  yield moment;
  throw error;
});

Deno.test("multi waits for all items and keeps their order", () =>
  withManualLoop(async () => {
    assertEquals(await multi([delay(3, "v1"), delay(1, "v2")]), ["v1", "v2"]);
  }));

Deno.test("multi waits for all values and keeps their names", () =>
  withManualLoop(async () => {
    assertEquals(await multi({ foo: delay(3, "v1"), bar: delay(1, "v2") }), { foo: "v1", bar: "v2" });
  }));

Deno.test("multi gives nothing for nothing, in the same shape", () =>
  withManualLoop(() => {
    assertEquals(multi([]).result(), []);
    assertEquals(multi({}).result(), {});
  }));

Deno.test("multi takes the same future twice", () =>
  withManualLoop(async () => {
    const future = delay(1, 2);
    assertEquals(await multi([delay(1, 1), future, delay(1, 3), future]), [1, 2, 3, 2]);
  }));

Deno.test("multi waits for moments, for nothing, and for what is nested", () =>
  withManualLoop(async () => {
    assertEquals(await multi([moment, null, [delay(1, 1), { a: delay(2, 2) }]]), [undefined, undefined, [1, { a: 2 }]]);
  }));

Deno.test("multi takes thousands of children in a few turns", () =>
  withManualLoop(async ({ loop }) => {
    let turns = 0;
    let counting = true;
    const count = () => {
      turns++;
      if (counting) loop.addCallback(count);
    };
    count();
    await multi(Array.from({ length: 2000 }, () => moment));
    counting = false;
    assert(turns < 10, `${turns} turns`);
  }));

Deno.test("multi fails with the first failure in the order of the input, when all are done", () =>
  withManualLoop(async ({ clock, errors }) => {
    const [first, second, third] = [new Future<void>(), new Future<void>(), new Future<void>()];
    const all = multi([first, second, third]);
    third.setException(new RangeError("third"));
    second.setException(new RangeError("second"));
    await clock.advance(0);
    assertFalse(all.done());
    assertEquals(errors, []);
    first.setResult();
    await assertRejects(() => all, RangeError, "second");
    assertEquals(errors.splice(0).map(({ message, exception }) => [message, (exception as Error).message]), [
      ["Multiple exceptions in yield list", "third"],
    ]);
  }));

Deno.test("multi reports nothing if there is one failure only", () =>
  withManualLoop(async () => {
    await assertRejects(() => multi([fail(new RangeError("error 1")), delay(1, 2)]), RangeError, "error 1");
    const failed = fail(new RangeError("error 1"));
    await assertRejects(() => multi([failed, failed]), RangeError, "error 1");
  }));

Deno.test("multi reports no further failure of a quiet class", () =>
  withManualLoop(async () => {
    const failures = () => [fail(new RangeError("error 1")), fail(new RangeError("error 2"))];
    await assertRejects(() => multi(failures(), { quietExceptions: RangeError }), RangeError, "error 1");
    await assertRejects(() => multi(failures(), { quietExceptions: [TypeError, RangeError] }), RangeError, "error 1");
  }));

Deno.test("multi counts a cancelled child as a failure, and does not report it", () =>
  withManualLoop(async () => {
    const [cancelled, other] = [new Future<void>(), new Future<void>()];
    const all = multi([cancelled, fail(new RangeError("Broken"))], { quietExceptions: RangeError });
    cancelled.cancel();
    await assertRejects(() => all);
    assert(all.cancelled());
    other.cancel();
    await assertRejects(() => multi([fail(new RangeError("Broken")), other]), RangeError);
  }));

Deno.test("multi leaves the children alone when it is cancelled, and reports their failures", () =>
  withManualLoop(async ({ clock, errors }) => {
    const [first, second] = [new Future<void>(), new Future<void>()];
    const all = multi([first, second]);
    all.cancel();
    assertFalse(first.done());
    first.setException(new RangeError("Broken"));
    second.setResult();
    await clock.advance(0);
    assertEquals(errors.splice(0).map(({ exception }) => (exception as Error).message), ["Broken"]);
  }));

Deno.test("multi fails if a child cannot be waited for", () =>
  withManualLoop(async () => {
    await assertRejects(() => multi([delay(1, 1), 42]), BadYieldError, "42");
  }));

Deno.test("multiFuture is another name of multi", () => assert(multiFuture === multi));

Deno.test("multi keeps the types of its children", () =>
  withManualLoop(async () => {
    const tuple = multi([Promise.resolve(1), Promise.resolve("a"), null]);
    assertType<IsExact<typeof tuple, Future<[number, string, undefined]>>>(true);
    const record = multi({ n: Promise.resolve(1), list: [Promise.resolve("a")] });
    assertType<IsExact<typeof record, Future<{ n: number; list: [string] }>>>(true);
    const promises: Promise<number>[] = [];
    const list = multi(promises);
    assertType<IsExact<typeof list, Future<number[]>>>(true);
    await multi([tuple, record, list]);
  }));
