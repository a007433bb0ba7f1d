import { appLog, enablePrettyLogging, logContext, LogFormatter } from "@denado/denado/ioloop";
import { getLogger } from "@logtape/logtape";
import { assertEquals, assertMatch } from "@std/assert";
import { expectLog } from "../helpers/expect_log.ts";

Deno.test("logContext is added to what Denado's loggers log, through promises and timers", () =>
  expectLog([], async (messages) => {
    appLog.info("before");
    await logContext.run({ requestId: "r1", user: "u" }, async () => {
      appLog.info("now");
      await new Promise((resolve) => setTimeout(resolve, 0));
      appLog.info("later", { user: "other" });
    });
    appLog.info("after");
    const properties = messages.map((message) => [message.text, message.properties]);
    assertEquals(properties, [
      ["before", {}],
      ["now", { requestId: "r1", user: "u" }],
      ["later", { requestId: "r1", user: "other" }],
      ["after", {}],
    ]);
  }));

Deno.test("logContext shows the request in the lines of enablePrettyLogging, whoever logs", async () => {
  const folder = await Deno.makeTempDir();
  try {
    {
      using _logging = enablePrettyLogging({ logFilePrefix: `${folder}/log` });
      logContext.run({ requestId: "r1" }, () => {
        appLog.info("ours");
        getLogger(["shop"]).info("theirs");
      });
      appLog.info("outside");
    }
    const lines = (await Deno.readTextFile(`${folder}/log`)).trimEnd().split("\n");
    assertMatch(lines[0]!, /^\[I \d{6} [\d:]{8} denado\.application r1\] ours$/);
    assertMatch(lines[1]!, /^\[I \d{6} [\d:]{8} shop r1\] theirs$/);
    assertMatch(lines[2]!, /^\[I \d{6} [\d:]{8} denado\.application\] outside$/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("logContext cannot fake a line by its id", () => {
  const format = (requestId: unknown) =>
    new LogFormatter({ color: false, format: "[%(name)s%(request)s] %(message)s" }).format({
      category: ["a"],
      level: "info",
      message: ["text"],
      rawMessage: "text",
      timestamp: 0,
      properties: { requestId },
    });
  assertEquals(format("r1"), "[a r1] text");
  assertEquals(format("r1\n[x] y\x1b[2J").includes("\n"), false);
  assertEquals(format("r1\x1b[2J").includes("\x1b"), false);
  for (const none of [undefined, "", 1, {}]) assertEquals(format(none), "[a] text");
});

Deno.test("logContext is in front of a line that is written because nobody has configured LogTape", async () => {
  const script = `import { appLog, logContext } from "@denado/denado/ioloop";
    logContext.run({ requestId: "r1" }, () => appLog.error("text"));
    appLog.error("outside");`;
  const { stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--ext=ts", script],
    cwd: new URL("../..", import.meta.url),
    stderr: "piped",
  }).output();
  assertEquals(new TextDecoder().decode(stderr).trimEnd().split("\n").slice(-2), ["[r1] text", "outside"]);
});
