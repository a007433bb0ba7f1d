import { IOLoop } from "@denado/denado/ioloop";
import { ManualClock, settle } from "@denado/denado/testing";
import { assertEquals } from "@std/assert";

Deno.test("ManualClock stops at each wake-up on its way", async () => {
  const clock = new ManualClock(100);
  const loop = new IOLoop({ clock, makeCurrent: false });
  const seen: number[] = [];
  const tick = () => {
    seen.push(loop.time());
    if (seen.length < 3) loop.callLater(10, tick);
  };
  loop.callLater(10, tick);
  await settle();
  assertEquals(clock.armed, 1);
  await clock.advance(25);
  assertEquals([seen, clock.now()], [[110, 120], 125]);
  await clock.advance(100);
  assertEquals([seen, clock.armed], [[110, 120, 130], 0]);
  loop.close();
});

Deno.test("ManualClock jumps without letting timers fire", () => {
  const clock = new ManualClock();
  let fired = false;
  const timer = clock.setTimer(() => fired = true, 10);
  clock.jump(1000);
  assertEquals([fired, clock.now()], [false, 1000]);
  clock.clearTimer(timer);
  assertEquals(clock.armed, 0);
});
