import { assertEquals, assertThrows } from "@std/assert";
import { headerText, type HeaderValue, safeReason } from "../../web/header_value.ts";

const VALUES: [value: HeaderValue, text: string][] = [
  ["a", "a"],
  [new Uint8Array([0xe4, 0x62]), "\xe4b"],
  [42, "42"],
  [-1, "-1"],
  [12345678901234567890n, "12345678901234567890"],
  [new Date(0), "Thu, 01 Jan 1970 00:00:00 GMT"],
];

for (const [value, text] of VALUES) {
  Deno.test(`headerText of ${Deno.inspect(value)}`, () => assertEquals(headerText(value), text));
}

for (const value of [1.5, NaN, null, undefined, true, ["a"], {}, new ArrayBuffer(1), new Date(NaN)]) {
  Deno.test(`headerText refuses ${Deno.inspect(value)}`, () => {
    assertThrows(() => headerText(value as never));
  });
}

Deno.test("safeReason lets pass what can be sent and shown", () => {
  for (const reason of ["OK", "", 'I\'m a \xe4\t> & "pot"']) assertEquals(safeReason(reason), reason);
  for (const reason of ["<b>", "a\nb", "\0", "\x7f", "€"]) assertEquals(safeReason(reason), "Unknown");
});
