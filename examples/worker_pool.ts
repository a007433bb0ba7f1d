// deno run --allow-read examples/worker_pool.ts [limit]
//
// Counts the primes below a limit, 3 million by default: first in the loop's own thread, then in workers. Meanwhile a
// timer of the loop says how late it was at worst: for as long a server would have answered nobody.

import { IOLoop, sleep, WorkerPool } from "@denado/denado/ioloop";

/** The job. A worker imports this module too, which is why the program below is for the main module only. */
export function countPrimes(from: number, to: number): number {
  let count = 0;
  for (let n = Math.max(from, 2); n < to; n++) if (isPrime(n)) count++;
  return count;
}

function isPrime(n: number): boolean {
  for (let divisor = 2; divisor * divisor <= n; divisor++) if (n % divisor === 0) return false;
  return true;
}

/** Watches how late a timer of the loop is, until it is stopped. */
class LagMeter {
  static readonly tickMs = 5;
  worstMs = 0;
  readonly #loop = IOLoop.current();
  #timer = this.#arm();

  #arm() {
    return this.#loop.callLater(LagMeter.tickMs, () => {
      this.worstMs = Math.max(this.worstMs, this.#loop.time() - this.#timer.when);
      this.#timer = this.#arm();
    });
  }

  stop(): void {
    this.#timer.cancel();
  }
}

/** Counts in 20 parts, so that each of several workers has something to do. */
async function report(
  where: string,
  limit: number,
  countPart: (from: number, to: number) => number | PromiseLike<number>,
): Promise<void> {
  const part = Math.ceil(limit / 20);
  const starts = Array.from({ length: 20 }, (_, at) => at * part);
  const meter = new LagMeter();
  const startMs = performance.now();
  const counts = await Promise.all(starts.map((from) => countPart(from, Math.min(from + part, limit))));
  const tookMs = performance.now() - startMs;
  await sleep(LagMeter.tickMs); // The timer that waited all the time has to run, too.
  meter.stop();
  const total = counts.reduce((sum, count) => sum + count, 0);
  const [took, late] = [tookMs.toFixed(), meter.worstMs.toFixed(1)];
  console.log(`${where}: ${total} primes in ${took} ms, the loop was up to ${late} ms late`);
}

if (import.meta.main) {
  const limit = Number(Deno.args[0] ?? 3_000_000);
  await using pool = new WorkerPool<typeof import("./worker_pool.ts")>(import.meta.url);
  await IOLoop.current().run(async () => {
    await pool.start();
    await report("In the loop", limit, countPrimes);
    await report(`In ${pool.size} worker(s)`, limit, pool.bind("countPrimes"));
  });
}
