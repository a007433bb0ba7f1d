import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { HTTPHeaders } from "@denado/denado/http";
import { ParserPool } from "../../http/parser_pool.ts";
import { withServer } from "../helpers/http_server.ts";

Deno.test("ParserPool gives the parser that was given back last, and a new one when there is none", () => {
  const pool = ParserPool.for({ maxHeaderSize: 1000 });
  const [one, other] = [pool.take(), pool.take()];
  assert(one !== other);
  pool.give(one);
  pool.give(other);
  assertStrictEquals(pool.take(), other);
  assertStrictEquals(pool.take(), one);
});

Deno.test("ParserPool is one for each object of limits", () => {
  const limits = { maxHeaderSize: 1000 };
  assertStrictEquals(ParserPool.for(limits), ParserPool.for(limits));
  assert(ParserPool.for(limits) !== ParserPool.for({ maxHeaderSize: 1000 }));
});

Deno.test("ParserPool keeps the messages apart that clients send in turn, a few bytes at a time", () => {
  return withServer((request) => {
    const body = new TextEncoder().encode(`${request.path} ${new TextDecoder().decode(request.body)}`);
    const headers = new HTTPHeaders({ "Content-Length": String(body.length) });
    request.connection.respond({ code: 200, reason: "OK" }, headers, body);
  }, async (server) => {
    const clients = await Promise.all(Array.from({ length: 8 }, () => server.connect()));
    const texts = clients.map((_, at) => {
      const body = `${at}`.repeat(at * 7);
      const framing = at % 2 === 0 ? [`Content-Length: ${body.length}`, body] : [
        "Transfer-Encoding: chunked",
        body === "" ? "0\r\n\r\n" : `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
      ];
      return `POST /${at} HTTP/1.1\r\nHost: h${at}\r\nX-Filler: ${"x".repeat(at * 100)}\r\n${framing[0]}\r\n\r\n${
        framing[1]
      }`;
    });
    for (let round = 0; round < 3; round++) {
      const step = 31 + round * 16;
      for (let from = 0; texts.some((text) => from < text.length); from += step) {
        await Promise.all(clients.map((client, at) => client.send(texts[at]!.slice(from, from + step))));
      }
      for (const [at, client] of clients.entries()) {
        assertEquals((await client.read("POST")).body, `/${at} ${`${at}`.repeat(at * 7)}`);
      }
    }
  });
});

Deno.test("ParserPool is not harmed by messages that are broken off or refused", () => {
  return withServer((request) => {
    request.connection.respond(
      { code: 200, reason: "OK" },
      new HTTPHeaders({ "Content-Length": "0" }),
      new Uint8Array(0),
    );
  }, async (server) => {
    const good = await server.connect();
    const bad = [
      "GET / HT",
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab",
      "GET / HTTP/1.1\r\nHost: a\r\nb\0",
    ];
    for (const text of [...bad, ...bad]) {
      const client = await server.connect();
      await client.send(text);
      assertEquals((await good.request("GET / HTTP/1.1\r\nHost: a\r\n\r\n")).status, 200);
      client.close();
    }
  });
});
