/**
 * Clients that are slow on purpose: each of them is sent away, and those that only have a slow network are not.
 *
 * @module
 */

import { type HTTPConnection, HTTPHeaders, type HTTPMessageDelegate, type RequestCallback } from "@denado/denado/http";
import { assert, assertEquals } from "@std/assert";
import { expectLog, expectNoLog } from "../helpers/expect_log.ts";
import { header } from "../helpers/http_client.ts";
import { type TestServer, withServer } from "../helpers/http_server.ts";
import { settle } from "../helpers/manual_clock.ts";

const OK = { code: 200, reason: "OK" };
const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const POST = "POST / HTTP/1.1\r\nHost: a\r\n";

const count: RequestCallback = ({ connection, body }) => {
  const text = String(body.length);
  connection.respond(OK, new HTTPHeaders({ "Content-Length": String(text.length) }), new TextEncoder().encode(text));
};

/** Sends one byte a second, and stops when the server has an answer. */
async function trickle(
  server: TestServer,
  send: (byte: string) => Promise<void>,
  { seconds, ended }: { readonly seconds: number; readonly ended: () => boolean },
): Promise<number> {
  for (let second = 0; second < seconds; second++) {
    if (ended()) return second;
    await send("x");
    await settle();
    await server.clock.advance(1000);
  }
  return seconds;
}

for (
  const [framing, byte] of [["Content-Length: 100000", "x"], ["Transfer-Encoding: chunked", "1\r\nx\r\n"]] as const
) {
  Deno.test(`HTTP1Connection answers 408 to a body that trickles (${framing})`, () =>
    expectLog(
      { level: "info", pattern: "Timeout reading body from 127.0.0.1", times: 1 },
      () =>
        withServer(count, async (server) => {
          const client = await server.connect();
          await client.send(`${POST}${framing}\r\n\r\n`);
          await server.connectionsOpen(1);
          let answered = false;
          const reading = client.read().then((response) => {
            answered = true;
            return response;
          });
          const send = () => client.send(byte).catch(() => {}); // in vain when it is over
          const seconds = await trickle(server, send, { seconds: 60, ended: () => answered });
          const response = await reading;
          assertEquals([response.status, header(response, "Connection")], [408, "close"]);
          assert(seconds >= 20 && seconds < 60, String(seconds)); // the client notices a bit later
          client.close();
        }),
    ));
}

Deno.test("HTTP1Connection receives a slow body for as long as it takes if the delegate says so", () =>
  expectNoLog(() =>
    withServer({
      startRequest: (_server, connection) => {
        connection.setMinBodyRate(0);
        return new Counter(connection);
      },
    }, async (server) => {
      const client = await server.connect();
      await client.send(`${POST}Content-Length: 60\r\n\r\n`);
      await server.connectionsOpen(1);
      await trickle(server, (byte) => client.send(byte), { seconds: 60, ended: () => false });
      assertEquals((await client.read("POST")).body, "60");
    })
  ));

Deno.test("HTTP1Connection asks for the rate that the server was given", () =>
  withServer(count, async (server) => {
    const client = await server.connect();
    await client.send(`${POST}Content-Length: 60\r\n\r\n`);
    await server.connectionsOpen(1);
    await trickle(server, (byte) => client.send(byte), { seconds: 60, ended: () => false });
    assertEquals((await client.read("POST")).body, "60");
  }, { minBodyRate: 0.5 }));

/** Collects a body. */
class Counter implements HTTPMessageDelegate {
  protected readonly connection: HTTPConnection;
  protected size = 0;

  constructor(connection: HTTPConnection) {
    this.connection = connection;
  }

  headersReceived(): void {}

  dataReceived(chunk: Uint8Array): void | Promise<void> {
    this.size += chunk.length;
  }

  finish(): void {
    const text = String(this.size);
    this.connection.respond(
      OK,
      new HTTPHeaders({ "Content-Length": String(text.length) }),
      new TextEncoder().encode(text),
    );
  }

  onConnectionClose(): void {}
}

Deno.test("HTTP1Connection does not blame the client for the time that a delegate takes", () => {
  const taken = Promise.withResolvers<void>();
  const entered = Promise.withResolvers<void>();
  class Slow extends Counter {
    override dataReceived(chunk: Uint8Array): Promise<void> {
      super.dataReceived(chunk);
      entered.resolve();
      return taken.promise;
    }
  }
  return expectNoLog(() =>
    withServer({ startRequest: (_server, connection) => new Slow(connection) }, async (server) => {
      const client = await server.connect();
      await client.send(`${POST}Content-Length: 6\r\n\r\n`);
      await server.connectionsOpen(1);
      await client.send("abc");
      await entered.promise;
      await server.clock.advance(3_600_000);
      taken.resolve();
      await client.send("def");
      assertEquals((await client.read("POST")).body, "6");
    })
  );
});

Deno.test("HTTP1Connection is cut off when a client sends a body and does not read what comes back", () => {
  /** Sends back what it is sent, as fast as the client takes it. */
  class Echo extends Counter {
    override headersReceived(): void {
      this.connection.writeHeaders(OK, new HTTPHeaders());
    }

    override async dataReceived(chunk: Uint8Array): Promise<void> {
      // Many times as much as it was sent, so that the system's buffers are full soon.
      for (let round = 0; round < 100; round++) await this.connection.write(chunk.slice());
    }

    override onConnectionClose(): void {
      closed.resolve();
    }
  }
  const closed = Promise.withResolvers<void>();
  return withServer({ startRequest: (_server, connection) => new Echo(connection) }, async (server) => {
    const client = await server.connect();
    await client.send(`${POST}Content-Length: 100000000\r\n\r\n`);
    const sending = client.send(new Uint8Array(10_000_000)).catch(() => {});
    await server.connectionsOpen(1);
    let over = false;
    closed.promise.then(() => over = true);
    while (!over) {
      await new Promise((resolve) => setTimeout(resolve, 0)); // lets the system's buffers fill
      await server.clock.advance(1000);
    }
    client.close();
    await sending;
  });
});

Deno.test("HTTP1Connection is cut off when a client takes less than the rate of a long response", () => {
  const ended = Promise.withResolvers<void>();
  return withServer(async ({ connection }) => {
    connection.setCloseCallback(ended.resolve);
    await connection.writeHeaders(OK, new HTTPHeaders());
    const chunk = new Uint8Array(1_000_000);
    try {
      for (;;) await connection.write(chunk);
    } catch {
      // the client was sent away
    }
  }, async (server) => {
    const client = await server.connect();
    await client.send(GET);
    await server.connectionsOpen(1);
    let over = false;
    ended.promise.then(() => over = true);
    while (!over) {
      await new Promise((resolve) => setTimeout(resolve, 0));
      await server.clock.advance(1000);
    }
    client.close();
  }, { writeTimeoutMs: 10_000, minResponseRate: 1_000_000_000 });
});

// --- tiny chunks ---

Deno.test("HTTP1Connection serves others while a client sends a million chunks of one byte", () => {
  let pieces = 0;
  class Pieces extends Counter {
    override dataReceived(chunk: Uint8Array): void {
      pieces++;
      super.dataReceived(chunk);
    }
  }
  return expectNoLog(() =>
    withServer({ startRequest: (_server, connection) => new Pieces(connection) }, async (server) => {
      const client = await server.connect();
      const other = await server.connect();
      await client.send(`${POST}Transfer-Encoding: chunked\r\n\r\n`);
      const flood = new TextEncoder().encode("1\r\nx\r\n".repeat(100_000));
      let done = false;
      const sending = (async () => {
        for (let round = 0; round < 10; round++) await client.send(flood);
        await client.send("0\r\n\r\n");
      })();
      const reading = client.read("POST").finally(() => done = true);
      let answers = 0;
      while (!done) {
        assertEquals((await other.request(GET)).status, 200);
        answers++;
      }
      await sending;
      assertEquals((await reading).body, "1000000");
      assert(answers > 1, `${answers} answers meanwhile`);
      assert(pieces < 20_000, `${pieces} pieces`); // small chunks are merged
    })
  );
});
