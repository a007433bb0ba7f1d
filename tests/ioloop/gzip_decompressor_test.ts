import { Buffer } from "node:buffer";
import { gzipSync } from "node:zlib";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { DecompressionError, GzipDecompressor } from "@denado/denado/ioloop";

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const gzip = (text: string): Uint8Array => new Uint8Array(gzipSync(text));
/** Text that does not compress well. */
const noise = (length: number): string => {
  let state = 1;
  return Array.from({ length }, () => {
    state = state * 48271 % 0x7fffffff;
    return String.fromCharCode(32 + state % 95);
  }).join("");
};

/** Decompresses pieces without a bound. */
function decompress(pieces: Iterable<Uint8Array>): string {
  using decompressor = new GzipDecompressor();
  const output: Uint8Array[] = [];
  for (const piece of pieces) {
    output.push(decompressor.decompress(piece));
    assertEquals(decompressor.unconsumedTail.length, 0);
  }
  output.push(decompressor.flush());
  return decoder.decode(Buffer.concat(output));
}

function* cut(data: Uint8Array, length: number): Generator<Uint8Array> {
  for (let at = 0; at < data.length; at += length) yield data.subarray(at, at + length);
}

Deno.test("GzipDecompressor gives what was compressed, however it is cut", () => {
  for (const text of ["", "Hello, world", noise(10_000), "ab".repeat(100_000)]) {
    const data = gzip(text);
    for (const length of [1, 7, 1024, data.length]) assertEquals(decompress(cut(data, length)), text);
  }
});

Deno.test("GzipDecompressor gives output as soon as there is enough input", () => {
  using decompressor = new GzipDecompressor();
  const text = noise(200_000);
  const data = gzip(text);
  const first = decompressor.decompress(data.subarray(0, data.length / 2));
  assert(first.length > 50_000);
  assertEquals(decoder.decode(first), text.slice(0, first.length));
});

Deno.test("GzipDecompressor returns memory of its own", () => {
  using decompressor = new GzipDecompressor();
  const data = gzip("Hello, world");
  const output = decompressor.decompress(data);
  data.fill(0);
  assertEquals(decoder.decode(output), "Hello, world");
});

Deno.test("GzipDecompressor puts out no more than maxLength, and hands back the input it did not need", () => {
  const text = noise(50_000);
  const data = gzip(text);
  for (const maxLength of [1000, 16_384, 40_000, 50_000, 100_000]) {
    using decompressor = new GzipDecompressor();
    const output: Uint8Array[] = [];
    let input = data;
    let piece;
    do {
      piece = decompressor.decompress(input, maxLength);
      assert(piece.length <= maxLength);
      output.push(piece);
      input = decompressor.unconsumedTail;
    } while (piece.length === maxLength);
    assertEquals(input.length, 0);
    assertEquals(decompressor.flush().length, 0);
    assertEquals(decoder.decode(Buffer.concat(output)), text);
  }
});

Deno.test("GzipDecompressor holds a bomb back", () => {
  using decompressor = new GzipDecompressor();
  const bomb = gzip("a".repeat(10_000_000));
  assertEquals(decompressor.decompress(bomb, 1000).length, 1000);
  const tail = decompressor.unconsumedTail;
  assert(tail.length > 0);
  assertEquals(decompressor.decompress(tail, 1000).length, 1000);
});

Deno.test("GzipDecompressor.flush puts out what was left over", () => {
  using decompressor = new GzipDecompressor();
  const head = decompressor.decompress(gzip("a".repeat(1000)), 400);
  assertEquals([head.length, decompressor.flush().length], [400, 600]);
});

Deno.test("GzipDecompressor takes several members as one", () => {
  const both = new Uint8Array([...gzip("Hello, "), ...gzip("world")]);
  assertEquals(decompress([both]), "Hello, world");
  assertEquals(decompress(cut(both, 1)), "Hello, world");
});

Deno.test("GzipDecompressor ignores zeros behind the data", () => {
  const padded = new Uint8Array([...gzip("Hello"), 0, 0, 0]);
  for (const length of [1, 2, padded.length - 2, padded.length]) assertEquals(decompress(cut(padded, length)), "Hello");
});

Deno.test("GzipDecompressor refuses anything else behind the data", () => {
  const data = gzip("Hello");
  const cases = ["x", "garbage", "garbage that is longer than a header", "\0\0x"];
  for (const garbage of cases) {
    for (const length of [1, data.length, data.length + 1, data.length + 100]) {
      const input = new Uint8Array([...data, ...encoder.encode(garbage)]);
      assertThrows(() => decompress(cut(input, length)), DecompressionError, "", `${garbage} by ${length}`);
    }
  }
});

Deno.test("GzipDecompressor gives nothing for nothing", () => {
  assertEquals(decompress([]), "");
  assertEquals(decompress([new Uint8Array(0)]), "");
});

Deno.test("GzipDecompressor refuses data that is damaged, at once", () => {
  const good = gzip("Hello, world");
  const cases: [what: string, data: Uint8Array, message: string][] = [
    ["no header", encoder.encode("Hello, world, this is not gzip"), "incorrect header check"],
    ["wrong checksum", good.with(good.length - 8, good.at(-8)! ^ 1), "incorrect data check"],
    ["wrong length", good.with(good.length - 4, good.at(-4)! ^ 1), "incorrect length check"],
    ["wrong block type", good.with(10, 0xff), "invalid block type"],
  ];
  for (const [what, data, message] of cases) {
    using decompressor = new GzipDecompressor();
    assertThrows(() => decompressor.decompress(data), DecompressionError, message, what);
    assertThrows(() => decompressor.decompress(good), Error, "closed", what);
  }
});

Deno.test("GzipDecompressor.flush refuses data that is cut off", () => {
  const data = gzip("Hello, world");
  for (const length of [1, 9, data.length - 1]) {
    using decompressor = new GzipDecompressor();
    decompressor.decompress(data.subarray(0, length));
    assertThrows(() => decompressor.flush(), DecompressionError, "unexpected end of file");
  }
});

Deno.test("GzipDecompressor cannot be used after flush or close", () => {
  for (const end of ["flush", "close"] as const) {
    const decompressor = new GzipDecompressor();
    decompressor[end]();
    assertThrows(() => decompressor.decompress(gzip("a")), Error, "the decompressor is closed");
    decompressor.close();
  }
});

Deno.test("GzipDecompressor refuses a bound that is negative or not a number", () => {
  using decompressor = new GzipDecompressor();
  for (const bound of [-1, NaN]) {
    assertThrows(() => decompressor.decompress(gzip("a"), bound), RangeError, "maxLength must not be negative");
  }
});
