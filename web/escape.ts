/**
 * Escaping and its inverse, for HTML, JSON and URLs, and the conversion between text and UTF-8.
 *
 * Wherever text is taken, UTF-8 bytes do as well. Pure functions, linear time.
 *
 * Sources: the HTML standard 13.2.5.72 to 13.2.5.80 (character references), RFC 3986 2.1, RFC 8259.
 * Tornado: `tornado.escape`.
 *
 * @module
 */

import { decodeHTML } from "entities/decode";
import { bytesToByteString, byteStringToBytes } from "../http/mod.ts";

export * from "./linkify.ts";
export { xhtmlEscape } from "./xhtml_escape.ts";

/**
 * Replaces the character references of HTML by what they stand for, as a browser does in text: all 2231 names, the
 * longest that fits where the semicolon is missing, numbers of windows-1252 corrected. What is no reference stays.
 *
 * @param value Text, or UTF-8 bytes.
 * @returns The text.
 * @throws {TypeError} if the bytes are not UTF-8
 *
 * @example
 * ```ts
 * import { xhtmlUnescape } from "@denado/denado/escape";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(xhtmlUnescape("caf&eacute; &lt;&#x27;&#39;&gt; &nope;"), "café <''> &nope;");
 * ```
 */
export function xhtmlUnescape(value: string | Uint8Array): string {
  const text = toUnicode(value);
  if (!text.includes("&")) return text;
  return text.replace(REFERENCE, (reference, decimal?: string, hex?: string) => {
    if (decimal !== undefined) return fromNumber(Number(decimal));
    if (hex !== undefined) return fromNumber(Number.parseInt(hex, 16));
    return decodeHTML(reference);
  });
}

/**
 * A value as JSON that can stand in a `<script>` element: it never holds `</`.
 *
 * @param value Anything that JSON has a form for.
 * @returns JSON, without spaces between its parts.
 * @throws {TypeError} if JSON has no form for the value: `undefined`, a function, a cycle, a bigint
 *
 * @example
 * ```ts
 * import { jsonEncode } from "@denado/denado/escape";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(jsonEncode({ html: "</script>" }), '{"html":"<\\/script>"}');
 * ```
 */
export function jsonEncode(value: unknown): string {
  const json: string | undefined = JSON.stringify(value);
  if (json === undefined) throw new TypeError(`Cannot encode as JSON: ${Deno.inspect(value)} has no form there`);
  return json.includes("</") ? json.replaceAll("</", "<\\/") : json;
}

/**
 * The value that JSON stands for.
 *
 * @param value JSON as text, or as UTF-8 bytes.
 * @throws {SyntaxError} if it is not JSON
 * @throws {TypeError} if the bytes are not UTF-8
 */
export function jsonDecode(value: string | Uint8Array): unknown {
  return JSON.parse(toUnicode(value));
}

/** Replaces every run of spaces and control characters (U+0000 to U+0020) by one space, and trims the text. */
export function squeeze(value: string): string {
  // deno-lint-ignore no-control-regex -- control characters are what is squeezed
  return value.replace(/[\x00-\x20]+/g, " ").trim();
}

/** Options of {@linkcode urlEscape}. */
export interface UrlEscapeOptions {
  /**
   * For a query: a space becomes `+`, a slash `%2F`. Without it, for a path: `%20`, and a slash stays.
   *
   * @default true
   */
  readonly plus?: boolean;
}

/**
 * Escapes a value for a URL. Letters, digits and `_.-~` stand for themselves.
 *
 * @param value Text, which is encoded as UTF-8, or bytes of any charset.
 *
 * @example
 * ```ts
 * import { urlEscape } from "@denado/denado/escape";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(urlEscape("a b/é"), "a+b%2F%C3%A9");
 * assertEquals(urlEscape("a b/é", { plus: false }), "a%20b/%C3%A9");
 * ```
 */
export function urlEscape(value: string | Uint8Array, options: UrlEscapeOptions = {}): string {
  const { plus = true } = options;
  if (typeof value !== "string") return escapeBytes(value, plus);
  const escaped = encodeURIComponent(value.toWellFormed());
  if (!/[!'()*]|%2[0F]/.test(escaped)) return escaped;
  return escaped.replace(/[!'()*]|%2[0F]/g, (match) => {
    if (match === "%20") return plus ? "+" : match;
    if (match === "%2F") return plus ? match : "/";
    return `%${match.charCodeAt(0).toString(16).toUpperCase()}`;
  });
}

/** Options of {@linkcode urlUnescape}. */
export interface UrlUnescapeOptions {
  /**
   * The charset of the escaped bytes, any that `TextDecoder` knows; `latin1` and `iso-8859-1` are themselves, not
   * windows-1252. Bytes that it does not allow become U+FFFD. `null` is for the bytes themselves.
   *
   * @default "utf-8"
   */
  readonly encoding?: string | null;
  /** Whether `+` is a space, as in a query. In a path it is not. @default true */
  readonly plus?: boolean;
}

/**
 * Undoes {@linkcode urlEscape}. A `%` that no two hexadecimal digits follow stands for itself.
 *
 * @param value Text, or UTF-8 bytes.
 * @returns Text; new bytes with `encoding: null`.
 * @throws {RangeError} if the encoding is not known
 */
export function urlUnescape(
  value: string | Uint8Array,
  options: UrlUnescapeOptions & { readonly encoding: null },
): Uint8Array<ArrayBuffer>;
/**
 * Undoes {@linkcode urlEscape}. A `%` that no two hexadecimal digits follow stands for itself.
 *
 * @param value Text, or UTF-8 bytes.
 * @returns The text.
 * @throws {RangeError} if the encoding is not known
 *
 * @example
 * ```ts
 * import { urlUnescape } from "@denado/denado/escape";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(urlUnescape("a+b%C3%A9"), "a bé");
 * assertEquals(urlUnescape("%E9", { encoding: "latin1" }), "é");
 * assertEquals(urlUnescape("%E9", { encoding: null }), new Uint8Array([0xe9]));
 * ```
 */
export function urlUnescape(
  value: string | Uint8Array,
  options?: UrlUnescapeOptions & { readonly encoding?: string },
): string;
export function urlUnescape(
  value: string | Uint8Array,
  options: UrlUnescapeOptions = {},
): string | Uint8Array<ArrayBuffer> {
  const { encoding = "utf-8", plus = true } = options;
  let text = toUnicode(value);
  if (plus) text = text.replaceAll("+", " ");
  if (encoding === null) {
    return byteStringToBytes(unescapePercent(bytesToByteString(encoder.encode(text))));
  }
  const decode = decoderOf(encoding);
  if (!text.includes("%")) return text;
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (run) => decode(byteStringToBytes(unescapePercent(run))));
}

/** Options of {@linkcode parseQsBytes}. */
export interface ParseQsBytesOptions {
  /** Whether a field without a value is kept, as an empty one. @default false */
  readonly keepBlankValues?: boolean;
  /** Whether a field without `=` is an error. @default false */
  readonly strictParsing?: boolean;
}

/**
 * Parses a query string to bytes. Only `&` separates fields; `+` is a space.
 *
 * @param qs Bytes, or a byte string: each character is a byte.
 * @returns Values by name, in order, as new byte arrays. The names are byte strings.
 * @throws {TypeError} if the text is not a byte string
 * @throws {SyntaxError} if a field has no `=` and the parsing is strict
 *
 * @example
 * ```ts
 * import { parseQsBytes } from "@denado/denado/escape";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(parseQsBytes("a=%E9&b="), new Map([["a", [new Uint8Array([0xe9])]]]));
 * ```
 */
export function parseQsBytes(
  qs: string | Uint8Array,
  options: ParseQsBytesOptions = {},
): Map<string, Uint8Array<ArrayBuffer>[]> {
  const { keepBlankValues = false, strictParsing = false } = options;
  const query = typeof qs === "string" ? qs : bytesToByteString(qs);
  // deno-lint-ignore no-control-regex -- a byte may be any of them
  if (/[^\x00-\xff]/.test(query)) {
    throw new TypeError("Cannot parse query: a character is not a byte");
  }
  const fields = new Map<string, Uint8Array<ArrayBuffer>[]>();
  for (const field of query.split("&")) {
    const equals = field.indexOf("=");
    if (equals < 0 && strictParsing && query !== "") {
      throw new SyntaxError(`Cannot parse query: field ${JSON.stringify(field)} has no "="`);
    }
    if (field === "") continue;
    const value = equals < 0 ? "" : unescapePercent(field.slice(equals + 1).replaceAll("+", " "));
    if (value === "" && !keepBlankValues) continue;
    const name = unescapePercent((equals < 0 ? field : field.slice(0, equals)).replaceAll("+", " "));
    const values = fields.get(name);
    if (values === undefined) fields.set(name, [byteStringToBytes(value)]);
    else values.push(byteStringToBytes(value));
  }
  return fields;
}

/**
 * Text as UTF-8. Bytes and `null` are returned as they are.
 *
 * @throws {TypeError} if the value is something else
 */
export function utf8(value: null): null;
/**
 * Text as UTF-8. Bytes and `null` are returned as they are.
 *
 * @throws {TypeError} if the value is something else
 */
export function utf8(value: string | Uint8Array): Uint8Array;
export function utf8(value: string | Uint8Array | null): Uint8Array | null {
  if (typeof value === "string") return encoder.encode(value);
  if (value === null || value instanceof Uint8Array) return value;
  throw new TypeError(`Cannot encode as UTF-8: text, bytes or null expected, not ${Deno.inspect(value)}`);
}

/**
 * UTF-8 bytes as text; a byte order mark is part of it. Text and `null` are returned as they are.
 *
 * @throws {TypeError} if the bytes are not UTF-8, or the value is something else
 */
export function toUnicode(value: null): null;
/**
 * UTF-8 bytes as text; a byte order mark is part of it. Text and `null` are returned as they are.
 *
 * @throws {TypeError} if the bytes are not UTF-8, or the value is something else
 */
export function toUnicode(value: string | Uint8Array): string;
export function toUnicode(value: string | Uint8Array | null): string | null {
  if (typeof value === "string" || value === null) return value;
  if (value instanceof Uint8Array) return strictDecoder.decode(value);
  throw new TypeError(`Cannot decode as UTF-8: text, bytes or null expected, not ${Deno.inspect(value)}`);
}

/**
 * A copy of a simple data structure in which UTF-8 bytes have become text: arrays, maps and plain objects, also nested.
 * Everything else is taken as it is.
 *
 * @throws {TypeError} if bytes are not UTF-8
 */
export function recursiveUnicode(value: unknown): unknown {
  if (value instanceof Uint8Array) return toUnicode(value);
  if (Array.isArray(value)) return value.map(recursiveUnicode);
  if (value instanceof Map) {
    return new Map(Array.from(value, ([key, item]) => [recursiveUnicode(key), recursiveUnicode(item)]));
  }
  if (typeof value !== "object" || value === null) return value;
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, recursiveUnicode(item)]));
}

const encoder = new TextEncoder();
const strictDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Where Python's `html.unescape` looks: a number, or what may be a name, which has at most 32 characters. */
const REFERENCE = /&(?:#([0-9]+);?|#[xX]([0-9a-fA-F]+);?|[^\t\n\f <&#;]{1,32};?)/g;

/** What 0x80 to 0x9f stand for: the characters of windows-1252, and the control characters where it has none. */
const WINDOWS_1252 = Array.from(
  "\u20ac\x81\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\x8d\u017d\x8f" +
    "\x90\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\x9d\u017e\u0178",
);

/** HTML 13.2.5.80, with what Python makes of it: numbers that no character has are dropped. */
function fromNumber(code: number): string {
  if (code === 0 || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return "\ufffd";
  if (code >= 0x80 && code <= 0x9f) return WINDOWS_1252[code - 0x80]!;
  if (code < 0x20 && code !== 0x09 && code !== 0x0a && code !== 0x0c && code !== 0x0d) return "";
  if (code === 0x7f || (code >= 0xfdd0 && code <= 0xfdef) || (code & 0xfffe) === 0xfffe) return "";
  return String.fromCodePoint(code);
}

function escapeBytes(bytes: Uint8Array, plus: boolean): string {
  let escaped = "";
  for (const byte of bytes) {
    const character = String.fromCharCode(byte);
    if (/[\w.~-]/.test(character) || (character === "/" && !plus)) escaped += character;
    else if (character === " " && plus) escaped += "+";
    else escaped += `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return escaped;
}

/** Each `%xx` as the character of that number. */
function unescapePercent(text: string): string {
  return text.replace(/%([0-9a-f]{2})/gi, (_match, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

function decoderOf(encoding: string): (bytes: Uint8Array<ArrayBuffer>) => string {
  if (/^(?:latin-?1|iso-?8859-?1)$/i.test(encoding)) return bytesToByteString;
  const decoder = new TextDecoder(encoding, { ignoreBOM: true });
  return (bytes) => decoder.decode(bytes);
}
