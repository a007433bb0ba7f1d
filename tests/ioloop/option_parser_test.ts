import { assert, assertEquals, assertFalse, assertThrows } from "@std/assert";
import { OptionError, OptionParser } from "@denado/denado/ioloop";
import { expectLog, expectNoLog } from "../helpers/expect_log.ts";

/** A parser that neither prints nor exits, and what it would have printed. */
function silentParser(): { options: OptionParser; printed: string[]; exits: number[] } {
  const printed: string[] = [];
  const exits: number[] = [];
  const options = new OptionParser({
    programName: "main.ts",
    print: (text) => printed.push(text),
    exit: (code) => exits.push(code),
  });
  return { options, printed, exits };
}

async function withConfigFile(name: string, text: string, fn: (path: string) => unknown): Promise<void> {
  const folder = Deno.makeTempDirSync();
  try {
    Deno.writeTextFileSync(`${folder}/${name}`, text);
    await fn(`${folder}/${name}`);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

// --- command line ---

Deno.test("OptionParser.parseCommandLine sets an option", () => {
  const options = new OptionParser().define("port", { default: 80 });
  options.parseCommandLine(["--port=443"]);
  assertEquals(options.port, 443);
});

const COMMAND_LINES: { readonly args: string[]; readonly values: [number, boolean]; readonly rest: string[] }[] = [
  { args: [], values: [80, false], rest: [] },
  { args: ["-port=1"], values: [1, false], rest: [] },
  { args: ["---port=1"], values: [1, false], rest: [] },
  { args: ["--port=1", "--port=2"], values: [2, false], rest: [] },
  { args: ["--debug"], values: [80, true], rest: [] },
  { args: ["--debug", "--debug=false"], values: [80, false], rest: [] },
  { args: ["--debug="], values: [80, true], rest: [] },
  { args: ["--debug", "serve", "--port=1"], values: [80, true], rest: ["serve", "--port=1"] },
  { args: ["--debug", "--", "--port=1"], values: [80, true], rest: ["--port=1"] },
  { args: ["", "--debug"], values: [80, false], rest: ["", "--debug"] },
  { args: ["serve", "--"], values: [80, false], rest: ["serve", "--"] },
];

for (const { args, values, rest } of COMMAND_LINES) {
  Deno.test(`OptionParser.parseCommandLine understands [${args.join(" ")}]`, () => {
    const options = new OptionParser().define("port", { default: 80 }).define("debug", { default: false });
    assertEquals(options.parseCommandLine(args), rest);
    assertEquals([options.port, options.debug], values);
  });
}

Deno.test("OptionParser.parseCommandLine takes everything after the first equals sign", () => {
  const options = new OptionParser().define("foo");
  options.parseCommandLine(["--foo=a=b\nc"]);
  assertEquals(options.foo, "a=b\nc");
});

Deno.test("OptionParser.parseCommandLine prints the help and throws for an unknown option", () => {
  const { options, printed, exits } = silentParser();
  assertThrows(() => options.parseCommandLine(["--foo=1"]), OptionError, 'Unrecognized command line option: "foo"');
  assertEquals(printed.length, 1);
  assert(printed[0]!.startsWith("Usage: main.ts [OPTIONS]\n"));
  assertEquals(exits, []);
});

Deno.test("OptionParser.parseCommandLine wants a value for what is no boolean", () => {
  const options = new OptionParser().define("port", { default: 80, metavar: "PORT" });
  assertThrows(
    () => options.parseCommandLine(["--port", "443"]),
    OptionError,
    'Option "port" requires a value: --port=PORT',
  );
});

Deno.test("OptionParser.parseCommandLine prints the help and exits for --help", () => {
  const { options, printed, exits } = silentParser();
  options.define("port", { default: 80, help: "port to listen on", group: "net" });
  options.parseCommandLine(["--help"]);
  assertEquals(printed, [
    "Usage: main.ts [OPTIONS]\n\nOptions:\n\n" +
    "  --help                           show this help information\n\n" +
    "net options:\n\n" +
    "  --port                           port to listen on (default 80)\n\n",
  ]);
  assertEquals(exits, [0]);
});

Deno.test("OptionParser.parseCommandLine does nothing for --help=false", () => {
  const { options, printed, exits } = silentParser();
  options.parseCommandLine(["--help=false"]);
  assertEquals([printed, exits], [[], []]);
});

Deno.test("OptionParser.parseCommandLine leaves a subcommand to another parser", () => {
  const base = new OptionParser().define("verbose", { default: false });
  const { options: sub } = silentParser();
  sub.define("foo");
  const rest = base.parseCommandLine(["--verbose", "subcommand", "--foo=bar"]);
  assertEquals(rest, ["subcommand", "--foo=bar"]);
  assert(base.verbose);
  assertEquals(sub.parseCommandLine(rest.slice(1)), []);
  assertEquals(sub.get("foo"), "bar");
  assertThrows(() => sub.parseCommandLine(["--verbose"]), OptionError);
});

Deno.test("OptionParser runs parse callbacks in order, at the end of each final parse", () => {
  const options = new OptionParser().define("port", { default: 80 });
  const calls: unknown[] = [];
  options.addParseCallback(() => calls.push(options.port));
  options.addParseCallback(() => calls.push("second"));
  options.parseCommandLine(["--port=1"], { final: false });
  options.parseConfigValues({ port: 2 }, { final: false });
  assertEquals(calls, []);
  options.parseCommandLine(["--port=3"]);
  assertEquals(calls, [3, "second"]);
  options.parseConfigValues({ port: 4 });
  assertEquals(calls, [3, "second", 4, "second"]);
});

// --- configuration files ---

const CONFIG_FILES: { readonly name: string; readonly text: string }[] = [
  {
    name: "typed.json",
    text: `{ "str": "asdf", "integer": 42, "number": 1.5, "date": "2013-04-28 05:16", "duration": 45000,
             "list_of_integer": [1, 2, 3], "listOfString": ["a", "b", "c"] }`,
  },
  {
    name: "text.json",
    text: `{ "str": "asdf", "integer": "42", "number": "1.5", "date": "2013-04-28 05:16", "duration": "45s",
             "list-of-integer": "1,2,3", "list-of-string": "a,b,c" }`,
  },
  {
    name: "typed.ts",
    text: `export const str = "asdf", integer = 42, number: number = 1.5, date = new Date(2013, 3, 28, 5, 16);
           export const duration = 45_000, list_of_integer = [1, 2, 3], listOfString = ["a", "b", "c"];
           export const unrelated = 1, __private = 2;`,
  },
];

for (const { name, text } of CONFIG_FILES) {
  Deno.test(`OptionParser.parseConfigFile reads ${name}`, () =>
    withConfigFile(name, text, (path) => {
      const options = new OptionParser()
        .define("str")
        .define("integer", { type: "integer" })
        .define("number", { type: "number" })
        .define("date", { type: "date" })
        .define("duration", { type: "duration" })
        .define("list-of-integer", { type: "integer", multiple: true })
        .define("list_of_string", { multiple: true });
      options.parseConfigFile(path);
      assertEquals(options.str, "asdf");
      assertEquals(options.integer, 42);
      assertEquals(options.number, 1.5);
      assertEquals(options.date, new Date(2013, 3, 28, 5, 16));
      assertEquals(options.duration, 45_000);
      assertEquals(options.listOfInteger, [1, 2, 3]);
      assertEquals(options.listOfString, ["a", "b", "c"]);
    }));
}

for (const definedName of ["foo-bar", "foo_bar", "fooBar"]) {
  Deno.test(`OptionParser.parseConfigFile finds ${definedName} under any spelling`, async () => {
    for (const name of ["foo-bar", "foo_bar", "fooBar"]) {
      await withConfigFile("c.json", JSON.stringify({ [name]: "a" }), (path) => {
        const options = new OptionParser().define(definedName);
        options.parseConfigFile(path);
        assertEquals(options.get("fooBar"), "a");
      });
    }
  });
}

Deno.test("OptionParser.parseConfigFile names what is no option in a warning, but for $schema and _comments", () =>
  withConfigFile("c.json", '{ "port": 1, "prot": 2, "hots": 3, "$schema": "", "_why": "" }', (path) =>
    expectLog(
      { level: "warning", category: "denado.general", pattern: `configuration file ${path}: prot, hots`, times: 1 },
      () => new OptionParser().define("port", { default: 80 }).parseConfigFile(path),
    )));

Deno.test("OptionParser.parseConfigValues ignores what is no option", () =>
  expectNoLog(() => {
    const options = new OptionParser().define("port", { default: 80 });
    options.parseConfigValues({ port: "443", prot: 1 });
    assertEquals(options.port, 443);
  }));

Deno.test("OptionParser lets a file named on the command line override what is before, and what follows override it", () =>
  withConfigFile("c.json", '{ "a": 10, "b": 10 }', (path) => {
    const options = new OptionParser().define("a", { default: 0 }).define("b", { default: 0 });
    let finals = 0;
    options.addParseCallback(() => finals++);
    options.define("config", { type: String, callback: (file) => options.parseConfigFile(file!, { final: false }) });
    options.parseCommandLine(["--a=1", "--b=1", `--config=${path}`, "--b=2"]);
    assertEquals([options.a, options.b, finals], [10, 2, 1]);
  }));

// --- properties and items ---

for (const definedName of ["foo-bar", "foo_bar", "fooBar"]) {
  for (const flag of ["--foo-bar=a", "--foo_bar=a", "--fooBar=a"]) {
    Deno.test(`OptionParser finds ${definedName} for ${flag}`, () => {
      const options = new OptionParser();
      options.define(definedName);
      options.parseCommandLine([flag]);
      const properties = options as unknown as Record<string, unknown>;
      assertEquals([properties.foo_bar, properties.fooBar, properties["foo-bar"]], ["a", "a", "a"]);
      assertEquals(options.get("foo-bar"), "a");
      assert("foo_bar" in options && options.has("fooBar"));
    });
  }
}

Deno.test("OptionParser checks the type of an assigned value and does not parse it", () => {
  const values: number[] = [];
  const options = new OptionParser().define("foo", { default: 1, callback: (value) => values.push(value) });
  options.foo = 2;
  assertEquals(options.foo, 2);
  assertThrows(
    () => {
      // @ts-expect-error -- the compiler says so too
      options.foo = "2";
    },
    OptionError,
    'Cannot set option foo to "2": it takes a number',
  );
  options.set("foo", 3);
  assertEquals(options.foo, 3);
  assertEquals(values, [2, 3]);
});

Deno.test("OptionParser throws for an unknown name", () => {
  const options = new OptionParser() as OptionParser & Record<string, unknown>;
  assertThrows(() => options.port, OptionError, 'Unrecognized option: "port"');
  assertThrows(() => options.get("port"), OptionError, 'Unrecognized option: "port"');
  assertThrows(() => options.port = 1, OptionError, 'Unrecognized option: "port"');
  assertThrows(() => options.set("port", 1), OptionError, 'Unrecognized option: "port"');
  assertFalse("port" in options);
  assertFalse(options.has("port"));
});

Deno.test("OptionParser reaches an option with the name of a method by get and set only", () => {
  const options = new OptionParser();
  options.define("items", { default: 1 });
  assertEquals(options.items(), [["help", undefined], ["items", 1]]);
  assertThrows(
    () => {
      (options as { items: unknown }).items = 2;
    },
    OptionError,
    "Cannot assign to items",
  );
  options.set("items", 2);
  assertEquals(options.get("items"), 2);
});

Deno.test("OptionParser survives await, JSON and inspection", async () => {
  const options = new OptionParser().define("foo", { default: 1 });
  assertEquals(await Promise.resolve(options), options);
  JSON.stringify(options);
  Deno.inspect(options);
  String(options);
});

Deno.test("OptionParser lists options under the names of their definitions", () => {
  const options = new OptionParser()
    .define("with-dash", { group: "g", default: 1 })
    .define("with_underscore", { group: "g" })
    .define("camelCase", { default: 3 });
  assertEquals([...options], ["help", "with-dash", "with_underscore", "camelCase"]);
  assertEquals(options.items(), [
    ["help", undefined],
    ["with-dash", 1],
    ["with_underscore", undefined],
    ["camelCase", 3],
  ]);
  assertEquals(options.asDict(), { help: undefined, "with-dash": 1, with_underscore: undefined, camelCase: 3 });
  assertEquals(options.groupDict("g"), { "with-dash": 1, with_underscore: undefined });
});

Deno.test("OptionParser puts an option into the group of the file that defines it", () => {
  const options = new OptionParser().define("a", { default: 1 }).define("b", { group: "b_group", default: 2 });
  assertEquals(options.groups(), new Set(["", import.meta.filename!, "b_group"]));
  assertEquals(options.groupDict("b_group"), { b: 2 });
  assertEquals(options.groupDict("nonexistent"), {});
  assertEquals(options.groupDict(""), options.asDict());
});

for (const [first, second] of [["foo", "foo"], ["foo-bar", "foo_bar"], ["foo_bar", "foo-bar"], ["foo-bar", "fooBar"]]) {
  Deno.test(`OptionParser does not define ${second} after ${first}`, () => {
    const options = new OptionParser();
    options.define(first!);
    assertThrows(() => options.define(second!), OptionError, `is already defined: in ${import.meta.filename}`);
  });
}

Deno.test("OptionParser.defineAll returns an object of just its options", () => {
  const calls: unknown[] = [];
  const options = new OptionParser();
  const values = options.defineAll({
    port: { default: 80, callback: (value) => calls.push(value) },
    "data-dir": { type: "string" },
  });
  options.parseCommandLine(["--port=443", "--data_dir=x"]);
  assertEquals({ ...values }, { port: 443, "data-dir": "x" });
  values.port = 1;
  assertEquals(options.get("port"), 1);
  assertEquals(calls, [443, 1]);
  assertThrows(() => Object.assign(values, { prot: 1 }), TypeError);
});

Deno.test("OptionParser.patch sets an option for a while and nests", () => {
  const options = new OptionParser().define("foo", { default: 1 });
  options.parseCommandLine(["--foo=2"]);
  {
    using _three = options.patch("foo", 3);
    assertEquals(options.foo, 3);
  }
  assertEquals(options.foo, 2);
  {
    using _four = options.patch("foo", 4);
    options.foo = 5;
    {
      using _six = options.patch("foo", 6);
      assertEquals(options.foo, 6);
    }
    assertEquals(options.foo, 5);
  }
  assertEquals(options.foo, 2);
});
