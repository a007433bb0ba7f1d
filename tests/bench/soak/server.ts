/**
 * The server of the soak test, a process of its own: an application, one more with TLS, and a function that does what
 * applications seldom do. Prints its ports, and then a sample of what it holds each second, until its input ends.
 *
 * @module
 */

import { Application, RequestHandler } from "@denado/denado";
import { HTTPHeaders, HTTPServer, type HTTPServerOptions, type HTTPServerRequest } from "@denado/denado/http";
import { certificates } from "../../helpers/tls_certificates.ts";
import type { Sample } from "./samples.ts";

const OK = { code: 200, reason: "OK" };
const PIECE = new Uint8Array(100_000);

class HelloHandler extends RequestHandler {
  override get(): void {
    this.write("Hello, world");
  }

  override post(): void {
    this.write(`${this.request.body.length}`);
  }
}

class LateHandler extends RequestHandler {
  override async get(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, 5));
    this.write({ late: true });
  }
}

class BrokenHandler extends RequestHandler {
  override get(): void {
    this.setStatus(500); // what it takes is an error page, not a line in the log for each
    this.write("broken");
  }
}

/** Streams, upgrades and forms. */
async function special(request: HTTPServerRequest): Promise<void> {
  const { connection, path } = request;
  if (path === "/stream") {
    await connection.writeHeaders(OK, new HTTPHeaders());
    for (let count = 0; count < 50; count++) await connection.write(PIECE);
    return connection.finish(new HTTPHeaders({ Pieces: "50" }));
  }
  if (path === "/upgrade") {
    const headers = new HTTPHeaders({ Upgrade: "echo", Connection: "Upgrade" });
    connection.respond({ code: 101, reason: "Switching Protocols" }, headers, new Uint8Array(0));
    const stream = connection.detach();
    try {
      for (;;) await stream.write(await stream.readUntil("\n", { timeoutMs: 5000 }));
    } finally {
      stream.close();
    }
  }
  if (path === "/never") return; // the client will leave
  const text = `${request.arguments.size} ${request.files.size} ${request.body.length}`;
  connection.respond(OK, new HTTPHeaders({ "Content-Length": String(text.length) }), new TextEncoder().encode(text));
}

const LIMITS: HTTPServerOptions = { headerTimeoutMs: 2000, bodyTimeoutMs: 2000, writeTimeoutMs: 5000 };
const app = new Application(
  [["/", HelloHandler], ["/late", LateHandler], ["/broken", BrokenHandler]],
  { logFunction: () => {} },
);
const { ca, localhost } = certificates();
const servers = [
  new HTTPServer(app, LIMITS),
  new HTTPServer(app, { ...LIMITS, sslOptions: localhost }),
  new HTTPServer((request) => special(request).catch(() => {}), { ...LIMITS, decompressRequest: true, xheaders: true }),
];
for (const server of servers) server.listen(0, { address: "127.0.0.1" });
console.log(JSON.stringify({ ports: servers.map((server) => server.port), ca }));

const collectGarbage = (globalThis as { gc?: () => void }).gc;
const startMs = performance.now();
let tick = 0;
const timer = setInterval(() => {
  if (++tick % 5 === 0) {
    collectGarbage?.();
    collectGarbage?.(); // the first one only finds out which buffers are garbage
  }
  const { rss, heapUsed, external } = Deno.memoryUsage();
  const sample: Sample = {
    seconds: Math.round((performance.now() - startMs) / 1000),
    rssMb: rss / 2 ** 20,
    heapMb: (heapUsed + external) / 2 ** 20,
    descriptors: [...Deno.readDirSync("/proc/self/fd")].length,
    connections: servers.reduce((sum, server) => sum + server.connectionCount, 0),
    collected: tick % 5 === 0,
  };
  console.log(JSON.stringify(sample));
}, 1000);

for await (const _ of Deno.stdin.readable); // until it ends
clearInterval(timer);
await Promise.all(servers.map((server) => server.close({ timeoutMs: 5000 })));
