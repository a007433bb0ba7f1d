import { assertEquals } from "@std/assert";
import { inflateRawSync } from "node:zlib";
import { SlidingWindow } from "../../../http/websocket/sliding_window.ts";
import { concat } from "../../helpers/websocket_frames.ts";
import { Random } from "../../helpers/random.ts";

/** An uncompressed block, and the end of the stream behind it. */
function held(window: SlidingWindow): number[] {
  return [...inflateRawSync(concat([window.toStoredBlock(), new Uint8Array([1, 0, 0, 0xff, 0xff])]))];
}

Deno.test("SlidingWindow holds what there was, up to its size, and grows with it", () => {
  const window = new SlidingWindow(9);
  assertEquals([window.size, window.allocated, held(window)], [0, 0, []]);
  window.append(new Uint8Array([9, 1, 2, 3, 9]), 1, 4);
  assertEquals([window.size, window.allocated, held(window)], [3, 256, [1, 2, 3]]);
  const many = new Uint8Array(300).map((_, at) => at);
  window.append(many, 0, 300);
  assertEquals([window.size, window.allocated, held(window)], [303, 512, [1, 2, 3, ...many]]);
  window.append(many, 0, 300);
  assertEquals([window.size, window.allocated, held(window)], [512, 512, [...many, ...many].slice(-512)]);
});

Deno.test("SlidingWindow keeps the end of a piece that is larger than itself", () => {
  const window = new SlidingWindow(9);
  const many = new Uint8Array(2000).map((_, at) => at * 7);
  window.append(many, 10, 1990);
  assertEquals(held(window), [...many.slice(1990 - 512, 1990)]);
});

Deno.test("SlidingWindow agrees with an array, whatever the pieces", () => {
  const random = new Random(7692);
  for (let round = 0; round < 30; round++) {
    const window = new SlidingWindow(9);
    let all: number[] = [];
    for (let piece = 0; piece < 30; piece++) {
      const bytes = Uint8Array.from({ length: random.below(random.pick([4, 60, 700])) }, () => random.below(256));
      window.append(bytes, 0, bytes.length);
      all = [...all, ...bytes].slice(-512);
      assertEquals(held(window), all);
    }
  }
});

Deno.test("SlidingWindow of 32 KB makes a block that zlib takes", () => {
  const window = new SlidingWindow(15);
  window.append(new Uint8Array(40_000).fill(7), 0, 40_000);
  assertEquals([window.size, held(window).length], [32768, 32768]);
});
