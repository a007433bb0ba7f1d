import { Application, FallbackHandler, RequestHandler } from "@denado/denado";
import { HTTPHeaders, type HTTPServerRequest } from "@denado/denado/http";
import { assertEquals } from "@std/assert";
import { expectLog, expectNoLog } from "../helpers/expect_log.ts";
import { header } from "../helpers/http_client.ts";
import { withServer } from "../helpers/http_server.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Answers with what it was asked, through the connection. */
function echo(request: HTTPServerRequest): void {
  const body = encoder.encode(`${request.method} ${request.path} ${decoder.decode(request.body)}`);
  const headers = new HTTPHeaders({ "Content-Length": String(body.length), "X-From": "fallback" });
  request.connection.respond({ code: 200, reason: "OK" }, headers, body);
}

class Echo extends RequestHandler {
  override post(): void {
    this.write(`inner ${this.request.path} ${decoder.decode(this.request.body)}`);
  }
}

class Own extends RequestHandler {
  override get(): void {
    this.write("own");
  }
}

const inner = new Application([["/inner/.*", Echo]], { logFunction: () => {} });

Deno.test("FallbackHandler hands on requests of any method, with their body, and keeps the connection", async () => {
  const logged: string[] = [];
  const app = new Application([
    ["/own", Own],
    ["/inner/.*", FallbackHandler, { fallback: inner }],
    [".*", FallbackHandler, { fallback: echo }],
  ], { logFunction: (handler) => void logged.push(handler.request.path) });
  await expectNoLog(() =>
    withServer(app, async (server) => {
      const client = await server.connect();
      const post = (path: string) =>
        client.request(`POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody`);
      const echoed = await post("/any");
      assertEquals([echoed.body, header(echoed, "X-From")], ["POST /any body", "fallback"]);
      assertEquals((await client.request("DELETE /x HTTP/1.1\r\nHost: a\r\n\r\n")).body, "DELETE /x ");
      assertEquals((await post("/inner/a")).body, "inner /inner/a body");
      assertEquals((await client.request("GET /inner/a HTTP/1.1\r\nHost: a\r\n\r\n")).status, 405);
      assertEquals((await client.request("GET /own HTTP/1.1\r\nHost: a\r\n\r\n")).body, "own");
    })
  );
  assertEquals(logged, ["/own"], "the fallback logs its own");
});

Deno.test("FallbackHandler answers 400 to a form that the fallback cannot parse, which is no error of ours", () =>
  expectLog(
    { level: "info", pattern: "Malformed HTTP message from 127.0.0.1: Cannot parse form", times: 1 },
    () =>
      withServer(
        new Application([[".*", FallbackHandler, { fallback: (request: HTTPServerRequest) => void request.files }]]),
        async (server) => {
          const head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data\r\nContent-Length: 3\r\n\r\n";
          assertEquals((await (await server.connect()).request(`${head}abc`)).status, 400);
        },
      ),
  ));

Deno.test("FallbackHandler calls onFinish, once", async () => {
  let finished = 0;
  class Counted extends FallbackHandler {
    override onFinish(): void {
      finished++;
    }
  }
  const app = new Application([[".*", Counted, { fallback: echo }]], { logFunction: () => {} });
  await withServer(app, async (server) => {
    await (await server.connect()).request("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    assertEquals(finished, 1);
  });
});

Deno.test("FallbackHandler answers 500 when the fallback fails, now or later, and breaks off what has begun", async () => {
  const app = new Application([
    ["/now", FallbackHandler, {
      fallback: () => {
        throw new Error("now");
      },
    }],
    ["/later", FallbackHandler, { fallback: () => Promise.reject(new Error("later")) }],
    ["/begun", FallbackHandler, {
      fallback: async ({ connection }: HTTPServerRequest) => {
        await connection.writeHeaders({ code: 200, reason: "OK" }, new HTTPHeaders({ "Content-Length": "10" }), "half");
        throw new Error("begun");
      },
    }],
    ["/none", FallbackHandler],
  ], { logFunction: () => {} });
  for (const path of ["/now", "/later"]) {
    await withServer(app, async (server) => {
      const client = await server.connect();
      await expectLog({ level: "error", pattern: `Uncaught exception in request callback for`, times: 1 }, async () => {
        assertEquals((await client.request(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`)).status, 500);
        await client.expectEnd();
      });
    });
  }
  await withServer(app, async (server) => {
    const client = await server.connect();
    await expectLog([
      { level: "error", pattern: "Error: begun", times: 1 },
      { level: "error", pattern: "Cannot answer with an error", times: 1 },
    ], async () => {
      await client.send("GET /begun HTTP/1.1\r\nHost: a\r\n\r\n");
      const { text } = await client.readToEnd();
      assertEquals(text.endsWith("half"), true);
    });
  });
  await withServer(app, async (server) => {
    const client = await server.connect();
    await expectLog({ level: "error", pattern: "the route has nobody to fall back to" }, async () => {
      assertEquals((await client.request("GET /none HTTP/1.1\r\nHost: a\r\n\r\n")).status, 500);
    });
  });
});

Deno.test("FallbackHandler tells the one who answers that the client left", async () => {
  const left = Promise.withResolvers<void>();
  class Waiting extends RequestHandler {
    override async get(): Promise<void> {
      await left.promise;
    }

    override onConnectionClose(): void {
      left.resolve();
    }
  }
  const app = new Application([
    [".*", FallbackHandler, { fallback: new Application([["/.*", Waiting]], { logFunction: () => {} }) }],
  ], { logFunction: () => {} });
  await withServer(app, async (server) => {
    const client = await server.connect();
    await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    await server.connectionsOpen(1);
    client.close();
    await left.promise;
  });
});
