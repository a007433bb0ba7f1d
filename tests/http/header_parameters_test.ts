import { encodeHeaderParameters, parseHeaderParameters } from "../../http/header_parameters.ts";
import { assertEquals, assertThrows } from "@std/assert";
import { PYTHON, runPython } from "../helpers/python_tornado.ts";
import { Random } from "../helpers/random.ts";

const VALUES: [text: string, value: string, parameters: Record<string, string | null>, reason: string][] = [
  ["", "", {}, "nothing"],
  ["form-data", "form-data", {}, "no parameter"],
  [" text/html ; charset=utf-8 ", "text/html", { charset: "utf-8" }, "blanks around everything"],
  ["a;b=c;d=e", "a", { b: "c", d: "e" }, "no blanks"],
  ["a; B=C", "a", { b: "C" }, "names in lower case"],
  ["a; b = c", "a", { b: "c" }, "blanks around the equals sign"],
  ["a;;; b=c;", "a", { b: "c" }, "empty parameters"],
  ["a; b; c=", "a", { b: null, c: "" }, "a bare name, and an empty value"],
  ["a; =b", "a", {}, "a value without a name"],
  ["a; b=c=d", "a", { b: "c=d" }, "an equals sign in the value"],
  ["a; b=1; b=2", "a", { b: "2" }, "the last of several"],
  ['a; b="c d"', "a", { b: "c d" }, "quotes"],
  ['a; b=""', "a", { b: "" }, "empty quotes"],
  ['a; b="c;d"; e=f', "a", { b: "c;d", e: "f" }, "a semicolon in quotes"],
  ['a; b=";;;"; e=f', "a", { b: ";;;", e: "f" }, "many of them"],
  ['a; b="c\\"d;"; e=f', "a", { b: 'c"d;', e: "f" }, "an escaped quotation mark"],
  ['a; b="c\\\\"; e=f', "a", { b: "c\\", e: "f" }, "an escaped backslash at the end"],
  ['a; b="C:\\dir\\a.txt"', "a", { b: "C:\\dir\\a.txt" }, "backslashes that escape nothing"],
  ['a; b="c; d=e', "a", { b: '"c; d=e' }, "quotes that do not end"],
  ['a; b="c"d; e=f', "a", { b: '"c"d', e: "f" }, "text behind the quotes"],
  ["a; b=\xe4", "a", { b: "\xe4" }, "Latin-1"],
  ["a; b=测试", "a", { b: "测试" }, "Unicode, as in part headers"],
  ["a; b=\xa0c\xa0", "a", { b: "\xa0c\xa0" }, "a no-break space is no blank"],
  ["a; __proto__=b", "a", JSON.parse('{"__proto__":"b"}'), "the name of an object's property"],
  // RFC 8187
  ["a; f*=UTF-8''%C3%A1b.txt", "a", { f: "áb.txt" }, "an extended value"],
  ["a; f*=utf-8'en'%e2%82%ac%20rates", "a", { f: "€ rates" }, "with a language"],
  ["a; f*=iso-8859-1''%A3%93", "a", { f: "\xa3\x93" }, "in Latin-1"],
  ["a; f*=x-none''%41%E4", "a", { f: "A\xe4" }, "in an unknown charset"],
  ["a; f*=UTF-8''%zz%4", "a", { f: "%zz%4" }, "escapes that are none"],
  ["a; f*=UTF-8''%FFb", "a", { f: "\ufffdb" }, "bytes that are not UTF-8"],
  ["a; f*=''%C3%A1", "a", { f: "á" }, "no charset"],
  ["a; f*=abc%20d", "a", { f: "abc d" }, "no charset and no language"],
  ["a; f*=\"UTF-8''%41\"", "a", { f: "A" }, "in quotes, though it must not be"],
  ["a; f*=UTF-8''it's", "a", { f: "it's" }, "an apostrophe in the value"],
  ["a; f*=UTF-8''测", "a", { f: "测" }, "raw Unicode in an extended value"],
  ["a; f=plain; f*=UTF-8''ext", "a", { f: "ext" }, "extended behind plain"],
  ["a; f*=UTF-8''ext; f=plain", "a", { f: "ext" }, "extended before plain"],
  // RFC 2231
  ["a; f*0=ab; f*1=cd", "a", { f: "abcd" }, "continuations"],
  ['a; f*1="c d"; f*0="ab "', "a", { f: "ab c d" }, "continuations out of order"],
  ["a; f*0*=UTF-8''%C3; f*1*=%A4; f*2=%41", "a", { f: "ä%41" }, "a character across encoded continuations"],
  ["a; f*10=k; f*9=j", "a", { f: "jk" }, "continuations are numbers"],
  ["a; f*0=old; f*=UTF-8''new", "a", { f: "new" }, "a whole value replaces the pieces"],
  ["a; f*x=1; *=2", "a", { "f*x": "1", "*": "2" }, "asterisks that mean nothing"],
];

for (const [text, value, parameters, reason] of VALUES) {
  Deno.test(`parseHeaderParameters reads ${JSON.stringify(text)}: ${reason}`, () => {
    const result = parseHeaderParameters(text);
    assertEquals(result.value, value);
    assertEquals([...result.parameters].sort(), Object.entries(parameters).sort());
  });
}

const LONG: [name: string, unit: string, reason: string][] = [
  ["semicolons in quotes", ";", 'x="'],
  ["escaped quotation marks", '\\"', 'x="'],
  ["quotation marks", '"', "x="],
  ["bare semicolons", ";", ""],
  ["names", "a;", ""],
  ["continuations", "f*1=a;", ""],
  ["percent signs", "%", "f*=UTF-8''"],
  ["apostrophes", "'", "f*="],
  ["asterisks in a name", "*", ""],
  ["backslashes", "\\", 'x="'],
];

for (const [name, unit, before] of LONG) {
  // What is quadratic would take minutes here.
  Deno.test(`parseHeaderParameters takes a million ${name} in its stride`, () => {
    assertEquals(parseHeaderParameters(`v; ${before}${unit.repeat(1_000_000)}`).value, "v");
  });
}

const ENCODED: [value: string, parameters: Record<string, string | number | null>, expected: string][] = [
  ["a", {}, "a"],
  ["a", { c: "1", b: 2 }, "a; b=2; c=1"],
  ["a", { b: null }, "a; b"],
  ["a", { b: "" }, 'a; b=""'],
  ["a", { b: 'c "d" \\' }, 'a; b="c \\"d\\" \\\\"'],
  ["a", { b: "ä" }, 'a; b="ä"'],
  ["a", { b: "€ (*'!)" }, "a; b*=UTF-8''%E2%82%AC%20%28%2A%27!%29"],
  ["a", { b: "\ud800" }, "a; b*=UTF-8''%EF%BF%BD"],
];

for (const [value, parameters, expected] of ENCODED) {
  Deno.test(`encodeHeaderParameters writes ${expected}`, () => {
    assertEquals(encodeHeaderParameters(value, parameters), expected);
    const back = parseHeaderParameters(expected);
    assertEquals(back.value, value);
    for (const [name, parameter] of Object.entries(parameters)) {
      assertEquals(back.parameters.get(name), parameter === null ? null : String(parameter).toWellFormed());
    }
  });
}

for (const hostile of ["a\r\nSet-Cookie: b", "a\nb", "a\0", "a\x7f"]) {
  Deno.test(`encodeHeaderParameters refuses ${JSON.stringify(hostile)}`, () => {
    assertThrows(() => encodeHeaderParameters("a", { b: hostile }), TypeError, "control character in parameter b");
    assertThrows(() => encodeHeaderParameters(hostile, {}), TypeError, "invalid value");
    assertThrows(() => encodeHeaderParameters("a", { [hostile]: "b" }), TypeError, "invalid parameter name");
  });
}

Deno.test("parseHeaderParameters reads parameters made at random as Tornado does", PYTHON, async () => {
  const random = new Random(2);
  // No backslash comes last in quotes: Tornado takes an escaped one and the quotation mark for an escaped mark. And no
  // value begins with an escaped mark: Tornado takes quotation marks off more than once.
  const inner = ["a", "é", " ", ";", "=", "'", "%41", '\\"', "\\\\x", "\\y", ","];
  const texts = Array.from({ length: 500 }, () => {
    let text = random.pick(["form-data", "a/b", ""]);
    for (let count = random.below(4); count > 0; count--) {
      text += random.pick([";", "; ", " ;\t"]) + random.pick(["a", "B", "c-d", "filename", ""]);
      text += random.pick(["=", " = ", "="]) + random.pick([`"x${random.text(inner, 8)}"`, random.text("abc%41", 5)]);
    }
    if (random.below(4) === 0) text += `; filename*=UTF-8''%C3%A4${random.text("ab", 3)}`;
    return text;
  });
  const results = await runPython(
    `
import json, sys
from tornado.httputil import _parse_header
def parse(text):
    value, parameters = _parse_header(text)
    return [value, sorted(item for item in parameters.items() if item[0] != '')] # a value without a name is kept there
print(json.dumps([parse(text) for text in json.load(sys.stdin)]))
`,
    texts,
  ) as unknown[];
  for (const [index, text] of texts.entries()) {
    const { value, parameters } = parseHeaderParameters(text);
    assertEquals([value, [...parameters].sort()], results[index], text);
  }
});
