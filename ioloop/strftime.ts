/**
 * Local time as text, by the directives of C's `strftime` that make up the date
 * of a log line or of a file name. Names of days and months are left out: they
 * depend on the language.
 *
 * @module
 */

const DIRECTIVES: Record<string, (date: Date) => string> = {
  Y: (date) => pad(date.getFullYear(), 4),
  y: (date) => pad(date.getFullYear() % 100, 2),
  m: (date) => pad(date.getMonth() + 1, 2),
  d: (date) => pad(date.getDate(), 2),
  H: (date) => pad(date.getHours(), 2),
  M: (date) => pad(date.getMinutes(), 2),
  S: (date) => pad(date.getSeconds(), 2),
  f: (date) => pad(date.getMilliseconds() * 1000, 6),
  z: (date) => offset(-date.getTimezoneOffset()),
  "%": () => "%",
};

/**
 * A function that writes a date in the local time zone.
 *
 * `%Y %y %m %d %H %M %S` are the parts of date and time, `%f` the microseconds, `%z` the distance from UTC as in
 * `+0200`, `%%` a percent sign.
 *
 * @throws {RangeError} if the format has another directive
 *
 * @example The date of Tornado's log lines
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { strftime } from "@denado/denado/ioloop";
 *
 * assertEquals(strftime("%y%m%d %H:%M:%S")(new Date(2025, 0, 31, 9, 5, 7)), "250131 09:05:07");
 * ```
 */
export function strftime(format: string): (date: Date) => string {
  const parts: ((date: Date) => string)[] = [];
  for (const [, directive, literal] of format.matchAll(/%([^])|([^%]+|%$)/g)) {
    const part = directive === undefined ? () => literal! : DIRECTIVES[directive];
    if (part === undefined) {
      throw new RangeError(
        `Cannot format a date with %${directive}: ${format}; known are %${Object.keys(DIRECTIVES).join(" %")}`,
      );
    }
    parts.push(part);
  }
  return (date) => parts.map((part) => part(date)).join("");
}

function pad(value: number, length: number): string {
  return String(value).padStart(length, "0");
}

function offset(minutes: number): string {
  const distance = Math.abs(minutes);
  return `${minutes < 0 ? "-" : "+"}${pad(Math.floor(distance / 60), 2)}${pad(distance % 60, 2)}`;
}
