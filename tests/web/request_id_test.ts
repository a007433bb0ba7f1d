import { RequestHandler } from "@denado/denado";
import type { RequestIdOptions } from "@denado/denado/web";
import { accessLog, appLog } from "@denado/denado/ioloop";
import { assert, assertEquals, assertMatch } from "@std/assert";
import { expectLog, expectNoLog } from "../helpers/expect_log.ts";
import { header } from "../helpers/http_client.ts";
import { settle } from "../helpers/manual_clock.ts";
import { makeRequestId, requestIdHeader } from "../../web/request_id.ts";
import { parsedRequest } from "../helpers/parsed_request.ts";
import { request, respond, serve } from "../helpers/web_app.ts";

class Logging extends RequestHandler {
  override initialize(): void {
    appLog.info("initialize");
  }
  override async get(path: string): Promise<void> {
    await settle();
    appLog.info("get");
    if (path === "fail") throw new Error("mine");
    this.write(String(this.requestId));
  }
  override onFinish(): void {
    appLog.info("onFinish");
  }
}

class Streaming extends Logging {
  static override readonly STREAM_REQUEST_BODY = true;
  override prepare(): void {
    appLog.info("prepare");
  }
  override async dataReceived(): Promise<void> {
    await settle();
    appLog.info("dataReceived");
  }
  override post(): void {
    appLog.info("post");
  }
}

Deno.test("requestId is in every line that is logged for a request, in the response and in errors", () =>
  expectLog({ level: "error", pattern: "mine", times: 1 }, (messages) =>
    serve(Logging, async (server) => {
      const client = await server.connect();
      const first = await client.request(request("GET /"));
      const id = header(first, "X-Request-ID")!;
      assertMatch(id, /^[0-9a-f]{8}-[0-9a-z]+$/);
      assertEquals(first.body, id);
      const second = await client.request(request("GET /fail"));
      assertEquals(second.status, 500);
      const other = header(second, "X-Request-ID")!;
      assert(other !== id);
      await settle();
      const ids = messages.map(({ text, properties }) => [text.split("\n")[0], properties.requestId]);
      assertEquals(ids, [
        ["initialize", id],
        ["get", id],
        ["200 /", id],
        ["onFinish", id],
        ["initialize", other],
        ["get", other],
        ["Uncaught exception GET /fail (127.0.0.1)", other],
        ["500 /fail", other],
        ["onFinish", other],
      ]);
    }, {
      requestId: true,
      logFunction: (handler) => accessLog.info(`${handler.getStatus()} ${handler.request.uri}`),
    })));

Deno.test("requestId follows a request whose body is streamed", () =>
  expectNoLog((messages) =>
    serve(Streaming, async (server) => {
      const client = await server.connect();
      await client.send(request("POST /", "Content-Length: 3\r\n"));
      await client.send("abc");
      const id = header(await client.read(), "X-Request-ID");
      assertEquals(messages.map(({ text, properties }) => [text, properties.requestId]), [
        ["initialize", id],
        ["prepare", id],
        ["dataReceived", id],
        ["post", id],
        ["onFinish", id],
      ]);
    }, { requestId: true })
  ));

Deno.test("requestId is not there, and not in the response, unless it is asked for", async () => {
  const response = await respond(Logging);
  assertEquals([response.body, header(response, "X-Request-ID")], ["undefined", undefined]);
});

const INCOMING: [options: true | RequestIdOptions, sent: string, id: string | RegExp][] = [
  [true, "X-Request-ID: client", /^[0-9a-f]{8}-/],
  [{ trustIncoming: true }, "X-Request-ID: client", "client"],
  [{ trustIncoming: true }, "X-Request-ID: 0af7651916cd43dd+/=@:._-", "0af7651916cd43dd+/=@:._-"],
  [{ trustIncoming: true }, "X-Request-ID: has blanks", /^[0-9a-f]{8}-/],
  [{ trustIncoming: true }, `X-Request-ID: ${"x".repeat(129)}`, /^[0-9a-f]{8}-/],
  [{ trustIncoming: true }, "X-Request-ID: a\r\nX-Request-ID: b", /^[0-9a-f]{8}-/],
  [{ trustIncoming: true }, "X-Other: client", /^[0-9a-f]{8}-/],
  [{ trustIncoming: true, header: "Trace" }, "trace: client", "client"],
  [{ generate: (request) => `for:${request.path}` }, "X-A: b", "for:/p"],
];

for (const [options, field, expected] of INCOMING) {
  Deno.test(`requestId with ${Deno.inspect(options)} of a request with ${field.slice(0, 50)}`, () => {
    const id = makeRequestId(options, parsedRequest(`GET /p HTTP/1.1\r\nHost: a\r\n${field}\r\n\r\n`));
    if (typeof expected === "string") assertEquals(id, expected);
    else assertMatch(id, expected);
  });
}

const MADE: [name: string, generate: () => unknown, log: string][] = [
  ["a text with a line end", () => "a\r\nb", "Cannot use"],
  ["an empty text", () => "", "Cannot use"],
  ["a number", () => 1, "Cannot use 1"],
  ["an error", () => {
    throw new Error("mine");
  }, "mine"],
];

for (const [name, generate, pattern] of MADE) {
  Deno.test(`requestId is replaced where ${name} is made, and the request is answered`, () =>
    expectLog({ level: "error", pattern, times: 2 }, async () => {
      const response = await respond(Logging, "GET /", "", {
        requestId: { generate: generate as () => string, trustIncoming: true },
      });
      assertMatch(header(response, "X-Request-ID")!, /^[0-9a-f]{8}-/);
    }));
}

Deno.test("requestIdHeader names the field of the response", () => {
  assertEquals([undefined, false, true, {}, { header: "Trace" }].map(requestIdHeader), [
    undefined,
    undefined,
    "X-Request-ID",
    "X-Request-ID",
    "Trace",
  ]);
});
