// Benchmark peer: Denado's client, with a web stream for the download.
import { SimpleAsyncHTTPClient } from "../../../http/mod.ts";
import { run } from "./load.ts";

const client = new SimpleAsyncHTTPClient({ maxClients: 16, maxBodySize: 2 ** 40 });
await run({
  fetchSmall: async (url) => (await client.fetch(url)).toResponse().bytes().then((bytes) => bytes.length),
  async download(url) {
    let length = 0;
    const { stream } = await client.fetch(url, { requestTimeoutMs: 0, streamResponse: true });
    for await (const chunk of stream) length += chunk.length;
    return length;
  },
});
