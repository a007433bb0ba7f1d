import { parsePreferences } from "@denado/denado/web";
import { assertEquals } from "@std/assert";

const LISTS: [header: string, expected: [string, number][]][] = [
  ["", []],
  ["gzip", [["gzip", 1]]],
  ["en-US, en;q=0.9,*;q=0.1", [["en-US", 1], ["en", 0.9], ["*", 0.1]]],
  [" a ; q = 0.5 ,\tb;Q=1.000", [["a", 0.5], ["b", 1]]],
  ["a;q=0", [["a", 0]]],
  ["a;q=0.", [["a", 0]]],
  ["a;level=1;q=0.25;x=y", [["a", 0.25]]],
  ["a;q=-0.5, b;q=2, c;q=x, d;q=, e;q=1e-1, f;q=0x1, g;q=.5", []],
  [",,;q=1, a", [["a", 1]]],
];

for (const [header, expected] of LISTS) {
  Deno.test(`parsePreferences reads ${JSON.stringify(header)}`, () => {
    assertEquals(parsePreferences(header).map(({ value, quality }) => [value, quality]), expected);
  });
}

Deno.test("parsePreferences looks at the first 64 entries only", () => {
  assertEquals(parsePreferences("a,".repeat(100_000)).length, 64);
});
