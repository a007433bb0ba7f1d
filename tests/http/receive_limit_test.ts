import { Deadline, ReceiveLimit } from "@denado/denado/http";
import { assertEquals } from "@std/assert";
import { type ManualLoop, withManualLoop } from "../helpers/manual_loop.ts";

/** Runs a test with a limit whose outcome is the list of times at which the client was found too slow. */
function withLimit(test: (limit: ReceiveLimit, passed: number[], manual: ManualLoop) => Promise<void>): Promise<void> {
  return withManualLoop(async (manual) => {
    const passed: number[] = [];
    const deadline = new Deadline(manual.loop, () => {
      if (limit.isPassed(manual.clock.now())) passed.push(manual.clock.now());
    });
    const limit = new ReceiveLimit(deadline);
    await test(limit, passed, manual);
    deadline.dispose();
  });
}

Deno.test("ReceiveLimit passes when the time for a body is over, whatever has come", () =>
  withLimit(async (limit, passed, { clock }) => {
    limit.wait(0, 5000, 1);
    for (let second = 1; second < 5; second++) {
      await clock.advance(1000);
      limit.received(1_000_000, clock.now());
      limit.wait(clock.now(), 5000, 1);
    }
    await clock.advance(999);
    assertEquals(passed, []);
    await clock.advance(1);
    assertEquals(passed, [5000]);
  }));

Deno.test("ReceiveLimit passes after 20 seconds with less than the rate", () =>
  withLimit(async (limit, passed, { clock }) => {
    limit.wait(0, undefined, 100);
    await clock.advance(10_000);
    limit.received(1999, clock.now());
    limit.wait(clock.now(), undefined, 100);
    await clock.advance(9999);
    assertEquals(passed, []);
    await clock.advance(1);
    assertEquals(passed, [20_000]);
  }));

Deno.test("ReceiveLimit looks at each 20 seconds by themselves", () =>
  withLimit(async (limit, passed, { clock }) => {
    limit.wait(0, undefined, 100);
    await clock.advance(1000);
    limit.received(1_000_000, clock.now());
    limit.wait(clock.now(), undefined, 100);
    await clock.advance(19_000);
    await clock.advance(19_999);
    assertEquals(passed, []);
    await clock.advance(1);
    assertEquals(passed, [40_000]);
  }));

Deno.test("ReceiveLimit counts only the time in which the client is waited for", () =>
  withLimit(async (limit, passed, { clock }) => {
    limit.wait(0, undefined, 100);
    await clock.advance(1000);
    limit.received(10, clock.now());
    await clock.advance(3_600_000); // the delegate takes its time
    assertEquals(passed, []);
    limit.wait(clock.now(), undefined, 100);
    await clock.advance(18_999);
    assertEquals(passed, []);
    await clock.advance(1);
    assertEquals(passed, [3_620_000]);
  }));

for (const [name, minRate] of [["a rate of 0", 0], ["a client that is fast enough", 100]] as const) {
  Deno.test(`ReceiveLimit never passes with ${name}`, () =>
    withLimit(async (limit, passed, { clock }) => {
      limit.wait(0, undefined, minRate);
      for (let round = 0; round < 100; round++) {
        await clock.advance(1000);
        limit.received(minRate + 10, clock.now());
        limit.wait(clock.now(), undefined, minRate);
      }
      assertEquals(passed, []);
      assertEquals(clock.armed, minRate === 0 ? 0 : 1);
    }));
}

Deno.test("ReceiveLimit begins anew with the next body, and not before", () =>
  withLimit(async (limit, passed, { clock }) => {
    limit.wait(0, 5000, 100);
    await clock.advance(1000);
    limit.received(1, clock.now());
    limit.end();
    limit.end();
    await clock.advance(60_000);
    assertEquals(passed, []);
    limit.wait(clock.now(), 5000, 100);
    await clock.advance(5000);
    assertEquals(passed, [66_000]);
  }));
