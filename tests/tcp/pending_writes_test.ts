import { assert, assertEquals, assertRejects } from "@std/assert";
import { PendingWrites } from "../../tcp/pending_writes.ts";
import { settle } from "../helpers/manual_clock.ts";

Deno.test("PendingWrites keeps the promises whose end was reached, in order", async () => {
  const writes = new PendingWrites();
  const kept: number[] = [];
  for (const end of [5, 5, 8, 20]) writes.waitFor(end).then(() => kept.push(end));
  writes.resolveUpTo(4);
  await settle();
  assertEquals([kept, writes.isEmpty], [[], false]);
  writes.resolveUpTo(8);
  await settle();
  assertEquals([kept, writes.isEmpty], [[5, 5, 8], false]);
  writes.waitFor(30).then(() => kept.push(30));
  writes.resolveUpTo(100);
  await settle();
  assertEquals([kept, writes.isEmpty], [[5, 5, 8, 20, 30], true]);
});

Deno.test("PendingWrites fails all that wait, and one that nobody looks at is silent", async () => {
  const writes = new PendingWrites();
  const looked = writes.waitFor(1);
  writes.waitFor(2);
  writes.rejectAll(new RangeError("closed"));
  await assertRejects(() => looked, RangeError, "closed");
  await settle();
  assert(writes.isEmpty);
});
