import { assert, assertEquals, assertThrows } from "@std/assert";
import { compareItems, PriorityHeap } from "@denado/denado/ioloop";

function drain<T>(heap: PriorityHeap<T>): T[] {
  const items: T[] = [];
  while (heap.size > 0) items.push(heap.shift() as T);
  return items;
}

Deno.test("PriorityHeap gives items in ascending order, whatever the order in which they came", () => {
  let state = 42; // a fixed sequence of pseudo-random numbers
  const next = () => (state = (state * 1103515245 + 12345) % 2 ** 31);
  for (const count of [0, 1, 2, 3, 7, 100, 1000]) {
    const items = Array.from({ length: count }, () => next() % 100);
    const heap = new PriorityHeap<number>();
    for (const item of items) heap.push(item);
    assertEquals(drain(heap), items.toSorted((a, b) => a - b));
  }
});

Deno.test("PriorityHeap stays in order when pushes and shifts alternate", () => {
  const heap = new PriorityHeap<number>();
  for (const item of [5, 3, 8]) heap.push(item);
  assertEquals(heap.shift(), 3);
  for (const item of [1, 9, 4]) heap.push(item);
  assertEquals(drain(heap), [1, 4, 5, 8, 9]);
});

Deno.test("PriorityHeap gives equal items in the order in which they came", () => {
  const heap = new PriorityHeap<{ rank: number; name: number }>((a, b) => a.rank - b.rank);
  const items = Array.from({ length: 50 }, (_, name) => ({ rank: name % 3, name }));
  for (const item of items) heap.push(item);
  assertEquals(drain(heap), items.toSorted((a, b) => a.rank - b.rank)); // which is stable
});

Deno.test("PriorityHeap.shift gives undefined when there is nothing", () => {
  assertEquals(new PriorityHeap<number>().shift(), undefined);
});

Deno.test("PriorityHeap iterates over its items", () => {
  const heap = new PriorityHeap<number>();
  for (const item of [3, 1, 2]) heap.push(item);
  assertEquals([...heap].toSorted(), [1, 2, 3]);
  assertEquals(heap.size, 3);
});

Deno.test("PriorityHeap stays as it was when a comparison throws", () => {
  let broken = false;
  const heap = new PriorityHeap<number>((a, b) => {
    if (broken) throw new RangeError("No order");
    return a - b;
  });
  for (const item of [5, 3, 8, 1, 9, 2]) heap.push(item);
  broken = true;
  assertThrows(() => heap.push(0), RangeError);
  assertThrows(() => heap.shift(), RangeError);
  broken = false;
  assertEquals(drain(heap), [1, 2, 3, 5, 8, 9]);
});

Deno.test("compareItems orders pairs", () => {
  const same = { name: "no order of its own" };
  const ascending: [smaller: unknown, greater: unknown][] = [
    [1, 2],
    [-1, 0.5],
    [1n, 2],
    [-Infinity, Infinity],
    ["a", "b"],
    ["B", "a"], // by code units
    ["a", "aa"],
    [[0, "b"], [1, "a"]],
    [[1, "a"], [1, "b"]],
    [[1], [1, 0]],
    [[], [0]],
    [[1, [2, 3]], [1, [2, 4]]],
    [[same, 1], [same, 2]],
  ];
  for (const [smaller, greater] of ascending) {
    const label = `${Deno.inspect(smaller)} before ${Deno.inspect(greater)}`;
    assert(compareItems(smaller, greater) < 0, label);
    assert(compareItems(greater, smaller) > 0, label);
  }
  const equal: [unknown, unknown][] = [[1, 1], [1, 1n], [0, -0], ["a", "a"], [[1, "a"], [1, "a"]], [same, same], [
    [],
    [],
  ]];
  for (const [a, b] of equal) assertEquals(compareItems(a, b), 0, `${Deno.inspect(a)} equals ${Deno.inspect(b)}`);
});

Deno.test("compareItems throws for values without an order", () => {
  const pairs: [unknown, unknown][] = [[1, "1"], [NaN, 1], [{}, {}], [null, undefined], [[1, {}], [1, {}]], [[1], 1]];
  for (const [a, b] of pairs) {
    assertThrows(() => compareItems(a, b), TypeError, "give the queue a compare function");
  }
});
