import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { HTTPInputError, HTTPOutputError } from "../../http/errors.ts";

Deno.test("HTTPInputError carries the status to answer with", () => {
  assertEquals(new HTTPInputError("x").status, 400);
  assertEquals(new HTTPInputError("x", { status: 431 }).status, 431);
});

Deno.test("HTTPInputError and HTTPOutputError have stable names, codes and causes", () => {
  const cause = new Error("why");
  const input = new HTTPInputError("x", { cause });
  const output = new HTTPOutputError("y", { cause });
  assertEquals([input.name, input.code, input.message], ["HTTPInputError", "ERR_HTTP_INPUT", "x"]);
  assertEquals([output.name, output.code, output.message], ["HTTPOutputError", "ERR_HTTP_OUTPUT", "y"]);
  assertStrictEquals(input.cause, cause);
  assertStrictEquals(output.cause, cause);
  assert(input instanceof Error && output instanceof Error);
});
