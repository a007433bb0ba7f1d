// Benchmark peer: Denado's client, with a web stream that is read into one buffer again and again for the download.
import { SimpleAsyncHTTPClient } from "../../../http/mod.ts";
import { run } from "./load.ts";

const client = new SimpleAsyncHTTPClient({ maxClients: 16, maxBodySize: 2 ** 40 });
await run({
  fetchSmall: async (url) => (await client.fetch(url)).body.length,
  async download(url) {
    let length = 0;
    const { stream } = await client.fetch(url, { requestTimeoutMs: 0, streamResponse: true });
    const reader = stream.getReader({ mode: "byob" });
    for (let buffer = new Uint8Array(262_144);;) {
      const { done, value } = await reader.read(buffer);
      if (done) return length;
      length += value.length;
      buffer = new Uint8Array(value.buffer);
    }
  },
});
