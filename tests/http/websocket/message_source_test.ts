import { assertEquals, assertRejects } from "@std/assert";
import { type MessageSource, sendInFragments } from "../../../http/websocket/message_source.ts";

type Sent = [part: string | Uint8Array, final: boolean, binary: boolean][];

async function send(source: MessageSource, options: { binary?: boolean } = {}): Promise<Sent> {
  const sent: Sent = [];
  await sendInFragments(source, options, (part, { final, binary }) => {
    sent.push([part, final, binary]);
    return Promise.resolve();
  });
  return sent;
}

Deno.test("sendInFragments sends each chunk, and an empty last one", async () => {
  assertEquals(await send(["a", "", "b"]), [["a", false, false], ["", false, false], ["b", false, false], [
    "",
    true,
    false,
  ]]);
  const bytes = new Uint8Array([1]);
  assertEquals(await send([bytes]), [[bytes, false, true], ["", true, true]]);
  assertEquals(await send([]), [["", true, false]]);
  assertEquals(await send([], { binary: true }), [["", true, true]]);
  assertEquals((await send(["a"], { binary: true }))[0], ["a", false, true]);
});

Deno.test("sendInFragments takes generators and web streams", async () => {
  async function* chunks() {
    yield "a";
    await Promise.resolve();
    yield "b";
  }
  assertEquals((await send(chunks())).map(([part]) => part), ["a", "b", ""]);
  assertEquals((await send(ReadableStream.from(["a", "b"]))).map(([part]) => part), ["a", "b", ""]);
});

Deno.test("sendInFragments does not cut characters", async () => {
  assertEquals((await send(["a\ud83d", "\ude00b"])).map(([part]) => part), ["a", "\ud83d\ude00b", ""]);
  assertEquals((await send(["\ud83d", "\ud83d", "\ude00"])).map(([part]) => part), ["", "\ud83d", "\ud83d\ude00", ""]);
  assertEquals((await send(["a\ud83d"])).map(([part]) => part), ["a", "\ud83d"]);
});

Deno.test("sendInFragments asks for a chunk when the one before is sent", async () => {
  const order: string[] = [];
  function* chunks() {
    for (const name of ["a", "b"]) {
      order.push(`asked for ${name}`);
      yield name;
    }
  }
  await sendInFragments(chunks(), {}, async (part) => {
    await Promise.resolve();
    order.push(`sent ${part}`);
  });
  assertEquals(order, ["asked for a", "sent a", "asked for b", "sent b", "sent "]);
});

Deno.test("sendInFragments refuses what is no chunk, and a mixture", async () => {
  await assertRejects(() => send([7 as never]), TypeError, "neither text nor bytes");
  await assertRejects(() => send(["a", new Uint8Array(1)]), TypeError, "of one kind");
  await assertRejects(() => send([new Uint8Array(1), "a"]), TypeError, "of one kind");
});
