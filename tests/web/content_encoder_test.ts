import { CONTENT_CODINGS, type ContentCoding, encodeContent, StreamEncoder } from "@denado/denado/web";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { decode, encodeText, repeatedText } from "../helpers/content_codings.ts";

Deno.test("CONTENT_CODINGS are those of this runtime, the fastest first", () => {
  assertEquals(CONTENT_CODINGS, ["zstd", "br", "gzip"]);
});

for (const coding of CONTENT_CODINGS) {
  Deno.test(`encodeContent encodes with ${coding}, small bodies at once and large ones by a promise`, async () => {
    for (const size of [0, 1, 1000, 65536, 65537, 500_000]) {
      const body = encodeText(repeatedText(size));
      const encoded = encodeContent(coding, body);
      assertEquals(encoded instanceof Promise, size > 65536);
      assertEquals(decode(coding, await encoded), body);
      if (size >= 1000) assert((await encoded).length < size / 4);
    }
  });

  Deno.test(`StreamEncoder with ${coding} gives back with each piece all that went in`, async () => {
    const encoder = new StreamEncoder(coding);
    let encoded = new Uint8Array(0);
    let text = "";
    for (const piece of ["Hello, ", "", "ä".repeat(70_000), "x", repeatedText(300_000)]) {
      encoded = join(encoded, await encoder.write(encodeText(piece)));
      text += piece;
      assertEquals(new TextDecoder().decode(decodeUnfinished(coding, encoded)), text);
    }
    encoded = join(encoded, await encoder.end(encodeText("end")));
    assertEquals(new TextDecoder().decode(decode(coding, encoded)), text + "end");
  });

  Deno.test(`StreamEncoder with ${coding} can end without a piece`, async () => {
    const encoder = new StreamEncoder(coding);
    assertEquals(decode(coding, await encoder.end(new Uint8Array(0))).length, 0);
    await assertRejects(() => encoder.write(encodeText("late")), Error, "closed");
  });

  Deno.test(`StreamEncoder with ${coding} rejects what is on its way when it is closed, and what comes later`, async () => {
    const encoder = new StreamEncoder(coding);
    const writing = encoder.write(encodeText(repeatedText(100_000)));
    encoder.close();
    encoder.close();
    await assertRejects(() => writing, Error, "was closed");
    await assertRejects(() => encoder.end(encodeText("late")), Error, "is closed");
  });
}

function join(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array([...a, ...b]);
}

function decodeUnfinished(coding: ContentCoding, encoded: Uint8Array): Uint8Array {
  return decode(coding, encoded, { unfinished: true });
}
