/**
 * Colours for JavaScript and TypeScript in HTML: comments, strings, numbers and keywords.
 *
 * It takes the source apart into tokens and no further, which is enough to read it. Everything is escaped.
 *
 * @module
 */

import { xhtmlEscape } from "./xhtml_escape.ts";

const KEYWORDS = new Set(
  ("abstract as async await break case catch class const continue debugger declare default delete do else enum export " +
    "extends false finally for from function get if implements import in instanceof interface keyof let namespace new " +
    "null of override private protected public readonly return satisfies set static super switch this throw true try " +
    "type typeof undefined using var void while with yield").split(" "),
);

/** In this order: comments, template literals, strings, regular expressions, words, numbers, anything else. */
const TOKENS =
  /(\/\/[^\n]*|\/\*[^]*?(?:\*\/|$))|(`(?:\\[^]|[^\\`])*`?)|("(?:\\.|[^\\"\n])*"?|'(?:\\.|[^\\'\n])*'?)|(\/(?:\\.|\[(?:\\.|[^\\\]\n])*\]|[^\\/\n[])+\/[a-z]*)|([\p{ID_Start}$_#@][\p{ID_Continue}$]*)|(\d[\w.]*)|(\s+)|([^])/uy;

/**
 * Source text as lines of HTML, one `<span>` a coloured token; its classes are `c` (comment), `s` (string), `k` (keyword)
 * and `n` (number).
 */
export function highlightSource(source: string): string[] {
  let html = "";
  /** Whether a slash would divide: behind a value, not behind an operator. */
  let afterValue = false;
  TOKENS.lastIndex = 0;
  while (TOKENS.lastIndex < source.length) {
    const at = TOKENS.lastIndex;
    const match = TOKENS.exec(source)!;
    let [text, comment, template, string, regularExpression, word, number, blank] = match;
    if (regularExpression !== undefined && afterValue) {
      TOKENS.lastIndex = at + 1;
      text = "/";
      regularExpression = undefined;
    }
    const kind = comment !== undefined
      ? "c"
      : (template ?? string ?? regularExpression) !== undefined
      ? "s"
      : word !== undefined && KEYWORDS.has(word)
      ? "k"
      : number !== undefined
      ? "n"
      : "";
    html += kind === "" ? xhtmlEscape(text) : spanLines(kind, text);
    if (comment === undefined && blank === undefined) {
      afterValue = kind === "s" || kind === "n" || (word !== undefined && kind !== "k") || /^[)\]}]$/.test(text);
    }
  }
  return html.split(/\r?\n/);
}

/** A token may go over several lines, and each of them is shown by itself. */
function spanLines(kind: string, text: string): string {
  return text.split("\n").map((line) => `<span class="${kind}">${xhtmlEscape(line)}</span>`).join("\n");
}
