import { assertEquals, assertThrows } from "@std/assert";
import { parseDate, parseDuration } from "../../ioloop/option_dates.ts";

const DATES: readonly [text: string, expected: Date][] = [
  ["Sun Apr 28 05:16:07 2013", new Date(2013, 3, 28, 5, 16, 7)],
  ["sun APR 28 05:16:07 2013", new Date(2013, 3, 28, 5, 16, 7)],
  ["2013-04-28 05:16:07", new Date(2013, 3, 28, 5, 16, 7)],
  ["2013-04-28 05:16", new Date(2013, 3, 28, 5, 16)],
  ["2013-4-8 5:06", new Date(2013, 3, 8, 5, 6)],
  ["2013-04-28T05:16", new Date(2013, 3, 28, 5, 16)],
  ["2013-04-28T05:16:07", new Date(2013, 3, 28, 5, 16, 7)],
  ["20130428 05:16:07", new Date(2013, 3, 28, 5, 16, 7)],
  ["20130428 05:16", new Date(2013, 3, 28, 5, 16)],
  ["2013-04-28", new Date(2013, 3, 28)],
  ["20130428", new Date(2013, 3, 28)],
  ["05:16:07", new Date(1900, 0, 1, 5, 16, 7)],
  ["05:16", new Date(1900, 0, 1, 5, 16)],
  [" 2012-02-29 ", new Date(2012, 1, 29)],
  ["2013-04-28T05:16:07Z", new Date(Date.UTC(2013, 3, 28, 5, 16, 7))],
  ["2013-04-28T05:16:07.250+02:00", new Date(Date.UTC(2013, 3, 28, 3, 16, 7, 250))],
];

for (const [text, expected] of DATES) {
  Deno.test(`parseDate reads ${text}`, () => assertEquals(parseDate(text), expected));
}

Deno.test("parseDate takes a year of the first century as it is", () => {
  assertEquals(parseDate("0050-01-02").getFullYear(), 50);
});

for (
  const text of [
    "",
    "2013",
    "2013-02-29",
    "2013-13-01",
    "2013-00-10",
    "2013-04-28 24:00",
    "2013-04-28 5:16 pm",
    "25:00",
  ]
) {
  Deno.test(`parseDate refuses ${JSON.stringify(text)}`, () => {
    assertThrows(() => parseDate(text), SyntaxError, "it is not a date");
  });
}

const DURATIONS: readonly [text: string, expectedMs: number][] = [
  ["45s", 45_000],
  ["45", 45_000],
  ["0", 0],
  ["1h 30m", 5_400_000],
  ["1h30m", 5_400_000],
  ["1.5 hours", 5_400_000],
  ["2min 3 sec", 123_000],
  ["250ms", 250],
  ["250us", 0.25],
  ["2d 1w", 777_600_000],
  ["1 days 2 weeks", 1_296_000_000],
  ["3 minutes 4 seconds 5 milliseconds", 184_005],
  ["1e3 ms", 1000],
  ["-5m", -300_000],
  [" .5s ", 500],
];

for (const [text, expectedMs] of DURATIONS) {
  Deno.test(`parseDuration reads ${JSON.stringify(text)}`, () => assertEquals(parseDuration(text), expectedMs));
}

for (const text of ["", " ", "h", "1x", "1H", "1h, 2m", "1h x", "constructor", "1constructor"]) {
  Deno.test(`parseDuration refuses ${JSON.stringify(text)}`, () => {
    assertThrows(() => parseDuration(text), SyntaxError, "it is not a duration");
  });
}
