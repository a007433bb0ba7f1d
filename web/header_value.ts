/**
 * What an application may put into the head of a response, checked where it says it.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { formatTimestamp, type HTTPHeaders, isFieldText, isToken } from "../http/mod.ts";

/** A header value: text, its bytes in Latin-1, a whole number in decimal, or a date as an HTTP date. */
export type HeaderValue = string | Uint8Array | number | bigint | Date;

/** A header value as text. @throws {TypeError} if it is none */
export function headerText(value: HeaderValue): string {
  if (typeof value === "string") return value;
  if (typeof value === "bigint" || (typeof value === "number" && Number.isInteger(value))) return String(value);
  if (value instanceof Date) return formatTimestamp(value);
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.length).toString("latin1");
  throw new TypeError(`Cannot set a header to ${Deno.inspect(value)}: use text, bytes, a whole number or a Date`);
}

/**
 * Adds a field. `HTTPHeaders.add` takes what a peer sent; what the application says wrongly is no error of the peer's.
 *
 * @throws {TypeError} if name or value cannot be sent
 */
export function addField(headers: HTTPHeaders, name: string, value: string): void {
  if (!isToken(name) || !isFieldText(value)) {
    throw new TypeError(
      `Cannot add the header ${JSON.stringify(name)}: invalid name or value ${JSON.stringify(value)}`,
    );
  }
  headers.add(name, trimBlanks(value));
}

/** Blanks around a value are no part of it (RFC 9110 5.5). */
function trimBlanks(value: string): string {
  let start = 0;
  let end = value.length;
  while (start < end && isBlank(value, start)) start++;
  while (end > start && isBlank(value, end - 1)) end--;
  return value.slice(start, end);
}

function isBlank(text: string, at: number): boolean {
  return text[at] === " " || text[at] === "\t";
}

/** A reason phrase, or `Unknown`: control characters or markup could split the response or get into the error page. */
export function safeReason(reason: string): string {
  // deno-lint-ignore no-control-regex -- control characters are what must not be sent
  return /[\x00-\x08\x0a-\x1f\x7f<]|[^\x00-\xff]/.test(reason) ? "Unknown" : reason;
}
