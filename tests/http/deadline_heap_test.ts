import { AsyncLocalStorage } from "node:async_hooks";
import { assert, assertEquals } from "@std/assert";
import { DeadlineHeap, type HeapEntry } from "../../http/deadline_heap.ts";
import { withManualLoop } from "../helpers/manual_loop.ts";
import { Random } from "../helpers/random.ts";

class Entry implements HeapEntry {
  heapIndex = -1;
  constructor(public dueAt: number, readonly due: (nowMs: number) => void = () => {}) {}
}

Deno.test("DeadlineHeap looks at its entries in order, with one timer for all", () =>
  withManualLoop(async ({ loop, clock }) => {
    const heap = DeadlineHeap.for(loop);
    const seen: number[] = [];
    const random = new Random(1);
    const entries = Array.from({ length: 500 }, () => {
      const entry: Entry = new Entry(1 + random.below(1000), () => seen.push(entry.dueAt));
      return entry;
    });
    for (const entry of entries) heap.add(entry);
    await clock.advance(0);
    assertEquals([heap.size, clock.armed], [500, 1]);
    const kept = entries.filter((_, at) => at % 3 !== 0);
    for (const entry of entries) if (!kept.includes(entry)) heap.remove(entry);
    for (const entry of kept.slice(0, 100)) {
      entry.dueAt = Math.max(1, entry.dueAt - random.below(500));
      heap.advance(entry);
    }
    for (let ms = 0; ms < 1000; ms += 10) {
      await clock.advance(10);
      assertEquals(seen, kept.map(({ dueAt }) => dueAt).filter((dueAt) => dueAt <= ms + 10).sort((a, b) => a - b));
    }
    assertEquals([heap.size, clock.armed], [0, 0]);
    assert(entries.every(({ heapIndex }) => heapIndex === -1));
  }));

Deno.test("DeadlineHeap lets an entry take a place again when it is looked at, also for now", () =>
  withManualLoop(async ({ loop, clock }) => {
    const heap = DeadlineHeap.for(loop);
    let count = 0;
    const entry: Entry = new Entry(10, (nowMs) => {
      entry.dueAt = nowMs;
      if (++count < 3) heap.add(entry);
    });
    heap.add(entry);
    await clock.advance(10);
    await clock.advance(1);
    assertEquals([count, heap.size, clock.armed], [3, 0, 0]);
  }));

Deno.test("DeadlineHeap goes on when an entry throws, which is reported", () =>
  withManualLoop(async ({ loop, clock }) => {
    const heap = DeadlineHeap.for(loop);
    const reported: unknown[] = [];
    loop.eventLoop.setExceptionHandler((_loop, { exception }) => void reported.push(exception));
    const broken = new Error("broken");
    let called = false;
    heap.add(
      new Entry(10, () => {
        throw broken;
      }),
    );
    heap.add(new Entry(10, () => called = true));
    await clock.advance(10);
    assertEquals([reported, called], [[broken], true]);
  }));

Deno.test("DeadlineHeap holds no timer when its last entry is taken away", () =>
  withManualLoop(async ({ loop, clock }) => {
    const heap = DeadlineHeap.for(loop);
    const entry = new Entry(10);
    heap.add(entry);
    heap.remove(entry);
    heap.remove(entry);
    await clock.advance(0);
    assertEquals(clock.armed, 0);
  }));

Deno.test("DeadlineHeap calls nobody in the context of somebody else", () =>
  withManualLoop(async ({ loop, clock }) => {
    const storage = new AsyncLocalStorage<string>();
    const heap = DeadlineHeap.for(loop);
    let seen: string | undefined = "not called";
    storage.run("secret", () => heap.add(new Entry(10, () => seen = storage.getStore())));
    await clock.advance(10);
    assertEquals(seen, undefined);
  }));
