import { assertEquals, assertRejects } from "@std/assert";
import { ByteChannel } from "@denado/denado/ioloop";
import { BaseIOStream, StreamClosedError } from "@denado/denado/tcp";
import { readableOf, writableOf } from "../../tcp/web_streams.ts";
import { settle } from "../helpers/manual_clock.ts";
import { memoryHosts } from "../helpers/memory_pair.ts";

function pair(capacity?: number) {
  const [host, peer] = memoryHosts(capacity);
  return { host, peer, stream: new BaseIOStream(new ByteChannel(host)) };
}

Deno.test("readableOf reads nothing before somebody pulls", async () => {
  const { host, peer, stream } = pair();
  const readable = readableOf(stream);
  await peer.write(new Uint8Array(10));
  await settle();
  assertEquals(host.reads, 0);
  const reader = readable.getReader();
  assertEquals((await reader.read()).value?.length, 10);
  await reader.cancel();
});

Deno.test("readableOf ends when the peer closes", async () => {
  const { peer, stream } = pair();
  await peer.write(new Uint8Array(3));
  peer.close();
  const chunks = await Array.fromAsync(readableOf(stream));
  assertEquals(chunks.map((chunk) => chunk.length), [3]);
});

Deno.test("readableOf fails when the connection breaks", async () => {
  const { host, stream } = pair();
  const reading = Array.fromAsync(readableOf(stream));
  host.reset();
  const error = await assertRejects(() => reading, StreamClosedError);
  assertEquals(error.realError instanceof Deno.errors.ConnectionReset, true);
});

Deno.test("writableOf waits until the peer has room", async () => {
  const { peer, stream } = pair(10);
  const writer = writableOf(stream).getWriter();
  let written = false;
  const writing = writer.write(new Uint8Array(15)).then(() => written = true);
  await settle();
  assertEquals(written, false);
  await peer.read(new Uint8Array(10));
  await writing;
  await writer.abort();
});

Deno.test("writableOf ends this direction when it is closed", async () => {
  const { peer, stream } = pair();
  await new Response("bytes and text").body!.pipeTo(writableOf(stream));
  const buffer = new Uint8Array(20);
  assertEquals([await peer.read(buffer), await peer.read(buffer)], [14, null]);
  assertEquals(stream.closed, false);
  stream.close();
});
