import { assertEquals } from "@std/assert";
import { RingBuffer } from "@denado/denado/ioloop";

function filled(...values: number[]): RingBuffer<number> {
  const queue = new RingBuffer<number>();
  for (const value of values) queue.push(value);
  return queue;
}

/** A queue whose head is not at the beginning of its array, and whose values wrap around the end of it. */
function wrapped(...values: number[]): RingBuffer<number> {
  const queue = filled(...Array(14).keys());
  while (queue.size > 0) queue.shift();
  for (const value of values) queue.push(value);
  return queue;
}

Deno.test("RingBuffer gives values back in the order in which they came", () => {
  const queue = filled(1, 2, 3);
  assertEquals([queue.shift(), queue.shift(), queue.shift(), queue.shift()], [1, 2, 3, undefined]);
});

Deno.test("RingBuffer is empty at first", () => {
  const queue = new RingBuffer<number>();
  assertEquals([queue.size, queue.peek(), queue.shift(), [...queue]], [0, undefined, undefined, []]);
});

Deno.test("RingBuffer keeps the order when it grows while its values wrap around", () => {
  const queue = wrapped(0, 1, 2, 3, 4);
  for (let value = 5; value < 100; value++) queue.push(value);
  assertEquals([...queue], [...Array(100).keys()]);
  assertEquals(queue.size, 100);
});

Deno.test("RingBuffer agrees with an array under a long mix of operations", () => {
  const queue = new RingBuffer<number>();
  const model: number[] = [];
  let seed = 7;
  for (let step = 0; step < 20_000; step++) {
    seed = (seed * 1103515245 + 12345) & 0x7fffffff;
    if (seed % 5 < 3) {
      queue.push(step);
      model.push(step);
    } else if (seed % 5 === 3) {
      assertEquals(queue.shift(), model.shift());
    } else {
      const victim = model[seed % Math.max(model.length, 1)] ?? -1;
      const at = model.indexOf(victim);
      if (at !== -1) model.splice(at, 1);
      assertEquals(queue.remove(victim), at !== -1);
    }
    if (step % 500 === 499) { while (model.length > 3) assertEquals(queue.shift(), model.shift()); }
    assertEquals([queue.size, queue.peek()], [model.length, model[0]]);
  }
  assertEquals([...queue], model);
});

Deno.test("RingBuffer goes on after it grew large and ran empty", () => {
  const queue = new RingBuffer<number>();
  for (let round = 0; round < 3; round++) {
    for (let value = 0; value < 20_000; value++) queue.push(value);
    for (let value = 0; value < 20_000; value++) assertEquals(queue.shift(), value);
    assertEquals(queue.size, 0);
  }
  queue.push(1);
  assertEquals([...queue], [1]);
});

Deno.test("RingBuffer.peek shows the oldest value and leaves it", () => {
  const queue = filled(1, 2);
  assertEquals([queue.peek(), queue.peek(), queue.size], [1, 1, 2]);
});

Deno.test("RingBuffer holds undefined like any other value", () => {
  const queue = new RingBuffer<undefined>();
  queue.push(undefined);
  assertEquals(queue.size, 1);
  queue.shift();
  assertEquals(queue.size, 0);
});

const removals = [
  { value: 1, rest: [2, 3, 1], reason: "the first of two equal ones" },
  { value: 2, rest: [1, 3, 1], reason: "in the middle" },
  { value: 9, rest: [1, 2, 3, 1], reason: "not there" },
];

for (const { value, rest, reason } of removals) {
  Deno.test(`RingBuffer.remove takes out one value: ${reason}`, () => {
    for (const queue of [filled(1, 2, 3, 1), wrapped(1, 2, 3, 1)]) {
      assertEquals(queue.remove(value), rest.length === 3);
      assertEquals([...queue], rest);
      assertEquals(queue.size, rest.length);
    }
  });
}

Deno.test("RingBuffer.clear drops everything", () => {
  for (const queue of [wrapped(1, 2, 3, 4, 5), filled(...Array(1000).keys())]) {
    queue.clear();
    assertEquals([queue.size, queue.peek(), queue.shift(), [...queue]], [0, undefined, undefined, []]);
    for (let value = 0; value < 40; value++) queue.push(value);
    assertEquals([...queue], [...Array(40).keys()]);
  }
});
