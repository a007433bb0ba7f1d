import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { etagOf } from "@denado/denado/web";
import { type TextEntity, textEntity, untaggedEntity } from "../../web/text_entity.ts";

const encode = (text: string) => new TextEncoder().encode(text);

function parts({ content, bodyStart, body = new Uint8Array(0) }: TextEntity): { lines: string; body: Uint8Array } {
  const bytes = typeof content === "string" ? encode(content) : content;
  const whole = Uint8Array.from([...bytes.subarray(bodyStart), ...body]);
  return { lines: new TextDecoder().decode(bytes.subarray(0, bodyStart)), body: whole };
}

const TEXTS = [
  "",
  "Hello, world",
  "other",
  "grüße, €",
  "\ud800 is half of a character",
  "a".repeat(4095),
  "a".repeat(4096),
  "b".repeat(20_000),
  "ä".repeat(5000),
  "b".repeat(300_000),
];
for (const [at, text] of TEXTS.entries()) {
  Deno.test(`textEntity has tag, length and body of text ${at}, of ${text.length} characters, each time`, () => {
    const body = encode(text);
    const lines = `Etag: ${etagOf(body)}\r\nContent-Length: ${body.length}\r\n\r\n`;
    for (let round = 0; round < 3; round++) assertEquals(parts(textEntity(text)), { lines, body });
  });

  Deno.test(`untaggedEntity has length and body of text ${at}, as text and as bytes`, () => {
    const body = encode(text);
    const lines = `Content-Length: ${body.length}\r\n\r\n`;
    for (const written of [text, body]) assertEquals(parts(untaggedEntity(written)), { lines, body });
  });
}

Deno.test("untaggedEntity does not copy bytes", () => {
  const body = encode("abc");
  assertStrictEquals(untaggedEntity(body).body, body);
});

Deno.test("textEntity keeps texts of several lengths, and several of each, but one in each place", () => {
  const [short, long] = ["short", "long".repeat(2000)];
  for (const text of [short, long, short, long]) textEntity(text);
  const entities = [textEntity(short), textEntity(long)];
  assertStrictEquals(textEntity(short), entities[0]);
  assertStrictEquals(textEntity(long), entities[1]);
  textEntity("other");
  assertStrictEquals(textEntity(short), entities[0]);
  assertEquals(new TextDecoder().decode(parts(textEntity("xhort")).body), "xhort"); // it has the place of "short"
  assert(textEntity(short) !== entities[0]);
});

Deno.test("textEntity keeps no more than a megabyte of text, and nothing that is longer than a quarter of it", () => {
  const text = (length: number) => "x".repeat(length);
  const first = textEntity(text(200_000));
  for (let length = 200_001; length < 200_005; length++) textEntity(text(length));
  assertStrictEquals(textEntity(text(200_000)), first);
  textEntity(text(200_005)); // more than fits: the oldest goes
  assert(textEntity(text(200_000)) !== first);
  const long = textEntity(text(262_145));
  assert(textEntity(text(262_145)) !== long);
});
