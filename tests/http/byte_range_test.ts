import {
  contentRange,
  parseRequestRange,
  type RequestRange,
  resolveRange,
  unsatisfiedRange,
} from "../../http/byte_range.ts";
import { assertEquals } from "@std/assert";

const FIELDS: [field: string, expected: [start: number | undefined, end: number | undefined] | undefined][] = [
  ["bytes=1-2", [1, 3]],
  ["bytes=0-0", [0, 1]],
  ["bytes=6-", [6, undefined]],
  ["bytes=-6", [-6, undefined]],
  ["bytes=-0", [undefined, 0]],
  ["bytes=10-5", [10, 6]],
  ["Bytes=1-2", [1, 3]],
  [" bytes = 1 - 2 ", [1, 3]],
  ["bytes=007-08", [7, 9]],
  ["bytes=", undefined],
  ["bytes=-", undefined],
  ["bytes", undefined],
  ["", undefined],
  ["foo=42", undefined],
  ["foo=1-2", undefined],
  ["bytes=1-2,6-10", undefined],
  ["bytes=a-b", undefined],
  ["bytes=+1-2", undefined],
  ["bytes=1_0-2", undefined],
  ["bytes=0x1-2", undefined],
  ["bytes=1-2-3", undefined],
  ["bytes=--1", undefined],
  ["bytes=1.5-2", undefined],
  ["bytes=٣-٤", undefined],
  ["bytes=1-2\n", undefined],
  ["1-2=bytes", undefined],
  ["bytes-1=2", undefined],
];

for (const [field, expected] of FIELDS) {
  Deno.test(`parseRequestRange reads ${JSON.stringify(field)}`, () => {
    assertEquals(parseRequestRange(field), expected && { start: expected[0], end: expected[1] });
  });
}

const CASES: [field: string, size: number, expected: string, reason: string][] = [
  ["bytes=0-9", 10, "bytes 0-9/10", "all of it"],
  ["bytes=0-", 10, "bytes 0-9/10", "all of it, with an open end"],
  ["bytes=4-5", 10, "bytes 4-5/10", "the middle"],
  ["bytes=9-", 10, "bytes 9-9/10", "the last byte"],
  ["bytes=5-100", 10, "bytes 5-9/10", "past the end"],
  ["bytes=-3", 10, "bytes 7-9/10", "the last three"],
  ["bytes=-100", 10, "bytes 0-9/10", "more than there are"],
  ["bytes=10-", 10, "bytes */10", "from the end on"],
  ["bytes=10-20", 10, "bytes */10", "behind the end"],
  ["bytes=5-4", 10, "bytes */10", "the end before the start"],
  ["bytes=-0", 10, "bytes */10", "the last none"],
  ["bytes=0-", 0, "bytes */0", "of nothing"],
  ["bytes=-5", 0, "bytes */0", "the last bytes of nothing"],
  ["bytes=99999999999999999999-", 10, "bytes */10", "a number of 67 bits"],
  ["bytes=1-99999999999999999999", 10, "bytes 1-9/10", "an end of 67 bits"],
  [`bytes=-${"9".repeat(400)}`, 10, "bytes 0-9/10", "a number without bounds"],
  [`bytes=${"9".repeat(400)}-`, 10, "bytes */10", "a start without bounds"],
];

for (const [field, size, expected, reason] of CASES) {
  Deno.test(`resolveRange answers ${field.slice(0, 40)} of ${size} with ${expected}: ${reason}`, () => {
    const range = resolveRange(parseRequestRange(field) as RequestRange, size);
    assertEquals(range === undefined ? unsatisfiedRange(size) : contentRange(range, size), expected);
  });
}

Deno.test("parseRequestRange takes long input in its stride", () => {
  assertEquals(parseRequestRange(`bytes=${" ".repeat(1_000_000)}`), undefined);
  assertEquals(parseRequestRange(`${" ".repeat(1_000_000)}bytes=1-`), { start: 1, end: undefined });
  assertEquals(parseRequestRange(`bytes=${"1".repeat(1_000_000)}`), undefined);
});
