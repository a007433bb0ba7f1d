import { assertEquals } from "@std/assert";
import { cpuCount, taskId } from "@denado/denado/ioloop";
import { expectLog } from "../helpers/expect_log.ts";
import { ChildScript } from "../helpers/child_script.ts";

Deno.test("cpuCount is the number of processors", () => {
  assertEquals(cpuCount(), navigator.hardwareConcurrency);
});

Deno.test("cpuCount falls back to 1 with an error in the log", async () => {
  const property = { configurable: true, get: () => undefined };
  const pattern = "Could not detect number of processors; assuming 1";
  await expectLog({ level: "error", category: "denado.general", pattern }, () => {
    const original = Object.getOwnPropertyDescriptor(Navigator.prototype, "hardwareConcurrency")!;
    Object.defineProperty(Navigator.prototype, "hardwareConcurrency", property);
    try {
      assertEquals(cpuCount(), 1);
    } finally {
      Object.defineProperty(Navigator.prototype, "hardwareConcurrency", original);
    }
  });
});

Deno.test("taskId is undefined in a process that was not forked", () => {
  assertEquals(taskId(), undefined);
});

const environments: [what: string, flags: string[], env: Record<string, string>, expected: string][] = [
  ["a number", ["--allow-env=DENADO_TASK_ID"], { DENADO_TASK_ID: "3" }, "3"],
  ["no number", ["--allow-env=DENADO_TASK_ID"], { DENADO_TASK_ID: "x" }, "undefined"],
  ["a number that may not be read", [], { DENADO_TASK_ID: "3" }, "undefined"],
  ["a number that must not be read", ["--deny-env"], { DENADO_TASK_ID: "3" }, "undefined"],
];
for (const [what, flags, env, expected] of environments) {
  Deno.test(`taskId is ${expected} when the environment has ${what}`, async () => {
    await using script = await ChildScript.write(["taskId"], "console.log(taskId(), taskId());");
    const { lines, errors } = await script.start({ flags, env }).end();
    assertEquals([lines, errors], [[`${expected} ${expected}`], ""]);
  });
}

Deno.test("taskId takes the number out of the environment, so that no grandchild sees it", async () => {
  await using script = await ChildScript.write(
    ["taskId"],
    "console.log(taskId(), Deno.env.get('DENADO_TASK_ID'), taskId());",
  );
  assertEquals(await script.start({ env: { DENADO_TASK_ID: "0" } }).line(), "0 undefined 0");
});
