// Benchmark peer: Denado's client, with a callback for the download.
import { SimpleAsyncHTTPClient } from "../../../http/mod.ts";
import { run } from "./load.ts";

const client = new SimpleAsyncHTTPClient({ maxClients: 16, maxBodySize: 2 ** 40 });
await run({
  fetchSmall: async (url) => (await client.fetch(url)).body.length,
  async download(url) {
    let length = 0;
    await client.fetch(url, { requestTimeoutMs: 0, streamingCallback: (chunk) => void (length += chunk.length) });
    return length;
  },
});
