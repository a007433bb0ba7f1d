import { assertEquals } from "@std/assert";
import { Transferred, transferred } from "@denado/denado/ioloop";

Deno.test("transferred keeps the value and what is to be moved", () => {
  const bytes = new Uint8Array(3);
  const result = transferred({ bytes }, [bytes.buffer]);
  assertEquals(result.value.bytes, bytes);
  assertEquals(result.transfer, [bytes.buffer]);
});

Deno.test("Transferred is known by a registered symbol", () => {
  assertEquals(Symbol.for("denado.transferred") in new Transferred(1, []), true);
});
