import { assertEquals, assertThrows } from "@std/assert";
import { TimeoutError } from "@denado/denado/ioloop";
import { ReadLimit } from "../../tcp/read_limit.ts";
import { CountingAbortController, withManualLoop } from "../helpers/manual_loop.ts";

Deno.test("ReadLimit gives up after the time, not before", () =>
  withManualLoop(async ({ loop, clock }) => {
    let calls = 0;
    const limit = new ReadLimit({ timeoutMs: 100 }, loop, () => calls++);
    await clock.advance(99);
    limit.check();
    assertEquals(calls, 0);
    await clock.advance(1);
    assertEquals(calls, 1);
    assertThrows(() => limit.check(), TimeoutError, "within 100 ms");
    limit.dispose();
  }));

Deno.test("ReadLimit gives up with the reason of the signal, once", () =>
  withManualLoop(async ({ loop, clock }) => {
    const controller = new CountingAbortController();
    let calls = 0;
    const limit = new ReadLimit({ signal: controller.signal, timeoutMs: 100 }, loop, () => calls++);
    controller.abort(new RangeError("enough"));
    await clock.advance(200);
    assertEquals(calls, 1);
    assertThrows(() => limit.check(), RangeError, "enough");
    limit.dispose();
  }));

Deno.test("ReadLimit leaves neither a listener nor a timer behind", () =>
  withManualLoop(async ({ loop, clock }) => {
    const controller = new CountingAbortController();
    const limit = new ReadLimit({ signal: controller.signal, timeoutMs: 100 }, loop, () => {
      throw new Error("called");
    });
    assertEquals(controller.listenerCount, 1);
    limit.dispose();
    assertEquals(controller.listenerCount, 0);
    controller.abort();
    await clock.advance(200);
    limit.check();
  }));
