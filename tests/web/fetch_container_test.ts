import { Application, FetchContainer, fetchFallback, HTTPServer, RequestHandler, toFetchHandler } from "@denado/denado";
import type { WebHandler } from "@denado/denado/web";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { type ExpectedLog, expectLog, expectNoLog } from "../helpers/expect_log.ts";
import { header } from "../helpers/http_client.ts";
import { withServer } from "../helpers/http_server.ts";
import { settle } from "../helpers/manual_clock.ts";
import { request } from "../helpers/web_app.ts";
import { Hono } from "npm:hono@4.13.19";

const contained = (handler: WebHandler) => new FetchContainer(handler);

Deno.test("FetchContainer gives a handler the request, and sends its response", () => {
  let seen: Request | undefined;
  let client: Deno.Addr | undefined;
  return withServer(
    contained((request, info) => {
      seen = request;
      client = info.remoteAddr;
      return new Response("hello", { status: 201, statusText: "Made", headers: { "X-A": "b" } });
    }),
    async (server) => {
      const response = await (await server.connect()).request(request("GET /p?q=1", "X-B: c\r\n"));
      assertEquals([response.status, response.reason, response.body], [201, "Made", "hello"]);
      assertEquals([header(response, "X-A"), header(response, "Content-Length")], ["b", "5"]);
      assert(header(response, "Server")!.startsWith("DenadoServer/"));
      assert(header(response, "Date") !== undefined);
      assertEquals([seen!.method, seen!.url, seen!.headers.get("X-B")], ["GET", "http://a/p?q=1", "c"]);
      assertEquals((client as Deno.NetAddr).hostname, "127.0.0.1");
    },
  );
});

const RESPONSES: { name: string; make: () => Response; status: number; framing: string; body: string }[] = [
  { name: "nothing", make: () => new Response(null), status: 200, framing: "length", body: "" },
  { name: "204", make: () => new Response(null, { status: 204 }), status: 204, framing: "none", body: "" },
  { name: "304", make: () => new Response(null, { status: 304 }), status: 304, framing: "none", body: "" },
  { name: "JSON", make: () => Response.json({ a: 1 }), status: 200, framing: "length", body: '{"a":1}' },
  {
    name: "a stream of parts",
    make: () =>
      new Response(
        new ReadableStream({
          async start(controller) {
            for (const part of ["a", "b"]) {
              controller.enqueue(new TextEncoder().encode(part));
              await new Promise((resolve) => setTimeout(resolve, 1));
            }
            controller.close();
          },
        }),
      ),
    status: 200,
    framing: "chunked",
    body: "ab",
  },
];

for (const { name, make, status, framing, body } of RESPONSES) {
  Deno.test(`FetchContainer sends ${name} by ${framing}, and no body for HEAD`, () =>
    withServer(contained(make), async (server) => {
      const client = await server.connect();
      const response = await client.request(request("GET /"));
      assertEquals([response.status, response.framing, response.body], [status, framing, body]);
      assertEquals((await client.request(request("HEAD /"))).body, "");
      assertEquals((await client.request(request("GET /"))).body, body);
    }));
}

Deno.test("FetchContainer streams a request body, and waits for the handler to take it", () =>
  withServer(
    contained(async (request) => {
      let size = 0;
      for await (const chunk of request.body ?? []) {
        size += chunk.length;
        await settle();
      }
      return new Response(String(size));
    }),
    async (server) => {
      const client = await server.connect();
      const post = (size: number) => request("POST /", `Content-Length: ${size}\r\n`) + "x".repeat(size);
      assertEquals((await client.request(post(1_000_000))).body, "1000000");
      assertEquals((await client.request(post(0))).body, "0");
    },
  ));

Deno.test("FetchContainer goes on when a handler leaves the body of a request", () =>
  withServer(
    contained((request) => request.body!.cancel().then(() => new Response("early"))),
    async (server) => {
      const client = await server.connect();
      const response = await client.request(request("POST /", "Content-Length: 200000\r\n") + "x".repeat(200_000));
      assertEquals(response.body, "early");
    },
  ));

const ERROR: ExpectedLog = { level: "error", category: "denado.application", pattern: /fetch handler GET/, times: 1 };
const FAILURES: { name: string; handler: () => unknown }[] = [
  {
    name: "throws",
    handler: () => {
      throw new Error("mine");
    },
  },
  { name: "rejects", handler: () => Promise.reject(new Error("mine")) },
  { name: "returns no Response", handler: () => "text" },
];

for (const { name, handler } of FAILURES) {
  Deno.test(`FetchContainer answers 500 when the handler ${name}, and logs it`, () =>
    expectLog(
      [ERROR, { level: "error", category: "denado.access", pattern: "500" }],
      () =>
        withServer(contained(handler as WebHandler), async (server) => {
          const response = await (await server.connect()).request(request("GET /"));
          assertEquals([response.status, response.body], [500, ""]);
        }),
    ));
}

Deno.test("FetchContainer breaks a response off whose body fails", () =>
  expectLog([
    ERROR,
    { level: "error", pattern: /Cannot answer with an error/ },
    { level: "error", category: "denado.access", pattern: "500" },
  ], () => {
    const body = () => {
      let pulls = 0;
      return new ReadableStream({
        async pull(controller) {
          await new Promise((resolve) => setTimeout(resolve, 1));
          if (pulls++ === 0) controller.enqueue(new Uint8Array([97]));
          else controller.error(new Error("mine"));
        },
      });
    };
    return withServer(contained(() => new Response(body())), async (server) => {
      const client = await server.connect();
      await client.send(request("GET /"));
      assert(!(await client.readToEnd()).text.includes("0\r\n\r\n"));
    });
  }));

Deno.test("FetchContainer answers 501 to methods that the web does not know", () =>
  expectLog(
    { level: "error", category: "denado.access", pattern: "501 TRACE" },
    () =>
      withServer(contained(() => new Response("")), async (server) => {
        assertEquals((await (await server.connect()).request(request("TRACE /"))).status, 501);
      }),
  ));

Deno.test("FetchContainer aborts the request and cancels the response of a client that leaves", () =>
  expectNoLog(() => {
    const events: string[] = [];
    const body = () => new ReadableStream({ cancel: () => void events.push("cancelled") });
    return withServer(
      contained((request) => {
        request.signal.addEventListener("abort", () => events.push("aborted"));
        events.push("called");
        return new Response(body());
      }),
      async (server) => {
        const client = await server.connect();
        await client.send(request("GET /"));
        while (events.length === 0) await settle();
        client.close();
        await server.connectionsEnded();
        await settle();
        assertEquals(events, ["called", "cancelled", "aborted"]);
      },
    );
  }));

Deno.test("FetchContainer logs each request as an application does", () =>
  expectLog(
    { level: "info", category: "denado.access", pattern: /^200 GET \/x \(127\.0\.0\.1\) -?[\d.]+ms$/, times: 1 },
    () =>
      withServer(contained(() => new Response("")), async (server) => {
        await (await server.connect()).request(request("GET /x"));
      }),
  ));

Deno.test("FetchContainer refuses what is not a function", () => {
  assertThrows(() => new FetchContainer({} as WebHandler), TypeError, "Cannot contain {}");
});

Deno.test("fetchFallback mounts a Hono app in an application, beside handlers", () => {
  const hono = new Hono().basePath("/api");
  hono.get("/users/:id", (context) => context.json({ id: context.req.param("id") }));
  hono.post("/echo", async (context) => context.text(await context.req.text()));
  const app = new Application([["/api/.*", fetchFallback(hono.fetch)]], { logFunction: () => {} });
  return expectLog(
    { level: "warning", category: "denado.access", pattern: "404 GET /api/none" },
    () =>
      withServer(app, async (server) => {
        const client = await server.connect();
        assertEquals((await client.request(request("GET /api/users/7"))).body, '{"id":"7"}');
        assertEquals((await client.request(request("POST /api/echo", "Content-Length: 3\r\n") + "abc")).body, "abc");
        assertEquals((await client.request(request("GET /api/none"))).status, 404);
        assertEquals((await client.request(request("GET /other"))).status, 404);
      }),
  );
});

Deno.test("toFetchHandler puts an application into a Hono app, and fetchFallback one into it, under Deno.serve", async () => {
  class Posted extends RequestHandler {
    override post(name: string): void {
      this.write({ name, body: new TextDecoder().decode(this.request.body) });
    }
  }
  const inner = new Hono().basePath("/app/inner");
  inner.get("/users/:id", (context) => context.json({ id: context.req.param("id") }));
  const app = new Application([["/app/inner/.*", fetchFallback(inner.fetch)], ["/app/(.*)", Posted]], {
    logFunction: () => {},
  });
  const handle = toFetchHandler(app);
  const outer = new Hono<{ Bindings: Deno.ServeHandlerInfo }>();
  outer.all("/app/*", (context) => handle(context.req.raw, context.env));
  outer.get("/own", (context) => context.text("of Hono"));
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, outer.fetch);
  const url = `http://127.0.0.1:${server.addr.port}`;
  assertEquals(await (await fetch(`${url}/own`)).text(), "of Hono");
  const posted = await fetch(`${url}/app/a%20b`, { method: "POST", body: "text" });
  assertEquals(await posted.json(), { name: "a b", body: "text" });
  assertEquals(await (await fetch(`${url}/app/inner/users/7`)).json(), { id: "7" });
});

Deno.test("FetchContainer is a whole application for an HTTPServer", () => {
  new HTTPServer(new FetchContainer(() => new Response("")));
});
