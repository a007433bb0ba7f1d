/**
 * Route patterns: which paths they match, and what of the path they hand on.
 *
 * A pattern is a regular expression as Tornado's users write it, anchored as a
 * whole, or a `RegExp`. Python's named groups `(?P<name>…)` are understood. The
 * path is matched as it was sent; what the groups captured is percent-decoded
 * afterwards, so an encoded slash never looks like one to the pattern.
 *
 * @module
 */

import { decodeByteString, HTTPInputError } from "../http/mod.ts";

/** What a pattern captured: all groups by position, or all of them by name. */
export interface PathParameters {
  /** Values of unnamed groups, in order; `undefined` for one that took no part. */
  readonly pathArgs: readonly (string | undefined)[];
  /** Values of named groups; `undefined` if there are none. */
  readonly pathKwargs: Readonly<Record<string, string | undefined>> | undefined;
}

const NO_PARAMETERS: PathParameters = { pathArgs: [], pathKwargs: undefined };

/** A compiled route pattern. */
export class PathPattern {
  /** The pattern as it was written. */
  readonly source: string;
  /** The one path that the pattern matches, when it has no special characters. */
  readonly literal: string | undefined;
  readonly #regex: RegExp;
  readonly #hasGroups: boolean;
  readonly #hasNames: boolean;

  /**
   * Compiles a pattern.
   *
   * @throws {SyntaxError} if it is not a regular expression
   * @throws {TypeError} if it is neither text nor a `RegExp`
   */
  constructor(pattern: string | RegExp) {
    if (typeof pattern !== "string" && !(pattern instanceof RegExp)) {
      throw new TypeError(`Cannot route ${Deno.inspect(pattern)}: a pattern is text or a RegExp`);
    }
    this.source = typeof pattern === "string" ? pattern : pattern.source;
    const body = withoutAnchors(this.source.replaceAll("(?P<", "(?<"));
    const flags = typeof pattern === "string" ? "" : pattern.flags.replace(/[gy]/g, "");
    this.#regex = compile(`^(?:${body})$`, flags, this.source);
    this.literal = flags === "" && !/[\\^$.*+?()[\]{}|]/.test(body) ? body : undefined;
    const groups = compile(`${this.#regex.source}|`, flags, this.source).exec("")!;
    this.#hasGroups = groups.length > 1;
    this.#hasNames = groups.groups !== undefined;
  }

  /**
   * What the pattern captures of a path; `undefined` if it does not match.
   *
   * @throws {HTTPInputError} if a captured value is not UTF-8 when it is percent-decoded
   */
  match(path: string): PathParameters | undefined {
    if (this.literal !== undefined) return path === this.literal ? NO_PARAMETERS : undefined;
    const match = this.#regex.exec(path);
    if (match === null) return undefined;
    if (!this.#hasGroups) return NO_PARAMETERS;
    if (!this.#hasNames) return { pathArgs: match.slice(1).map(decodePathArgument), pathKwargs: undefined };
    const kwargs: Record<string, string | undefined> = {};
    for (const [name, value] of Object.entries(match.groups!)) kwargs[name] = decodePathArgument(value);
    return { pathArgs: [], pathKwargs: kwargs };
  }
}

/** The anchors are implied; written ones are dropped, where they belong to the whole pattern. */
function withoutAnchors(source: string): string {
  const start = source.startsWith("^") ? 1 : 0;
  const hasEnd = source.endsWith("$") && !/(^|[^\\])(\\\\)*\\\$$/.test(source);
  return source.slice(start, hasEnd ? -1 : undefined);
}

function compile(source: string, flags: string, written: string): RegExp {
  try {
    return new RegExp(source, flags);
  } catch (error) {
    throw new SyntaxError(`Cannot compile route pattern ${JSON.stringify(written)}: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

function decodePathArgument(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  const bytes = value.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  const text = decodeByteString(bytes);
  if (text === undefined) throw new HTTPInputError(`Path is not UTF-8: ${JSON.stringify(value)}`);
  return text;
}
