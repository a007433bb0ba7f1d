import { assertEquals } from "@std/assert";
import { MessageQueue } from "@denado/denado/websocket";

Deno.test("MessageQueue holds one message, and who brought it", async () => {
  const queue = new MessageQueue();
  let taken = false;
  const put = queue.put("a")!.then(() => taken = true);
  await Promise.resolve();
  assertEquals(taken, false);
  assertEquals(await queue.take(), "a");
  await put;
});

Deno.test("MessageQueue gives a message to who waits for it, first come, first served", async () => {
  const queue = new MessageQueue();
  const takes = [queue.take(), queue.take()];
  assertEquals([queue.put(""), queue.put(new Uint8Array(0))], [undefined, undefined]);
  assertEquals(await Promise.all(takes), ["", new Uint8Array(0)]);
});

Deno.test("MessageQueue ends: what waits can be taken, then there is nothing", async () => {
  const queue = new MessageQueue();
  const put = queue.put("last");
  queue.end();
  assertEquals(queue.put("too late"), undefined);
  assertEquals([await queue.take(), await queue.take()], ["last", undefined]);
  await put;
  const other = new MessageQueue();
  const take = other.take();
  other.end();
  assertEquals(await take, undefined);
});

Deno.test("MessageQueue is a loop, which can be left and entered again", async () => {
  const queue = new MessageQueue();
  const seen: unknown[] = [];
  const bring = async () => {
    for (const message of ["a", "b", "c"]) await queue.put(message);
    queue.end();
  };
  const brought = bring();
  for await (const message of queue) {
    seen.push(message);
    break;
  }
  for await (const message of queue) seen.push(message);
  await brought;
  assertEquals(seen, ["a", "b", "c"]);
});
