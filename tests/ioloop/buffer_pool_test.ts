import { assert, assertEquals, assertNotStrictEquals, assertStrictEquals } from "@std/assert";
import { BUFFER_SIZES, giveBuffer, pooledBuffers, takeBuffer } from "@denado/denado/ioloop";

const CASES: [size: number, length: number][] = [
  [0, 512],
  [1, 512],
  [512, 512],
  [513, 2048],
  [2048, 2048],
  [2049, 16384],
  [16384, 16384],
  [16385, 65536],
  [65536, 65536],
  [65537, 65537],
];

for (const [size, length] of CASES) {
  Deno.test(`takeBuffer(${size}) gives ${length} bytes`, () => {
    const buffer = takeBuffer(size);
    assertEquals(buffer.length, length);
    giveBuffer(buffer);
  });
}

for (const size of BUFFER_SIZES) {
  Deno.test(`a buffer of ${size} bytes is used again after it was given back`, () => {
    const buffer = takeBuffer(size);
    giveBuffer(buffer);
    assertStrictEquals(takeBuffer(size), buffer);
    giveBuffer(buffer);
  });
}

for (const size of [512, 2048]) {
  Deno.test(`takeBuffer(${size}) never gives the same memory twice`, () => {
    const taken = Array.from({ length: 200 }, () => takeBuffer(size));
    const places = new Map<ArrayBuffer, Set<number>>();
    for (const { buffer, byteOffset, length } of taken) {
      assertEquals([byteOffset % size, length], [0, size]);
      const offsets = places.get(buffer) ?? new Set();
      assert(!offsets.has(byteOffset));
      places.set(buffer, offsets.add(byteOffset));
    }
    taken.forEach(giveBuffer);
  });
}

Deno.test("giveBuffer lets sizes go that are not pooled", () => {
  const before = pooledBuffers();
  giveBuffer(new Uint8Array(3000));
  giveBuffer(new Uint8Array(0));
  assertEquals(pooledBuffers(), before);
  assertNotStrictEquals(takeBuffer(3000).length, 3000);
});

Deno.test("giveBuffer keeps no more than a bounded number", () => {
  for (let count = 0; count < 3000; count++) {
    for (const size of BUFFER_SIZES) giveBuffer(new Uint8Array(size));
  }
  const bytes = pooledBuffers().reduce((sum, count, at) => sum + count * BUFFER_SIZES[at]!, 0);
  assert(bytes <= 8 << 20, `${bytes} bytes are kept`);
});
