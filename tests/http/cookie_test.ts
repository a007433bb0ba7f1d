import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  type CookieAttributes,
  findCookie,
  formatSetCookie,
  isCookieName,
  parseCookie,
  quoteCookie,
  unquoteCookie,
} from "../../http/cookie.ts";
import { PYTHON, runPython } from "../helpers/python_tornado.ts";
import { Random } from "../helpers/random.ts";

// The cases are those of Tornado, which has them from Django and CPython.
const COOKIES: [header: string, expected: Record<string, string>, reason: string][] = [
  ["chips=ahoy; vienna=finger", { chips: "ahoy", vienna: "finger" }, "two cookies"],
  [
    'keebler="E=mc2; L=\\"Loves\\"; fudge=\\012;"',
    { keebler: '"E=mc2', L: '\\"Loves\\"', fudge: "\\012", "": '"' },
    "semicolons divide in quotes too",
  ],
  ["keebler=E=mc2", { keebler: "E=mc2" }, "an equals sign in the value"],
  ["key:term=value:term", { "key:term": "value:term" }, "colons"],
  ["a=b; c=[; d=r; f=h", { a: "b", c: "[", d: "r", f: "h" }, "a bracket"],
  ["a=b; Domain=example.com", { a: "b", Domain: "example.com" }, "a name of an attribute"],
  ["a=b; h=i; a=c", { a: "c", h: "i" }, "the last one wins"],
  ["abc=def; unnamed; django_language=en", { abc: "def", "": "unnamed", django_language: "en" }, "no equals sign"],
  ['a=b; "; c=d', { a: "b", "": '"', c: "d" }, "a quote as a value without a name"],
  ["a b c=d e = f; gh=i", { "a b c": "d e = f", gh: "i" }, "blanks"],
  ['a   b,c<>@:/[]?{}=d  "  =e,f g', { "a   b,c<>@:/[]?{}": 'd  "  =e,f g' }, "forbidden characters"],
  ["saint=André Bessette", { saint: "André Bessette" }, "characters above ASCII"],
  ["  =  b  ;  ;  =  ;   c  =  ;  ", { "": "b", c: "" }, "blanks and empty pieces"],
  ["", {}, "nothing"],
  [";;;", {}, "empty pieces"],
  ["__proto__=x; constructor=y", JSON.parse('{"__proto__":"x","constructor":"y"}'), "names of object properties"],
  ['a="', { a: '"' }, "one quote only"],
  ['a=""', { a: "" }, "empty quotes"],
];

for (const [header, expected, reason] of COOKIES) {
  Deno.test(`parseCookie reads ${JSON.stringify(header)}: ${reason}`, () => {
    assertEquals([...parseCookie(header)].sort(), Object.entries(expected).sort());
  });
}

for (const [header, expected, reason] of COOKIES) {
  Deno.test(`findCookie finds in ${JSON.stringify(header)} what parseCookie does: ${reason}`, () => {
    for (const name of [...Object.keys(expected), "none", "e", "=", "a="]) {
      assertEquals(findCookie(header, name), parseCookie(header).get(name), name);
    }
  });
}

Deno.test("findCookie finds in fields made at random what parseCookie does", () => {
  const random = new Random(20261125);
  const pieces = ["a", "b", "ab", "aa", "=", ";", "; ", " ", "\t", "\xa0", '"', "\\", "\ufeff"];
  for (let round = 0; round < 20_000; round++) {
    const header = Array.from({ length: random.below(12) }, () => pieces[random.below(pieces.length)]).join("");
    const cookies = parseCookie(header);
    for (const name of ["a", "b", "ab", "aa", ""]) {
      assertEquals(findCookie(header, name), cookies.get(name), JSON.stringify([header, name]));
    }
  }
});

const QUOTED: [travels: string, value: string][] = [
  [String.raw`"b=\""`, 'b="'],
  [String.raw`"b=\\"`, "b=\\"],
  [String.raw`"b=\="`, "b=="],
  [String.raw`"b=\n"`, "b=n"],
  [String.raw`"b=\042"`, 'b="'],
  [String.raw`"b=\134"`, "b=\\"],
  [String.raw`"b=\377"`, "b=\xff"],
  [String.raw`"b=\400"`, "b=400"],
  [String.raw`"b=\42"`, "b=42"],
  [String.raw`"b=\\042"`, "b=\\042"],
  [String.raw`"b=\\134"`, "b=\\134"],
  [String.raw`"b=\\\""`, 'b=\\"'],
  [String.raw`"b=\\\042"`, 'b=\\"'],
  [String.raw`"b=\134\""`, 'b=\\"'],
  [String.raw`"b=\134\042"`, 'b=\\"'],
  [String.raw`"b\"`, "b\\"],
  ["b", "b"],
  ['"', '"'],
  ["", ""],
];

for (const [travels, value] of QUOTED) {
  Deno.test(`unquoteCookie turns ${travels} into ${JSON.stringify(value)}`, () => {
    assertEquals(unquoteCookie(travels), value);
    assertEquals(parseCookie(`a=${travels}`).get("a") ?? "", value);
  });
}

Deno.test("quoteCookie leaves token characters and colons bare", () => {
  const bare = "azAZ09!#$%&'*+-.^_`|~:";
  assertEquals(quoteCookie(bare), bare);
  assertEquals(quoteCookie(""), '""');
});

Deno.test("quoteCookie quotes as Python does", () => {
  assertEquals(quoteCookie("a b"), '"a b"');
  assertEquals(quoteCookie("()/<=>?@[]{}"), '"()/<=>?@[]{}"');
  assertEquals(quoteCookie('a"b\\c'), String.raw`"a\"b\\c"`);
  assertEquals(quoteCookie("a;b,c"), String.raw`"a\073b\054c"`);
  assertEquals(quoteCookie("a\r\nb\0\x7f\xe9"), String.raw`"a\015\012b\000\177\351"`);
});

Deno.test("quoteCookie and unquoteCookie are inverse for all of Latin-1", () => {
  let all = "";
  for (let code = 0; code < 256; code++) all += String.fromCharCode(code);
  assertEquals(unquoteCookie(quoteCookie(all)), all);
  assert(/^[\x20-\x2b\x2d-\x3a\x3c-\x7e]+$/.test(quoteCookie(all)), "only printable ASCII but comma and semicolon");
});

Deno.test("quoteCookie refuses characters above U+00FF", () => {
  assertThrows(() => quoteCookie("a\u0100"), TypeError, "encode the value first");
});

const SET: [value: string, attributes: CookieAttributes | undefined, expected: string][] = [
  ["v", undefined, "n=v"],
  ["", {}, 'n=""'],
  ["a;b", { path: "/" }, String.raw`n="a\073b"; Path=/`],
  ["v", { path: "", domain: "", sameSite: "", secure: false, httpOnly: false }, "n=v"],
  ["v", { maxAge: 0 }, "n=v; Max-Age=0"],
  ["v", { maxAge: -1 }, "n=v; Max-Age=-1"],
  ["v", { expires: 1359312200503 }, "n=v; expires=Sun, 27 Jan 2013 18:43:20 GMT"],
  [
    "v",
    {
      secure: true,
      sameSite: "Lax",
      path: "/a",
      partitioned: true,
      maxAge: 5,
      httpOnly: true,
      expires: new Date(0),
      domain: "a.b",
    },
    "n=v; Domain=a.b; expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; Max-Age=5; Partitioned; Path=/a; SameSite=Lax; Secure",
  ],
];

for (const [value, attributes, expected] of SET) {
  Deno.test(`formatSetCookie builds ${expected}`, () => {
    assertEquals(formatSetCookie("n", value, attributes), expected);
  });
}

Deno.test("formatSetCookie refuses names that are none", () => {
  for (
    const name of ["", "a b", "a;b", "a=b", "a\r\n", "a\0", 'a"b', "é", "a,b", "Path", "max-age", "HTTPONLY", "expires"]
  ) {
    assertThrows(() => formatSetCookie(name, "v"), TypeError, "Cannot set cookie", name);
    assertEquals(isCookieName(name), false, name);
  }
  for (const name of ["a", "__Host-a", "a:b", "paths", "!#$%&'*+-.^_`|~"]) assert(isCookieName(name), name);
});

Deno.test("formatSetCookie refuses attributes that could start another one", () => {
  for (const key of ["domain", "path", "sameSite"] as const) {
    for (const value of ["a;b", "a b", "a\r\nSet-Cookie: c", "a\0", "a\x7f", "\ta", "a\u0100"]) {
      assertThrows(() => formatSetCookie("n", "v", { [key]: value }), TypeError, "Cannot set cookie", value);
    }
    // deno-lint-ignore no-explicit-any -- what the types forbid
    assertThrows(() => formatSetCookie("n", "v", { [key]: 5 as any }), TypeError, "Cannot set cookie");
  }
});

Deno.test("formatSetCookie refuses a max-age that is no integer and a date that is none", () => {
  // deno-lint-ignore no-explicit-any -- what the types forbid
  for (const maxAge of [1.5, NaN, Infinity, "5; Secure" as any, null as any]) {
    assertThrows(() => formatSetCookie("n", "v", { maxAge }), RangeError, "max-age");
  }
  assertThrows(() => formatSetCookie("n", "v", { expires: NaN }), RangeError);
  // deno-lint-ignore no-explicit-any -- what the types forbid
  assertThrows(() => formatSetCookie("n", "v", { expires: "now; Secure" as any }), TypeError);
});

Deno.test("parseCookie takes 100,000 pieces and escapes in its stride", () => {
  // Each of these took minutes in some server, because its time was quadratic.
  assertEquals(parseCookie(`a="b=${"\\\\".repeat(100_000)}"`).get("a")!.length, 100_002);
  assertEquals(parseCookie(`a="b=${"\\134".repeat(100_000)}"`).get("a")!.length, 100_002);
  assertEquals(parseCookie(`${";".repeat(1_000_000)}a`).get(""), "a");
  assertEquals(parseCookie("a=b;".repeat(100_000)).size, 1);
  assertEquals(parseCookie("a;".repeat(100_000)).size, 1);
  assertEquals(parseCookie("=".repeat(1_000_000)).size, 1);
});

Deno.test("parseCookie reads cookies made at random as Tornado does", PYTHON, async () => {
  const random = new Random(1);
  const pieces = [...'=; "\\,a4', '="', '";', "\\042", "\\4", "; b=", "\t", "é", "\xa0"];
  const headers = [...COOKIES.map(([header]) => header), ...Array.from({ length: 500 }, () => random.text(pieces, 25))];
  const results = await runPython(
    `
import json, sys
from tornado.httputil import parse_cookie
print(json.dumps([list(parse_cookie(header).items()) for header in json.load(sys.stdin)]))
`,
    headers,
  ) as unknown[];
  for (const [index, header] of headers.entries()) assertEquals([...parseCookie(header)], results[index], header);
});
