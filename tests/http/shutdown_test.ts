import { assertEquals, assertRejects } from "@std/assert";
import { IOLoop } from "@denado/denado/ioloop";
import { type ClosableServer, shutdownOnSignals } from "../../http/shutdown.ts";
import { ProgramFolder } from "../helpers/child_program.ts";
import { RawClient } from "../helpers/http_client.ts";

const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

/** A program with two servers, whose handlers wait until they are told. */
const PROGRAM = `
import { HTTPHeaders, HTTPServer } from "@denado/denado/http";
import { IOLoop } from "@denado/denado/ioloop";

const serve = (timeoutMs: number) => {
  const server = new HTTPServer(async (request) => {
    console.log("request " + request.path);
    if (request.path === "/hang") await new Promise(() => setInterval(() => {}, 1000));
    await new Promise((resolve) => setTimeout(resolve, 100));
    request.connection.respond({ code: 200, reason: "OK" }, new HTTPHeaders({ "Content-Length": "2" }), new Uint8Array([111, 107]));
  });
  server.listen(0, { address: "127.0.0.1" });
  server.shutdownOnSignals({ timeoutMs, delayMs: Number(Deno.args[0] ?? 0) }).then(() => console.log("closed"));
  return server.port;
};
console.log("ports " + serve(20_000) + " " + serve(20_000));
await IOLoop.current().start();
console.log("stopped");
`;

const NO_SIGTERM: { readonly ignore: boolean } = { ignore: Deno.build.os === "windows" };

Deno.test(
  "shutdownOnSignals answers what runs at SIGTERM, closes, and lets the program come to its end",
  NO_SIGTERM,
  async () => {
    await using folder = new ProgramFolder({ "main.ts": PROGRAM });
    const program = folder.run(["--allow-net", "main.ts"]);
    const [, first, second] = await program.line(/ports (\d+) (\d+)/);
    using client = await RawClient.connect(Number(first));
    using other = await RawClient.connect(Number(second));
    await other.request(GET); // idle from now on
    const response = client.request(GET.replace("/", "/last"));
    await program.line(/request \/last/);
    program.signal("SIGTERM");
    assertEquals((await response).headers.get("connection"), ["close"]);
    await client.expectEnd();
    client.close();
    await other.expectEnd();
    await program.line(/closed/);
    await program.line(/closed/);
    await program.line(/stopped/);
    assertEquals((await program.status()).code, 0);
  },
);

Deno.test("shutdownOnSignals goes on as before for as long as it is told", NO_SIGTERM, async () => {
  const text = `Deno.addSignalListener("SIGTERM", () => console.log("signalled"));${PROGRAM}`;
  await using folder = new ProgramFolder({ "main.ts": text });
  const program = folder.run(["--allow-net", "main.ts", "2000"]);
  const [, port] = await program.line(/ports (\d+)/);
  program.signal("SIGTERM");
  await program.line(/signalled/);
  using client = await RawClient.connect(Number(port)); // a load balancer that has not heard of it
  const response = await client.request(GET);
  assertEquals([response.status, response.headers.get("connection")], [200, undefined]);
  client.close();
  await program.line(/stopped/);
});

Deno.test("shutdownOnSignals lets a second signal end the process", NO_SIGTERM, async () => {
  await using folder = new ProgramFolder({ "main.ts": PROGRAM });
  const program = folder.run(["--allow-net", "main.ts"]);
  const [, port] = await program.line(/ports (\d+)/);
  using client = await RawClient.connect(Number(port));
  await client.send(GET.replace("/", "/hang"));
  await program.line(/request \/hang/);
  program.signal("SIGINT");
  const refused = async () => {
    for (;;) (await Deno.connect({ hostname: "127.0.0.1", port: Number(port) })).close();
  };
  await assertRejects(refused); // the first one has arrived
  program.signal("SIGINT");
  assertEquals((await program.status()).signal, "SIGINT");
});

/** A server that a test ends. */
class FakeServer implements ClosableServer {
  readonly ended = Promise.withResolvers<void>();
  readonly finished = this.ended.promise;

  close(): Promise<void> {
    return Promise.reject(new Error("Cannot close: no signal was sent"));
  }
}

Deno.test("shutdownOnSignals listens no longer when the server was closed by other means", async () => {
  const server = new FakeServer();
  const ended = shutdownOnSignals(server, IOLoop.current());
  server.ended.resolve();
  await ended;
});

Deno.test("shutdownOnSignals refuses a signal that the system does not know, and listens to none", async () => {
  const signals = ["SIGINT", "SIGNONE"] as unknown as Deno.Signal[];
  await assertRejects(() => shutdownOnSignals(new FakeServer(), IOLoop.current(), { signals }), TypeError, "SIGNONE");
});
