import { assert } from "@std/assert";
import { fuzz } from "./fuzz/run.ts";
import { withoutWarnings } from "./fuzz/target.ts";

// More of them: deno task fuzz
Deno.test("HTTPServer survives mutated requests, answers them with responses, and serves others as ever", () =>
  withoutWarnings(async () => {
    const { statuses } = await fuzz({ seed: 1, count: 2000 });
    for (const status of [100, 101, 103, 200, 400, 408, 413, 431, 505]) {
      assert(statuses[status] !== undefined, `no mutation was answered with ${status}: ${Deno.inspect(statuses)}`);
    }
  }));
