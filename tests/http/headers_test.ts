import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { HTTPInputError } from "../../http/errors.ts";
import { HTTPHeaders } from "../../http/headers.ts";
import { FieldSectionScanner } from "../../http/field_section.ts";
import { latin1 } from "../helpers/parser_feed.ts";

/** The two forms of a map must not differ; every test that reads runs on both. */
function bothForms(pairs: [string, string][]): [form: string, headers: HTTPHeaders][] {
  const text = pairs.map(([name, value]) => `${name}: ${value}\r\n`).join("") + "\r\n";
  const scanner = new FieldSectionScanner({ maxFields: 100, allowFolding: false, strictLineEnds: true });
  scanner.scan(latin1(text), 0, text.length, 0);
  return [
    ["lists", new HTTPHeaders(pairs)],
    ["received", HTTPHeaders.fromOffsets(text, scanner.offsets.slice(0, scanner.count * 4))],
  ];
}

const PAIRS: [string, string][] = [["Host", "a"], ["accept", "x"], ["Set-Cookie", "A=B"], ["set-cookie", "C=D"]];

for (const [form, headers] of bothForms(PAIRS)) {
  Deno.test(`HTTPHeaders (${form}) finds names in any case`, () => {
    for (const name of ["Host", "host", "HOST", "hOsT"]) {
      assertEquals(headers.get(name), "a");
      assert(headers.has(name));
      assertEquals(headers.getList(name), ["a"]);
    }
  });

  Deno.test(`HTTPHeaders (${form}) does not find other names`, () => {
    for (const name of ["", "Hos", "Hosts", "H`st", "Date", "accep\x54", "accep4"]) {
      if (name.toLowerCase() === "accept") continue;
      assertEquals(headers.get(name), undefined, name);
      assertEquals(headers.get(name, "other"), "other");
      assertEquals(headers.has(name), false);
      assertEquals(headers.getList(name), []);
      assertEquals(headers.delete(name), false);
    }
  });

  Deno.test(`HTTPHeaders (${form}) joins repeated fields by a comma`, () => {
    assertEquals(headers.get("Set-Cookie"), "A=B,C=D");
    assertEquals(headers.getList("Set-Cookie"), ["A=B", "C=D"]);
  });

  Deno.test(`HTTPHeaders (${form}) iterates in order`, () => {
    assertEquals([...headers.getAll()], PAIRS);
    assertEquals([...headers], [["Host", "a"], ["accept", "x"], ["Set-Cookie", "A=B,C=D"]]);
    assertEquals([...headers.keys()], ["Host", "accept", "Set-Cookie"]);
    assertEquals([...headers.values()], ["a", "x", "A=B,C=D"]);
    assertEquals(headers.size, 3);
    assertEquals(headers.fieldCount, 4);
    assertEquals(headers.nameAt(3), "set-cookie");
    assertEquals(headers.valueAt(3), "C=D");
  });

  Deno.test(`HTTPHeaders (${form}) becomes text that parses to the same lines`, () => {
    assertEquals(headers.toString(), "Host: a\naccept: x\nSet-Cookie: A=B\nset-cookie: C=D\n");
    assertEquals([...HTTPHeaders.parse(String(headers)).getAll()], PAIRS);
  });

  Deno.test(`HTTPHeaders (${form}) becomes web headers`, () => {
    const web = headers.toHeaders();
    assertEquals(web.get("host"), "a");
    assertEquals(web.getSetCookie(), ["A=B", "C=D"]);
  });

  Deno.test(`HTTPHeaders (${form}) copies deeply`, () => {
    const copy = headers.copy();
    assertEquals([...copy.getAll()], PAIRS);
    copy.add("Set-Cookie", "E=F");
    copy.set("Host", "b");
    copy.delete("accept");
    assertEquals([...headers.getAll()], PAIRS);
    assertEquals([...copy.getAll()], [["Host", "b"], ["Set-Cookie", "A=B"], ["set-cookie", "C=D"], [
      "Set-Cookie",
      "E=F",
    ]]);
    assert(headers.getList("Host") !== copy.getList("Host"));
  });

  Deno.test(`HTTPHeaders (${form}) shows its lines when inspected`, () => {
    assert(Deno.inspect(headers).startsWith("HTTPHeaders ["), Deno.inspect(headers));
  });
}

const CHANGES: [name: string, change: (headers: HTTPHeaders) => void, expected: [string, string][]][] = [
  ["set replaces the first line in place, with the new case", (h) => h.set("SET-COOKIE", "E"), [
    ["Host", "a"],
    ["accept", "x"],
    ["SET-COOKIE", "E"],
  ]],
  ["set adds a missing name at the end", (h) => h.set("X", "y"), [...PAIRS, ["X", "y"]]],
  ["add keeps the other lines", (h) => h.add("host", "b"), [...PAIRS, ["host", "b"]]],
  ["delete removes all lines of the name", (h) => assert(h.delete("set-Cookie")), PAIRS.slice(0, 2)],
  ["setDefault keeps a value", (h) => assertEquals(h.setDefault("HOST", "b"), "a"), PAIRS],
  ["setDefault adds a value", (h) => assertEquals(h.setDefault("X", "b"), "b"), [...PAIRS, ["X", "b"]]],
  ["clear removes everything", (h) => h.clear(), []],
  ["add after clear starts anew", (h) => {
    h.clear();
    h.add("X", "y");
  }, [["X", "y"]]],
];

for (const [name, change, expected] of CHANGES) {
  Deno.test(`HTTPHeaders.${name}`, () => {
    for (const [form, headers] of bothForms(PAIRS)) {
      change(headers);
      assertEquals([...headers.getAll()], expected, form);
    }
  });
}

Deno.test("HTTPHeaders deletes a header that was added twice and never read", () => {
  const headers = new HTTPHeaders();
  headers.add("A", "1");
  headers.add("A", "2");
  assert(headers.delete("a"));
  assertEquals(headers.size, 0);
});

Deno.test("HTTPHeaders can be made from every kind of fields", () => {
  const expected: [string, string][] = [["a", "1"], ["a", "2"], ["b", "c"]];
  assertEquals([...new HTTPHeaders({ a: ["1", "2"], b: "c" }).getAll()], expected);
  assertEquals([...new HTTPHeaders(expected).getAll()], expected);
  assertEquals([...new HTTPHeaders(new Map([["b", "c"]])).getAll()], [["b", "c"]]);
  assertEquals([...new HTTPHeaders(new HTTPHeaders(expected)).getAll()], expected);
  assertEquals([...new HTTPHeaders(new Headers([["b", "c"], ["a", "1"]])).getAll()], [["a", "1"], ["b", "c"]]);
  assertEquals([...new HTTPHeaders().getAll()], []);
  assertEquals([...new HTTPHeaders({}).getAll()], []);
});

const BAD_NAMES = ["", "foo bar", "foo\tbar", "foo\nbar", "foo\0bar", "foo ", " foo", "é", "foo:", "f(o)", "\u2028"];

for (const name of BAD_NAMES) {
  Deno.test(`HTTPHeaders refuses the name ${JSON.stringify(name)}`, () => {
    const headers = new HTTPHeaders();
    assertThrows(() => headers.add(name, "bar"), TypeError, "Cannot set header");
    assertThrows(() => headers.set(name, "bar"), TypeError, "Cannot set header");
    assertThrows(() => new HTTPHeaders([[name, "bar"]]), TypeError, "Cannot set header");
    assertEquals(headers.size, 0);
  });
}

const BAD_VALUES = ["a\rb", "a\nb", "a\r\nSet-Cookie: b", "a\0b", "a\x0bb", "a\x7fb", "\u0100", "a\u2028b", "\r\n x"];

for (const value of BAD_VALUES) {
  Deno.test(`HTTPHeaders refuses the value ${JSON.stringify(value)}`, () => {
    const headers = new HTTPHeaders();
    assertThrows(() => headers.add("A", value), TypeError, "Cannot set header A");
    assertThrows(() => headers.set("A", value), TypeError, "Cannot set header A");
    assertThrows(() => headers.setDefault("A", value), TypeError, "Cannot set header A");
    assertThrows(() => new HTTPHeaders({ A: value }), TypeError, "Cannot set header A");
    assertThrows(() => new HTTPHeaders({ A: ["b", value] }), TypeError, "Cannot set header A");
    assertEquals(headers.size, 0);
  });
}

Deno.test("HTTPHeaders drops blanks around a value, whatever way it comes in", () => {
  for (const value of [" a b", "a b ", "\ta b", "a b\t", " \t a b\t "]) {
    const headers = new HTTPHeaders([["A", value]]);
    headers.add("A", value);
    headers.set("B", value);
    assertEquals([...headers.getAll()], [["A", "a b"], ["A", "a b"], ["B", "a b"]]);
  }
  assertEquals(new HTTPHeaders({ A: " \t" }).get("A"), "");
});

for (const line of ["f oo: bar", "foo : bar", ": bar", "foo: a\0b", "foo: a\rb"]) {
  Deno.test(`HTTPHeaders.parseLine blames the sender of ${JSON.stringify(line)}`, () => {
    assertThrows(() => new HTTPHeaders().parseLine(line), HTTPInputError, "Invalid field");
  });
}

Deno.test("HTTPHeaders accepts every other Latin-1 character", () => {
  for (let code = 0; code < 0x100; code++) {
    const line = `Foo: bar${String.fromCharCode(code)}baz\r\n`;
    if (code === 9 || (code >= 0x20 && code !== 0x7f)) {
      assertEquals(HTTPHeaders.parse(line).get("Foo"), `bar${String.fromCharCode(code)}baz`);
    } else if (code !== 10) { // LF ends the line
      assertThrows(() => HTTPHeaders.parse(line), HTTPInputError);
    }
  }
});

Deno.test("HTTPHeaders error messages cut long values and escape them", () => {
  const error = assertThrows(() => new HTTPHeaders().set("A", `${"x".repeat(500)}\n`), TypeError);
  assert(error.message.length < 250, error.message);
  const other = assertThrows(() => new HTTPHeaders().add("A\u001b", ""), TypeError);
  assertEquals(other.message.includes("\u001b"), false);
});

const PARSED: [name: string, text: string, expected: [string, string][]][] = [
  ["CRLF", "Content-Type: text/html\r\nContent-Length: 42\r\n", [["Content-Type", "text/html"], [
    "Content-Length",
    "42",
  ]]],
  ["LF", "CRLF: crlf\r\nLF: lf\nMore: more\r\n", [["CRLF", "crlf"], ["LF", "lf"], ["More", "more"]]],
  ["no line end at the end", "A: b", [["A", "b"]]],
  ["empty lines", "\r\nA: b\r\n\r\n", [["A", "b"]]],
  ["nothing", "", []],
  ["no blank after the colon", "A:b\n", [["A", "b"]]],
  ["blanks around the value", "A: \t b \t\n", [["A", "b"]]],
  ["an empty value", "A:\nB: \n", [["A", ""], ["B", ""]]],
  ["NBSP, which is no blank", "A: \xa0b\n", [["A", "\xa0b"]]],
  ["NEL, which ends no line", "A: \x85b\n", [["A", "\x85b"]]],
  ["folded lines", "Foo: bar\r\n baz\r\nAsdf: qwer\r\n\tzxcv\r\nFoo: even\r\n     more\r\n     lines\r\n", [
    ["Foo", "bar baz"],
    ["Asdf", "qwer zxcv"],
    ["Foo", "even more lines"],
  ]],
  ["a folded line without line end", "Foo: bar\r\n\tasdf", [["Foo", "bar asdf"]]],
];

for (const [name, text, expected] of PARSED) {
  Deno.test(`HTTPHeaders.parse accepts ${name}`, () => {
    assertEquals([...HTTPHeaders.parse(text).getAll()], expected);
  });
}

const UNPARSABLE: [name: string, text: string][] = [
  ["a first line that is folded", " Foo: bar"],
  ["a line that begins with a form feed", "Foo: bar\r\n\fasdf"],
  ["a bare CR as line end", "CRLF: crlf\r\nLF: lf\nCR: cr\rMore: more\r\n"],
  ["a line without a colon", "Foo\r\n"],
  ["a colon only in the next line", "Foo\r\nA: b\r\n"],
  ["an empty name", ": b\r\n"],
  ["a space before the colon", "A : b\r\n"],
  ["a control character in a folded line", "A: b\r\n c\x01\r\n"],
  ["characters above U+00FF", "A: \u0100\r\n"],
  ["LS as line end", "A: b\u2028C: d"],
];

for (const [name, text] of UNPARSABLE) {
  Deno.test(`HTTPHeaders.parse refuses ${name}`, () => {
    assertThrows(() => HTTPHeaders.parse(text), HTTPInputError);
  });
}

Deno.test("HTTPHeaders.parse accepts characters above U+00FF when asked", () => {
  assertEquals(HTTPHeaders.parse("A: \u2028ä\u0100\r\n é", { unicode: true }).get("a"), "\u2028ä\u0100 é");
  assertThrows(() => HTTPHeaders.parse("A: \x01", { unicode: true }), HTTPInputError);
  assertThrows(() => HTTPHeaders.parse("\u0100: b", { unicode: true }), HTTPInputError);
});

Deno.test("HTTPHeaders.parseLine adds lines one by one", () => {
  const headers = new HTTPHeaders();
  for (const line of ["A: b\r\n", "C: d", " e\r\n", "", "\r\n", "\n"]) headers.parseLine(line);
  assertEquals([...headers.getAll()], [["A", "b"], ["C", "d e"]]);
});

Deno.test("HTTPHeaders.get joins lazily, so that adding does not read what is there", () => {
  const headers = new HTTPHeaders();
  for (let i = 0; i < 100_000; i++) headers.add("X-Foo", "bar");
  // 100,000 joins of a growing string would take minutes.
  assertEquals(headers.get("x-foo")!.length, 399_999);
  assertEquals(headers.getList("x-foo").length, 100_000);
  assertEquals(headers.size, 1);
  headers.set("X-Foo", "one");
  assertEquals(headers.fieldCount, 1);
});

Deno.test("HTTPHeaders.copy shares nothing that changes", () => {
  const headers = new HTTPHeaders({ A: "b" });
  const copy = headers.copy();
  headers.set("A", "c");
  assertStrictEquals(copy.get("A"), "b");
});
