import { fillPlaceholders } from "@denado/denado/locale";
import { assertEquals, assertThrows } from "@std/assert";

Deno.test("fillPlaceholders fills in text and whole numbers", () => {
  assertEquals(fillPlaceholders("%(a)s and %(b)d of %(b)s: 100%%", { a: "%(b)s", b: 2.9 }), "%(b)s and 2 of 2.9: 100%");
  assertEquals(fillPlaceholders("no % here, %x", {}), "no % here, %x");
});

Deno.test("fillPlaceholders refuses a placeholder without a value", () => {
  assertThrows(() => fillPlaceholders("%(a)s", {}), RangeError, "Cannot fill in %(a)s: there is no such value");
  assertThrows(() => fillPlaceholders("%(toString)s", {}), RangeError);
});
