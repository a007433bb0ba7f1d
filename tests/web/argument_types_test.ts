import { InvalidArgumentError, RequestHandler } from "@denado/denado/web";
import type { StandardSchema } from "@denado/denado/web";
import { assertEquals, assertThrows } from "@std/assert";
import { convertArgument, isBlankArgument } from "../../web/argument_types.ts";

type Options = Parameters<typeof convertArgument>[2];

const ACCEPTED: [text: string, options: Options, value: unknown][] = [
  ["", { type: "string" }, ""],
  ["abc", { type: "string", minLength: 3, maxLength: 3, pattern: /^[a-z]+$/ }, "abc"],
  ["aXa", { type: "string", pattern: /X/g }, "aXa"],
  ["0", { type: "integer" }, 0],
  ["-0", { type: "integer" }, 0],
  ["-12", { type: "integer", min: -12, max: -12 }, -12],
  ["007", { type: "integer" }, 7],
  ["9007199254740991", { type: "integer" }, Number.MAX_SAFE_INTEGER],
  ["1", { type: "number" }, 1],
  ["-1.50", { type: "number", min: -2, max: 0 }, -1.5],
  ["1.", { type: "number" }, 1],
  [".5e1", { type: "number" }, 5],
  ["1E+2", { type: "number" }, 100],
  ...["true", "TRUE", "1", "yes", "on", "On"].map((
    text,
  ): [string, Options, unknown] => [text, { type: "boolean" }, true]),
  ...["false", "0", "no", "off", "Off"].map((text): [string, Options, unknown] => [text, { type: "boolean" }, false]),
  ["b", { type: ["a", "b"] }, "b"],
  ["", { type: ["a", ""] }, ""],
  ["2026-11-25", { type: "date" }, new Date(Date.UTC(2026, 10, 25))],
  ["2024-02-29", { type: "date", min: new Date(0), max: new Date("2030-01-01") }, new Date(Date.UTC(2024, 1, 29))],
  ["2026-11-25T10:30Z", { type: "date" }, new Date(Date.UTC(2026, 10, 25, 10, 30))],
  ["2026-11-25T10:30:05.25+02:00", { type: "date" }, new Date(Date.UTC(2026, 10, 25, 8, 30, 5, 250))],
];

for (const [text, options, value] of ACCEPTED) {
  Deno.test(`convertArgument takes ${JSON.stringify(text)} as ${Deno.inspect(options, { compact: true })}`, () => {
    assertEquals(convertArgument("a", text, options), value);
  });
}

const REFUSED: [options: Options, message: string, texts: string[]][] = [
  [{ type: "string", minLength: 2 }, "must have at least 2 characters", ["", "a"]],
  [{ type: "string", maxLength: 2 }, "must have at most 2 characters", ["abc"]],
  [{ type: "string", pattern: /^[a-z]+$/ }, "has a wrong form", ["A", ""]],
  [{ type: "integer" }, "must be a whole number", [
    ...["", "-", "+1", "1.0", "1e3", "0x10", "1_000", "1,000", " 1", "1 ", "a", "NaN", "Infinity", "\u0661"],
    ...["9007199254740992", "-9007199254740992", "9".repeat(400)],
  ]],
  [{ type: "integer", min: 1 }, "must be at least 1", ["0", "-1"]],
  [{ type: "integer", max: 9 }, "must be at most 9", ["10"]],
  [{ type: "number" }, "must be a number", [
    "",
    ".",
    "-",
    "+1",
    "1e",
    "1e999",
    "NaN",
    "Infinity",
    "0x1",
    "1,5",
    "1 ",
    "\uff11",
  ]],
  [{ type: "number", min: 0.5 }, "must be at least 0.5", ["0.49"]],
  [{ type: "boolean" }, "must be true or false", ["", "2", "y", "tru", "null"]],
  [{ type: ["a", "b"] }, "must be one of a, b", ["", "A", "a,b", "constructor", "0", "length"]],
  [{ type: "date" }, "must be a date", [
    ...["", "2026", "2026-11", "2026-11-31", "2026-02-29", "2026-13-01", "2026-00-10", "2026-1-1", "25.11.2026"],
    ...["2026-11-25T10:30", "2026-11-25T25:00Z", "2026-11-25T10:60Z", "2026-11-25 10:30Z", "2026-11-25T10:30+0200"],
    ...["+012026-01-01", "1764028800000", "2026-11-25Z", "0000-00-00"],
  ]],
  [{ type: "date", max: new Date(0) }, "must be at most 1970-01-01T00:00:00.000Z", ["1970-01-02"]],
  [{ type: "date", min: new Date(0) }, "must be at least 1970-01-01T00:00:00.000Z", ["1969-12-31"]],
];

for (const [options, message, texts] of REFUSED) {
  Deno.test(`convertArgument refuses what ${message}: ${Deno.inspect(options, { compact: true })}`, () => {
    for (const text of texts) {
      const error = assertThrows(() => convertArgument("the name", text, options), InvalidArgumentError, "", text);
      assertEquals(error.issues, [{ field: "the name", message }]);
      assertEquals(error.statusCode, 400);
    }
  });
}

Deno.test("convertArgument takes what a schema makes of a text, and puts the name before the schema's paths", () => {
  const schema: StandardSchema<string, number> = {
    "~standard": {
      version: 1,
      vendor: "test",
      validate: (value) => {
        return value === "five"
          ? { value: 5 }
          : { issues: [{ message: "no" }, { message: "never", path: [0, { key: "a" }] }] };
      },
    },
  };
  assertEquals(convertArgument("n", "five", { type: schema }), 5);
  const error = assertThrows(() => convertArgument("n", "six", { type: schema }), InvalidArgumentError);
  assertEquals(error.issues, [{ field: "n", message: "no" }, { field: "n.0.a", message: "never" }]);
});

Deno.test("convertArgument refuses types that there are not, as a mistake of the program", () => {
  assertThrows(() => convertArgument("a", "1", { type: "int" as never }), TypeError, 'there is no type "int"');
});

Deno.test("isBlankArgument is true for the empty text of types that have no empty value", () => {
  for (const type of ["integer", "number", "boolean", "date"] as const) assertEquals(isBlankArgument("", type), true);
  assertEquals(isBlankArgument("", "string"), false);
  assertEquals(isBlankArgument("", ["a"]), false);
  assertEquals(isBlankArgument("0", "integer"), false);
});

/** Compiles only if the types are the same, not just assignable. */
function assertType<Expected>() {
  return <Actual>(
    _value: Actual,
    ..._same: (<T>() => T extends Expected ? 1 : 2) extends (<T>() => T extends Actual ? 1 : 2) ? [] : [never]
  ): void => {};
}

/** Never run: what it asserts, `deno check` asserts. */
export class _Types extends RequestHandler {
  override get(): void {
    assertType<string>()(this.getArgument("a"));
    assertType<string>()(this.getArgument("a", "b"));
    assertType<string | null>()(this.getArgument("a", null));
    assertType<string>()(this.getArgument("a", { strip: false }));
    assertType<string | undefined>()(this.getArgument("a", { default: undefined }));
    assertType<string>()(this.getArgument("a", { type: "string", maxLength: 5, pattern: /a/ }));
    assertType<number>()(this.getArgument("a", { type: "integer", default: 1, min: 1 }));
    assertType<number | null>()(this.getArgument("a", { type: "number", default: null, once: true }));
    assertType<boolean>()(this.getQueryArgument("a", { type: "boolean", default: false }));
    assertType<Date | undefined>()(this.getQueryArgument("a", { type: "date", default: undefined }));
    assertType<"x" | "y">()(this.getBodyArgument("a", { type: ["x", "y"] }));
    assertType<"x" | "y">()(this.getBodyArgument("a", { type: ["x", "y"], default: "x" }));
    assertType<"x" | "y" | "z">()(this.getBodyArgument("a", { type: ["x", "y"], default: "z" }));
    assertType<bigint>()(this.getArgument("a", { type: null! as StandardSchema<string, bigint> }));
    assertType<string[]>()(this.getArguments("a"));
    assertType<number[]>()(this.getQueryArguments("a", { type: "integer", max: 5 }));
    assertType<("x" | "y")[]>()(this.getBodyArguments("a", { type: ["x", "y"] }));
    // @ts-expect-error: there is no such type
    this.getArgument("a", { type: "int" });
    // @ts-expect-error: a number has no length
    this.getArgument("a", { type: "integer", maxLength: 5 });
    // @ts-expect-error: a misspelt rule
    this.getArgument("a", { type: "integer", minimum: 5 });
    // @ts-expect-error: the least date is a date
    this.getArgument("a", { type: "date", min: 5 });
    // @ts-expect-error: text has no least value
    this.getArgument("a", { min: 5 });
    // @ts-expect-error: a default is text, null or an option
    this.getArgument("a", 5);
    // @ts-expect-error: all values have no default
    this.getArguments("a", { default: "b" });
    // @ts-expect-error: it may be missing
    const missing: number = this.getArgument("a", { type: "integer", default: undefined });
    // @ts-expect-error: setting names are those there are
    this.requireSetting("cookieSecrets");
    void missing;
  }
}
