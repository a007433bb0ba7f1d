import { assert, assertEquals } from "@std/assert";
import {
  BadYieldError,
  CancelledError,
  DecompressionError,
  InvalidStateError,
  isCancellation,
  TimeoutError,
} from "@denado/denado/ioloop";

const CLASSES = [
  { errorClass: TimeoutError, name: "TimeoutError", code: "ETIMEDOUT" },
  { errorClass: CancelledError, name: "CancelledError", code: "ECANCELED" },
  { errorClass: InvalidStateError, name: "InvalidStateError", code: "EINVALIDSTATE" },
  { errorClass: BadYieldError, name: "BadYieldError", code: "EBADYIELD" },
  { errorClass: DecompressionError, name: "DecompressionError", code: "EBADDATA" },
];

for (const { errorClass, name, code } of CLASSES) {
  Deno.test(`${name} has its name, its code, its message and its cause`, () => {
    const cause = new Error("why");
    const error = new errorClass("Cannot do it: now", { cause });
    assert(error instanceof Error);
    assertEquals([error.name, error.code, error.message, error.cause], [name, code, "Cannot do it: now", cause]);
    assertEquals(String(error), `${name}: Cannot do it: now`);
  });
}

Deno.test("CancelledError has a message of its own", () => {
  assertEquals(new CancelledError().message, "The future was cancelled");
});

Deno.test("isCancellation knows what says that somebody gave up", () => {
  const cases: [error: unknown, expected: boolean][] = [
    [new CancelledError(), true],
    [new DOMException("aborted", "AbortError"), true],
    [AbortSignal.abort().reason, true],
    [new DOMException("timed out", "TimeoutError"), false],
    [new TimeoutError(), false],
    [new Error("AbortError"), false],
    ["AbortError", false],
    [undefined, false],
  ];
  for (const [error, expected] of cases) assertEquals(isCancellation(error), expected, Deno.inspect(error));
});
