/**
 * Parses patterns: the parameters of functions, which are new names, and the targets of loops and assignments, which are
 * variables and members.
 *
 * @module
 */

import type { Expression, NameNode, Pattern, RestPattern } from "./expression_nodes.ts";
import type { ExpressionParser } from "./expression_parser.ts";

/** The parameters of a function, behind the opening parenthesis; takes the closing one too. */
export function parseParameters(parser: ExpressionParser): Pattern[] {
  const names = new Set<string>();
  const newName = (): NameNode => {
    const name = parser.variableName();
    if (names.has(name)) parser.fail(`Cannot use ${name} for two parameters`);
    names.add(name);
    return { kind: "name", name };
  };
  return new PatternParser(parser, newName, newName).list(")");
}

/** The variables of a comprehension, which are new names: one pattern, or several, which take an array apart. */
export function parseNewTargets(parser: ExpressionParser): Pattern {
  const newName = (): NameNode => ({ kind: "name", name: parser.variableName() });
  return targetList(parser, newName, newName);
}

/** What is assigned to: one target, or several with commas between them, which take an array apart. */
export function parseTargets(parser: ExpressionParser): Pattern {
  const variable = (): NameNode => ({ kind: "name", name: parser.variableName() });
  const variableOrMember = () => {
    const node = parser.operand();
    if (node.kind === "name" || (node.kind === "member" && !hasOptional(node))) return node;
    return parser.fail("Cannot assign to that");
  };
  return targetList(parser, variableOrMember, variable);
}

function targetList(parser: ExpressionParser, leaf: () => Pattern, shorthand: () => NameNode): Pattern {
  const target = () => {
    if (!parser.takes("(")) return new PatternParser(parser, leaf, shorthand).pattern();
    const inner = targetList(parser, leaf, shorthand);
    parser.expect(")");
    return inner;
  };
  const first = target();
  if (first.kind !== "rest" && !parser.sees(",")) return first;
  const elements = [first];
  while (parser.takes(",")) {
    if (elements.at(-1)!.kind === "rest") parser.fail("Cannot have anything behind the rest");
    if (parser.sees("=") || parser.sees("in") || parser.sees("of")) break;
    elements.push(target());
  }
  return { kind: "arrayPattern", elements };
}

function hasOptional(node: Expression): boolean {
  if (node.kind === "member") return node.optional || hasOptional(node.object);
  return node.kind === "call" && (node.optional || hasOptional(node.callee));
}

class PatternParser {
  readonly #parser: ExpressionParser;
  /** Reads what gets a value, and the same where it is its own key. */
  readonly #leaf: () => Pattern;
  readonly #shorthand: () => NameNode;

  constructor(parser: ExpressionParser, leaf: () => Pattern, shorthand: () => NameNode) {
    this.#parser = parser;
    this.#leaf = leaf;
    this.#shorthand = shorthand;
  }

  pattern(leaf = this.#leaf): Pattern {
    const parser = this.#parser;
    if (parser.takes("...") || parser.takes("*")) return { kind: "rest", target: this.pattern() };
    if (parser.takes("[")) return { kind: "arrayPattern", elements: this.list("]") };
    if (parser.takes("{")) return this.#object();
    return leaf();
  }

  /** Patterns up to a bracket; with defaults, and in an array with holes. */
  list(end: ")"): Pattern[];
  list(end: "]"): (Pattern | undefined)[];
  list(end: ")" | "]"): (Pattern | undefined)[] {
    const parser = this.#parser;
    const elements: (Pattern | undefined)[] = [];
    while (!parser.takes(end)) {
      if (end === "]" && parser.takes(",")) {
        elements.push(undefined);
        continue;
      }
      const element = this.#withDefault(this.pattern());
      elements.push(element);
      this.#separator(end, element.kind === "rest");
    }
    return elements;
  }

  #object(): Pattern {
    const parser = this.#parser;
    const properties: ({ key: string | Expression; value: Pattern } | RestPattern)[] = [];
    while (!parser.takes("}")) {
      const { kind, text } = parser.next;
      const isRest = parser.takes("...");
      if (isRest) {
        properties.push({ kind: "rest", target: this.#leaf() });
      } else if (kind === "name" && parser.following.text !== ":") {
        properties.push({ key: JSON.stringify(text), value: this.#withDefault(this.#shorthand()) });
      } else {
        const key = parser.propertyKey();
        parser.expect(":");
        properties.push({ key, value: this.#withDefault(this.#noRest(this.pattern())) });
      }
      this.#separator("}", isRest);
    }
    return { kind: "objectPattern", properties };
  }

  #withDefault(target: Pattern): Pattern {
    if (target.kind === "rest" || !this.#parser.takes("=")) return target;
    return { kind: "defaultPattern", target, value: this.#parser.expression() };
  }

  #noRest(target: Pattern): Pattern {
    return target.kind === "rest" ? this.#parser.fail("Cannot use the rest as a value") : target;
  }

  #separator(end: string, isRest: boolean): void {
    const parser = this.#parser;
    if (parser.sees(end)) return;
    if (isRest && parser.sees(",")) parser.fail("Cannot have anything behind the rest");
    parser.expect(",");
  }
}
