import { assertEquals } from "@std/assert";
import { MessageBuffer } from "../../../http/websocket/message_buffer.ts";

const piece = (length: number) => new Uint8Array(length).map((_, at) => at);

Deno.test("MessageBuffer collects ranges and hands them over", () => {
  const buffer = new MessageBuffer();
  buffer.append(piece(10), 2, 5, 3);
  buffer.append(piece(10), 0, 2, 2);
  assertEquals([buffer.size, [...buffer.take()], buffer.size], [5, [2, 3, 4, 0, 1], 0]);
});

Deno.test("MessageBuffer believes an announcement only so far", () => {
  const buffer = new MessageBuffer();
  buffer.append(piece(10_000), 0, 10_000, 10_000_000);
  assertEquals(buffer.bytes.length, 320_000);
  buffer.append(piece(310_001), 0, 310_001, 9_990_000);
  assertEquals(buffer.bytes.length, 10_000_000);
  buffer.clear();
  assertEquals([buffer.size, buffer.bytes.length], [0, 0]);
});

Deno.test("MessageBuffer hands over memory made to measure without a copy", () => {
  const buffer = new MessageBuffer();
  buffer.append(piece(500_000), 0, 500_000, 1_000_000);
  buffer.append(piece(500_000), 0, 500_000, 500_000);
  const { bytes } = buffer;
  assertEquals(buffer.take() === bytes, true);
});

Deno.test("MessageBuffer doubles when small fragments of unknown number make a large message", () => {
  const buffer = new MessageBuffer();
  const sizes = new Set<number>();
  for (let count = 0; count < 200_000; count++) {
    buffer.append(piece(1), 0, 1, 1);
    sizes.add(buffer.bytes.length);
  }
  assertEquals([...sizes].slice(0, 5), [512, 2048, 16384, 65536, 131074]);
  assertEquals(sizes.size, 6); // the last one may be memory that was used before
  assertEquals(buffer.take().length, 200_000);
});

Deno.test("MessageBuffer uses large memory again, for messages about as large", () => {
  const buffer = new MessageBuffer();
  buffer.append(piece(2_000_000), 0, 2_000_000, 4_000_000);
  const { bytes } = buffer;
  buffer.clear();
  buffer.append(piece(100_000), 0, 100_000, 1_000_000); // would waste too much of it
  assertEquals(buffer.bytes === bytes, false);
  const next = new MessageBuffer();
  next.append(piece(2_000_000), 0, 2_000_000, 3_000_000);
  next.append(piece(1_000_000), 0, 1_000_000, 1_000_000);
  assertEquals(next.bytes === bytes, true);
  const taken = next.take(); // a copy, in which nothing of the other message is
  assertEquals([taken.length, taken.buffer.byteLength], [3_000_000, 3_000_000]);
});
