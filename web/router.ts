/**
 * Routes: from the path of a request to a handler class.
 *
 * Rules are tried in the order in which they were added, and the first one that
 * matches wins. Patterns without special characters sit in a table besides, so
 * that a thousand of them cost one look-up, and only the patterns that come
 * before the hit are tried.
 *
 * @module
 */

import { type PathParameters, PathPattern } from "./path_pattern.ts";

/** A rule with its compiled pattern. */
export interface Rule<Target> {
  /** Which paths it is for. */
  readonly pattern: PathPattern;
  /** What they lead to. */
  readonly target: Target;
}

/** What a path led to. */
export interface RouteMatch<Target> extends PathParameters {
  /** The target of the rule that matched. */
  readonly target: Target;
}

/** Rules in order. */
export class RouteTable<Target> {
  readonly #rules: Rule<Target>[] = [];
  /** The first rule of each literal path, by its index. */
  readonly #literals = new Map<string, number>();
  /** What a hit on each rule gives when it captures nothing. */
  readonly #literalMatches: RouteMatch<Target>[] = [];
  /** The indexes of the rules that are not literal. */
  readonly #patterns: number[] = [];

  /** The rules in their order. */
  get rules(): readonly Rule<Target>[] {
    return this.#rules;
  }

  /** Adds a rule at the end. @throws {SyntaxError} if the pattern does not compile */
  add(pattern: string | RegExp, target: Target): void {
    const rule = { pattern: new PathPattern(pattern), target };
    const index = this.#rules.push(rule) - 1;
    const { literal } = rule.pattern;
    if (literal === undefined) this.#patterns.push(index);
    else if (!this.#literals.has(literal)) this.#literals.set(literal, index);
    this.#literalMatches[index] = { target, pathArgs: [], pathKwargs: undefined };
  }

  /** The first rule that matches a path; `undefined` if none does. */
  match(path: string): RouteMatch<Target> | undefined {
    const literal = this.#literals.get(path);
    for (const index of this.#patterns) {
      if (literal !== undefined && index > literal) break;
      const { pattern, target } = this.#rules[index]!;
      const parameters = pattern.match(path);
      if (parameters !== undefined) return { ...parameters, target };
    }
    if (literal === undefined) return undefined;
    return this.#literalMatches[literal];
  }
}
