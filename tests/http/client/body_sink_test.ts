import { assert, assertEquals, assertRejects } from "@std/assert";
import { Buffer } from "node:buffer";
import { CallbackSink, CollectingSink, DroppingSink, StreamSink } from "../../../http/client/body_sink.ts";

/** A view whose memory changes as soon as it was taken. */
function fleeting(text: string): Uint8Array {
  return Buffer.from(text);
}

function textOf(bytes: Uint8Array | undefined): string {
  return new TextDecoder().decode(bytes);
}

Deno.test("CollectingSink has copies of all pieces", () => {
  const sink = new CollectingSink();
  assertEquals(sink.body, new Uint8Array(0));
  for (const text of ["one ", "two ", "three"]) {
    const view = fleeting(text);
    sink.take(view);
    view.fill(0);
    assert(!(sink.body instanceof Buffer));
  }
  assertEquals(textOf(sink.body), "one two three");
  sink.fail();
  assertEquals(sink.body.length, 0);
});

Deno.test("CallbackSink gives views to the callback, and waits for its promise", async () => {
  const seen: Uint8Array[] = [];
  const go = Promise.withResolvers<void>();
  const sink = new CallbackSink((chunk) => {
    seen.push(chunk);
    return seen.length === 1 ? undefined : go.promise;
  });
  const [one, two] = [fleeting("one"), fleeting("two")];
  assertEquals(sink.take(one), undefined);
  const taken = sink.take(two);
  go.resolve();
  await taken;
  sink.fail();
  assertEquals(seen, [one, two]);
});

function streamSink() {
  const cancelled: unknown[] = [];
  const sink = new StreamSink((reason) => cancelled.push(reason));
  return { sink, cancelled };
}

Deno.test("StreamSink takes a piece when the reader asks for one", async () => {
  const { sink } = streamSink();
  const reader = sink.stream.getReader();
  let taken = false;
  const view = fleeting("one");
  const taking = Promise.resolve(sink.take(view)).then(() => taken = true);
  await new Promise((resolve) => setTimeout(resolve, 0));
  assertEquals(taken, false);
  const read = reader.read();
  await taking;
  view.fill(0);
  assertEquals(textOf((await read).value), "one");

  const second = reader.read();
  await new Promise((resolve) => setTimeout(resolve, 0));
  assertEquals(sink.take(fleeting("two")), undefined);
  assertEquals(textOf((await second).value), "two");

  const last = reader.read();
  sink.end();
  sink.end();
  assertEquals((await last).done, true);
});

Deno.test("StreamSink fills the buffers that a reader brings, whatever their size", async () => {
  const { sink } = streamSink();
  const reader = sink.stream.getReader({ mode: "byob" });
  const taking = sink.take(fleeting("one two"));
  const pieces: string[] = [];
  for (const size of [3, 1, 10]) {
    const { value } = await reader.read(new Uint8Array(size));
    pieces.push(textOf(value));
  }
  await taking;
  assertEquals(pieces, ["one", " ", "two"]);
  const last = reader.read(new Uint8Array(5));
  sink.end();
  const { done, value } = await last;
  assertEquals([done, value?.length, value?.buffer.byteLength], [true, 0, 5]);
});

Deno.test("StreamSink fails the reader, also one that comes later, and lets the piece go that waited", async () => {
  const { sink, cancelled } = streamSink();
  const taking = sink.take(fleeting("one"));
  sink.fail(new Error("broken"));
  await taking;
  await assertRejects(() => sink.stream.getReader().read(), Error, "broken");
  sink.take(fleeting("two"));
  sink.end();
  assertEquals(cancelled, []);
});

Deno.test("StreamSink tells that its reader wants no more, and drops what comes", async () => {
  const { sink, cancelled } = streamSink();
  const taking = sink.take(fleeting("one"));
  await sink.stream.cancel("enough");
  await taking;
  await sink.take(fleeting("two"));
  sink.fail(new Error("broken"));
  assertEquals(cancelled, ["enough"]);
});

Deno.test("StreamSink drops what comes after a reader left that was waiting", async () => {
  const { sink, cancelled } = streamSink();
  const reader = sink.stream.getReader();
  const read = reader.read();
  await new Promise((resolve) => setTimeout(resolve, 0));
  await reader.cancel("enough");
  assertEquals([sink.take(fleeting("one")), (await read).done], [undefined, true]);
  assertEquals(cancelled, ["enough"]);
});

Deno.test("DroppingSink says once that it was too much", () => {
  let count = 0;
  const sink = new DroppingSink(5, () => count++);
  sink.take(fleeting("12345"));
  assertEquals(count, 0);
  sink.take(fleeting("6"));
  sink.take(fleeting("7"));
  sink.fail();
  assertEquals(count, 1);
});
