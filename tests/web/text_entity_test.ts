import { assertEquals, assertStrictEquals } from "@std/assert";
import { etagOf } from "@denado/denado/web";
import { type TextEntity, textEntity } from "../../web/text_entity.ts";

function parts(entity: TextEntity | undefined): { lines: string; body: string } | undefined {
  if (entity === undefined) return undefined;
  const text = typeof entity.content === "string" ? entity.content : new TextDecoder().decode(entity.content);
  return { lines: text.slice(0, entity.bodyStart), body: text.slice(entity.bodyStart) };
}

for (const text of ["", "Hello, world", "other", "a".repeat(2048), "a".repeat(2049), "b".repeat(20_000)]) {
  Deno.test(`textEntity has lines and body of a text of ${text.length} characters, each time`, () => {
    const etag = etagOf(new TextEncoder().encode(text));
    const expected = { lines: `Etag: ${etag}\r\nContent-Length: ${text.length}\r\n\r\n`, body: text };
    for (let round = 0; round < 3; round++) assertEquals(parts(textEntity(text)), expected);
  });
}

Deno.test("textEntity keeps the last text and nothing else", () => {
  textEntity("first");
  const kept = textEntity("first");
  assertStrictEquals(textEntity("first"), kept);
  textEntity("second");
  assertEquals(parts(textEntity("first"))!.body, "first");
});

Deno.test("textEntity leaves text that is not ASCII to others, and remembers the one before", () => {
  textEntity("ascii");
  assertEquals(textEntity("ä"), undefined);
  assertEquals(textEntity("\ud800"), undefined);
  assertEquals(parts(textEntity("ascii"))!.body, "ascii");
});
