import { assertEquals, assertThrows } from "@std/assert";
import { RequestQueue } from "../../../http/client/request_queue.ts";

Deno.test("RequestQueue hands out slots, first come, first served", () => {
  const queue = new RequestQueue(2);
  const started: number[] = [];
  for (let at = 0; at < 5; at++) queue.add(() => started.push(at));
  assertEquals([started, queue.active, queue.waiting], [[0, 1], 2, 3]);
  queue.release();
  assertEquals([started, queue.active, queue.waiting], [[0, 1, 2], 2, 2]);
  for (let i = 0; i < 4; i++) queue.release();
  assertEquals([started, queue.active, queue.waiting], [[0, 1, 2, 3, 4], 0, 0]);
});

Deno.test("RequestQueue passes over those who have given up", () => {
  const queue = new RequestQueue(1);
  const started: string[] = [];
  assertEquals(queue.add(() => started.push("one")), undefined);
  const two = queue.add(() => started.push("two"))!;
  queue.add(() => started.push("three"));
  queue.remove(two);
  queue.remove(two);
  assertEquals(queue.waiting, 1);
  queue.release();
  assertEquals(started, ["one", "three"]);
});

Deno.test("RequestQueue lets a slot go to somebody who comes while it is given back", () => {
  const queue = new RequestQueue(1);
  const started: string[] = [];
  queue.add(() => {});
  queue.add(() => {
    started.push("first");
    queue.add(() => started.push("later"));
    queue.release();
  });
  queue.release();
  assertEquals([started, queue.active], [["first", "later"], 1]);
});

for (const count of [0, -1, NaN]) {
  Deno.test(`RequestQueue refuses ${count} slots`, () => {
    assertThrows(() => new RequestQueue(count), RangeError, `fewer than one at once: ${count}`);
  });
}
