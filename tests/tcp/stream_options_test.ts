import { assertEquals, assertThrows } from "@std/assert";
import { checkSize } from "../../tcp/stream_options.ts";

Deno.test("checkSize takes positive numbers, Infinity among them", () => {
  for (const size of [1, 1000, Infinity]) assertEquals(checkSize("maxBufferSize", size), size);
});

for (const size of [0, -1, NaN]) {
  Deno.test(`checkSize refuses ${size}`, () => {
    const message = `Cannot make a stream, readChunkSize must be a positive number of bytes: ${size}`;
    assertThrows(() => checkSize("readChunkSize", size), RangeError, message);
  });
}
