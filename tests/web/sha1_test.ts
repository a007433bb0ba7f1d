import { createHash } from "node:crypto";
import { assertEquals } from "@std/assert";
import { sha1Hex } from "../../web/sha1.ts";

/** RFC 3174 7.3, and the empty input. */
const VECTORS: Record<string, string> = {
  "": "da39a3ee5e6b4b0d3255bfef95601890afd80709",
  "abc": "a9993e364706816aba3e25717850c26c9cd0d89d",
  "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq": "84983e441c3bd26ebaae4aa1f95129e5e54670f1",
};

for (const [text, expected] of Object.entries(VECTORS)) {
  Deno.test(`sha1Hex hashes ${JSON.stringify(text)} as RFC 3174 says`, () => {
    assertEquals(sha1Hex(new TextEncoder().encode(text)), expected);
  });
}

Deno.test("sha1Hex agrees with the host at every length around its blocks and its limit", () => {
  for (let length = 0; length < 1200; length++) {
    const bytes = Uint8Array.from({ length }, (_, at) => (at * 31 + length) & 0xff);
    assertEquals(sha1Hex(bytes), createHash("sha1").update(bytes).digest("hex"), `${length} bytes`);
  }
});

Deno.test("sha1Hex does not change its input and forgets the one before", () => {
  const bytes = new Uint8Array(70).fill(1);
  const first = sha1Hex(bytes);
  sha1Hex(new Uint8Array(1000).fill(9));
  assertEquals(sha1Hex(bytes), first);
  assertEquals(bytes, new Uint8Array(70).fill(1));
});
