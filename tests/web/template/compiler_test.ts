import { DictLoader, ParseError, Template } from "@denado/denado/template";
import { assert, assertEquals, assertFalse, assertThrows } from "@std/assert";
import { compileTemplate } from "../../../web/template/compiler.ts";
import { linkTemplate } from "../../../web/template/linker.ts";
import { parseTemplate } from "../../../web/template/parser.ts";

function compile(text: string, checked = false) {
  const file = parseTemplate("t", text, { autoescape: "xhtml_escape", whitespace: "all" });
  return compileTemplate(linkTemplate(file, undefined), checked);
}

Deno.test("compileTemplate makes one function of a template, its parents and includes", () => {
  const loader = new DictLoader({
    "a": "{% extends b %}{% block x %}{% apply f %}{{ a }}{% end %}{% end %}",
    "b": "{% include c %}{% block x %}{% end %}",
    "c": "{% for x in xs %}{{ x }}{% end %}",
  });
  const { code } = loader.load("a");
  assertEquals(code.match(/function|=>/g), ["function"]);
});

Deno.test("compileTemplate checks the use of names only if it has to", () => {
  const text = "{{ a }}{% for x in a %}{{ x }}{{ y }}{% end %}{% set z = 1 %}{{ z }}";
  assertFalse(compile(text).code.includes("_tt_missing"));
  assertEquals(compile(text, true).code.match(/_tt_missing\("\w+"\)/g), [
    '_tt_missing("a")',
    '_tt_missing("a")',
    '_tt_missing("y")',
  ]);
});

Deno.test("compileTemplate numbers the lines, with the way there", () => {
  assertEquals(compile("{{ a }}\n{{ b }}{{ c }}\n{{ d }}").positions.map(({ lineno }) => lineno), [1, 2, 3]);
});

Deno.test("compileTemplate writes text as a JSON string", () => {
  const text = '"\\\n`${x}</script>\u2028\u{1f600}\x00';
  assert(compile(text).code.includes(JSON.stringify(text)));
  assertEquals(new Template(text).render(), text);
});

const ERRORS: { text: string; reason: string }[] = [
  { text: "\n{% module 5 %}", reason: "module takes a call: {% module Name(arguments) %} at t:2" },
  { text: "{% module Name %}", reason: "module takes a call: {% module Name(arguments) %} at t:1" },
  { text: "\n{{ xs.map(x => await x) }}", reason: "Cannot await in a function that is not async at t:2" },
  { text: "{% if a %}\n{% extends b %}{% end %}", reason: "extends inside of a block at t:2" },
];

for (const { text, reason } of ERRORS) {
  Deno.test(`compileTemplate refuses ${JSON.stringify(text)}`, () => {
    assertEquals(assertThrows(() => compile(text), ParseError).message, reason);
  });
}

Deno.test("compileTemplate refuses a block that breaks out of a loop it is not in", () => {
  const loader = new DictLoader({
    "a": "{% extends b %}{% for x in y %}\n{% block x %}{% break %}{% end %}{% end %}",
    "b": "{% block x %}{% end %}",
  });
  assertThrows(() => loader.load("a"), ParseError, "break outside for, while block at a:2");
});

Deno.test("compileTemplate writes loops that JavaScript would take for something else", () => {
  assertEquals(new Template("{% for async in [1, 2] %}{{ async }}{% end %}").render(), "12");
  assertEquals(new Template("{% for of of [1, 2] %}{{ of }}{% end %}").render(), "12");
});
