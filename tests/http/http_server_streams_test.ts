/**
 * HTTP over everything that is a stream: TLS, Unix sockets and pairs in memory.
 *
 * @module
 */

import { HTTPHeaders, HTTPServer, type HTTPServerOptions, type HTTPServerRequest } from "@denado/denado/http";
import { ByteChannel, IOLoop } from "@denado/denado/ioloop";
import { bindUnixSocket, IOStream, type ListenSocket } from "@denado/denado/tcp";
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { expectLog, expectNoLog } from "../helpers/expect_log.ts";
import { ManualClock, settle } from "../helpers/manual_clock.ts";
import { memoryHosts } from "../helpers/memory_pair.ts";
import { certificates } from "../helpers/tls_certificates.ts";

const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const decoder = new TextDecoder();

/** Tells who asked, how, and for how much. */
function tell(request: HTTPServerRequest): void {
  const text = `${request.method} ${request.fullUrl()} ${request.remoteIp} ${request.body.length}`;
  const body = new TextEncoder().encode(text);
  const headers = new HTTPHeaders({ "Content-Length": String(body.length) });
  request.connection.respond({ code: 200, reason: "OK" }, headers, body);
}

// --- TLS ---

async function withTls(test: (url: string, client: Deno.HttpClient, port: number) => Promise<void>): Promise<void> {
  const { ca, localhost } = certificates();
  await using server = new HTTPServer(tell, { sslOptions: localhost });
  server.listen(0, { address: "127.0.0.1" });
  using client = Deno.createHttpClient({ caCerts: [ca] });
  await test(`https://localhost:${server.port}/`, client, server.port!);
}

Deno.test("HTTPServer serves GET and POST with TLS, on one connection", () =>
  expectNoLog(() =>
    withTls(async (url, client, port) => {
      const response = await fetch(url, { client });
      assertEquals(await response.text(), `GET https://localhost:${port}/ 127.0.0.1 0`);
      for (const body of ["x".repeat(5000), new Uint8Array(3_000_000)]) {
        const response = await fetch(url, { client, method: "POST", body });
        assertEquals(await response.text(), `POST https://localhost:${port}/ 127.0.0.1 ${body.length}`);
      }
    })
  ));

Deno.test("HTTPServer answers requests that are pipelined over TLS", () =>
  withTls(async (_url, _client, port) => {
    const { ca } = certificates();
    using conn = await Deno.connectTls({ hostname: "localhost", port, caCerts: [ca] });
    await conn.write(new TextEncoder().encode(GET + GET + GET.replace("Host", "Connection: close\r\nHost")));
    const text = await new Response(conn.readable).text();
    assertEquals(text.match(/GET https:\/\/a\/ 127\.0\.0\.1 0/g)?.length, 3);
  }));

Deno.test("HTTPServer answers 400 to a bad request over TLS, and closes in two steps", () =>
  expectLog(
    { level: "info", pattern: "Malformed HTTP message from 127.0.0.1", times: 1 },
    () =>
      withTls(async (_url, _client, port) => {
        const { ca } = certificates();
        using conn = await Deno.connectTls({ hostname: "localhost", port, caCerts: [ca] });
        await conn.write(new TextEncoder().encode(GET + "garbage\r\n\r\n" + "x".repeat(100_000)));
        const text = await new Response(conn.readable).text();
        assertEquals(text.match(/HTTP\/1\.1 \d+/g), ["HTTP/1.1 200", "HTTP/1.1 400"]);
      }),
  ));

Deno.test("HTTPServer.close ends connections with TLS in order", async () => {
  const { ca, localhost } = certificates();
  const entered = Promise.withResolvers<HTTPServerRequest>();
  const server = new HTTPServer((request) => entered.resolve(request), { sslOptions: localhost });
  server.listen(0, { address: "127.0.0.1" });
  using conn = await Deno.connectTls({ hostname: "localhost", port: server.port!, caCerts: [ca] });
  await conn.write(new TextEncoder().encode(GET));
  const request = await entered.promise;
  const closed = server.close();
  await settle();
  tell(request);
  const text = await new Response(conn.readable).text();
  assert(text.includes("Connection: close\r\n") && text.endsWith("GET https://a/ 127.0.0.1 0"), text);
  await closed;
});

Deno.test("HTTPServer closes a connection without TLS on a port with TLS, with one line in the log", () =>
  expectLog(
    { level: "warning", category: "denado.general", pattern: /^SSL Error on 127\.0\.0\.1:\d+: .+$/, times: 1 },
    () =>
      withTls(async (url, client, port) => {
        using conn = await Deno.connect({ hostname: "127.0.0.1", port });
        await conn.write(new TextEncoder().encode(GET));
        const end = await new Response(conn.readable).bytes().then(decoder.decode.bind(decoder), (error) => error);
        assert(end instanceof Deno.errors.ConnectionReset || !String(end).startsWith("HTTP/"), String(end));
        assertEquals((await fetch(url, { client }).then((response) => response.text())).slice(0, 9), "GET https");
      }),
  ));

const BAD_TLS: Record<string, unknown> = {
  "no certificate": { key: "x" },
  "no key": { cert: "x" },
  "a file that is not there": { certfile: "/nowhere.pem", keyfile: "/nowhere.key" },
};

for (const [name, sslOptions] of Object.entries(BAD_TLS)) {
  Deno.test(`HTTPServer refuses TLS settings with ${name} when it is made`, () => {
    assertThrows(() => new HTTPServer(tell, { sslOptions } as HTTPServerOptions));
  });
}

// --- Unix sockets ---

const UNIX: { readonly ignore: boolean } = { ignore: Deno.build.os === "windows" };

async function withUnix(
  test: (send: (sent: string) => Promise<string>) => Promise<void>,
  options: HTTPServerOptions = {},
): Promise<void> {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/http.sock`;
  const socket: ListenSocket = bindUnixSocket(path);
  {
    await using server = new HTTPServer(tell, options);
    server.addSocket(socket);
    assertEquals(server.port, undefined);
    await test(async (sent) => {
      using conn = await Deno.connect({ transport: "unix", path });
      await conn.write(new TextEncoder().encode(sent));
      return await new Response(conn.readable).text();
    });
  }
  await Deno.remove(folder, { recursive: true });
}

const LAST = GET.replace("Host", "Connection: close\r\nHost");

Deno.test(
  "HTTPServer serves a Unix socket, whose clients have the address 0.0.0.0",
  UNIX,
  () =>
    withUnix(async (send) => {
      assert((await send(GET + LAST)).endsWith("GET http://a/ 0.0.0.0 0"));
    }),
);

Deno.test(
  "HTTPServer answers 400 to a bad request on a Unix socket, and logs it once",
  UNIX,
  () =>
    expectLog(
      { level: "info", pattern: "Malformed HTTP message from 0.0.0.0", times: 1 },
      () =>
        withUnix(async (send) => {
          assert((await send("garbage\r\n\r\n")).startsWith("HTTP/1.1 400 Bad Request\r\n"));
        }),
    ),
);

Deno.test("HTTPServer believes a proxy on a Unix socket", UNIX, () =>
  withUnix(async (send) => {
    assert((await send(LAST.replace("Host", "X-Real-Ip: 4.4.4.4\r\nHost"))).endsWith("4.4.4.4 0"));
  }, { xheaders: true }));

Deno.test("HTTPServer serves an abstract Unix socket", { ignore: Deno.build.os !== "linux" }, async () => {
  await using server = new HTTPServer(tell);
  const path = `\0denado-${crypto.randomUUID()}`;
  server.addSocket(bindUnixSocket(path));
  using conn = await Deno.connect({ transport: "unix", path });
  await conn.write(new TextEncoder().encode(LAST));
  assert((await new Response(conn.readable).text()).endsWith("GET http://a/ 0.0.0.0 0"));
});

// --- any stream ---

/** A server with nothing but streams in memory, and a function that connects one. */
async function inMemory(
  test: (scene: { server: HTTPServer; connect: (capacity?: number) => IOStream; clock: ManualClock }) => Promise<void>,
): Promise<void> {
  const clock = new ManualClock();
  const ioLoop = new IOLoop({ clock, makeCurrent: false });
  const server = new HTTPServer(tell, { ioLoop });
  const connect = (capacity?: number) => {
    const [near, far] = memoryHosts(capacity);
    server.handleStream(new IOStream(new ByteChannel(far), { ioLoop }));
    return new IOStream(new ByteChannel(near), { ioLoop });
  };
  await test({ server, connect, clock });
  await settle();
  assertEquals([server.connectionCount, ioLoop.handlers.size, clock.armed], [0, 0, 0]);
  ioLoop.close();
}

Deno.test("HTTPServer serves a stream in memory", () =>
  inMemory(async ({ connect }) => {
    const client = connect();
    client.write(GET + LAST);
    const text = decoder.decode(await client.readUntilClose());
    assertEquals(text.match(/GET http:\/\/a\/ 0\.0\.0\.0 0/g)?.length, 2);
  }));

Deno.test("HTTPServer serves a stream of which one byte goes at a time", () =>
  inMemory(async ({ connect }) => {
    const client = connect(1);
    client.write(GET + LAST.replace("GET", "POST").replace("Host", "Content-Length: 3\r\nHost") + "abc");
    const text = decoder.decode(await client.readUntilClose());
    assert(text.includes("GET http://a/ 0.0.0.0 0") && text.endsWith("POST http://a/ 0.0.0.0 3"), text);
  }));

Deno.test("HTTPServer.close and closeAllConnections end streams in memory, too", () =>
  inMemory(async ({ server, connect, clock }) => {
    const first = connect();
    await first.write(GET);
    await first.readUntil("GET http://a/ 0.0.0.0 0");
    await server.closeAllConnections();
    await assertRejects(() => first.readBytes(1));
    const second = connect();
    const closed = server.close();
    await settle();
    await clock.advance(500);
    await closed;
    await assertRejects(() => second.readBytes(1));
    const late = connect(); // a server that is closed gives a stream half a second
    await settle();
    await clock.advance(500);
    await assertRejects(() => late.readBytes(1));
  }));
