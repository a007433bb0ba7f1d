/**
 * Parses the expressions of templates: JavaScript's, with Python's words where they have a clear reading.
 *
 * By recursive descent, with the precedence of JavaScript; `not` binds as in Python, looser than comparisons. What has
 * statements inside (functions, classes) or changes variables is refused: `{% set %}` is there for that. Since
 * {@linkcode ExpressionWriter} writes nothing but what was understood here, an expression cannot leave its place in the
 * compiled function.
 *
 * @module
 */

import type {
  ArrowNode,
  CallNode,
  ComprehensionClause,
  Expression,
  ObjectNode,
  Pattern,
  PropertyNode,
  SpreadNode,
} from "./expression_nodes.ts";
import type { Token } from "./expression_tokens.ts";
import { parseNewTargets, parseParameters } from "./pattern_parser.ts";
import type { SourceText } from "./source_text.ts";

/** Reads one expression after the other from the tokens of a tag. */
export class ExpressionParser {
  readonly #source: SourceText;
  readonly #tokens: readonly Token[];
  #at = 0;

  /** A parser of tokens that have an `end`. */
  constructor(source: SourceText, tokens: readonly Token[]) {
    this.#source = source;
    this.#tokens = tokens;
  }

  /** The token that comes next. */
  get next(): Token {
    return this.#tokens[this.#at]!;
  }

  /** The token behind it. */
  get following(): Token {
    return this.#tokens[this.#at + 1] ?? this.next;
  }

  /** Whether the next token is this word or punctuator. */
  sees(text: string): boolean {
    const { kind } = this.next;
    return this.next.text === text && (kind === "punctuator" || kind === "name" || kind === "end");
  }

  /** Takes the next token if it is this word or punctuator. */
  takes(text: string): boolean {
    if (!this.sees(text)) return false;
    this.#at++;
    return true;
  }

  /** Takes the next token, which has to be this word or punctuator. */
  expect(text: string): void {
    if (!this.takes(text)) this.fail(`Expected ${text}, not ${this.#describeNext()}`);
  }

  /** Checks that nothing is left. */
  expectEnd(): void {
    if (this.next.kind !== "end") this.fail(`Unexpected ${this.next.text}`);
  }

  /** Throws an error at the next token. */
  fail(reason: string): never {
    throw this.#source.error(reason, this.next.offset);
  }

  /** Whether one of these punctuators follows outside of all brackets. */
  seesAhead(punctuators: ReadonlySet<string>): boolean {
    let depth = 0;
    for (let at = this.#at; at < this.#tokens.length; at++) {
      const { kind, text } = this.#tokens[at]!;
      if (kind !== "punctuator") continue;
      if (text === "(" || text === "[" || text === "{") depth++;
      else if (text === ")" || text === "]" || text === "}") depth--;
      else if (depth === 0 && punctuators.has(text)) return true;
      else if (depth === 0 && text === "=>") return false;
    }
    return false;
  }

  /** An expression. */
  expression(): Expression {
    const arrow = this.#arrow();
    if (arrow !== undefined) return arrow;
    const left = this.#binary(1);
    if (this.takes("?")) {
      const then = this.expression();
      this.expect(":");
      return { kind: "conditional", python: false, test: left, then, otherwise: this.expression() };
    }
    if (this.takes("if")) {
      const test = this.#binary(1);
      this.expect("else");
      return { kind: "conditional", python: true, test, then: left, otherwise: this.expression() };
    }
    return left;
  }

  /** One expression, or several with commas between them, which are an array. */
  expressionList(): Expression {
    const first = this.#listElement();
    if (first.kind !== "spread" && !this.sees(",")) return first;
    const elements = [first];
    while (this.takes(",") && this.next.kind !== "end") elements.push(this.#listElement());
    return { kind: "array", elements };
  }

  /** A word that may be the name of a variable. */
  variableName(): string {
    const { kind, text } = this.next;
    if (kind !== "name") this.fail(`Expected a name, not ${this.#describeNext()}`);
    if (RESERVED_WORDS.has(text) || LITERAL_WORDS.has(text)) this.fail(`Unexpected word ${text}`);
    if (text.startsWith("_tt_")) this.fail(`Cannot use ${text}: names that begin with _tt_ are reserved`);
    this.#at++;
    return text;
  }

  #describeNext(): string {
    return this.next.kind === "end" ? `the end ${this.next.text}` : this.next.text;
  }

  #listElement(): Expression | SpreadNode {
    if (this.takes("...") || this.takes("*")) return { kind: "spread", argument: this.expression() };
    return this.expression();
  }

  /** The comprehension up to a bracket, if its `for` follows the only element there is. */
  #comprehensionOf(elements: readonly (Expression | SpreadNode)[], end: string): Expression | undefined {
    const [element] = elements;
    if (elements.length !== 1 || element!.kind === "spread" || !this.sees("for")) return undefined;
    const comprehension = this.#comprehension(element!);
    this.expect(end);
    return comprehension;
  }

  #comprehension(element: Expression): Expression {
    const clauses: ComprehensionClause[] = [];
    while (this.takes("for")) {
      const target = parseNewTargets(this);
      this.expect("in");
      const iterable = this.#binary(1);
      const conditions: Expression[] = [];
      while (this.takes("if")) conditions.push(this.#binary(1));
      clauses.push({ target, iterable, conditions });
    }
    return { kind: "comprehension", element, clauses };
  }

  // --- operators ---

  #binary(minimum: number): Expression {
    let left = this.#unary();
    while (true) {
      const operator = this.#operator();
      const precedence = PRECEDENCE.get(operator) ?? 0;
      if (precedence < minimum || precedence === 0) return left;
      if (operator === "**" && left.kind === "unary") this.fail("Cannot use ** behind a sign: use parentheses");
      this.#at += operator === "is not" || operator === "not in" ? 2 : 1;
      const right = this.#binary(operator === "**" ? precedence : precedence + 1);
      if (COMPARISONS.has(operator) && (isComparison(left) || isComparison(right))) {
        this.fail("Cannot chain comparisons: write a < b and b < c");
      }
      left = { kind: "binary", operator, left, right };
    }
  }

  #operator(): string {
    const { kind, text } = this.next;
    if (kind === "punctuator") return text;
    if (kind !== "name") return "";
    const following = this.#tokens[this.#at + 1]?.text;
    if (text === "is" && following === "not") return "is not";
    if (text === "not") return following === "in" ? "not in" : "";
    return text;
  }

  #unary(): Expression {
    const { kind, text } = this.next;
    if (kind === "name" && text === "not") {
      this.#at++;
      return { kind: "unary", operator: "not", operand: this.#binary(NOT_PRECEDENCE) };
    }
    if (kind === "name" && text === "await") {
      this.#at++;
      return { kind: "await", operand: this.#unary() };
    }
    if (kind === "name" ? text === "typeof" || text === "void" : kind === "punctuator" && /^[!~+-]$/.test(text)) {
      this.#at++;
      return { kind: "unary", operator: text, operand: this.#unary() };
    }
    return this.operand();
  }

  /** A value with the members and calls behind it. */
  operand(): Expression {
    return this.#postfix(this.sees("new") ? this.#new() : this.#primary());
  }

  #new(): Expression {
    this.expect("new");
    let callee = this.sees("new") ? this.#new() : this.#primary();
    while (this.sees(".") || this.sees("[")) callee = this.#member(callee, false);
    return { kind: "new", callee, args: this.takes("(") ? this.#arguments() : [] };
  }

  #postfix(start: Expression): Expression {
    let node = start;
    while (true) {
      const { kind, parts } = this.next;
      if (kind === "template") {
        if (isOptionalChain(node)) this.fail("Cannot tag a template literal by an optional chain");
        this.#at++;
        node = { kind: "template", tag: node, ...this.#templateParts(parts!) };
      } else if (this.takes("(")) {
        node = { kind: "call", callee: node, args: this.#arguments(), optional: false };
      } else if (this.takes("?.")) {
        if (this.takes("(")) node = { kind: "call", callee: node, args: this.#arguments(), optional: true };
        else node = this.#member(node, true);
      } else if (this.sees(".") || this.sees("[")) {
        node = this.#member(node, false);
      } else {
        return node;
      }
    }
  }

  #member(object: Expression, optional: boolean): Expression {
    if (this.takes("[")) {
      const property = this.expression();
      this.expect("]");
      return { kind: "member", object, property, optional };
    }
    if (!optional) this.expect(".");
    const { kind, text } = this.next;
    if (kind !== "name") this.fail(`Expected a property, not ${this.#describeNext()}`);
    this.#at++;
    return { kind: "member", object, property: text, optional };
  }

  /** Positional arguments, and Python's named ones, which become one object at the end. */
  #arguments(): CallNode["args"] {
    const args: (Expression | SpreadNode)[] = [];
    const named: PropertyNode[] = [];
    while (!this.takes(")")) {
      const { kind, text } = this.next;
      if (this.takes("**")) {
        named.push({ kind: "spread", argument: this.expression() });
      } else if (kind === "name" && this.#tokens[this.#at + 1]!.text === "=") {
        this.#at += 2;
        named.push({ key: JSON.stringify(text), value: this.expression() });
      } else {
        if (named.length > 0) this.fail("Cannot have an argument without a name behind one that has a name");
        args.push(this.#listElement());
        const comprehension = this.#comprehensionOf(args, ")");
        if (comprehension !== undefined) return [comprehension];
      }
      if (!this.sees(")")) this.expect(",");
    }
    if (named.length > 0) args.push({ kind: "object", properties: named });
    return args;
  }

  // --- operands ---

  #primary(): Expression {
    const { kind, text, parts } = this.next;
    switch (kind) {
      case "number":
      case "string":
      case "regex":
        this.#at++;
        return { kind: "literal", code: text };
      case "template":
        this.#at++;
        return { kind: "template", tag: undefined, ...this.#templateParts(parts!) };
      case "name": {
        const literal = LITERAL_WORDS.get(text);
        if (literal === undefined) return { kind: "name", name: this.variableName() };
        this.#at++;
        return { kind: "literal", code: literal };
      }
    }
    if (this.takes("(")) return this.#parenthesized();
    if (this.takes("[")) return this.#array();
    if (this.takes("{")) return this.#object();
    if (this.next.kind === "end") this.fail(`Expected an expression, not ${this.#describeNext()}`);
    this.fail(`Unexpected ${this.next.text}`);
  }

  #templateParts(parts: NonNullable<Token["parts"]>): { texts: readonly string[]; expressions: Expression[] } {
    const expressions = parts.expressions.map((tokens) => {
      const parser = new ExpressionParser(this.#source, tokens);
      const expression = parser.expression();
      parser.expectEnd();
      return expression;
    });
    return { texts: parts.texts, expressions };
  }

  /** `(a)`, or Python's `(a, b)`, which is an array: JavaScript's comma operator has no use here. */
  #parenthesized(): Expression {
    const elements = [];
    let comma = false;
    while (!this.takes(")")) {
      elements.push(this.#listElement());
      const comprehension = comma ? undefined : this.#comprehensionOf(elements, ")");
      if (comprehension !== undefined) return comprehension;
      if (this.takes(",")) comma = true;
      else if (!this.sees(")")) this.expect(")");
    }
    const [first] = elements;
    if (first === undefined || comma || first.kind === "spread") return { kind: "array", elements };
    return { kind: "group", expression: first };
  }

  #array(): Expression {
    const elements: (Expression | SpreadNode)[] = [];
    while (!this.takes("]")) {
      elements.push(this.#listElement());
      const comprehension = this.#comprehensionOf(elements, "]");
      if (comprehension !== undefined) return comprehension;
      if (!this.sees("]")) this.expect(",");
    }
    return { kind: "array", elements };
  }

  #object(): ObjectNode {
    const properties: PropertyNode[] = [];
    while (!this.takes("}")) {
      const { kind } = this.next;
      if (this.takes("...") || this.takes("**")) {
        properties.push({ kind: "spread", argument: this.expression() });
      } else if (kind === "name" && /^[,}]$/.test(this.#tokens[this.#at + 1]!.text)) {
        const name = this.variableName();
        properties.push({ key: JSON.stringify(name), value: { kind: "name", name } });
      } else {
        const key = this.propertyKey();
        this.expect(":");
        properties.push({ key, value: this.expression() });
      }
      if (!this.sees("}")) this.expect(",");
    }
    return { kind: "object", properties };
  }

  /** A key as code, or the expression in its brackets. */
  propertyKey(): string | Expression {
    const { kind, text } = this.next;
    if (this.takes("[")) {
      const key = this.expression();
      this.expect("]");
      return key;
    }
    if (kind !== "name" && kind !== "string" && kind !== "number") {
      this.fail(`Expected a key, not ${this.#describeNext()}`);
    }
    this.#at++;
    return kind === "name" ? JSON.stringify(text) : text;
  }

  // --- functions ---

  #arrow(): ArrowNode | undefined {
    const start = this.#at;
    const follows = (offset: number) => this.#tokens[start + offset]?.text;
    const isAsync = this.sees("async") && (follows(1) === "(" || follows(2) === "=>");
    const open = isAsync ? 1 : 0;
    const { kind, text } = this.#tokens[start + open]!;
    if (kind === "name" ? follows(open + 1) !== "=>" : text !== "(" || !this.#closesBeforeArrow(start + open)) {
      return undefined;
    }
    this.#at += open;
    const params: Pattern[] = this.takes("(") ? parseParameters(this) : [{ kind: "name", name: this.variableName() }];
    this.expect("=>");
    if (this.sees("{")) this.fail("Cannot use a function with statements: write an expression behind =>");
    return { kind: "arrow", async: isAsync, params, body: this.expression() };
  }

  #closesBeforeArrow(open: number): boolean {
    let depth = 0;
    for (let at = open; at < this.#tokens.length; at++) {
      const { kind, text } = this.#tokens[at]!;
      if (kind !== "punctuator") continue;
      if (text === "(" || text === "[" || text === "{") depth++;
      else if ((text === ")" || text === "]" || text === "}") && --depth === 0) {
        return this.#tokens[at + 1]?.text === "=>";
      }
    }
    return false;
  }
}

/** The binding powers of JavaScript; `is` is an equality, `in` a relation. */
const PRECEDENCE: ReadonlyMap<string, number> = new Map([
  ["or", 1],
  ["||", 1],
  ["??", 1],
  ["and", 2],
  ["&&", 2],
  ["|", 3],
  ["^", 4],
  ["&", 5],
  ...["==", "!=", "===", "!==", "is", "is not"].map((operator) => [operator, 6] as const),
  ...["<", ">", "<=", ">=", "in", "not in", "instanceof"].map((operator) => [operator, 7] as const),
  ["<<", 8],
  [">>", 8],
  [">>>", 8],
  ["+", 9],
  ["-", 9],
  ["*", 10],
  ["/", 10],
  ["%", 10],
  ["**", 11],
]);
const NOT_PRECEDENCE = 3;
const COMPARISONS: ReadonlySet<string> = new Set(
  [...PRECEDENCE].filter(([, precedence]) => precedence === 6 || precedence === 7).map(([operator]) => operator),
);

function isComparison(node: Expression): boolean {
  return node.kind === "binary" && COMPARISONS.has(node.operator);
}

function isOptionalChain(node: Expression): boolean {
  if (node.kind === "member") return node.optional || isOptionalChain(node.object);
  return node.kind === "call" && (node.optional || isOptionalChain(node.callee));
}

/** Words that are values, and their code. */
const LITERAL_WORDS: ReadonlyMap<string, string> = new Map([
  ["True", "true"],
  ["False", "false"],
  ["None", "null"],
  ["true", "true"],
  ["false", "false"],
  ["null", "null"],
  ["undefined", "undefined"],
  ["NaN", "NaN"],
  ["Infinity", "Infinity"],
]);

/** Words of JavaScript's strict mode and of Python's operators, which name no variable. */
const RESERVED_WORDS: ReadonlySet<string> = new Set(
  ("and arguments await break case catch class const continue debugger default delete do elif else enum eval except " +
    "export extends finally for function if implements import in instanceof interface is let new not or package pass " +
    "private protected public return static super switch this throw try typeof var void while with yield").split(" "),
);
