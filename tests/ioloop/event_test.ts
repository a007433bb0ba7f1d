import { assert, assertEquals, assertFalse, assertRejects } from "@std/assert";
import { Event, TimeoutError } from "@denado/denado/ioloop";
import { withManualLoop } from "../helpers/manual_loop.ts";

Deno.test("Event.set wakes those who wait and lets later ones pass until it is cleared", () =>
  withManualLoop(() => {
    const event = new Event();
    const before = event.wait();
    event.set();
    const while_ = event.wait();
    event.clear();
    const after = event.wait();
    assert(before.done());
    assert(while_.done());
    assertFalse(after.done());
    assertFalse(event.isSet);
  }));

Deno.test("Event.set may be called when the event is set", () => {
  const event = new Event();
  event.set();
  event.set();
  assert(event.isSet);
});

Deno.test("Event.set wakes those who waited before a clear", () =>
  withManualLoop(() => {
    const event = new Event();
    const waits = [event.wait()];
    event.clear();
    waits.push(event.wait());
    event.set();
    assert(waits.every((wait) => wait.done()));
  }));

Deno.test("Event.clear does not put those to sleep again who were woken", () =>
  withManualLoop(async () => {
    const event = new Event();
    const wait = event.wait();
    event.set();
    event.clear();
    await wait;
  }));

Deno.test("Event.set wakes in the order of the calls", () =>
  withManualLoop(async () => {
    const event = new Event();
    const order: number[] = [];
    const waiters = [0, 1, 2].map(async (index) => {
      await event.wait();
      order.push(index);
    });
    event.set();
    await Promise.all(waiters);
    assertEquals(order, [0, 1, 2]);
  }));

Deno.test("Event.wait throws at its time limit, and a later wait works", () =>
  withManualLoop(async ({ loop, clock }) => {
    const event = new Event();
    const timed = assertRejects(
      () => event.wait({ timeoutMs: 10 }),
      TimeoutError,
      "Cannot wait for the event: timed out after 10 ms",
    );
    await clock.advance(10);
    await timed;
    assertEquals(event.waiterCount, 0);
    loop.addTimeout(10, () => event.set());
    const wait = event.wait({ timeoutMs: 1000 });
    await clock.advance(10);
    await wait;
  }));

Deno.test("Event.wait throws at once with a time limit of 0 unless the event is set", () =>
  withManualLoop(async () => {
    const event = new Event();
    const wait = event.wait({ timeoutMs: 0 });
    assert(wait.done());
    await assertRejects(() => wait, TimeoutError);
    event.set();
    await event.wait({ timeoutMs: 0 });
  }));

Deno.test("Event string form shows whether it is set", () => {
  const event = new Event();
  assertEquals(`${event}`, "<Event clear>");
  event.set();
  assertEquals(`${event}`, "<Event set>");
});
