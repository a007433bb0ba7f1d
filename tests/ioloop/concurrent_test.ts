import { assert, assertEquals, assertFalse, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { assertType, type IsExact } from "@std/testing/types";
import {
  CancelledError,
  chainFuture,
  Future,
  futureAddDoneCallback,
  futureSetExceptionUnlessCancelled,
  futureSetResultUnlessCancelled,
  InvalidStateError,
  maybeFuture,
} from "@denado/denado/ioloop";
import { expectLog, expectNoLog } from "../helpers/expect_log.ts";
import { settle } from "../helpers/manual_clock.ts";
import { withManualLoop } from "../helpers/manual_loop.ts";

Deno.test("chainFuture copies a result, also through a chain of three", async () => {
  const [first, second, third] = [new Future<number>(), new Future<number>(), new Future<number>()];
  chainFuture(first, second);
  chainFuture(second, third);
  first.setResult(42);
  assertEquals(await third, 42);
});

Deno.test("chainFuture copies what is there already, at once", () => {
  const [first, second] = [new Future<number>(), new Future<number>()];
  first.setResult(42);
  chainFuture(first, second);
  assertEquals(second.result(), 42);
});

Deno.test("chainFuture copies an exception with its class and message", async () => {
  const [first, second] = [new Future<number>(), new Future<number>()];
  chainFuture(first, second);
  first.setException(new RangeError("Broken"));
  await assertRejects(() => second, RangeError, "Broken");
});

Deno.test("chainFuture copies a cancellation", async () => {
  const [first, second] = [new Future<number>(), new Future<number>()];
  chainFuture(first, second);
  first.cancel();
  await assertRejects(() => second, CancelledError);
  assert(second.cancelled());
});

Deno.test("chainFuture takes a promise", async () => {
  const future = new Future<number>();
  chainFuture(Promise.resolve(42), future);
  assertEquals(await future, 42);
});

Deno.test("chainFuture leaves a future alone that is done before", () =>
  withManualLoop(async ({ clock }) => {
    const [first, second] = [new Future<number>(), new Future<number>()];
    chainFuture(first, second);
    second.setResult(1);
    first.setResult(2);
    await clock.advance(0);
    assertEquals(second.result(), 1);
  }));

Deno.test("chainFuture does not cancel backwards", () => {
  const [first, second] = [new Future<number>(), new Future<number>()];
  chainFuture(first, second);
  second.cancel();
  assertFalse(first.done());
});

Deno.test("chainFuture leaves an error to be reported that nobody got", () =>
  expectLog({ pattern: /never retrieved[^]*RangeError: Broken/, times: 1 }, async () => {
    const [first, second] = [new Future<number>(), new Future<number>()];
    chainFuture(first, second);
    second.cancel();
    first.setException(new RangeError("Broken"));
    await settle();
  }));

Deno.test("futureSetResultUnlessCancelled sets a result unless the future was cancelled", () => {
  const future = new Future<number>();
  futureSetResultUnlessCancelled(future, 42);
  assertEquals(future.result(), 42);
  assertThrows(() => futureSetResultUnlessCancelled(future, 43), InvalidStateError);

  const cancelled = new Future<number>();
  cancelled.cancel();
  futureSetResultUnlessCancelled(cancelled, 42);
  assert(cancelled.cancelled());
});

Deno.test("futureSetExceptionUnlessCancelled sets an exception", async () => {
  const future = new Future<number>();
  futureSetExceptionUnlessCancelled(future, new RangeError("Broken"));
  await assertRejects(() => future, RangeError, "Broken");
});

Deno.test("futureSetExceptionUnlessCancelled logs the exception of a future that was cancelled", () =>
  expectLog({ level: "error", pattern: /Exception after Future was cancelled[^]*RangeError: Broken/, times: 1 }, () => {
    const future = new Future<number>();
    future.cancel();
    futureSetExceptionUnlessCancelled(future, new RangeError("Broken"));
  }));

Deno.test("futureSetExceptionUnlessCancelled keeps silent about a second cancellation", () =>
  expectNoLog(() => {
    const future = new Future<number>();
    future.cancel();
    futureSetExceptionUnlessCancelled(future, new CancelledError());
  }));

Deno.test("futureAddDoneCallback calls back at once if the future is done, else in a later turn", () =>
  withManualLoop(async ({ clock }) => {
    const seen: unknown[] = [];
    const future = new Future<number>();
    futureAddDoneCallback(future, (done) => seen.push(done));
    future.setResult(1);
    assertEquals(seen, []);
    await clock.advance(0);
    assertEquals(seen, [future]);
    futureAddDoneCallback(future, (done) => seen.push(done.result()));
    assertEquals(seen, [future, 1]);
  }));

Deno.test("maybeFuture makes a future of anything", async () => {
  const future = new Future<number>();
  assertStrictEquals(maybeFuture(future), future);
  assertEquals(maybeFuture(42).result(), 42);
  assertEquals(maybeFuture(undefined).result(), undefined);
  assertEquals(await maybeFuture(Promise.resolve("text")), "text");
});

Deno.test("maybeFuture knows the type of the result", () => {
  const either = maybeFuture("text" as string | Promise<number>);
  assertType<IsExact<typeof either, Future<string | number>>>(true);
});
