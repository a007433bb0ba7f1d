import { assertEquals, assertThrows } from "@std/assert";
import { OptionParser, type OptionType, type OptionTypeSource } from "@denado/denado/ioloop";

/** Fails to compile unless both types are the same. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function assertSame<A, B>(_same: Same<A, B>): void {}

class Email {
  readonly address: string;

  constructor(text: string) {
    if (!text.includes("@")) throw new SyntaxError("it has no @");
    this.address = text;
  }
}

const upperCase = (text: string): string => text.toUpperCase();

const hex: OptionType<number> = {
  name: "a hexadecimal number",
  parse: (text) => parseInt(text, 16),
  accepts: (value) => typeof value === "number",
};

interface ParseCase {
  readonly type: OptionTypeSource;
  readonly text: string;
  readonly expected: unknown;
}

const PARSED: ParseCase[] = [
  { type: "string", text: "asdf", expected: "asdf" },
  { type: "string", text: "a,b=c", expected: "a,b=c" },
  { type: String, text: "qwer", expected: "qwer" },
  { type: "integer", text: "42", expected: 42 },
  { type: "integer", text: "-7", expected: -7 },
  { type: "number", text: "1.5", expected: 1.5 },
  { type: "number", text: "1e3", expected: 1000 },
  { type: "number", text: "-inf", expected: -Infinity },
  { type: Number, text: ".5", expected: 0.5 },
  { type: "boolean", text: "true", expected: true },
  { type: "boolean", text: "yes", expected: true },
  { type: "boolean", text: "False", expected: false },
  { type: "boolean", text: "0", expected: false },
  { type: Boolean, text: "F", expected: false },
  { type: "date", text: "2013-04-28 05:16", expected: new Date(2013, 3, 28, 5, 16) },
  { type: Date, text: "2013-04-28", expected: new Date(2013, 3, 28) },
  { type: "duration", text: "45s", expected: 45_000 },
  { type: upperCase, text: "loud", expected: "LOUD" },
  { type: hex, text: "ff", expected: 255 },
  { type: Email, text: "tornado@web.com", expected: new Email("tornado@web.com") },
  { type: URL, text: "http://localhost/", expected: new URL("http://localhost/") },
];

for (const { type, text, expected } of PARSED) {
  Deno.test(`option of the type ${nameOf(type)} parses ${text}`, () => {
    const options = new OptionParser().define("foo", { type });
    options.parseCommandLine([`--foo=${text}`]);
    assertEquals(options.foo, expected);
  });
}

const REFUSED: { readonly type: OptionTypeSource; readonly text: string; readonly reason: string }[] = [
  { type: "integer", text: "1.5", reason: "it is not an integer" },
  { type: "integer", text: "", reason: "it is not an integer" },
  { type: "integer", text: "0x10", reason: "it is not an integer" },
  { type: "integer", text: "9007199254740993", reason: "it is not an integer" },
  { type: "number", text: "ten", reason: "it is not a number" },
  { type: "number", text: "nan", reason: "it is not a number" },
  { type: "number", text: " ", reason: "it is not a number" },
  { type: "date", text: "yesterday", reason: "it is not a date such as 2013-04-28 05:16:00" },
  { type: "duration", text: "5 fortnights", reason: "it is not a duration such as 1h 30m" },
  { type: Email, text: "nobody", reason: "it has no @" },
];

for (const { type, text, reason } of REFUSED) {
  Deno.test(`option of the type ${nameOf(type)} refuses the text ${JSON.stringify(text)}`, () => {
    const options = new OptionParser().define("foo", { type });
    const error = assertThrows(() => options.parseCommandLine([`--foo=${text}`]), Error);
    assertEquals(error.message, `Cannot set option foo to ${JSON.stringify(text)}: ${reason}`);
    assertEquals(options.foo, undefined);
  });
}

const ACCEPTED_VALUES: { readonly type: OptionTypeSource; readonly good: unknown; readonly bad: unknown }[] = [
  { type: "string", good: "a", bad: 1 },
  { type: "integer", good: 1, bad: 1.5 },
  { type: "number", good: 1.5, bad: NaN },
  { type: "boolean", good: false, bad: 0 },
  { type: "date", good: new Date(0), bad: new Date(NaN) },
  { type: "duration", good: 5, bad: "5s" },
  { type: hex, good: 255, bad: "ff" },
  { type: Email, good: new Email("a@b"), bad: "a@b" },
];

for (const { type, good, bad } of ACCEPTED_VALUES) {
  Deno.test(`option of the type ${nameOf(type)} takes values of that type only`, () => {
    const options = new OptionParser().define("foo", { type });
    options.set("foo", good);
    assertEquals(options.foo, good);
    assertThrows(() => options.set("foo", bad), Error, "Cannot set option foo to");
    assertEquals(options.foo, good);
    options.set("foo", null);
    assertEquals(options.foo, null);
  });
}

Deno.test("option without a type takes that of its default", () => {
  const options = new OptionParser()
    .define("count", { default: 1 })
    .define("flag", { default: false })
    .define("when", { default: new Date(0) })
    .define("email", { default: new Email("a@b") })
    .define("numbers", { default: [1], multiple: true })
    .define("text");
  options.parseCommandLine(["--count=2.5", "--flag", "--when=2020-01-01", "--email=c@d", "--numbers=2,3", "--text=4"]);
  assertEquals(options.items().slice(1), [
    ["count", 2.5],
    ["flag", true],
    ["when", new Date(2020, 0, 1)],
    ["email", new Email("c@d")],
    ["numbers", [2, 3]],
    ["text", "4"],
  ]);
});

Deno.test("option of an unknown type cannot be defined", () => {
  const type = "int" as "integer";
  assertThrows(() => new OptionParser().define("foo", { type }), TypeError, 'an option of the type "int"');
});

Deno.test("option with a default of another type cannot be defined", () => {
  assertThrows(
    () => new OptionParser().define("foo", { type: "integer", default: "1" }),
    TypeError,
    'Cannot define option foo with the default "1": it takes an integer',
  );
});

Deno.test("chained definitions make typed properties", () => {
  const options = new OptionParser()
    .define("port", { default: 8888 })
    .define("my-path")
    .define("email", { type: Email, callback: (email) => assertSame<typeof email, Email | undefined>(true) })
    .define("ids", { type: "integer", multiple: true })
    .define("names", { multiple: true })
    .define("limits", { default: [1.5], multiple: true })
    .define("since", { type: Date, default: null })
    .define("wait", { type: "duration", default: 1000 })
    .define("loud", { type: upperCase, default: "" })
    .define("color", { type: hex });
  assertSame<typeof options.port, number>(true);
  assertSame<typeof options.myPath, string | undefined>(true);
  assertSame<typeof options["my-path"], string | undefined>(true);
  assertSame<typeof options.email, Email | undefined>(true);
  assertSame<typeof options.ids, number[]>(true);
  assertSame<typeof options.names, string[]>(true);
  assertSame<typeof options.limits, number[]>(true);
  assertSame<typeof options.since, Date | null>(true);
  assertSame<typeof options.wait, number>(true);
  assertSame<typeof options.loud, string>(true);
  assertSame<typeof options.color, number | undefined>(true);
});

Deno.test("schema makes typed properties", () => {
  const values = new OptionParser().defineAll({
    port: { type: "number", default: 8888 },
    host: {},
    debug: { default: false },
    email: { type: Email },
    ids: { type: "integer", multiple: true },
    names: { multiple: true },
    since: { type: "date", default: null },
  });
  assertSame<typeof values.port, number>(true);
  assertSame<typeof values.host, string | undefined>(true);
  assertSame<typeof values.debug, boolean>(true);
  assertSame<typeof values.email, Email | undefined>(true);
  assertSame<typeof values.ids, number[]>(true);
  assertSame<typeof values.names, string[]>(true);
  assertSame<typeof values.since, Date | null>(true);
});

function nameOf(type: OptionTypeSource): string {
  return typeof type === "string" ? type : type.name;
}
