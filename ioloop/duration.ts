/**
 * Spans of time that are written for people: `"1h 30m"`, `{ hours: 1, minutes: 30 }`, a `Temporal.Duration`.
 *
 * Everywhere else Denado counts in milliseconds. This is for what is configured by hand: options, command lines.
 *
 * @module
 */

import type { Duration } from "./periodic_callback.ts";

/** A span of time by its parts; what is left out is 0, and a part may be negative or have a fraction. */
export interface DurationParts {
  /** Weeks of seven days. */
  readonly weeks?: number;
  /** Days of 24 hours. */
  readonly days?: number;
  /** Hours. */
  readonly hours?: number;
  /** Minutes. */
  readonly minutes?: number;
  /** Seconds. */
  readonly seconds?: number;
  /** Milliseconds. */
  readonly milliseconds?: number;
  /** Microseconds. */
  readonly microseconds?: number;
}

const UNITS_MS = {
  weeks: 604_800_000,
  days: 86_400_000,
  hours: 3_600_000,
  minutes: 60_000,
  seconds: 1000,
  milliseconds: 1,
  microseconds: 0.001,
} as const satisfies Record<keyof DurationParts, number>;

const UNIT_NAMES: Readonly<Record<string, keyof DurationParts>> = {
  w: "weeks",
  week: "weeks",
  d: "days",
  day: "days",
  h: "hours",
  hour: "hours",
  m: "minutes",
  min: "minutes",
  minute: "minutes",
  s: "seconds",
  sec: "seconds",
  second: "seconds",
  ms: "milliseconds",
  millisecond: "milliseconds",
  us: "microseconds",
  microsecond: "microseconds",
};

/** A number, and a unit behind it. */
const PART = /\s*([-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?)\s*([a-z]*)\s*/iy;

/**
 * The length of a duration in milliseconds.
 *
 * @throws {TypeError} if it has a part that is not a number, or none that is known
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { durationToMs } from "@denado/denado/ioloop";
 *
 * assertEquals(durationToMs({ minutes: 1, seconds: 23 }), 83_000);
 * ```
 */
export function durationToMs(duration: Duration | DurationParts): number {
  if ("total" in duration) return duration.total("milliseconds");
  let ms = 0;
  for (const [name, value] of Object.entries(duration)) {
    if (!isUnit(name) || typeof value !== "number" || Number.isNaN(value)) {
      throw new TypeError(
        `Cannot tell the length of a duration, its parts must be numbers of ${Object.keys(UNITS_MS).join(", ")}: ${
          Deno.inspect(duration)
        }`,
      );
    }
    ms += value * UNITS_MS[name];
  }
  return ms;
}

/** The length of a duration in seconds. Tornado: `timedelta_to_seconds`. @throws {TypeError} as {@linkcode durationToMs} */
export function durationToSeconds(duration: Duration | DurationParts): number {
  return durationToMs(duration) / 1000;
}

/**
 * The milliseconds of a duration in words, as Tornado's options take them: numbers with units, one after the other.
 *
 * Units are `w`, `d`, `h`, `m` or `min`, `s` or `sec`, `ms` and `us`, or their names in full, in upper or lower case. A
 * number without a unit is in *seconds*.
 *
 * @throws {SyntaxError} if it is anything else
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseDuration } from "@denado/denado/ioloop";
 *
 * assertEquals(parseDuration("1h 30m"), 5_400_000);
 * assertEquals(parseDuration("250ms"), 250);
 * assertEquals(parseDuration("2.5"), 2500);
 * ```
 */
export function parseDuration(text: string): number {
  const pattern = new RegExp(PART);
  let ms = 0;
  while (pattern.lastIndex < text.length || text === "") {
    const match = pattern.exec(text);
    const unit = findUnit(match?.[2]);
    if (match === null || unit === undefined) {
      throw new SyntaxError(
        `Cannot read a duration, it must look like 1h 30m, with units w, d, h, min, s, ms, us: ${Deno.inspect(text)}`,
      );
    }
    ms += Number(match[1]) * UNITS_MS[unit];
  }
  return ms;
}

function findUnit(name = ""): keyof DurationParts | undefined {
  if (name === "") return "seconds";
  const lowerCase = name.toLowerCase();
  if (isUnit(lowerCase)) return lowerCase;
  return Object.hasOwn(UNIT_NAMES, lowerCase) ? UNIT_NAMES[lowerCase] : undefined;
}

function isUnit(name: string): name is keyof DurationParts {
  return Object.hasOwn(UNITS_MS, name);
}
