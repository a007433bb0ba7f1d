import { appLog, genLog, Log } from "@denado/denado/ioloop";
import { ExpectLog } from "@denado/denado/testing";
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { expectLog } from "../../helpers/expect_log.ts";

Deno.test("ExpectLog takes matching messages out, and leaves the others", () =>
  expectLog([{ pattern: "other", times: 2 }, { pattern: "wanted, elsewhere", times: 1 }], (messages) => {
    using expected = new ExpectLog(genLog, "wanted");
    assert(!expected.matched);
    genLog.warning("other");
    genLog.warning("not wanted: other"); // text matches from the beginning
    appLog.warning("wanted, elsewhere");
    assert(!expected.matched);
    genLog.warning("wanted");
    genLog.debug("wanted too, {though} debug");
    assert(expected.matched);
    assertEquals(messages.length, 3);
  }));

Deno.test("ExpectLog fails at the end if nothing matched, unless that is allowed", () => {
  assertThrows(
    () => {
      using _expected = new ExpectLog(genLog, /never/, { level: "error" });
    },
    Error,
    "Cannot find the expected message in denado.general (error): /never/",
  );
  using _allowed = new ExpectLog("denado.general", "never", { required: false });
  assertThrows(() => new ExpectLog("", "("), SyntaxError);
});

Deno.test("ExpectLog looks at the level and at the category, and those below it", () => {
  const log = new Log(["my", "service", "part"]);
  const matches = (name: string, level?: "info" | "error") => {
    using expected = new ExpectLog(name, /text/, { required: false, ...(level && { level }) });
    log.info("some text");
    return expected.matched;
  };
  assertEquals([matches(""), matches("my"), matches("my.service"), matches("my.service.part")], [
    true,
    true,
    true,
    true,
  ]);
  assertEquals([matches("my.serv"), matches("my.service.part.x"), matches("other")], [false, false, false]);
  assertEquals([matches("my", "info"), matches("my", "error")], [true, false]);
});

Deno.test("ExpectLog sees whether there was a stack", () => {
  for (const [text, expected] of [["failed", false], [`failed\n${new Error("x").stack}`, true]] as const) {
    using log = new ExpectLog(appLog, "failed");
    appLog.error(text);
    assertEquals(log.loggedStack, expected);
  }
});

Deno.test("ExpectLog expects during a function, and throws what that throws", async () => {
  const during = (fn: () => unknown) => ExpectLog.during([genLog, "wanted"], fn);
  assertEquals(await during(() => (genLog.error("wanted"), 3)), 3);
  assertEquals(await during(async () => (await 0, genLog.error("wanted"), 4)), 4);
  await assertRejects(() => during(() => {}), Error, "Cannot find the expected message");
  await assertRejects(() => during(() => Promise.reject(new RangeError("mine"))), RangeError, "mine");
  await expectLog({ pattern: "wanted" }, () => genLog.error("wanted")); // nobody looks any more
});

Deno.test("ExpectLog nests: the inner one comes first", () => {
  using outer = new ExpectLog(genLog, "a");
  {
    using inner = new ExpectLog(genLog, "a");
    genLog.error("a");
    assertEquals([outer.matched, inner.matched], [false, true]);
  }
  genLog.error("a");
  assert(outer.matched);
});
