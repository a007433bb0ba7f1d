import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { define, defineOptions, options, parseCommandLine, parseConfigFile, printHelp } from "@denado/denado/ioloop";

const ENTRY = new URL("../../ioloop/options.ts", import.meta.url).href;

/** Runs a program with the global options, each time in a process of its own, since these have one set of them. */
async function run(source: string, args: readonly string[] = []): Promise<Deno.CommandOutput & { text: string }> {
  const file = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    await Deno.writeTextFile(file, source.replaceAll("denado:options", ENTRY));
    const config = new URL("../../deno.json", import.meta.url).pathname;
    const output = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--no-check", "--allow-read", `--config=${config}`, file, ...args],
      stdin: "null",
    }).output();
    return { ...output, text: new TextDecoder().decode(output.stdout) + new TextDecoder().decode(output.stderr) };
  } finally {
    await Deno.remove(file);
  }
}

Deno.test("global options know those for logging", () => {
  assertEquals(options.logging, "info");
  assertEquals(options.logFileMaxSize, 100_000_000);
  assert("log-rotate-when" in options);
});

Deno.test("global functions work on the global options", () => {
  const typed = define("options-test-port", { default: 80 });
  const values = defineOptions({ optionsTestHost: { type: "string", default: "localhost" } });
  assertEquals(parseCommandLine(["--options-test-port=443", "rest"], { final: false }), ["rest"]);
  const port: number = typed.optionsTestPort;
  assertEquals(port, 443);
  const file = Deno.makeTempFileSync({ suffix: ".json" });
  Deno.writeTextFileSync(file, '{ "optionsTestHost": "example.com" }');
  parseConfigFile(file, { final: false });
  Deno.removeSync(file);
  assertEquals(values.optionsTestHost, "example.com");
  assertEquals(options.groupDict(import.meta.filename!), {
    "options-test-port": 443,
    optionsTestHost: "example.com",
  });
  let help = "";
  printHelp((text) => help = text);
  assertStringIncludes(help, "  --options-test-host              (default localhost)\n");
  assertMatch(help, /^ {2}--logging=debug\|info\|warning\|error\|none\n/m);
});

Deno.test("program with --help prints its options to the standard error stream and exits with 0", async () => {
  const { code, stdout, text } = await run(
    `import { define, parseCommandLine } from "denado:options";
     define("port", { default: 80, help: "port to listen on" });
     parseCommandLine();
     console.log("not reached");`,
    ["--help"],
  );
  assertEquals([code, stdout.length], [0, 0]);
  assertMatch(text, /^Usage: \w+\.ts \[OPTIONS\]\n/);
  assertMatch(text, /^ {2}--port +port to listen on \(default 80\)$/m);
});

const LOG_INFO = `import { getLogger } from "@logtape/logtape"; getLogger(["app"]).info("hello");`;

const LOGGING: { readonly name: string; readonly program: string; readonly args?: string[]; readonly logs: boolean }[] =
  [
    { name: "does not log before it parses its command line", program: "", logs: false },
    { name: "logs after it parsed its command line", program: "parseCommandLine();", logs: true },
    {
      name: "logs nothing with --logging=none",
      program: "parseCommandLine();",
      args: ["--logging=none"],
      logs: false,
    },
    {
      name: "logs nothing with --logging=None",
      program: "parseCommandLine();",
      args: ["--logging=None"],
      logs: false,
    },
    {
      name: "logs nothing after it set logging to none",
      program: 'options.logging = "none"; parseCommandLine();',
      logs: false,
    },
    {
      name: "logs nothing after it set logging to null",
      program: "options.logging = null; parseCommandLine();",
      logs: false,
    },
    {
      name: "logs what the command line says in spite of what it set before",
      program: "options.logging = null; parseCommandLine();",
      args: ["--logging=info"],
      logs: true,
    },
    {
      name: "logs nothing below the level",
      program: "parseCommandLine();",
      args: ["--logging=warning"],
      logs: false,
    },
    { name: "logs each line once if it parses twice", program: "parseCommandLine(); parseCommandLine();", logs: true },
  ];

for (const { name, program, args, logs } of LOGGING) {
  Deno.test(`program ${name}`, async () => {
    const { code, text } = await run(
      `import { options, parseCommandLine } from "denado:options"; options; parseCommandLine; ${program}\n${LOG_INFO}`,
      args,
    );
    assertEquals(code, 0, text);
    if (logs) assertMatch(text, /^\[I \d{6} \d\d:\d\d:\d\d app\] hello\n$/);
    else assertEquals(text, "");
  });
}
