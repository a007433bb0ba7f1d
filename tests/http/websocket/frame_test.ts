import { assertEquals } from "@std/assert";
import { FrameHeader, headerSize, MAX_HEADER_BYTES, writeFrameHeader } from "@denado/denado/websocket";
import { readMaskKey } from "../../../http/websocket/mask.ts";
import { frame, hex } from "../../helpers/websocket_frames.ts";

const LENGTHS: [length: number, headerBytes: number][] = [
  [0, 2],
  [1, 2],
  [125, 2],
  [126, 4],
  [127, 4],
  [65535, 4],
  [65536, 10],
  [0x12345678, 10],
  [2 ** 40 + 5, 10],
];

for (const [length, bytes] of LENGTHS) {
  for (const mask of [null, [1, 0xfe, 3, 0x84]]) {
    const name = `${mask === null ? "unmasked" : "masked"} frame of ${length} bytes`;
    Deno.test(`FrameHeader and writeFrameHeader agree on an ${name}`, () => {
      const expected = frame({ opcode: 2, mask, length: BigInt(length) });
      const memory = new Uint8Array(MAX_HEADER_BYTES + 3).fill(0xaa);
      const maskKey = mask === null ? {} : { maskKey: readMaskKey(new Uint8Array(mask), 0) };
      const start = writeFrameHeader(memory, MAX_HEADER_BYTES, { first: 0x82, length, ...maskKey });
      assertEquals(memory.slice(start, MAX_HEADER_BYTES), expected);
      assertEquals(expected.length, bytes + (mask === null ? 0 : 4));
      assertEquals(memory.slice(MAX_HEADER_BYTES), hex("aa aa aa"));

      const header = new FrameHeader();
      for (let end = start; end < MAX_HEADER_BYTES; end++) assertEquals(header.parse(memory, start, end), false);
      assertEquals(header.parse(memory, start, memory.length), true);
      assertEquals([header.fin, header.rsv, header.opcode, header.length], [true, 0, 2, length]);
      assertEquals([header.masked, header.size, header.lengthInvalid], [mask !== null, expected.length, false]);
      assertEquals(header.maskKey, maskKey.maskKey ?? 0);
      assertEquals(headerSize(expected[1]!), expected.length);
    });
  }
}

Deno.test("FrameHeader reads every combination of the first byte", () => {
  const header = new FrameHeader();
  for (let first = 0; first < 256; first++) {
    assertEquals(header.parse(new Uint8Array([first, 0]), 0, 2), true);
    assertEquals([header.fin, header.rsv, header.opcode], [first >= 128, first & 0x70, first & 15]);
  }
});

/** RFC 6455 5.2: the minimal number of bytes, and a highest bit of 0. */
const INVALID_LENGTHS: [reason: string, bytes: Uint8Array, invalid: boolean][] = [
  ["125 in two bytes", hex("82 7e 00 7d"), true],
  ["126 in two bytes", hex("82 7e 00 7e"), false],
  ["65535 in eight bytes", hex("82 7f 00 00 00 00 00 00 ff ff"), true],
  ["65536 in eight bytes", hex("82 7f 00 00 00 00 00 01 00 00"), false],
  ["the highest bit", hex("82 7f 80 00 00 00 00 00 00 00"), true],
  ["all but the highest bit", hex("82 7f 7f ff ff ff ff ff ff ff"), false],
];

for (const [reason, bytes, invalid] of INVALID_LENGTHS) {
  Deno.test(`FrameHeader ${invalid ? "marks" : "accepts"} a length with ${reason}`, () => {
    const header = new FrameHeader();
    assertEquals(header.parse(bytes, 0, bytes.length), true);
    assertEquals(header.lengthInvalid, invalid);
  });
}
