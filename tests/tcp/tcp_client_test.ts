import { assert, assertEquals, assertRejects } from "@std/assert";
import { TimeoutError } from "@denado/denado/ioloop";
import {
  bindSockets,
  type ListenSocket,
  OverrideResolver,
  type ResolvedAddress,
  Resolver,
  SSLIOStream,
  TCPClient,
} from "@denado/denado/tcp";
import { expectLog, expectNoLog } from "../helpers/expect_log.ts";
import { settle } from "../helpers/manual_clock.ts";
import { withManualLoop } from "../helpers/manual_loop.ts";
import { certificates } from "../helpers/tls_certificates.ts";

/** Resolves every name to the addresses that it is given. */
class FixedResolver extends Resolver {
  closed = false;
  constructor(readonly addresses: readonly ResolvedAddress[]) {
    super();
  }
  override resolve(): Promise<ResolvedAddress[]> {
    return Promise.resolve([...this.addresses]);
  }
  override close(): void {
    this.closed = true;
  }
}

async function withClient(body: (client: TCPClient) => Promise<void>): Promise<void> {
  const client = new TCPClient();
  try {
    await expectNoLog(() => body(client));
  } finally {
    client.close();
  }
}

for (const host of ["127.0.0.1", "localhost"]) {
  Deno.test(`TCPClient connects to ${host}`, () =>
    withClient(async (client) => {
      using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      const accepted = listener.accept();
      const stream = await client.connect(host, listener.addr.port, { family: "ipv4", maxBufferSize: 5000 });
      const conn = await accepted;
      assertEquals([stream.maxBufferSize, stream.socket?.localAddr], [5000, conn.remoteAddr]);
      stream.close();
      conn.close();
    }));
}

Deno.test("TCPClient connects over IPv6", () =>
  withClient(async (client) => {
    let sockets: ListenSocket[];
    try {
      sockets = bindSockets(0, { address: "::1" });
    } catch (error) {
      if (error instanceof Deno.errors.AddrNotAvailable) return; // a machine without
      throw error;
    }
    const stream = await client.connect("::1", sockets[0]!.port!);
    stream.close();
    sockets[0]!.close();
  }));

Deno.test("TCPClient fails with what the last attempt failed with", () =>
  withClient(async (client) => {
    const [socket] = bindSockets(0, { address: "127.0.0.1" });
    const port = socket!.port!;
    socket!.close();
    await assertRejects(() => client.connect("127.0.0.1", port), Deno.errors.ConnectionRefused);
    await assertRejects(() => client.connect("name.invalid", port), Error, 'Cannot resolve "name.invalid"');
  }));

Deno.test("TCPClient tries the next address when one fails", () =>
  expectNoLog(async () => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr;
    const resolver = new FixedResolver([
      { family: "ipv4", hostname: "127.0.0.2", port },
      { family: "ipv4", hostname: "127.0.0.1", port },
    ]);
    const client = new TCPClient({ resolver });
    const accepted = listener.accept();
    const stream = await client.connect("name.invalid", 1);
    stream.close();
    (await accepted).close();
    client.close();
    assert(!resolver.closed);
  }));

Deno.test("TCPClient closes the resolver that is its own", () => {
  const resolvers: FixedResolver[] = [];
  class Recorded extends FixedResolver {
    constructor() {
      super([]);
      resolvers.push(this);
    }
  }
  using _saved = Resolver.saveConfiguration();
  Resolver.configure(Recorded);
  new TCPClient().close();
  assertEquals(resolvers.map(({ closed }) => closed), [true]);
});

Deno.test("TCPClient gives up when resolving takes too long", () =>
  withManualLoop(async ({ loop, clock }) => {
    class Hanging extends Resolver {
      override resolve(): Promise<ResolvedAddress[]> {
        return new Promise(() => {});
      }
    }
    const client = new TCPClient({ resolver: new Hanging() });
    const connecting = assertRejects(
      () => client.connect("a.example", 80, { timeoutMs: 1000, ioLoop: loop }),
      TimeoutError,
      "Cannot connect to a.example:80 within 1000 ms",
    );
    await clock.advance(1000);
    await connecting;
  }));

Deno.test("TCPClient gives up when connecting takes too long, or its signal is aborted", () =>
  withManualLoop(async ({ loop, clock }) => {
    // 192.0.2.0/24 is for documentation (RFC 5737): packets to it get lost.
    const client = new TCPClient();
    const timedOut = assertRejects(
      () => client.connect("192.0.2.1", 80, { timeoutMs: 1000, ioLoop: loop }),
      Error, // a machine without a route says so at once
    );
    await clock.advance(1000);
    await timedOut;
    const controller = new AbortController();
    const reason = new RangeError("enough");
    const aborted = client.connect("127.0.0.1", 80, { signal: controller.signal, ioLoop: loop });
    controller.abort(reason);
    assertEquals(await aborted.catch((error) => error), reason);
    const before = client.connect("127.0.0.1", 80, { signal: controller.signal, ioLoop: loop });
    assertEquals(await before.catch((error) => error), reason);
    client.close();
  }));

Deno.test("TCPClient leaves a connection alone that succeeded before the time was up", () =>
  withManualLoop(async ({ loop, clock }) => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const accepted = listener.accept();
    const client = new TCPClient();
    const stream = await client.connect("127.0.0.1", listener.addr.port, { timeoutMs: 1000, ioLoop: loop });
    await clock.advance(2000);
    assert(!stream.closed);
    assertEquals(clock.armed, 0);
    stream.close();
    (await accepted).close();
  }));

// --- source address ---

Deno.test("TCPClient connects from the address and port that it is given", () =>
  withClient(async (client) => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const [free] = bindSockets(0, { address: "127.0.0.1" });
    const sourcePort = free!.port!;
    free!.close();
    const accepted = listener.accept();
    const stream = await client.connect("127.0.0.1", listener.addr.port, { sourceIp: "127.0.0.1", sourcePort });
    const conn = await accepted;
    assertEquals((conn.remoteAddr as Deno.NetAddr).port, sourcePort);
    await conn.write(new TextEncoder().encode("hello\n"));
    assertEquals((await stream.readUntil("\n")).length, 6);
    stream.close();
    conn.close();
    await settle();
  }));

Deno.test("TCPClient fails from an address that is not this machine's", () =>
  withClient(async (client) => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    await assertRejects(() => client.connect("127.0.0.1", listener.addr.port, { sourceIp: "192.0.2.1" }), Error);
    await settle();
  }));

// --- TLS ---

function tlsListener(): Deno.TlsListener {
  return Deno.listenTls({ hostname: "127.0.0.1", port: 0, ...certificates().localhost });
}

Deno.test("TCPClient speaks TLS, and checks the certificate for the host", () =>
  expectNoLog(async () => {
    using listener = tlsListener();
    const { port } = listener.addr as Deno.NetAddr;
    const client = new TCPClient({ resolver: new OverrideResolver({ mapping: { "localhost": "127.0.0.1" } }) });
    const accepted = listener.accept();
    const connecting = client.connect("localhost", port, { sslOptions: { caCerts: [certificates().ca] } });
    const conn = await accepted;
    const [stream] = await Promise.all([connecting, conn.handshake()]);
    assert(stream instanceof SSLIOStream);
    assert(stream.handshakeDone);
    stream.close();
    conn.close();
    client.close();
  }));

Deno.test("TCPClient does not trust a certificate that nobody signed whom it knows", () =>
  expectLog({ level: "warning", pattern: "SSL Error", times: 1 }, async () => {
    using listener = tlsListener();
    const client = new TCPClient();
    const accepted = listener.accept();
    const connecting = assertRejects(
      () => client.connect("127.0.0.1", (listener.addr as Deno.NetAddr).port, { sslOptions: {} }),
      Deno.errors.InvalidData,
    );
    const conn = await accepted;
    await assertRejects(() => conn.handshake());
    await connecting;
    conn.close();
    client.close();
  }));

Deno.test("TCPClient trusts anybody if it is told not to verify", () =>
  withClient(async (client) => {
    using listener = tlsListener();
    const accepted = listener.accept();
    const { port } = listener.addr as Deno.NetAddr;
    const connecting = client.connect("127.0.0.1", port, { sslOptions: { verify: false } });
    const conn = await accepted;
    await conn.write(new TextEncoder().encode("hello"));
    const stream = await connecting;
    assertEquals(new TextDecoder().decode(await stream.readBytes(5)), "hello");
    await assertRejects(
      async () => {
        const plain = await client.connect("127.0.0.1", port);
        await plain.startTls({ serverHostname: "localhost", sslOptions: { verify: false } }).finally(() =>
          plain.close()
        );
      },
      TypeError,
      "without verification",
    );
    stream.close();
    conn.close();
  }));

Deno.test("TCPClient connects without TLS for settings that are used later", () =>
  withClient(async (client) => {
    using listener = tlsListener();
    const accepted = listener.accept();
    const sslOptions = { verify: false };
    const { port } = listener.addr as Deno.NetAddr;
    const plain = await client.connect("127.0.0.1", port, { laterSslOptions: sslOptions });
    const starting = plain.startTls({ serverHostname: "localhost", sslOptions });
    const conn = await accepted;
    await conn.write(new TextEncoder().encode("hello"));
    const stream = await starting;
    assertEquals(new TextDecoder().decode(await stream.readBytes(5)), "hello");
    stream.close();
    conn.close();
  }));

Deno.test("TCPClient gives up when the TLS handshake takes too long", () =>
  withManualLoop(async ({ loop, clock }) => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const client = new TCPClient();
    const accepted = listener.accept();
    const connecting = assertRejects(
      () => client.connect("127.0.0.1", listener.addr.port, { sslOptions: {}, timeoutMs: 1000, ioLoop: loop }),
      TimeoutError,
    );
    const conn = await accepted;
    assert(await conn.read(new Uint8Array(1000)) !== null);
    await clock.advance(1000);
    await connecting;
    conn.close();
  }));
