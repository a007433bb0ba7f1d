import { assertEquals, assertThrows } from "@std/assert";
import { strftime } from "@denado/denado/ioloop";

const DATE = new Date(2005, 8, 3, 4, 5, 6, 78);

const CASES: readonly [format: string, expected: string][] = [
  ["%y%m%d %H:%M:%S", "050903 04:05:06"],
  ["%Y-%m-%dT%H:%M:%S.%f", "2005-09-03T04:05:06.078000"],
  ["100%%", "100%"],
  ["%", "%"],
  ["", ""],
  ["plain\ntext", "plain\ntext"],
];

for (const [format, expected] of CASES) {
  Deno.test(`strftime writes ${JSON.stringify(format)}`, () => assertEquals(strftime(format)(DATE), expected));
}

for (const [minutes, expected] of [[-120, "+0200"], [0, "+0000"], [570, "-0930"]] as const) {
  Deno.test(`strftime writes the distance from UTC ${expected}`, () => {
    const date = new Date();
    date.getTimezoneOffset = () => minutes;
    assertEquals(strftime("%z")(date), expected);
  });
}

Deno.test("strftime refuses a directive that it does not know", () => {
  assertThrows(() => strftime("%y %A"), RangeError, "Cannot format a date with %A: %y %A; known are %Y %y");
});
