import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { getLogLevels, type LogRecord } from "@logtape/logtape";
import { LogFormatter } from "@denado/denado/ioloop";

function record(fields: Partial<LogRecord> = {}): LogRecord {
  return {
    category: ["denado", "general"],
    level: "error",
    message: ["foo"],
    rawMessage: "foo",
    timestamp: new Date(2025, 0, 31, 9, 5, 7).getTime(),
    properties: {},
    ...fields,
  };
}

const plain = new LogFormatter({ color: false });
const location = { file: "file:///app/log_test.ts?v=1", line: 41, column: 2 };

const LINES: { readonly name: string; readonly fields: Partial<LogRecord>; readonly expected: string }[] = [
  { name: "a record with its category", fields: {}, expected: "[E 250131 09:05:07 denado.general] foo" },
  {
    name: "a record with its source location",
    fields: { sourceLocation: location },
    expected: "[E 250131 09:05:07 log_test:41] foo",
  },
  {
    name: "text beyond ASCII",
    fields: { message: ["é 李康 😀"] },
    expected: "[E 250131 09:05:07 denado.general] é 李康 😀",
  },
  {
    name: "bytes escaped",
    fields: { message: ["got ", new Uint8Array([0x41, 0xe9, 0x22, 0x0a]), ""] },
    expected: '[E 250131 09:05:07 denado.general] got b"A\\xe9\\"\\x0a"',
  },
  {
    name: "values without quotes around strings",
    fields: { message: ["", "a", " and ", { b: [1] }, ""] },
    expected: "[E 250131 09:05:07 denado.general] a and { b: [ 1 ] }",
  },
  {
    name: "continuation lines indented",
    fields: { message: ["one\ntwo\r\nthree\n"] },
    expected: "[E 250131 09:05:07 denado.general] one\n    two\n    three",
  },
  {
    name: "control characters escaped",
    fields: { message: ["\x1b[2J\x1b[31mred\rback\x07\x9b\ttab"] },
    expected: "[E 250131 09:05:07 denado.general] \\x1b[2J\\x1b[31mred\\rback\\x07\\x9b\ttab",
  },
  {
    name: "a category that tries to be a line of its own",
    fields: { category: ["a\n[I fake]"] },
    expected: "[E 250131 09:05:07 a\\n[I fake]] foo",
  },
  { name: "no category", fields: { category: [] }, expected: "[E 250131 09:05:07 ] foo" },
];

for (const { name, fields, expected } of LINES) {
  Deno.test(`LogFormatter shows ${name}`, () => assertEquals(plain.format(record(fields)), expected));
}

Deno.test("LogFormatter begins with the first letter of the level", () => {
  assertEquals(getLogLevels().map((level) => plain.format(record({ level }))[1]), ["T", "D", "I", "W", "E", "F"]);
});

Deno.test("LogFormatter adds the stack of the property error, one indented line for each", () => {
  const error = new TypeError("no", { cause: new Error("because") });
  const lines = plain.format(record({ properties: { error } })).split("\n");
  assertEquals(lines.slice(0, 2), ["[E 250131 09:05:07 denado.general] foo", "    TypeError: no"]);
  assertMatch(lines[2]!, /^ {8}at .*log_formatter_test\.ts:\d+:\d+/);
  assertMatch(lines.join("\n"), /\n {6}\[cause\]: Error: because\n/);
});

Deno.test("LogFormatter does not repeat an error that is in the message", () => {
  const error = new TypeError("once");
  const text = plain.format(record({ message: ["", error, ""], properties: { error } }));
  assertEquals(text.split("TypeError: once").length, 2);
});

Deno.test("LogFormatter never throws", () => {
  const broken = {
    [Symbol.for("Deno.customInspect")]() {
      throw new Error("not today");
    },
  };
  const hopeless = {
    [Symbol.for("Deno.customInspect")]() {
      throw { toString: () => broken[Symbol.for("Deno.customInspect") as never] };
    },
  };
  const start = "[E 250131 09:05:07 denado.general] Bad message";
  assertEquals(
    plain.format(record({ message: ["", broken, ""] })),
    `${start} (Error: not today): denado.general error`,
  );
  assertEquals(
    plain.format(record({ message: ["", hopeless, ""] })),
    `${start} (an error without a text): denado.general error`,
  );
  plain.format(record({ timestamp: NaN }));
});

Deno.test("LogFormatter colors what comes before the message", () => {
  const formatter = new LogFormatter({ color: true });
  const colors = getLogLevels().map((level) => formatter.format(record({ level })).slice(0, 5));
  assertEquals(colors, ["\x1b[34m", "\x1b[34m", "\x1b[32m", "\x1b[33m", "\x1b[31m", "\x1b[35m"]);
  assertEquals(formatter.format(record()), "\x1b[31m[E 250131 09:05:07 denado.general]\x1b[0m foo");
});

Deno.test("LogFormatter leaves colors of a message to a terminal only, and closes them", () => {
  const formatter = new LogFormatter({ color: true });
  const line = formatter.format(record({ message: ["\x1b[32mgreen \x1b[2J"] }));
  assertEquals(line.slice(line.indexOf("\x1b[0m") + 5), "\x1b[32mgreen \\x1b[2J\x1b[0m");
});

Deno.test("LogFormatter takes colors by level", () => {
  const formatter = new LogFormatter({ color: true, colors: { error: 6 } });
  assertEquals(formatter.format(record()).slice(0, 5), "\x1b[36m");
  assertEquals(formatter.format(record({ level: "info" })), "[I 250131 09:05:07 denado.general] foo");
});

const FORMATS: readonly [format: string, expected: string][] = [
  ["%(levelname)s|%(message)s", "ERROR|foo"],
  ["%(levelname)-7s|%(levelname)7s|", "ERROR  |  ERROR|"],
  ["%(levelname)3.2s|", " ER|"],
  ["%(name)s %(module)s:%(lineno)d %(pathname)s", "denado.general log_test:41 file:///app/log_test.ts?v=1"],
  ["%(process)d 100%% of %", `${Deno.pid} 100% of %`],
  ["%(asctime)s", "09h05"],
];

for (const [format, expected] of FORMATS) {
  Deno.test(`LogFormatter takes the format ${format}`, () => {
    const formatter = new LogFormatter({ color: false, format, dateFormat: "%Hh%M" });
    assertEquals(formatter.format(record({ sourceLocation: location })), expected);
  });
}

Deno.test("LogFormatter has placeholders for a record without a source location", () => {
  const formatter = new LogFormatter({ color: false, format: "%(module)s:%(lineno)d %(pathname)s|" });
  assertEquals(formatter.format(record()), "denado.general:0 |");
});

Deno.test("LogFormatter refuses a placeholder that it does not know", () => {
  for (const format of ["%(thread)s", "%(constructor)s"]) {
    assertThrows(() => new LogFormatter({ format }), RangeError, `Cannot format log records with ${format}`);
  }
  assertThrows(() => new LogFormatter({ dateFormat: "%Q" }), RangeError, "%Q");
});

Deno.test("LogFormatter shows fractions of a second if the date format has them", () => {
  const formatter = new LogFormatter({ color: false, format: "%(asctime)s", dateFormat: "%S.%f" });
  const timestamp = record().timestamp;
  assertEquals(formatter.format(record({ timestamp: timestamp + 1 })), "07.001000");
  assertEquals(formatter.format(record({ timestamp: timestamp + 2 })), "07.002000");
});

Deno.test("LogFormatter.formatLine ends the line and needs no this", () => {
  const { formatLine } = plain;
  assertEquals(formatLine(record()), "[E 250131 09:05:07 denado.general] foo\n");
});
