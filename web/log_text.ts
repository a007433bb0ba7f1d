/**
 * What a client sent, as a part of a log line: on one line, and with an end.
 *
 * Log formats that escape control characters exist, but a sink may be anything.
 *
 * @module
 */

/** As much of one text is shown. */
const MAX_LENGTH = 200;

/** A text with its control characters and line separators written as `\u000a`, cut off after 200 characters. */
export function oneLine(text: string): string {
  const short = text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text;
  return short.replace(/[\p{Cc}\u2028\u2029]/gu, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

/** The same in quotes, so that it is seen where it begins and ends. */
export function quoteForLog(text: string): string {
  return `"${oneLine(text).replaceAll('"', '\\"')}"`;
}
