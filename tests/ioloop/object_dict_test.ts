import { assert, assertEquals, assertFalse, assertThrows } from "@std/assert";
import { ObjectDict } from "@denado/denado/ioloop";

Deno.test("ObjectDict gives its entries as properties, and can be changed", () => {
  const dict = new ObjectDict<Record<string, unknown>>({ a: 1 });
  assertEquals(dict["a"], 1);
  dict["b"] = 2;
  assertEquals(Object.keys(dict), ["a", "b"]);
  delete dict["a"];
  assertEquals(Object.entries(dict), [["b", 2]]);
});

Deno.test("ObjectDict throws for an entry that is not there", () => {
  const dict = new ObjectDict<Record<string, unknown>>({ port: 1, host: "" });
  assertThrows(() => dict["prot"], ReferenceError, "Cannot read the entry prot: the dictionary has only port, host");
  assertThrows(() => new ObjectDict()["a"], ReferenceError, "has only none");
});

Deno.test("ObjectDict tells an entry that is undefined from one that is not there", () => {
  const dict = new ObjectDict<{ a?: number | undefined }>({ a: undefined });
  assertEquals(dict.a, undefined);
  assert("a" in dict);
  assertFalse("b" in dict);
});

Deno.test("ObjectDict copies the entries it is given", () => {
  const entries = { a: 1 };
  const dict = new ObjectDict(entries);
  entries.a = 2;
  assertEquals(dict.a, 1);
});

Deno.test("ObjectDict can be awaited, printed, cloned and turned into JSON", async () => {
  const dict = new ObjectDict({ a: 1 });
  assertEquals(await dict, dict);
  assertEquals(JSON.stringify(dict), '{"a":1}');
  assert(Deno.inspect(dict).includes("a: 1"));
  assertEquals({ ...dict }, { a: 1 });
  assert(dict instanceof ObjectDict);
});
