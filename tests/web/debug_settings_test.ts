import type { ApplicationSettings } from "@denado/denado/web";
import { assertEquals, assertStrictEquals } from "@std/assert";
import { withDebugDefaults } from "../../web/debug_settings.ts";

Deno.test("withDebugDefaults leaves settings without debug as they are", () => {
  for (const settings of [{}, { debug: false }, { autoreload: true }]) {
    assertStrictEquals(withDebugDefaults(settings), settings);
  }
});

Deno.test("withDebugDefaults fills in what debug stands for, in a new object, and only what is not set", () => {
  const settings: ApplicationSettings = Object.freeze({ debug: true, autoreload: false, serverName: "x" });
  assertEquals(withDebugDefaults(settings), {
    debug: true,
    autoreload: false,
    serveTraceback: true,
    compiledTemplateCache: false,
    staticHashCache: false,
    serverName: "x",
  });
});
