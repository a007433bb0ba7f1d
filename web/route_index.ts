/**
 * Which of many rules may be for a path, without trying them all.
 *
 * Rules are tried in the order in which they were added. For most of them the
 * text of the pattern says which paths cannot match: a literal pattern is for one
 * path, and one such as `/users/(\d+)` for those that begin with `/users/`. The
 * index leaves those out, and keeps the order of the rest.
 *
 * @module
 */

import type { PathPattern } from "./path_pattern.ts";

const NO_RULES: readonly number[] = [];

/** The positions of rules by the paths that they may be for. */
export class RouteIndex {
  /** Rules for any path. */
  readonly #always: number[] = [];
  readonly #literals = new Map<string, number[]>();
  readonly #prefixes = new Map<string, number[]>();
  /** The lengths of the prefixes: no other beginning of a path needs to be looked up. */
  readonly #prefixLengths = new Set<number>();
  /** What was put together for literal paths, of which there are only so many. */
  readonly #merged = new Map<string, readonly number[]>();

  /** Adds a rule; `pattern` is what it asks of the path, `undefined` if it must be tried for each. */
  add(position: number, pattern: PathPattern | undefined): void {
    this.#merged.clear();
    if (pattern?.literal !== undefined) addTo(this.#literals, pattern.literal, position);
    else if (pattern !== undefined && pattern.prefix.length > 1) {
      addTo(this.#prefixes, pattern.prefix, position);
      this.#prefixLengths.add(pattern.prefix.length);
    } else this.#always.push(position);
  }

  /** The positions of the rules that may be for a path, ascending; to be read only. */
  candidates(path: string): readonly number[] {
    const literal = this.#literals.get(path);
    if (literal === undefined) return this.#merge(path, undefined);
    let merged = this.#merged.get(path);
    if (merged === undefined) {
      merged = this.#merge(path, literal);
      this.#merged.set(path, merged);
    }
    return merged;
  }

  #merge(path: string, literal: readonly number[] | undefined): readonly number[] {
    let found = literal ?? NO_RULES;
    if (this.#prefixes.size > 0) {
      for (let slash = path.indexOf("/", 1); slash >= 0; slash = path.indexOf("/", slash + 1)) {
        if (!this.#prefixLengths.has(slash + 1)) continue;
        const more = this.#prefixes.get(path.slice(0, slash + 1));
        if (more !== undefined) found = joined(found, more);
      }
    }
    return joined(found, this.#always);
  }
}

function addTo(map: Map<string, number[]>, key: string, position: number): void {
  const positions = map.get(key);
  if (positions === undefined) map.set(key, [position]);
  else positions.push(position);
}

function joined(a: readonly number[], b: readonly number[]): readonly number[] {
  if (a.length === 0) return b;
  if (b.length === 0) return a;
  return [...a, ...b].sort((left, right) => left - right);
}
