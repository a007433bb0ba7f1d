import { assert, assertEquals, assertFalse, assertRejects } from "@std/assert";
import { assertType, type IsExact } from "@std/testing/types";
import {
  BadYieldError,
  CancelledError,
  Future,
  sleep,
  TimeoutError,
  WaitIterator,
  withTimeout,
} from "@denado/denado/ioloop";
import { CountingAbortController, type ManualLoop, withManualLoop } from "../helpers/manual_loop.ts";

/** Whether the loop is free of timers, after the turn in which they may have been withdrawn. */
async function assertNoTimers({ clock, loop }: ManualLoop): Promise<void> {
  loop.addCallback(() => {});
  await clock.advance(0);
  assertEquals(clock.armed, 0);
}

Deno.test("withTimeout throws when the time is up, and does not cancel", () =>
  withManualLoop(async (manual) => {
    const future = new Future<string>();
    const limited = withTimeout(100, future);
    const failed = assertRejects(() => limited, TimeoutError, "Operation timed out after 100 ms");
    await manual.clock.advance(99);
    assertFalse(limited.done());
    await manual.clock.advance(1);
    await failed;
    assertFalse(future.done());
    await assertNoTimers(manual);
  }));

Deno.test("withTimeout gives a result that comes in time, and withdraws its timer", () =>
  withManualLoop(async (manual) => {
    const future = new Future<string>();
    const limited = withTimeout(3_600_000, future);
    manual.loop.callLater(100, () => future.setResult("asdf"));
    await manual.clock.advance(100);
    assertEquals(await limited, "asdf");
    await assertNoTimers(manual);
  }));

Deno.test("withTimeout gives a failure that comes in time", () =>
  withManualLoop(async (manual) => {
    const future = new Future<string>();
    const limited = withTimeout(3_600_000, future);
    manual.loop.callLater(100, () => future.setException(new RangeError("Broken")));
    const failed = assertRejects(() => limited, RangeError, "Broken");
    await manual.clock.advance(100);
    await failed;
    await assertNoTimers(manual);
  }));

Deno.test("withTimeout gives what is there already at once, whatever the limit", () =>
  withManualLoop(({ clock }) => {
    const future = new Future<string>();
    future.setResult("asdf");
    for (const limit of [3_600_000, 0, -1, Infinity]) assertEquals(withTimeout(limit, future).result(), "asdf");
    assertEquals(clock.armed, 0);
  }));

Deno.test("withTimeout gives a result that comes at the very end of the time", () =>
  withManualLoop(async ({ clock, loop }) => {
    const future = new Future<string>();
    loop.callLater(100, () => future.setResult("asdf"));
    const limited = withTimeout(100, future);
    await clock.advance(100);
    assertEquals(await limited, "asdf");
  }));

Deno.test("withTimeout has no limit with Infinity", () =>
  withManualLoop(async ({ clock }) => {
    const future = new Future<string>();
    const limited = withTimeout(Infinity, future);
    await clock.advance(1e9);
    assertFalse(limited.done());
    future.setResult("asdf");
    assertEquals(await limited, "asdf");
  }));

Deno.test("withTimeout waits for everything that can be yielded", () =>
  withManualLoop(async ({ clock }) => {
    const limited = withTimeout(100, [Promise.resolve(1), { a: sleep(50) }]);
    assertType<IsExact<typeof limited, Future<(number | { a: void })[]>>>(true);
    await clock.advance(50);
    assertEquals(await limited, [1, { a: undefined }]);
    const text = withTimeout(100, Promise.resolve("text"));
    assertType<IsExact<typeof text, Future<string>>>(true);
    assertEquals(await text, "text");
    const next = withTimeout(100, new WaitIterator(sleep(0)).next());
    await clock.advance(0);
    assertEquals(await next, undefined);
  }));

Deno.test("withTimeout reports a failure that comes too late, once", () =>
  withManualLoop(async ({ clock, errors }) => {
    const future = new Future<string>();
    const failed = assertRejects(() => withTimeout(1, future), TimeoutError);
    await clock.advance(1);
    await failed;
    future.setException(new RangeError("Broken"));
    await clock.advance(0);
    assertEquals(errors.splice(0).map(({ message, exception }) => [message, String(exception)]), [
      ["Exception in Future(exception) after timeout", "RangeError: Broken"],
    ]);
  }));

Deno.test("withTimeout keeps silent about late cancellations and quiet classes", () =>
  withManualLoop(async ({ clock }) => {
    const futures = [new Future<string>(), new Future<string>(), new Future<string>()];
    for (const future of futures) withTimeout(1, future, { quietExceptions: [TypeError, RangeError] }).silence();
    await clock.advance(1);
    futures[0]!.setException(new RangeError("Broken"));
    futures[1]!.cancel();
    futures[2]!.setResult("too late");
    await clock.advance(0);
  }));

Deno.test("withTimeout ends with the reason of its signal, and leaves nothing behind", () =>
  withManualLoop(async (manual) => {
    const controller = new CountingAbortController();
    const future = new Future<string>();
    const limited = withTimeout(100, future, { signal: controller.signal });
    controller.abort(new RangeError("Enough"));
    await assertRejects(() => limited, RangeError, "Enough");
    assertFalse(future.done());
    assertEquals(controller.listenerCount, 0);
    await assertNoTimers(manual);
    future.setException(new TypeError("Late"));
    await manual.clock.advance(0);
    assertEquals(manual.errors.splice(0).length, 1);
  }));

Deno.test("withTimeout leaves its signal when it is done", () =>
  withManualLoop(async () => {
    const controller = new CountingAbortController();
    assertEquals(await withTimeout(100, Promise.resolve(1), { signal: controller.signal }), 1);
    assertEquals(controller.listenerCount, 0);
  }));

Deno.test("withTimeout does not wait if its signal is aborted already", () =>
  withManualLoop(async ({ clock, errors }) => {
    const future = new Future<string>();
    assert(withTimeout(100, future, { signal: AbortSignal.abort() }).cancelled());
    assertEquals(clock.armed, 0);
    future.setException(new TypeError("Late"));
    await clock.advance(0);
    assertEquals(errors.splice(0).length, 1);
  }));

Deno.test("withTimeout withdraws its timer when it is cancelled", () =>
  withManualLoop(async (manual) => {
    const limited = withTimeout(100, new Future<string>());
    limited.cancel();
    await assertRejects(() => limited, CancelledError);
    await assertNoTimers(manual);
  }));

Deno.test("withTimeout fails if its arguments are wrong", () =>
  withManualLoop(async () => {
    await assertRejects(() => withTimeout(NaN, new Future()), TypeError);
    await assertRejects(() => withTimeout(1, 42), BadYieldError);
  }));
