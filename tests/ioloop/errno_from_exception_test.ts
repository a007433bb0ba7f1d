import { assertEquals } from "@std/assert";
import { CancelledError, errnoFromException } from "@denado/denado/ioloop";

const CASES: [name: string, error: unknown, expected: number | string | undefined][] = [
  ["an errno", Object.assign(new Error(), { errno: -2, code: "ENOENT" }), -2],
  ["a code", Object.assign(new Error(), { code: "ENOENT" }), "ENOENT"],
  ["an error of Denado", new CancelledError(), "ECANCELED"],
  ["neither", new Error("no"), undefined],
  ["a code of the DOM", new DOMException("aborted", "AbortError"), undefined],
  ["something thrown that is no error", "text", undefined],
  ["null", null, undefined],
];

for (const [name, error, expected] of CASES) {
  Deno.test(`errnoFromException gives ${expected} for ${name}`, () =>
    assertEquals(errnoFromException(error), expected));
}

Deno.test("errnoFromException gives a code for an error of the system", async () => {
  const error = await Deno.open("/nowhere/at/all").catch((error: unknown) => error);
  assertEquals(errnoFromException(error), "ENOENT");
});
