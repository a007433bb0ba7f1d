/**
 * Dates as people say them: "2 minutes ago", "yesterday at 6:35 pm", "April 28, 2013".
 *
 * Every text goes through the translations of a locale, so that the wording is that of the application's translators.
 * The thresholds are Tornado's. Pure functions: the present time comes with the call.
 *
 * Tornado: `Locale.format_date`, `Locale.format_day`.
 *
 * @module
 */

import { fillPlaceholders } from "./placeholders.ts";

/** Options of `Locale.formatDate`. */
export interface FormatDateOptions {
  /** Minutes that the local time is behind UTC, as `Date.prototype.getTimezoneOffset` has them. @default 0 */
  readonly gmtOffset?: number;
  /** Whether times of the last day are told by how long ago they were. @default true */
  readonly relative?: boolean;
  /** Whether the time of day is left out where the day is told. @default false */
  readonly shorter?: boolean;
  /** Whether the year is told whatever the date is. @default false */
  readonly fullFormat?: boolean;
  /** The present, in milliseconds since 1970. @default Date.now() */
  readonly nowMs?: number;
}

/** Options of `Locale.formatDay`. */
export interface FormatDayOptions {
  /** Minutes that the local time is behind UTC. @default 0 */
  readonly gmtOffset?: number;
  /** Whether the day of the week is told. @default true */
  readonly dow?: boolean;
}

/** What these functions need of a locale. */
export interface DateWording {
  readonly code: string;
  translate(message: string, pluralMessage?: string, count?: number): string;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];
const WEEKDAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/** Formats a date for a locale. */
export function formatDate(wording: DateWording, date: Date | number, options: FormatDateOptions): string {
  const { gmtOffset = 0, relative = true, shorter = false, nowMs = Date.now() } = options;
  let { fullFormat = false } = options;
  let dateMs = timeOf(date);
  if (dateMs > nowMs) {
    // Clocks differ a little; what is further in the future is told in full.
    if (relative && dateMs - nowMs < MINUTE) dateMs = nowMs;
    else fullFormat = true;
  }
  const elapsed = nowMs - dateMs;
  if (relative && !fullFormat && elapsed < DAY) return formatElapsed(wording, elapsed);

  const local = new Date(dateMs - gmtOffset * MINUTE);
  const yesterday = new Date(nowMs - gmtOffset * MINUTE - DAY);
  const days = Math.floor(elapsed / DAY);
  const time = () => formatTime(wording.code, local);
  let format;
  if (fullFormat || days >= 334) format = "%(month_name)s %(day)s, %(year)s"; // 11 months: not this day of last year
  else if (days === 0) return fillPlaceholders(wording.translate("%(time)s"), { time: time() });
  else if (days === 1 && relative && local.getUTCDate() === yesterday.getUTCDate()) format = "yesterday";
  else if (days < 5) format = "%(weekday)s";
  else format = "%(month_name)s %(day)s";
  return fillPlaceholders(wording.translate(shorter ? format : `${format} at %(time)s`), {
    ...namesOf(wording, local),
    year: local.getUTCFullYear(),
    time: time(),
  });
}

/** Formats a date as a day: "Monday, January 22". */
export function formatDay(wording: DateWording, date: Date | number, options: FormatDayOptions): string {
  const { gmtOffset = 0, dow = true } = options;
  const local = new Date(timeOf(date) - gmtOffset * MINUTE);
  const format = dow ? "%(weekday)s, %(month_name)s %(day)s" : "%(month_name)s %(day)s";
  return fillPlaceholders(wording.translate(format), namesOf(wording, local));
}

function formatElapsed(wording: DateWording, elapsed: number): string {
  const seconds = Math.floor(elapsed / SECOND);
  if (seconds < 50) {
    return fillPlaceholders(wording.translate("1 second ago", "%(seconds)d seconds ago", seconds), { seconds });
  }
  if (seconds < 50 * 60) {
    const minutes = roundHalfEven(seconds / 60);
    return fillPlaceholders(wording.translate("1 minute ago", "%(minutes)d minutes ago", minutes), { minutes });
  }
  const hours = roundHalfEven(seconds / 3600);
  return fillPlaceholders(wording.translate("1 hour ago", "%(hours)d hours ago", hours), { hours });
}

function namesOf(wording: DateWording, local: Date): Record<string, string | number> {
  return {
    month_name: wording.translate(MONTHS[local.getUTCMonth()]!),
    weekday: wording.translate(WEEKDAYS[local.getUTCDay()]!),
    day: local.getUTCDate(),
  };
}

/** English and Chinese have a clock of 12 hours. */
function formatTime(code: string, local: Date): string {
  const hours = local.getUTCHours();
  const minutes = String(local.getUTCMinutes()).padStart(2, "0");
  const clock = `${hours % 12 || 12}:${minutes}`;
  if (code === "zh_CN") return (hours < 12 ? "\u4e0a\u5348" : "\u4e0b\u5348") + clock;
  if (code === "en" || code === "en_US") return `${clock} ${hours < 12 ? "am" : "pm"}`;
  return `${hours}:${minutes}`;
}

function timeOf(date: Date | number): number {
  const ms = Number(date);
  if (Number.isNaN(new Date(ms).getTime())) throw new RangeError(`Cannot format date ${Deno.inspect(date)}`);
  return ms;
}

/** Python's `round`. */
function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}
