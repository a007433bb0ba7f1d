import { assert, assertEquals } from "@std/assert";
import { createHash } from "node:crypto";
import { IOLoop } from "@denado/denado/ioloop";
import { type BaseIOStream, IOStream, StreamClosedError, TCPServer } from "@denado/denado/tcp";
import { expectNoLog } from "../helpers/expect_log.ts";
import { liveBytes } from "../helpers/heap.ts";
import { settle } from "../helpers/manual_clock.ts";

/** Serves each connection with a function; a client that leaves is no error. */
class FaultServer extends TCPServer {
  readonly #serve: (stream: IOStream) => Promise<void>;
  constructor(serve: (stream: IOStream) => Promise<void>) {
    super();
    this.#serve = serve;
    this.listen(0, { address: "127.0.0.1", backlog: 1024 });
  }
  override async handleStream(stream: IOStream): Promise<void> {
    try {
      await this.#serve(stream);
    } catch (error) {
      if (!(error instanceof StreamClosedError)) throw error;
    }
  }
}

async function echo(stream: BaseIOStream): Promise<void> {
  for (;;) await stream.write(await stream.readBytes(65536, { partial: true }));
}

async function check(port: number): Promise<void> {
  await using stream = await IOStream.connect({ hostname: "127.0.0.1", port });
  await stream.write("still here");
  assertEquals(new TextDecoder().decode(await stream.readBytes(10)), "still here");
}

// --- clients that break off ---

/** Closes with unread bytes in the socket: the kernel sends a reset instead of an end. */
const POINTS: [name: string, client: (stream: IOStream) => Promise<void>][] = [
  ["at once", () => Promise.resolve()],
  ["after it has sent", (stream) => stream.write("hello")],
  ["with the answer unread", async (stream) => {
    await stream.write("hello");
    await stream.readBytes(1);
    await stream.write("hello again");
  }],
  ["while it sends much", async (stream) => {
    stream.push(new Uint8Array(8 << 20));
    await stream.readBytes(1);
  }],
  ["while much is on its way to it", async (stream) => {
    const sending = stream.write(new Uint8Array(1 << 20));
    await stream.readBytes(1000);
    await sending;
  }],
  ["after it has closed its side", async (stream) => {
    await stream.write("hello");
    await stream.closeWrite();
  }],
];
for (const [name, client] of POINTS) {
  Deno.test(`TCPServer goes on when a client breaks off ${name}`, () =>
    expectNoLog(async () => {
      const server = new FaultServer(echo);
      for (let round = 0; round < 5; round++) {
        const stream = await IOStream.connect({ hostname: "127.0.0.1", port: server.port! });
        await client(stream);
        stream.close();
      }
      await check(server.port!);
      await server.close();
      assertEquals(server.openStreams.size, 0);
    }));
}

// --- much ---

Deno.test("IOStream carries 100 MB each way at once, every byte in its place", () =>
  expectNoLog(async () => {
    const total = 100 << 20;
    const block = Uint8Array.from({ length: 1 << 20 }, (_, at) => (at * 31 + (at >> 8)) & 0xff);
    const send = async (stream: BaseIOStream): Promise<string> => {
      const hash = createHash("sha1");
      for (let sent = 0; sent < total; sent += block.length) {
        block[0] = sent >> 20;
        const copy = block.slice();
        hash.update(copy);
        await stream.write(copy);
      }
      return hash.digest("hex");
    };
    const receive = async (stream: BaseIOStream): Promise<string> => {
      const hash = createHash("sha1");
      for (let received = 0; received < total;) {
        const piece = await stream.readBytes(1 << 16, { partial: true });
        hash.update(piece);
        received += piece.length;
        assert(stream.readBuffer.length <= 1 << 17);
      }
      return hash.digest("hex");
    };
    const done = Promise.withResolvers<[string, string]>();
    const server = new FaultServer(async (stream) => {
      const hashes = await Promise.all([send(stream), receive(stream)]);
      done.resolve(hashes);
    });
    const stream = await IOStream.connect({ hostname: "127.0.0.1", port: server.port! });
    const [sent, received] = await Promise.all([send(stream), receive(stream)]);
    assertEquals(await done.promise, [received, sent]);
    stream.close();
    server.stop();
    for (const open of server.openStreams) open.close();
  }));

// --- many ---

const CONNECTIONS = 5000;

function softLimit(): number {
  if (Deno.build.os !== "linux") return 0;
  const limits = Deno.readTextFileSync("/proc/self/limits");
  return Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1] ?? 0);
}

/** The sockets of this machine that are still somebody's and have the port on this side or the other. */
function openSockets(port: number): number {
  const hex = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  return Deno.readTextFileSync("/proc/net/tcp").split("\n").slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local, remote, ...rest]) => (local?.endsWith(hex) || remote?.endsWith(hex)) && rest[6] !== "0")
    .length;
}

/** Opens connections, says something on each, and drops them all; resolves when the server has noticed. */
async function openAndDrop(server: FaultServer): Promise<void> {
  const loop = IOLoop.current();
  const before = loop.handlers.size;
  const streams: IOStream[] = [];
  while (streams.length < CONNECTIONS) {
    const connects = Array.from({ length: 500 }, async () => {
      const stream = await IOStream.connect({ hostname: "127.0.0.1", port: server.port! });
      await stream.write("x");
      await stream.readBytes(1);
      return stream;
    });
    streams.push(...await Promise.all(connects));
  }
  assertEquals([server.openStreams.size, loop.handlers.size], [CONNECTIONS, before + 2 * CONNECTIONS]);
  const gone = Promise.withResolvers<void>();
  for (const stream of server.openStreams) {
    stream.setCloseCallback(() => {
      if (server.openStreams.size === 0) gone.resolve();
    });
  }
  for (const stream of streams) stream.close();
  await gone.promise;
  await settle();
}

Deno.test({
  name: `TCPServer leaves nothing behind when ${CONNECTIONS} connections are opened and dropped, again and again`,
  ignore: softLimit() < 2 * CONNECTIONS + 500,
  fn: () =>
    expectNoLog(async () => {
      const server = new FaultServer(echo);
      const before = [openSockets(server.port!), IOLoop.current().handlers.size];
      const memory: number[] = [];
      // What the first rounds leave is kept for the next ones: pooled buffers, compiled code, tables that have grown.
      for (let round = 0; round < 4; round++) {
        await openAndDrop(server);
        memory.push(liveBytes());
      }
      assertEquals([openSockets(server.port!), IOLoop.current().handlers.size], before);
      const perConnection = (memory[3]! - memory[1]!) / (2 * CONNECTIONS);
      assert(perConnection < 20, `bytes left of each connection: ${perConnection}; in use: ${memory}`);
      await check(server.port!);
      await server.close();
    }),
});

// --- no descriptors left ---

Deno.test({
  name: "TCPServer that runs out of descriptors says so once, goes on, and recovers",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    const program = new URL("../helpers/echo_server.ts", import.meta.url).href;
    const child = new Deno.Command("sh", {
      args: ["-c", 'ulimit -n 60 && exec "$@"', "sh", Deno.execPath(), "run", "-A", program],
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const output = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    let said = "";
    while (!said.includes("\n")) said += (await output.read()).value;
    const port = Number(/port (\d+)/.exec(said)![1]);

    // More than it can accept: the rest waits in the backlog of the kernel.
    const streams: IOStream[] = [];
    for (let count = 0; count < 100; count++) streams.push(await IOStream.connect({ hostname: "127.0.0.1", port }));
    await streams[0]!.write("served while others wait\n");
    assertEquals((await streams[0]!.readUntil("\n")).length, 25);
    const last = streams.at(-1)!;
    await last.write("accepted in the end\n");
    const answer = last.readUntil("\n");
    for (const stream of streams.slice(0, -1)) stream.close();
    assertEquals((await answer).length, 20);
    last.close();

    child.kill("SIGKILL");
    const errors = await new Response(child.stderr).text();
    await output.cancel();
    await child.status;
    assertEquals(errors.match(/Cannot accept a connection/g)?.length, 1, errors);
    assert(errors.includes("Too many open files"), errors);
  },
});
