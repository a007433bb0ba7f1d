import { assertEquals, assertThrows } from "@std/assert";
import { enumerate, len, max, min, range, reversed, sorted, sum, zip } from "../../../web/template/python_names.ts";

Deno.test("len counts elements, characters, entries and keys", () => {
  const values = [[1, 2], "a\u{1f600}", new Map([[1, 2]]), new Set([1, 2, 3]), { a: 1 }, new Uint8Array(4)];
  assertEquals(values.map(len), [2, 2, 1, 3, 1, 4]);
  assertThrows(() => len(5), TypeError, "Cannot take the length of 5");
  assertThrows(() => len(null), TypeError);
});

Deno.test("range counts up and down without its stop", () => {
  assertEquals(range(3), [0, 1, 2]);
  assertEquals(range(1, 8, 3), [1, 4, 7]);
  assertEquals(range(3, 0, -1), [3, 2, 1]);
  assertEquals([range(0), range(3, 1), range(1, 3, -1)], [[], [], []]);
  assertThrows(() => range(1, 2, 0), RangeError, "Cannot make a range of 1, 2, 0");
  assertThrows(() => range(1.5), RangeError);
});

Deno.test("enumerate, zip and reversed go through any iterable", () => {
  assertEquals(enumerate("ab", 1), [[1, "a"], [2, "b"]]);
  assertEquals(zip([1, 2, 3], new Set(["a", "b"])), [[1, "a"], [2, "b"]]);
  assertEquals(zip(), []);
  assertEquals(reversed(new Set([1, 2])), [2, 1]);
});

Deno.test("sorted compares numbers as numbers, by a key, and keeps the order of equals", () => {
  assertEquals(sorted([10, 9, 1]), [1, 9, 10]);
  const key = (element: unknown) => (element as string).length;
  assertEquals(sorted(["ccc", "a", "b"], { key }), ["a", "b", "ccc"]);
  assertEquals(sorted(["a", "ccc", "b"], { key, reverse: true }), ["ccc", "a", "b"]);
});

Deno.test("sum, min and max take an iterable, min and max also several arguments", () => {
  assertEquals([sum([1, 2]), sum([1], 5), min(3, 1), max([1, 3, 2]), min("b", "a")], [3, 6, 1, 3, "a"]);
  assertThrows(() => max([]), RangeError, "Cannot find the smallest or greatest of nothing");
});
