import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  IOStream,
  type IOStreamOptions,
  Socket,
  SSLIOStream,
  type SSLOptions,
  StreamClosedError,
  TCPClient,
} from "@denado/denado/tcp";
import { connectFrom } from "../../tcp/node_host.ts";
import { expectLog, expectNoLog } from "../helpers/expect_log.ts";
import { settle } from "../helpers/manual_clock.ts";
import { testStreams } from "../helpers/stream_suite.ts";
import { type Certificate, certificates } from "../helpers/tls_certificates.ts";
import { clientCertificateServer } from "../helpers/client_certificate_server.ts";

async function connect(options: { client?: IOStreamOptions; server?: IOStreamOptions }) {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepted = listener.accept();
  const to = { family: "ipv4", hostname: "127.0.0.1", port: listener.addr.port } as const;
  const channel = await connectFrom({}, to, new AbortController().signal);
  return {
    client: new IOStream(channel, options.client),
    server: new IOStream(new Socket(await accepted), options.server),
  };
}

testStreams({ name: "node:net", transportBytes: 12 << 20, connect });

Deno.test("connectFrom fails with the reason of its signal", async () => {
  const controller = new AbortController();
  const to = { family: "ipv4", hostname: "192.0.2.1", port: 80 } as const;
  const connecting = connectFrom({}, to, controller.signal);
  const reason = new Error("enough");
  controller.abort(reason);
  const error = await connecting.catch((error) => error);
  assert(error === reason || error.code !== undefined, String(error));
  await settle();
  assertEquals(controller.signal.aborted, true);
});

// --- TLS ---

async function connectTls(
  { certificate = certificates().localhost, client, server, sslOptions, serverHostname = "localhost" }: {
    certificate?: Certificate;
    client?: IOStreamOptions;
    server?: IOStreamOptions;
    sslOptions?: SSLOptions;
    serverHostname?: string;
  },
): Promise<{ client: SSLIOStream; server: SSLIOStream }> {
  using listener = Deno.listenTls({ hostname: "127.0.0.1", port: 0, ...certificate, alpnProtocols: ["http/1.1"] });
  const accepted = listener.accept();
  const to = { family: "ipv4", hostname: "127.0.0.1", port: (listener.addr as Deno.NetAddr).port } as const;
  const plain = new IOStream(await connectFrom({}, to, new AbortController().signal), client);
  const serving = new SSLIOStream(new Socket(await accepted), server);
  try {
    const stream = await plain.startTls({
      serverHostname,
      sslOptions: { caCerts: [certificates().ca], ...sslOptions },
    });
    await serving.waitForHandshake();
    return { client: stream, server: serving };
  } catch (error) {
    await serving.waitForHandshake().catch(() => {}); // it fails too, or the client has left it
    serving.close();
    throw error;
  }
}

testStreams({ name: "node:tls", transportBytes: 12 << 20, connect: connectTls });

Deno.test("NodeChannel.startTls agrees on an application protocol, and takes an address as the server's name", () =>
  expectNoLog(async () => {
    const serverHostname = "127.0.0.1";
    const { client, server } = await connectTls({ serverHostname, sslOptions: { alpnProtocols: ["h2", "http/1.1"] } });
    assertEquals([client.alpnProtocol, client.handshakeDone, client.socket], ["http/1.1", true, undefined]);
    client.close();
    server.close();
    await settle();
  }));

Deno.test("NodeChannel.startTls accepts a certificate for another name with checkHostname false", () =>
  expectNoLog(async () => {
    const certificate = certificates().other;
    const { client, server } = await connectTls({ certificate, sslOptions: { checkHostname: false } });
    client.close();
    server.close();
    await settle();
  }));

const REFUSED: [name: string, options: () => { certificate?: Certificate; sslOptions?: SSLOptions }][] = [
  ["is for another name", () => ({ certificate: certificates().other })],
  ["is not signed by anybody it trusts", () => ({ sslOptions: { caCerts: [] } })],
  [
    "is not signed by anybody it trusts, also without a check of the name",
    () => ({ sslOptions: { caCerts: [], checkHostname: false } }),
  ],
];
for (const [name, options] of REFUSED) {
  Deno.test(`NodeChannel.startTls refuses a certificate that ${name}, with a line in the log`, () =>
    expectLog(
      { level: "warning", category: "denado.general", pattern: /^SSL Error on 127\.0\.0\.1:\d+: / },
      async () => {
        await assertRejects(() => connectTls(options()), Deno.errors.InvalidData);
        await settle();
      },
    ));
}

Deno.test("NodeChannel.startTls refuses to take bytes for protected that came before the handshake", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepted = listener.accept();
  const to = { family: "ipv4", hostname: "127.0.0.1", port: listener.addr.port } as const;
  const client = new IOStream(await connectFrom({}, to, new AbortController().signal));
  const server = await accepted;
  await server.write(new TextEncoder().encode("220 go ahead\r\n250 injected\r\n"));
  const small = new Uint8Array(14);
  assertEquals(await client.readInto(small), 14); // the rest stays in the socket, or in the stream
  await assertRejects(() => client.startTls({ serverHostname: "localhost" }), Error);
  assert(!client.closed);
  client.close();
  server.close();
  await settle();
});

// --- client certificates ---

Deno.test("TCPClient shows its certificate to a server that asks for it", () =>
  expectNoLog(async () => {
    await using server = await clientCertificateServer();
    const client = new TCPClient();
    const sslOptions = { caCerts: [certificates().ca], ...certificates().other };
    const stream = await client.connect("localhost", server.port, { family: "ipv4", sslOptions });
    assert(stream instanceof SSLIOStream);
    assertEquals(new TextDecoder().decode(await stream.readUntil("\n")), "hello other\n");
    stream.close();
    client.close();
    await settle();
  }));

Deno.test("TCPClient without a certificate is refused by a server that asks for one", async () => {
  await using server = await clientCertificateServer();
  const client = new TCPClient();
  const connecting = client.connect("localhost", server.port, {
    family: "ipv4",
    sslOptions: { caCerts: [certificates().ca] },
  });
  // In TLS 1.3 the client is done before the server has looked at its certificate.
  await assertRejects(async () => {
    const stream = await connecting;
    await stream.readUntil("\n");
  }, StreamClosedError);
  client.close();
  await settle();
});

Deno.test("TCPClient speaks TLS from an address that it is given", () =>
  expectNoLog(async () => {
    using listener = Deno.listenTls({ hostname: "127.0.0.1", port: 0, ...certificates().localhost });
    const client = new TCPClient();
    const accepted = listener.accept();
    const connecting = client.connect("localhost", (listener.addr as Deno.NetAddr).port, {
      family: "ipv4",
      sourceIp: "127.0.0.2",
      sslOptions: { caCerts: [certificates().ca] },
    });
    const conn = await accepted;
    const [stream] = await Promise.all([connecting, conn.handshake()]);
    assertEquals(conn.remoteAddr.hostname, "127.0.0.2");
    await conn.write(new TextEncoder().encode("secret\n"));
    assertEquals((await stream.readUntil("\n")).length, 7);
    stream.close();
    conn.close();
    client.close();
    await settle();
  }));

Deno.test("NodeChannel keeps no process alive if it is told not to", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepted = listener.accept();
  const code = `import { connectFrom } from "${new URL("../../tcp/node_host.ts", import.meta.url)}";
    const to = { family: "ipv4", hostname: "127.0.0.1", port: ${listener.addr.port} };
    const channel = await connectFrom({}, to, new AbortController().signal);
    channel.ref();
    channel.unref();
    channel.startReading();`;
  const child = new Deno.Command(Deno.execPath(), { args: ["eval", "--ext=ts", code], stderr: "inherit" }).output();
  const conn = await accepted;
  assert((await child).success);
  conn.close();
});
