import { assert, assertEquals, assertRejects } from "@std/assert";
import { IOStream, type IOStreamOptions, Socket, StreamClosedError } from "@denado/denado/tcp";
import { expectNoLog } from "../helpers/expect_log.ts";
import { memoryChannels } from "../helpers/memory_pair.ts";
import { closed, testStreams } from "../helpers/stream_suite.ts";

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
