import { setImmediate } from "node:timers";
import { assert, assertEquals, assertFalse, assertThrows } from "@std/assert";
import { ByteChannel, type ByteHost, IOLoop, nextFileno } from "@denado/denado/ioloop";
import { settle } from "../helpers/manual_clock.ts";

const { NONE, READ, WRITE } = IOLoop;

/** A host whose operations end when the test says so. */
class ScriptedHost implements ByteHost {
  readonly reads: {
    size: number;
    buffer: Uint8Array;
    resolve(count: number | null): void;
    reject(e: unknown): void;
  }[] = [];
  readonly writes: { bytes: Uint8Array; resolve(count: number): void; reject(error: unknown): void }[] = [];
  closeCalls = 0;

  read(buffer: Uint8Array): Promise<number | null> {
    const { promise, resolve, reject } = Promise.withResolvers<number | null>();
    this.reads.push({ size: buffer.length, buffer, resolve, reject });
    return promise;
  }

  write(bytes: Uint8Array): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    this.writes.push({ bytes, resolve, reject });
    return promise;
  }

  close(): void {
    this.closeCalls++;
  }

  /** Completes the read that was issued last. */
  async arrive(count: number | null, fill = 65): Promise<void> {
    const read = this.reads.at(-1)!;
    if (count !== null) read.buffer.fill(fill, 0, count);
    read.resolve(count);
    await settle();
  }
}

function watched(events: number) {
  const host = new ScriptedHost();
  const channel = new ByteChannel(host);
  const state = { calls: 0 };
  channel.watch(events, () => state.calls++);
  return { host, channel, state };
}

Deno.test("ByteChannel has a descriptor of its own", () => {
  const one = new ByteChannel(new ScriptedHost());
  const other = new ByteChannel(new ScriptedHost());
  assert(one.fileno < other.fileno && other.fileno < nextFileno());
});

Deno.test("ByteChannel issues one read when READ is watched, and no more until its result was given back", async () => {
  const { host, channel, state } = watched(READ);
  channel.watch(READ, () => state.calls++);
  assertEquals(host.reads.length, 1);
  await host.arrive(3);
  assertEquals([state.calls, channel.ready() & READ], [1, READ]);
  channel.watch(READ, () => state.calls++);
  assertEquals(channel.takeReceived(), 3);
  assertEquals(host.reads.length, 1);
  channel.recycle();
  assertEquals(host.reads.length, 2);
  channel.close();
});

Deno.test("ByteChannel stays readable until somebody takes the bytes", async () => {
  const { host, channel } = watched(READ);
  await host.arrive(3);
  channel.watch(NONE, undefined);
  assertEquals(channel.ready() & READ, READ);
  channel.watch(READ, () => {});
  assertEquals(channel.ready() & READ, READ);
  channel.takeReceived();
  assertEquals([channel.ready() & READ, channel.takeReceived()], [NONE, undefined]);
  channel.recycle();
  channel.close();
});

Deno.test("ByteChannel lends the bytes that arrived", async () => {
  const { host, channel } = watched(READ);
  await host.arrive(3, 90);
  assertEquals(channel.receiveBuffer.subarray(0, channel.takeReceived()), Uint8Array.of(90, 90, 90));
  channel.recycle();
  channel.close();
});

Deno.test("ByteChannel keeps a result that arrives while READ is not watched, and tells nobody", async () => {
  const { host, channel, state } = watched(READ);
  channel.watch(WRITE, () => state.calls++);
  await host.arrive(3);
  assertEquals([state.calls, channel.ready() & READ, host.reads.length], [0, READ, 1]);
  channel.close();
});

Deno.test("ByteChannel begins no read after recycle while READ is not watched", async () => {
  const { host, channel } = watched(READ);
  await host.arrive(3);
  channel.takeReceived();
  channel.watch(NONE, undefined);
  channel.recycle();
  assertEquals(host.reads.length, 1);
  channel.watch(READ, () => {});
  assertEquals(host.reads.length, 2);
  channel.close();
});

Deno.test("ByteChannel without readAhead reads when it is asked to", async () => {
  const host = new ScriptedHost();
  const channel = new ByteChannel(host);
  channel.readAhead = false;
  channel.watch(READ, () => {});
  assertEquals([host.reads.length, channel.busy], [0, false]);
  channel.startReading();
  channel.startReading();
  assertEquals([host.reads.length, channel.busy], [1, true]);
  await host.arrive(3);
  channel.takeReceived();
  channel.recycle();
  assertEquals([host.reads.length, channel.busy], [1, false]);
  channel.close();
});

Deno.test("ByteChannel tells the end as 0 bytes, again and again", async () => {
  const { host, channel } = watched(READ);
  await host.arrive(null);
  assertEquals([channel.takeReceived(), channel.takeReceived(), channel.ready() & READ], [0, 0, READ]);
  channel.recycle();
  channel.startReading();
  assertEquals(host.reads.length, 1);
  channel.close();
});

Deno.test("ByteChannel reads again when a read brought nothing, which is not the end", async () => {
  const { host, channel, state } = watched(READ);
  await host.arrive(0);
  assertEquals([state.calls, channel.ready() & READ, host.reads.length], [0, NONE, 2]);
  await host.arrive(1);
  assertEquals([state.calls, channel.takeReceived()], [1, 1]);
  channel.close();
});

Deno.test("ByteChannel throws the error of a read out of takeReceived", async () => {
  const { host, channel, state } = watched(READ);
  host.reads[0]!.reject(new TypeError("broken"));
  await settle();
  assertEquals([state.calls, channel.ready() & READ], [1, READ]);
  assertThrows(() => channel.takeReceived(), TypeError, "broken");
  channel.close();
});

Deno.test("ByteChannel reads into a larger buffer after a full one, and into a small one after little twice", async () => {
  const { host, channel } = watched(READ);
  const sizes: number[] = [];
  for (const count of [512, 2048, 16384, 65536, 65536, 8, 40_000, 8192, 100, 100]) {
    sizes.push(host.reads.at(-1)!.size);
    await host.arrive(count);
    channel.takeReceived();
    channel.recycle();
  }
  assertEquals(sizes, [512, 2048, 16384, 65536, 65536, 65536, 65536, 65536, 65536, 512]);
  channel.close();
});

Deno.test("ByteChannel reads no more than readChunkSize at a time", async () => {
  const host = new ScriptedHost();
  const channel = new ByteChannel(host);
  channel.readChunkSize = 5000;
  channel.watch(READ, () => {});
  for (const size of [512, 2048, 5000, 5000]) {
    assertEquals(host.reads.at(-1)!.size, size);
    await host.arrive(size);
    channel.takeReceived();
    channel.recycle();
  }
  channel.close();
});

Deno.test("ByteChannel reads more than usual at a time for an owner that asks for it, while that much comes", async () => {
  const host = new ScriptedHost();
  const channel = new ByteChannel(host);
  channel.readChunkSize = 262_144;
  channel.watch(READ, () => {});
  const sizes: number[] = [];
  for (const count of [512, 2048, 16384, 65536, 262_144, 100_000, 10_000, 8192, 100, 100]) {
    sizes.push(host.reads.at(-1)!.size);
    await host.arrive(count);
    channel.takeReceived();
    channel.recycle();
  }
  assertEquals(sizes, [512, 2048, 16384, 65536, 262_144, 262_144, 262_144, 262_144, 262_144, 512]);
  channel.close();
});

Deno.test("ByteChannel is writable while no write is in flight", async () => {
  const { host, channel, state } = watched(WRITE);
  assertEquals([channel.ready(), channel.writePending], [WRITE, false]);
  assert(channel.tryWrite(new Uint8Array(5)));
  assertEquals([channel.ready(), channel.writePending, channel.busy], [NONE, true, true]);
  assertFalse(channel.tryWrite(new Uint8Array(1)));
  assertEquals([host.writes.length, channel.takeWritten()], [1, 0]);
  host.writes[0]!.resolve(3);
  await settle();
  assertEquals([state.calls, channel.ready(), channel.writePending], [1, WRITE, true]);
  assertEquals([channel.takeWritten(), channel.takeWritten(), channel.writePending], [3, 0, false]);
  channel.close();
});

Deno.test("ByteChannel hands the caller's array to the host", () => {
  const { host, channel } = watched(WRITE);
  const bytes = Uint8Array.of(1, 2, 3);
  channel.tryWrite(bytes);
  assert(host.writes[0]!.bytes === bytes);
  channel.close();
});

Deno.test("ByteChannel throws the error of a write out of takeWritten, and stays failed", async () => {
  const { host, channel } = watched(WRITE);
  channel.tryWrite(new Uint8Array(5));
  host.writes[0]!.reject(new TypeError("broken"));
  await settle();
  assertThrows(() => channel.takeWritten(), TypeError, "broken");
  assertThrows(() => channel.takeWritten(), TypeError, "broken");
  assertFalse(channel.tryWrite(new Uint8Array(1)));
  channel.close();
});

Deno.test("ByteChannel tells onWriteSettled when WRITE is not watched", async () => {
  const { host, channel, state } = watched(READ);
  let settled = 0;
  channel.onWriteSettled = () => settled++;
  channel.tryWrite(new Uint8Array(5));
  host.writes[0]!.resolve(5);
  await settle();
  assertEquals([settled, state.calls, channel.takeWritten()], [1, 0, 5]);
  channel.watch(WRITE, () => state.calls++);
  channel.tryWrite(new Uint8Array(5));
  host.writes[1]!.resolve(5);
  await settle();
  assertEquals([settled, state.calls], [1, 1]);
  channel.close();
});

Deno.test("ByteChannel closes its host once, and what is outstanding ends silently", async () => {
  const { host, channel, state } = watched(READ | WRITE);
  channel.tryWrite(new Uint8Array(5));
  channel.close();
  channel.close();
  assertEquals([host.closeCalls, channel.closed, channel.ready()], [1, true, NONE]);
  host.reads[0]!.reject(new Deno.errors.Interrupted("operation canceled"));
  host.writes[0]!.reject(new Deno.errors.Interrupted("operation canceled"));
  await settle();
  assertEquals(state.calls, 0);
  assertFalse(channel.tryWrite(new Uint8Array(1)));
  channel.startReading();
  assertEquals(host.reads.length, 1);
});

Deno.test("ByteChannel forgets bytes that arrive after it was closed", async () => {
  const { host, channel, state } = watched(READ);
  channel.close();
  await host.arrive(5);
  assertEquals([state.calls, channel.ready()], [0, NONE]);
});

Deno.test("ByteChannel keeps lent bytes valid after it was closed", async () => {
  const { host, channel } = watched(READ);
  await host.arrive(5, 66);
  const lent = channel.receiveBuffer.subarray(0, channel.takeReceived());
  channel.close();
  const others = Array.from({ length: 3 }, () => watched(READ));
  for (const other of others) await other.host.arrive(5, 67);
  assertEquals(lent, Uint8Array.of(66, 66, 66, 66, 66));
  channel.recycle();
  assertEquals(host.reads.length, 1);
  for (const other of others) other.channel.close();
});

Deno.test("ByteChannel for one direction does not read, or refuses to write", () => {
  const sink = new ByteChannel({ write: (bytes) => Promise.resolve(bytes.length), close: () => {} });
  sink.watch(READ, () => {});
  assertEquals(sink.ready() & READ, NONE);
  sink.close();
  const source = new ByteChannel({ read: () => Promise.resolve(null), close: () => {} });
  assertThrows(() => source.tryWrite(new Uint8Array(1)), TypeError, "for reading only");
  source.close();
});

Deno.test("ByteChannel.closeWrite asks the host, and does nothing where the host cannot", async () => {
  let calls = 0;
  const able = new ByteChannel({ close: () => {}, closeWrite: () => Promise.resolve(void calls++) });
  await able.closeWrite();
  assertEquals(calls, 1);
  const unable = new ByteChannel({ close: () => {} });
  await unable.closeWrite();
  able.close();
  unable.close();
});

Deno.test("ByteChannel.release gives up its host open, and refuses while the host is at work", async () => {
  const { host, channel } = watched(READ);
  assertThrows(() => channel.release(), Error, "a read or a write is outstanding");
  await host.arrive(1);
  channel.release();
  channel.close();
  assertEquals([host.closeCalls, channel.closed, channel.ready()], [0, true, NONE]);
});

Deno.test("ByteChannel reads into the memory that it is given, and keeps its own apart", async () => {
  const host = new ScriptedHost();
  const channel = new ByteChannel(host);
  channel.readAhead = false;
  channel.watch(READ, () => {});
  const target = new Uint8Array(2048);
  channel.startReading(target);
  assert(host.reads[0]!.buffer === target);
  await host.arrive(0);
  assert(host.reads[1]!.buffer === target);
  await host.arrive(3, 90);
  assertEquals([channel.takeReceived(), channel.receiveBuffer === target], [3, true]);
  channel.recycle();
  channel.startReading();
  assertFalse(host.reads[2]!.buffer === target);
  channel.close();
  const others = Array.from({ length: 20 }, () => watched(READ));
  for (const other of others) {
    assertFalse(other.host.reads[0]!.buffer.buffer === target.buffer);
    other.channel.close();
  }
});

Deno.test("ByteChannel that surrenders its memory reads into other memory from then on", async () => {
  const { host, channel } = watched(READ);
  await host.arrive(512, 1);
  channel.takeReceived();
  const taken = channel.receiveBuffer;
  assert(channel.surrender());
  assertFalse(channel.surrender());
  assertEquals([host.reads.length, host.reads[1]!.size], [2, 2048]); // it was full: the next one is larger
  await host.arrive(10, 2);
  assertEquals([taken[0], channel.takeReceived(), channel.receiveBuffer[0]], [1, 10, 2]);
  channel.recycle();
  channel.close();
});

Deno.test("ByteChannel does not surrender memory that is the reader's own already, or not lent", async () => {
  const { host, channel } = watched(NONE);
  const into = new Uint8Array(100);
  assertFalse(channel.surrender());
  channel.startReading(into);
  await host.arrive(100);
  channel.takeReceived();
  assertFalse(channel.surrender());
  channel.recycle();
  channel.close();
});

Deno.test("ByteChannel keeps a process alive while it is read, unless it is told not to", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepted = listener.accept();
  const code = `import { ByteChannel } from "${new URL("../../ioloop/byte_channel.ts", import.meta.url)}";
    const channel = new ByteChannel(await Deno.connect({ port: ${listener.addr.port} }));
    channel.unref();
    channel.ref();
    channel.unref();
    channel.startReading();`;
  const child = new Deno.Command(Deno.execPath(), { args: ["eval", "--ext=ts", code], stderr: "inherit" }).output();
  const conn = await accepted;
  assertEquals((await child).success, true);
  conn.close();
});

Deno.test("ByteChannel ignores ref and unref where its host has none", () => {
  const channel = new ByteChannel({ close() {} });
  channel.unref();
  channel.ref();
  channel.close();
});

Deno.test("ByteChannel gives way to others when more are ready than the host serves in one go", async () => {
  const busy = Array.from({ length: 200 }, () => watched(READ));
  const serve = async (some: typeof busy) => {
    for (const { host } of some) host.reads.at(-1)!.resolve(1);
    await settle();
    for (const { channel } of some) {
      assertEquals(channel.takeReceived(), 1);
      channel.recycle();
    }
  };
  const first = busy.slice(0, 128);
  await serve(first);
  assertEquals(first.map(({ host }) => host.reads.length), first.map(() => 1));
  assert(first[0]!.channel.busy);
  first[1]!.channel.close(); // it reads no more
  await serve(busy.slice(128));
  while (first[0]!.host.reads.length === 1) await new Promise((resolve) => setImmediate(resolve));
  assertEquals(first.map(({ host }) => host.reads.length), first.map((_, index) => index === 1 ? 1 : 2));
  for (const { channel } of busy) channel.close();
});
