import { HTTPProxyError, openOriginStream, type OriginStreamOptions } from "@denado/denado/http";
import { IOLoop, TimeoutError } from "@denado/denado/ioloop";
import { type IOStream, OverrideResolver, type ResolvedAddress, Resolver, TCPClient } from "@denado/denado/tcp";
import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { tunnelling } from "../../helpers/connect_proxy.ts";
import { expectLog, expectNoLog } from "../../helpers/expect_log.ts";
import { ManualClock } from "../../helpers/manual_clock.ts";
import { CountingAbortController } from "../../helpers/manual_loop.ts";
import { type Script, ScriptedServer } from "../../helpers/scripted_server.ts";
import { certificates } from "../../helpers/tls_certificates.ts";

const greeting: Script = (peer) => peer.send("hello");

async function assertGreeting(stream: IOStream): Promise<void> {
  assertEquals(new TextDecoder().decode(await stream.readBytes(5)), "hello");
  stream.close();
}

function origin(port: number, { secure = false, hostname = "127.0.0.1" } = {}) {
  return { secure, hostname, port };
}

// --- the ways ---

Deno.test("openOriginStream connects over TCP, with the settings of a stream", async () => {
  await using server = new ScriptedServer(greeting);
  const stream = await openOriginStream(origin(server.port), { maxBufferSize: 5000, family: "ipv4" });
  assertEquals(stream.maxBufferSize, 5000);
  await assertGreeting(stream);
});

Deno.test("openOriginStream shakes hands with a secure origin", async () => {
  const { ca, localhost } = certificates();
  await using server = new ScriptedServer(greeting, { tls: localhost });
  await assertGreeting(
    await openOriginStream(origin(server.port, { secure: true }), { sslOptions: { caCerts: [ca] } }),
  );
});

Deno.test("openOriginStream does not accept a certificate that it has no reason to trust", async () => {
  await using server = new ScriptedServer(greeting, { tls: certificates().localhost });
  await expectLog({ level: "warning", pattern: "SSL Error" }, async () => {
    await assertRejects(() => openOriginStream(origin(server.port, { secure: true })), Deno.errors.InvalidData);
  });
});

Deno.test("openOriginStream does not use TLS settings for an origin that is not secure", async () => {
  await using server = new ScriptedServer(greeting);
  await assertGreeting(await openOriginStream(origin(server.port), { sslOptions: {} }));
});

Deno.test("openOriginStream connects to a Unix socket", async () => {
  const path = `${Deno.makeTempDirSync()}/s`;
  await using _server = new ScriptedServer(greeting, { path });
  await assertGreeting(await openOriginStream(origin(80), { unixSocket: path }));
});

Deno.test("openOriginStream connects from an address of this machine", async () => {
  await using server = new ScriptedServer((peer) => peer.send((peer.conn.remoteAddr as Deno.NetAddr).hostname));
  const stream = await openOriginStream(origin(server.port), { sourceIp: "127.0.0.3" });
  assertEquals(new TextDecoder().decode(await stream.readUntilClose()), "127.0.0.3");
});

Deno.test("openOriginStream asks the client's resolver", async () => {
  await using server = new ScriptedServer(greeting);
  const resolver = new OverrideResolver({ mapping: { "a.example": ["127.0.0.1", server.port] } });
  const tcpClient = new TCPClient({ resolver });
  await assertGreeting(await openOriginStream(origin(1, { hostname: "a.example" }), { tcpClient }));
});

for (const secure of [false, true]) {
  Deno.test(`openOriginStream goes through a proxy to ${secure ? "a secure" : "an"} origin`, async () => {
    const { ca, localhost } = certificates();
    await using server = new ScriptedServer(greeting, secure ? { tls: localhost } : {});
    await using proxy = new ScriptedServer(tunnelling(server.port));
    const options: OriginStreamOptions = {
      proxy: { host: "127.0.0.1", port: proxy.port },
      sslOptions: { caCerts: [ca] },
    };
    await assertGreeting(await openOriginStream(origin(server.port, { secure, hostname: "localhost" }), options));
    const authority = `localhost:${server.port}`;
    assertEquals(proxy.heads, [`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`]);
  });
}

// --- failures ---

Deno.test("openOriginStream closes the stream to a proxy that refuses", async () => {
  await using proxy = new ScriptedServer(async (peer) => {
    await peer.readHead();
    await peer.send("HTTP/1.1 403 Forbidden\r\n\r\n");
    await peer.ended();
  });
  const options = { proxy: { host: "127.0.0.1", port: proxy.port } };
  await assertRejects(() => openOriginStream(origin(1), options), HTTPProxyError, "403 Forbidden");
});

Deno.test("openOriginStream closes the tunnel if the handshake in it fails", async () => {
  await using server = new ScriptedServer(greeting, { tls: certificates().other });
  await using proxy = new ScriptedServer(tunnelling(server.port));
  const options = { proxy: { host: "127.0.0.1", port: proxy.port }, sslOptions: { caCerts: [certificates().ca] } };
  await expectLog({ level: "warning", pattern: "SSL Error" }, async () => {
    await assertRejects(
      () => openOriginStream(origin(server.port, { secure: true }), options),
      Deno.errors.InvalidData,
    );
  });
});

Deno.test("openOriginStream says what the host says when nobody listens", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  await assertRejects(() => openOriginStream(origin(port)), Deno.errors.ConnectionRefused);
  const path = `${Deno.makeTempDirSync()}/nothing`;
  await assertRejects(() => openOriginStream(origin(80), { unixSocket: path }), Deno.errors.NotFound);
});

const EXCLUSIVE: readonly [OriginStreamOptions & { secure?: boolean }, string][] = [
  [{ unixSocket: "/s", secure: true }, "Cannot connect to /s with TLS"],
  [{ unixSocket: "/s", proxy: { host: "p", port: 1 } }, "Cannot connect to /s through a proxy"],
  [{ unixSocket: "/s", sourceIp: "127.0.0.1" }, "Cannot connect to /s from an IP address"],
];

for (const [{ secure = false, ...options }, message] of EXCLUSIVE) {
  Deno.test(`openOriginStream refuses options: ${message}`, async () => {
    await assertRejects(() => openOriginStream(origin(1, { secure }), options), TypeError, message);
  });
}

// --- limits ---

/** Never answers. */
class SilentResolver extends Resolver {
  readonly asked = Promise.withResolvers<void>();
  override resolve(): Promise<ResolvedAddress[]> {
    this.asked.resolve();
    return new Promise(() => {});
  }
}

Deno.test("openOriginStream gives up after its time limit, while resolving", async () => {
  const clock = new ManualClock();
  const ioLoop = new IOLoop({ clock, makeCurrent: false });
  const resolver = new SilentResolver();
  const options = { ioLoop, timeoutMs: 1000, tcpClient: new TCPClient({ resolver }) };
  const opening = openOriginStream(origin(80, { hostname: "a.example" }), options);
  const failed = assertRejects(() => opening, TimeoutError, "Cannot connect to a.example:80 within 1000 ms");
  await resolver.asked.promise;
  await clock.advance(1000);
  await failed;
  assertEquals(clock.armed, 0);
  ioLoop.close();
});

Deno.test("openOriginStream gives up after its time limit, while the proxy thinks", async () => {
  const clock = new ManualClock();
  const ioLoop = new IOLoop({ clock, makeCurrent: false });
  const asked = Promise.withResolvers<void>();
  await using proxy = new ScriptedServer(async (peer) => {
    await peer.readHead();
    asked.resolve();
    await peer.ended();
  });
  const options = { ioLoop, timeoutMs: 1000, proxy: { host: "127.0.0.1", port: proxy.port } };
  const failed = assertRejects(() => openOriginStream(origin(80), options), TimeoutError);
  await asked.promise;
  await clock.advance(1000);
  await failed;
  ioLoop.close();
});

Deno.test("openOriginStream gives up with the reason of its signal, and lets go of it", async () => {
  const reason = new Error("enough");
  const controller = new CountingAbortController();
  const resolver = new SilentResolver();
  const options = { signal: controller.signal, tcpClient: new TCPClient({ resolver }) };
  const opening = openOriginStream(origin(80, { hostname: "a.example" }), options);
  await resolver.asked.promise;
  controller.abort(reason);
  assertEquals(await assertRejects(() => opening), reason);
  assertEquals(controller.listenerCount, 0);
  assertEquals(await assertRejects(() => openOriginStream(origin(80), options)), reason);
});

Deno.test("openOriginStream lets go of its signal and its timer when it succeeds", () =>
  expectNoLog(async () => {
    const clock = new ManualClock();
    const ioLoop = new IOLoop({ clock, makeCurrent: false });
    const controller = new CountingAbortController();
    await using server = new ScriptedServer(greeting);
    const options = { ioLoop, timeoutMs: 1000, signal: controller.signal };
    const stream = await openOriginStream(origin(server.port), options);
    assertEquals([controller.listenerCount, clock.armed], [0, 0]);
    controller.abort();
    assert(!stream.closed);
    assertInstanceOf(stream.ioLoop, IOLoop);
    stream.close();
    ioLoop.close();
  }));
