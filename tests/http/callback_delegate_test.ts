import { concatChunks, HTTPHeaders, HTTPInputError, HTTPServer, type HTTPServerRequest } from "@denado/denado/http";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { expectLog, expectNoLog } from "../helpers/expect_log.ts";
import { header } from "../helpers/http_client.ts";
import { withServer } from "../helpers/http_server.ts";
import { settle } from "../helpers/manual_clock.ts";

const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

function answer(request: HTTPServerRequest, text = ""): void {
  const headers = new HTTPHeaders({ "Content-Length": String(text.length) });
  request.connection.respond({ code: 200, reason: "OK" }, headers, new TextEncoder().encode(text));
}

Deno.test("CallbackDelegate gives a callback the request with its whole body", () =>
  withServer((request) => {
    answer(request, `${request.method} ${request.path} ${new TextDecoder().decode(request.body)}`);
  }, async (server) => {
    const client = await server.connect();
    const chunked = "POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n";
    assertEquals((await client.request(chunked)).body, "POST /c abc");
    assertEquals((await client.request(GET)).body, "GET / ");
  }));

Deno.test("CallbackDelegate lets a callback write the response itself, as text", () =>
  withServer(async (request) => {
    await request.connection.writeHeaders({ code: 200, reason: "Fine" }, new HTTPHeaders({ "X-A": "b" }), "one ");
    await request.connection.write("two");
    request.connection.finish();
  }, async (server) => {
    const response = await (await server.connect()).request(GET);
    assertEquals([response.reason, header(response, "X-A"), response.body], ["Fine", "b", "one two"]);
  }));

Deno.test("CallbackDelegate answers 400 to a form that the callback cannot parse, and logs it once", () =>
  expectLog(
    { level: "info", pattern: "Malformed HTTP message from 127.0.0.1: Cannot parse form", times: 1 },
    () =>
      withServer((request) => answer(request, String(request.bodyArguments.size)), async (server) => {
        const client = await server.connect();
        const head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data\r\nContent-Length: 3\r\n\r\n";
        const response = await client.request(`${head}abc`);
        assertEquals([response.status, header(response, "Connection")], [400, "close"]);
        await client.expectEnd();
      }),
  ));

Deno.test("CallbackDelegate answers 500 when what another peer sent is malformed", () =>
  expectLog(
    { level: "error", pattern: /Uncaught exception in request callback[^]*HTTPInputError: upstream/, times: 1 },
    () =>
      withServer(() => Promise.reject(new HTTPInputError("upstream")), async (server) => {
        assertEquals((await (await server.connect()).request(GET)).status, 500);
      }),
  ));

Deno.test("CallbackDelegate says nothing about a client that leaves during the response", () => {
  const ended = Promise.withResolvers<void>();
  return expectNoLog(() =>
    withServer(async ({ connection }) => {
      connection.setCloseCallback(ended.resolve);
      await connection.writeHeaders({ code: 200, reason: "OK" }, new HTTPHeaders());
      for (;;) await connection.write(new Uint8Array(100_000)); // rejects when the client has gone
    }, async (server) => {
      const client = await server.connect();
      await client.send(GET);
      await client.readBytes(1);
      client.close();
      await ended.promise;
    })
  );
});

for (const kind of ["throws", "rejects"]) {
  Deno.test(`CallbackDelegate logs the error of a callback that ${kind}, and answers 500`, () =>
    expectLog(
      { level: "error", category: "denado.application", pattern: /request callback for .*\nError: mine/, times: 1 },
      () =>
        withServer(() => {
          if (kind === "throws") throw new Error("mine");
          return Promise.reject(new Error("mine"));
        }, async (server) => {
          const client = await server.connect();
          const response = await client.request(GET);
          assertEquals([response.status, header(response, "Connection")], [500, "close"]);
          await client.expectEnd();
        }),
    ));

  Deno.test(`CallbackDelegate cuts the response off when a callback ${kind} after it began`, () =>
    expectLog([
      { level: "error", pattern: /request callback for .*\nError: mine/, times: 1 },
      { level: "error", pattern: /Cannot answer with an error\nError: Cannot write headers/, times: 1 },
    ], () =>
      withServer((request) => {
        request.connection.writeHeaders(
          { code: 200, reason: "OK" },
          new HTTPHeaders({ "Content-Length": "9" }),
          "begun",
        );
        if (kind === "throws") throw new Error("mine");
        return settle().then(() => Promise.reject(new Error("mine")));
      }, async (server) => {
        const client = await server.connect();
        await client.send(GET);
        assert(!(await client.readToEnd()).text.includes("500"));
      })));
}

for (const callback of [undefined, null, 1, "app", {}, { startRequest: 1 }]) {
  Deno.test(`HTTPServer refuses to serve with ${Deno.inspect(callback)}`, () => {
    const error = assertThrows(() => new HTTPServer(callback as never), TypeError);
    assert(error.message.startsWith(`Cannot serve with ${Deno.inspect(callback)}: `), error.message);
  });
}

Deno.test("concatChunks joins parts in order", () => {
  const bytes = (...values: number[]) => new Uint8Array(values);
  assertEquals(concatChunks([]), bytes());
  assertEquals(concatChunks([bytes(1, 2)]), bytes(1, 2));
  assertEquals(concatChunks([bytes(1), bytes(), bytes(2, 3)]), bytes(1, 2, 3));
});
