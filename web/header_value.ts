/**
 * What an application may put into the head of a response, checked where it says it.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { formatTimestamp } from "../http/mod.ts";

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

/** A reason phrase, or `Unknown`: control characters or markup could split the response or get into the error page. */
export function safeReason(reason: string): string {
  // deno-lint-ignore no-control-regex -- control characters are what must not be sent
  return /[\x00-\x08\x0a-\x1f\x7f<]|[^\x00-\xff]/.test(reason) ? "Unknown" : reason;
}
