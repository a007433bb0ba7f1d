/**
 * The languages that a client wants.
 *
 * Source: RFC 9110 12.5.4.
 *
 * @module
 */

import { parsePreferences } from "../quality_values.ts";

/**
 * The languages of an `Accept-Language` header, the most wanted first; equals stay in their order.
 *
 * Those with a weight of 0, or with one that is no number from 0 to 1, are left out.
 *
 * @param header The value of the header.
 * @returns Language ranges as they were sent: `en-GB`, `*`.
 *
 * @example
 * ```ts
 * import { parseAcceptLanguage } from "@denado/denado/locale";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(parseAcceptLanguage("da, en-gb;q=0.8, fr;q=0, en;q=0.9"), ["da", "en", "en-gb"]);
 * ```
 */
export function parseAcceptLanguage(header: string): string[] {
  return parsePreferences(header)
    .filter(({ quality }) => quality > 0)
    .sort((a, b) => b.quality - a.quality)
    .map(({ value }) => value);
}
