// deno run --allow-net examples/http_server.ts [port]
//
// HTTP without the web framework: a function that gets requests and writes responses. /count is streamed, line by
// line. End it with Ctrl-C or SIGTERM: what is being answered is answered, for at most ten seconds.

import { HTTPHeaders, HTTPServer, type HTTPServerRequest } from "@denado/denado/http";
import { sleep } from "@denado/denado/ioloop";

const OK = { code: 200, reason: "OK" };
const TEXT = { "Content-Type": "text/plain; charset=UTF-8" };

function hello({ connection, method, path, remoteIp }: HTTPServerRequest): void {
  const body = new TextEncoder().encode(`${method} ${path} from ${remoteIp}\n`);
  connection.respond(OK, new HTTPHeaders({ ...TEXT, "Content-Length": String(body.length) }), body);
}

async function count({ connection, signal }: HTTPServerRequest): Promise<void> {
  await connection.writeHeaders(OK, new HTTPHeaders(TEXT));
  for (let number = 1; number <= 5 && !signal.aborted; number++) {
    await connection.write(`${number}\n`);
    await sleep(200);
  }
  connection.finish();
}

const server = new HTTPServer((request) => request.path === "/count" ? count(request) : hello(request), {
  maxConnections: 10_000,
  maxBodySize: 1_000_000,
});
server.listen(Number(Deno.args[0] ?? 8888), { address: "localhost" });
console.log(`Serving on http://localhost:${server.port}/`);
await server.shutdownOnSignals({ timeoutMs: 10_000 });
console.log("Done");
