/**
 * Dates and durations as they are written on a command line, in the formats
 * that Tornado knows, and ISO 8601.
 *
 * @module
 */

/** Python's `strptime` formats in the order in which Tornado tries them, and ISO's seconds, which Tornado lacks. */
const DATE_FORMATS = [
  "%a %b %d %H:%M:%S %Y",
  "%Y-%m-%d %H:%M:%S",
  "%Y-%m-%d %H:%M",
  "%Y-%m-%dT%H:%M",
  "%Y-%m-%dT%H:%M:%S",
  "%Y%m%d %H:%M:%S",
  "%Y%m%d %H:%M",
  "%Y-%m-%d",
  "%Y%m%d",
  "%H:%M:%S",
  "%H:%M",
];

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

const FIELDS: Record<string, string> = {
  "%a": "(?:sun|mon|tue|wed|thu|fri|sat)",
  "%b": `(?<month>${MONTHS.join("|")})`,
  "%d": "(?<day>[0-3]?\\d)",
  "%H": "(?<hour>[0-2]?\\d)",
  "%M": "(?<minute>[0-5]?\\d)",
  "%m": "(?<month>[01]?\\d)",
  "%S": "(?<second>[0-5]?\\d)",
  "%Y": "(?<year>\\d{4})",
};

const DATE_PATTERNS = DATE_FORMATS.map((format) =>
  new RegExp(`^${format.replace(/%./g, (field) => FIELDS[field]!).replaceAll(" ", "\\s+")}$`, "i")
);

const ISO_WITH_ZONE = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[-+]\d\d:\d\d)$/;

/**
 * A date, in local time unless it is written with its distance from UTC as ISO 8601 has it. A time alone is one on
 * 1 January 1900, as in Python.
 *
 * @throws {SyntaxError} if the text has no known format, or there is no such day
 */
export function parseDate(text: string): Date {
  const trimmed = text.trim();
  if (ISO_WITH_ZONE.test(trimmed)) {
    const date = new Date(trimmed);
    if (!Number.isNaN(date.getTime())) return date;
  }
  for (const pattern of DATE_PATTERNS) {
    const fields = pattern.exec(trimmed)?.groups;
    const date = fields && localDate(fields);
    if (date) return date;
  }
  throw new SyntaxError("it is not a date such as 2013-04-28 05:16:00");
}

function localDate(fields: Record<string, string>): Date | undefined {
  const { year = 1900, month = "1", day = 1, hour = 0, minute = 0, second = 0 } = fields;
  const named = MONTHS.indexOf(month.toLowerCase());
  const monthIndex = named === -1 ? Number(month) - 1 : named;
  const date = new Date(2000, 0, 1, Number(hour), Number(minute), Number(second));
  // Not through the constructor, which takes the years 0 to 99 for 1900 to 1999.
  date.setFullYear(Number(year), monthIndex, Number(day));
  const exists = date.getMonth() === monthIndex && date.getDate() === Number(day) && Number(hour) < 24;
  return exists ? date : undefined;
}

const UNITS: Record<string, number> = {
  us: 0.001,
  microseconds: 0.001,
  ms: 1,
  milliseconds: 1,
  s: 1000,
  sec: 1000,
  seconds: 1000,
  m: 60_000,
  min: 60_000,
  minutes: 60_000,
  h: 3_600_000,
  hours: 3_600_000,
  d: 86_400_000,
  days: 86_400_000,
  w: 604_800_000,
  weeks: 604_800_000,
};

const DURATION_PART = /\s*([-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?)\s*([a-z]*)\s*/iy;

/**
 * A duration such as `45s`, `1h 30m` or `1.5 days`, in milliseconds. A number without a unit counts seconds, as in
 * Tornado.
 *
 * @throws {SyntaxError} if the text is not a sequence of numbers with units
 */
export function parseDuration(text: string): number {
  let sumMs = 0;
  let end = 0;
  do {
    DURATION_PART.lastIndex = end;
    const match = DURATION_PART.exec(text);
    const name = match?.[2] === "" ? "s" : match?.[2] ?? "";
    const unitMs = Object.hasOwn(UNITS, name) ? UNITS[name] : undefined;
    if (match === null || unitMs === undefined) throw new SyntaxError("it is not a duration such as 1h 30m");
    sumMs += Number(match[1]) * unitMs;
    end = DURATION_PART.lastIndex;
  } while (end < text.length);
  return sumMs;
}
