import { AsyncLocalStorage } from "node:async_hooks";
import { setImmediate } from "node:timers";
import { assert, assertEquals } from "@std/assert";
import { TurnScheduler } from "../../ioloop/turn_scheduler.ts";

const hostTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** A scheduler with a clock that stands still, and what to do in each turn. */
function makeScheduler(takeTurn: (scheduler: TurnScheduler) => void) {
  const clock = { now: 1000 };
  const scheduler: TurnScheduler = new TurnScheduler({
    readTime: () => clock.now,
    takeTurn: () => takeTurn(scheduler),
  });
  return { scheduler, clock };
}

Deno.test("TurnScheduler begins a turn one microtask after the request", async () => {
  let turns = 0;
  const { scheduler } = makeScheduler(() => turns++);
  assertEquals(scheduler.requested, false);
  scheduler.request();
  assertEquals([scheduler.requested, turns], [true, 0]);
  await Promise.resolve();
  assertEquals([scheduler.requested, turns], [false, 1]);
});

Deno.test("TurnScheduler takes one turn for any number of requests before it", async () => {
  let turns = 0;
  const { scheduler } = makeScheduler(() => turns++);
  for (let n = 0; n < 10; n++) scheduler.request();
  await hostTurn();
  assertEquals(turns, 1);
});

Deno.test("TurnScheduler takes no turn that nobody requested", async () => {
  let turns = 0;
  makeScheduler(() => turns++);
  await hostTurn();
  assertEquals(turns, 0);
});

Deno.test("TurnScheduler takes another turn when it is requested during a turn", async () => {
  let turns = 0;
  const { scheduler } = makeScheduler((scheduler) => {
    if (++turns < 3) scheduler.request();
  });
  scheduler.request();
  await Promise.resolve();
  await Promise.resolve();
  await Promise.resolve();
  assertEquals(turns, 3);
});

Deno.test("TurnScheduler lets the host have its turn after 64 turns in a row", async () => {
  let turns = 0;
  const { scheduler } = makeScheduler((scheduler) => {
    turns++;
    scheduler.request();
  });
  scheduler.request();
  const seen: number[] = [];
  for (let n = 0; n < 3; n++) {
    await hostTurn();
    seen.push(turns);
  }
  scheduler.close();
  assertEquals(seen.map((count, at) => count - (seen[at - 1] ?? 0)), [64, 64, 64]);
});

Deno.test("TurnScheduler lets the host have its turn when turns take a millisecond", async () => {
  let turns = 0;
  const { scheduler, clock } = makeScheduler((scheduler) => {
    turns++;
    clock.now += 0.3;
    scheduler.request();
  });
  scheduler.request();
  const seen: number[] = [];
  for (let n = 0; n < 3; n++) {
    await hostTurn();
    seen.push(turns);
  }
  scheduler.close();
  // The turns of a burst begin at 0, 0.3, 0.6, 0.9 and 1.2 ms.
  assertEquals(seen, [5, 10, 15]);
});

for (const jump of [-1e6, 1e6]) {
  Deno.test(`TurnScheduler goes on when its clock jumps by ${jump} ms`, async () => {
    let turns = 0;
    const { scheduler, clock } = makeScheduler((scheduler) => {
      if (++turns === 10) clock.now += jump;
      if (turns < 200) scheduler.request();
    });
    scheduler.request();
    while (turns < 200) await hostTurn();
    assertEquals(turns, 200);
  });
}

Deno.test("TurnScheduler starts afresh when the host had its turn and nobody wants more", async () => {
  let turns = 0;
  const { scheduler, clock } = makeScheduler(() => {
    turns++;
    clock.now += 30;
  });
  for (let n = 1; n <= 100; n++) {
    scheduler.request();
    await Promise.resolve();
    assertEquals(turns, n, "one microtask after the request");
    await hostTurn();
    await hostTurn();
  }
});

Deno.test("TurnScheduler does not count the pauses of a loop as work", async () => {
  let turns = 0;
  const { scheduler, clock } = makeScheduler((scheduler) => {
    if (++turns % 3 !== 0) scheduler.request();
  });
  for (let n = 1; n <= 100; n++) {
    clock.now += 30;
    scheduler.request();
    for (let host = 0; host < 4; host++) await hostTurn();
    assertEquals(turns, 3 * n, "it must not wait for a timer");
  }
});

Deno.test("TurnScheduler waits for a timer of the host when bursts follow each other for 20 ms", async () => {
  let turns = 0;
  let timers = 0;
  const seen: number[] = [];
  const over = Promise.withResolvers<void>();
  const { scheduler, clock } = makeScheduler((scheduler) => {
    // The turns begin at 0 and 5, 10 and 15, 20 and 25 ms, two in each burst, and so on after each wait.
    clock.now += 5;
    seen.push(timers);
    if (++turns % 6 === 0) setTimeout(() => timers++, 0);
    if (turns < 24) scheduler.request();
    else over.resolve();
  });
  scheduler.request();
  await over.promise;
  for (const turn of [6, 12, 18]) assertEquals(seen[turn], turn / 6, `no timer came before turn ${turn}`);
  while (timers < 4) await hostTurn();
});

Deno.test("TurnScheduler does not wait while something comes in from outside", async () => {
  let turns = 0;
  const { scheduler, clock } = makeScheduler((scheduler) => {
    turns++;
    clock.now += 5;
    scheduler.request();
  });
  scheduler.request();
  for (let n = 1; n <= 50; n++) {
    await hostTurn();
    assertEquals(turns, 2 * n);
    scheduler.noteArrival();
  }
  scheduler.close();
});

Deno.test("TurnScheduler ends its wait when something comes in from outside", async () => {
  let turns = 0;
  const { scheduler, clock } = makeScheduler((scheduler) => {
    turns++;
    clock.now += 5;
    if (turns < 8) scheduler.request();
  });
  scheduler.request();
  while (turns < 6) await hostTurn();
  for (let n = 0; n < 3; n++) await hostTurn();
  scheduler.noteArrival();
  for (let n = 0; n < 4; n++) await Promise.resolve();
  assertEquals(turns, 8);
});

Deno.test("TurnScheduler takes its turns in the async context in which it was made", async () => {
  const storage = new AsyncLocalStorage<string>();
  const seen: unknown[] = [];
  const { scheduler } = storage.run("made", () =>
    makeScheduler((scheduler) => {
      seen.push(storage.getStore());
      if (seen.length < 100) scheduler.request();
    }));
  storage.run("requested", () => scheduler.request());
  await hostTurn();
  await hostTurn();
  assertEquals(seen, Array(100).fill("made"));
});

Deno.test("TurnScheduler leaves nothing to the host after it was closed", async () => {
  let turns = 0;
  const { scheduler } = makeScheduler((scheduler) => {
    turns++;
    scheduler.request();
  });
  scheduler.request();
  await Promise.resolve();
  await hostTurn();
  assert(turns >= 64);
  scheduler.close();
  scheduler.close();
  const before = turns;
  await hostTurn();
  await hostTurn();
  assertEquals(turns, before);
});

Deno.test("TurnScheduler leaves no wait to the host after it was closed", async () => {
  let turns = 0;
  const { scheduler, clock } = makeScheduler((scheduler) => {
    turns++;
    clock.now += 25;
    scheduler.request();
  });
  scheduler.request();
  await hostTurn();
  scheduler.close();
  await new Promise((resolve) => setTimeout(resolve, 5));
  assertEquals(turns, 2);
});
