import { assertEquals } from "@std/assert";
import { Gate } from "../../ioloop/gate.ts";

Deno.test("Gate holds reactions back until it is opened, and runs them in order", async () => {
  const gate = new Gate();
  const seen: number[] = [];
  gate.opened.then(() => seen.push(1));
  gate.opened.then(() => seen.push(2));
  await Promise.resolve();
  assertEquals(seen, []);
  gate.open();
  gate.open();
  await gate.opened;
  assertEquals(seen, [1, 2]);
});

Deno.test("Gate opens on its own, whatever other gates do", async () => {
  const first = new Gate();
  const second = new Gate();
  const seen: string[] = [];
  first.opened.then(() => seen.push("first"));
  second.opened.then(() => seen.push("second"));
  second.open();
  await second.opened;
  assertEquals(seen, ["second"]);
  first.open();
  await first.opened;
  assertEquals(seen, ["second", "first"]);
});
