import { getConfig } from "@logtape/logtape";
import { assertEquals, AssertionError, assertRejects } from "@std/assert";
import { accessLog, appLog, genLog } from "@denado/denado/ioloop";
import { type ExpectedLog, expectLog, expectNoLog } from "./expect_log.ts";

Deno.test("expectLog returns the result and resets LogTape when the message appears", async () => {
  const result = await expectLog(
    { level: "warning", category: "denado.general", pattern: /^took \d+ ms$/ },
    async () => {
      await Promise.resolve();
      genLog.warning("took 12 ms");
      return 42;
    },
  );
  assertEquals(result, 42);
  assertEquals(getConfig(), null);
});

Deno.test("expectLog shows the messages so far while the function runs", () =>
  expectLog({ pattern: "{a}" }, (messages) => {
    accessLog.info("braces {a}", { status: 200 });
    assertEquals(messages, [
      { level: "info", category: "denado.access", text: "braces {a}", properties: { status: 200 } },
    ]);
  }));

const failures: { name: string; expected: ExpectedLog | ExpectedLog[]; message: RegExp }[] = [
  { name: "a message is missing", expected: [{ pattern: "absent" }, { pattern: "x" }], message: /found 0 of/ },
  { name: "the level is another one", expected: { level: "error", pattern: "x" }, message: /did not expect warning/ },
  { name: "the category is another one", expected: { category: "denado.access", pattern: "x" }, message: /found 0 of/ },
  { name: "the number is another one", expected: { pattern: "x", times: 2 }, message: /expected 2, found 1/ },
  { name: "a warning is not expected", expected: [], message: /did not expect warning denado.application: x y/ },
];

for (const { name, expected, message } of failures) {
  Deno.test(`expectLog fails when ${name}`, async () => {
    const error = await assertRejects(() => expectLog(expected, () => appLog.warning("x y")), AssertionError);
    assertEquals(error.message.search(message) !== -1, true, error.message);
    assertEquals(getConfig(), null);
  });
}

Deno.test("expectLog passes the error of the function on and resets LogTape", async () => {
  await assertRejects(() => expectLog({ pattern: "x" }, () => Promise.reject(new RangeError("mine"))), RangeError);
  assertEquals(getConfig(), null);
});

Deno.test("expectLog refuses to nest", () =>
  expectNoLog(async () => {
    await assertRejects(() => expectNoLog(() => {}), Error, "does not nest");
  }));

Deno.test("expectNoLog lets messages below a warning pass", () => expectNoLog(() => genLog.info("all is well")));
