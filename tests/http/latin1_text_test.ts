import { assertEquals } from "@std/assert";
import { latin1Text } from "../../http/latin1_text.ts";

Deno.test("latin1Text gives one character for each byte", () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
  const text = latin1Text(bytes, 0, 256);
  assertEquals(Array.from(text, (character) => character.charCodeAt(0)), [...bytes]);
});

Deno.test("latin1Text takes a range of a view that does not begin with its buffer", () => {
  const view = new TextEncoder().encode("..abcdef").subarray(2);
  assertEquals(latin1Text(view, 1, 4), "bcd");
  assertEquals(latin1Text(view, 2, 2), "");
});

Deno.test("latin1Text does not share the bytes", () => {
  const bytes = new TextEncoder().encode("a".repeat(100_000));
  const text = latin1Text(bytes, 0, bytes.length);
  bytes.fill(0);
  assertEquals(text, "a".repeat(100_000));
});
