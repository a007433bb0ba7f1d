/**
 * How an `HTTPServer` ends, with requests under way, and how many connections it has at most.
 *
 * @module
 */

import { Application, RequestHandler } from "@denado/denado";
import {
  HTTPHeaders,
  HTTPServer,
  type HTTPServerConnectionDelegate,
  type HTTPServerRequest,
  type RequestCallback,
} from "@denado/denado/http";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { header, RawClient } from "../helpers/http_client.ts";
import { type TestServer, withServer } from "../helpers/http_server.ts";
import { settle } from "../helpers/manual_clock.ts";

const OK = { code: 200, reason: "OK" };
const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const WAIT = GET.replace("/", "/wait");

function answer(request: HTTPServerRequest, text = "done"): void {
  const headers = new HTTPHeaders({ "Content-Length": String(text.length) });
  request.connection.respond(OK, headers, new TextEncoder().encode(text));
}

/** Answers at once, except for `/wait`: that waits for the test. */
class Held {
  readonly requests: HTTPServerRequest[] = [];
  #entered: (() => void) | undefined;

  readonly callback: RequestCallback = (request) => {
    if (request.path !== "/wait") return answer(request);
    this.requests.push(request);
    this.#entered?.();
  };

  async arrived(count: number): Promise<void> {
    while (this.requests.length < count) await new Promise<void>((resolve) => this.#entered = resolve);
  }
}

/** Resolves to whether a promise is settled by now. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  promise.then(() => settled = true);
  await settle();
  return settled;
}

/** Runs a test in which the server is closed while it serves; the loop's clock stands still. */
async function closing(test: (server: TestServer, held: Held) => Promise<void>): Promise<void> {
  const held = new Held();
  await withServer(held.callback, (server) => test(server, held));
}

Deno.test("HTTPServer.close ends at once when there is no connection", () =>
  closing(async ({ server }) => {
    await server.close();
    await server.close();
    await server.finished;
    assertEquals(server.sockets, []);
  }));

Deno.test("HTTPServer.close waits for a request, tells its client that this was the last, and ends early", () =>
  closing(async (test, held) => {
    const client = await test.connect();
    await client.send(WAIT);
    await held.arrived(1);
    const closed = test.server.close({ timeoutMs: 60_000 });
    await settle();
    assertEquals(test.server.sockets, []);
    assert(!await isSettled(closed));
    answer(held.requests[0]!);
    const response = await client.read();
    assertEquals([response.body, header(response, "Connection")], ["done", "close"]);
    await client.expectEnd();
    client.close();
    await closed;
  }));

Deno.test("HTTPServer.close lets a response that has begun go on, and the client find out by the close", () =>
  closing(async (test, held) => {
    const client = await test.connect();
    await client.send(WAIT);
    await held.arrived(1);
    const { connection } = held.requests[0]!;
    await connection.writeHeaders(OK, new HTTPHeaders({ "Content-Length": "6" }), "one");
    const closed = test.server.close();
    await settle();
    connection.write("two");
    connection.finish();
    const response = await client.read();
    assertEquals([response.body, header(response, "Connection")], ["onetwo", undefined]);
    await test.clock.advance(500);
    await client.expectEnd();
    await closed;
  }));

Deno.test("HTTPServer.close closes connections without a request when half a second has brought none", () =>
  closing(async (test) => {
    const used = await test.connect();
    assertEquals((await used.request(GET)).body, "done");
    const fresh = await test.connect();
    await test.connectionsOpen(2);
    const closed = test.server.close();
    await settle();
    await test.clock.advance(499);
    assertEquals(test.server.connectionCount, 2);
    await test.clock.advance(1);
    await used.expectEnd();
    await fresh.expectEnd();
    await closed;
  }));

Deno.test("HTTPServer.close answers a request that was on its way, as the last one", () =>
  closing(async (test) => {
    const client = await test.connect();
    await client.request(GET);
    const closed = test.server.close();
    await settle();
    const response = await client.request(GET + GET);
    assertEquals([response.body, header(response, "Connection")], ["done", "close"]);
    await client.expectEnd();
    client.close();
    await closed;
  }));

Deno.test("HTTPServer.close answers clients whose connections were established and not accepted", () =>
  closing(async (test) => {
    const sent = Array.from({ length: 20 }, async () => {
      const client = await test.connect();
      await client.send(GET);
      return client;
    });
    const clients = await Promise.all(sent);
    const closed = test.server.close(); // the loop has had no turn to accept all of them
    for (const client of clients) {
      const response = await client.read();
      assertEquals([response.body, header(response, "Connection")], ["done", header(response, "Connection")]);
      client.close();
    }
    await closed;
  }));

Deno.test("HTTPServer.close closes what is left when the time is up, requests and detached streams", () =>
  closing(async (test, held) => {
    const clients = [await test.connect(), await test.connect()];
    for (const client of clients) await client.send(WAIT);
    await held.arrived(2);
    const stream = held.requests[0]!.connection.detach();
    const closed = test.server.close({ timeoutMs: 1000 });
    await settle();
    await test.clock.advance(999);
    assertEquals([stream.closed, test.server.connectionCount, await isSettled(closed)], [false, 1, false]);
    await test.clock.advance(1);
    await closed;
    assert(stream.closed && held.requests[1]!.signal.aborted);
    for (const client of clients) assertEquals((await client.readToEnd()).text, "");
  }));

Deno.test("HTTPServer.close waits for a detached stream", () =>
  closing(async (test, held) => {
    const client = await test.connect();
    await client.send(WAIT);
    await held.arrived(1);
    const stream = held.requests[0]!.connection.detach();
    const closed = test.server.close({ timeoutMs: 1000 });
    assert(!await isSettled(closed));
    stream.close();
    await closed;
    await client.readToEnd();
  }));

let served = 0;

class PathHandler extends RequestHandler {
  override async get(): Promise<void> {
    if (served++ % 3 === 0) await settle();
    this.write(this.request.path);
  }
}

const TARGETS: Record<string, HTTPServerConnectionDelegate | RequestCallback> = {
  "a function": async (request) => {
    if (served++ % 3 === 0) await settle();
    answer(request, request.path);
  },
  "an application": new Application([["/.*", PathHandler]], { logFunction: () => {} }),
};

for (const [name, target] of Object.entries(TARGETS)) {
  Deno.test(`HTTPServer.close with ${name} loses no request while clients send without a pause`, async () => {
    served = 0;
    const server = new HTTPServer(target);
    server.listen(0, { address: "127.0.0.1" });
    const { port } = server;
    const warm = Promise.withResolvers<void>();
    let answered = 0;
    const load = Array.from({ length: 40 }, async (_, at) => {
      using client = await RawClient.connect(port!);
      for (let count = 0;; count++) {
        const path = `/${at}/${count}`;
        const response = await client.request(GET.replace("/", path)); // throws if no answer comes
        assertEquals([response.status, response.body], [200, path]);
        if (++answered === 2000) warm.resolve();
        if (header(response, "Connection") === "close") return client.expectEnd();
      }
    });
    await warm.promise;
    await server.close();
    await Promise.all(load);
    assertEquals(answered, served);
    assertEquals([server.connectionCount, server.openStreams.size], [0, 0]);
  });
}

Deno.test("HTTPServer ends at once with await using", async () => {
  const held = new Held();
  let client;
  {
    await using server = new HTTPServer(held.callback);
    server.listen(0, { address: "127.0.0.1" });
    client = await RawClient.connect(server.port!);
    await client.send(WAIT);
    await held.arrived(1);
  }
  assertEquals((await client.readToEnd()).text, "");
  client.close();
});

// --- a bounded number of connections ---

Deno.test("HTTPServer with maxConnections lets a client wait until another one ends", async () => {
  const held = new Held();
  await withServer(held.callback, async (test) => {
    const first = await test.connect();
    await first.send(WAIT);
    await held.arrived(1);
    const second = await test.connect();
    await second.send(WAIT);
    await held.arrived(2);
    const third = await test.connect();
    const fourth = await test.connect(); // not even accepted
    await third.send(GET);
    await fourth.send(GET);
    await settle();
    assertEquals(test.server.connectionCount, 2);
    await test.accepted(3);
    assertEquals(test.server.connectionCount, 2);
    answer(held.requests[0]!);
    // The oldest was told to make room.
    assertEquals(header(await first.read(), "Connection"), "close");
    await first.expectEnd();
    first.close();
    assertEquals((await third.read()).body, "done");
    third.close();
    assertEquals((await fourth.read()).body, "done");
    answer(held.requests[1]!);
    assertEquals((await second.read()).body, "done");
  }, { maxConnections: 2 });
});

Deno.test("HTTPServer with maxConnections closes a connection without a request for a new one", async () => {
  const held = new Held();
  await withServer(held.callback, async (test) => {
    const busy = await test.connect();
    await busy.send(WAIT);
    await held.arrived(1);
    const idle = await test.connect();
    await idle.request(GET);
    const next = await test.connect();
    await next.send(GET);
    await test.accepted(3);
    await test.clock.advance(500);
    await idle.expectEnd();
    assertEquals((await next.read()).body, "done");
    answer(held.requests[0]!);
    assertEquals(header(await busy.read(), "Connection"), undefined);
  }, { maxConnections: 2 });
});

Deno.test("HTTPServer with maxConnections and noKeepAlive closes a connection that sends nothing for a new one", () =>
  withServer((request) => answer(request), async (test) => {
    const silent = await test.connect();
    await test.connectionsOpen(1);
    const next = await test.connect();
    await next.send(GET);
    await test.accepted(2);
    for (let part = 0; part < 5; part++) await test.clock.advance(100);
    await silent.expectEnd();
    assertEquals((await next.read()).body, "done");
  }, { maxConnections: 1, noKeepAlive: true }));

Deno.test("HTTPServer with maxConnections does not wait for a request that never ends", async () => {
  const held = new Held();
  await withServer(held.callback, async (test) => {
    const poll = await test.connect();
    await poll.send(WAIT); // the oldest, which is asked first
    await held.arrived(1);
    const other = await test.connect();
    await other.send(WAIT);
    await held.arrived(2);
    const next = await test.connect();
    await next.send(GET);
    await test.accepted(3);
    await test.clock.advance(100);
    answer(held.requests[1]!);
    assertEquals(header(await other.read(), "Connection"), "close");
    await other.expectEnd();
    other.close();
    assertEquals((await next.read()).body, "done");
    poll.close();
  }, { maxConnections: 2 });
});

Deno.test("HTTPServer closes clients that wait for a place, too", async () => {
  const held = new Held();
  await withServer(held.callback, async (test) => {
    const clients = [await test.connect(), await test.connect()];
    await clients[0]!.send(WAIT);
    await held.arrived(1);
    await test.accepted(2);
    test.server.stop();
    await test.server.closeAllConnections();
    for (const client of clients) assertEquals((await client.readToEnd()).text, "");
  }, { maxConnections: 1 });
});

for (const maxConnections of [0, -1, NaN]) {
  Deno.test(`HTTPServer refuses maxConnections ${maxConnections}`, () => {
    assertThrows(() => new HTTPServer(() => {}, { maxConnections }), RangeError, `at least 1: ${maxConnections}`);
  });
}

Deno.test("HTTPServer with maxRequestsPerConnection says so in the last response", () =>
  closing(async () => {
    await withServer((request) => answer(request, request.path), async (test) => {
      const client = await test.connect();
      assertEquals(header(await client.request(GET), "Connection"), undefined);
      assertEquals(header(await client.request(GET), "Connection"), undefined);
      // A client that has sent more already sees the last response all the same.
      const last = await client.request(GET + GET + GET);
      assertEquals([last.body, header(last, "Connection")], ["/", "close"]);
      await client.expectEnd();
    }, { maxRequestsPerConnection: 3 });
  }));
