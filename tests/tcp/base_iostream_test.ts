import { assert, assertEquals, assertFalse, assertRejects, assertThrows } from "@std/assert";
import { ByteChannel, IOLoop } from "@denado/denado/ioloop";
import { BaseIOStream, type IOStreamOptions, StreamClosedError } from "@denado/denado/tcp";
import { expectLog, expectNoLog } from "../helpers/expect_log.ts";
import { settle } from "../helpers/manual_clock.ts";
import { memoryChannels, memoryHosts } from "../helpers/memory_pair.ts";
import { closed, pattern, testStreams } from "../helpers/stream_suite.ts";

testStreams({
  name: "in-memory",
  transportBytes: 65536,
  connect: ({ client, server }) => {
    const [one, other] = memoryChannels();
    return Promise.resolve({ client: new BaseIOStream(one, client), server: new BaseIOStream(other, server) });
  },
});

function pair(options: IOStreamOptions = {}) {
  const [host, peer] = memoryHosts();
  return { host, peer, stream: new BaseIOStream(new ByteChannel(host), options) };
}

Deno.test("BaseIOStream writes in one call what one turn writes", async () => {
  const { host, stream } = pair();
  for (const word of ["a", "b", "c"]) stream.push(word);
  await stream.write("d");
  assertEquals(host.writes, [4]);
  stream.close();
});

Deno.test("BaseIOStream hands a corked batch to the host without a turn", () => {
  const { host, stream } = pair();
  stream.cork();
  stream.push("a");
  stream.push("b");
  assertEquals(host.writes, []);
  stream.uncork();
  assertEquals(host.writes, [2]);
  stream.close();
});

Deno.test("BaseIOStream does not read while nobody asks", async () => {
  const { host, peer, stream } = pair();
  await peer.write(new Uint8Array(10));
  await settle();
  assertEquals(host.reads, 0);
  assertEquals((await stream.readBytes(4)).length, 4);
  await stream.readBytes(6);
  await settle();
  assertEquals(host.reads, 1);
  stream.close();
});

Deno.test("BaseIOStream with a close callback reads ahead once and no further", async () => {
  const { host, peer, stream } = pair({ readChunkSize: 100 });
  stream.setCloseCallback(() => {});
  await peer.write(new Uint8Array(1000));
  await settle();
  assertEquals([host.reads, peer.unread], [1, 900]);
  stream.close();
});

Deno.test("BaseIOStream with a close callback reads one piece ahead of a reader that left something, and no further", async () => {
  const { peer, stream } = pair({ readChunkSize: 100 });
  stream.setCloseCallback(() => {});
  await peer.write(new Uint8Array(1000));
  await stream.fill();
  await stream.fill(); // what came first is in memory of the stream's own now
  await settle();
  assertEquals([stream.readBuffer.length, peer.unread], [300, 700]);
  stream.readBuffer.consume(250);
  await settle();
  assertEquals([stream.readBuffer.length, peer.unread], [50, 700]);
  while (stream.readBuffer.length < 750) await stream.fill();
  stream.close();
});

Deno.test("BaseIOStream reads at most readChunkSize at a time, and half of maxBufferSize", async () => {
  const { peer, stream } = pair({ readChunkSize: 700 });
  await peer.write(new Uint8Array(2000));
  assertEquals((await stream.readBytes(2000, { partial: true })).length, 512); // it begins with a small buffer
  assertEquals((await stream.readBytes(2000, { partial: true })).length, 700);
  assertEquals(stream.readChunkSize, 700);
  stream.close();
  const small = pair({ maxBufferSize: 1000 }).stream;
  assertEquals([small.readChunkSize, small.maxBufferSize], [500, 1000]);
  small.close();
});

for (const name of ["maxBufferSize", "maxWriteBufferSize", "readChunkSize"]) {
  Deno.test(`BaseIOStream refuses a ${name} that is not a positive number`, () => {
    const [channel, other] = memoryChannels();
    assertThrows(() => new BaseIOStream(channel, { [name]: 0 }), RangeError, `${name} must be a positive number of`);
    channel.close();
    other.close();
  });
}

Deno.test("BaseIOStream tells the reader that the connection was reset, without a line in the log", () =>
  expectNoLog(async () => {
    const { host, stream } = pair();
    const reading = stream.readUntilClose();
    host.reset();
    const error = await assertRejects(() => reading, StreamClosedError);
    assert(error.realError instanceof Deno.errors.ConnectionReset);
    assert(stream.error instanceof Deno.errors.ConnectionReset);
  }));

Deno.test("BaseIOStream lets what came before a reset be read", async () => {
  const { host, peer, stream } = pair();
  await peer.write(new TextEncoder().encode("abc"));
  assertEquals((await stream.readBytes(1)).length, 1);
  const reading = stream.readUntilClose();
  host.reset();
  await assertRejects(() => reading, StreamClosedError);
  assertEquals((await stream.readBytes(2)).length, 2);
});

for (const observed of [true, false]) {
  Deno.test(`BaseIOStream ${observed ? "does not log" : "logs once"} an error of the host that ${observed ? "a reader" : "nobody"} waits for`, () =>
    expectLog(observed ? [] : { level: "warning", pattern: "Closing a stream after an error", times: 1 }, async () => {
      const failure = Promise.withResolvers<number | null>();
      const stream = new BaseIOStream(new ByteChannel({ read: () => failure.promise, close: () => {} }));
      const wasClosed = closed(stream);
      const reading = observed ? assertRejects(() => stream.readBytes(1), StreamClosedError) : undefined;
      const broken = new Error("broken");
      failure.reject(broken);
      await wasClosed;
      await reading;
      assertEquals(stream.error, broken);
    }));
}

Deno.test("BaseIOStream takes the answer of a peer that closed before its write failed", async () => {
  const written = Promise.withResolvers<number>();
  const read = Promise.withResolvers<number | null>();
  let given: Uint8Array | undefined;
  const stream = new BaseIOStream(
    new ByteChannel({
      read: (buffer) => (given = buffer, read.promise),
      write: () => written.promise,
      close: () => {},
    }),
  );
  stream.setCloseCallback(() => {});
  const writing = assertRejects(() => stream.write("body"), StreamClosedError);
  await settle();
  given!.set([65]);
  read.resolve(1);
  written.reject(new Deno.errors.BrokenPipe("Broken pipe"));
  await writing;
  assertEquals(await stream.readBytes(1), Uint8Array.of(65));
});

Deno.test("BaseIOStream.fill resolves to false at the end and keeps what waits", async () => {
  const { peer, stream } = pair();
  await peer.write(new Uint8Array(3));
  assert(await stream.fill());
  peer.close();
  assertFalse(await stream.fill());
  assertFalse(await stream.fill());
  assertEquals(stream.readBuffer.length, 3);
});

Deno.test("BaseIOStream.fill refuses to wait twice", () => {
  const { stream } = pair();
  const first = stream.fill();
  assertThrows(() => stream.fill(), Error, "another read is waiting");
  stream.close();
  return first.then((more) => assertFalse(more));
});

Deno.test("BaseIOStream.cancelFill ends a fill that waits, and what comes later is there for the next one", async () => {
  const { peer, stream } = pair();
  stream.cancelFill(); // nothing waits yet
  const first = stream.fill();
  stream.cancelFill();
  assert(await first);
  assertEquals(stream.readBuffer.length, 0);
  const second = stream.fill();
  await peer.write(new Uint8Array(3));
  assert(await second);
  assertEquals(stream.readBuffer.length, 3);
  stream.close();
});

Deno.test("BaseIOStream lives on the loop that it is given", async () => {
  const loop = new IOLoop({ makeCurrent: false });
  const { stream } = pair({ ioLoop: loop });
  assertEquals([loop.handlers.size, loop.readers.has(stream.channel.fileno)], [1, true]);
  stream.close();
  assertEquals(loop.handlers.size, 0);
  await settle();
  loop.close();
});

Deno.test("BaseIOStream watches WRITE only while the host did not take everything", async () => {
  const loop = IOLoop.current();
  const [host, peer] = memoryHosts(10);
  const stream = new BaseIOStream(new ByteChannel(host));
  const watched = () => loop.writers.has(stream.channel.fileno);
  const writing = stream.write(new Uint8Array(15));
  assertFalse(watched());
  await settle();
  assert(watched());
  await peer.read(new Uint8Array(10));
  await writing;
  assertFalse(watched());
  await peer.read(new Uint8Array(10));
  await stream.write("all of it");
  assertFalse(watched());
  assertEquals(host.writes, [15, 5, 9]);
  stream.close();
});

Deno.test("BaseIOStream reads into a large target without a copy, and continues where it was", async () => {
  const [host, peer] = memoryHosts(100_000);
  const given: ArrayBufferLike[] = [];
  const read = host.read.bind(host);
  host.read = (buffer) => (given.push(buffer.buffer), read(buffer));
  const stream = new BaseIOStream(new ByteChannel(host));
  const target = new Uint8Array(20_000);
  const reading = stream.readInto(target);
  await peer.write(pattern(15_000));
  await settle();
  await peer.write(pattern(35_000).subarray(15_000));
  assertEquals([await reading, target], [20_000, pattern(20_000)]);
  assertEquals(given.every((buffer) => buffer === target.buffer), true);
  target.fill(0);
  assertEquals(await stream.readBytes(15_000), pattern(35_000).subarray(20_000));
  stream.close();
});

Deno.test("BaseIOStream does not read into a target that the reader may give up", async () => {
  const [host, peer] = memoryHosts();
  const stream = new BaseIOStream(new ByteChannel(host));
  const controller = new AbortController();
  const target = new Uint8Array(20_000);
  const reading = assertRejects(() => stream.readInto(target, { signal: controller.signal }));
  controller.abort();
  await reading;
  await peer.write(pattern(100));
  await settle();
  assertEquals(target, new Uint8Array(20_000));
  assertEquals(await stream.readBytes(100), pattern(100));
  stream.close();
});
