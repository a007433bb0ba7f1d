// Benchmark peer: undici, Node's client, on Deno.
import { Agent, request } from "npm:undici@7.16.0";
import { run } from "./load.ts";

const dispatcher = new Agent({ connections: 16 });
await run({
  async fetchSmall(url) {
    const { body } = await request(url, { dispatcher });
    return (await body.arrayBuffer()).byteLength;
  },
  async download(url) {
    let length = 0;
    for await (const chunk of (await request(url, { dispatcher })).body) length += (chunk as Uint8Array).length;
    return length;
  },
});
