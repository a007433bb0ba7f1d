import { ParseError } from "@denado/denado/template";
import { assertEquals, assertThrows } from "@std/assert";
import { readPieces } from "../../../web/template/lexer.ts";
import { SourceText } from "../../../web/template/source_text.ts";

/** Text as it is, expressions as `<tokens>`, directives as `[operator|suffix|tokens]`. */
function read(text: string): string[] {
  return Array.from(readPieces(new SourceText("t", text)), (piece) => {
    if (piece.kind === "text") return piece.text;
    const tokens = piece.tokens.map((token) => token.text).join(" ");
    return piece.kind === "expression" ? `<${tokens}>` : `[${piece.operator}|${piece.suffix}|${tokens}]`;
  });
}

const PIECES: { text: string; pieces: string[] }[] = [
  { text: "", pieces: [] },
  { text: "a { b } {", pieces: ["a { b } {"] },
  { text: "a{{ b }}c", pieces: ["a", "<b }}>", "c"] },
  { text: "{{{b}}}", pieces: ["{", "<b }}>", "}"] },
  { text: "{{{{{b}}", pieces: ["{{{", "<b }}>"] },
  { text: "{{!a}}{%!{#!", pieces: ["{{", "a}}", "{%", "{#"] },
  { text: "a{# }} {{ #}b{##}", pieces: ["a", "b"] },
  { text: "{{ {a: {b: 1}} }}", pieces: ["<{ a : { b : 1 } } }}>"] },
  { text: "{{ '}}' }}", pieces: ["<'}}' }}>"] },
  { text: "{% if '%}' %}", pieces: ["[if||'%}' %}]"] },
  { text: "{%if\na%}", pieces: ["[if||a %}]"] },
  { text: "{%\n end \n%}", pieces: ["[end||]"] },
  { text: "{% end if %}", pieces: ["[end|if|]"] },
  { text: "{% else  if  a %}", pieces: ["[elif||a %}]"] },
  { text: "{% else %}", pieces: ["[else||]"] },
  { text: '{% extends "a b.html" %}', pieces: ['[extends|"a b.html"|]'] },
  { text: "{% comment it's not { read #%}", pieces: ["[comment|it's not { read #|]"] },
  { text: "{% except %}", pieces: ["[except||%}]"] },
  { text: "{% #x %}", pieces: ["[#x||]"] },
];

for (const { text, pieces } of PIECES) {
  Deno.test(`readPieces cuts ${JSON.stringify(text)}`, () => {
    assertEquals(read(text), pieces);
  });
}

const ERRORS: { text: string; message: string }[] = [
  { text: "\n\n{{", message: "Missing end expression }} at t:3" },
  { text: "{{ a }", message: "Unexpected } at t:1" },
  { text: "a\n{%", message: "Missing end block %} at t:2" },
  { text: "{% end", message: "Missing end block %} at t:1" },
  { text: "{% if a", message: "Missing end block %} at t:1" },
  { text: "{# a", message: "Missing end comment #} at t:1" },
  { text: "{{ }}", message: "Empty expression at t:1" },
  { text: "{% %}", message: "Empty block tag ({% %}) at t:1" },
];

for (const { text, message } of ERRORS) {
  Deno.test(`readPieces refuses ${JSON.stringify(text)}`, () => {
    assertEquals(assertThrows(() => read(text), ParseError).message, message);
  });
}
