/**
 * How late the loop's timers are while primes are computed, and what a job costs: `deno run -A tests/bench/worker_pool.ts`.
 *
 * Prints, for a loop with a timer every 2 ms, how late the timer was: with nothing else to do, while the primes below
 * 400,000 are counted again and again in the loop's own thread, and in a pool. Then how many jobs a second a pool does
 * that take no time, beside messages to a bare worker and back, one after another and 100 at a time.
 *
 * @module
 */

import { Worker } from "node:worker_threads";
import { IOLoop, sleep, WorkerPool } from "@denado/denado/ioloop";
import type * as jobs from "./worker_pool_jobs.ts";

const TICK_MS = 2;
const PRIMES_BELOW = 400_000;
const RUN_MS = 3000;
const JOBS = 20_000;

const loop = IOLoop.current();

/** Lateness of a timer while `work` is called again and again, as long as the run lasts. */
async function measureLag(name: string, work: () => unknown): Promise<void> {
  const late: number[] = [];
  const end = loop.time() + RUN_MS;
  let calls = 0;
  const ticking = (async () => {
    for (let due = loop.time() + TICK_MS; due < end; due = loop.time() + TICK_MS) {
      await new Promise<void>((resolve) => loop.callAt(due, () => resolve()));
      late.push(loop.time() - due);
    }
  })();
  const working = (async () => {
    for (; loop.time() < end; calls++) {
      await work();
      await sleep(0);
    }
  })();
  await Promise.all([ticking, working]);
  late.sort((a, b) => a - b);
  const at = (share: number) =>
    late[Math.min(Math.floor(share * late.length), late.length - 1)]!.toFixed(2).padStart(8);
  console.log(
    `${name.padEnd(24)}${at(0.5)}${at(0.99)}${at(1)}${String(late.length).padStart(8)}${calls.toString().padStart(8)}`,
  );
}

async function measureJobs(name: string, atATime: number, job: (n: number) => PromiseLike<unknown>): Promise<void> {
  const run = async (count: number) => {
    let started = 0;
    const lane = async () => {
      while (started < count) await job(started++);
    };
    await Promise.all(Array.from({ length: atATime }, lane));
  };
  await run(JOBS / 10);
  const startMs = performance.now();
  await run(JOBS);
  const usEach = (performance.now() - startMs) * 1000 / JOBS;
  console.log(`${name.padEnd(24)}${String(atATime).padStart(4)} ${usEach.toFixed(1).padStart(10)} µs`);
}

/** A worker that sends back what it gets. */
function bareWorker(): { call(n: number): Promise<unknown>; end(): Promise<unknown> } {
  const source =
    "import { parentPort } from 'node:worker_threads'; parentPort.on('message', (m) => parentPort.postMessage(m))";
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(source)}`));
  const waiting: ((message: unknown) => void)[] = [];
  worker.on("message", (message) => waiting.shift()!(message));
  return {
    call(n) {
      worker.postMessage({ name: "echo", args: [n] });
      return new Promise((resolve) => waiting.push(resolve));
    },
    end: () => worker.terminate(),
  };
}

const url = new URL("./worker_pool_jobs.ts", import.meta.url);
const { countPrimes } = await import(url.href) as typeof jobs;
await using pool = new WorkerPool<typeof jobs>(url, { size: 1 });
await pool.start();

await loop.run(async () => {
  console.log("timer late, in ms            p50     p99     max   ticks   calls");
  await measureLag("idle", () => sleep(10));
  await measureLag("primes in the loop", () => countPrimes(0, PRIMES_BELOW));
  await measureLag("primes in the pool", () => pool.run("countPrimes", 0, PRIMES_BELOW));

  console.log("\nempty job, at a time");
  const bare = bareWorker();
  for (const atATime of [1, 100]) {
    await measureJobs("bare worker", atATime, (n) => bare.call(n));
    await measureJobs("pool", atATime, (n) => pool.run("echo", n));
  }
  await bare.end();
});
