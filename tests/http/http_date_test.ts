import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { currentHttpDate, formatTimestamp, parseHttpDate } from "../../http/http_date.ts";

const TEXT = "Sun, 27 Jan 2013 18:43:20 GMT";

Deno.test("formatTimestamp formats dates and milliseconds, dropping the fraction", () => {
  for (
    const time of [1359312200000, 1359312200503.611, new Date(1359312200999), new Date("2013-01-27T14:43:20-04:00")]
  ) {
    assertEquals(formatTimestamp(time), TEXT);
  }
  assertEquals(formatTimestamp(0), "Thu, 01 Jan 1970 00:00:00 GMT");
  assertEquals(formatTimestamp(-1), "Wed, 31 Dec 1969 23:59:59 GMT");
  assertEquals(formatTimestamp(Date.UTC(9999, 11, 31)), "Fri, 31 Dec 9999 00:00:00 GMT");
});

Deno.test("formatTimestamp refuses what is no time", () => {
  // deno-lint-ignore no-explicit-any -- what the types forbid
  for (const time of ["2013", undefined, null, {}, 1n] as any[]) assertThrows(() => formatTimestamp(time), TypeError);
  for (const time of [NaN, Infinity, new Date(NaN), 8.64e15, -8.64e15]) {
    assertThrows(() => formatTimestamp(time), RangeError);
  }
});

Deno.test("currentHttpDate changes with the second, in both directions", () => {
  const now = 1359312200000;
  assertEquals(currentHttpDate(now), TEXT);
  const text = currentHttpDate(now + 999);
  assertStrictEquals(text, TEXT);
  assertEquals(currentHttpDate(now + 1000), "Sun, 27 Jan 2013 18:43:21 GMT");
  assertEquals(currentHttpDate(now + 999.9), TEXT);
  assertEquals(currentHttpDate(now - 0.5), "Sun, 27 Jan 2013 18:43:19 GMT");
});

const DATES: [text: string, iso: string | undefined][] = [
  ["Sun, 06 Nov 1994 08:49:37 GMT", "1994-11-06T08:49:37.000Z"],
  ["Sunday, 06-Nov-94 08:49:37 GMT", "1994-11-06T08:49:37.000Z"],
  ["Sun Nov  6 08:49:37 1994", "1994-11-06T08:49:37.000Z"],
  ["Wed Nov 16 08:49:37 1994", "1994-11-16T08:49:37.000Z"],
  ["Mon, 29 Feb 2016 00:00:00 GMT", "2016-02-29T00:00:00.000Z"],
  ["Sat, 31 Dec 2016 23:59:60 GMT", "2017-01-01T00:00:00.000Z"],
  ["Fri, 01 Jan 0001 00:00:00 GMT", "0001-01-01T00:00:00.000Z"],
  ["Friday, 01-Jan-70 00:00:00 GMT", "2070-01-01T00:00:00.000Z"],
  ["Friday, 01-Jan-75 00:00:00 GMT", "1975-01-01T00:00:00.000Z"],
  ["Friday, 01-Jan-99 00:00:00 GMT", "1999-01-01T00:00:00.000Z"],
  ["", undefined],
  ["0", undefined],
  ["Sun, 06 Nov 1994 08:49:37", undefined],
  ["Sun, 06 Nov 1994 08:49:37 UTC", undefined],
  ["Sun, 06 Nov 1994 08:49:37 +0000", undefined],
  ["sun, 06 nov 1994 08:49:37 gmt", undefined],
  ["Sun, 6 Nov 1994 08:49:37 GMT", undefined],
  ["Sun, 06 Nov 94 08:49:37 GMT", undefined],
  ["Sun, 31 Feb 1994 08:49:37 GMT", undefined],
  ["Sun, 00 Nov 1994 08:49:37 GMT", undefined],
  ["Sun, 06 Nov 1994 24:00:00 GMT", undefined],
  ["Sun, 06 Nov 1994 08:60:00 GMT", undefined],
  ["Sun, 06 Nov 1994 08:49:61 GMT", undefined],
  [" Sun, 06 Nov 1994 08:49:37 GMT", undefined],
  ["Sun, 06 Nov 1994 08:49:37 GMT ", undefined],
  ["1994-11-06T08:49:37Z", undefined],
];

for (const [text, iso] of DATES) {
  Deno.test(`parseHttpDate ${iso === undefined ? "refuses" : "reads"} "${text}"`, () => {
    assertEquals(parseHttpDate(text, { nowMs: Date.UTC(2024, 5, 1) })?.toISOString(), iso);
  });
}

Deno.test("parseHttpDate takes the current time when none is given", () => {
  assertEquals(parseHttpDate("Sunday, 06-Nov-94 08:49:37 GMT")!.getUTCFullYear() % 100, 94);
});

Deno.test("parseHttpDate reads what formatTimestamp writes", () => {
  for (let time = 0; time < 4e12; time += 123_456_789_000) {
    assertEquals(parseHttpDate(formatTimestamp(time))!.getTime(), time);
  }
});
