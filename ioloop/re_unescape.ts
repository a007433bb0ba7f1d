/**
 * Back from a regular expression to the text that it stands for.
 *
 * @module
 */

/** The escapes of control characters which `RegExp.escape` writes. */
const CONTROLS: Readonly<Record<string, string>> = { t: "\t", n: "\n", v: "\v", f: "\f", r: "\r" };
const ESCAPE = /\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|([^]))?/gi;

/**
 * Undoes `RegExp.escape`, and what people write by hand to the same end: `"index\\.html"` becomes `"index.html"`.
 * Tornado: `re_unescape`.
 *
 * Characters that are not escaped stay as they are, also those which mean something in a regular expression.
 *
 * @throws {SyntaxError} for an escape that stands for more than one text, such as `\d` or `\b`
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { reUnescape } from "@denado/denado/ioloop";
 *
 * assertEquals(reUnescape(String.raw`/favicon\.ico`), "/favicon.ico");
 * ```
 */
export function reUnescape(pattern: string): string {
  return pattern.replace(ESCAPE, (escape, hex?: string, utf16?: string, character?: string) => {
    const code = hex ?? utf16;
    if (code !== undefined) return String.fromCharCode(parseInt(code, 16));
    if (character !== undefined && !/[0-9A-Za-z]/.test(character)) return character;
    if (character !== undefined && Object.hasOwn(CONTROLS, character)) return CONTROLS[character]!;
    throw new SyntaxError(`Cannot unescape a pattern, ${escape} stands for no single character: ${pattern}`);
  });
}
