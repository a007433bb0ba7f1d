import { assertEquals } from "@std/assert";
import { indexOfBytes } from "@denado/denado/tcp";

const bytes = (text: string) => new TextEncoder().encode(text);

const CASES: { name: string; text: string; needle: string; from?: number; to?: number; expected: number }[] = [
  { name: "at the start", text: "abcabc", needle: "abc", expected: 0 },
  { name: "at the end", text: "xxab", needle: "ab", expected: 2 },
  { name: "not there", text: "abcabc", needle: "abd", expected: -1 },
  { name: "a single byte", text: "abc", needle: "c", expected: 2 },
  { name: "behind a false start", text: "aaab", needle: "aab", expected: 1 },
  { name: "behind a repeated first byte", text: "\r\r\n", needle: "\r\n", expected: 1 },
  { name: "from an index on", text: "abcabc", needle: "abc", from: 1, expected: 3 },
  { name: "not when it ends behind the range", text: "abcabc", needle: "abc", from: 1, to: 5, expected: -1 },
  { name: "just when it ends with the range", text: "abcabc", needle: "abc", from: 1, to: 6, expected: 3 },
  { name: "not when it is longer than the range", text: "ab", needle: "abc", expected: -1 },
  { name: "not in an empty range", text: "abc", needle: "a", from: 1, to: 1, expected: -1 },
  { name: "not where only the first byte is in the range", text: "xxxa", needle: "ab", expected: -1 },
];

for (const { name, text, needle, from = 0, to = text.length, expected } of CASES) {
  Deno.test(`indexOfBytes finds a needle: ${name}`, () => {
    assertEquals(indexOfBytes(bytes(text), bytes(needle), { from, to }), expected);
  });
}
