// deno run --allow-net examples/http_client.ts [url...]
//
// What the HTTP client can do, with a server of its own; or fetches the URLs that it is given, some at once, and says how
// long each took.

import { Application, AsyncHTTPClient, HTTPClientError, RequestHandler } from "@denado/denado";

class Greeting extends RequestHandler {
  override get() {
    this.write({ hello: this.getArgument("name", "world") });
  }
  override post() {
    this.write(`You sent ${this.request.body.length} bytes`);
  }
}

class Numbers extends RequestHandler {
  override async get() {
    for (let number = 0; number < 1000; number++) {
      this.write(`${number}\n`);
      if (number % 100 === 99) await this.flush();
    }
  }
}

class Busy extends RequestHandler {
  static requests = 0;
  override get() {
    if (++Busy.requests < 3) this.setStatus(503);
    this.write(`answered at request ${Busy.requests}`);
  }
}

async function fetchAll(client: AsyncHTTPClient, urls: readonly string[]): Promise<void> {
  for await (const { target, response, error } of client.fetchMany(urls, { concurrency: 4, raiseError: false })) {
    if (response === undefined) console.log(`${target}: ${error instanceof Error ? error.message : error}`);
    else {console.log(
        `${target}: ${response.code}, ${response.body.length} bytes, ${Math.round(response.requestTimeMs)} ms`,
      );}
  }
}

async function showAll(client: AsyncHTTPClient, url: string): Promise<void> {
  const greeting = await client.fetch(`${url}/?name=Denado`);
  console.log("JSON:", greeting.json());

  // A body that is made while it is sent; the server's pace is the pace of the generator.
  async function* lines() {
    for (let line = 0; line < 1000; line++) yield `line ${line}\n`;
  }
  const upload = await client.fetch(url, { method: "POST", body: lines() });
  console.log("Upload:", upload.text());
  console.log("On the same connection:", upload.timeInfo.reused);

  let bytes = 0;
  await client.fetch(`${url}/numbers`, { streamingCallback: (chunk) => void (bytes += chunk.length) });
  console.log("Streamed to a callback:", bytes, "bytes");

  const { stream } = await client.fetch(`${url}/numbers`, { streamResponse: true });
  let rows = 0;
  for await (const text of stream.pipeThrough(new TextDecoderStream())) rows += text.split("\n").length - 1;
  console.log("Streamed as a web stream:", rows, "lines");

  const patient = await client.fetch(`${url}/busy`, { retry: { minTimeoutMs: 10, maxAttempts: 5 } });
  console.log("With patience:", patient.text());

  try {
    await client.fetch(`${url}/missing`);
  } catch (error) {
    if (!(error instanceof HTTPClientError)) throw error;
    console.log("An error:", error.message);
  }

  const response = (await client.fetch(new Request(`${url}/?name=web`))).toResponse();
  console.log("As the platform has it:", response.status, await response.json());
}

using client = new AsyncHTTPClient({ forceInstance: true });
if (Deno.args.length > 0) {
  await fetchAll(client, Deno.args);
} else {
  const app = new Application([["/", Greeting], ["/numbers", Numbers], ["/busy", Busy]]);
  const server = app.listen(0, { address: "127.0.0.1" });
  await showAll(client, `http://127.0.0.1:${server.port}`);
  client.close();
  await server.close();
}
