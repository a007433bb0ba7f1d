import { Finish, HTTPError } from "@denado/denado/web";
import type { TemplateError } from "@denado/denado/template";
import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { xhtmlEscape } from "../../../web/xhtml_escape.ts";
import { failureOf, MISSING, RUNTIME } from "../../../web/template/runtime.ts";

type Call = (...args: unknown[]) => unknown;
const runtime = RUNTIME as Record<string, Call>;

class Plain {
  a = 1;
}

Deno.test("true counts empty collections as false, else as JavaScript", () => {
  const values = [[], new Map(), new Set(), {}, Object.create(null), new Uint8Array(0), "", 0, null, undefined, NaN];
  assertEquals(values.map((value) => runtime.true!(value)), values.map(() => false));
  const others = [
    [0],
    new Map([[1, 1]]),
    new Set([0]),
    { a: 0 },
    new Plain(),
    new (class {})(),
    new Date(0),
    "0",
    1,
    Symbol(),
  ];
  assertEquals(others.map((value) => runtime.true!(value)), others.map(() => true));
});

Deno.test("in looks for elements, parts and keys", () => {
  function* two() {
    yield* [1, 2];
  }
  const found: [unknown, unknown][] = [[1, [1]], [NaN, [NaN]], ["b", "abc"], [1, new Set([1])], [1, new Map([[1, 2]])]];
  found.push([7, new Uint8Array([7])], ["a", { a: 1 }], ["a", new Plain()], [2, two()]);
  assertEquals(found.map(([element, container]) => runtime.in!(element, container)), found.map(() => true));
  const absent: [unknown, unknown][] = [[0, [1]], ["toString", {}], [3, two()], ["1", [1]]];
  assertEquals(absent.map(([element, container]) => runtime.in!(element, container)), absent.map(() => false));
  assertThrows(() => runtime.in!(1, 5), TypeError, "Cannot look for something in 5");
});

Deno.test("iter takes iterables and the keys of plain objects", () => {
  assertEquals([...runtime.iter!({ a: 1, b: 2 }) as string[]], ["a", "b"]);
  assertEquals([...runtime.iter!("ab") as string[]], ["a", "b"]);
  for (const value of [null, undefined, 5, new Plain()]) {
    assertThrows(() => runtime.iter!(value), TypeError, "Cannot loop over ");
  }
});

Deno.test("items, keys and values are those of a method, a Map or an object", () => {
  assertEquals([...runtime.items!(new Map([[1, 2]])) as unknown[]], [[1, 2]]);
  assertEquals(runtime.items!({ a: 1 }), [["a", 1]]);
  assertEquals(runtime.items!({ items: () => "own" }), "own");
  assertEquals([...runtime.keys!(["a"]) as unknown[]], [0]);
  assertThrows(() => runtime.items!(5), TypeError, "Cannot call items() of 5");
});

Deno.test("text and the escape write strings, numbers and UTF-8", () => {
  const escape = runtime.escaper!(xhtmlEscape) as Call;
  assertEquals(["<", 5, true, new TextEncoder().encode("<\u00e9")].map((value) => runtime.text!(value, "v")), [
    "<",
    "5",
    "true",
    "<\u00e9",
  ]);
  assertEquals(["<", 5, null, ["<"]].map((value) => escape(value, "v")), ["&lt;", "5", "null", "&lt;"]);
  assertThrows(() => escape(undefined, "a.b"), TypeError, "a.b is undefined");
});

Deno.test("is tells whether an error is of a class, or of one of several", () => {
  const error = new RangeError("x");
  assertEquals([RangeError, [TypeError, RangeError], TypeError].map((type) => runtime.is!(error, type)), [
    true,
    true,
    false,
  ]);
  assertThrows(() => runtime.is!(error, "RangeError"), TypeError, 'Cannot catch "RangeError": it is no class');
});

Deno.test("typeof and missing know the marker of missing names", () => {
  assertEquals([runtime.typeof!(MISSING), runtime.typeof!(1)], ["undefined", "number"]);
  assertThrows(() => runtime.missing!("x"), ReferenceError, "x is not defined");
});

Deno.test("failureOf wraps errors with their position, and lets those of requests pass", () => {
  const fail = failureOf([{ filename: "a", lineno: 2, via: [] }]);
  const error = fail(new Error("x"), 0) as TemplateError;
  assertEquals(error.message, "Cannot render a:2: x");
  assertEquals((fail(error, 0) as TemplateError).message, "Cannot render a:2 (via a:2): x");
  for (const passed of [new HTTPError(404), new Finish()]) assertStrictEquals(fail(passed, 0), passed);
});
