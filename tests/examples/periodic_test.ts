import { assert, assertEquals, assertMatch } from "@std/assert";

const EXAMPLE = new URL("../../examples/periodic.ts", import.meta.url);
const TICKS = 8;

Deno.test("periodic example runs its schedules, one call at a time, and ends", async () => {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", EXAMPLE.href, String(TICKS)],
  }).output();
  assertEquals(code, 0);
  const lines = new TextDecoder().decode(stdout).trim().split("\n");
  assertEquals(lines.pop(), "Stopped");
  const texts = lines.map((line) => line.replace(/^ *[\d.]+ s {2}/, ""));

  const ticks = texts.filter((text) => text.startsWith("tick "));
  assertEquals(ticks, Array.from({ length: TICKS }, (_, at) => `tick ${at + 1}`));

  // Begin and end alternate, however late the calls are: none overlaps another.
  const slow = texts.filter((text) => text.startsWith("slow job"));
  assert(slow.length >= 2);
  assertEquals(slow, slow.map((_, at) => at % 2 === 0 ? "slow job begins, 1 active" : "slow job ends"));

  assertMatch(new TextDecoder().decode(stderr), /Exception in callback .*poll.*\nError: The first poll fails/);
  assert(texts.includes("poll 2 succeeds"));
});
