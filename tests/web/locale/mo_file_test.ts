import { CONTEXT_SEPARATOR, parseMoFile } from "@denado/denado/locale";
import { assertEquals, assertThrows } from "@std/assert";
import { writeMoFile } from "../../helpers/mo_file.ts";

const MESSAGES = {
  "": "Content-Type: text/plain; charset=UTF-8\nPlural-Forms: nplurals=2; plural=n > 1;\n",
  "school": "\u00e9cole",
  "club\0clubs": "le club\0les clubs",
  [`law${CONTEXT_SEPARATOR}right`]: "le droit",
};

for (const littleEndian of [true, false]) {
  Deno.test(`parseMoFile reads ${littleEndian ? "little" : "big"}-endian catalogs`, () => {
    const catalog = parseMoFile(writeMoFile(MESSAGES, { littleEndian }));
    assertEquals(catalog.find("school"), "\u00e9cole");
    assertEquals([0, 1, 2].map((count) => catalog.findPlural("club", count)), ["le club", "le club", "les clubs"]);
    assertEquals(catalog.find(`law${CONTEXT_SEPARATOR}right`), "le droit");
  });
}

Deno.test("parseMoFile decodes the charset that the header names", () => {
  const encode = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));
  const bytes = writeMoFile({ "": "Content-Type: text/plain; charset=ISO-8859-1\n", "\u00e9": "\u00e8" }, { encode });
  assertEquals(parseMoFile(bytes).find("\u00e9"), "\u00e8");
  const unknown = writeMoFile({ "": "Content-Type: text/plain; charset=klingon\n", "a": "b" });
  assertThrows(() => parseMoFile(unknown), RangeError);
});

Deno.test("parseMoFile reads a view of a larger buffer", () => {
  const bytes = writeMoFile(MESSAGES);
  const larger = new Uint8Array(bytes.length + 10);
  larger.set(bytes, 5);
  assertEquals(parseMoFile(larger.subarray(5, 5 + bytes.length)).find("school"), "\u00e9cole");
});

Deno.test("parseMoFile refuses what is cut off at any place", () => {
  const bytes = writeMoFile(MESSAGES);
  for (let length = 0; length < bytes.length - 1; length++) {
    assertThrows(() => parseMoFile(bytes.subarray(0, length)), SyntaxError, "Cannot parse .mo file: ");
  }
});

Deno.test("parseMoFile refuses other files and versions, and offsets beyond the file", () => {
  assertThrows(() => parseMoFile(new Uint8Array(100)), SyntaxError, "it does not begin as one");
  const future = writeMoFile(MESSAGES);
  future[6] = 2;
  assertThrows(() => parseMoFile(future), SyntaxError, "version 2 is not known");
  for (const word of [8, 12, 16, 28, 32]) {
    const broken = writeMoFile(MESSAGES);
    new DataView(broken.buffer).setUint32(word, 0xfffffff0, true);
    assertThrows(() => parseMoFile(broken), SyntaxError);
  }
});
