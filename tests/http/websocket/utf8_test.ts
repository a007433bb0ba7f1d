import { assertEquals } from "@std/assert";
import { decodeKnownUtf8, decodeUtf8, Utf8Validator } from "../../../http/websocket/utf8.ts";
import { concat, cuts, hex, toBytes } from "../../helpers/websocket_frames.ts";

/** Autobahn 6.5 to 6.22, and the borders of RFC 3629. */
const VALID: [reason: string, bytes: Uint8Array][] = [
  ["nothing", hex("")],
  ["ASCII", toBytes("Hello-µ@ßöäüàá-UTF-8!!")],
  ["kosme", hex("ce ba e1 bd b9 cf 83 ce bc ce b5")],
  ["U+0000", hex("00")],
  ["U+007F and U+0080", hex("7f c2 80")],
  ["U+07FF and U+0800", hex("df bf e0 a0 80")],
  ["U+D7FF and U+E000", hex("ed 9f bf ee 80 80")],
  ["U+FFFD", hex("ef bf bd")],
  ["U+FFFE and U+FFFF", hex("ef bf be ef bf bf")],
  ["U+10000", hex("f0 90 80 80")],
  ["U+10FFFF", hex("f4 8f bf bf")],
  ["a byte order mark", hex("ef bb bf 61")],
  ["a thousand characters", toBytes("añ€😀".repeat(250))],
];

/** Also at which index it becomes wrong. */
const INVALID: [reason: string, bytes: Uint8Array, wrongAt: number][] = [
  ["a first continuation byte", hex("80"), 0],
  ["a last continuation byte", hex("bf"), 0],
  ["a stray continuation", hex("61 62 80 63"), 2],
  ["C0, which is overlong", hex("c0 af"), 0],
  ["C1, which is overlong", hex("c1 bf"), 0],
  ["E0 80, which is overlong", hex("e0 80 af"), 1],
  ["E0 9F BF, which is overlong", hex("e0 9f bf"), 1],
  ["F0 80, which is overlong", hex("f0 80 80 af"), 1],
  ["F0 8F, which is overlong", hex("f0 8f bf bf"), 1],
  ["U+D800", hex("ed a0 80"), 1],
  ["U+DFFF", hex("ed bf bf"), 1],
  ["a pair of surrogates", hex("ed a0 80 ed b0 80"), 1],
  ["U+110000", hex("f4 90 80 80"), 1],
  ["F5", hex("f5 80 80 80"), 0],
  ["FE", hex("fe"), 0],
  ["FF", hex("ff"), 0],
  ["a five-byte sequence", hex("f8 88 80 80 80"), 0],
  ["a character cut by ASCII", hex("e2 82 41"), 2],
  ["a character cut by another", hex("e2 c3 a4"), 1],
  ["kosme and a surrogate", hex("ce ba e1 bd b9 cf 83 ce bc ce b5 ed a0 80 65"), 12],
  ["a wrong byte behind much that is right", concat([toBytes("añ€😀".repeat(50)), hex("c0 80")]), 500],
];

for (const [reason, bytes] of VALID) {
  Deno.test(`Utf8Validator accepts ${reason}, however it is cut`, () => {
    for (const cut of cuts(bytes.length)) {
      const validator = new Utf8Validator();
      let start = 0;
      for (const end of cut) {
        assertEquals(validator.push(bytes, start, end), true, `cut at ${cut}, byte ${end}`);
        start = end;
      }
      assertEquals(validator.complete, true);
    }
    const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
    const shifted = concat([hex("ff"), bytes, hex("ff")]);
    assertEquals(decodeUtf8(shifted, 1, bytes.length + 1), text);
    assertEquals(decodeKnownUtf8(shifted, 1, bytes.length + 1), text);
  });
}

for (const [reason, bytes, wrongAt] of INVALID) {
  Deno.test(`Utf8Validator refuses ${reason} at the byte that is wrong`, () => {
    for (const cut of cuts(bytes.length)) {
      const validator = new Utf8Validator();
      let start = 0;
      let refusedIn: [number, number] | undefined;
      for (const end of cut) {
        if (!validator.push(bytes, start, end)) {
          refusedIn = [start, end];
          break;
        }
        start = end;
      }
      assertEquals(refusedIn !== undefined && refusedIn[0] <= wrongAt && wrongAt < refusedIn[1], true, `${cut}`);
    }
    assertEquals(decodeUtf8(bytes, 0, bytes.length), undefined);
  });
}

for (const text of ["é", "€", "😀"]) {
  Deno.test(`Utf8Validator is not complete within ${text}`, () => {
    const bytes = toBytes(text);
    const validator = new Utf8Validator();
    for (let at = 0; at < bytes.length; at++) {
      assertEquals(validator.push(bytes, at, at + 1), true);
      assertEquals(validator.complete, at === bytes.length - 1);
    }
    validator.push(bytes, 0, 1);
    validator.reset();
    assertEquals(validator.complete, true);
    assertEquals(decodeUtf8(bytes, 0, bytes.length - 1), undefined);
  });
}
