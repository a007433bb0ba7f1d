/**
 * What becomes of the white space between the tags of a template.
 *
 * @module
 */

/** `all` keeps it, `single` keeps line ends and one blank for each run, `oneline` one blank for each run. */
export type WhitespaceMode = "all" | "single" | "oneline";

/**
 * Transforms the white space of a text. Tornado: `tornado.template.filter_whitespace`.
 *
 * @throws {RangeError} if there is no such mode
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { filterWhitespace } from "@denado/denado/template";
 *
 * assertEquals(filterWhitespace("single", "a \t b\n\n  c"), "a b\nc");
 * assertEquals(filterWhitespace("oneline", "a \t b\n\n  c"), "a b c");
 * ```
 */
export function filterWhitespace(mode: WhitespaceMode, text: string): string {
  switch (mode) {
    case "all":
      return text;
    case "single":
      return text.replace(/[\t ]+/g, " ").replace(LINE_END, "\n");
    case "oneline":
      return text.replace(RUN, " ");
    default:
      throw new RangeError(`Cannot filter white space: mode ${Deno.inspect(mode)} is not all, single or oneline`);
  }
}

/** The mode for a file without another setting: pages and scripts lose what nobody sees. */
export function defaultWhitespace(filename: string): WhitespaceMode {
  return filename.endsWith(".html") || filename.endsWith(".js") ? "single" : "all";
}

// Python's \s, which has four control characters more than JavaScript's, and not U+FEFF.
const SPACE = String.raw`[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]`;
const LINE_END = new RegExp(`${SPACE}*\\n${SPACE}*`, "g");
const RUN = new RegExp(`${SPACE}+`, "g");
