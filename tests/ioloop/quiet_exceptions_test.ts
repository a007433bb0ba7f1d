import { assertEquals } from "@std/assert";
import type { QuietExceptions } from "@denado/denado/ioloop";
import { isQuiet } from "../../ioloop/quiet_exceptions.ts";

const CASES: [error: unknown, quiet: QuietExceptions | undefined, expected: boolean][] = [
  [new RangeError(), undefined, false],
  [new RangeError(), RangeError, true],
  [new RangeError(), Error, true],
  [new RangeError(), TypeError, false],
  [new RangeError(), [], false],
  [new RangeError(), [TypeError, RangeError], true],
  ["thrown text", Error, false],
];

Deno.test("isQuiet finds an error's class among those that are quiet", () => {
  for (const [error, quiet, expected] of CASES) assertEquals(isQuiet(error, quiet), expected, Deno.inspect(quiet));
});
