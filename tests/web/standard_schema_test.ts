import { InvalidArgumentError, type SchemaInput, type SchemaOutput, type StandardSchema } from "@denado/denado/web";
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import * as v from "npm:valibot@^1.2.0";
import { z } from "npm:zod@^4.2.0";
import { checkSchema, checkSync, isStandardSchema } from "../../web/standard_schema.ts";

const ZOD = z.object({ name: z.string().min(1), items: z.array(z.object({ count: z.coerce.number().int() })) });
const VALIBOT = v.object({
  name: v.pipe(v.string(), v.minLength(1)),
  items: v.array(v.object({ count: v.pipe(v.unknown(), v.transform(Number), v.integer()) })),
});

for (const [name, schema] of [["Zod", ZOD], ["Valibot", VALIBOT]] as const) {
  Deno.test(`checkSchema converts with ${name}`, async () => {
    const value = await checkSchema(schema as StandardSchema, { name: "a", items: [{ count: "5" }] });
    assertEquals(value, { name: "a", items: [{ count: 5 }] });
  });

  Deno.test(`checkSchema names each field that ${name} refuses`, async () => {
    const input = { name: "", items: [{ count: "1" }, { count: "x" }] };
    const error = await assertRejects(() => checkSchema(schema as StandardSchema, input), InvalidArgumentError);
    assertEquals(error.issues.map(({ field }) => field), ["name", "items.1.count"]);
    assertEquals(error.issues.every(({ message }) => message.length > 0), true);
    assertEquals(error.statusCode, 400);
  });

  Deno.test(`checkSchema has an empty field where ${name} refuses all of it`, async () => {
    const error = await assertRejects(() => checkSchema(schema as StandardSchema, 5), InvalidArgumentError);
    assertEquals(error.issues.map(({ field }) => field), [""]);
  });
}

Deno.test("checkSchema waits for schemas that take time, and checkSync refuses them as a mistake of the program", async () => {
  const free = z.string().refine((name) => Promise.resolve(name !== "taken"), "is taken");
  assertEquals(await checkSchema(free, "a"), "a");
  await assertRejects(() => checkSchema(free, "taken"), InvalidArgumentError, "is taken");
  assertThrows(() => checkSync(free, "a", "name"), TypeError, 'Cannot check argument "name": its schema takes time');
  const validate = () => Promise.reject(new Error("mine"));
  const failing: StandardSchema = { "~standard": { version: 1, vendor: "test", validate } };
  assertThrows(() => checkSync(failing, "a", "name"), TypeError);
  await assertRejects(() => checkSchema(failing, "a"), Error, "mine");
});

Deno.test("isStandardSchema knows schemas, which may be functions", () => {
  assertEquals(isStandardSchema(ZOD), true);
  assertEquals(isStandardSchema(VALIBOT), true);
  assertEquals(isStandardSchema(Object.assign(() => {}, { "~standard": {} })), true);
  for (const value of [undefined, null, "integer", ["a"], {}, () => {}]) assertEquals(isStandardSchema(value), false);
});

/** Compiles only if the types are the same. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false;

const _zodOutput: Same<SchemaOutput<typeof ZOD>, { name: string; items: { count: number }[] }> = true;
const _zodInput: Same<SchemaInput<typeof ZOD>["name"], string> = true;
const _valibotOutput: Same<SchemaOutput<typeof VALIBOT>, { name: string; items: { count: number }[] }> = true;
