import { assert, assertEquals, assertFalse, assertThrows } from "@std/assert";
import { EventLoop, type TimerHandle } from "@denado/denado/ioloop";
import { loopTest, readyOnce } from "../helpers/loop_scene.ts";
import { ManualClock, settle } from "../helpers/manual_clock.ts";

loopTest(
  "EventLoop.callLater calls back when the time has passed, with the arguments",
  async ({ loop, clock, seen }) => {
    const timer = loop.callLater(10, (a: number, b: string) => seen.push(`${a}${b}`), 1, "x");
    assertEquals(timer.when, 1010);
    await clock.advance(9.999);
    assertEquals(seen, []);
    await clock.advance(0.001);
    assertEquals(seen, ["1x"]);
    await clock.advance(100);
    assertEquals(seen, ["1x"]);
  },
);

loopTest("EventLoop.callAt counts on the loop's clock", async ({ loop, clock, seen, note }) => {
  assertEquals(loop.time(), 1000);
  const timer = loop.callAt(loop.time() + 5, note("later"));
  assertEquals(timer.when, 1005);
  await clock.advance(4);
  assertEquals(seen, []);
  await clock.advance(1);
  assertEquals(seen, ["later"]);
});

for (const delayMs of [0.001, 0.5, 1, 1.5, 10.25, 99.999]) {
  loopTest(`EventLoop calls no timer early: ${delayMs} ms`, async ({ loop, clock }) => {
    const ran: number[] = [];
    clock.jump(1000.7);
    const { when } = loop.callLater(delayMs, () => ran.push(loop.time()));
    await clock.advance(200);
    assertEquals(ran.length, 1);
    assert(ran[0]! >= when && ran[0]! <= when + 1, `${ran[0]} for ${when}`);
  });
}

Deno.test("EventLoop calls no timer early on the host's clock", async () => {
  const loop = new EventLoop();
  const early: number[] = [];
  let left = 300;
  await loop.runUntilComplete(
    new Promise<void>((resolve) => {
      for (let n = left; n > 0; n--) {
        const timer: TimerHandle = loop.callLater((n * 7919 % 1000) / 100, () => {
          if (loop.time() < timer.when) early.push(timer.when);
          if (--left === 0) resolve();
        });
      }
    }),
  );
  assertEquals(early, []);
  loop.close();
});

/** The host calls back before the time has come, as `setTimeout` does that counts in whole milliseconds. */
class HastyClock extends ManualClock {
  override setTimer(callback: () => void, delayMs: number): unknown {
    return super.setTimer(callback, Math.max(1, Math.floor(delayMs * 0.9)));
  }
}

Deno.test("EventLoop calls no timer early when the host is", async () => {
  const clock = new HastyClock();
  const loop = new EventLoop({ clock });
  const ran: number[] = [];
  loop.callLater(100, () => ran.push(clock.now()));
  await clock.advance(99);
  assertEquals(ran, []);
  await clock.advance(1);
  assertEquals(ran, [100]);
  assertEquals(clock.armed, 0);
  loop.close();
});

const soon = [0, -0, -1, -1e9, -Infinity];

for (const delayMs of soon) {
  loopTest(`EventLoop calls a timer in the next turn when its delay is ${Deno.inspect(delayMs)}`, async (scene) => {
    const { loop, clock, seen, note } = scene;
    loop.callLater(delayMs, note("timer"));
    assertEquals(seen, [], "never synchronously");
    loop.callSoon(note("callback"));
    await settle();
    assertEquals([seen, clock.armed], [["callback", "timer"], 0]);
  });
}

loopTest("EventLoop.callAt calls back in the next turn when the time is past", async ({ loop, seen, note }) => {
  loop.callAt(-5, note("long ago"));
  loop.callAt(999, note("just now"));
  loop.callAt(1000, note("now"));
  await settle();
  assertEquals(seen, ["long ago", "just now", "now"]);
});

loopTest("EventLoop never calls a timer at infinity, and arms nothing for it", async ({ loop, clock, seen, note }) => {
  const timer = loop.callLater(Infinity, note("never"));
  loop.callAt(Infinity, note("never"));
  await clock.advance(1e15);
  assertEquals([seen, timer.when, clock.armed], [[], Infinity, 0]);
  loop.callLater(10, note("other"));
  await clock.advance(10);
  assertEquals(seen, ["other"]);
});

for (const wrong of [NaN, undefined, null, "10", {}, 10n, new Date()]) {
  loopTest(`EventLoop refuses a time that is not a number: ${Deno.inspect(wrong)}`, ({ loop, clock }) => {
    const time = wrong as unknown as number;
    assertThrows(() => loop.callLater(time, () => {}), TypeError, "delayMs must be a number of milliseconds");
    assertThrows(() => loop.callAt(time, () => {}), TypeError, "whenMs must be a number of milliseconds");
    assertEquals(clock.armed, 0);
  });
}

/** The host takes no more than 31 bits, as `hostClock` tells it. */
class LimitedClock extends ManualClock {
  override setTimer(callback: () => void, delayMs: number): unknown {
    return super.setTimer(callback, Math.min(delayMs, 2 ** 31 - 1));
  }
}

for (const delayMs of [2 ** 31, 2 ** 32 + 0.5, 10 * 2 ** 31]) {
  Deno.test(`EventLoop waits longer than the host can: ${delayMs} ms`, async () => {
    const clock = new LimitedClock();
    const loop = new EventLoop({ clock });
    let ran = false;
    loop.callLater(delayMs, () => ran = true);
    await clock.advance(delayMs - 1);
    assertEquals([ran, clock.armed], [false, 1]);
    await clock.advance(2);
    assertEquals([ran, clock.armed], [true, 0]);
    loop.close();
  });
}

// --- order ---

loopTest("EventLoop calls timers by their times, and those of one time in the order of scheduling", async (scene) => {
  const { loop, clock, seen, note } = scene;
  const delays = [30, 10, 20, 10, 30, 0, 20, 10];
  delays.forEach((delay, at) => loop.callAt(1000 + delay, note(`${delay}.${at}`)));
  await clock.advance(30);
  assertEquals(seen, ["0.5", "10.1", "10.3", "10.7", "20.2", "20.6", "30.0", "30.4"]);
});

loopTest("EventLoop calls timers by their times also when the turn is late", async ({ loop, clock, seen, note }) => {
  for (const delay of [3, 1, 2, 1]) loop.callLater(delay, note(`${delay}`));
  clock.jump(1500);
  loop.callSoon(note("callback"));
  await settle();
  assertEquals(seen, ["callback", "1", "1", "2", "3"]);
});

loopTest("EventLoop calls 100,000 timers in order", async ({ loop, clock }) => {
  const seen: number[] = [];
  let seed = 5;
  for (let n = 0; n < 100_000; n++) {
    seed = (seed * 1103515245 + 12345) & 0x7fffffff;
    const timer: TimerHandle = loop.callLater(seed % 100, () => seen.push(timer.when * 1e6 + timer.sequence));
  }
  await clock.advance(100);
  assertEquals(seen.length, 100_000);
  assert(seen.every((value, at) => at === 0 || value > seen[at - 1]!));
});

loopTest("EventLoop waits for the next turn with a timer that a timer adds", async ({ loop, seen, note }) => {
  loop.callLater(0, () => {
    seen.push("first");
    loop.callLater(-1000, note("added"));
    loop.callSoon(note("callback"));
  });
  loop.callLater(0, note("second"));
  await settle();
  assertEquals(seen, ["first", "second", "callback", "added"]);
});

// --- cancelling ---

loopTest("EventLoop does not call a timer that was cancelled before", async ({ loop, clock, seen, note }) => {
  const timers = [10, 20, 30].map((delay) => loop.callLater(delay, note(`${delay}`)));
  timers[1]!.cancel();
  await clock.advance(30);
  assertEquals(seen, ["10", "30"]);
});

const cancellers: { name: string; cancelFrom: (loop: EventLoop, cancel: () => void) => void }[] = [
  { name: "a timer that is due before", cancelFrom: (loop, cancel) => void loop.callAt(1001, cancel) },
  { name: "a callback of the same turn", cancelFrom: (loop, cancel) => void loop.callSoon(cancel) },
  { name: "a handler of the same turn", cancelFrom: readyOnce },
  {
    name: "a coroutine that goes on in the same turn",
    cancelFrom: (loop, cancel) => void loop.callSoon(() => Promise.resolve().then(cancel)),
  },
];

for (const { name, cancelFrom } of cancellers) {
  loopTest(`EventLoop does not call a due timer that is cancelled by ${name}`, async ({ loop, clock, seen, note }) => {
    const timers: TimerHandle[] = [];
    clock.jump(1050);
    cancelFrom(loop, () => {
      seen.push("cancel");
      for (const timer of timers) timer.cancel();
    });
    timers.push(loop.callAt(1010, note("first")), loop.callAt(1020, note("second")));
    loop.callAt(1015, note("other"));
    await settle();
    assertEquals(seen, ["cancel", "other"]);
  });
}

loopTest("EventLoop lets a timer cancel itself and one that ran", async ({ loop, clock, seen, note }) => {
  const ran = loop.callLater(1, note("ran"));
  const self: TimerHandle = loop.callLater(2, () => {
    self.cancel();
    ran.cancel();
    seen.push("self");
  });
  loop.callLater(3, note("later"));
  await clock.advance(3);
  assertEquals(seen, ["ran", "self", "later"]);
  self.cancel();
});

loopTest("EventLoop.callLater in a using declaration ends with its scope", async ({ loop, clock, seen, note }) => {
  {
    using _timer = loop.callLater(10, note("timer"));
    await clock.advance(5);
  }
  await Promise.resolve();
  assertEquals(clock.armed, 0);
  await clock.advance(10);
  assertEquals(seen, []);
});

// --- the host's timer ---

class Counting extends ManualClock {
  set = 0;

  override setTimer(callback: () => void, delayMs: number): unknown {
    this.set++;
    return super.setTimer(callback, delayMs);
  }
}

Deno.test("EventLoop has one timer of the host for any number of its own", async () => {
  const clock = new Counting();
  const loop = new EventLoop({ clock });
  for (let n = 1; n <= 1000; n++) loop.callLater(1000 + n, () => {});
  await Promise.resolve();
  assertEquals([clock.armed, clock.set], [1, 1]);
  const early = loop.callLater(10, () => {});
  await Promise.resolve();
  assertEquals([clock.armed, clock.set], [1, 2]);
  early.cancel();
  await settle();
  assertEquals([clock.armed, clock.set], [1, 2], "an early alarm does no harm");
  loop.close();
  assertEquals(clock.armed, 0);
});

Deno.test("EventLoop sets the host's timer once for all timers that a turn schedules", async () => {
  const clock = new Counting();
  const loop = new EventLoop({ clock });
  loop.callSoon(() => {
    for (let n = 1000; n > 0; n--) loop.callLater(n, () => {});
  });
  await settle();
  assertEquals([clock.armed, clock.set], [1, 1]);
  loop.close();
});

Deno.test("EventLoop clears the host's timer when its last timer is cancelled", async () => {
  const clock = new Counting();
  const loop = new EventLoop({ clock });
  const timers = [loop.callLater(10, () => {}), loop.callLater(20, () => {})];
  await Promise.resolve();
  timers[0]!.cancel();
  await Promise.resolve();
  assertEquals(clock.armed, 1);
  timers[1]!.cancel();
  await Promise.resolve();
  assertEquals(clock.armed, 0);
  loop.callSoon(() => loop.callLater(10, () => {}).cancel());
  await settle();
  assertEquals([clock.armed, clock.set], [0, 1]);
  const last = loop.callLater(10, () => {});
  await Promise.resolve();
  assertEquals(clock.armed, 1);
  loop.callSoon(() => last.cancel());
  await settle();
  assertEquals(clock.armed, 0);
  loop.close();
});

Deno.test("EventLoop bothers the host not at all with timers that are cancelled at once", async () => {
  const clock = new Counting();
  const loop = new EventLoop({ clock });
  for (let n = 0; n < 1000; n++) loop.callLater(1000 - n, () => {}).cancel();
  await settle();
  assertEquals([clock.armed, clock.set], [0, 0]);
  loop.close();
});

Deno.test("EventLoop bothers the host little with 100,000 timers that are scheduled and cancelled in turns", async () => {
  const clock = new Counting();
  const loop = new EventLoop({ clock });
  let left = 100;
  const work = () => {
    const timers = Array.from({ length: 1000 }, (_, n) => loop.callLater(1000 - n, () => {}));
    for (const timer of timers) timer.cancel();
    if (--left > 0) loop.callSoon(work);
  };
  loop.callSoon(work);
  while (left > 0) await settle();
  await settle();
  assertEquals([clock.armed, clock.set], [0, 0]);
  loop.close();
});

Deno.test("EventLoop leaves no timer of the host behind, whatever is scheduled and cancelled", async () => {
  const clock = new ManualClock();
  const loop = new EventLoop({ clock });
  let seed = 9;
  const dice = (sides: number) => (seed = (seed * 1103515245 + 12345) & 0x7fffffff) % sides;
  const live = new Set<TimerHandle>();
  let early = 0;
  const schedule = () => {
    const timer: TimerHandle = loop.callLater(dice(50) - 5, () => {
      live.delete(timer);
      if (clock.now() < timer.when) early++;
      if (dice(3) === 0) schedule();
    });
    live.add(timer);
  };
  const cancelOne = () => {
    for (const timer of live) {
      if (dice(2) === 0) continue;
      timer.cancel();
      live.delete(timer);
      return;
    }
  };
  for (let step = 0; step < 500; step++) {
    const action = dice(2) === 0 ? schedule : cancelOne;
    if (dice(2) === 0) loop.callSoon(action);
    else action();
    if (dice(5) === 0) await clock.advance(dice(20));
    else await Promise.resolve();
    assert(clock.armed <= 1);
    if (live.size === 0) assertEquals(clock.armed, 0);
  }
  await settle();
  for (const timer of live) timer.cancel();
  await Promise.resolve();
  assertEquals([clock.armed, early], [0, 0]);
  loop.close();
});

// --- a clock that jumps ---

loopTest("EventLoop waits on when the clock has jumped back", async ({ loop, clock, seen, note }) => {
  loop.callLater(100, note("timer"));
  clock.jump(500);
  await clock.advance(599);
  assertEquals(seen, []);
  await clock.advance(1);
  assertEquals([seen, clock.now()], [["timer"], 1100]);
});

loopTest("EventLoop calls what became due when the clock has jumped forward", async ({ loop, clock, seen, note }) => {
  loop.callLater(100, note("timer"));
  loop.callLater(5000, note("late timer"));
  clock.jump(2000);
  loop.callSoon(note("callback"));
  await settle();
  assertEquals(seen, ["callback", "timer"]);
  await clock.advance(3999);
  assertEquals(seen, ["callback", "timer"]);
  await clock.advance(1);
  assertEquals(seen, ["callback", "timer", "late timer"]);
});

// --- time ---

loopTest("EventLoop.turnTime stands still in a turn", async ({ loop, clock }) => {
  const times = [loop.turnTime];
  for (const ms of [5, 7]) {
    loop.callSoon(() => {
      times.push(loop.turnTime);
      clock.jump(clock.now() + ms);
      times.push(loop.turnTime);
    });
    await settle();
  }
  assertEquals(times, [1000, 1000, 1000, 1005, 1005]);
});

loopTest("EventLoop.turnTime is the time at which due timers were looked for", async ({ loop, clock, seen }) => {
  loop.callLater(10, () => seen.push(`${loop.turnTime}`));
  await clock.advance(25);
  assertEquals(seen, ["1010"]);
});

Deno.test("EventLoop.time never goes back", () => {
  const loop = new EventLoop();
  const first = loop.time();
  assertFalse(loop.time() < first);
  loop.close();
});
