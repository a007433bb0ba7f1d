import { assertEquals, assertThrows } from "@std/assert";
import { HTTPInputError } from "../../http/errors.ts";
import { checkField, checkReceivedField, checkReceivedValue, quoteField } from "../../http/field_check.ts";

Deno.test("checkField looks at a value although the name was seen before", () => {
  checkField("X-Seen", "good");
  checkField("X-Seen", "good");
  assertThrows(() => checkField("X-Seen", "bad\r\n"), TypeError, "Cannot set header X-Seen");
  assertThrows(() => checkField("X-Seen", "bad\r\n"), TypeError, "Cannot set header X-Seen");
  checkField("X-Seen", "good");
});

Deno.test("checkField looks at a name although its value was seen before", () => {
  checkField("X-Name", "value");
  for (let i = 0; i < 2; i++) assertThrows(() => checkField("X Name", "value"), TypeError, "invalid name");
});

Deno.test("checkField goes on checking after more names than it keeps", () => {
  for (let i = 0; i < 300; i++) checkField(`X-${i}`, "value");
  for (let i = 0; i < 300; i++) {
    checkField(`X-${i}`, "value");
    assertThrows(() => checkField(`X-${i}`, "va\nlue"), TypeError);
    assertThrows(() => checkField(`X-${i}:`, "value"), TypeError);
  }
});

Deno.test("checkField checks long values, which it does not keep", () => {
  const long = "x".repeat(5000);
  for (let i = 0; i < 2; i++) {
    checkField("X-Long", long);
    assertThrows(() => checkField("X-Long", `${long}\0`), TypeError);
  }
});

Deno.test("checkReceivedField and checkReceivedValue are about what the peer sent", () => {
  checkReceivedField("A", "b", false);
  assertThrows(() => checkReceivedField("A ", "b", false), HTTPInputError, "Invalid field name");
  assertThrows(() => checkReceivedField("A", "b ", false), HTTPInputError, "Invalid field value");
  assertThrows(() => checkReceivedValue("\u0100", false), HTTPInputError, "Invalid field value");
  checkReceivedValue("\u0100 ", true);
  assertThrows(() => checkReceivedValue("\u0100\n", true), HTTPInputError, "Invalid field value");
});

Deno.test("quoteField escapes, and cuts after 80 characters", () => {
  assertEquals(quoteField('a"\n'), '"a\\"\\n"');
  assertEquals(quoteField("\x7f\x85\x9b\u2028\u2029\xa0"), '"\\u007f\\u0085\\u009b\\u2028\\u2029\xa0"');
  assertEquals(quoteField("x".repeat(81)), `"${"x".repeat(80)}…"`);
});
