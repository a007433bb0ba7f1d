import { assertEquals, assertRejects } from "@std/assert";
import { type ReadableFile, readPieces } from "../../../web/static/file_reader.ts";

/** A file in memory that gives at most so many bytes at once. */
class SlowFile implements ReadableFile {
  at = 0;
  open = 0;
  most = 0;

  constructor(readonly content: Uint8Array, readonly step: number) {}

  async read(into: Uint8Array): Promise<number | null> {
    this.most = Math.max(this.most, ++this.open);
    await Promise.resolve();
    this.open--;
    if (this.at === this.content.length) return null;
    const count = Math.min(this.step, into.length, this.content.length - this.at);
    into.set(this.content.subarray(this.at, this.at + count));
    this.at += count;
    return count;
  }
}

function content(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => index % 251);
}

Deno.test("readPieces reads exactly so many bytes, whatever the file gives at once", async () => {
  const table: [size: number, length: number, step: number][] = [
    [0, 0, 10],
    [10, 0, 10],
    [10, 10, 3],
    [10, 7, 3],
    [1_000_000, 999_999, 1e9],
    [600_000, 600_000, 100_000],
  ];
  for (const [size, length, step] of table) {
    const bytes = content(size);
    const file = new SlowFile(bytes, step);
    const read = new Uint8Array(length);
    let at = 0;
    for await (const piece of readPieces(file, length)) {
      read.set(piece, at);
      at += piece.length;
    }
    assertEquals(at, length);
    assertEquals(read, bytes.subarray(0, length));
    assertEquals(file.at, length, "it reads no further");
    assertEquals(file.open, 0);
    assertEquals(file.most <= 1, true, "one read at a time");
  }
});

Deno.test("readPieces says how much is missing when the file ends early", async () => {
  const file = new SlowFile(content(10), 4);
  await assertRejects(() => Array.fromAsync(readPieces(file, 15)), Error, "it ended 5 bytes early");
});

Deno.test("readPieces waits for its read when the consumer leaves", async () => {
  const file = new SlowFile(content(1_000_000), 1000);
  for await (const _piece of readPieces(file, 1_000_000)) break;
  assertEquals(file.open, 0);
});

Deno.test("readPieces gives larger pieces to who takes them at once, up to 512 KB, and not to who is slow", async () => {
  const sizes: number[] = [];
  for await (const piece of readPieces(new SlowFile(content(3_000_000), 1e9), 3_000_000)) sizes.push(piece.length);
  assertEquals(sizes.slice(0, 3), [65536, 65536, 131072]);
  assertEquals(Math.max(...sizes), 524288);

  sizes.length = 0;
  for await (const piece of readPieces(new SlowFile(content(300_000), 1e9), 300_000)) {
    sizes.push(piece.length);
    await new Promise((resolve) => setTimeout(resolve, 12));
  }
  assertEquals(sizes, [65536, 65536, 65536, 65536, 37856]);
});
