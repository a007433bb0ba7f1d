import { assert, assertEquals } from "@std/assert";
import { hostClock } from "@denado/denado/ioloop";

Deno.test("hostClock never goes back", () => {
  const first = hostClock.now();
  const second = hostClock.now();
  assert(second >= first, `${second} after ${first}`);
});

Deno.test("hostClock calls back once", async () => {
  let calls = 0;
  await new Promise<void>((resolve) =>
    hostClock.setTimer(() => {
      calls++;
      resolve();
    }, 1)
  );
  await new Promise<void>((resolve) => hostClock.setTimer(resolve, 1));
  assertEquals(calls, 1);
});

Deno.test("hostClock calls back at once when the delay is negative", () =>
  new Promise<void>((resolve) => {
    hostClock.setTimer(resolve, -1000);
  }));

Deno.test("hostClock does not call back after its timer was cleared", async () => {
  const timer = hostClock.setTimer(() => {
    throw new Error("must not happen");
  }, 0);
  hostClock.clearTimer(timer);
  hostClock.clearTimer(timer);
  await new Promise<void>((resolve) => hostClock.setTimer(resolve, 2));
});

for (const delayMs of [2 ** 31, 2 ** 32 + 1, 1e300, Infinity]) {
  Deno.test(`hostClock waits with a delay that the host would take for 0: ${delayMs} ms`, async () => {
    const timer = hostClock.setTimer(() => {
      throw new Error("must not happen");
    }, delayMs);
    await new Promise<void>((resolve) => hostClock.setTimer(resolve, 2));
    hostClock.clearTimer(timer);
  });
}
