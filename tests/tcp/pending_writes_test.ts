import { assertEquals, assertRejects } from "@std/assert";
import { PendingWrites } from "../../tcp/pending_writes.ts";
import { settle } from "../helpers/manual_clock.ts";

Deno.test("PendingWrites keeps the promises whose end was reached, in order", async () => {
  const writes = new PendingWrites();
  const kept: number[] = [];
  for (const end of [5, 5, 8, 20]) writes.waitFor(end).then(() => kept.push(end));
  writes.resolveUpTo(4);
  await settle();
  assertEquals([kept, writes.length], [[], 4]);
  writes.resolveUpTo(8);
  await settle();
  assertEquals([kept, writes.length], [[5, 5, 8], 1]);
  writes.resolveUpTo(100);
  await settle();
  assertEquals([kept, writes.length], [[5, 5, 8, 20], 0]);
});

Deno.test("PendingWrites fails all that wait, and one that nobody looks at is silent", async () => {
  const writes = new PendingWrites();
  const looked = writes.waitFor(1);
  writes.waitFor(2);
  writes.rejectAll(new RangeError("closed"));
  await assertRejects(() => looked, RangeError, "closed");
  await settle();
  assertEquals(writes.length, 0);
});
