import { assert, assertEquals, assertFalse, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { Condition, type Future } from "@denado/denado/ioloop";
import { CountingAbortController, withManualLoop } from "../helpers/manual_loop.ts";
import { settle } from "../helpers/manual_clock.ts";

/** Notes in `history` when a wait ends and how. */
function record(history: unknown[], wait: Future<boolean>, key: unknown): void {
  wait.addDoneCallback(() => history.push(wait.result() ? key : "timeout"));
}

Deno.test("Condition.notify wakes a waiter", () =>
  withManualLoop(async ({ loop, clock }) => {
    const condition = new Condition();
    loop.callLater(10, () => condition.notify());
    const wait = condition.wait();
    await clock.advance(10);
    assertEquals(await wait, true);
  }));

Deno.test("Condition.notify wakes one waiter at a time", () =>
  withManualLoop(async () => {
    const condition = new Condition();
    const history: unknown[] = [];
    record(history, condition.wait(), "wait 1");
    record(history, condition.wait(), "wait 2");
    condition.notify(1);
    await settle();
    history.push("notify 1");
    condition.notify(1);
    await settle();
    history.push("notify 2");
    assertEquals(history, ["wait 1", "notify 1", "wait 2", "notify 2"]);
  }));

Deno.test("Condition.notify wakes n waiters in their order", () =>
  withManualLoop(async () => {
    const condition = new Condition();
    const history: unknown[] = [];
    for (let at = 0; at < 6; at++) record(history, condition.wait(), at);
    for (const [count, expected] of [[3, [0, 1, 2]], [1, [0, 1, 2, 3]], [2, [0, 1, 2, 3, 4, 5]]] as const) {
      condition.notify(count);
      await settle();
      assertEquals(history, [...expected]);
    }
  }));

Deno.test("Condition.notify wakes all when they are fewer than n", () =>
  withManualLoop(async () => {
    const condition = new Condition();
    const waits = [condition.wait(), condition.wait()];
    condition.notify(Infinity);
    assertEquals(await Promise.all(waits), [true, true]);
  }));

Deno.test("Condition.notify wakes nobody with n 0", () =>
  withManualLoop(() => {
    const condition = new Condition();
    condition.wait();
    condition.notify(0);
    assertEquals(condition.waiterCount, 1);
  }));

Deno.test("Condition.notify rejects a negative number and NaN", () => {
  const condition = new Condition();
  for (const n of [-1, NaN]) assertThrows(() => condition.notify(n), RangeError, "negative number of waiters");
});

Deno.test("Condition.notifyAll wakes all in their order", () =>
  withManualLoop(async () => {
    const condition = new Condition();
    const history: unknown[] = [];
    for (let at = 0; at < 4; at++) record(history, condition.wait(), at);
    condition.notifyAll();
    await settle();
    history.push("notifyAll");
    assertEquals(history, [0, 1, 2, 3, "notifyAll"]);
  }));

Deno.test("Condition.notify loses nothing when a woken waiter notifies", () =>
  withManualLoop(async () => {
    const condition = new Condition();
    const waits = [condition.wait(), condition.wait(), condition.wait()];
    waits[1]!.addDoneCallback(() => condition.notify());
    condition.notify(2);
    await settle();
    assert(waits.every((wait) => wait.done()));
  }));

Deno.test("Condition.notify does not run a waiter's code inside the call", () =>
  withManualLoop(async () => {
    const condition = new Condition();
    const history: string[] = [];
    const waiter = (async () => {
      await condition.wait();
      history.push("woken");
    })();
    condition.notify();
    history.push("notified");
    await waiter;
    assertEquals(history, ["notified", "woken"]);
  }));

Deno.test("Condition.wait resolves false at its time limit", () =>
  withManualLoop(async ({ loop, clock }) => {
    const condition = new Condition();
    const wait = condition.wait({ timeoutMs: 10 });
    loop.callLater(20, () => condition.notify()); // too late
    await clock.advance(9);
    assertFalse(wait.done());
    await clock.advance(21);
    assertEquals(await wait, false);
  }));

Deno.test("Condition.wait resolves true when notified before its time limit", () =>
  withManualLoop(async ({ loop, clock }) => {
    const condition = new Condition();
    loop.callLater(10, () => condition.notify());
    const wait = condition.wait({ timeoutMs: 20 });
    await clock.advance(30);
    assertEquals(await wait, true);
  }));

Deno.test("Condition.wait resolves false at once with a time limit of 0 or less", () =>
  withManualLoop(() => {
    const condition = new Condition();
    for (const timeoutMs of [0, -1]) {
      const wait = condition.wait({ timeoutMs });
      assert(wait.done());
      assertEquals(wait.result(), false);
    }
    assertEquals(condition.waiterCount, 0);
  }));

Deno.test("Condition.notify does not count waiters that timed out", () =>
  withManualLoop(async ({ clock }) => {
    const condition = new Condition();
    const history: unknown[] = [];
    record(history, condition.wait(), 0);
    record(history, condition.wait({ timeoutMs: 10 }), 1);
    record(history, condition.wait(), 2);
    record(history, condition.wait(), 3);
    await clock.advance(20);
    assertEquals(history, ["timeout"]);
    condition.notify(2);
    await settle();
    assertEquals(history, ["timeout", 0, 2]);
    condition.notify();
    await settle();
    assertEquals(history, ["timeout", 0, 2, 3]);
  }));

Deno.test("Condition.notifyAll passes over waiters that timed out", () =>
  withManualLoop(async ({ clock }) => {
    const condition = new Condition();
    const history: unknown[] = [];
    record(history, condition.wait(), 0);
    record(history, condition.wait({ timeoutMs: 10 }), 1);
    record(history, condition.wait(), 2);
    await clock.advance(20);
    condition.notifyAll();
    await settle();
    assertEquals(history, ["timeout", 0, 2]);
  }));

Deno.test("Condition keeps no waiter that timed out", () =>
  withManualLoop(async ({ clock }) => {
    const condition = new Condition();
    for (let count = 0; count < 101; count++) condition.wait({ timeoutMs: 10 });
    const last = condition.wait();
    assertEquals(condition.waiterCount, 102);
    await clock.advance(20);
    assertEquals(condition.waiterCount, 1);
    assertFalse(last.done());
    condition.notify();
    assert(last.done());
  }));

Deno.test("Condition.wait throws the signal's reason when it is aborted", () =>
  withManualLoop(async () => {
    const condition = new Condition();
    const controller = new CountingAbortController();
    const wait = condition.wait({ signal: controller.signal });
    controller.abort(new Error("Enough"));
    await assertRejects(() => wait, Error, "Enough");
    assertEquals(condition.waiterCount, 0);
    assertEquals(controller.listenerCount, 0);
  }));

Deno.test("Condition string form shows the number of waiters", () =>
  withManualLoop(() => {
    const condition = new Condition();
    assertEquals(`${condition}`, "<Condition>");
    condition.wait();
    assertMatch(`${condition}`, /^<Condition waiters\[1\]>$/);
  }));
