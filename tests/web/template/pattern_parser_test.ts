import { ParseError } from "@denado/denado/template";
import { assertEquals, assertThrows } from "@std/assert";
import type { Pattern } from "../../../web/template/expression_nodes.ts";
import { ExpressionParser } from "../../../web/template/expression_parser.ts";
import { readTokens } from "../../../web/template/expression_tokens.ts";
import { parseParameters, parseTargets } from "../../../web/template/pattern_parser.ts";
import { SourceText } from "../../../web/template/source_text.ts";

function parserOf(text: string): ExpressionParser {
  const source = new SourceText("t", `${text}%}`);
  return new ExpressionParser(source, readTokens(source, 0, "%}")!.tokens);
}

function show(node: Pattern | undefined): string {
  switch (node?.kind) {
    case undefined:
      return "";
    case "name":
      return node.name;
    case "member":
      return "member";
    case "arrayPattern":
      return `[${node.elements.map(show)}]`;
    case "objectPattern":
      return `{${
        node.properties.map((property) =>
          "key" in property ? `${property.key}:${show(property.value)}` : show(property)
        )
      }}`;
    case "defaultPattern":
      return `${show(node.target)}=`;
    case "rest":
      return `...${show(node.target)}`;
  }
}

const TARGETS: { text: string; pattern: string }[] = [
  { text: "a in", pattern: "a" },
  { text: "(a) in", pattern: "a" },
  { text: "a, b in", pattern: "[a,b]" },
  { text: "a, in", pattern: "[a]" },
  { text: "a, (b, c), *d of", pattern: "[a,[b,c],...d]" },
  { text: "*a =", pattern: "[...a]" },
  { text: "a.b[0], f().c =", pattern: "[member,member]" },
  { text: "[a, , b = 1, ...[c]] =", pattern: "[a,,b=,...[c]]" },
  { text: "{ a, b: c.d, 'e': { f = 2 }, 5: [g], ...h } =", pattern: '{"a":a,"b":member,\'e\':{"f":f=},5:[g],...h}' },
];

for (const { text, pattern } of TARGETS) {
  Deno.test(`parseTargets reads ${text}`, () => {
    assertEquals(show(parseTargets(parserOf(text))), pattern);
  });
}

Deno.test("parseParameters reads names, defaults and the rest", () => {
  const params = parseParameters(parserOf("a, b = 1, [c, { d, e: f = 2 }] = [], ...g)"));
  assertEquals(params.map(show).join(" "), 'a b= [c,{"d":d,"e":f=}]= ...g');
  assertEquals(parseParameters(parserOf(")")), []);
});

const BAD_TARGETS: { text: string; reason: string }[] = [
  { text: "f() in x", reason: "Cannot assign to that" },
  { text: "5 in x", reason: "Cannot assign to that" },
  { text: "a?.b in x", reason: "Cannot assign to that" },
  { text: "a?.b.c in x", reason: "Cannot assign to that" },
  { text: "*a, b in x", reason: "Cannot have anything behind the rest" },
  { text: "[...a, b] in x", reason: "Cannot have anything behind the rest" },
  { text: "{...a, b} in x", reason: "Cannot have anything behind the rest" },
  { text: "{a: ...b} in x", reason: "Cannot use the rest as a value" },
  { text: "{", reason: "Expected a key, not the end %}" },
  { text: "{a.b} in x", reason: "Expected ,, not ." },
  { text: "[a in x", reason: "Expected ,, not in" },
  { text: "(a, b in x", reason: "Expected ), not in" },
];

for (const { text, reason } of BAD_TARGETS) {
  Deno.test(`parseTargets refuses ${text}`, () => {
    assertEquals(assertThrows(() => parseTargets(parserOf(text)), ParseError).message, `${reason} at t:1`);
  });
}

const BAD_PARAMETERS: { text: string; reason: string }[] = [
  { text: "a, a)", reason: "Cannot use a for two parameters" },
  { text: "[a], { a })", reason: "Cannot use a for two parameters" },
  { text: "...a, b)", reason: "Cannot have anything behind the rest" },
  { text: "...a = 1)", reason: "Expected ,, not =" },
  { text: "a.b)", reason: "Expected ,, not ." },
  { text: ",)", reason: "Expected a name, not ," },
];

for (const { text, reason } of BAD_PARAMETERS) {
  Deno.test(`parseParameters refuses ${text}`, () => {
    assertEquals(assertThrows(() => parseParameters(parserOf(text)), ParseError).message, `${reason} at t:1`);
  });
}
