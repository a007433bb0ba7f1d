/**
 * Query strings and `application/x-www-form-urlencoded` bodies.
 *
 * Values are kept as *byte strings*: one character for each byte, U+0000 to U+00FF. Which charset
 * the bytes are in is the application's business (`decodeArgument`), and a byte string costs
 * no array for each value. {@linkcode decodeByteString} and {@linkcode byteStringToBytes} turn one
 * into text or bytes. Names are text. Pure functions, linear time.
 *
 * Sources: the URL standard 5.1 (urlencoded parsing). Tornado: `escape.parse_qs_bytes`,
 * `httputil.parse_body_arguments`.
 *
 * @module
 */

import { HTTPInputError } from "./errors.ts";
import { CHARACTER_CLASSES, HEX_CHAR } from "./grammar.ts";
import { latin1Text } from "./latin1_text.ts";

/** Options of {@linkcode parseQueryArguments} and {@linkcode parseUrlEncoded}. */
export interface ParseArgumentsOptions {
  /**
   * Most fields; more is an error. PHP and Django have 1000 too.
   *
   * @default 1000
   */
  maxFields?: number;
}

/**
 * Parses a query string. Fields are separated by `&`, `+` is a space, blank values are kept,
 * and a `%` that no two hexadecimal digits follow stands for itself.
 *
 * @param query The query without `?`. Characters are bytes, as the message parser delivers them.
 * @param options The limit.
 * @returns Values by name, in order, as byte strings. Names are decoded as UTF-8, or stay byte
 * strings where they are not UTF-8. (Tornado's names are always byte strings.)
 * @throws {HTTPInputError} When there are too many fields.
 *
 * @example Parse a query
 * ```ts
 * import { parseQueryArguments } from "@denado/denado/http";
 * import { assertEquals } from "@std/assert";
 *
 * const fields = parseQueryArguments("a=1&b=x+y&a=%32&c");
 * assertEquals([...fields], [["a", ["1", "2"]], ["b", ["x y"]], ["c", [""]]]);
 * ```
 */
export function parseQueryArguments(
  query: string,
  options?: ParseArgumentsOptions,
): Map<string, string[]> {
  const fields = new Map<string, string[]>();
  if (query === "") return fields;
  const maxFields = options?.maxFields ?? 1000;
  if (query.includes("+")) query = query.replaceAll("+", " ");
  const escaped = query.includes("%");
  let count = 0;
  let start = 0;
  let equals = query.indexOf("=");
  while (start < query.length) {
    let end = query.indexOf("&", start);
    if (end < 0) end = query.length;
    if (end > start) {
      if (++count > maxFields) {
        throw new HTTPInputError(`Too many form fields: more than ${maxFields}`);
      }
      if (equals >= 0 && equals < start) equals = query.indexOf("=", start);
      const nameEnd = equals >= 0 && equals < end ? equals : end;
      let name = query.slice(start, nameEnd);
      let value = query.slice(Math.min(nameEnd + 1, end), end);
      if (escaped) {
        name = unescape(name);
        value = unescape(value);
      }
      name = decodeByteString(name) ?? name;
      const values = fields.get(name);
      if (values === undefined) fields.set(name, [value]);
      else values.push(value);
    }
    start = end + 1;
  }
  return fields;
}

/**
 * Parses a body of type `application/x-www-form-urlencoded`.
 *
 * @param body The bytes.
 * @param options The limit.
 * @returns As {@linkcode parseQueryArguments}.
 * @throws {HTTPInputError} When there are too many fields.
 */
export function parseUrlEncoded(
  body: Uint8Array,
  options?: ParseArgumentsOptions,
): Map<string, string[]> {
  return parseQueryArguments(bytesToByteString(body), options);
}

/**
 * Decodes a byte string as UTF-8.
 *
 * @param value One character for each byte.
 * @returns The text, or `undefined` where the bytes are not UTF-8. ASCII costs nothing.
 */
export function decodeByteString(value: string): string | undefined {
  if (isAscii(value)) return value;
  try {
    return utf8.decode(byteStringToBytes(value));
  } catch {
    // The decoder says "not UTF-8" by throwing; here that is an answer.
    return undefined;
  }
}

/**
 * The bytes of a byte string.
 *
 * @param value One character for each byte.
 * @returns A new array.
 */
export function byteStringToBytes(value: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(value.length);
  for (let i = 0; i < value.length; i++) bytes[i] = value.charCodeAt(i);
  return bytes;
}

/**
 * The byte string of some bytes.
 *
 * @param bytes The bytes.
 * @returns One character for each byte.
 */
export function bytesToByteString(bytes: Uint8Array): string {
  return latin1Text(bytes, 0, bytes.length);
}

// A byte order mark is data here, as in Python.
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function isAscii(value: string): boolean {
  for (let i = 0; i < value.length; i++) {
    if (value.charCodeAt(i) > 0x7f) return false;
  }
  return true;
}

function unescape(text: string): string {
  let at = text.indexOf("%");
  if (at < 0) return text;
  let result = "";
  let copied = 0;
  while (at >= 0) {
    if (isHex(text, at + 1) && isHex(text, at + 2)) {
      const code = Number.parseInt(text.slice(at + 1, at + 3), 16);
      result += text.slice(copied, at) + String.fromCharCode(code);
      copied = at + 3;
    }
    at = text.indexOf("%", Math.max(copied, at + 1));
  }
  return result + text.slice(copied);
}

function isHex(text: string, index: number): boolean {
  const code = text.charCodeAt(index);
  return code < 0x80 && (CHARACTER_CLASSES[code]! & HEX_CHAR) !== 0;
}
