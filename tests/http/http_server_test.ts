import { HTTPHeaders, HTTPServer, type HTTPServerRequest } from "@denado/denado/http";
import { Application, RequestHandler } from "@denado/denado";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { expectLog, expectNoLog } from "../helpers/expect_log.ts";
import { header, type RawClient, type RawResponse } from "../helpers/http_client.ts";
import { withServer } from "../helpers/http_server.ts";
import { settle } from "../helpers/manual_clock.ts";
import { gzipSync } from "node:zlib";

const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

function answer(request: HTTPServerRequest, text = ""): void {
  const headers = new HTTPHeaders({ "Content-Length": String(text.length) });
  request.connection.respond({ code: 200, reason: "OK" }, headers, new TextEncoder().encode(text));
}

// --- what it tells about the peer ---

Deno.test("HTTPServer reports the scheme that it is told", () =>
  withServer((request) => answer(request, request.fullUrl()), async (server) => {
    assertEquals((await (await server.connect()).request(GET)).body, "https://a/");
  }, { protocol: "https" }));

Deno.test("HTTPServer reports an IPv4 client as such, also on a socket for both families", async () => {
  const server = new HTTPServer((request) => answer(request, request.remoteIp));
  server.listen(0, { address: "::" });
  const response = await fetch(`http://127.0.0.1:${server.port}/`);
  assertEquals(await response.text(), "127.0.0.1");
  server.stop();
  await server.closeAllConnections();
});

Deno.test("HTTPServer believes no proxy fields unless it is told to", () =>
  withServer((request) => answer(request, `${request.protocol} ${request.remoteIp}`), async (server) => {
    const client = await server.connect();
    const response = await client.request("GET / HTTP/1.1\r\nHost: a\r\nX-Real-Ip: 4.4.4.4\r\nX-Scheme: https\r\n\r\n");
    assertEquals(response.body, "http 127.0.0.1");
  }));

for (
  const [xheaders, expected] of [[true, "4.4.4.4"], [["127.0.0.0/8"], "4.4.4.4"], [["unix"], "127.0.0.1"]] as const
) {
  Deno.test(`HTTPServer with xheaders ${JSON.stringify(xheaders)} takes a client on this machine for ${expected}`, () =>
    withServer((request) => answer(request, request.remoteIp), async (server) => {
      const client = await server.connect();
      const response = await client.request("GET / HTTP/1.1\r\nHost: a\r\nX-Real-Ip: 4.4.4.4\r\n\r\n");
      assertEquals(response.body, expected);
    }, { xheaders }));
}

Deno.test("HTTPServer refuses to trust what is no address", () => {
  assertThrows(() => new HTTPServer(() => {}, { xheaders: ["proxy.example"] }), TypeError, "proxy.example");
});

// --- interim responses ---

class HintingHandler extends RequestHandler {
  override async get(): Promise<void> {
    this.request.connection.writeInterim(103, new HTTPHeaders({ Link: "</style.css>; rel=preload" }));
    await settle(); // what the page is made of
    this.write("page");
  }
}

Deno.test("HTTPServer lets handlers send early hints", () =>
  withServer(new Application([["/", HintingHandler]]), async (server) => {
    const client = await server.connect();
    const hints = await client.request(GET);
    assertEquals([hints.status, header(hints, "Link")], [103, "</style.css>; rel=preload"]);
    assertEquals((await client.read()).body, "page");
    assertEquals((await client.request(GET.replace("1.1", "1.0"))).body, "page"); // HTTP/1.0 has none
  }));

// --- bodies in gzip ---

const GZIPPED = new Uint8Array(gzipSync("Hello, world. ".repeat(20))); // 280 bytes

/** Sends a body in gzip, in one chunk for each part of it. */
async function postGzip(client: RawClient, parts: Uint8Array[], coding = "gzip"): Promise<RawResponse> {
  await client.send(`POST / HTTP/1.1\r\nHost: a\r\nContent-Encoding: ${coding}\r\nTransfer-Encoding: chunked\r\n\r\n`);
  for (const part of parts) {
    await client.send(`${part.length.toString(16)}\r\n`);
    await client.send(part);
    await client.send("\r\n");
  }
  await client.send("0\r\n\r\n");
  return await client.read("POST");
}

function tellBody(request: HTTPServerRequest): void {
  const { headers } = request;
  const coding = `${headers.get("Content-Encoding")} ${headers.get("X-Consumed-Content-Encoding")}`;
  answer(request, `${request.body.length} ${coding}`);
}

Deno.test("HTTPServer decompresses bodies when it is told to, request after request", () =>
  withServer(tellBody, async (server) => {
    const client = await server.connect();
    assertEquals((await postGzip(client, [GZIPPED])).body, "280 undefined gzip");
    assertEquals(
      (await postGzip(client, Array.from(GZIPPED, (byte) => Uint8Array.of(byte)), "GZIP")).body,
      "280 undefined GZIP",
    );
    assertEquals((await postGzip(client, [new Uint8Array(3)], "br")).body, "3 br undefined");
    assertEquals((await client.request(GET)).body, "0 undefined undefined");
    assertEquals(
      (await client.request("POST / HTTP/1.1\r\nHost: a\r\nContent-Encoding: gzip\r\n\r\n")).body,
      "0 undefined gzip",
    );
  }, { decompressRequest: true }));

Deno.test("HTTPServer answers pipelined requests with bodies in gzip in order", () =>
  withServer(tellBody, async (server) => {
    const client = await server.connect();
    const head = `POST / HTTP/1.1\r\nHost: a\r\nContent-Encoding: gzip\r\nContent-Length: ${GZIPPED.length}\r\n\r\n`;
    const request = new Uint8Array([...new TextEncoder().encode(head), ...GZIPPED]);
    await client.send(new Uint8Array([...request, ...request, ...new TextEncoder().encode(GET)]));
    assertEquals((await client.read("POST")).body, "280 undefined gzip");
    assertEquals((await client.read("POST")).body, "280 undefined gzip");
    assertEquals((await client.read()).body, "0 undefined undefined");
  }, { decompressRequest: true }));

Deno.test("HTTPServer leaves bodies compressed unless it is told otherwise", () =>
  withServer(tellBody, async (server) => {
    assertEquals((await postGzip(await server.connect(), [GZIPPED])).body, `${GZIPPED.length} gzip undefined`);
  }));

const BAD_BODIES: [name: string, body: Uint8Array, status: number, log: RegExp][] = [
  ["is damaged", new Uint8Array(20), 400, /Cannot decompress body: incorrect header check/],
  ["ends early", GZIPPED.subarray(0, -1), 400, /Cannot decompress body: unexpected end of file/],
  ["is too large when decompressed", new Uint8Array(gzipSync(new Uint8Array(100_000))), 413, /more than 300 bytes/],
];

for (const [name, body, status, log] of BAD_BODIES) {
  Deno.test(`HTTPServer answers ${status} to a body in gzip that ${name}, and logs it once`, () =>
    expectLog({ level: "info", pattern: log, times: 1 }, () =>
      withServer(() => {
        throw new Error("not reached");
      }, async (server) => {
        const client = await server.connect();
        const response = await postGzip(client, [body]);
        assertEquals([response.status, header(response, "Connection")], [status, "close"]);
        await client.expectEnd();
      }, { decompressRequest: true, maxBodySize: 300 })));
}

Deno.test("HTTPServer is rid of a body in gzip whose client leaves in the middle", () =>
  withServer(tellBody, async (server) => {
    const client = await server.connect();
    await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Encoding: gzip\r\nContent-Length: 1000\r\n\r\n");
    await client.send(GZIPPED);
    await server.connectionsOpen(1);
    client.close();
    await server.connectionsEnded();
  }, { decompressRequest: true }));

// --- the connections ---

for (
  const [allowHalfOpen, expected] of [[false, ""], [true, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"]] as const
) {
  Deno.test(`HTTPServer ${allowHalfOpen ? "answers" : "gives up"} a client that half-closes while a handler works, with allowHalfOpen ${allowHalfOpen}`, () => {
    const entered = Promise.withResolvers<HTTPServerRequest>();
    return withServer((request) => entered.resolve(request), async (server) => {
      const client = await server.connect();
      await client.send(GET);
      const request = await entered.promise;
      await client.closeWrite();
      if (!allowHalfOpen) await server.connectionsEnded();
      assertEquals(request.signal.aborted, !allowHalfOpen);
      answer(request);
      assertEquals(await client.readToEnd(), { text: expected, end: "end" });
    }, { allowHalfOpen });
  });
}

Deno.test("HTTPServer counts its connections and forgets those that ended", () =>
  withServer((request) => answer(request), async (server) => {
    assertEquals(server.server.connectionCount, 0);
    const clients = [await server.connect(), await server.connect(), await server.connect()];
    for (const client of clients) await client.request(GET);
    assertEquals(server.server.connectionCount, 3);
    for (const client of clients) client.close();
    await server.connectionsEnded();
  }));

Deno.test("HTTPServer goes on with its connections when it is stopped, and takes no new ones", () =>
  withServer((request) => answer(request), async (server) => {
    const client = await server.connect();
    await client.request(GET);
    const { port } = server;
    server.server.stop();
    server.server.stop();
    assertEquals((await client.request(GET)).status, 200);
    const refused = await Deno.connect({ hostname: "127.0.0.1", port }).then((conn) => conn.close(), (error) => error);
    assert(refused instanceof Deno.errors.ConnectionRefused);
  }));

Deno.test("HTTPServer closes all connections twice, and with none, without complaint", () =>
  withServer((request) => answer(request), async (server) => {
    await server.server.closeAllConnections();
    const client = await server.connect();
    await client.request(GET);
    server.server.stop();
    await Promise.all([server.server.closeAllConnections(), server.server.closeAllConnections()]);
    await client.readToEnd();
    server.assertNothingLeft();
  }));

Deno.test("HTTPServer can be closed by one of its handlers", () =>
  withServer(async (request) => {
    // A handler in a closed connection goes on; nothing that it writes arrives.
    closing = server.server.closeAllConnections();
    await closing;
    answer(request);
    handled.resolve();
  }, async (test) => {
    server = test;
    const client = await test.connect();
    await client.send(GET);
    await handled.promise;
    assertEquals((await client.readToEnd()).text, "");
  }));
let server: import("../helpers/http_server.ts").TestServer;
let closing: Promise<void>;
const handled = Promise.withResolvers<void>();

Deno.test("HTTPServer serves many connections at a time, and none of them stays", () =>
  withServer((request) => settle().then(() => answer(request, request.path)), async (server) => {
    const paths = Array.from({ length: 50 }, (_, at) => `/${at}`);
    const bodies = await Promise.all(paths.map(async (path) => {
      const client = await server.connect();
      return (await client.request(GET.replace("/", path))).body;
    }));
    assertEquals(bodies, paths);
  }));

Deno.test("HTTPServer goes on after clients that send garbage, half a request, or nothing", () =>
  expectNoLog(() =>
    withServer((request) => answer(request), async (server) => {
      const garbage = new Uint8Array(5000);
      for (let at = 0; at < garbage.length; at++) garbage[at] = (at * 7919) & 0xff;
      for (
        const sent of [garbage, new Uint8Array(70_000), new TextEncoder().encode("\x16\x03\x01\x02"), new Uint8Array(0)]
      ) {
        const client = await server.connect();
        await client.send(sent);
        await client.closeWrite();
        await client.readToEnd();
      }
      assertEquals((await (await server.connect()).request(GET)).status, 200);
    })
  ));

Deno.test("HTTPServer takes maxBufferSize as the limit for bodies, unless maxBodySize is given", async () => {
  for (
    const [options, status] of [[{ maxBufferSize: 70_000 }, 413], [
      { maxBufferSize: 70_000, maxBodySize: 80_000 },
      200,
    ]] as const
  ) {
    await withServer((request) => answer(request), async (server) => {
      const client = await server.connect();
      const body = "x".repeat(75_000);
      assertEquals(
        (await client.request(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 75000\r\n\r\n${body}`)).status,
        status,
      );
    }, options);
  }
});

// --- bad input of the program ---

for (
  const [name, value] of Object.entries({
    chunkSize: 0,
    maxHeaderSize: 0,
    maxHeaderCount: 0,
    maxBodySize: -1,
    idleConnectionTimeoutMs: -1,
    headerTimeoutMs: NaN,
    bodyTimeoutMs: -5,
    minBodyRate: -1,
    writeTimeoutMs: -1,
    minResponseRate: NaN,
    maxRequestsPerConnection: 0,
  })
) {
  Deno.test(`HTTPServer refuses ${value} for ${name}`, () => {
    assertThrows(() => new HTTPServer(() => {}, { [name]: value }), RangeError, `${name} must be at least `);
  });
}

Deno.test("HTTPServer names the port that is taken", () => {
  const server = new HTTPServer(new Application());
  server.listen(0, { address: "127.0.0.1" });
  const { port } = server;
  const error = assertThrows(() => new Application().listen(port!, { address: "127.0.0.1" }), Deno.errors.AddrInUse);
  assert(error.message.includes(String(port)), error.message);
  server.stop();
});

for (const port of [-1, 65536, 1.5, NaN]) {
  Deno.test(`HTTPServer names the port ${port}, which does not exist`, () => {
    const error = assertThrows(() => new HTTPServer(() => {}).listen(port), RangeError);
    assert(error.message.includes(String(port)), error.message);
  });
}
