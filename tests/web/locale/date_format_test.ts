import { CSVLocale, type FormatDateOptions } from "@denado/denado/locale";
import { assertEquals, assertThrows } from "@std/assert";
import { PYTHON, runPython } from "../../helpers/python_tornado.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Times of day at which "today" and "yesterday" are close, and an ordinary one. */
const NOWS = [Date.UTC(2013, 3, 28, 18, 35, 20), Date.UTC(2024, 1, 29, 0, 30), Date.UTC(2020, 0, 1, 12)];
const AGES = [
  0,
  1,
  2,
  49,
  50,
  51,
  89,
  90,
  91,
  149,
  150,
  151,
  210,
  270,
  2999,
  3000,
  3001,
  3600,
  5400,
  9000,
  12_600,
  43_200,
  86_399,
].map((seconds) => seconds * SECOND).concat(
  [1, 1.2, 1.9, 2, 4, 4.99, 5, 30, 333, 334, 335, 500, 4000].map((days) => days * DAY),
  [-1, -59, -60, -61, -3600, -3 * 86_400 - 120].map((seconds) => seconds * SECOND),
);
const OPTIONS: FormatDateOptions[] = [
  {},
  { relative: false },
  { shorter: true },
  { fullFormat: true },
  { fullFormat: true, shorter: true },
  { relative: false, shorter: true },
  { gmtOffset: 420 },
  { gmtOffset: -330, relative: false },
  { gmtOffset: 60, shorter: true },
];

interface FormatCase {
  readonly code: string;
  readonly now: number;
  readonly date: number;
  readonly options: FormatDateOptions;
}

const CASES: FormatCase[] = ["en_US", "en", "zh_CN", "de_DE"].flatMap((code) =>
  NOWS.flatMap((now) => AGES.flatMap((age) => OPTIONS.map((options) => ({ code, now, date: now - age, options }))))
);

const FORMAT = `
import datetime, json, sys
from tornado import locale
real = datetime.datetime
class Clock(real):
    @classmethod
    def utcnow(cls): return present
    @classmethod
    def now(cls, tz=None): return present.replace(tzinfo=tz)
class Module:
    datetime, timedelta, timezone = Clock, datetime.timedelta, datetime.timezone
locale.datetime = Module
def at(ms): return Clock.utcfromtimestamp(ms / 1000)
names = {"gmtOffset": "gmt_offset", "fullFormat": "full_format", "relative": "relative", "shorter": "shorter"}
results = []
for case in json.load(sys.stdin):
    present = at(case["now"])
    options = {names[name]: value for name, value in case["options"].items()}
    results.append(locale.CSVLocale(case["code"], {}).format_date(at(case["date"]), **options))
print(json.dumps(results))
`;

Deno.test("formatDate says what Tornado says, on both sides of every threshold", PYTHON, async () => {
  const expected = await runPython(FORMAT, CASES) as string[];
  for (const [index, { code, now, date, options }] of CASES.entries()) {
    const actual = new CSVLocale(code).formatDate(date, { ...options, nowMs: now });
    assertEquals(actual, expected[index], JSON.stringify(CASES[index]));
  }
});

const DAYS = `
import datetime, json, sys
from tornado import locale
print(json.dumps([locale.get("en_US").format_day(datetime.datetime.utcfromtimestamp(ms / 1000), offset, dow)
                  for ms, offset, dow in json.load(sys.stdin)]))
`;

Deno.test("formatDay says what Tornado says", PYTHON, async () => {
  const cases = NOWS.flatMap((now) => [0, 420, -720].flatMap((offset) => [[now, offset, true], [now, offset, false]]));
  const locale = new CSVLocale("en_US");
  assertEquals(
    cases.map(([now, gmtOffset, dow]) =>
      locale.formatDay(now as number, { gmtOffset: gmtOffset as number, dow: dow as boolean })
    ),
    await runPython(DAYS, cases),
  );
});

Deno.test("formatDate takes the present from the clock, and a Date", () => {
  const locale = new CSVLocale("en_US");
  assertEquals(locale.formatDate(new Date(Date.now() - 2 * HOUR - SECOND)), "2 hours ago");
  assertEquals(
    locale.formatDate(new Date(Date.UTC(2013, 3, 28, 18, 35)), { fullFormat: true }),
    "April 28, 2013 at 6:35 pm",
  );
});

Deno.test("formatDate tells a day in the future in full, however close to a whole number of days it is", () => {
  const nowMs = Date.UTC(2013, 3, 28, 18, 35);
  assertEquals(new CSVLocale("en_US").formatDate(nowMs + DAY + SECOND, { nowMs }), "April 29, 2013 at 6:35 pm");
});

Deno.test("formatDate refuses what is no date", () => {
  const locale = new CSVLocale("en_US");
  assertThrows(() => locale.formatDate(NaN), RangeError, "Cannot format date NaN");
  assertThrows(() => locale.formatDay(new Date(NaN)), RangeError);
});

Deno.test("formatDate translates every text", () => {
  const messages = {
    plural: new Map([["%(minutes)d minutes ago", "vor %(minutes)d Minuten"]]),
    singular: new Map([["1 minute ago", "vor einer Minute"]]),
    unknown: new Map([
      ["yesterday at %(time)s", "gestern um %(time)s"],
      ["%(month_name)s %(day)s, %(year)s", "%(day)s. %(month_name)s %(year)s"],
      ["April", "April (de)"],
    ]),
  };
  const locale = new CSVLocale("de", messages);
  const nowMs = Date.UTC(2013, 3, 28, 18, 5);
  assertEquals(locale.formatDate(nowMs - MINUTE, { nowMs }), "vor einer Minute");
  assertEquals(locale.formatDate(nowMs - 3 * MINUTE, { nowMs }), "vor 3 Minuten");
  assertEquals(locale.formatDate(nowMs - DAY, { nowMs }), "gestern um 18:05");
  assertEquals(locale.formatDate(nowMs, { nowMs, fullFormat: true, shorter: true }), "28. April (de) 2013");
});
