import { getAsyncTestTimeout } from "@denado/denado/testing";
import { assertEquals } from "@std/assert";
import { stub } from "@std/testing/mock";

Deno.test("getAsyncTestTimeout reads seconds from ASYNC_TEST_TIMEOUT, and is five of them by default", () => {
  const table: [text: string | undefined, expectedMs: number][] = [
    [undefined, 5000],
    ["", 5000],
    ["soon", 5000],
    ["0", 5000],
    ["-1", 5000],
    ["90", 90_000],
    ["0.25", 250],
  ];
  for (const [text, expectedMs] of table) {
    using _env = stub(Deno.env, "get", () => text); // not the environment itself, which other tests have too
    assertEquals(getAsyncTestTimeout(), expectedMs, text);
  }
});
