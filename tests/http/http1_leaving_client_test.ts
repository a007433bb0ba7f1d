/**
 * Clients that leave in the middle of an exchange, or read nothing of it.
 *
 * @module
 */

import { HTTPHeaders } from "@denado/denado/http";
import type { HTTP1Connection, HTTPServerRequest } from "@denado/denado/http";
import { StreamClosedError } from "@denado/denado/tcp";
import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { expectLog } from "../helpers/expect_log.ts";
import { serving, shout } from "../helpers/http1_exchange.ts";
import { withServer } from "../helpers/http_server.ts";
import { settle } from "../helpers/manual_clock.ts";

const OK = { code: 200, reason: "OK" };
const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const SWITCHING = { code: 101, reason: "Switching Protocols" };

Deno.test("HTTP1Connection rejects writes and does not throw when the client has left", () => {
  const gone = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  return withServer(
    serving(async (connection) => {
      await connection.writeHeaders(OK, new HTTPHeaders(), "begun");
      begun.resolve();
      await gone.promise;
      await assertRejects(() => connection.write("more"), StreamClosedError);
      connection.write("not awaited"); // no unhandled rejection
      connection.finish();
    }),
    async (server) => {
      const client = await server.connect();
      await client.send(GET);
      await begun.promise;
      client.close();
      await server.connectionsEnded();
      gone.resolve();
      await settle();
    },
  );
});

Deno.test("HTTP1Connection makes a writer wait while the client does not read", () => {
  let written = 0;
  return withServer(
    serving(async (connection) => {
      await connection.writeHeaders(OK, new HTTPHeaders());
      const chunk = new Uint8Array(100_000);
      for (; written < 1000 && !connection.stream.closed; written++) {
        assert(connection.stream.pendingWriteBytes < 200_000);
        await connection.write(chunk).catch((error) => assertInstanceOf(error, StreamClosedError));
      }
      connection.finish();
    }),
    async (server) => {
      const client = await server.connect();
      await client.send(GET);
      await client.readBytes(1);
      let before = -1;
      for (let still = 0; still < 20; still = written === before ? still + 1 : 0) {
        before = written;
        await new Promise((resolve) => setTimeout(resolve, 0));
      }
      assert(written < 900, `${written} chunks of 1000 were written to a client that reads nothing`);
      client.close();
    },
  );
});

Deno.test("HTTP1Connection is cut off when the client takes nothing of a streamed response", () => {
  const failed = Promise.withResolvers<unknown>();
  return withServer(
    serving(async (connection) => {
      await connection.writeHeaders(OK, new HTTPHeaders());
      for (;;) {
        try {
          await connection.write(new Uint8Array(1_000_000));
        } catch (error) {
          return failed.resolve(error);
        }
      }
    }),
    async (server) => {
      const client = await server.connect();
      await client.send(GET);
      await client.readBytes(1);
      let done = false;
      failed.promise.then(() => done = true);
      for (let round = 0; round < 100 && !done; round++) await server.clock.advance(5000);
      assertInstanceOf(await failed.promise, StreamClosedError);
    },
    { writeTimeoutMs: 5000 },
  );
});

Deno.test("HTTP1Connection sets no limit for a stream whose client takes everything", () => {
  const steps: (() => void)[] = [];
  return withServer(
    serving(async (connection) => {
      await connection.writeHeaders(OK, new HTTPHeaders());
      for (const text of ["a", "b", "c"]) {
        await new Promise<void>((resolve) => steps.push(resolve));
        await connection.write(text);
      }
      connection.finish();
    }),
    async (server) => {
      const client = await server.connect();
      await client.send(GET);
      await client.readBytes(1);
      for (let seen = ""; !seen.includes("0\r\n\r\n");) {
        await server.clock.advance(3_600_000);
        steps.shift()?.();
        seen += await client.readBytes(1);
      }
    },
    { writeTimeoutMs: 5000 },
  );
});

Deno.test("HTTP1Connection calls its close callback and aborts its signal when the client leaves, once", () => {
  const left = Promise.withResolvers<void>();
  const entered = Promise.withResolvers<HTTPServerRequest>();
  let calls = 0;
  return withServer(
    serving((connection, request) => {
      connection.setCloseCallback(() => {
        calls++;
        left.resolve();
      });
      assert(request.signal === connection.signal && !request.signal.aborted);
      entered.resolve(request);
    }),
    async (server) => {
      const client = await server.connect();
      await client.send(GET);
      const request = await entered.promise;
      client.close();
      await left.promise;
      await server.connectionsEnded();
      assertEquals(calls, 1);
      assertInstanceOf(request.signal.reason, StreamClosedError);
      request.connection.finish(); // a late answer goes nowhere
      assertEquals(calls, 1);
    },
  );
});

Deno.test("HTTP1Connection does not call a close callback for a response that is finished, or that was cleared", () => {
  let ended = 0;
  const requests: HTTPServerRequest[] = [];
  return withServer(
    serving((connection, request) => {
      requests.push(request);
      connection.setCloseCallback(() => ended++);
      if (request.path === "/cleared") return connection.setCloseCallback(undefined);
      connection.respond(OK, new HTTPHeaders({ "Content-Length": "0" }), new Uint8Array(0));
    }),
    async (server) => {
      const client = await server.connect();
      await client.request(GET);
      await client.send(GET.replace("/", "/cleared"));
      while (requests.length < 2) await settle();
      client.close();
      await server.connectionsEnded();
      assertEquals([ended, requests[0]!.signal.aborted, requests[1]!.signal.aborted], [0, false, true]);
    },
  );
});

for (
  const [name, request] of [["", GET], [
    ", and had a body",
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab",
  ]]
) {
  Deno.test(`HTTP1Connection hears of a client that has sent more than one request${name}, and leaves`, () => {
    const entered = Promise.withResolvers<HTTPServerRequest>();
    const left = Promise.withResolvers<void>();
    return withServer(
      (request) => {
        request.connection.setCloseCallback(left.resolve);
        entered.resolve(request);
        assertEquals(request.path, "/", "the second one must not be served");
      },
      async (server) => {
        const client = await server.connect();
        await client.send(request + GET.replace("/", "/next"));
        await entered.promise;
        client.close();
        await left.promise;
        assert((await entered.promise).signal.aborted);
      },
    );
  });
}

Deno.test("HTTP1Connection serves what has come behind a request that took its time, and hands over what has not", () => {
  const entered = Promise.withResolvers<HTTP1Connection>();
  return withServer(
    serving(async (connection, request) => {
      if (request.path === "/") return entered.resolve(connection);
      await settle(); // the stream is read on meanwhile
      connection.respond(SWITCHING, new HTTPHeaders({ Connection: "Upgrade" }), new Uint8Array(0));
      shout(connection.detach());
    }),
    async (server) => {
      const client = await server.connect();
      await client.send(GET + GET.replace("/", "/next").slice(0, 10));
      const connection = await entered.promise;
      await client.send(GET.replace("/", "/next").slice(10) + GET.replace("/", "/shout") + "some\n");
      await settle();
      connection.respond(OK, new HTTPHeaders({ "Content-Length": "5" }), new TextEncoder().encode("first"));
      assertEquals([(await client.read()).body, (await client.read()).body], ["first", "next"]);
      assertEquals((await client.read()).status, 101);
      assertEquals(await client.readBytes(5), "SOME\n");
      await client.send("more\n");
      assertEquals(await client.readBytes(5), "MORE\n");
    },
  );
});

Deno.test("HTTP1Connection logs the error of a close callback", () => {
  const entered = Promise.withResolvers<void>();
  return expectLog({ level: "error", pattern: /close callback\nError: mine/, times: 1 }, () =>
    withServer(
      serving((connection) => {
        connection.setCloseCallback(() => {
          throw new Error("mine");
        });
        entered.resolve();
      }),
      async (server) => {
        const client = await server.connect();
        await client.send(GET);
        await entered.promise;
        client.close();
        await server.connectionsEnded();
      },
    ));
});
