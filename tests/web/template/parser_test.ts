import { ParseError } from "@denado/denado/template";
import { assertEquals, assertThrows } from "@std/assert";
import type { TemplateFile } from "../../../web/template/nodes.ts";
import { parseTemplate } from "../../../web/template/parser.ts";

function parse(text: string, autoescape: string | null = "xhtml_escape"): TemplateFile {
  return parseTemplate("t", text, { autoescape, whitespace: "all" });
}

Deno.test("parseTemplate makes a tree with the lines of its nodes", () => {
  const file = parse("a\n{% for x in xs %}\n{{ x }}{% else %}\n{% include b.html %}{% end %}{# c #}");
  assertEquals(file, {
    name: "t",
    autoescape: { kind: "name", name: "xhtml_escape" },
    body: [
      { kind: "text", text: "a\n" },
      {
        kind: "for",
        target: { kind: "name", name: "x" },
        iterable: { kind: "name", name: "xs" },
        body: [
          { kind: "text", text: "\n" },
          { kind: "output", expression: { kind: "name", name: "x" }, raw: false, label: "x", line: 3 },
        ],
        otherwise: [{ kind: "text", text: "\n" }, { kind: "include", name: "b.html", line: 4 }],
        line: 2,
      },
    ],
  });
});

Deno.test("parseTemplate has the last autoescape directive count for the whole file", () => {
  assertEquals(parse("{{ a }}{% autoescape None %}").autoescape, undefined);
  assertEquals(parse("{% autoescape a.b %}", null).autoescape?.kind, "member");
  assertEquals(parse("", null).autoescape, undefined);
});

Deno.test("parseTemplate refuses an escape in the settings that is no name", () => {
  assertThrows(() => parse("", "a(); b"), TypeError, 'Cannot escape by "a(); b": the name of a function is expected');
});

Deno.test("parseTemplate takes the quotes off file and block names", () => {
  const { body } = parse(`{% include "a b.html" %}{% include 'c' %}{% include d %}{% block 'e' %}{% end %}`);
  assertEquals(body.map((node) => "name" in node && node.name), ["a b.html", "c", "d", "e"]);
});

const ERRORS: { text: string; reason: string }[] = [
  { text: "{% end %}", reason: "Extra {% end %} block at t:1" },
  { text: "{% if a %}\n", reason: "Missing {% end %} block for if at t:2" },
  { text: "{% for x in y %}", reason: "Missing {% end %} block for for at t:1" },
  { text: "{% else %}", reason: "else outside if, for, while, try block at t:1" },
  { text: "{% elif a %}", reason: "elif outside if block at t:1" },
  { text: "{% for x in y %}{% elif a %}{% end %}", reason: "elif block cannot be attached to for block at t:1" },
  { text: "{% block a %}{% else %}{% end %}", reason: "else block cannot be attached to block block at t:1" },
  { text: "{% if a %}{% else %}{% else %}{% end %}", reason: "else behind else at t:1" },
  { text: "{% if a %}{% else %}{% elif b %}{% end %}", reason: "elif behind else at t:1" },
  { text: "{% while a %}{% else %}{% else %}{% end %}", reason: "else behind else at t:1" },
  { text: "{% if a %}{% else b %}{% end %}", reason: "Unexpected b behind else at t:1" },
  { text: "{% try x %}{% except %}{% end %}", reason: "Unexpected x behind try at t:1" },
  { text: "\n{% try %}{% end %}", reason: "try without except or finally at t:2" },
  { text: "{% try %}{% else %}{% end %}", reason: "else without except at t:1" },
  { text: "{% try %}{% finally %}{% except %}{% end %}", reason: "except behind finally at t:1" },
  { text: "{% try %}{% except %}{% else %}{% except %}{% end %}", reason: "except behind else at t:1" },
  { text: "{% try %}{% except A as %}{% end %}", reason: "Expected a name, not the end %} at t:1" },
  { text: "{% try %}{% except A b %}{% end %}", reason: "Unexpected b at t:1" },
  { text: "{% break %}", reason: "break outside for, while block at t:1" },
  { text: "{% if a %}{% continue %}{% end %}", reason: "continue outside for, while block at t:1" },
  {
    text: "{% for i in [] %}{% apply f %}{% break %}{% end %}{% end %}",
    reason: "break outside for, while block at t:1",
  },
  { text: "{% for i in [] %}{% else %}{% break %}{% end %}", reason: "break outside for, while block at t:1" },
  { text: "{% frob a %}", reason: 'unknown operator: "frob" at t:1' },
  { text: "{% constructor %}", reason: 'unknown operator: "constructor" at t:1' },
  { text: "{% extends %}", reason: "extends missing file path at t:1" },
  { text: "{% include '' %}", reason: "include missing file path at t:1" },
  { text: "{% set %}", reason: "set missing statement at t:1" },
  { text: "{% raw %}", reason: "raw missing expression at t:1" },
  { text: "{% module %}", reason: "module missing expression at t:1" },
  { text: "{% apply %}{% end %}", reason: "apply missing method name at t:1" },
  { text: "{% block %}{% end %}", reason: "block missing name at t:1" },
  { text: "{% if %}{% end %}", reason: "if missing condition at t:1" },
  { text: "{% if a %}{% elif %}{% end %}", reason: "elif missing condition at t:1" },
  { text: "{% for %}{% end %}", reason: "for missing expression at t:1" },
  { text: "{% for x %}{% end %}", reason: "Expected in, not the end %} at t:1" },
  { text: "{% for x in %}{% end %}", reason: "Expected an expression, not the end %} at t:1" },
  { text: "{% for f() in x %}{% end %}", reason: "Cannot assign to that at t:1" },
  { text: "{% set a, b += 1 %}", reason: "Cannot use += for several targets at t:1" },
  { text: "{% set f() = 1 %}", reason: "Cannot assign to that at t:1" },
  { text: "{% set _tt_o = 1 %}", reason: "Cannot use _tt_o: names that begin with _tt_ are reserved at t:1" },
  { text: "{% set None = 1 %}", reason: "Cannot assign to that at t:1" },
  { text: "{% autoescape %}", reason: "autoescape missing function at t:1" },
  { text: "{% autoescape f() %}", reason: "autoescape takes the name of a function, or None at t:1" },
  {
    text: "{% whitespace big %}",
    reason: 'Cannot filter white space: mode "big" is not all, single or oneline at t:1',
  },
  { text: "{% import os %}", reason: "Cannot import in a template: put what it needs into the namespace at t:1" },
  { text: "{% from a import b %}", reason: "Cannot import in a template: put what it needs into the namespace at t:1" },
];

for (const { text, reason } of ERRORS) {
  Deno.test(`parseTemplate refuses ${JSON.stringify(text)}`, () => {
    assertEquals(assertThrows(() => parse(text), ParseError).message, reason);
  });
}
