/**
 * Lists of preferences, such as the values of `Accept-Encoding` and `Accept-Language`.
 *
 * Source: RFC 9110 12.4.2.
 *
 * @module
 */

/** One entry of a list of preferences. */
export interface Preference {
  /** What is preferred, as it was written, without its parameters. */
  readonly value: string;
  /** How much, from 0 (not acceptable) to 1. */
  readonly quality: number;
}

/** More entries than any client sends; the rest is of no interest. */
const MAX_PREFERENCES = 64;

/**
 * The entries of a list of preferences, in its order. An entry whose weight is no weight is left out.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parsePreferences } from "@denado/denado/web";
 *
 * assertEquals(parsePreferences("br;q=0.5, gzip"), [{ value: "br", quality: 0.5 }, { value: "gzip", quality: 1 }]);
 * ```
 */
export function parsePreferences(header: string): Preference[] {
  const preferences: Preference[] = [];
  for (const entry of header.split(",", MAX_PREFERENCES)) {
    const [value, ...parameters] = entry.split(";");
    const weight = parameters.find((parameter) => /^[ \t]*q[ \t]*=/i.test(parameter));
    const quality = weight === undefined ? 1 : parseWeight(weight.slice(weight.indexOf("=") + 1).trim());
    const name = value!.trim();
    if (name !== "" && quality !== undefined) preferences.push({ value: name, quality });
  }
  return preferences;
}

/** More digits than the grammar allows are tolerated; a sign or an exponent is not. */
function parseWeight(text: string): number | undefined {
  if (!/^(?:0(?:\.\d*)?|1(?:\.0*)?)$/.test(text)) return undefined;
  return Number(text);
}
