import { assertEquals } from "@std/assert";
import { callerOf, callerOutside, type CallSite } from "../../ioloop/caller.ts";

class Speaker {
  say(): CallSite | undefined {
    return this.#write(this.say);
  }

  // deno-lint-ignore ban-types -- as callerOf has it
  #write(method: Function): CallSite | undefined {
    return callerOf(method);
  }
}

Deno.test("callerOf tells where the function was called", () => {
  const site = new Speaker().say();
  assertEquals(site?.file, import.meta.url);
  assertEquals(site?.line, 16);
});

Deno.test("callerOf tells where the function was called after an await", async () => {
  const speaker = new Speaker();
  await Promise.resolve();
  const site = speaker.say();
  assertEquals([site?.file, site?.line], [import.meta.url, 24]);
});

Deno.test("callerOf leaves the length of stack traces as it was", () => {
  const before = Error.stackTraceLimit;
  new Speaker().say();
  assertEquals(Error.stackTraceLimit, before);
});

Deno.test("callerOutside passes over the modules with a prefix", () => {
  assertEquals(callerOutside("file:///nowhere/")?.file, import.meta.url);
  assertEquals(callerOutside(import.meta.url)?.file === import.meta.url, false);
});
