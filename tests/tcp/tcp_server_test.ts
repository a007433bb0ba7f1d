import { assert, assertEquals, assertThrows } from "@std/assert";
import { IOLoop } from "@denado/denado/ioloop";
import { type Address, bindSockets, type IOStream, TCPServer, type TCPServerOptions } from "@denado/denado/tcp";
import { expectLog, expectNoLog } from "../helpers/expect_log.ts";
import { closed } from "../helpers/stream_suite.ts";

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
