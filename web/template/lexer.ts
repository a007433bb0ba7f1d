/**
 * Cuts the text of a template into text and tags.
 *
 * Of three or more braces in a row the innermost two count, as is useful for LaTeX; a tag that begins with `!` is its
 * braces. A tag whose operator takes an expression ends where the expression does; others at the first `%}`.
 *
 * @module
 */

import { readTokens, type Terminator, type Token } from "./expression_tokens.ts";
import type { SourceText } from "./source_text.ts";

/** A piece of a template. */
export type Piece =
  | { readonly kind: "text"; readonly text: string }
  | ExpressionPiece
  | DirectivePiece;

/** `{{ expression }}`. */
export interface ExpressionPiece {
  readonly kind: "expression";
  readonly tokens: readonly Token[];
  readonly offset: number;
}

/** `{% operator suffix %}`. */
export interface DirectivePiece {
  readonly kind: "directive";
  readonly operator: string;
  /** What follows the operator, trimmed; empty where there are tokens. */
  readonly suffix: string;
  /** The tokens of the expression behind the operator, if it takes one. */
  readonly tokens: readonly Token[];
  readonly offset: number;
}

/** Operators that are followed by an expression, or something like it. */
const EXPRESSION_OPERATORS: ReadonlySet<string> = new Set(
  ["apply", "autoescape", "elif", "except", "for", "if", "module", "raw", "set", "while"],
);

/**
 * The pieces of a template, in order. Comments are left out.
 *
 * @throws {ParseError} if a tag has no end, or holds what is no token
 */
export function* readPieces(source: SourceText): Generator<Piece, void> {
  const { text } = source;
  let at = 0;
  while (true) {
    const tag = findTag(text, at);
    if (tag < 0) {
      if (at < text.length) yield { kind: "text", text: text.slice(at) };
      return;
    }
    if (tag > at) yield { kind: "text", text: text.slice(at, tag) };
    const opening = text.slice(tag, tag + 2);
    const start = tag + 2;
    if (text[start] === "!") {
      yield { kind: "text", text: opening };
      at = start + 1;
    } else if (opening === "{#") {
      const end = text.indexOf("#}", start);
      if (end < 0) throw source.error("Missing end comment #}", tag);
      at = end + 2;
    } else if (opening === "{{") {
      const { tokens, nextOffset } = tokensOf(source, start, "}}", tag);
      if (tokens.length === 1) throw source.error("Empty expression", tag);
      yield { kind: "expression", tokens, offset: tag };
      at = nextOffset;
    } else {
      const { piece, nextOffset } = readDirective(source, tag);
      yield piece;
      at = nextOffset;
    }
  }
}

/** The next `{{`, `{%` or `{#`; the last of several braces. */
function findTag(text: string, start: number): number {
  for (let at = text.indexOf("{", start); at >= 0 && at + 1 < text.length; at = text.indexOf("{", at + 1)) {
    const second = text[at + 1];
    if (second === "%" || second === "#") return at;
    if (second === "{" && text[at + 2] !== "{") return at;
  }
  return -1;
}

function readDirective(source: SourceText, tag: number): { piece: DirectivePiece; nextOffset: number } {
  const { text } = source;
  OPERATOR.lastIndex = tag + 2;
  const [whole, operator = ""] = OPERATOR.exec(text)!;
  if (EXPRESSION_OPERATORS.has(operator)) {
    const { tokens, nextOffset } = tokensOf(source, tag + 2 + whole.length, "%}", tag);
    return { piece: { kind: "directive", operator, suffix: "", tokens, offset: tag }, nextOffset };
  }
  const end = text.indexOf("%}", tag + 2);
  if (end < 0) throw source.error("Missing end block %}", tag);
  const contents = text.slice(tag + 2, end).trim();
  if (contents === "") throw source.error("Empty block tag ({% %})", tag);
  // {% else if x %} is what {% elif x %} is.
  const elseIf = /^else\s+if\b/.exec(contents);
  if (elseIf !== null) {
    const { tokens, nextOffset } = tokensOf(source, text.indexOf("if", tag) + 2, "%}", tag);
    return { piece: { kind: "directive", operator: "elif", suffix: "", tokens, offset: tag }, nextOffset };
  }
  const [word] = /^\S+/.exec(contents)!;
  const suffix = contents.slice(word.length).trim();
  return { piece: { kind: "directive", operator: word, suffix, tokens: [], offset: tag }, nextOffset: end + 2 };
}

const OPERATOR = /\s*(\w*)/y;

function tokensOf(source: SourceText, start: number, terminator: Terminator, tag: number) {
  const run = readTokens(source, start, terminator);
  if (run !== undefined) return run;
  throw source.error(terminator === "}}" ? "Missing end expression }}" : "Missing end block %}", tag);
}
