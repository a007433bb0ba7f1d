import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { getConfig, resetSync } from "@logtape/logtape";
import { appLog, defineLoggingOptions, OptionError, OptionParser } from "@denado/denado/ioloop";

Deno.test("defineLoggingOptions has Tornado's defaults", () => {
  const { help: _, ...values } = defineLoggingOptions(new OptionParser()).asDict();
  assertEquals(values, {
    logging: "info",
    "log-to-stderr": null,
    "log-file-prefix": null,
    "log-file-max-size": 100_000_000,
    "log-file-num-backups": 10,
    "log-rotate-mode": "size",
    "log-rotate-when": "midnight",
    "log-rotate-interval": 1,
  });
});

Deno.test("defineLoggingOptions refuses to define them twice", () => {
  const options = defineLoggingOptions(new OptionParser());
  assertThrows(() => defineLoggingOptions(options), OptionError, 'Option "logging" is already defined');
});

Deno.test("final parse turns logging on as the options say", () => {
  const folder = Deno.makeTempDirSync();
  try {
    const options = defineLoggingOptions(new OptionParser());
    options.parseCommandLine([`--log-file-prefix=${folder}/log`, "--logging=warning"], { final: false });
    assertEquals(getConfig(), null);
    options.parseCommandLine([]);
    appLog.info("not this");
    appLog.warning("but this");
    assertMatch(Deno.readTextFileSync(`${folder}/log`), /^\[W [^\]]+\] but this\n$/);
  } finally {
    resetSync();
    Deno.removeSync(folder, { recursive: true });
  }
});
