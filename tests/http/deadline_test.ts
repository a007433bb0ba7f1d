import { Deadline } from "@denado/denado/http";
import { assertEquals } from "@std/assert";
import { type ManualLoop, withManualLoop } from "../helpers/manual_loop.ts";

/** Runs a test with a deadline and the list of the times at which it expired. */
function withDeadline(test: (deadline: Deadline, expired: number[], manual: ManualLoop) => Promise<void>) {
  return withManualLoop(async (manual) => {
    const expired: number[] = [];
    const deadline = new Deadline(manual.loop, () => expired.push(manual.clock.now()));
    await test(deadline, expired, manual);
    deadline.dispose();
    await manual.clock.advance(0);
    assertEquals(manual.clock.armed, 0);
  });
}

Deno.test("Deadline calls back once when its time has come", () =>
  withDeadline(async (deadline, expired, { clock }) => {
    deadline.set(100);
    await clock.advance(99);
    assertEquals(expired, []);
    await clock.advance(1);
    assertEquals(expired, [100]);
    await clock.advance(1000);
    assertEquals(expired, [100]);
  }));

Deno.test("Deadline does not call back when it was cleared", () =>
  withDeadline(async (deadline, expired, { clock }) => {
    deadline.set(100);
    deadline.clear();
    await clock.advance(1000);
    assertEquals(expired, []);
  }));

for (const none of [undefined, Infinity]) {
  Deno.test(`Deadline is cleared by a limit of ${none}`, () =>
    withDeadline(async (deadline, expired, { clock }) => {
      deadline.set(100);
      deadline.set(none);
      await clock.advance(1000);
      assertEquals(expired, []);
    }));
}

Deno.test("Deadline keeps its timer and calls back late when it is moved away", () =>
  withDeadline(async (deadline, expired, { clock, loop }) => {
    for (let round = 0; round < 5; round++) {
      deadline.set(100, loop.time());
      await clock.advance(60);
      assertEquals(clock.armed, 1);
    }
    assertEquals(expired, []);
    await clock.advance(40);
    assertEquals(expired, [340]);
  }));

Deno.test("Deadline calls back early when it is moved nearer", () =>
  withDeadline(async (deadline, expired, { clock }) => {
    deadline.set(1000);
    deadline.set(10);
    await clock.advance(10);
    assertEquals(expired, [10]);
  }));

Deno.test("Deadline counts from the time that it is told", () =>
  withDeadline(async (deadline, expired, { clock, loop }) => {
    await clock.advance(0);
    clock.jump(5000); // without a turn of the loop
    deadline.set(100, loop.time());
    await clock.advance(99);
    assertEquals(expired, []);
    await clock.advance(1);
    assertEquals(expired, [5100]);
  }));

Deno.test("Deadline can be set again when it has expired, also by its callback", () =>
  withManualLoop(async ({ loop, clock }) => {
    let count = 0;
    const deadline = new Deadline(loop, () => {
      if (++count < 3) deadline.set(50);
    });
    deadline.set(100);
    await clock.advance(1000);
    assertEquals(count, 3);
    assertEquals(clock.armed, 0);
  }));

Deno.test("Deadline holds no timer when it is disposed", () =>
  withDeadline(async (deadline, expired, { clock }) => {
    deadline.set(100);
    deadline.dispose();
    deadline.dispose();
    await clock.advance(0);
    assertEquals(clock.armed, 0);
    await clock.advance(1000);
    assertEquals(expired, []);
  }));
