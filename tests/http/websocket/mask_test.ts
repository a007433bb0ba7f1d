import { assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { applyMask, websocketMask } from "@denado/denado/websocket";
import { newMaskKey, readMaskKey, rotateKey } from "../../../http/websocket/mask.ts";

const text = (value: string) => new TextEncoder().encode(value);

/** The vectors of Tornado's tests. */
const VECTORS: [mask: Uint8Array, data: Uint8Array, expected: Uint8Array][] = [
  [text("abcd"), text(""), text("")],
  [text("abcd"), text("b"), new Uint8Array([3])],
  [text("abcd"), text("54321"), text("TVPVP")],
  [text("ZXCV"), text("98765432"), text("c`t`olpd")],
  [new Uint8Array([0, 1, 2, 3]), new Uint8Array(5).fill(0xff), new Uint8Array([0xff, 0xfe, 0xfd, 0xfc, 0xff])],
  [new Uint8Array(4).fill(0xff), new Uint8Array([0, 1, 2, 3, 4]), new Uint8Array([0xff, 0xfe, 0xfd, 0xfc, 0xfb])],
];

for (const [at, [mask, data, expected]] of VECTORS.entries()) {
  Deno.test(`websocketMask computes vector ${at + 1} of Tornado`, () => {
    assertEquals(websocketMask(mask, data), expected);
  });
}

Deno.test("websocketMask leaves the data as it is", () => {
  const data = text("hello");
  websocketMask(text("abcd"), data);
  assertEquals(data, text("hello"));
});

for (const length of [0, 3, 5]) {
  Deno.test(`websocketMask refuses a mask of ${length} bytes`, () => {
    assertThrows(() => websocketMask(new Uint8Array(length), new Uint8Array(1)), RangeError, "a key has 4 bytes");
  });
}

Deno.test("applyMask agrees with the definition at every alignment, length and offset", () => {
  const mask = [0x37, 0xfa, 0x21, 0x9d];
  const key = readMaskKey(new Uint8Array(mask), 0);
  for (let start = 0; start < 5; start++) {
    for (const length of [0, 1, 2, 3, 4, 5, 7, 63, 64, 65, 66, 67, 68, 130, 257]) {
      for (let offset = 0; offset < 5; offset++) {
        const memory = new Uint8Array(start + length + 3).map((_, at) => at * 31);
        const bytes = memory.subarray(1); // the view is not aligned either
        const expected = memory.slice(1);
        for (let at = 0; at < length; at++) expected[start + at]! ^= mask[(at + offset) % 4]!;
        applyMask(bytes, key, { start, end: start + length, offset });
        assertEquals(bytes, expected, `start ${start}, length ${length}, offset ${offset}`);
      }
    }
  }
});

Deno.test("rotateKey turns a key by any number of bytes", () => {
  const key = readMaskKey(new Uint8Array([1, 2, 3, 4]), 0);
  assertEquals([0, 1, 2, 3, 4, 5].map((count) => rotateKey(key, count) & 0xff), [1, 2, 3, 4, 1, 2]);
});

Deno.test("newMaskKey does not repeat, also when the drawn numbers are used up", () => {
  const keys = new Set(Array.from({ length: 3000 }, newMaskKey));
  assertEquals(keys.size > 2990, true);
  assertNotEquals(newMaskKey(), newMaskKey());
});
