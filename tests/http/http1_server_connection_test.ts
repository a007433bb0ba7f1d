import { type HTTPConnection, HTTPHeaders, type HTTPMessageDelegate, type RequestHead } from "@denado/denado/http";
import type { HTTPServerRequest, RequestCallback } from "@denado/denado/http";
import { assert, assertEquals } from "@std/assert";
import { expectLog, expectNoLog } from "../helpers/expect_log.ts";
import { header, type RawClient } from "../helpers/http_client.ts";
import { withServer } from "../helpers/http_server.ts";
import { settle } from "../helpers/manual_clock.ts";

const OK = { code: 200, reason: "OK" };
const CLOSE = "Connection: close\r\n";

function get(path: string, fields = "", version = "1.1"): string {
  return `GET ${path} HTTP/${version}\r\nHost: a.example\r\n${fields}\r\n`;
}

function answer(connection: HTTPConnection, text: string): void {
  const body = new TextEncoder().encode(text);
  connection.respond(OK, new HTTPHeaders({ "Content-Length": String(body.length) }), body);
}

/** The head of a request with a body, which waits until it is asked for it. */
function post(framing: string): string {
  return `POST / HTTP/1.1\r\nHost: a.example\r\nExpect: 100-continue\r\n${framing}\r\n\r\n`;
}

/** Answers at once with the path and the size of the body. */
const echo: RequestCallback = (request) => answer(request.connection, `${request.path} ${request.body.length}`);

/** A handler that waits for the test, and says when it has a request. */
class Gate {
  readonly entered: Promise<HTTPServerRequest>;
  readonly #enter: (request: HTTPServerRequest) => void;
  readonly #open = Promise.withResolvers<void>();

  constructor() {
    const entered = Promise.withResolvers<HTTPServerRequest>();
    this.entered = entered.promise;
    this.#enter = entered.resolve;
  }

  /** The handler, as a callback. */
  readonly handle: RequestCallback = async (request) => {
    this.#enter(request);
    await this.#open.promise;
    echo(request);
  };

  open(): void {
    this.#open.resolve();
  }
}

// --- persistence ---

interface PersistenceCase {
  readonly name: string;
  readonly request: string;
  readonly connection: string | undefined;
  readonly kept: boolean;
}

const PERSISTENCE: PersistenceCase[] = [
  { name: "HTTP/1.1", request: get("/"), connection: undefined, kept: true },
  { name: "HTTP/1.1 with close", request: get("/", CLOSE), connection: "close", kept: false },
  {
    name: "HTTP/1.1 with close in a list",
    request: get("/", "Connection: a, CLOSE\r\n"),
    connection: "close",
    kept: false,
  },
  { name: "HTTP/1.0", request: get("/", "", "1.0"), connection: undefined, kept: false },
  {
    name: "HTTP/1.0 with keep-alive",
    request: get("/", "Connection: Keep-Alive\r\n", "1.0"),
    connection: "Keep-Alive",
    kept: true,
  },
  { name: "HTTP/1.0 without Host", request: "GET / HTTP/1.0\r\n\r\n", connection: undefined, kept: false },
];

for (const { name, request, connection, kept } of PERSISTENCE) {
  Deno.test(`HTTP1ServerConnection ${kept ? "keeps" : "closes"} a connection of ${name}`, () =>
    withServer(echo, async (server) => {
      const client = await server.connect();
      const response = await client.request(request);
      assertEquals([response.status, response.body], [200, "/ 0"]);
      assertEquals(header(response, "Connection"), connection);
      if (kept) assertEquals((await client.request(get("/again"))).body, "/again 0");
      else await client.expectEnd();
    }));
}

Deno.test("HTTP1ServerConnection closes after the first response with noKeepAlive", () =>
  withServer(echo, async (server) => {
    const client = await server.connect();
    const response = await client.request(get("/"));
    assertEquals(header(response, "Connection"), "close");
    await client.expectEnd();
  }, { noKeepAlive: true }));

Deno.test("HTTP1ServerConnection skips an empty line between requests", () =>
  withServer(echo, async (server) => {
    const client = await server.connect();
    await client.request(get("/a"));
    assertEquals((await client.request("\r\n" + get("/b"))).body, "/b 0");
  }));

Deno.test("HTTP1ServerConnection reads a request that comes byte by byte", () =>
  withServer(echo, async (server) => {
    const client = await server.connect();
    const text = "POST /slow HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
    for (const character of text) {
      await client.send(character);
      await settle();
    }
    assertEquals((await client.read()).body, "/slow 3");
  }));

// --- pipelining ---

for (const count of [2, 33, 1000]) {
  Deno.test(`HTTP1ServerConnection answers ${count} pipelined requests in order`, () =>
    withServer(echo, async (server) => {
      const client = await server.connect();
      const requests = Array.from({ length: count }, (_, at) => get(`/${at}`));
      await client.send(requests.join(""));
      for (let at = 0; at < count; at++) assertEquals((await client.read()).body, `/${at} 0`);
    }));
}

Deno.test("HTTP1ServerConnection answers pipelined requests in order when some take time", () => {
  const seen: string[] = [];
  const mixed: RequestCallback = async (request) => {
    seen.push(request.path);
    if (Number(request.path.slice(1)) % 3 === 0) await settle();
    echo(request);
  };
  return withServer((request) => request.path.endsWith("7") ? echo(request) : mixed(request), async (server) => {
    const client = await server.connect();
    const bodies = Array.from({ length: 60 }, (_, at) => "x".repeat(at));
    await client.send(
      bodies.map((body, at) => `POST /${at} HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`).join(
        "",
      ),
    );
    for (let at = 0; at < 60; at++) assertEquals((await client.read()).body, `/${at} ${at}`);
  });
});

Deno.test("HTTP1ServerConnection does not begin a request before the one before it is answered", () => {
  const gate = new Gate();
  const begun: string[] = [];
  return withServer((request) => {
    begun.push(request.path);
    return request.path === "/wait" ? gate.handle(request) : echo(request);
  }, async (server) => {
    const client = await server.connect();
    await client.send(get("/wait") + get("/next"));
    await gate.entered;
    await settle();
    assertEquals(begun, ["/wait"]);
    gate.open();
    assertEquals((await client.read()).body, "/wait 0");
    assertEquals((await client.read()).body, "/next 0");
  });
});

Deno.test("HTTP1ServerConnection answers pipelined requests of a client that closed its side", () =>
  withServer(echo, async (server) => {
    const client = await server.connect();
    await client.send(Array.from({ length: 200 }, (_, at) => get(`/${at}`)).join(""));
    await client.closeWrite();
    for (let at = 0; at < 200; at++) assertEquals((await client.read()).body, `/${at} 0`);
    await client.expectEnd();
    await server.connectionsEnded();
  }));

Deno.test("HTTP1ServerConnection serves others while one client pipelines without end", () =>
  withServer(echo, async (server) => {
    const greedy = await server.connect();
    const sending = greedy.send(get("/greedy").repeat(3000));
    const modest = await server.connect();
    assertEquals((await modest.request(get("/modest"))).body, "/modest 0");
    for (let at = 0; at < 3000; at++) await greedy.read();
    await sending;
  }));

// --- a reader that is slow ---

Deno.test("HTTP1ServerConnection stops serving while a client does not read, and closes when it never does", () => {
  let served = 0;
  const body = "x".repeat(30000);
  return withServer((request) => {
    served++;
    answer(request.connection, body);
  }, async (server) => {
    const client = await server.connect();
    // Requests without end: the write blocks when the server does not read any more.
    const flooding = client.send(get("/").repeat(100_000)).then(() => {}, () => {}); // it may be cut off
    let before = -1;
    for (let still = 0; still < 20; still = served === before ? still + 1 : 0) {
      before = served;
      await settle();
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
    assert(served * 30000 < 64_000_000, `${served} requests were served to a client that reads nothing`);
    // Twice: the first limit may have seen some progress.
    await server.clock.advance(60_000);
    await server.clock.advance(60_000);
    assertEquals(server.server.connectionCount, 0);
    client.close();
    await flooding;
  });
});

Deno.test("HTTP1ServerConnection gives a client that reads slowly its time again and again", () => {
  const size = 16_000_000;
  return withServer((request) => answer(request.connection, "x".repeat(size)), async (server) => {
    const client = await server.connect();
    await client.send(get("/", CLOSE));
    let received = (await client.readBytes(1)).length;
    while (received < size) {
      // The kernel's buffers hold some megabytes, so the server sees progress only now and then.
      await server.clock.advance(1_000);
      received += (await client.readBytes(Math.min(1_000_000, size - received))).length;
    }
    assertEquals((await client.readToEnd()).end, "end");
  }, { writeTimeoutMs: 10_000 });
});

Deno.test("HTTP1ServerConnection closes a half-closed connection whose client does not read", () =>
  withServer((request) => answer(request.connection, "x".repeat(20_000_000)), async (server) => {
    const client = await server.connect();
    await client.send(get("/"));
    await client.readBytes(1);
    await client.closeWrite();
    await settle();
    await server.clock.advance(10_000);
    await server.clock.advance(10_000);
    await server.connectionsEnded();
  }, { writeTimeoutMs: 10_000 }));

// --- time limits ---

Deno.test("HTTP1ServerConnection closes an idle connection without a word, used or not", () =>
  expectNoLog(() =>
    withServer(echo, async (server) => {
      const used = await server.connect();
      await used.request(get("/"));
      const unused = await server.connect();
      await server.connectionsOpen(2);
      await settle();
      await server.clock.advance(5000);
      await used.expectEnd();
      await unused.expectEnd();
      assertEquals(server.server.connectionCount, 0);
    }, { idleConnectionTimeoutMs: 5000 })
  ));

Deno.test("HTTP1ServerConnection starts the idle limit anew after each request", () =>
  withServer(echo, async (server) => {
    const client = await server.connect();
    for (let round = 0; round < 4; round++) {
      assertEquals((await client.request(get("/"))).status, 200);
      await server.clock.advance(4000);
    }
    await server.clock.advance(1000);
    await client.expectEnd();
  }, { idleConnectionTimeoutMs: 5000 }));

Deno.test("HTTP1ServerConnection sends the answer of a handler that took longer than the idle limit", () => {
  const gate = new Gate();
  return withServer(gate.handle, async (server) => {
    const client = await server.connect();
    await client.send(get("/"));
    await gate.entered;
    server.clock.jump(60_000); // the loop takes no turn meanwhile
    gate.open();
    assertEquals((await client.read()).status, 200);
    await settle();
    await server.clock.advance(4999);
    assertEquals(server.server.connectionCount, 1);
    await server.clock.advance(1);
    await client.expectEnd();
  }, { idleConnectionTimeoutMs: 5000 });
});

const SLOW: { name: string; parts: string[] }[] = [
  { name: "a request line", parts: ["GE"] },
  { name: "a head", parts: ["GET / HTTP/1.1\r\nHost: a"] },
  { name: "a head that drips", parts: ["GET / HTTP/1.1\r\n", "Host: a\r\n", "X: y\r\n"] },
  { name: "a body", parts: [post("Content-Length: 9") + "abc"] },
  { name: "a body that drips", parts: [post("Content-Length: 9"), "a", "b"] },
  { name: "chunks", parts: [post("Transfer-Encoding: chunked") + "3\r\nab"] },
];

for (const { name, parts } of SLOW) {
  Deno.test(`HTTP1ServerConnection answers 408 to ${name} not completed in time`, () =>
    withServer(echo, async (server) => {
      const client = await server.connect();
      // What is answered before the first part says that this has arrived too.
      await client.request(get("/") + parts[0]);
      if (parts[0]!.includes("Expect")) assertEquals((await client.read()).status, 100);
      for (const part of parts.slice(1)) {
        await server.clock.advance(1000);
        await client.send(part);
      }
      await server.clock.advance(3000);
      const response = await client.read();
      assertEquals([response.status, header(response, "Connection")], [408, "close"]);
      assertEquals((await client.readToEnd()).end, "end");
      client.close();
      await server.connectionsEnded();
    }, { headerTimeoutMs: 3000, bodyTimeoutMs: 3000 }));
}

Deno.test("HTTP1ServerConnection drops what a client sends after 408, and closes when it does not leave", () => {
  let called = 0;
  return withServer(() => void called++, async (server) => {
    const client = await server.connect();
    assertEquals((await client.request(post("Content-Length: 3") + "a")).status, 100);
    await server.clock.advance(1000);
    assertEquals((await client.read()).status, 408);
    await client.send("bc" + get("/smuggled"));
    await client.expectEnd();
    await server.clock.advance(2000);
    await server.connectionsEnded();
    assertEquals(called, 0);
  }, { bodyTimeoutMs: 1000 });
});

Deno.test("HTTP1ServerConnection sets no limit for a handler", () => {
  const gate = new Gate();
  return withServer(gate.handle, async (server) => {
    const client = await server.connect();
    await client.send(get("/"));
    await gate.entered;
    await server.clock.advance(10 * 3_600_000);
    gate.open();
    assertEquals((await client.read()).status, 200);
  });
});

// --- early answers ---

/** Calls back with the head; drops the body. */
class HeadDelegate implements HTTPMessageDelegate {
  closed = 0;
  constructor(readonly connection: HTTPConnection, readonly onHead: (delegate: HeadDelegate) => void | Promise<void>) {}
  headersReceived(_head: RequestHead): void | Promise<void> {
    return this.onHead(this);
  }
  dataReceived(): void {}
  finish(): void {}
  onConnectionClose(): void {
    this.closed++;
  }
}

function early(onHead: (delegate: HeadDelegate) => void | Promise<void>) {
  const delegates: HeadDelegate[] = [];
  return {
    delegates,
    startRequest(_server: unknown, connection: HTTPConnection) {
      const delegate = new HeadDelegate(connection, onHead);
      delegates.push(delegate);
      return delegate;
    },
  };
}

Deno.test("HTTP1ServerConnection lets a client that sends 20 MB see the answer that came before its body", () =>
  withServer(early((delegate) => answer(delegate.connection, "early")), async (server) => {
    const client = await server.connect();
    const size = 20_000_000;
    await client.send(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${size}\r\n\r\n`);
    await client.send(new Uint8Array(size)); // all of it, before it reads
    assertEquals((await client.read()).body, "early");
    await client.expectEnd();
  }));

Deno.test("HTTP1ServerConnection does not ask for a body that was answered already", () =>
  withServer(early((delegate) => answer(delegate.connection, "early")), async (server) => {
    const client = await server.connect();
    await client.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
    assertEquals((await client.read()).body, "early");
    await client.expectEnd();
  }));

Deno.test("HTTP1ServerConnection does not wait for a client that has its answer and sends no more", () => {
  const late = Promise.withResolvers<HTTPConnection>();
  return withServer(early((delegate) => late.resolve(delegate.connection)), async (server) => {
    const client = await server.connect();
    await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n");
    const connection = await late.promise;
    await settle();
    answer(connection, "early");
    assertEquals((await client.read()).body, "early");
    await server.clock.advance(2000);
    await client.expectEnd();
    await server.connectionsEnded();
  });
});

Deno.test("HTTP1ServerConnection closes a lingering connection when its client neither sends nor leaves", () =>
  withServer(early((delegate) => answer(delegate.connection, "early")), async (server) => {
    const client = await server.connect();
    await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n");
    assertEquals((await client.read()).body, "early");
    await client.expectEnd(); // of its own side
    assertEquals(server.server.connectionCount, 1);
    await server.clock.advance(2000);
    assertEquals(server.server.connectionCount, 0);
  }));

// --- Expect ---

for (const value of ["100-continue", "100-Continue"]) {
  Deno.test(`HTTP1ServerConnection asks for the body after Expect: ${value}`, () =>
    withServer(echo, async (server) => {
      const client = await server.connect();
      await client.send(`POST / HTTP/1.1\r\nHost: a\r\nExpect: ${value}\r\nContent-Length: 5\r\n\r\n`);
      const interim = await client.read();
      assertEquals([interim.status, interim.reason], [100, "Continue"]);
      assertEquals((await client.request("12345")).body, "/ 5");
      assertEquals((await client.request(get("/next"))).body, "/next 0");
    }));
}

Deno.test("HTTP1ServerConnection does not ask an HTTP/1.0 client for its body", () =>
  withServer(echo, async (server) => {
    const client = await server.connect();
    await client.send("POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n12345");
    assertEquals((await client.read()).status, 200);
  }));

Deno.test("HTTP1ServerConnection refuses a body that is too large before it asks for it", () =>
  withServer(echo, async (server) => {
    const client = await server.connect();
    await client.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 11\r\n\r\n");
    assertEquals((await client.read()).status, 413);
    await client.expectEnd();
  }, { maxBodySize: 10 }));

// --- clients that leave ---

const LEAVING: { name: string; sent: string }[] = [
  { name: "before a request", sent: "" },
  { name: "within a head", sent: "GET / HTTP/1.1\r\nHo" },
  { name: "within a body", sent: "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc" },
  { name: "within a chunk", sent: "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n10\r\nabc" },
  { name: "without reading its answer", sent: get("/") },
];

for (const { name, sent } of LEAVING) {
  for (const half of [false, true]) {
    Deno.test(`HTTP1ServerConnection ends quietly when a client ${half ? "half-closes" : "leaves"} ${name}`, () =>
      expectNoLog(() =>
        withServer(echo, async (server) => {
          const client = await server.connect();
          await client.send(sent);
          await server.connectionsOpen(1);
          if (half) await client.closeWrite();
          else client.close();
          await server.connectionsEnded();
          assertEquals((await (await server.connect()).request(get("/"))).status, 200);
        })
      ));
  }
}

Deno.test("HTTP1ServerConnection tells the delegate once when the client leaves during an answer that takes time", () =>
  expectNoLog(() => {
    const arrived = Promise.withResolvers<void>();
    const heads = early(() => arrived.resolve());
    return withServer(heads, async (server) => {
      const client = await server.connect();
      await client.send(get("/"));
      await arrived.promise;
      client.close();
      await server.connectionsEnded();
      await settle();
      assertEquals(heads.delegates.map((delegate) => delegate.closed), [1]);
      answer(heads.delegates[0]!.connection, "too late"); // no error: nobody is there
    });
  }));

Deno.test("HTTP1ServerConnection logs the error of onConnectionClose", () =>
  expectLog(
    { level: "error", category: "denado.application", pattern: /onConnectionClose\nError: mine/, times: 1 },
    () => {
      const arrived = Promise.withResolvers<void>();
      return withServer({
        startRequest: () => ({
          headersReceived: () => arrived.resolve(),
          dataReceived() {},
          finish() {},
          onConnectionClose() {
            throw new Error("mine");
          },
        }),
      }, async (server) => {
        const client = await server.connect();
        await client.send(get("/"));
        await arrived.promise;
        client.close();
        await server.connectionsEnded();
      });
    },
  ));

// --- delegates that fail ---

const PHASES = ["startRequest", "headersReceived", "dataReceived", "finish"] as const;

for (const phase of PHASES) {
  for (const kind of ["throws", "rejects"] as const) {
    if (kind === "rejects" && (phase === "startRequest" || phase === "finish")) continue;
    Deno.test(`HTTP1ServerConnection logs the error and closes when ${phase} ${kind}`, () =>
      expectLog({ level: "error", category: "denado.application", pattern: /delegate\nError: mine/, times: 1 }, () => {
        const fail = (at: string): void | Promise<void> => {
          if (at !== phase) return;
          if (kind === "throws") throw new Error("mine");
          return Promise.reject(new Error("mine"));
        };
        return withServer({
          startRequest() {
            fail("startRequest");
            return {
              headersReceived: () => fail("headersReceived"),
              dataReceived: () => fail("dataReceived"),
              finish: () => void fail("finish"),
              onConnectionClose() {},
            };
          },
        }, async (server) => {
          const client = await server.connect();
          await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc");
          assertEquals((await client.readToEnd()).text, "");
        });
      }));
  }
}

// --- malformed input; every rule is in tests/conformance/http_framing_test.ts ---

Deno.test("HTTP1ServerConnection answers what came before a malformed request, then 400, and closes", () =>
  expectLog(
    { level: "info", category: "denado.general", pattern: /^Malformed HTTP message from 127\.0\.0\.1: / },
    () =>
      withServer(echo, async (server) => {
        const client = await server.connect();
        await client.send(get("/good") + "BAD\r\n\r\n" + get("/never"));
        assertEquals((await client.read()).body, "/good 0");
        const response = await client.read();
        assertEquals([response.status, header(response, "Connection")], [400, "close"]);
        assert(header(response, "Date") !== undefined);
        await client.expectEnd();
      }),
  ));

Deno.test("HTTP1ServerConnection sends no second answer when the body turns out malformed after the first began", () =>
  withServer(
    early((delegate) => void delegate.connection.writeHeaders(OK, new HTTPHeaders(), "begun")),
    async (server) => {
      const client = await server.connect();
      await client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n");
      const { text } = await client.readToEnd();
      assertEquals(text.match(/HTTP\/1\.1/g)?.length, 1);
      assert(!text.endsWith("0\r\n\r\n"), "the answer must not look whole");
    },
  ));

// --- closing ---

Deno.test("HTTP1ServerConnection ends when the server closes all connections, whatever they do", () => {
  const gate = new Gate();
  return withServer((request) => request.path === "/wait" ? gate.handle(request) : echo(request), async (server) => {
    const clients: RawClient[] = [];
    for (
      const sent of ["", "GET / HT", get("/"), get("/wait"), "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n"]
    ) {
      const client = await server.connect();
      await client.send(sent);
      clients.push(client);
    }
    await gate.entered;
    await server.connectionsOpen(5);
    server.server.stop();
    await server.server.closeAllConnections();
    await settle();
    server.assertNothingLeft();
    gate.open();
  });
});
