import { assertEquals } from "@std/assert";
import { Alarm } from "../../ioloop/alarm.ts";
import { ManualClock } from "../helpers/manual_clock.ts";

function makeAlarm() {
  const clock = new ManualClock(100);
  const rang: number[] = [];
  const alarm = new Alarm(clock, () => rang.push(clock.now()));
  return { clock, alarm, rang };
}

Deno.test("Alarm rings once, when its time has come", async () => {
  const { clock, alarm, rang } = makeAlarm();
  alarm.set(110, clock.now());
  assertEquals([alarm.when, clock.armed], [110, 1]);
  await clock.advance(9);
  assertEquals(rang, []);
  await clock.advance(1);
  assertEquals([rang, alarm.when, clock.armed], [[110], Infinity, 0]);
  await clock.advance(1000);
  assertEquals(rang, [110]);
});

Deno.test("Alarm asks the host for whole milliseconds, rounded up", async () => {
  const { clock, alarm, rang } = makeAlarm();
  alarm.set(100.2, clock.now());
  await clock.advance(0.9);
  assertEquals(rang, []);
  await clock.advance(0.1);
  assertEquals(rang, [101]);
});

Deno.test("Alarm has one timer of the host, however often it is set", async () => {
  const { clock, alarm, rang } = makeAlarm();
  for (const when of [150, 120, 130]) alarm.set(when, clock.now());
  assertEquals([alarm.when, clock.armed], [130, 1]);
  await clock.advance(100);
  assertEquals(rang, [130]);
});

Deno.test("Alarm is silent after it was cleared", async () => {
  const { clock, alarm, rang } = makeAlarm();
  alarm.set(110, clock.now());
  alarm.clear();
  alarm.clear();
  assertEquals([alarm.when, clock.armed], [Infinity, 0]);
  await clock.advance(100);
  assertEquals(rang, []);
});

Deno.test("Alarm can be set again while it rings", async () => {
  const clock = new ManualClock();
  const rang: number[] = [];
  const alarm: Alarm = new Alarm(clock, () => {
    rang.push(clock.now());
    if (rang.length < 3) alarm.set(clock.now() + 10, clock.now());
  });
  alarm.set(10, clock.now());
  await clock.advance(100);
  assertEquals(rang, [10, 20, 30]);
});
