import { assert, assertEquals, assertFalse, assertThrows } from "@std/assert";
import { IOLoop, PeriodicCallback } from "@denado/denado/ioloop";
import { expectLog } from "../helpers/expect_log.ts";
import { ManualClock, settle } from "../helpers/manual_clock.ts";
import { type ManualLoop, withManualLoop } from "../helpers/manual_loop.ts";

/**
 * Runs a callback with a period of 10 s whose calls take the given times, and returns the times of the calls. A
 * negative time is a clock that goes back.
 */
async function callTimes(durationsMs: number[], options: { jitter?: number; random?: () => number } = {}) {
  const times: number[] = [];
  await withManualLoop(async ({ clock }) => {
    clock.jump(1_000_000);
    const remaining = [...durationsMs];
    using periodic = new PeriodicCallback(
      () => {
        times.push(clock.now());
        clock.jump(clock.now() + remaining.shift()!);
        if (remaining.length === 0) periodic.stop();
      },
      10_000,
      options,
    );
    periodic.start();
    while (periodic.isRunning) await clock.advance(2500);
  });
  return times;
}

const seconds = (...times: number[]) => times.map((time) => time * 1000);

Deno.test("PeriodicCallback calls on a grid that begins with start", async () => {
  assertEquals(await callTimes([0, 0, 0, 0, 0]), seconds(1010, 1020, 1030, 1040, 1050));
});

Deno.test("PeriodicCallback skips whole periods when a call takes too long", async () => {
  assertEquals(
    await callTimes(seconds(9, 9, 10, 11, 20, 20, 35, 35, 0, 0, 0)),
    // Three on schedule, two one period late, two two periods late, two three periods late, then on schedule again.
    seconds(1010, 1020, 1030, 1050, 1070, 1100, 1130, 1170, 1210, 1220, 1230),
  );
});

Deno.test("PeriodicCallback advances one period when the clock goes back a little", async () => {
  assertEquals(await callTimes(seconds(-2, -1, -3, -2, 0)), seconds(1010, 1020, 1030, 1040, 1050));
});

Deno.test("PeriodicCallback advances one period when the clock goes back a lot", async () => {
  assertEquals(await callTimes(seconds(-100, 0, 0)), seconds(1010, 1020, 1030));
});

Deno.test("PeriodicCallback varies each period by the jitter", async () => {
  const randoms = [0.5, 1, 0, 0.75, 0.5];
  assertEquals(
    await callTimes([0, 0, 0, 0], { jitter: 0.5, random: () => randoms.shift()! }),
    seconds(1010, 1022.5, 1030, 1041.25),
  );
});

Deno.test("PeriodicCallback asks for no random number without jitter", async () => {
  await callTimes([0, 0], {
    random: () => {
      throw new Error("Asked");
    },
  });
});

Deno.test("PeriodicCallback makes one call, not a burst, after the loop was blocked", () =>
  withManualLoop(async ({ clock }) => {
    const times: number[] = [];
    using periodic = new PeriodicCallback(() => times.push(clock.now()), 10);
    periodic.start();
    await clock.advance(20);
    clock.jump(95); // something else blocks the loop from 20 to 95
    await clock.advance(30);
    assertEquals(times, [10, 20, 95, 100, 110, 120]);
  }));

Deno.test("PeriodicCallback makes no extra call where rounding gives a time that is not in the future", () =>
  withManualLoop(async ({ loop, clock }) => {
    const moveTo = async (ms: number) => {
      clock.jump(ms);
      loop.addCallback(() => {}); // a turn, which looks at the clock
      await settle();
    };
    let calls = 0;
    clock.jump(0.2);
    using periodic = new PeriodicCallback(() => {
      // In doubles the end of the period that begins at 0.2 + 0.1 is 0.4, which has come when this call ends.
      if (++calls === 1) clock.jump(0.4);
    }, 0.1);
    periodic.start();
    await moveTo(0.2 + 0.1);
    await moveTo(0.4);
    assertEquals(calls, 1);
    await moveTo(0.5);
    assertEquals(calls, 2);
  }));

Deno.test("PeriodicCallback makes the first call after one full period", () =>
  withManualLoop(async ({ clock }) => {
    let calls = 0;
    using periodic = new PeriodicCallback(() => calls++, 10);
    periodic.start();
    await clock.advance(9);
    assertEquals(calls, 0);
    await clock.advance(1);
    assertEquals(calls, 1);
  }));

Deno.test("PeriodicCallback makes no call after stop", () =>
  withManualLoop(async ({ clock }) => {
    let calls = 0;
    const periodic = new PeriodicCallback(() => calls++, 10);
    periodic.start();
    assert(periodic.isRunning);
    await clock.advance(30);
    periodic.stop();
    periodic.stop();
    assertFalse(periodic.isRunning);
    await clock.advance(100);
    assertEquals(calls, 3);
    assertEquals(clock.armed, 0);
  }));

Deno.test("PeriodicCallback stops from within its callback", () =>
  withManualLoop(async ({ clock }) => {
    let calls = 0;
    const periodic = new PeriodicCallback(() => {
      if (++calls === 3) periodic.stop();
    }, 10);
    periodic.start();
    await clock.advance(100);
    assertEquals(calls, 3);
    assertEquals(clock.armed, 0);
  }));

Deno.test("PeriodicCallback stops at the end of its scope", () =>
  withManualLoop(async ({ clock }) => {
    let calls = 0;
    {
      using periodic = new PeriodicCallback(() => calls++, 10);
      periodic.start();
      await clock.advance(10);
    }
    await clock.advance(100);
    assertEquals(calls, 1);
  }));

Deno.test("PeriodicCallback never overlaps an async callback, and stays on the grid", () =>
  withManualLoop(async ({ loop, clock }) => {
    const history: string[] = [];
    const periodic = new PeriodicCallback(async () => {
      history.push(`begin ${clock.now()}`);
      await new Promise<void>((resolve) => loop.callLater(25, resolve));
      history.push(`end ${clock.now()}`);
      if (history.length === 6) periodic.stop();
    }, 10);
    periodic.start();
    await clock.advance(200);
    assertEquals(history, ["begin 10", "end 35", "begin 40", "end 65", "begin 70", "end 95"]);
  }));

Deno.test("PeriodicCallback begins a new grid when started again", () =>
  withManualLoop(async ({ clock }) => {
    const times: number[] = [];
    using periodic = new PeriodicCallback(() => times.push(clock.now()), 10);
    periodic.start();
    await clock.advance(13);
    periodic.stop();
    periodic.start();
    await clock.advance(20);
    assertEquals(times, [10, 23, 33]);
  }));

Deno.test("PeriodicCallback.start does nothing while it runs", () =>
  withManualLoop(async ({ clock }) => {
    const times: number[] = [];
    using periodic = new PeriodicCallback(() => times.push(clock.now()), 10);
    periodic.start();
    await clock.advance(5);
    periodic.start();
    await clock.advance(15);
    assertEquals(times, [10, 20]);
  }));

Deno.test("PeriodicCallback keeps to one schedule when started again during an async call", () =>
  withManualLoop(async ({ loop, clock }) => {
    const history: string[] = [];
    using periodic = new PeriodicCallback(async () => {
      history.push(`begin ${clock.now()}`);
      await new Promise<void>((resolve) => loop.callLater(25, resolve));
      history.push(`end ${clock.now()}`);
    }, 10);
    periodic.start();
    await clock.advance(12); // the first call began at 10
    periodic.stop();
    periodic.start();
    await clock.advance(50);
    assertEquals(history, ["begin 10", "end 35", "begin 42"]);
  }));

Deno.test("PeriodicCallback logs an error, thrown or rejected, and goes on", async () => {
  const clock = new ManualClock();
  const loop = new IOLoop({ clock, makeCurrent: false });
  await expectLog(
    [
      { level: "error", category: "denado.application", pattern: /Exception in callback .*\bflaky\b.*\n.*Thrown/ },
      { level: "error", category: "denado.application", pattern: /Exception in callback .*\bflaky\b.*\n.*Rejected/ },
    ],
    () =>
      loop.run(async () => {
        let calls = 0;
        function flaky(): Promise<void> | undefined {
          if (++calls === 1) throw new Error("Thrown");
          if (calls === 2) return Promise.reject(new Error("Rejected"));
        }
        using periodic = new PeriodicCallback(flaky, 10);
        periodic.start();
        await clock.advance(40);
        assertEquals(calls, 4);
      }),
  );
  loop.close();
});

Deno.test("PeriodicCallback ends quietly when its loop is closed", async () => {
  const clock = new ManualClock();
  const loop = new IOLoop({ clock, makeCurrent: false });
  const { promise, resolve } = Promise.withResolvers<void>();
  let calls = 0;
  await loop.run(async () => {
    new PeriodicCallback(() => {
      calls++;
      return promise;
    }, 10).start();
    await clock.advance(10);
  });
  loop.close();
  resolve();
  await settle();
  assertEquals([calls, clock.armed], [1, 0]);
});

Deno.test("PeriodicCallback uses the loop that was current when it was made", () =>
  withManualLoop(async ({ clock }: ManualLoop) => {
    let calls = 0;
    using periodic = new PeriodicCallback(() => calls++, 10);
    const elsewhere = new IOLoop({ makeCurrent: false });
    await elsewhere.run(async () => {
      await Promise.resolve();
      periodic.start();
    });
    elsewhere.close();
    await clock.advance(10);
    assertEquals(calls, 1);
  }));

Deno.test("PeriodicCallback takes a duration", () => {
  const period = Temporal.Duration.from({ minutes: 1, seconds: 23 });
  assertEquals(new PeriodicCallback(() => {}, period).callbackTimeMs, 83_000);
});

Deno.test("PeriodicCallback rejects what it cannot schedule", () => {
  const cases: [callback: unknown, period: unknown, options: { jitter?: number }, error: typeof TypeError][] = [
    [() => {}, 0, {}, RangeError],
    [() => {}, -10, {}, RangeError],
    [() => {}, NaN, {}, RangeError],
    [() => {}, Infinity, {}, RangeError],
    [() => {}, Temporal.Duration.from({ seconds: 0 }), {}, RangeError],
    [() => {}, "10", {}, TypeError],
    [() => {}, null, {}, TypeError],
    [() => {}, undefined, {}, TypeError],
    ["no function", 10, {}, TypeError],
    [() => {}, 10, { jitter: -0.1 }, RangeError],
    [() => {}, 10, { jitter: 2 }, RangeError],
    [() => {}, 10, { jitter: NaN }, RangeError],
  ];
  for (const [callback, period, options, error] of cases) {
    assertThrows(
      () => new PeriodicCallback(callback as () => void, period as number, options),
      error,
      "Cannot schedule",
    );
  }
});

Deno.test("PeriodicCallback string form shows the callback and the period", () => {
  function poll() {}
  assertEquals(`${new PeriodicCallback(poll, 250)}`, "PeriodicCallback(poll, every 250 ms)");
});
