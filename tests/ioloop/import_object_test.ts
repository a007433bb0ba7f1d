import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import * as path from "node:path";
import { importObject, VERSION } from "@denado/denado/ioloop";

Deno.test("importObject gives a module", async () => {
  assertStrictEquals(await importObject("node:path"), path);
});

Deno.test("importObject gives an export, also one within another", async () => {
  assertStrictEquals(await importObject("node:path#basename"), path.basename);
  assertStrictEquals(await importObject("node:path#default.posix.basename"), path.posix.basename);
});

Deno.test("importObject takes a URL, and names relative to a base", async () => {
  const url = new URL("../../ioloop/version.ts", import.meta.url);
  assertEquals(await importObject(`${url}#VERSION`), VERSION);
  assertEquals(await importObject("../../ioloop/version.ts#VERSION", { base: import.meta.url }), VERSION);
  assertEquals(await importObject("./version.ts#VERSION", { base: url }), VERSION);
});

Deno.test("importObject takes names relative to the main module", async () => {
  const main = new URL(Deno.mainModule);
  const error = await importObject("./no_such_module.ts").catch((error: unknown) => error) as Error;
  assertEquals(error.message.includes(new URL("./no_such_module.ts", main).href), true);
});

Deno.test("importObject fails for what is not there", async () => {
  await assertRejects(() => importObject("node:path#missing"), TypeError, "node:path has no missing");
  await assertRejects(() => importObject("node:path#posix.missing"), TypeError, "node:path has no posix.missing");
  await assertRejects(() => importObject("node:path#sep.length"), TypeError, "node:path has no sep.length");
  await assertRejects(() => importObject("./no_such_module.ts", { base: import.meta.url }), TypeError);
});
