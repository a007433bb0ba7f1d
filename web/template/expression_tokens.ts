/**
 * The tokens of a JavaScript expression in a template, up to the end of its tag.
 *
 * The end is found here, because only here is it known that the `}}` of `{{ {a: {b: 1}} }}` or of `{{ "}}" }}` is not
 * the end. Tokens are those of ECMAScript 12; whether a slash begins a regular expression follows from the token
 * before it, since there are no statements. Literals keep their spelling, checked to be legal in strict mode, so that
 * they can stand in the compiled function as they are.
 *
 * @module
 */

import type { SourceText } from "./source_text.ts";

/** What kind of token it is. */
export type TokenKind = "name" | "number" | "string" | "regex" | "template" | "punctuator" | "end";

/** A token. */
export interface Token {
  readonly kind: TokenKind;
  /** As it is written; for the end, what ends the tag. */
  readonly text: string;
  /** Where it begins in the template. */
  readonly offset: number;
  /** Of a template literal: its texts, as written, and the tokens of the expressions between them. */
  readonly parts?: TemplateParts;
}

/** The parts of a template literal. */
export interface TemplateParts {
  readonly texts: readonly string[];
  readonly expressions: readonly (readonly Token[])[];
}

/** What ends an expression: the end of a tag, or that of a substitution in a template literal. */
export type Terminator = "}}" | "%}" | "}";

/** The tokens of an expression, and where the text goes on. */
export interface TokenRun {
  /** The last one is the `end`. */
  readonly tokens: readonly Token[];
  /** Behind the terminator. */
  readonly nextOffset: number;
}

/**
 * Reads the tokens of an expression.
 *
 * @param start Where it begins.
 * @param terminator What ends it, outside of strings and braces.
 * @returns The tokens, or `undefined` if the terminator is missing.
 * @throws {ParseError} if something is no token
 */
export function readTokens(source: SourceText, start: number, terminator: Terminator): TokenRun | undefined {
  const { text } = source;
  const tokens: Token[] = [];
  let braces = 0;
  let at = start;
  while (true) {
    at = skipBlanks(source, at);
    if (at >= text.length) return undefined;
    if (text.startsWith(terminator, at) && (braces === 0 || terminator === "%}")) {
      tokens.push({ kind: "end", text: terminator, offset: at });
      return { tokens, nextOffset: at + terminator.length };
    }
    const token = readToken(source, at, tokens.at(-1));
    if (token.token.text === "{") braces++;
    else if (token.token.text === "}" && --braces < 0) throw source.error("Unexpected }", at);
    tokens.push(token.token);
    at = token.end;
  }
}

interface TokenEnd {
  readonly token: Token;
  readonly end: number;
}

function readToken(source: SourceText, offset: number, previous: Token | undefined): TokenEnd {
  const { text } = source;
  const character = text[offset]!;
  if (character === '"' || character === "'") return readString(source, offset, character);
  if (character === "`") return readTemplate(source, offset);
  if (character === "/" && !endsOperand(previous)) return readRegex(source, offset);
  const name = match(NAME, text, offset);
  if (name !== undefined) return tokenOf("name", name, offset);
  const number = match(NUMBER, text, offset);
  if (number !== undefined) {
    if (match(NAME, text, offset + number.length) !== undefined || /\d/.test(text[offset + number.length] ?? "")) {
      throw source.error(`Unexpected number ${JSON.stringify(number)}`, offset);
    }
    return tokenOf("number", number, offset);
  }
  const punctuator = match(PUNCTUATOR, text, offset);
  if (punctuator === undefined) throw source.error(`Unexpected character ${JSON.stringify(character)}`, offset);
  return tokenOf("punctuator", punctuator, offset);
}

function tokenOf(kind: TokenKind, text: string, offset: number): TokenEnd {
  return { token: { kind, text, offset }, end: offset + text.length };
}

const NAME = /[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*/uy;
const NUMBER = new RegExp(
  String.raw`0[xX][\da-fA-F]+(?:_[\da-fA-F]+)*n?|0[oO][0-7]+(?:_[0-7]+)*n?|0[bB][01]+(?:_[01]+)*n?|` +
    String.raw`(?:0|[1-9]\d*(?:_\d+)*)n|` +
    String.raw`(?:(?:0|[1-9]\d*(?:_\d+)*)(?:\.(?:\d+(?:_\d+)*)?)?|\.\d+(?:_\d+)*)(?:[eE][+-]?\d+)?`,
  "y",
);
const PUNCTUATOR =
  />>>=|\.\.\.|===|!==|\*\*=|<<=|>>=|>>>|&&=|\|\|=|\?\?=|=>|==|!=|<=|>=|&&|\|\||\?\?|\?\.(?!\d)|\*\*|\+\+|--|<<|>>|[-+*/%&|^]=|[-+*/%&|^~!<>=?:.,()[\]{}]/y;

function match(pattern: RegExp, text: string, offset: number): string | undefined {
  pattern.lastIndex = offset;
  return pattern.exec(text)?.[0];
}

/** Whether a token can be the end of an operand, so that a slash behind it divides. */
function endsOperand(token: Token | undefined): boolean {
  if (token === undefined) return false;
  if (token.kind === "name") return !OPERATOR_WORDS.has(token.text);
  return token.kind !== "punctuator" || token.text === ")" || token.text === "]" || token.text === "}";
}

const OPERATOR_WORDS: ReadonlySet<string> = new Set(
  ["and", "await", "else", "if", "in", "instanceof", "is", "new", "not", "of", "or", "typeof", "void"],
);

/** White space and comments. A `//` is refused: in Python it divides, and here it would hide the rest of the line. */
function skipBlanks(source: SourceText, start: number): number {
  const { text } = source;
  let at = start;
  while (at < text.length) {
    const blank = match(BLANK, text, at);
    if (blank !== undefined) {
      at += blank.length;
    } else if (text.startsWith("/*", at)) {
      const end = text.indexOf("*/", at + 2);
      if (end < 0) throw source.error("Missing end of comment */", at);
      at = end + 2;
    } else if (text.startsWith("//", at)) {
      throw source.error("Cannot use //: divide by Math.floor(a / b), comment by /* */", at);
    } else {
      return at;
    }
  }
  return at;
}

const BLANK = /[\s\ufeff]+/y;

function readString(source: SourceText, offset: number, quote: string): TokenEnd {
  const { text } = source;
  for (let at = offset + 1; at < text.length; at++) {
    const character = text[at];
    if (character === quote) return tokenOf("string", text.slice(offset, at + 1), offset);
    if (character === "\n" || character === "\r") break;
    if (character === "\\") at = skipEscape(source, at);
  }
  throw source.error(`Missing end of string ${quote}`, offset);
}

function readTemplate(source: SourceText, offset: number): TokenEnd {
  const { text } = source;
  const texts: string[] = [];
  const expressions: (readonly Token[])[] = [];
  let start = offset + 1;
  for (let at = start; at < text.length; at++) {
    const character = text[at];
    if (character === "`") {
      texts.push(text.slice(start, at));
      const token: Token = {
        kind: "template",
        text: text.slice(offset, at + 1),
        offset,
        parts: { texts, expressions },
      };
      return { token, end: at + 1 };
    }
    if (character === "\\") {
      at = skipEscape(source, at);
    } else if (character === "$" && text[at + 1] === "{") {
      texts.push(text.slice(start, at));
      const run = readTokens(source, at + 2, "}");
      if (run === undefined) throw source.error("Missing end of substitution }", at);
      expressions.push(run.tokens);
      start = run.nextOffset;
      at = start - 1;
    }
  }
  throw source.error("Missing end of template literal `", offset);
}

/** Checks the escape sequence at a backslash; returns the offset of its second character. */
function skipEscape(source: SourceText, offset: number): number {
  if (match(BAD_ESCAPE, source.text, offset) !== undefined) {
    throw source.error(
      `Unexpected escape ${JSON.stringify(source.text.slice(offset, offset + 2))} in a string`,
      offset,
    );
  }
  // A line end of two characters is one; what follows the second character is read as text.
  return source.text.startsWith("\r\n", offset + 1) ? offset + 2 : offset + 1;
}

const BAD_ESCAPE =
  /\\(?:x(?![\da-fA-F]{2})|u(?![\da-fA-F]{4}|\{0*(?:10[\da-fA-F]{4}|[\da-fA-F]{1,5})\})|0(?=\d)|[1-9])/y;

function readRegex(source: SourceText, offset: number): TokenEnd {
  const { text } = source;
  let inClass = false;
  for (let at = offset + 1; at < text.length && !/[\n\r\u2028\u2029]/.test(text[at]!); at++) {
    const character = text[at];
    if (character === "\\") at++;
    else if (character === "[") inClass = true;
    else if (character === "]") inClass = false;
    else if (character === "/" && !inClass) {
      const flags = match(FLAGS, text, at + 1) ?? "";
      try {
        new RegExp(text.slice(offset + 1, at), flags);
      } catch (error) {
        throw source.error("Unexpected regular expression", offset, error);
      }
      return tokenOf("regex", text.slice(offset, at + 1) + flags, offset);
    }
  }
  throw source.error("Missing end of regular expression /", offset);
}

const FLAGS = /[\p{ID_Continue}$]*/uy;
