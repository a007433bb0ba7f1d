import { parseBodyArguments, setParseBodyConfig } from "../../http/body_arguments.ts";
import { HTTPInputError } from "../../http/errors.ts";
import { HTTPHeaders } from "../../http/headers.ts";
import { assertEquals, assertThrows } from "@std/assert";

const encode = (text: string) => new TextEncoder().encode(text);
const URLENCODED = "application/x-www-form-urlencoded";
const FORM = '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n--b--\r\n';

const TYPES: [type: string, body: string, expected: [string, string[]][], reason: string][] = [
  [URLENCODED, "a=1&a=2", [["a", ["1", "2"]]], "urlencoded"],
  [`${URLENCODED}; charset=utf-8`, "a=%C3%A9", [["a", ["\xc3\xa9"]]], "with a parameter"],
  ["Application/X-WWW-Form-URLEncoded ;x", "a=", [["a", [""]]], "in any case"],
  [`${URLENCODED}x`, "a=1", [], "another type"],
  ["multipart/form-data; boundary=b", FORM, [["a", ["x"]]], "multipart"],
  ['multipart/form-data; boundary="b"', FORM, [["a", ["x"]]], "with quotes"],
  ["Multipart/Form-Data; charset=utf-8; Boundary=b", FORM, [["a", ["x"]]], "in any case"],
  ["multipart/mixed; boundary=b", FORM, [], "another multipart type"],
  ["application/json", '{"a":1}', [], "JSON"],
  ["", "a=1", [], "no type"],
];

for (const [type, body, expected, reason] of TYPES) {
  Deno.test(`parseBodyArguments reads a body of type ${JSON.stringify(type)}: ${reason}`, () => {
    const form = parseBodyArguments(type, encode(body));
    assertEquals([...form.arguments], expected);
    assertEquals(form.files.size, 0);
  });
}

Deno.test("parseBodyArguments finds files", () => {
  const body = FORM.replace('"a"', '"a"; filename="b.txt"');
  const { files } = parseBodyArguments("multipart/form-data; boundary=b", encode(body));
  assertEquals(files.get("a"), [{ filename: "b.txt", body: encode("x"), contentType: "application/unknown" }]);
});

const REFUSED: [type: string, body: string, message: string][] = [
  ["multipart/form-data", FORM, "no boundary"],
  ["multipart/form-data; boundary", FORM, "no boundary"],
  ["multipart/form-data; boundary=", FORM, "no boundary"],
  ["multipart/form-data; boundary=c", FORM, "no final boundary"],
  ["multipart/form-dataxyz; boundary=b", FORM, "invalid content type"],
  [URLENCODED, "a&".repeat(1001), "more than 1000"],
];

for (const [type, body, message] of REFUSED) {
  Deno.test(`parseBodyArguments refuses a body of type ${JSON.stringify(type)}: ${message}`, () => {
    const error = assertThrows(() => parseBodyArguments(type, encode(body)), HTTPInputError, message);
    assertEquals(error.status, 400);
  });
}

for (const type of [URLENCODED, "multipart/form-data; boundary=b"]) {
  Deno.test(`parseBodyArguments refuses ${type} with a Content-Encoding`, () => {
    const headers = new HTTPHeaders({ "Content-Encoding": "gzip" });
    assertThrows(() => parseBodyArguments(type, encode(FORM), { headers }), HTTPInputError, '"gzip"');
    assertEquals(parseBodyArguments("text/plain", encode(FORM), { headers }).arguments.size, 0);
  });
}

Deno.test("parseBodyArguments takes its limits from the call", () => {
  const body = encode("a&b&c");
  assertThrows(() => parseBodyArguments(URLENCODED, body, { config: { maxFields: 2 } }), HTTPInputError, "more than 2");
  const config = { multipart: { maxParts: 0 } };
  assertThrows(() => parseBodyArguments("multipart/form-data; boundary=b", encode(FORM), { config }), HTTPInputError);
});

Deno.test("setParseBodyConfig sets the limits for calls that have none", () => {
  const type = "multipart/form-data; boundary=b";
  try {
    setParseBodyConfig({ maxFields: 1, multipart: { enabled: false } });
    assertThrows(() => parseBodyArguments(type, encode(FORM)), HTTPInputError, "disabled");
    assertThrows(() => parseBodyArguments(URLENCODED, encode("a&b")), HTTPInputError, "more than 1");
    assertEquals(parseBodyArguments(type, encode(FORM), { config: {} }).arguments.size, 1);
  } finally {
    setParseBodyConfig({});
  }
  assertEquals(parseBodyArguments(type, encode(FORM)).arguments.size, 1);
});
