import { assert, assertEquals, assertFalse, assertMatch } from "@std/assert";
import { configureSync, type LogRecord, resetSync } from "@logtape/logtape";
import { accessLog, appLog, describeError, genLog, interceptLogs, Log } from "@denado/denado/ioloop";
import { expectLog } from "../helpers/expect_log.ts";

/** What goes to `console.error` meanwhile. */
function captureConsole(fn: () => void): unknown[][] {
  const { error } = console;
  const lines: unknown[][] = [];
  console.error = (...args) => lines.push(args);
  try {
    fn();
  } finally {
    console.error = error;
  }
  return lines;
}

function configured<T>(captureSourceLocation: Record<string, boolean>, fn: (records: LogRecord[]) => T): T {
  const records: LogRecord[] = [];
  configureSync({
    sinks: { list: (record) => records.push(record) },
    loggers: [
      { category: ["logtape", "meta"], lowestLevel: "error" },
      { category: [], sinks: ["list"], lowestLevel: "info" },
      ...Object.entries(captureSourceLocation).map(([category, captureSourceLocation]) => ({
        category: category.split("."),
        captureSourceLocation,
      })),
    ],
  });
  try {
    return fn(records);
  } finally {
    resetSync();
  }
}

Deno.test("loggers have Tornado's three categories", () => {
  assertEquals([accessLog, appLog, genLog].map((log) => log.category.join(".")), [
    "denado.access",
    "denado.application",
    "denado.general",
  ]);
});

Deno.test("Log writes warnings and errors to the standard error stream while LogTape is not configured", () => {
  const lines = captureConsole(() => {
    genLog.debug("debug");
    genLog.info("info");
    genLog.warning("warning {x}");
    genLog.error("error");
    genLog.write("fatal", "fatal");
  });
  assertEquals(lines, [["warning {x}"], ["error"], ["fatal"]]);
  assert(genLog.isEnabledFor("warning"));
  assertFalse(genLog.isEnabledFor("info"));
});

Deno.test("Log writes nothing to the standard error stream itself once LogTape is configured", () => {
  const lines = captureConsole(() =>
    configured({}, (records) => {
      genLog.error("error");
      assertEquals(records.length, 1);
    })
  );
  assertEquals(lines, []);
});

Deno.test("Log passes text with braces and properties on as they are", () =>
  expectLog(
    [
      { level: "info", category: "denado.general", pattern: /^\{a\} \{\{b\}\} \}$/ },
      { level: "warning", pattern: /^careful$/ },
    ],
    (messages) => {
      genLog.info("{a} {{b}} }", { a: 1 });
      genLog.warning("careful");
      assertEquals(messages[0]!.properties, { a: 1 });
    },
  ));

Deno.test("Log is enabled as LogTape's configuration says", () =>
  configured({}, (records) => {
    assert(genLog.isEnabledFor("info"));
    assertFalse(genLog.isEnabledFor("debug"));
    genLog.debug("not this");
    assertEquals(records, []);
  }));

Deno.test("Log tells where it was called if LogTape captures that", () =>
  configured({ denado: true, "denado.access": false }, (records) => {
    genLog.info("{x}", { x: 1 });
    new Log(["denado", "own", "log"]).error("second");
    accessLog.info("third");
    new Log(["other"]).info("fourth");
    assertEquals(records.map((record) => record.sourceLocation?.file), [
      import.meta.url,
      import.meta.url,
      undefined,
      undefined,
    ]);
    assertEquals(records[0]!.sourceLocation!.line + 1, records[1]!.sourceLocation!.line);
    assertEquals(records[0]!.message, ["{x}"]);
    assertEquals(records[0]!.properties, { x: 1 });
  }));

Deno.test("describeError shows stack and causes, and any other value as such", () => {
  const text = describeError(new TypeError("no", { cause: new Error("because") }));
  assertMatch(text, /^TypeError: no\n {4}at .*log_test\.ts/);
  assertMatch(text, /\[cause\]: Error: because/);
  assertEquals(describeError({ a: 1 }), "Thrown value: { a: 1 }");
});

Deno.test("interceptLogs sees messages of every level before they are written, the last one first, and may take them", () => {
  const seen: string[] = [];
  const stopFirst = interceptLogs(({ text }) => seen.push(`first ${text}`) < 0);
  const stopSecond = interceptLogs(({ category, level, text, properties }) => {
    seen.push(`second ${category.join(".")} ${level} ${text} ${JSON.stringify(properties)}`);
    return text === "taken";
  });
  const lines = captureConsole(() => {
    assert(genLog.isEnabledFor("debug"));
    genLog.debug("low", { a: 1 });
    genLog.error("taken");
    genLog.error("left");
    stopSecond();
    stopSecond();
    stopFirst();
    genLog.error("afterwards");
  });
  assertEquals(seen, [
    'second denado.general debug low {"a":1}',
    "first low",
    "second denado.general error taken {}",
    "second denado.general error left {}",
    "first left",
  ]);
  assertEquals(lines, [["left"], ["afterwards"]]);
  assertFalse(genLog.isEnabledFor("debug"));
});
