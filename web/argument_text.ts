/**
 * What Tornado does to the text of each argument: control characters become blanks, and blanks at the ends go.
 *
 * Blanks are Python's: JavaScript's `trim` does not know U+0085, and takes a byte order mark for one. Linear time.
 *
 * @module
 */

/** Control characters but tab, newline, vertical tab, form feed and carriage return. */
// deno-lint-ignore no-control-regex -- they are what must go
const CONTROL = /[\x00-\x08\x0e-\x1f]/g;
const BLANK = /^[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]$/;

/**
 * The text of an argument as a handler gets it.
 *
 * @param text The value, decoded.
 * @param strip Whether blanks at both ends are dropped.
 */
export function cleanArgument(text: string, strip: boolean): string {
  const clean = text.replace(CONTROL, " ");
  if (!strip) return clean;
  let start = 0;
  let end = clean.length;
  while (start < end && BLANK.test(clean[start]!)) start++;
  while (end > start && BLANK.test(clean[end - 1]!)) end--;
  return clean.slice(start, end);
}
