/**
 * What a field line may hold, for the header map: names are tokens, values are Latin-1 without
 * control characters except HTAB.
 *
 * Names and values that the application sets are mostly those of the response before. The last
 * value of each name is kept, so that comparing it replaces looking at each character.
 *
 * Source: RFC 9110 5.1 and 5.5.
 *
 * @module
 */

import { HTTPInputError } from "./errors.ts";
import { isFieldText, isToken, trimBlanks } from "./grammar.ts";

/**
 * Checks a field that the application sets.
 *
 * @param name The name.
 * @param value The value.
 * @throws {TypeError} When one of them is not allowed.
 */
export function checkField(name: string, value: string): void {
  const last = lastValues.get(name);
  if (last === value) return;
  if (last === undefined && !isToken(name)) {
    throw new TypeError(`Cannot set header: invalid name ${quoteField(name)}`);
  }
  if (!isFieldText(value)) {
    throw new TypeError(
      `Cannot set header ${name}: control characters and characters above U+00FF are not ` +
        `allowed: ${quoteField(value)}`,
    );
  }
  if (value.length > MAX_KEPT_LENGTH) return;
  if (last === undefined && lastValues.size >= MAX_KEPT_NAMES) lastValues.clear();
  lastValues.set(name, value);
}

/**
 * Checks a field that came from somewhere else.
 *
 * @param name The name.
 * @param value The value.
 * @param unicode Whether characters above U+00FF and outer blanks are allowed in the value.
 * @throws {HTTPInputError} When one of them is not allowed.
 */
export function checkReceivedField(name: string, value: string, unicode: boolean): void {
  if (!isToken(name)) throw new HTTPInputError(`Invalid field name: ${quoteField(name)}`);
  checkReceivedValue(value, unicode);
}

/**
 * Checks a value, or a folded part of one, that came from somewhere else.
 *
 * @param value The value.
 * @param unicode Whether characters above U+00FF and outer blanks are allowed.
 * @throws {HTTPInputError} When it is not allowed.
 */
export function checkReceivedValue(value: string, unicode: boolean): void {
  const legal = unicode
    // deno-lint-ignore no-control-regex -- they are what is looked for
    ? !/[\x00-\x08\x0a-\x1f\x7f]/.test(value)
    : isFieldText(value) && trimBlanks(value).length === value.length;
  if (!legal) throw new HTTPInputError(`Invalid field value: ${quoteField(value)}`);
}

/**
 * Quotes text for an error message, which stays on one line wherever it is shown.
 *
 * @param text The text.
 * @returns At most 80 characters of it, with what JSON escapes and all other control characters and line ends escaped.
 */
export function quoteField(text: string): string {
  const quoted = JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
  return quoted.replace(/[\x7f-\x9f\u2028\u2029]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

/** Names and values that were checked. Bounded, because both may come from outside. */
const lastValues = new Map<string, string>();
const MAX_KEPT_NAMES = 64;
const MAX_KEPT_LENGTH = 64;
