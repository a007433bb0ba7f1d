/**
 * The plural rule of a gettext catalog: `nplurals=3; plural=(n%10==1 ? 0 : n%10>=2 ? 1 : 2);`.
 *
 * The rule is an expression of C that comes with the translations. It is parsed to a tree of closures and never becomes
 * code. Only whole numbers, `n`, and the operators of C's integer arithmetic are known.
 *
 * Source: the GNU gettext manual, 11.2.6.
 *
 * @module
 */

/** Tells for a number of things which of the plural forms to use, from 0. */
export type PluralRule = (n: number) => number;

/** The rule of catalogs without one: singular for 1, plural for all else. */
export const GERMANIC: PluralRule = (n) => n === 1 ? 0 : 1;

/** Ways to nest parentheses and conditions; rules in use have about 10. */
const MAX_DEPTH = 100;

/**
 * Parses the value of a `Plural-Forms` field.
 *
 * @throws {SyntaxError} if it has no rule, or the rule is no such expression
 */
export function parsePluralForms(field: string): PluralRule {
  const expression = /(?:^|;)\s*plural\s*=\s*([^;]*)/.exec(field)?.[1];
  if (expression === undefined) throw new SyntaxError(`Cannot parse plural forms: no rule in ${JSON.stringify(field)}`);
  return new RuleParser(expression).rule();
}

/** The binary operators of C that are known, from the loosest to the tightest. */
const LEVELS: readonly Readonly<Record<string, (a: number, b: number) => number>>[] = [
  { "||": (a, b) => Number(a !== 0 || b !== 0) },
  { "&&": (a, b) => Number(a !== 0 && b !== 0) },
  { "==": (a, b) => Number(a === b), "!=": (a, b) => Number(a !== b) },
  {
    "<": (a, b) => Number(a < b),
    ">": (a, b) => Number(a > b),
    "<=": (a, b) => Number(a <= b),
    ">=": (a, b) => Number(a >= b),
  },
  { "+": (a, b) => a + b, "-": (a, b) => a - b },
  { "*": (a, b) => a * b, "/": (a, b) => Math.trunc(a / b), "%": (a, b) => a % b },
];

class RuleParser {
  readonly #source: string;
  readonly #tokens: readonly string[];
  #at = 0;
  #depth = 0;

  constructor(source: string) {
    this.#source = source;
    this.#tokens = source.match(/\d+|\|\||&&|[=!<>]=|\S/g) ?? [];
  }

  rule(): PluralRule {
    const rule = this.#conditional();
    if (this.#at < this.#tokens.length) this.#fail();
    return rule;
  }

  #conditional(): PluralRule {
    if (++this.#depth > MAX_DEPTH) throw new SyntaxError("Cannot parse plural rule: too deep");
    const test = this.#binary(0);
    let result = test;
    if (this.#takes("?")) {
      const then = this.#conditional();
      if (!this.#takes(":")) this.#fail();
      const otherwise = this.#conditional();
      result = (n) => test(n) !== 0 ? then(n) : otherwise(n);
    }
    this.#depth--;
    return result;
  }

  #binary(level: number): PluralRule {
    const operators = LEVELS[level];
    if (operators === undefined) return this.#unary();
    let left = this.#binary(level + 1);
    while (true) {
      const token = this.#tokens[this.#at];
      if (token === undefined || !Object.hasOwn(operators, token)) return left;
      const compute = operators[token]!;
      this.#at++;
      const [a, b] = [left, this.#binary(level + 1)];
      left = (n) => compute(a(n), b(n));
    }
  }

  #unary(): PluralRule {
    let negations = 0;
    while (this.#takes("!")) negations++;
    const operand = this.#operand();
    if (negations === 0) return operand;
    return negations % 2 === 1 ? (n) => Number(operand(n) === 0) : (n) => Number(operand(n) !== 0);
  }

  #operand(): PluralRule {
    if (this.#takes("(")) {
      const inner = this.#conditional();
      if (!this.#takes(")")) this.#fail();
      return inner;
    }
    if (this.#takes("n")) return (n) => n;
    const token = this.#tokens[this.#at];
    if (token === undefined || !/^\d+$/.test(token)) this.#fail();
    this.#at++;
    const value = Number(token);
    return () => value;
  }

  #takes(token: string): boolean {
    if (this.#tokens[this.#at] !== token) return false;
    this.#at++;
    return true;
  }

  #fail(): never {
    const token = this.#tokens[this.#at] ?? "the end";
    throw new SyntaxError(`Cannot parse plural rule ${JSON.stringify(this.#source)}: unexpected ${token}`);
  }
}
