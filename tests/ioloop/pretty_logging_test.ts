import { assert, assertEquals, assertFalse, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import { configureSync, getConfig, getLogger, type LogRecord, resetSync } from "@logtape/logtape";
import { appLog, enablePrettyLogging, genLog, LogFormatter, type LoggingSettings } from "@denado/denado/ioloop";

/** Runs a test with a folder for log files, what goes to the standard error stream, and LogTape reset afterwards. */
async function withLogging(fn: (context: { folder: string; stderr: string[] }) => unknown): Promise<void> {
  const folder = Deno.makeTempDirSync();
  const stderr: string[] = [];
  const { writeSync } = Deno.stderr;
  Deno.stderr.writeSync = (bytes) => {
    stderr.push(new TextDecoder().decode(bytes).replace(/^(\[.)[^\]]*\]/, "$1]"));
    return bytes.length;
  };
  try {
    await fn({ folder, stderr });
  } finally {
    Deno.stderr.writeSync = writeSync;
    resetSync();
    Deno.removeSync(folder, { recursive: true });
  }
}

function configureAsApplication(): LogRecord[] {
  const records: LogRecord[] = [];
  configureSync({
    sinks: { list: (record) => records.push(record) },
    loggers: [
      { category: ["logtape", "meta"], lowestLevel: "error" },
      { category: [], sinks: ["list"], lowestLevel: "info" },
    ],
  });
  return records;
}

for (const mode of ["size", "time"]) {
  Deno.test(`enablePrettyLogging creates one file with rotation by ${mode}`, () =>
    withLogging(({ folder, stderr }) => {
      enablePrettyLogging({ logFilePrefix: `${folder}/test_log`, logRotateMode: mode });
      appLog.error("hello");
      assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name), ["test_log"]);
      assertMatch(Deno.readTextFileSync(`${folder}/test_log`), /^\[E [^\]]*\] hello$/m);
      assertEquals(stderr, []);
    }));
}

Deno.test("enablePrettyLogging rotates as its settings say", () =>
  withLogging(({ folder }) => {
    enablePrettyLogging({ logFilePrefix: `${folder}/log`, logFileMaxSize: 10, logFileNumBackups: 2 });
    for (let number = 0; number < 5; number++) appLog.info(String(number));
    assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name).sort(), ["log", "log.1", "log.2"]);
    assertMatch(Deno.readTextFileSync(`${folder}/log.2`), / 2\n$/);
  }));

const WRONG: readonly [settings: LoggingSettings, message: string][] = [
  [{ logging: "loud" }, 'Cannot log at the level "loud"'],
  [{ logFilePrefix: "some_path", logRotateMode: "wrong_mode" }, 'Cannot rotate log files by "wrong_mode"'],
  [{ logFilePrefix: "some_path", logRotateMode: "time", logRotateWhen: "noon" }, 'Cannot rotate log files at "noon"'],
];

for (const [settings, message] of WRONG) {
  Deno.test(`enablePrettyLogging refuses ${JSON.stringify(settings)}`, () => {
    assertThrows(() => enablePrettyLogging(settings), RangeError, message);
    assertEquals(getConfig(), null);
  });
}

for (const logging of ["none", "None", null]) {
  Deno.test(`enablePrettyLogging leaves LogTape alone with ${logging}`, () => {
    using logged = enablePrettyLogging({ logging, logToStderr: true });
    assertEquals(logged.level, undefined);
    assertEquals(getConfig(), null);
  });
}

const LEVELS: readonly [logging: string | undefined, shown: string[]][] = [
  [undefined, ["[I]", "[W]", "[E]"]],
  ["DEBUG", ["[D]", "[I]", "[W]", "[E]"]],
  ["warn", ["[W]", "[E]"]],
  ["error", ["[E]"]],
  ["critical", []],
];

for (const [logging, shown] of LEVELS) {
  Deno.test(`enablePrettyLogging at the level ${logging} shows ${shown.join(" ") || "nothing of the kind"}`, () =>
    withLogging(({ stderr }) => {
      enablePrettyLogging(logging === undefined ? {} : { logging });
      appLog.debug("x");
      appLog.info("x");
      appLog.warning("x");
      appLog.error("x");
      assertEquals(stderr.map((line) => line.slice(0, 3)), shown);
    }));
}

Deno.test("enablePrettyLogging writes to file and standard error stream if both are asked for", () =>
  withLogging(({ folder, stderr }) => {
    enablePrettyLogging({ logFilePrefix: `${folder}/log`, logToStderr: true });
    appLog.info("both");
    assertEquals(stderr, ["[I] both\n"]);
    assertStringIncludes(Deno.readTextFileSync(`${folder}/log`), "] both\n");
  }));

Deno.test("enablePrettyLogging called again replaces what it did", () =>
  withLogging(({ folder, stderr }) => {
    enablePrettyLogging();
    enablePrettyLogging();
    appLog.info("once");
    enablePrettyLogging({ logFilePrefix: `${folder}/log`, logging: "warning" });
    appLog.info("not at all");
    appLog.warning("in the file");
    assertEquals(stderr, ["[I] once\n"]);
    assertMatch(Deno.readTextFileSync(`${folder}/log`), /^\[W [^\]]*\] in the file\n$/);
  }));

Deno.test("enablePrettyLogging is undone by disposal", () =>
  withLogging(({ stderr }) => {
    {
      using logged = enablePrettyLogging();
      assertEquals(logged.level, "info");
      appLog.info("while it lasts");
    }
    assertEquals(getConfig(), null);
    appLog.info("afterwards");
    assertEquals(stderr, ["[I] while it lasts\n"]);
  }));

Deno.test("enablePrettyLogging is not undone by disposal of what it replaced", () =>
  withLogging(({ stderr }) => {
    const first = enablePrettyLogging();
    const second = enablePrettyLogging();
    first[Symbol.dispose]();
    appLog.info("still");
    second[Symbol.dispose]();
    second[Symbol.dispose]();
    appLog.info("no more");
    assertEquals(stderr, ["[I] still\n"]);
  }));

Deno.test("enablePrettyLogging works again after LogTape was reset", () =>
  withLogging(({ folder, stderr }) => {
    enablePrettyLogging({ logFilePrefix: `${folder}/log` });
    resetSync();
    assertEquals(getConfig(), null);
    using _logging = enablePrettyLogging({}, { category: ["denado"] });
    appLog.info("again");
    assertEquals(stderr, ["[I] again\n"]);
    assertEquals(Deno.readTextFileSync(`${folder}/log`), "");
  }));

Deno.test("enablePrettyLogging serves several categories, each at its level", () =>
  withLogging(({ folder, stderr }) => {
    enablePrettyLogging({ logging: "warning" });
    const chatty = enablePrettyLogging(
      { logging: "debug", logFilePrefix: `${folder}/log` },
      { category: ["chatty"], captureSourceLocation: false },
    );
    getLogger(["chatty", "part"]).debug("chatty");
    getLogger(["other"]).info("other");
    assertEquals(stderr, ["[D] chatty\n"], "outputs above get what the category lets pass");
    assertMatch(Deno.readTextFileSync(`${folder}/log`), /^\[D [^\]]* chatty\.part\] chatty\n$/);
    chatty[Symbol.dispose]();
    getLogger(["chatty", "part"]).debug("chatty");
    getLogger(["chatty", "part"]).error("last");
    assertEquals(stderr, ["[D] chatty\n", "[E] last\n"]);
  }));

Deno.test("enablePrettyLogging shows where lines were logged at the level debug", () =>
  withLogging(({ folder }) => {
    for (const logging of ["debug", "info"]) {
      enablePrettyLogging({ logging, logFilePrefix: `${folder}/${logging}` });
      appLog.info("hello");
      getLogger(["shop"]).info("hello");
    }
    assertMatch(
      Deno.readTextFileSync(`${folder}/debug`),
      /^\[I [^\]]* pretty_logging_test:\d+\] hello\n\[I [^\]]* pretty_logging_test:\d+\] hello\n$/,
    );
    assertMatch(
      Deno.readTextFileSync(`${folder}/info`),
      /^\[I [^\]]* denado\.application\] hello\n\[I [^\]]* shop\] hello\n$/,
    );
  }));

Deno.test("enablePrettyLogging takes a formatter", () =>
  withLogging(({ stderr }) => {
    enablePrettyLogging({}, { formatter: new LogFormatter({ format: "%(levelname)s %(message)s" }) });
    appLog.info("hello");
    assertEquals(stderr, ["INFO hello\n"]);
  }));

Deno.test("enablePrettyLogging reports a file that cannot be written to the standard error stream", () =>
  withLogging(({ folder, stderr }) => {
    enablePrettyLogging({ logFilePrefix: `${folder}/log`, logFileMaxSize: 1, logFileNumBackups: 1 });
    Deno.mkdirSync(`${folder}/log.1/sub`, { recursive: true });
    appLog.info("one");
    appLog.info("two");
    assertEquals(stderr.length, 1);
    assertMatch(stderr[0]!, /^\[F\] Failed to emit a log record to sink .*: .*Cannot put the log file .* aside/s);
    assertMatch(Deno.readTextFileSync(`${folder}/log`), / one\n.* two\n$/);
  }));

Deno.test("enablePrettyLogging keeps the application's configuration and does not write to the standard error stream", () =>
  withLogging(({ stderr }) => {
    const records = configureAsApplication();
    const config = getConfig();
    enablePrettyLogging();
    appLog.info("hello");
    assertEquals(getConfig(), config);
    assertEquals(records.map((record) => record.message), [["hello"]]);
    assertEquals(stderr, []);
  }));

Deno.test("enablePrettyLogging adds its file to the application's configuration, whose levels stand", () =>
  withLogging(({ folder, stderr }) => {
    const records = configureAsApplication();
    const logging = enablePrettyLogging({
      logging: "debug",
      logFilePrefix: `${folder}/log`,
      logToStderr: true,
    });
    genLog.debug("below the application's level");
    genLog.info("hello");
    using _replacement = enablePrettyLogging({ logging: "warning", logFilePrefix: `${folder}/log` });
    genLog.info("below its own");
    genLog.warning("careful");
    logging[Symbol.dispose]();
    genLog.warning("again");
    assertEquals(records.map((record) => record.message[0]), ["hello", "below its own", "careful", "again"]);
    assertEquals(stderr, ["[I] hello\n"]);
    assertMatch(Deno.readTextFileSync(`${folder}/log`), /^.* hello\n.* careful\n.* again\n$/);
  }));

Deno.test("enablePrettyLogging takes its file out of the application's configuration by disposal", () =>
  withLogging(({ folder }) => {
    const records = configureAsApplication();
    {
      using _logging = enablePrettyLogging({ logFilePrefix: `${folder}/log` });
      genLog.info("one");
    }
    genLog.info("two");
    assertEquals(records.length, 2);
    assertMatch(Deno.readTextFileSync(`${folder}/log`), /^.* one\n$/);
  }));

Deno.test("enablePrettyLogging does not dispose of the application's sinks", () =>
  withLogging(({ folder }) => {
    let disposed = false;
    const sink = Object.assign(() => {}, { [Symbol.dispose]: () => disposed = true });
    configureSync({
      sinks: { sink },
      loggers: [{ category: ["logtape", "meta"], lowestLevel: "error" }, { category: [], sinks: ["sink"] }],
    });
    enablePrettyLogging({ logFilePrefix: `${folder}/log` })[Symbol.dispose]();
    assertFalse(disposed);
    resetSync();
    assert(disposed);
  }));
