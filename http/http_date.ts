/**
 * Dates in header fields: IMF-fixdate out, the three forms of RFC 9110 in.
 *
 * Nothing here reads a clock: the time comes in as an argument (the one default is in
 * {@linkcode parseHttpDate}, for two-digit years).
 *
 * Source: RFC 9110 5.6.7.
 *
 * @module
 */

/** Options of {@linkcode parseHttpDate}. */
export interface ParseHttpDateOptions {
  /**
   * The current time, in milliseconds since the epoch. It decides the century of a two-digit
   * year.
   *
   * @default Date.now()
   */
  nowMs?: number;
}

/**
 * Formats a time as header fields have it. A fraction of a second is dropped.
 *
 * Tornado: `httputil.format_timestamp`, which takes seconds.
 *
 * @param time A date, or milliseconds since the epoch.
 * @returns An IMF-fixdate.
 * @throws {TypeError} When it is neither.
 * @throws {RangeError} When it is not a time that the format can hold (years 0 to 9999).
 *
 * @example Format a time
 * ```ts
 * import { formatTimestamp } from "@denado/denado/http";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(formatTimestamp(1359312200503), "Sun, 27 Jan 2013 18:43:20 GMT");
 * ```
 */
export function formatTimestamp(time: Date | number): string {
  if (typeof time !== "number" && !(time instanceof Date)) {
    throw new TypeError(`Cannot format timestamp: must be a Date or a number: ${time}`);
  }
  const date = typeof time === "number" ? new Date(time) : time;
  const year = date.getUTCFullYear();
  if (!(year >= 0 && year <= 9999)) {
    throw new RangeError(`Cannot format timestamp: out of range: ${Number(time)}`);
  }
  // ECMAScript defines this format exactly, and it is that of IMF-fixdate.
  return date.toUTCString();
}

/**
 * The value of a `Date` field. The text of the last second is kept, because every response
 * needs it.
 *
 * @param nowMs The current time, in milliseconds since the epoch.
 * @returns An IMF-fixdate.
 */
export function currentHttpDate(nowMs: number): string {
  if (nowMs >= cachedFrom && nowMs < cachedFrom + 1000) return cachedDate;
  cachedFrom = Math.floor(nowMs / 1000) * 1000;
  cachedDate = formatTimestamp(cachedFrom);
  return cachedDate;
}

/**
 * Parses a date in any of the forms that a recipient must accept: IMF-fixdate, RFC 850 and
 * asctime. The day of the week is not compared with the date.
 *
 * @param text The field value.
 * @param options The current time, for two-digit years.
 * @returns The date, or `undefined` where the text is none; a field with a bad date is ignored.
 */
export function parseHttpDate(text: string, options?: ParseHttpDateOptions): Date | undefined {
  let match = IMF_FIXDATE.exec(text);
  if (match !== null) return build(match[3]!, match[2]!, match[1]!, match[4]!);
  match = ASCTIME.exec(text);
  if (match !== null) return build(match[4]!, match[1]!, match[2]!, match[3]!);
  match = RFC_850.exec(text);
  if (match === null) return undefined;
  const now = new Date(options?.nowMs ?? Date.now());
  const currentYear = now.getUTCFullYear();
  const year = Math.floor(currentYear / 100) * 100 + Number(match[3]);
  const date = build(String(year).padStart(4, "0"), match[2]!, match[1]!, match[4]!);
  // More than 50 years ahead means the same digits in the past.
  const horizon = new Date(now);
  horizon.setUTCFullYear(currentYear + 50);
  if (date !== undefined && date > horizon) {
    return build(String(year - 100).padStart(4, "0"), match[2]!, match[1]!, match[4]!);
  }
  return date;
}

let cachedFrom = NaN;
let cachedDate = "";

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const MONTH = MONTHS.join("|");
const TIME = String.raw`(\d\d:\d\d:\d\d)`;
/** `Sun, 06 Nov 1994 08:49:37 GMT` */
const IMF_FIXDATE = new RegExp(
  String.raw`^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (\d\d) (${MONTH}) (\d{4}) ${TIME} GMT$`,
);
/** `Sunday, 06-Nov-94 08:49:37 GMT` */
const RFC_850 = new RegExp(
  String.raw`^(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, (\d\d)-(${MONTH})-(\d\d) ${TIME} GMT$`,
);
/** `Sun Nov  6 08:49:37 1994` */
const ASCTIME = new RegExp(
  String.raw`^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) (${MONTH}) ([ \d]\d) ${TIME} (\d{4})$`,
);

function build(year: string, month: string, day: string, time: string): Date | undefined {
  const [hour, minute, second] = time.split(":").map(Number) as [number, number, number];
  const dayNumber = Number(day);
  // A leap second is legal; Date counts it as the next minute.
  if (hour > 23 || minute > 59 || second > 60) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(Number(year), MONTHS.indexOf(month), dayNumber);
  if (date.getUTCDate() !== dayNumber) return undefined;
  date.setUTCHours(hour, minute, second);
  return date;
}
