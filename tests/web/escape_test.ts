import {
  jsonDecode,
  jsonEncode,
  parseQsBytes,
  recursiveUnicode,
  squeeze,
  toUnicode,
  urlEscape,
  urlUnescape,
  utf8,
  xhtmlEscape,
  xhtmlUnescape,
} from "@denado/denado/escape";
import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { PYTHON, runPython } from "../helpers/python_tornado.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

Deno.test("xhtmlUnescape undoes xhtmlEscape, for text and bytes", () => {
  for (const text of ["", "<foo>", "<>&\"'", "&amp;", "<\u00e9>", "&&#x27;"]) {
    assertEquals(xhtmlUnescape(xhtmlEscape(text)), text);
    assertEquals(xhtmlUnescape(bytes(xhtmlEscape(text))), text);
  }
});

const REFERENCES: { html: string; text: string }[] = [
  { html: "foo&#32;bar&#x20;&#X20;", text: "foo bar  " },
  { html: "foo&#xabc;bar", text: "foo\u0abcbar" },
  { html: "&#xyz; &#; &#x;", text: "&#xyz; &#; &#x;" },
  { html: "&#128;&#150;&#x81;", text: "\u20ac\u2013\x81" },
  { html: "&#0;&#xd800;&#x110000;&#99999999999999999999;", text: "\ufffd\ufffd\ufffd\ufffd" },
  { html: "[&#1;&#x7f;&#xfdd0;&#x1ffff;&#11;]", text: "[]" },
  { html: "&#9;&#10;&#12;&#13;", text: "\t\n\f\r" },
  { html: "&#65&#x42 &#67a", text: "AB Ca" },
  { html: "&lt&gt;&amp", text: "<>&" },
  { html: "&notit; &notin;", text: "\u00acit; \u2209" },
  { html: "&eacutex &ngE; &bne;", text: "\u00e9x \u2267\u0338 =\u20e5" },
  { html: "&&lt; &; & &lt &LT &Lt", text: "&< &; & < < &Lt" },
  { html: "&nope; &CounterClockwiseContourIntegral;", text: "&nope; \u2233" },
];

for (const { html, text } of REFERENCES) {
  Deno.test(`xhtmlUnescape reads ${html}`, () => {
    assertEquals(xhtmlUnescape(html), text);
  });
}

const UNESCAPE = `
import html, json, sys
from html.entities import html5
names = sorted(html5)
texts = ["&" + name for name in names] + ["&" + name.rstrip(";") + "x&" for name in names]
texts += ["&#%d;" % code for code in list(range(0x180)) + [0xfdcf, 0xfdef, 0xfdf0, 0xfffd, 0xfffe, 0x10fffd, 0x10ffff]]
json.dump([texts, [html.unescape(text) for text in texts]], sys.stdout)
`;

Deno.test("xhtmlUnescape knows every name and number that Python's html.unescape knows", PYTHON, async () => {
  const [texts, expected] = await runPython(UNESCAPE, null) as [string[], string[]];
  assert(texts.length > 4000);
  assertEquals(texts.map((text) => xhtmlUnescape(text)), expected);
});

Deno.test("jsonEncode never writes what ends a script element", () => {
  assertEquals(jsonEncode(["</script>", "a/b", "<"]), '["<\\/script>","a/b","<"]');
  assertEquals(jsonDecode(jsonEncode("\u00e9</")), "\u00e9</");
});

Deno.test("jsonEncode refuses what JSON has no form for", () => {
  assertThrows(() => jsonEncode(undefined), TypeError, "Cannot encode as JSON: undefined has no form there");
  assertThrows(() => jsonEncode(1n), TypeError);
});

Deno.test("jsonDecode reads text and UTF-8 bytes", () => {
  assertEquals(jsonDecode('"foo"'), "foo");
  assertEquals(jsonDecode(bytes('{"a":"\u00e9"}')), { a: "\u00e9" });
  assertThrows(() => jsonDecode("{"), SyntaxError);
});

Deno.test("squeeze makes runs of white space one space and trims", () => {
  assertEquals(squeeze("sequences     of    whitespace   chars"), "sequences of whitespace chars");
  assertEquals(squeeze(" \t\r\n\x00a\x1f \u00a0b\x7f "), "a \u00a0b\x7f");
});

const URLS: { value: string | Uint8Array; plus: string; path: string }[] = [
  { value: "+ #%", plus: "%2B+%23%25", path: "%2B%20%23%25" },
  { value: "a/b c", plus: "a%2Fb+c", path: "a/b%20c" },
  { value: "\u00e9", plus: "%C3%A9", path: "%C3%A9" },
  { value: bytes("\u00e9 /~"), plus: "%C3%A9+%2F~", path: "%C3%A9%20/~" },
  { value: new Uint8Array([0xe9, 0, 0x20, 0x2f]), plus: "%E9%00+%2F", path: "%E9%00%20/" },
  { value: "-_.~!'()*", plus: "-_.~%21%27%28%29%2A", path: "-_.~%21%27%28%29%2A" },
  { value: "%20%2F", plus: "%2520%252F", path: "%2520%252F" },
  { value: "\ud800", plus: "%EF%BF%BD", path: "%EF%BF%BD" },
];

for (const { value, plus, path } of URLS) {
  Deno.test(`urlEscape writes ${plus} for a query, ${path} for a path`, () => {
    assertEquals(urlEscape(value), plus);
    assertEquals(urlEscape(value, { plus: false }), path);
  });
}

const ESCAPED: { escaped: string; text: string; encoding?: string; plus?: boolean }[] = [
  { escaped: "%2B+%23%25", text: "+ #%" },
  { escaped: "%2B%20%23%25+", text: "+ #%+", plus: false },
  { escaped: "%C3%A9\u00e9", text: "\u00e9\u00e9" },
  { escaped: "%c3%A9", text: "\u00c3\u00a9", encoding: "latin1" },
  { escaped: "%80%9f", text: "\x80\x9f", encoding: "ISO-8859-1" },
  { escaped: "%80", text: "\u20ac", encoding: "windows-1252" },
  { escaped: "%E9 %FFx", text: "\ufffd \ufffdx" },
  { escaped: "100%, %4, %zz%41", text: "100%, %4, %zzA" },
  { escaped: "%EF%BB%BFa", text: "\ufeffa" },
];

for (const { escaped, text, ...options } of ESCAPED) {
  Deno.test(`urlUnescape reads ${escaped} with ${JSON.stringify(options)}`, () => {
    assertEquals(urlUnescape(escaped, options), text);
    assertEquals(urlUnescape(bytes(escaped), options), text);
  });
}

Deno.test("urlUnescape returns bytes for the encoding null", () => {
  assertEquals(urlUnescape("%E9+\u00e9", { encoding: null }), new Uint8Array([0xe9, 0x20, 0xc3, 0xa9]));
  assertEquals(urlUnescape("+", { encoding: null, plus: false }), bytes("+"));
});

Deno.test("urlUnescape refuses an encoding that does not exist", () => {
  assertThrows(() => urlUnescape("a", { encoding: "klingon" }), RangeError);
});

const QUERIES = `
import json, sys
from tornado.escape import parse_qs_bytes
print(json.dumps([{name: [list(value) for value in values] for name, values in parse_qs_bytes(query, keep).items()}
                  for query, keep in json.load(sys.stdin)]))
`;

Deno.test("parseQsBytes reads queries as Tornado does", PYTHON, async () => {
  const queries = ["", "a=1&b=2&a=3", "a=%E9+%2B&%41=x=y", "a&b=&=c", "a=1;b=2", "&&a=\u00e9&", "a=%&%=%zz"];
  const cases = queries.flatMap((query) => [[query, false], [query, true]] as [string, boolean][]);
  const actual = cases.map(([query, keepBlankValues]) =>
    Object.fromEntries(
      Array.from(parseQsBytes(query, { keepBlankValues }), ([name, values]) => [name, values.map((v) => [...v])]),
    )
  );
  assertEquals(actual, await runPython(QUERIES, cases));
});

Deno.test("parseQsBytes takes bytes, and can be strict", () => {
  assertEquals(parseQsBytes(new Uint8Array([0x61, 0x3d, 0xff])), new Map([["a", [new Uint8Array([0xff])]]]));
  assertEquals(parseQsBytes("", { strictParsing: true }).size, 0);
  assertThrows(
    () => parseQsBytes("a=1&b", { strictParsing: true }),
    SyntaxError,
    'Cannot parse query: field "b" has no "="',
  );
  assertThrows(() => parseQsBytes("a=\u0100"), TypeError);
});

Deno.test("utf8 and toUnicode convert text, and pass their own type and null", () => {
  const data = bytes("\u00e9");
  assertEquals(utf8("\u00e9"), data);
  assertStrictEquals(utf8(data), data);
  assertEquals(utf8(null), null);
  assertEquals(toUnicode(data), "\u00e9");
  assertEquals(toUnicode("\u00e9"), "\u00e9");
  assertEquals(toUnicode(null), null);
  assertEquals(toUnicode(new Uint8Array([0xef, 0xbb, 0xbf])), "\ufeff");
});

Deno.test("utf8 and toUnicode refuse other types, and bytes that are not UTF-8", () => {
  assertThrows(() => utf8(1 as unknown as string), TypeError, "not 1");
  assertThrows(() => toUnicode([] as unknown as string), TypeError, "not []");
  assertThrows(() => toUnicode(new Uint8Array([0xe9])), TypeError);
});

Deno.test("recursiveUnicode decodes bytes in arrays, maps and plain objects", () => {
  const date = new Date(0);
  assertEquals(
    recursiveUnicode({
      a: bytes("b"),
      list: [bytes("\u00e9"), 1, null],
      map: new Map([[bytes("k"), bytes("v")]]),
      date,
    }),
    { a: "b", list: ["\u00e9", 1, null], map: new Map([["k", "v"]]), date },
  );
  assertEquals(recursiveUnicode(bytes("foo")), "foo");
});
