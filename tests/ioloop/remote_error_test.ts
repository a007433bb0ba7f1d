import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { decodeError, encodeError } from "../../ioloop/remote_error.ts";

function roundTrip(thrown: unknown): unknown {
  return decodeError(structuredClone(encodeError(thrown)));
}

const classes: [thrown: Error, Class: new (...args: never[]) => Error][] = [
  [new Error("m"), Error],
  [new EvalError("m"), EvalError],
  [new RangeError("m"), RangeError],
  [new ReferenceError("m"), ReferenceError],
  [new SyntaxError("m"), SyntaxError],
  [new TypeError("m"), TypeError],
  [new URIError("m"), URIError],
  [new AggregateError([], "m"), AggregateError],
  [new DOMException("m", "AbortError"), DOMException],
  [new Deno.errors.NotFound("m"), Deno.errors.NotFound],
];
for (const [thrown, Class] of classes) {
  Deno.test(`decodeError gives back a ${thrown.name} as ${Class.name}`, () => {
    const error = roundTrip(thrown);
    assertInstanceOf(error, Class);
    assertEquals([error.name, error.message, error.stack], [thrown.name, "m", thrown.stack]);
    assertEquals(Object.keys(error), Object.keys(thrown));
  });
}

Deno.test("decodeError keeps the name of a class that it does not know", () => {
  class OwnError extends Error {
    override readonly name = "OwnError";
  }
  const error = roundTrip(new OwnError("m"));
  assertInstanceOf(error, Error);
  assertEquals(error.constructor, Error);
  assertEquals([error.name, String(error)], ["OwnError", "OwnError: m"]);
});

Deno.test("encodeError keeps simple fields and drops the rest", () => {
  const fields = { code: "E", status: 404, big: 1n, none: null, missing: undefined, yes: true };
  const error = Object.assign(new Error("m"), fields, { list: [1], call() {}, symbol: Symbol() });
  assertEquals({ ...roundTrip(error) as Error }, fields as unknown as Error);
});

Deno.test("encodeError keeps causes, also those that are no errors", () => {
  const error = roundTrip(new Error("outer", { cause: new RangeError("inner", { cause: { deep: 1 } }) })) as Error;
  assertInstanceOf(error.cause, RangeError);
  assertEquals(error.cause.cause, { deep: 1 });
});

Deno.test("decodeError gives an error without a cause none", () => {
  assert(!("cause" in (roundTrip(new Error("m")) as Error)));
  assert("cause" in (roundTrip(new Error("m", { cause: undefined })) as Error));
});

Deno.test("encodeError keeps the cause of a DOMException", () => {
  const exception = Object.assign(new DOMException("m", "AbortError"), { cause: 5 });
  assertEquals((roundTrip(exception) as Error).cause, 5);
});

Deno.test("encodeError keeps the errors of an AggregateError", () => {
  const error = roundTrip(new AggregateError([new TypeError("a"), "b"], "m")) as AggregateError;
  assertInstanceOf(error.errors[0], TypeError);
  assertEquals(error.errors[1], "b");
});

Deno.test("encodeError ends a cycle of causes", () => {
  const error = new Error("m");
  error.cause = error;
  let depth = 0;
  for (let at: unknown = roundTrip(error); at instanceof Error; at = at.cause) depth++;
  assertEquals(depth, 9);
});

const values: [thrown: unknown, expected: unknown][] = [
  ["text", "text"],
  [undefined, undefined],
  [null, null],
  [{ a: [1] }, { a: [1] }],
  [Symbol("s"), "Symbol(s)"],
];
for (const [thrown, expected] of values) {
  Deno.test(`decodeError gives back the thrown value ${String(thrown)}`, () =>
    assertEquals(roundTrip(thrown), expected));
}

Deno.test("decodeError leaves the worker's own frames out of the stack", () => {
  const error = new Error("m");
  error.stack = "Error: m\n    at job (file:///a.ts:1:2)\n    at run (data:text/javascript,xyz:1:2)";
  assertEquals((roundTrip(error) as Error).stack, "Error: m\n    at job (file:///a.ts:1:2)");
});
