/**
 * Benchmark of the event loop: what it costs to schedule and run a callback, to schedule and run a timer, and to
 * schedule and cancel a timer. Beside it, in the same run, Python's asyncio, uvloop where Python has it, and the bare
 * host: `queueMicrotask` and `setTimeout`.
 *
 * Each figure is the best of many batches, since everything else on the machine only makes them slower; the rounds of
 * the peers alternate. No number is asserted.
 *
 * `deno task bench:ioloop`
 *
 * @module
 */

import { type EventLoop, IOLoop } from "@denado/denado/ioloop";

const BATCH = 1000;
const BATCHES = 300;
const ROUNDS = 5;
const KINDS = ["callbacks", "timers", "cancelled"] as const;

type Figures = Record<typeof KINDS[number], number>;

const PEERS: Readonly<Record<string, () => Promise<Figures | undefined>>> = {
  "Denado": measureDenado,
  "bare host": measureHost,
  "asyncio": () => measurePython("asyncio"),
  "uvloop": () => measurePython("uvloop"),
};

/** The best time of a batch, in nanoseconds for each call. `schedule` gets what to call in the end. */
async function best(schedule: (callback: () => void) => void, batches = BATCHES): Promise<number> {
  let best = Infinity;
  for (let at = 0; at < batches; at++) {
    const { promise, resolve } = Promise.withResolvers<void>();
    let left = BATCH;
    const callback = () => {
      if (--left === 0) resolve();
    };
    const began = performance.now();
    for (let call = 0; call < BATCH; call++) schedule(callback);
    await promise;
    best = Math.min(best, (performance.now() - began) * 1e6 / BATCH);
  }
  return best;
}

/** The best time to schedule and cancel, in nanoseconds for each pair. */
async function bestCancelled(scheduleAndCancel: () => void): Promise<number> {
  let best = Infinity;
  for (let at = 0; at < BATCHES; at++) {
    const began = performance.now();
    for (let call = 0; call < BATCH; call++) scheduleAndCancel();
    best = Math.min(best, (performance.now() - began) * 1e6 / BATCH);
    await Promise.resolve();
  }
  return best;
}

async function measureDenado(): Promise<Figures> {
  const ioLoop = new IOLoop({ makeCurrent: false });
  const loop: EventLoop = ioLoop.eventLoop;
  // Inside of the loop, as asyncio's are.
  const figures = await ioLoop.run(async () => ({
    callbacks: await best((callback) => loop.callSoon(callback)),
    timers: await best((callback) => loop.callLater(0, callback)),
    cancelled: await bestCancelled(() => loop.callLater(3_600_000, () => {}).cancel()),
  }));
  ioLoop.close();
  return figures;
}

async function measureHost(): Promise<Figures> {
  return {
    callbacks: await best((callback) => queueMicrotask(callback)),
    timers: await best((callback) => setTimeout(callback, 0), BATCHES / 10),
    cancelled: await bestCancelled(() => clearTimeout(setTimeout(() => {}, 3_600_000))),
  };
}

/** `undefined` if there is no such Python, or no uvloop. */
async function measurePython(loop: "asyncio" | "uvloop"): Promise<Figures | undefined> {
  const script = new URL("./ioloop/asyncio_loop.py", import.meta.url).pathname;
  for (const python of ["python3", "/usr/bin/python3"]) {
    try {
      const command = new Deno.Command(python, { args: [script, loop, `${BATCH}`, `${BATCHES}`], stderr: "null" });
      const { success, stdout } = await command.output();
      if (success) return JSON.parse(new TextDecoder().decode(stdout));
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return undefined;
}

const results = new Map<string, Figures>();
for (let round = 0; round < ROUNDS; round++) {
  for (const [name, measure] of Object.entries(PEERS)) {
    const figures = await measure();
    if (figures === undefined) continue;
    const before = results.get(name);
    if (before === undefined) results.set(name, figures);
    else for (const kind of KINDS) before[kind] = Math.min(before[kind], figures[kind]);
  }
}

const denado = results.get("Denado")!;
console.log(
  `Nanoseconds a call, best of ${ROUNDS} x ${BATCHES} batches of ${BATCH}; in brackets: times Denado's speed\n`,
);
console.log(["", ...KINDS].map((cell, at) => at === 0 ? cell.padEnd(10) : cell.padStart(18)).join(""));
for (const [name, figures] of results) {
  const cells = KINDS.map((kind) => {
    const ratio = (denado[kind] / figures[kind]).toFixed(2);
    return `${figures[kind].toFixed(0)} (${ratio})`.padStart(18);
  });
  console.log(name.padEnd(10) + cells.join(""));
}
for (const name of Object.keys(PEERS)) if (!results.has(name)) console.log(`${name}: not installed`);
