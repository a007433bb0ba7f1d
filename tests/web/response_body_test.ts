import { assertEquals } from "@std/assert";
import { encodeShared, ResponseBody } from "../../web/response_body.ts";

const encode = (text: string) => new TextEncoder().encode(text);

interface BodyCase {
  readonly name: string;
  readonly chunks: (string | Uint8Array)[];
  readonly text: string | undefined;
  readonly bytes: Uint8Array;
}

const LONG = "ä".repeat(20_000);
const CASES: BodyCase[] = [
  { name: "nothing", chunks: [], text: "", bytes: encode("") },
  { name: "a text", chunks: ["aä€😀"], text: "aä€😀", bytes: encode("aä€😀") },
  { name: "texts", chunks: ["a", "", "ä"], text: "aä", bytes: encode("aä") },
  { name: "a long text", chunks: [LONG], text: LONG, bytes: encode(LONG) },
  { name: "long texts", chunks: [LONG, "b"], text: LONG + "b", bytes: encode(LONG + "b") },
  { name: "bytes", chunks: [encode("ab")], text: undefined, bytes: encode("ab") },
  { name: "texts and bytes", chunks: ["a", encode("b"), "ä"], text: undefined, bytes: encode("abä") },
  { name: "bytes and a text", chunks: [encode("a"), "b"], text: undefined, bytes: encode("ab") },
  { name: "an empty array", chunks: [new Uint8Array(0)], text: undefined, bytes: encode("") },
];

for (const { name, chunks, text, bytes } of CASES) {
  Deno.test(`ResponseBody gives back ${name}`, () => {
    const body = new ResponseBody();
    for (const chunk of chunks) body.push(chunk);
    assertEquals(body.peekText(), text);
    assertEquals(body.peekText(), text); // looking takes nothing away
    assertEquals(body.peekBytes(), chunks.length === 1 && typeof chunks[0] === "object" ? bytes : undefined);
    assertEquals(body.take().slice(), bytes);
    assertEquals(body.take().length, 0);
  });
}

Deno.test("ResponseBody drops everything when it is cleared", () => {
  const body = new ResponseBody();
  body.push("a");
  body.push("b");
  body.clear();
  assertEquals([body.peekText(), body.take().length], ["", 0]);
  body.push("c");
  assertEquals(body.take().slice(), encode("c"));
});

Deno.test("encodeShared encodes as UTF-8, also a lone surrogate, and long text apart from the shared memory", () => {
  assertEquals(encodeShared("ä\ud800").slice(), encode("ä\ud800"));
  const long = encodeShared("a".repeat(6000));
  encodeShared("b");
  assertEquals(long[0], 0x61);
});
