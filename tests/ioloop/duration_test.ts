import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { type DurationParts, durationToMs, durationToSeconds, parseDuration } from "@denado/denado/ioloop";

Deno.test("durationToMs adds the parts", () => {
  const cases: [DurationParts, number][] = [
    [{}, 0],
    [{ hours: 1 }, 3_600_000],
    [{ minutes: 1, seconds: 23 }, 83_000],
    [{ weeks: 1, days: -7 }, 0],
    [{ days: 1.5 }, 129_600_000],
    [{ milliseconds: 5, microseconds: 250 }, 5.25],
  ];
  for (const [duration, expected] of cases) assertEquals(durationToMs(duration), expected);
});

Deno.test("durationToMs asks a duration that can tell its length", () => {
  assertEquals(durationToMs({ total: (unit) => unit === "milliseconds" ? 42 : 0 }), 42);
});

Deno.test("durationToMs refuses parts that are unknown or not numbers", () => {
  for (const wrong of [{ years: 1 }, { hours: "1" }, { hours: NaN }, { constructor: 1 }]) {
    assertThrows(() => durationToMs(wrong as DurationParts), TypeError, "its parts must be numbers of weeks, days");
  }
});

Deno.test("durationToSeconds gives seconds", () => {
  assertEquals(durationToSeconds({ hours: 1 }), 3600);
  assertEquals(durationToSeconds({ milliseconds: 1 }), 0.001);
});

const READABLE: [text: string, ms: number][] = [
  ["45", 45_000],
  ["0", 0],
  ["2.5", 2500],
  [".5s", 500],
  ["1.", 1000],
  ["-10s", -10_000],
  ["+10s", 10_000],
  ["1e3ms", 1000],
  ["1h", 3_600_000],
  ["1h 30m", 5_400_000],
  ["1h30min", 5_400_000],
  ["1H 30M", 5_400_000],
  [" 3 hours  5 minutes ", 11_100_000],
  ["1 hour", 3_600_000],
  ["1w 1d", 691_200_000],
  ["3 sec 5", 8000],
  ["250ms", 250],
  ["100us", 0.1],
];

for (const [text, ms] of READABLE) {
  Deno.test(`parseDuration reads ${JSON.stringify(text)}`, () => assertAlmostEquals(parseDuration(text), ms));
}

for (const text of ["", " ", "abc", "1 parsec", "1h x", "h", "1,5h", "1h--1m", "1 constructor", "1h 30m?"]) {
  Deno.test(`parseDuration refuses ${JSON.stringify(text)}`, () => {
    assertThrows(() => parseDuration(text), SyntaxError, "Cannot read a duration");
  });
}
