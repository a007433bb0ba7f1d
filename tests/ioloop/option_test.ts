import { assert, assertEquals, assertFalse, assertInstanceOf, assertThrows } from "@std/assert";
import { normalizeOptionName, Option, OptionError } from "@denado/denado/ioloop";

const NAMES: readonly [name: string, expected: string][] = [
  ["port", "port"],
  ["log-file", "log-file"],
  ["log_file", "log-file"],
  ["logFile", "log-file"],
  ["LOG_FILE", "log-file"],
  ["fooURL", "foo-url"],
  ["URLPrefix", "url-prefix"],
  ["useHTTP2Only", "use-http2-only"],
];

for (const [name, expected] of NAMES) {
  Deno.test(`normalizeOptionName makes ${name} ${expected}`, () => assertEquals(normalizeOptionName(name), expected));
}

Deno.test("Option has its default until a value is set", () => {
  const option = new Option("foo", { default: 1 }, "");
  assertEquals(option.value, 1);
  assertFalse(option.isSet);
  option.set(2);
  assertEquals(option.value, 2);
  assert(option.isSet);
});

Deno.test("Option with multiple is an empty list by default", () => {
  assertEquals(new Option("foo", { multiple: true }, "").value, []);
  assertEquals(new Option("foo", { multiple: true, default: null }, "").value, []);
});

const LISTS: readonly [type: "integer" | "number" | "string", text: string, expected: unknown][] = [
  ["string", "a,b,c", ["a", "b", "c"]],
  ["string", "a:b", ["a:b"]],
  ["integer", "1,3,5:7", [1, 3, 5, 6, 7]],
  ["integer", "4:4", [4]],
  ["number", "1.5,2:3", [1.5, 2, 3]],
];

for (const [type, text, expected] of LISTS) {
  Deno.test(`Option of a list of ${type} parses ${text}`, () => {
    const option = new Option("foo", { type, multiple: true }, "");
    option.parse(text);
    assertEquals(option.value, expected);
  });
}

for (const text of ["7:5", "1:", ":2", "1.5:3", "1:2:3", "1,,2"]) {
  Deno.test(`Option of a list of numbers refuses ${text}`, () => {
    const option = new Option("foo", { type: "number", multiple: true }, "");
    assertThrows(() => option.parse(text), OptionError, `Cannot set option foo to "${text}"`);
    assertEquals(option.value, []);
  });
}

Deno.test("Option of a list takes lists whose elements fit", () => {
  const option = new Option("foo", { type: "integer", multiple: true }, "");
  option.set([1, null]);
  assertEquals(option.value, [1, null]);
  for (const wrong of [1, "1", ["1"], [1.5], null]) {
    assertThrows(() => option.set(wrong), OptionError, "it takes a list, each an integer");
  }
});

Deno.test("Option calls back with each new value", () => {
  const values: unknown[] = [];
  const option = new Option("foo", { type: "integer", callback: (value) => values.push(value) }, "");
  option.set(1);
  option.parse("2");
  assertThrows(() => option.parse("x"), OptionError);
  assertEquals(values, [1, 2]);
});

Deno.test("Option keeps the error of a parse function as the cause", () => {
  const cause = new Error();
  const option = new Option(
    "foo",
    {
      type: function level() {
        throw cause;
      },
    },
    "",
  );
  const error = assertThrows(() => option.parse("x"), OptionError);
  assertEquals(error.message, 'Cannot set option foo to "x": it is not a value of level');
  assertEquals(error.cause, cause);
  assertEquals(error.code, "EOPTION");
  assertInstanceOf(error, Error);
});

interface ConfigureCase {
  readonly name: string;
  readonly option: Option;
  readonly value: unknown;
  readonly expected: unknown;
}

const upperCase = (text: string): string => text.toUpperCase();

const CONFIGURED: ConfigureCase[] = [
  { name: "a number", option: new Option("foo", { type: "integer" }, ""), value: 1, expected: 1 },
  { name: "text for a number", option: new Option("foo", { type: "integer" }, ""), value: "1", expected: 1 },
  { name: "text for text", option: new Option("foo", {}, ""), value: "a,b", expected: "a,b" },
  { name: "text for a parse function", option: new Option("foo", { type: upperCase }, ""), value: "a", expected: "A" },
  {
    name: "text for a list",
    option: new Option("foo", { type: "integer", multiple: true }, ""),
    value: "1,2:3",
    expected: [1, 2, 3],
  },
  {
    name: "a list of text for a list of durations",
    option: new Option("foo", { type: "duration", multiple: true }, ""),
    value: ["1s", 2],
    expected: [1000, 2],
  },
  {
    name: "a list of text for a list of text",
    option: new Option("foo", { multiple: true }, ""),
    value: ["a,b"],
    expected: ["a,b"],
  },
];

for (const { name, option, value, expected } of CONFIGURED) {
  Deno.test(`Option is configured with ${name}`, () => {
    option.configure(value);
    assertEquals(option.value, expected);
  });
}

Deno.test("Option is not configured with a value of another type", () => {
  const list = new Option("foo", { type: "integer", multiple: true }, "");
  assertThrows(() => list.configure(1), OptionError, "it takes a list");
  assertThrows(() => list.configure([true]), OptionError, "it takes a list");
  assertThrows(() => list.configure(["x"]), OptionError, 'to a list with "x": it is not an integer');
  assertThrows(() => new Option("foo", {}, "").configure(1), OptionError, "it takes a string");
});
