import { HTTPError, InvalidArgumentError } from "@denado/denado/web";
import { assertEquals, assertThrows } from "@std/assert";
import { isJsonType, parseJsonBody } from "../../web/json_body.ts";

const TYPES: [type: string | undefined, isJson: boolean][] = [
  ["application/json", true],
  ["Application/JSON", true],
  ["application/json; charset=utf-8", true],
  ['application/json;charset="UTF-8"', true],
  ["application/json; charset=utf8", true],
  ["application/problem+json", true],
  ["application/vnd.api+json; version=1", true],
  [undefined, false],
  ["", false],
  ["text/plain", false],
  ["text/json", false],
  ["application/x-www-form-urlencoded", false],
  ["application/jsonp", false],
  ["application/json-seq", false],
  ["application/+json", false],
  ["text/plain; a=application/json", false],
  ["application/json, text/plain", false],
  ["application/json; charset=utf-16", false],
  ["application/json; charset=latin1", false],
];

for (const [type, isJson] of TYPES) {
  Deno.test(`parseJsonBody ${isJson ? "takes" : "refuses"} ${JSON.stringify(type)}`, () => {
    assertEquals(isJsonType(type), isJson);
    if (isJson) return assertEquals(parseJsonBody(type, bytes("[1]")), [1]);
    const error = assertThrows(() => parseJsonBody(type, bytes("[1]")), HTTPError, "not JSON");
    assertEquals(error.statusCode, 415);
  });
}

const BODIES: [text: string, value: unknown][] = [
  ["null", null],
  ["5", 5],
  ['"ä"', "ä"],
  [' {"a": {"b": []}}\n', { a: { b: [] } }],
  ["\ufeff{}", {}],
  ['{"a": "__proto__"}', { a: "__proto__" }],
  ['{"a__proto__": 1, "__proto": 2, "constructor": 3}', { a__proto__: 1, __proto: 2, constructor: 3 }],
  [String.raw`{"a": "\"__proto__\": 1"}`, { a: '"__proto__": 1' }],
];

for (const [text, value] of BODIES) {
  Deno.test(`parseJsonBody reads ${text.trim()}`, () => {
    assertEquals(parseJsonBody("application/json", bytes(text)), value);
  });
}

const REFUSED: [message: string, texts: (string | number[])[]][] = [
  ["The body must be JSON", ["", " ", "{", "{a: 1}", "{'a': 1}", "[1,]", "NaN", "undefined", "1 2", "01", "// a\n1"]],
  ["The body must be UTF-8", [[0x22, 0xe4, 0x22], [0xff], [0x22, 0xed, 0xa0, 0x80, 0x22], [0xff, 0xfe, 0x35, 0]]],
  ["The body must not have a key __proto__", [
    '{"__proto__": {}}',
    '[{"a": {"__proto__"\t\n: 1}}]',
    String.raw`{"\u005f_proto__": 1}`,
    String.raw`{"__\u0070\u0072\u006F\u0074\u006f_\u005F": 1}`,
  ]],
];

for (const [message, texts] of REFUSED) {
  Deno.test(`parseJsonBody refuses ${texts.length} bodies: ${message}`, () => {
    for (const text of texts) {
      const body = typeof text === "string" ? bytes(text) : new Uint8Array(text);
      const error = assertThrows(() => parseJsonBody("application/json", body), InvalidArgumentError, "", String(text));
      assertEquals(error.issues, [{ field: "", message }]);
    }
  });
}

Deno.test("parseJsonBody survives a body that is nested a million deep", () => {
  const body = bytes("[".repeat(1_000_000));
  assertThrows(() => parseJsonBody("application/json", body), InvalidArgumentError);
  parseJsonBody("application/json", bytes("[".repeat(100_000) + "]".repeat(100_000)));
});

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
