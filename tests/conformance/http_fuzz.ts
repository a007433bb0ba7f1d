/**
 * Fuzzes the HTTP server: `deno task fuzz [requests] [seed]`, 200,000 by default, which takes a few minutes.
 *
 * An error ends it and names seed, number and bytes. At the end memory must be what it was after the first tenth.
 *
 * @module
 */

import { fuzz } from "./fuzz/run.ts";
import { withoutWarnings } from "./fuzz/target.ts";

/** Memory that may come and go: compiled code, caches, the pool of buffers. */
const ALLOWED_GROWTH_MB = 16;

const count = Number(Deno.args[0] ?? 200_000);
const seed = Number(Deno.args[1] ?? Date.now() % 1_000_000);
if (!(count >= 10) || !Number.isInteger(seed)) {
  console.error("usage: deno task fuzz [requests] [seed]");
  Deno.exit(2);
}

const collectGarbage = (globalThis as { gc?: () => void }).gc;

function heapMb(): number {
  collectGarbage?.();
  return Deno.memoryUsage().heapUsed / 2 ** 20;
}

console.log(`${count} mutated requests, seed ${seed}`);
const startMs = performance.now();
let earlyMb = NaN;
await withoutWarnings(async () => {
  const { statuses } = await fuzz({
    seed,
    count,
    onProgress: (done) => {
      if (done === Math.ceil(count / 10)) earlyMb = heapMb();
      if (done % Math.ceil(count / 10) === 0) {
        console.log(
          `${done} after ${((performance.now() - startMs) / 1000).toFixed(0)} s, heap ${heapMb().toFixed(1)} MB`,
        );
      }
    },
  });
  console.log("answers:", statuses);
});
const growthMb = heapMb() - earlyMb;
console.log(`heap growth after the first tenth: ${growthMb.toFixed(1)} MB`);
if (growthMb > ALLOWED_GROWTH_MB) {
  console.error(`more than ${ALLOWED_GROWTH_MB} MB: something is kept`);
  Deno.exit(1);
}
