import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { IOLoop, PipeChannel, Subprocess } from "@denado/denado/ioloop";

const encoder = new TextEncoder();

/** Resolves when the loop finds the channel ready for one of `events`. */
function ready(channel: PipeChannel, events: number): Promise<void> {
  const loop = IOLoop.current();
  return new Promise((resolve) => {
    loop.addHandler(channel, () => {
      loop.removeHandler(channel);
      resolve();
    }, events);
  });
}

/** What one readiness brings, as text; `undefined` at the end. */
async function readSome(channel: PipeChannel): Promise<string | undefined> {
  await ready(channel, IOLoop.READ);
  const count = channel.takeReceived()!;
  if (count === 0) return undefined;
  const text = new TextDecoder().decode(channel.receiveBuffer.subarray(0, count));
  channel.recycle();
  return text;
}

async function readAll(channel: PipeChannel): Promise<string> {
  let text = "";
  for (let part; (part = await readSome(channel)) !== undefined;) text += part;
  return text;
}

async function writeAll(channel: PipeChannel, bytes: Uint8Array): Promise<void> {
  for (let rest = bytes; rest.length > 0;) {
    channel.tryWrite(rest);
    await ready(channel, IOLoop.WRITE);
    rest = rest.subarray(channel.takeWritten());
  }
}

Deno.test("PipeChannel carries bytes to a child and back", async () => {
  const source = "await Deno.stdin.readable.pipeTo(Deno.stdout.writable)";
  const pipes = { stdin: Subprocess.STREAM, stdout: Subprocess.STREAM } as const;
  const child = new Subprocess([Deno.execPath(), "eval", source], pipes);
  const input = new PipeChannel({ writable: child.stdin });
  const output = new PipeChannel({ readable: child.stdout });
  // More than a pipe holds, so that both ends have to wait for each other.
  const text = "0123456789abcdef".repeat(20_000);
  const received = readAll(output);
  await writeAll(input, encoder.encode(text));
  input.close();
  assertEquals(await received, text);
  assertEquals(await child.waitForExit(), 0);
  output.close();
});

Deno.test("PipeChannel closed while it reads ends the read silently", async () => {
  let cancelled = false;
  const readable = new ReadableStream<Uint8Array>({ cancel: () => void (cancelled = true) });
  const channel = new PipeChannel({ readable });
  const loop = IOLoop.current();
  loop.addHandler(channel, () => {}, IOLoop.READ);
  loop.removeHandler(channel);
  channel.close();
  await Promise.resolve();
  assertEquals(cancelled, true);
});

Deno.test("PipeChannel reads a large chunk in parts", async () => {
  const chunk = "x".repeat(100_000);
  const channel = new PipeChannel({ readable: ReadableStream.from([encoder.encode(chunk), encoder.encode("y")]) });
  assertEquals(await readAll(channel), `${chunk}y`);
  channel.close();
});

Deno.test("PipeChannel skips empty chunks", async () => {
  const channel = new PipeChannel({ readable: ReadableStream.from([new Uint8Array(0), encoder.encode("a")]) });
  assertEquals(await readAll(channel), "a");
  channel.close();
});

Deno.test("PipeChannel hands the failure of the stream to who reads", async () => {
  const readable = new ReadableStream<Uint8Array>({ pull: (controller) => controller.error(new RangeError("broken")) });
  const channel = new PipeChannel({ readable });
  await ready(channel, IOLoop.READ);
  assertThrows(() => channel.takeReceived(), RangeError, "broken");
  channel.close();
});

Deno.test("PipeChannel hands the failure of the stream to who writes", async () => {
  const writable = new WritableStream<Uint8Array>({ write: () => Promise.reject(new RangeError("broken")) });
  const channel = new PipeChannel({ writable });
  await assertRejects(() => writeAll(channel, encoder.encode("a")), RangeError, "broken");
  channel.close();
});

Deno.test("PipeChannel closes the writable stream when no write is in flight", async () => {
  const closed = Promise.withResolvers<string>();
  const writable = new WritableStream<Uint8Array>({
    close: () => closed.resolve("closed"),
    abort: () => closed.resolve("aborted"),
  });
  const channel = new PipeChannel({ writable });
  await writeAll(channel, encoder.encode("a"));
  channel.close();
  assertEquals(await closed.promise, "closed");
});

Deno.test("PipeChannel aborts the writable stream when a write is stuck", async () => {
  const aborted = Promise.withResolvers<void>();
  const writable = new WritableStream<Uint8Array>({
    async write(_chunk, controller) {
      controller.signal.addEventListener("abort", () => aborted.resolve());
      await aborted.promise;
    },
  });
  const channel = new PipeChannel({ writable });
  channel.tryWrite(encoder.encode("a"));
  await Promise.resolve();
  channel.close();
  await aborted.promise;
});

Deno.test("PipeChannel in one direction refuses the other", () => {
  const channel = new PipeChannel({ readable: new ReadableStream() });
  assertThrows(() => channel.tryWrite(encoder.encode("a")), TypeError, "the channel is for reading only");
  channel.close();
});

Deno.test("PipeChannel needs streams that are not locked", () => {
  const readable = new ReadableStream<Uint8Array>();
  const reader = readable.getReader();
  assertThrows(() => new PipeChannel({ readable }), TypeError);
  reader.releaseLock();
});
