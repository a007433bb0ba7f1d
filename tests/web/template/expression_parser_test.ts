import { ParseError, Template } from "@denado/denado/template";
import { assertEquals, assertThrows } from "@std/assert";
import type { Expression } from "../../../web/template/expression_nodes.ts";
import { ExpressionParser } from "../../../web/template/expression_parser.ts";
import { readTokens } from "../../../web/template/expression_tokens.ts";
import { SourceText } from "../../../web/template/source_text.ts";

function parserOf(text: string): ExpressionParser {
  const source = new SourceText("t", `${text}}}`);
  return new ExpressionParser(source, readTokens(source, 0, "}}")!.tokens);
}

function parse(text: string): Expression {
  const parser = parserOf(text);
  const expression = parser.expression();
  parser.expectEnd();
  return expression;
}

/** Operations in prefix form. */
function show(node: Expression): string {
  switch (node.kind) {
    case "literal":
      return node.code;
    case "name":
      return node.name;
    case "unary":
      return `(${node.operator} ${show(node.operand)})`;
    case "binary":
      return `(${node.operator} ${show(node.left)} ${show(node.right)})`;
    case "conditional":
      return `(${node.python ? "if" : "?"} ${show(node.test)} ${show(node.then)} ${show(node.otherwise)})`;
    case "group":
      return `[${show(node.expression)}]`;
    default:
      return node.kind;
  }
}

const TREES: { text: string; tree: string }[] = [
  { text: "a + b * c - d", tree: "(- (+ a (* b c)) d)" },
  { text: "a ** b ** c", tree: "(** a (** b c))" },
  { text: "a or b and not c == d", tree: "(or a (and b (not (== c d))))" },
  { text: "not a and b", tree: "(and (not a) b)" },
  { text: "not a in b", tree: "(not (in a b))" },
  { text: "a not in b", tree: "(not in a b)" },
  { text: "a is not None", tree: "(is not a null)" },
  { text: "a is (not b)", tree: "(is a [(not b)])" },
  { text: "!a == b", tree: "(== (! a) b)" },
  { text: "a || b && c ?? d", tree: "(?? (|| a (&& b c)) d)" },
  { text: "a | b ^ c & d == e", tree: "(| a (^ b (& c (== d e))))" },
  { text: "a << b + c", tree: "(<< a (+ b c))" },
  { text: "(-a) ** b", tree: "(** [(- a)] b)" },
  { text: "2 ** -1", tree: "(** 2 (- 1))" },
  { text: "a ? b : c ? d : e", tree: "(? a b (? c d e))" },
  { text: "a if b else c if d else e", tree: "(if b a (if d c e))" },
  { text: "a or b if c or d else e", tree: "(if (or c d) (or a b) e)" },
  { text: "typeof a === b", tree: "(=== (typeof a) b)" },
  { text: "(a < b) < c", tree: "(< [(< a b)] c)" },
  { text: "True == False", tree: "(== true false)" },
];

for (const { text, tree } of TREES) {
  Deno.test(`ExpressionParser binds ${text}`, () => {
    assertEquals(show(parse(text)), tree);
  });
}

const ERRORS: { text: string; reason: string }[] = [
  { text: "a b", reason: "Unexpected b" },
  { text: "a +", reason: "Expected an expression, not the end }}" },
  { text: "(a", reason: "Expected ), not the end }}" },
  { text: "[a", reason: "Expected ,, not the end }}" },
  { text: "[1:2]", reason: "Expected ,, not :" },
  { text: "a[1:2]", reason: "Expected ], not :" },
  { text: "{a b}", reason: "Expected :, not b" },
  { text: "{a() {}}", reason: "Expected :, not (" },
  { text: "f(a", reason: "Expected ,, not the end }}" },
  { text: "f(a=1, b)", reason: "Cannot have an argument without a name behind one that has a name" },
  { text: "a ? b", reason: "Expected :, not the end }}" },
  { text: "a if b", reason: "Expected else, not the end }}" },
  { text: "a.", reason: "Expected a property, not the end }}" },
  { text: "a.'b'", reason: "Expected a property, not 'b'" },
  { text: "a = 1", reason: "Unexpected =" },
  { text: "a++", reason: "Unexpected ++" },
  { text: "delete a.b", reason: "Unexpected word delete" },
  { text: "a < b < c", reason: "Cannot chain comparisons: write a < b and b < c" },
  { text: "a == b == c", reason: "Cannot chain comparisons: write a < b and b < c" },
  { text: "a == b < c", reason: "Cannot chain comparisons: write a < b and b < c" },
  { text: "-a ** 2", reason: "Cannot use ** behind a sign: use parentheses" },
  { text: "x => { return 1 }", reason: "Cannot use a function with statements: write an expression behind =>" },
  { text: "function () {}", reason: "Unexpected word function" },
  { text: "class {}", reason: "Unexpected word class" },
  { text: "this.x", reason: "Unexpected word this" },
  { text: "arguments", reason: "Unexpected word arguments" },
  { text: "import('x')", reason: "Unexpected word import" },
  { text: "new.target", reason: "Unexpected ." },
  { text: "lambda x: x", reason: "Unexpected x" },
  { text: "[a, x for x in xs]", reason: "Expected ,, not for" },
  { text: "[x for x in xs, a]", reason: "Expected ], not ," },
  { text: "f(x for x in xs, a)", reason: "Expected ), not ," },
  { text: "(x for x in xs, a)", reason: "Expected ), not ," },
  { text: "f(a=1, x for x in xs)", reason: "Cannot have an argument without a name behind one that has a name" },
  { text: "[x for a.b in xs]", reason: "Expected in, not ." },
  { text: "[x for x of xs]", reason: "Expected in, not of" },
  { text: "{k: v for k in xs}", reason: "Expected ,, not for" },
  { text: "x for x in xs", reason: "Unexpected for" },
  { text: "f'x'", reason: "Unexpected 'x'" },
  { text: "_tt_o", reason: "Cannot use _tt_o: names that begin with _tt_ are reserved" },
  { text: "_tt_x => 1", reason: "Cannot use _tt_x: names that begin with _tt_ are reserved" },
  { text: "{_tt_x}", reason: "Cannot use _tt_x: names that begin with _tt_ are reserved" },
  { text: "(1) => 1", reason: "Expected a name, not 1" },
  { text: "(a.b) => 1", reason: "Expected ,, not ." },
  { text: "a?.b.c`x`", reason: "Cannot tag a template literal by an optional chain" },
  { text: "`${a b}`", reason: "Unexpected b" },
  { text: "),globalThis.x=1,(", reason: "Unexpected )" },
  { text: "a; b", reason: 'Unexpected character ";"' },
];

for (const { text, reason } of ERRORS) {
  Deno.test(`ExpressionParser refuses ${text}`, () => {
    assertEquals(assertThrows(() => parse(text), ParseError).message, `${reason} at t:1`);
  });
}

Deno.test("ExpressionParser names the line inside of a long tag", () => {
  assertThrows(() => new Template("{{\n a,\n\n b }}", { name: "t" }), ParseError, "Unexpected , at t:2");
});

Deno.test("ExpressionParser reads lists of values", () => {
  assertEquals(["a, b", "a,", "*a", "a"].map((text) => parserOf(text).expressionList().kind), [
    "array",
    "array",
    "array",
    "name",
  ]);
});
