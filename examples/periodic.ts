// deno run examples/periodic.ts [ticks]
//
// Three schedules on one loop: a clock that keeps to its grid, a slow job that never overlaps itself, and a flaky one
// whose error is logged while its schedule goes on. Ends after so many ticks of the clock, 15 by default.

import { IOLoop, PeriodicCallback } from "@denado/denado/ioloop";

const lastTick = Number(Deno.args[0] ?? 15);
const loop = IOLoop.current();
const startMs = loop.time();

function say(text: string): void {
  const elapsed = ((loop.time() - startMs) / 1000).toFixed(2);
  console.log(`${elapsed.padStart(6)} s  ${text}`);
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => loop.callLater(ms, resolve));
}

// Every 200 ms, reckoned from the start: the time that a call takes does not add up.
let ticks = 0;
const clock = new PeriodicCallback(() => {
  say(`tick ${++ticks}`);
  if (ticks === lastTick) stop();
}, 200);

// Takes longer than its period of 100 ms, so every other period is skipped. `active` never exceeds 1.
let active = 0;
const slowJob = new PeriodicCallback(async () => {
  active++;
  say(`slow job begins, ${active} active`);
  await sleep(150);
  say("slow job ends");
  active--;
}, 100);

// Jitter keeps many such pollers from hitting a server at the same moments.
let polls = 0;
const poller = new PeriodicCallback(
  function poll() {
    if (++polls === 1) throw new Error("The first poll fails");
    say(`poll ${polls} succeeds`);
  },
  250,
  { jitter: 0.5 },
);

function stop(): void {
  for (const periodic of [clock, slowJob, poller]) periodic.stop();
  loop.stop();
}

for (const periodic of [clock, slowJob, poller]) periodic.start();
await loop.start();
console.log("Stopped");
