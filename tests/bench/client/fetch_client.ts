// Benchmark peer: Deno's own fetch.
import { run } from "./load.ts";

await run({
  fetchSmall: async (url) => (await (await fetch(url)).bytes()).length,
  async download(url) {
    let length = 0;
    for await (const chunk of (await fetch(url)).body!) length += chunk.length;
    return length;
  },
});
