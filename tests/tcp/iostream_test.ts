import { assert, assertEquals, assertRejects } from "@std/assert";
import { TimeoutError } from "@denado/denado/ioloop";
import {
  IOStream,
  type IOStreamOptions,
  Socket,
  SSLIOStream,
  type SSLIOStreamOptions,
  type SSLOptions,
  type StartTlsOptions,
  StreamClosedError,
} from "@denado/denado/tcp";
import { expectLog, expectNoLog } from "../helpers/expect_log.ts";
import { memoryChannels } from "../helpers/memory_pair.ts";
import { closed, testStreams } from "../helpers/stream_suite.ts";
import { type Certificate, certificates } from "../helpers/tls_certificates.ts";

interface Ends {
  readonly client: IOStream;
  readonly server: IOStream;
}

async function connect(options: { client?: IOStreamOptions; server?: IOStreamOptions } = {}): Promise<Ends> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const [client, server] = await Promise.all([
    Deno.connect({ hostname: "127.0.0.1", port: listener.addr.port }),
    listener.accept(),
  ]);
  return {
    client: new IOStream(new Socket(client), options.client),
    server: new IOStream(new Socket(server), options.server),
  };
}

testStreams({ name: "TCP", connect, transportBytes: 8 << 20 });

Deno.test("IOStream tells its socket, and none when it stands on something else", async () => {
  const { client, server } = await connect();
  assertEquals(client.socket?.remoteAddr, server.socket?.localAddr);
  client.close();
  server.close();
  const [one, other] = memoryChannels();
  const stream = new IOStream(one);
  assertEquals(stream.socket, undefined);
  stream.setNodelay(true);
  stream.close();
  other.close();
});

Deno.test("IOStream.setNodelay does nothing on a stream that is closed or whose peer has gone", () =>
  expectNoLog(async () => {
    const { client, server } = await connect();
    client.setNodelay(true);
    client.close();
    client.setNodelay(true);
    server.setNodelay(false);
    server.close();
  }));

/** Closes with unread data in the socket, which makes the kernel send a reset. */
async function reset({ client, server }: Ends): Promise<void> {
  await server.write("unread");
  await client.readBytes(1); // the rest waits: the kernel resets when the client closes
  await server.write("more");
  client.close();
}

Deno.test("IOStream fails a pending read when the peer resets, without a line in the log", () =>
  expectNoLog(async () => {
    const ends = await connect();
    const reading = assertRejects(() => ends.server.readBytes(1), StreamClosedError);
    await reset(ends);
    await reading;
    assert(ends.server.closed);
  }));

Deno.test("IOStream fails a pending write when the peer resets, without a line in the log", () =>
  expectNoLog(async () => {
    const ends = await connect();
    const writing = assertRejects(() => ends.server.write(new Uint8Array(64 << 20)), StreamClosedError);
    await ends.client.readBytes(1);
    ends.client.close();
    await writing;
    assert(ends.server.closed);
  }));

Deno.test("IOStream calls the close callback when the peer resets while nothing is pending", () =>
  expectNoLog(async () => {
    const ends = await connect();
    const wasClosed = closed(ends.server);
    await reset(ends);
    await wasClosed;
  }));

// --- connecting ---

Deno.test("IOStream.connect resolves to a stream to the address", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepted = listener.accept();
  const stream = await IOStream.connect({ hostname: "127.0.0.1", port: listener.addr.port }, { maxBufferSize: 5000 });
  assertEquals(stream.maxBufferSize, 5000);
  stream.close();
  (await accepted).close();
});

Deno.test("IOStream.connect fails with StreamClosedError and the cause", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const error = await assertRejects(() => IOStream.connect({ hostname: "127.0.0.1", port }), StreamClosedError);
  assert(error.realError instanceof Deno.errors.ConnectionRefused);
  const unknown = await assertRejects(() => IOStream.connect({ hostname: "name.invalid", port }), StreamClosedError);
  assert(unknown.realError instanceof Error);
});

Deno.test("IOStream.connect fails with the reason of its signal", async () => {
  const reason = new Error("enough");
  const signal = AbortSignal.abort(reason);
  assertEquals(await IOStream.connect({ hostname: "127.0.0.1", port: 1 }, { signal }).catch((error) => error), reason);
  const controller = new AbortController();
  const connecting = IOStream.connect({ hostname: "192.0.2.1", port: 1 }, { signal: controller.signal });
  controller.abort(reason);
  assertEquals(await connecting.catch((error) => error), reason);
});

// --- TLS ---

function listenTls(certificate = certificates().localhost, alpnProtocols?: string[]): Deno.TlsListener {
  return Deno.listenTls({
    hostname: "127.0.0.1",
    port: 0,
    ...certificate,
    ...(alpnProtocols === undefined ? {} : { alpnProtocols }),
  });
}

const trust = (extra: SSLOptions = {}) => ({
  serverHostname: "localhost",
  sslOptions: { caCerts: [certificates().ca], ...extra },
});

/** A client that has spoken plain text, and the server that shakes hands. */
async function beforeTls(listener: Deno.TlsListener, options: SSLIOStreamOptions = {}) {
  const accepted = listener.accept();
  const client = await IOStream.connect({ hostname: "127.0.0.1", port: (listener.addr as Deno.NetAddr).port }, options);
  const server = new SSLIOStream(new Socket(await accepted), options);
  listener.close();
  return { client, server };
}

async function connectTls(options: { client?: IOStreamOptions; server?: IOStreamOptions } = {}): Promise<Ends> {
  const listener = listenTls();
  const accepted = listener.accept();
  const plain = await IOStream.connect(
    { hostname: "127.0.0.1", port: (listener.addr as Deno.NetAddr).port },
    options.client,
  );
  const server = new SSLIOStream(new Socket(await accepted), options.server);
  const client = await plain.startTls(trust());
  await server.waitForHandshake();
  listener.close();
  return { client, server };
}

testStreams({ name: "TLS", connect: connectTls, transportBytes: 12 << 20 });

Deno.test("IOStream.startTls keeps the sizes, moves nothing else, and ends the plain stream", () =>
  expectNoLog(async () => {
    const { client, server } = await beforeTls(listenTls(), { maxBufferSize: 5000 });
    const tls = await client.startTls(trust());
    assertEquals([tls.maxBufferSize, client.closed, tls.closed, tls.handshakeDone], [5000, true, false, true]);
    await assertRejects(() => client.readBytes(1), StreamClosedError);
    await tls.write("secret");
    assertEquals(new TextDecoder().decode(await server.readBytes(6)), "secret");
    tls.close();
    server.close();
  }));

Deno.test("IOStream.startTls goes on after talk in plain text", () =>
  expectNoLog(async () => {
    // The server is plain until the client asks: then its bytes go to a TLS server, as a proxy would do it.
    const listener = listenTls();
    using plain = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const accepted = plain.accept();
    const client = await IOStream.connect({ hostname: "127.0.0.1", port: plain.addr.port });
    const front = new IOStream(new Socket(await accepted));
    await front.write("220 ready\r\n");
    assertEquals((await client.readUntil("\r\n")).length, 11);
    await client.write("STARTTLS\r\n");
    await front.readUntil("\r\n");
    await front.write("220 go ahead\r\n");
    await client.readUntil("\r\n");
    const back = await IOStream.connect({ hostname: "127.0.0.1", port: (listener.addr as Deno.NetAddr).port });
    const pumps = [front.readable.pipeTo(back.writable), back.readable.pipeTo(front.writable)];
    const server = new SSLIOStream(new Socket(await listener.accept()));
    const tls = await client.startTls(trust());
    await tls.write("secret");
    assertEquals(new TextDecoder().decode(await server.readBytes(6)), "secret");
    tls.close();
    server.close();
    await Promise.allSettled(pumps);
    front.close();
    back.close();
    listener.close();
  }));

Deno.test("IOStream.startTls refuses a stream that is not idle, and leaves it as it is", async () => {
  const { client, server } = await connect();
  await server.write("ab");
  await client.readBytes(1);
  await assertRejects(() => client.startTls(trust()), Error, "not idle");
  await client.readBytes(1);
  const reading = client.readBytes(1);
  await assertRejects(() => client.startTls(trust()), Error, "a read is outstanding");
  await server.write("c");
  assertEquals(await reading, Uint8Array.of(99));
  client.close();
  await assertRejects(() => client.startTls(trust()), Error, "closed");
  server.close();
  const [one, other] = memoryChannels();
  const stream = new IOStream(one);
  await assertRejects(() => stream.startTls(trust()), Error, "not over TCP");
  await assertRejects(() => stream.startTls(trust(certificates().localhost)), TypeError, "client certificate");
  stream.close();
  other.close();
});

const REFUSED: [name: string, server: () => Certificate, client: () => StartTlsOptions][] = [
  ["is not signed by anybody it trusts", () => certificates().localhost, () => ({ serverHostname: "localhost" })],
  ["is for another name", () => certificates().other, () => trust()],
];
for (const [name, certificate, options] of REFUSED) {
  Deno.test(`IOStream.startTls refuses a certificate that ${name}, with one line in the log for each side`, () =>
    expectLog(
      { level: "warning", category: "denado.general", pattern: "SSL Error on 127.0.0.1:", times: 2 },
      async () => {
        const { client, server } = await beforeTls(listenTls(certificate()));
        const serving = assertRejects(() => server.waitForHandshake(), Deno.errors.InvalidData);
        await assertRejects(() => client.startTls(options()), Deno.errors.InvalidData, "certificate");
        await serving;
        assert(server.closed);
      },
    ));
}

Deno.test("IOStream.startTls accepts a certificate for another name with checkHostname false", () =>
  expectNoLog(async () => {
    const { client, server } = await beforeTls(listenTls(certificates().other));
    const tls = await client.startTls(trust({ checkHostname: false }));
    tls.close();
    server.close();
  }));

Deno.test("IOStream.startTls tells the server the name that it wants to reach", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepted = listener.accept();
  const client = await IOStream.connect({ hostname: "127.0.0.1", port: listener.addr.port });
  const server = await accepted;
  const controller = new AbortController();
  const starting = client.startTls({ serverHostname: "shop.example", signal: controller.signal }).catch((e) => e);
  const hello = new Uint8Array(4096);
  const size = await server.read(hello);
  // The name stands in the clear in the first message (RFC 6066, 3).
  assert(new TextDecoder("latin1").decode(hello.subarray(0, size!)).includes("shop.example"));
  const reason = new Error("enough");
  controller.abort(reason);
  assertEquals(await starting, reason);
  server.close();
});

Deno.test("SSLIOStream tells the application protocol that both agreed on", () =>
  expectNoLog(async () => {
    const { client, server } = await beforeTls(listenTls(certificates().localhost, ["h2", "http/1.1"]));
    assertEquals([server.alpnProtocol, server.handshakeDone], [undefined, false]);
    const tls = await client.startTls(trust({ alpnProtocols: ["http/1.1"] }));
    await server.waitForHandshake();
    assertEquals([tls.alpnProtocol, server.alpnProtocol], ["http/1.1", "http/1.1"]);
    tls.close();
    server.close();
  }));

Deno.test("SSLIOStream.waitForHandshake refuses a second waiter, and resolves at once when it is done", () =>
  expectNoLog(async () => {
    const { client, server } = await beforeTls(listenTls());
    const waiting = server.waitForHandshake();
    await assertRejects(() => server.waitForHandshake(), Error, "somebody waits already");
    const tls = await client.startTls(trust());
    assertEquals(await waiting, server);
    assertEquals(await server.waitForHandshake(), server);
    tls.close();
    server.close();
  }));

Deno.test("SSLIOStream logs one line when the client speaks no TLS, and fails what waits", () =>
  expectLog({ level: "warning", pattern: "SSL Error on 127.0.0.1:", times: 1 }, async () => {
    const { client, server } = await beforeTls(listenTls());
    const reading = assertRejects(() => server.readBytes(1), StreamClosedError);
    await client.write("GET / HTTP/1.1\r\n\r\n");
    await assertRejects(() => server.waitForHandshake(), Deno.errors.InvalidData);
    const error = await reading;
    assert(error.realError instanceof Deno.errors.InvalidData);
    client.close();
  }));

Deno.test("SSLIOStream with a close callback logs one line too when the client speaks no TLS", () =>
  expectLog({ level: "warning", pattern: "SSL Error", times: 1 }, async () => {
    const { client, server } = await beforeTls(listenTls());
    const wasClosed = closed(server);
    await client.write("GET / HTTP/1.1\r\n\r\n");
    await wasClosed;
    client.close();
  }));

Deno.test("SSLIOStream says nothing when the client leaves during the handshake", () =>
  expectNoLog(async () => {
    const { client, server } = await beforeTls(listenTls());
    client.close();
    await assertRejects(() => server.waitForHandshake());
    assert(server.closed);
  }));

Deno.test("SSLIOStream that is closed during the handshake says so", () =>
  expectNoLog(async () => {
    const { client, server } = await beforeTls(listenTls());
    const waiting = assertRejects(() => server.waitForHandshake(), StreamClosedError);
    server.close();
    await waiting;
    client.close();
  }));

Deno.test("SSLIOStream closes when the handshake takes too long", () =>
  expectLog({ level: "info", pattern: "Cannot finish the TLS handshake within 1 ms", times: 1 }, async () => {
    const { client, server } = await beforeTls(listenTls(), { handshakeTimeoutMs: 1 });
    const error = await assertRejects(() => server.waitForHandshake(), StreamClosedError);
    assert(error.realError instanceof TimeoutError);
    assert(server.closed);
    client.close();
  }));
