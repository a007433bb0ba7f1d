/**
 * Route patterns: which paths they match, what of the path they hand on, and the
 * way back from there to a path.
 *
 * A pattern is a regular expression as Tornado's users write it, anchored as a
 * whole, or a `RegExp`. Python's named groups `(?P<name>…)` are understood. The
 * path is matched as it was sent; what the groups captured is percent-decoded
 * afterwards, so an encoded slash never looks like one to the pattern.
 *
 * Tornado: `tornado.routing.PathMatches`.
 *
 * @module
 */

import { reUnescape } from "../ioloop/mod.ts";
import { decodeByteString, HTTPInputError } from "../http/mod.ts";
import { quoteForLog } from "./log_text.ts";

/** What a pattern captured: all groups by position, or all of them by name. */
export interface PathParameters {
  /** Values of unnamed groups, in order; `undefined` for one that took no part. */
  readonly pathArgs: readonly (string | undefined)[];
  /** Values of named groups; `undefined` if there are none. */
  readonly pathKwargs: Readonly<Record<string, string | undefined>> | undefined;
}

/** What a pattern without groups captures. */
export const NO_PARAMETERS: PathParameters = { pathArgs: [], pathKwargs: undefined };

/** A character that means something in a regular expression. */
const SPECIAL = /[\\^$.*+?()[\]{}|]/;

/** A compiled route pattern. */
export class PathPattern {
  /** The pattern as it was written. */
  readonly source: string;
  /** The one path that the pattern matches, when it has no special characters. */
  readonly literal: string | undefined;
  /** Text that every matching path begins with, up to its last slash; empty if that is not known. */
  readonly prefix: string;
  readonly #regex: RegExp;
  /** The pattern in another form, where it is text and then one simple group. */
  readonly #tail: TailPattern | undefined;
  readonly #hasGroups: boolean;
  readonly #names: readonly string[];
  /** The text between the groups, one piece more than there are groups; `undefined` if there is no way back. */
  readonly #pieces: readonly string[] | undefined;

  /**
   * Compiles a pattern.
   *
   * @throws {SyntaxError} if it is not a regular expression, or has groups with and without names
   * @throws {TypeError} if it is neither text nor a `RegExp`
   */
  constructor(pattern: string | RegExp) {
    if (typeof pattern !== "string" && !(pattern instanceof RegExp)) {
      throw new TypeError(`Cannot route ${Deno.inspect(pattern)}: a pattern is text, a RegExp or a URLPattern`);
    }
    this.source = typeof pattern === "string" ? pattern : pattern.source;
    const body = withoutAnchors(this.source.replaceAll("(?P<", "(?<"));
    const flags = typeof pattern === "string" ? "" : pattern.flags.replace(/[gy]/g, "");
    this.#regex = compile(`^(?:${body})$`, flags, this.source);
    this.literal = literalOf(body, flags);
    this.prefix = flags === "" ? prefixOf(body) : "";
    this.#tail = flags === "" ? tailPatternOf(body) : undefined;
    const groups = compile(`${this.#regex.source}|`, flags, this.source).exec("")!;
    this.#hasGroups = groups.length > 1;
    this.#names = Object.keys(groups.groups ?? {});
    if (this.#names.length > 0 && this.#names.length !== groups.length - 1) {
      throw new SyntaxError(
        `Cannot compile route pattern ${JSON.stringify(this.source)}: either all of its groups have names, or none has`,
      );
    }
    this.#pieces = piecesOf(body, groups.length - 1);
  }

  /**
   * What the pattern captures of a path; `undefined` if it does not match.
   *
   * @throws {HTTPInputError} if a captured value is not UTF-8 when it is percent-decoded
   */
  match(path: string): PathParameters | undefined {
    if (this.literal !== undefined) return path === this.literal ? NO_PARAMETERS : undefined;
    const tail = this.#tail;
    if (tail !== undefined) {
      if (!path.startsWith(tail.text)) return undefined;
      const value = path.slice(tail.text.length);
      if (!tail.matches(value)) return undefined;
      if (tail.name === undefined) return { pathArgs: [decodePathArgument(value)], pathKwargs: undefined };
      return { pathArgs: [], pathKwargs: { [tail.name]: decodePathArgument(value) } };
    }
    const match = this.#regex.exec(path);
    if (match === null) return undefined;
    if (!this.#hasGroups) return NO_PARAMETERS;
    if (this.#names.length === 0) return { pathArgs: match.slice(1).map(decodePathArgument), pathKwargs: undefined };
    const kwargs: Record<string, string | undefined> = {};
    for (const name of this.#names) kwargs[name] = decodePathArgument(match.groups![name]);
    return { pathArgs: [], pathKwargs: kwargs };
  }

  /**
   * The path with a value for each group, percent-encoded except for `/`; text, or what `String` makes of it. Values
   * for named groups may also be one object.
   *
   * As in Tornado only patterns of plain text and simple groups have a way back, and a value is not checked
   * against its group.
   *
   * @throws {TypeError} if the pattern has no way back, or the number of values is not that of its groups
   */
  reverse(...args: unknown[]): string {
    const pieces = this.#pieces;
    if (pieces === undefined) {
      throw new TypeError(
        `Cannot reverse route pattern ${JSON.stringify(this.source)}: it is not text and simple groups`,
      );
    }
    const values = this.#valuesByName(args) ?? args;
    if (values.length !== pieces.length - 1) {
      throw new TypeError(
        `Cannot reverse route pattern ${JSON.stringify(this.source)}: it has ${pieces.length - 1} groups, ` +
          `but there are ${values.length} values`,
      );
    }
    return pieces.map((piece, at) => at === 0 ? piece : encodePathArgument(values[at - 1]) + piece).join("");
  }

  #valuesByName(args: readonly unknown[]): unknown[] | undefined {
    const [values] = args;
    if (this.#names.length === 0 || args.length !== 1 || typeof values !== "object" || values === null) {
      return undefined;
    }
    return this.#names.map((name) => {
      if (Object.hasOwn(values, name)) return (values as Record<string, unknown>)[name];
      throw new TypeError(`Cannot reverse route pattern ${JSON.stringify(this.source)}: no value for ${name}`);
    });
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

/** The one text that a pattern matches, if its only special characters are escaped ones. */
function literalOf(body: string, flags: string): string | undefined {
  if (flags !== "") return undefined;
  if (!SPECIAL.test(body)) return body;
  return SPECIAL.test(body.replace(/\\[^0-9A-Za-z]/g, "")) ? undefined : reUnescape(body);
}

/**
 * Text, and behind it one group of a common kind. Most routes with parameters are so, and need no regular expression.
 */
interface TailPattern {
  readonly text: string;
  /** The name of the group, if it has one. */
  readonly name: string | undefined;
  /** Whether the group matches what is behind the text. */
  readonly matches: (value: string) => boolean;
}

const TAIL = /^((?:[^\\^$.*+?()[\]{}|]|\\[^0-9A-Za-z])*)\((?:\?<(\w+)>)?([^()]+)\)$/;

/** The common kinds of groups, each without anything else in it. */
const TAIL_GROUPS: ReadonlyMap<string, TailPattern["matches"]> = new Map([
  ["[^/]+", (value) => value !== "" && !value.includes("/")],
  ["[^/]*", (value) => !value.includes("/")],
  [".*", (value) => !hasLineEnd(value)],
  [".+", (value) => value !== "" && !hasLineEnd(value)],
  ["\\d+", isDigits],
  ["[0-9]+", isDigits],
]);

function tailPatternOf(body: string): TailPattern | undefined {
  const match = TAIL.exec(body);
  const matches = match === null ? undefined : TAIL_GROUPS.get(match[3]!);
  return matches === undefined ? undefined : { text: reUnescape(match![1]!), name: match![2], matches };
}

/** What a dot does not match. */
function hasLineEnd(text: string): boolean {
  return /[\n\r\u2028\u2029]/.test(text);
}

function isDigits(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code < 0x30 || code > 0x39) return false;
  }
  return text !== "";
}

/** A path that a pattern matches begins with this; only whole segments, because the index looks for slashes. */
function prefixOf(body: string): string {
  if (hasAlternatives(body)) return "";
  const plain = /^(?:[^\\^$.*+?()[\]{}|]|\\[^0-9A-Za-z])*/.exec(body)![0];
  // a quantifier behind the text makes its last character optional, so only what is before a slash is sure
  const text = plain.slice(0, plain.lastIndexOf("/") + 1);
  const isSure = text.length < plain.length || !/^[*?{]/.test(body.slice(plain.length));
  return isSure ? reUnescape(text) : reUnescape(text.slice(0, text.lastIndexOf("/", text.length - 2) + 1));
}

/** Whether the pattern as a whole is a choice, so that there is more than one beginning. */
function hasAlternatives(body: string): boolean {
  let rest = body.replace(/\\[^]/g, "").replace(/\[[^\]]*\]/g, ""); // no escapes, no classes
  for (let before = ""; before !== rest;) {
    before = rest;
    rest = rest.replace(/\([^()]*\)/g, "");
  }
  return rest.includes("|");
}

/** The text around the groups, if there is nothing else; the groups themselves may hold anything but groups. */
function piecesOf(body: string, groupCount: number): string[] | undefined {
  if (body.split("(").length - 1 !== groupCount) return undefined;
  const [first, ...rest] = body.split("(");
  const pieces = [first!];
  for (const fragment of rest) {
    const end = fragment.indexOf(")");
    if (end < 0) return undefined;
    pieces.push(fragment.slice(end + 1));
  }
  const texts = pieces.map((piece) => literalOf(piece, ""));
  return texts.every((text) => text !== undefined) ? texts : undefined;
}

/** As Python's `quote`: everything but letters, digits and `_.-~/` of the UTF-8 form. */
function encodePathArgument(value: unknown): string {
  const text = value instanceof Uint8Array
    ? Array.from(value, (byte) => String.fromCharCode(byte)).join("")
    : encodeURIComponent(String(value).toWellFormed()).replaceAll("%2F", "/");
  if (value instanceof Uint8Array) return text.replace(/[^\w.~/-]/g, percent);
  return text.replace(/[!'()*]/g, percent);
}

function percent(character: string): string {
  return "%" + character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0");
}

/** A captured part of a path as text. @throws {HTTPInputError} if it is not UTF-8 when it is percent-decoded */
export function decodePathArgument(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  const bytes = !value.includes("%")
    ? value
    : value.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  const text = decodeByteString(bytes);
  if (text === undefined) throw new HTTPInputError(`Path is not UTF-8: ${quoteForLog(value)}`);
  return text;
}
