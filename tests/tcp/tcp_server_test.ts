import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { IOLoop } from "@denado/denado/ioloop";
import {
  type Address,
  bindSockets,
  type IOStream,
  SSLIOStream,
  StreamClosedError,
  TCPServer,
  type TCPServerOptions,
} from "@denado/denado/tcp";
import { expectLog, expectNoLog } from "../helpers/expect_log.ts";
import { settle } from "../helpers/manual_clock.ts";
import { withManualLoop } from "../helpers/manual_loop.ts";
import { closed } from "../helpers/stream_suite.ts";
import { certificates } from "../helpers/tls_certificates.ts";

type Serve = (stream: IOStream, address: Address) => void | Promise<void>;

/** A server whose handler is a function. */
class FunctionServer extends TCPServer {
  constructor(readonly serve: Serve, options?: TCPServerOptions) {
    super(options);
  }
  override handleStream(stream: IOStream, address: Address): void | Promise<void> {
    return this.serve(stream, address);
  }
}

function listening(serve: Serve, options?: TCPServerOptions): FunctionServer {
  const server = new FunctionServer(serve, options);
  server.listen(0, { address: "127.0.0.1" });
  return server;
}

/** Connects, sends, and returns everything that comes back. */
async function talk(port: number, sent = ""): Promise<string> {
  const conn = await Deno.connect({ port });
  await conn.write(new TextEncoder().encode(sent));
  return await new Response(conn.readable).text();
}

async function echoLine(stream: IOStream): Promise<void> {
  await stream.write(await stream.readUntil("\n"));
  stream.close();
}

Deno.test("TCPServer gives each connection to handleStream, with the peer's address", () =>
  expectNoLog(async () => {
    const addresses: Address[] = [];
    const server = listening((stream, address) => {
      addresses.push(address);
      return echoLine(stream);
    });
    assertEquals(await Promise.all(["a\n", "b\n"].map((line) => talk(server.port!, line))), ["a\n", "b\n"]);
    assertEquals(addresses.map((address) => (address as Deno.NetAddr).hostname), ["127.0.0.1", "127.0.0.1"]);
    server.stop();
  }));

Deno.test("TCPServer accepts a handler that is not async", () =>
  expectNoLog(async () => {
    const server = listening((stream) => {
      stream.write("hi").then(() => stream.close());
    });
    assertEquals(await talk(server.port!), "hi");
    server.stop();
  }));

const FAILURES: [name: string, serve: Serve][] = [
  ["throws", () => {
    throw new Error("handler broke");
  }],
  ["rejects", () => Promise.reject(new Error("handler broke"))],
];
for (const [name, serve] of FAILURES) {
  Deno.test(`TCPServer logs an error once when a handler ${name}, closes the stream and goes on`, () =>
    expectLog(
      {
        level: "error",
        category: "denado.application",
        pattern: /Error in connection callback[^]*handler broke/,
        times: 1,
      },
      async () => {
        let calls = 0;
        const server = listening((stream, address) => calls++ === 0 ? serve(stream, address) : echoLine(stream));
        assertEquals(await talk(server.port!), "");
        assertEquals(await talk(server.port!, "next\n"), "next\n");
        server.stop();
      },
    ));
}

Deno.test("TCPServer.stop closes the sockets and leaves connections alone", () =>
  expectNoLog(async () => {
    const server = listening((stream) => {
      server.stop();
      server.stop();
      return echoLine(stream);
    });
    const port = server.port!;
    assertEquals(await talk(port, "still served\n"), "still served\n");
    assertEquals([server.port, server.sockets], [undefined, []]);
    await Deno.connect({ port }).then(
      (conn) => {
        conn.close();
        throw new Error("accepted");
      },
      (error) => assert(error instanceof Deno.errors.ConnectionRefused),
    );
  }));

Deno.test("TCPServer listens on several ports and on sockets that were bound before", () =>
  expectNoLog(async () => {
    const server = listening(echoLine);
    server.listen(0, { address: "127.0.0.1" });
    server.addSockets(bindSockets(0, { address: "127.0.0.1" }));
    server.addSocket(bindSockets(0, { address: "127.0.0.1" })[0]!);
    assertEquals(server.sockets.length, 4);
    for (const { port } of server.sockets) assertEquals(await talk(port!, "x\n"), "x\n");
    server.stop();
  }));

Deno.test("TCPServer.listen reports a port that is taken from the call itself", () => {
  const server = listening(echoLine);
  const other = new FunctionServer(echoLine);
  assertThrows(() => other.listen(server.port!, { address: "127.0.0.1" }), Deno.errors.AddrInUse, `${server.port}`);
  assertEquals(other.sockets, []);
  server.stop();
});

Deno.test("TCPServer passes its limits on to the streams", () =>
  expectNoLog(async () => {
    const seen = Promise.withResolvers<number[]>();
    const server = listening((stream) => {
      seen.resolve([stream.maxBufferSize, stream.readChunkSize]);
      stream.close();
    }, { maxBufferSize: 5000, readChunkSize: 100 });
    await talk(server.port!);
    assertEquals(await seen.promise, [5000, 100]);
    server.stop();
  }));

Deno.test("TCPServer runs on the loop that it is given", async () => {
  const loop = new IOLoop({ makeCurrent: false });
  const served = Promise.withResolvers<IOLoop | undefined>();
  const server = listening((stream) => {
    served.resolve(IOLoop.current({ instance: false }));
    assert(stream.ioLoop === loop);
    stream.close();
  }, { ioLoop: loop });
  assertEquals(loop.readers.size, 1);
  await talk(server.port!);
  await served.promise;
  server.stop();
  assertEquals(loop.handlers.size, 0);
  loop.close();
});

Deno.test("TCPServer serves others while clients send garbage, half a line, or leave", () =>
  expectLog({ level: "error", pattern: "Error in connection callback" }, async () => {
    const server = listening(echoLine);
    const half = await Deno.connect({ port: server.port! });
    await half.write(new TextEncoder().encode("half a"));
    (await Deno.connect({ port: server.port! })).close();
    assertEquals(await talk(server.port!, "whole\n"), "whole\n");
    const gone = Promise.withResolvers<void>();
    const last = listening((stream) => closed(stream).then(gone.resolve));
    (await Deno.connect({ port: last.port! })).close();
    await gone.promise;
    half.close();
    await talk(server.port!, "x\n");
    server.stop();
    last.stop();
  }));

// --- the end ---

Deno.test("TCPServer.close waits until all connections have ended", () =>
  expectNoLog(async () => {
    const streams = Promise.withResolvers<IOStream>();
    const server = listening((stream) => streams.resolve(stream));
    const client = await Deno.connect({ port: server.port! });
    const stream = await streams.promise;
    assertEquals([...server.openStreams], [stream]);
    let ended = 0;
    const closing = [server.close(), server.close()].map((promise) => promise.then(() => ended++));
    assertEquals(server.sockets, []);
    await settle();
    assertEquals(ended, 0);
    stream.close();
    await Promise.all(closing);
    assertEquals(server.openStreams.size, 0);
    client.close();
    await server.close();
  }));

Deno.test("TCPServer.close closes what is left when the time is up", () =>
  withManualLoop(async ({ loop, clock }) => {
    const two = Promise.withResolvers<void>();
    const server = new FunctionServer(() => {
      if (server.openStreams.size === 2) two.resolve();
    }, { ioLoop: loop });
    server.listen(0, { address: "127.0.0.1" });
    const clients = [await Deno.connect({ port: server.port! }), await Deno.connect({ port: server.port! })];
    await two.promise;
    const closing = server.close({ timeoutMs: 1000 });
    await clock.advance(999);
    assertEquals(server.openStreams.size, 2);
    await clock.advance(1);
    await closing;
    for (const client of clients) {
      assertEquals(await client.read(new Uint8Array(1)), null);
      client.close();
    }
  }));

// --- a bounded number of connections ---

Deno.test("TCPServer with maxConnections serves clients one after the other, and loses none", () =>
  expectNoLog(async () => {
    let most = 0;
    const server = listening((stream) => {
      most = Math.max(most, server.openStreams.size);
      return echoLine(stream);
    }, { maxConnections: 2 });
    const lines = Array.from({ length: 20 }, (_, at) => `${at}\n`);
    assertEquals(await Promise.all(lines.map((line) => talk(server.port!, line))), lines);
    assertEquals([most, server.acceptedCount], [2, 20]);
    await server.close();
  }));

Deno.test("TCPServer.close serves those who wait for a place, and closes them when the time is up", () =>
  withManualLoop(async ({ loop, clock }) => {
    const streams: IOStream[] = [];
    const server = new FunctionServer((stream) => void streams.push(stream), { ioLoop: loop, maxConnections: 1 });
    server.listen(0, { address: "127.0.0.1" });
    const clients = [await Deno.connect({ port: server.port! }), await Deno.connect({ port: server.port! })];
    while (server.acceptedCount < 2) await settle();
    assertEquals(streams.length, 1);
    const closing = server.close({ timeoutMs: 1000 });
    streams[0]!.close();
    assertEquals(streams.length, 2);
    await clock.advance(1000);
    await closing;
    for (const client of clients) client.close();
  }));

// --- bind and start ---

Deno.test("TCPServer serves what it has bound when it is started, once", () =>
  expectNoLog(async () => {
    const server = new FunctionServer(echoLine);
    server.bind(0, { address: "127.0.0.1" });
    assertEquals(server.port, undefined);
    const started = server.start();
    assertEquals(await talk(server.port!, "x\n"), "x\n");
    await started;
    await assertRejects(() => server.start(), Error, "it was started before");
    server.stop();
  }));

Deno.test("TCPServer.bind reports a port that is taken, and stop gives the port back", async () => {
  const server = new FunctionServer(echoLine);
  const other = listening(echoLine);
  assertThrows(() => server.bind(other.port!, { address: "127.0.0.1" }), Deno.errors.AddrInUse, `${other.port}`);
  const { port } = other;
  other.stop();
  await settle(); // Deno gives the port back when the outstanding accept has ended
  server.bind(port!, { address: "127.0.0.1" });
  server.stop();
  server.bind(port!, { address: "127.0.0.1" });
  server.stop();
});

Deno.test("TCPServer.start refuses to share port 0 between processes", async () => {
  const server = new FunctionServer(echoLine);
  server.bind(0, { address: "127.0.0.1" });
  await assertRejects(() => server.start(2), RangeError, "port 0");
});

// --- TLS ---

const sslOptions = () => certificates().localhost;

async function talkTls(port: number, sent: string): Promise<string> {
  const conn = await Deno.connectTls({ hostname: "localhost", port, caCerts: [certificates().ca] });
  await conn.write(new TextEncoder().encode(sent));
  return await new Response(conn.readable).text();
}

Deno.test("TCPServer with sslOptions serves TLS", () =>
  expectNoLog(async () => {
    const server = listening((stream) => {
      assert(stream instanceof SSLIOStream);
      return echoLine(stream);
    }, { sslOptions: sslOptions() });
    assertEquals(await talkTls(server.port!, "secret\n"), "secret\n");
    server.stop();
  }));

Deno.test("TCPServer refuses TLS settings that are not usable when it is made", () => {
  assertThrows(() => new FunctionServer(echoLine, { sslOptions: {} }), TypeError, "without a certificate");
});

Deno.test("TCPServer refuses to serve TLS on a socket that was bound without", () => {
  const server = new FunctionServer(echoLine, { sslOptions: sslOptions() });
  const sockets = bindSockets(0, { address: "127.0.0.1" });
  assertThrows(() => server.addSockets(sockets), TypeError, "bound without");
  for (const socket of sockets) socket.close();
  server.addSockets(bindSockets(0, { address: "127.0.0.1", sslOptions: sslOptions() }));
  server.stop();
});

Deno.test("TCPServer goes on serving TLS while handshakes fail, hang or are broken off", () =>
  expectLog({ level: "warning", pattern: "SSL Error", times: 10 }, async (log) => {
    const server = listening(
      (stream) => echoLine(stream).catch((error) => assert(error instanceof StreamClosedError)),
      { sslOptions: sslOptions() },
    );
    const port = server.port!;
    const hanging = await Promise.all(Array.from({ length: 20 }, () => Deno.connect({ port })));
    for (let count = 0; count < 10; count++) {
      const garbage = await Deno.connect({ port });
      await garbage.write(new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n"));
      await new Response(garbage.readable).arrayBuffer().catch(() => {}); // a reset is as good as an alert
      (await Deno.connect({ port })).close();
    }
    assertEquals(await talkTls(port, "still here\n"), "still here\n");
    for (const conn of hanging) conn.close();
    await server.close();
    assertEquals(log.filter(({ level }) => level === "error"), []);
  }));

// --- several processes ---

Deno.test({
  name:
    "TCPServer.start shares a port between processes, restarts one that is killed under load, and ends with SIGTERM",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    const [probe] = bindSockets(0, { address: "127.0.0.1" });
    const port = probe!.port!;
    probe!.close();
    const parent = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--unstable-net", new URL("../helpers/pid_server.ts", import.meta.url).href, String(port)],
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const output = parent.stdout.pipeThrough(new TextDecoderStream()).getReader();
    let said = "";
    const waitFor = async (lines: number) => {
      while (said.split("\n").length <= lines) {
        const { value, done } = await output.read();
        if (done) throw new Error(`The server ended: ${said}`);
        said += value;
      }
    };
    await waitFor(3);
    const pids = new Set<string>();
    // Each asks until it has an answer: a connection that waits in the backlog of the killed process is lost.
    const ask = async (): Promise<void> => {
      for (;;) {
        try {
          const answer = await talk(port);
          if (answer === "") continue;
          pids.add(answer);
          return;
        } catch (error) {
          if (!(error instanceof Deno.errors.ConnectionReset || error instanceof Deno.errors.ConnectionRefused)) {
            throw error;
          }
        }
      }
    };
    const load = async () => {
      for (let count = 0; count < 200; count++) await ask();
    };
    const loads = Promise.all([load(), load(), load()]);
    const [victim] = said.trim().split("\n");
    Deno.kill(Number(victim), "SIGKILL");
    await loads;
    await waitFor(4);
    for (let count = 0; count < 100; count++) await ask();
    assert(pids.size >= 3, `served by ${[...pids]}`);
    assertEquals(new Set(said.trim().split("\n")).size, 4);
    parent.kill("SIGTERM");
    await output.cancel();
    await parent.status;
    await assertRejects(() => Deno.connect({ port }), Deno.errors.ConnectionRefused);
  },
});
