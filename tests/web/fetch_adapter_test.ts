import { Application, RequestHandler, toFetchHandler } from "@denado/denado";
import { HTTPHeaders, type HTTPServerConnectionDelegate } from "@denado/denado/http";
import type { FetchHandlerOptions } from "@denado/denado/web";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { expectLog, expectNoLog } from "../helpers/expect_log.ts";
import { settle } from "../helpers/manual_clock.ts";

class Echo extends RequestHandler {
  override get(name?: string): void {
    const { request } = this;
    this.write({
      name,
      uri: request.uri,
      url: request.fullUrl(),
      ip: request.remoteIp,
      agent: request.headers.get("User-Agent"),
      args: Object.fromEntries(request.queryArguments),
    });
  }
  override post(): void {
    this.write(this.request.body);
  }
}

class Streamer extends RequestHandler {
  override async get(): Promise<void> {
    for (const part of ["one ", "two ", "three"]) {
      this.write(part);
      await this.flush();
    }
  }
}

class Statuses extends RequestHandler {
  override get(code: string): void {
    this.setStatus(Number(code));
    this.setHeader("X-A", "b");
    this.responseHeaders.add("Set-Cookie", "a=b");
    this.responseHeaders.add("Set-Cookie", "c=d");
  }
}

function handler(routes: ConstructorParameters<typeof Application>[0], options?: FetchHandlerOptions) {
  return toFetchHandler(new Application(routes, { logFunction: () => {} }), options);
}

const fetchEcho = handler([["/echo/(.*)", Echo], ["/stream", Streamer], ["/status/(\\d+)", Statuses]]);
const REMOTE = { remoteAddr: { transport: "tcp", hostname: "192.0.2.7", port: 5 } as const };

Deno.test("toFetchHandler gives an application the request and what the server tells of the client", async () => {
  const request = new Request("https://a.example:8443/echo/%C3%A4?b=c", { headers: { "User-Agent": "me" } });
  const response = await fetchEcho(request, REMOTE);
  assertEquals(response.status, 200);
  assertEquals(response.headers.get("Content-Type"), "application/json; charset=UTF-8");
  assert(response.headers.has("Etag"));
  assertEquals(await response.json(), {
    name: "ä",
    uri: "/echo/%C3%A4?b=c",
    url: "https://a.example:8443/echo/%C3%A4?b=c",
    ip: "192.0.2.7",
    agent: "me",
    args: { b: ["c"] },
  });
});

Deno.test("toFetchHandler answers HEAD without a body, and a condition with 304", async () => {
  const url = "http://a/echo/x";
  const head = await fetchEcho(new Request(url, { method: "HEAD" }));
  assertEquals([head.status, head.body], [200, null]);
  const etag = head.headers.get("Etag")!;
  const unchanged = await fetchEcho(new Request(url, { headers: { "If-None-Match": etag } }));
  assertEquals([unchanged.status, unchanged.body], [304, null]);
});

Deno.test("toFetchHandler streams a response, as far as it is read", async () => {
  const response = await fetchEcho(new Request("http://a/stream"));
  assertEquals(await response.text(), "one two three");
});

for (const status of [201, 204, 304, 404, 599]) {
  Deno.test(`toFetchHandler hands on status ${status} and fields that come twice`, async () => {
    const response = await fetchEcho(new Request(`http://a/status/${status}`));
    assertEquals([response.status, response.headers.get("X-A")], [status, "b"]);
    assertEquals(response.headers.getSetCookie(), ["a=b", "c=d"]);
    await response.body?.cancel();
  });
}

const BODIES: { name: string; body: BodyInit }[] = [
  { name: "text", body: "a body" },
  { name: "a stream", body: new Blob(["a ", "body"]).stream() },
];

for (const { name, body } of BODIES) {
  Deno.test(`toFetchHandler gives an application ${name} as the body`, async () => {
    const response = await fetchEcho(new Request("http://a/echo/", { method: "POST", body }));
    assertEquals(await response.text(), "a body");
  });
}

Deno.test("toFetchHandler answers 413 when the body is too long", () =>
  expectLog({ level: "info", pattern: /Body longer than 3 bytes/, times: 1 }, async () => {
    const limited = handler([["/", Echo]], { maxBodySize: 3 });
    const fits = await limited(new Request("http://a/", { method: "POST", body: "abc" }));
    assertEquals(await fits.text(), "abc");
    const response = await limited(new Request("http://a/", { method: "POST", body: "abcd" }));
    assertEquals([response.status, await response.text()], [413, ""]);
  }));

Deno.test("toFetchHandler answers 500 to a delegate that throws, and logs it", () =>
  expectLog({ level: "error", pattern: /request delegate\nError: mine/, times: 2 }, async () => {
    const failing = (where: "start" | "headers"): HTTPServerConnectionDelegate => ({
      startRequest: () => {
        if (where === "start") throw new Error("mine");
        return {
          headersReceived: () => {
            throw new Error("mine");
          },
          dataReceived() {},
          finish() {},
          onConnectionClose() {},
        };
      },
    });
    for (const where of ["start", "headers"] as const) {
      assertEquals((await toFetchHandler(failing(where))(new Request("http://a/"))).status, 500);
    }
  }));

Deno.test("toFetchHandler answers as an application does to a handler that throws", () =>
  expectLog({ level: "error", pattern: /Error: mine/, times: 1 }, async () => {
    class Broken extends RequestHandler {
      override get(): void {
        throw new Error("mine");
      }
    }
    const response = await handler([["/", Broken]])(new Request("http://a/"));
    assertEquals(response.status, 500);
    assert((await response.text()).includes("500: Internal Server Error"));
  }));

Deno.test("toFetchHandler tells a handler that the client left, and nobody else", () =>
  expectNoLog(async () => {
    const events: string[] = [];
    class Slow extends RequestHandler {
      override async get(): Promise<void> {
        await new Promise((resolve) => this.request.connection.signal.addEventListener("abort", resolve));
        events.push("aborted");
      }
      override onConnectionClose(): void {
        events.push("closed");
      }
    }
    const abort = new AbortController();
    const response = handler([["/", Slow]])(new Request("http://a/", { signal: abort.signal }));
    await settle();
    abort.abort();
    await assertRejects(() => response);
    await settle();
    assertEquals(events.sort(), ["aborted", "closed"]);
  }));

Deno.test("toFetchHandler breaks a streamed response off when its reader cancels", async () => {
  let closed = 0;
  class Endless extends RequestHandler {
    override async get(): Promise<void> {
      for (;;) {
        this.write("x".repeat(100_000));
        await this.flush();
      }
    }
    override onConnectionClose(): void {
      closed++;
    }
  }
  const response = await handler([["/", Endless]])(new Request("http://a/"));
  const reader = response.body!.getReader();
  await reader.read();
  await reader.cancel();
  await settle();
  assertEquals(closed, 1);
});

Deno.test("toFetchHandler refuses to hand over a connection that is not its own", async () => {
  let message = "";
  const response = await toFetchHandler({
    startRequest: (_server, connection) => ({
      headersReceived() {},
      dataReceived() {},
      finish() {
        try {
          connection.detach();
        } catch (error) {
          message = (error as Error).message;
        }
        connection.respond({ code: 200, reason: "OK" }, new HTTPHeaders(), new Uint8Array(0));
      },
      onConnectionClose() {},
    }),
  })(new Request("http://a/"));
  assertEquals(response.status, 200);
  assert(message.startsWith("Cannot detach the stream: "), message);
});

Deno.test("toFetchHandler serves under Deno.serve", async () => {
  await using server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, fetchEcho);
  const response = await fetch(`http://127.0.0.1:${server.addr.port}/echo/x`);
  assertEquals((await response.json()).ip, "127.0.0.1");
  const posted = await fetch(`http://127.0.0.1:${server.addr.port}/echo/`, {
    method: "POST",
    body: "x".repeat(500_000),
  });
  assertEquals((await posted.text()).length, 500_000);
});
