import { assert, assertEquals, assertFalse, assertRejects, assertStrictEquals } from "@std/assert";
import { AsyncLocalStorage } from "node:async_hooks";
import { CancelledError, coroutine, moment, multi, sleep } from "@denado/denado/ioloop";
import { CountingAbortController, withManualLoop } from "../helpers/manual_loop.ts";

Deno.test("sleep ends when its time has passed, not before", () =>
  withManualLoop(async ({ clock }) => {
    const future = sleep(100);
    await clock.advance(99);
    assertFalse(future.done());
    await clock.advance(1);
    assert(future.done());
    assertEquals(await future, undefined);
  }));

Deno.test("sleep withdraws its timer when it is cancelled", () =>
  withManualLoop(async ({ clock }) => {
    const future = sleep(100);
    future.cancel();
    await assertRejects(() => future, CancelledError);
    await clock.advance(0);
    assertEquals(clock.armed, 0);
    await clock.advance(200);
  }));

Deno.test("sleep ends with the reason of its signal, and leaves the signal", () =>
  withManualLoop(async ({ clock }) => {
    const controller = new CountingAbortController();
    const aborted = sleep(100, { signal: controller.signal });
    const over = sleep(1, { signal: controller.signal });
    await clock.advance(1);
    assert(over.done());
    assertEquals(controller.listenerCount, 1);
    controller.abort("enough");
    assertEquals(await aborted.then(undefined, (error) => error), "enough");
    assertEquals(controller.listenerCount, 0);
    await moment; // The loop arms its host timer anew at the end of a turn.
    await clock.advance(0);
    assertEquals(clock.armed, 0);
  }));

Deno.test("sleep does not begin if its signal is aborted already", () =>
  withManualLoop(({ clock }) => {
    assert(sleep(100, { signal: AbortSignal.abort() }).cancelled());
    assertEquals(clock.armed, 0);
  }));

Deno.test("sleep fails if its time is not a number", () =>
  withManualLoop(async () => {
    await assertRejects(() => sleep(NaN), TypeError, "milliseconds");
  }));

Deno.test("moment lets others have their turn each time it is awaited", () =>
  withManualLoop(async () => {
    let seen = "";
    const say = async (name: string) => {
      for (let round = 0; round < 5; round++) {
        seen += name;
        await moment;
      }
    };
    await multi([say("a"), say("b")]);
    assertEquals(seen, "ababababab");
  }));

Deno.test("moment takes one turn of the loop", () =>
  withManualLoop(async ({ loop }) => {
    const seen: string[] = [];
    loop.addCallback(() => {
      seen.push("first");
      loop.addCallback(() => seen.push("second"));
    });
    await moment;
    assertEquals(seen, ["first"]);
    await moment;
    assertEquals(seen, ["first", "second"]);
  }));

Deno.test("moment gives nothing, and works with then", () =>
  withManualLoop(async () => {
    assertEquals(await moment, undefined);
    assertEquals(await moment.then(() => 1), 1);
    assertEquals(Object.prototype.toString.call(moment), "[object Moment]");
  }));

Deno.test("sleep and moment keep the async context", () =>
  withManualLoop(async ({ clock }) => {
    const storage = new AsyncLocalStorage<number>();
    const keeps = (wait: () => PromiseLike<void>) =>
      storage.run(42, async () => {
        await wait();
        return storage.getStore();
      });
    const results = multi([keeps(() => sleep(1)), keeps(() => moment)]);
    await clock.advance(1);
    assertEquals(await results, [42, 42]);
  }));

Deno.test("moment is the same to a coroutine as to yield nothing", () =>
  withManualLoop(async () => {
    let seen = "";
    const say = coroutine(function* (name: string, wait: unknown) {
      for (let round = 0; round < 3; round++) {
        seen += name;
        assertStrictEquals(yield wait, undefined);
      }
    });
    await multi([say("a", moment), say("b", null), say("c", undefined)]);
    assertEquals(seen, "abcabcabc");
  }));
