import { assertEquals } from "@std/assert";
import { Future } from "@denado/denado/ioloop";
import { isThenable } from "../../ioloop/thenable.ts";

const CASES: [name: string, value: unknown, expected: boolean][] = [
  ["a promise", Promise.resolve(), true],
  ["a future", new Future(), true],
  ["an object with then", { then() {} }, true],
  ["a function with then", Object.assign(() => {}, { then() {} }), true],
  ["an object whose then is no function", { then: 1 }, false],
  ["an array", [], false],
  ["a function", () => {}, false],
  ["null", null, false],
  ["undefined", undefined, false],
  ["a string", "then", false],
];

for (const [name, value, expected] of CASES) {
  Deno.test(`isThenable says ${expected} to ${name}`, () => assertEquals(isThenable(value), expected));
}
