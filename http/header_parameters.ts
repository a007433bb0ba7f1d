/**
 * Field values with parameters, such as `form-data; name="a"; filename*=UTF-8''%C3%A4`.
 *
 * Reading is lenient, as in Tornado, because browsers do not agree on how a file name is quoted: in quotes a backslash
 * escapes a quotation mark or a backslash, and before anything else it stands for itself (`"C:\dir\a.txt"`). Writing is
 * strict. Both take linear time: the scan never looks back. Pure functions.
 *
 * Sources: RFC 9110 5.6.6 (parameters), RFC 8187 (`name*=`, successor of RFC 5987), RFC 2231 3 (`name*0=`, `name*1=`).
 * Tornado: `httputil._parse_header`, `httputil._encode_header`.
 *
 * @module
 */

import { byteStringToBytes, decodeByteString } from "./form_data.ts";
import { isFieldText, isToken, trimBlanks } from "./grammar.ts";

/** What {@linkcode parseHeaderParameters} found. */
export interface HeaderParameters {
  /** What stands before the first semicolon, as it was written. */
  readonly value: string;
  /** Value by name in lower case; `null` for a name without `=`. */
  readonly parameters: ReadonlyMap<string, string | null>;
}

/**
 * Splits a field value into its main value and its parameters.
 *
 * Semicolons in quotes divide nothing. Of several parameters with one name the last wins, and `name*` wins over `name`.
 *
 * @param text The field value; Latin-1, or Unicode in the part headers of a form.
 * @returns The value and its parameters, unquoted and decoded.
 *
 * @example A file name outside of ASCII
 * ```ts
 * import { parseHeaderParameters } from "@denado/denado/http";
 * import { assertEquals } from "@std/assert";
 *
 * const { value, parameters } = parseHeaderParameters(
 *   `attachment; filename="e.txt"; filename*=UTF-8''%E2%82%AC.txt`,
 * );
 * assertEquals(value, "attachment");
 * assertEquals(parameters.get("filename"), "€.txt");
 * ```
 */
export function parseHeaderParameters(text: string): HeaderParameters {
  const plain = new Map<string, string | null>();
  const extended = new Map<string, Section[]>();
  let end = endOfParameter(text, 0);
  const value = trimBlanks(text.slice(0, end));
  while (end < text.length) {
    const start = end + 1;
    end = endOfParameter(text, start);
    addParameter(text.slice(start, end), plain, extended);
  }
  for (const [name, sections] of extended) plain.set(name, joinSections(sections));
  return { value, parameters: plain };
}

/**
 * Builds a field value from a main value and parameters, which come in the order of their names.
 *
 * A value that is no token is quoted; one with characters above U+00FF is written as `name*=UTF-8''…`.
 *
 * @param value What stands before the first semicolon.
 * @param parameters Value by name; `null` for a name without `=`.
 * @returns The field value.
 * @throws {TypeError} When a name is no token, or a value holds a control character.
 *
 * @example An extension of WebSocket
 * ```ts
 * import { encodeHeaderParameters } from "@denado/denado/http";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(
 *   encodeHeaderParameters("permessage-deflate", {
 *     client_no_context_takeover: null,
 *     client_max_window_bits: 15,
 *   }),
 *   "permessage-deflate; client_max_window_bits=15; client_no_context_takeover",
 * );
 * ```
 */
export function encodeHeaderParameters(
  value: string,
  parameters: Readonly<Record<string, string | number | null>>,
): string {
  if (!isFieldText(value)) {
    throw new TypeError(`Cannot encode header: invalid value ${JSON.stringify(value)}`);
  }
  let text = value;
  for (const name of Object.keys(parameters).sort()) {
    if (!isToken(name)) throw new TypeError(`Cannot encode header: invalid parameter name ${JSON.stringify(name)}`);
    const parameter = parameters[name]!;
    text += parameter === null ? `; ${name}` : `; ${encodeParameter(name, String(parameter))}`;
  }
  return text;
}

/** A piece of an extended parameter. */
interface Section {
  readonly number: number;
  readonly text: string;
  readonly encoded: boolean;
}

/** RFC 2231 3 and 4: `name*` is encoded, `name*1` continues, `name*1*` does both. */
const EXTENDED_NAME = /^(.+?)\*(?:([0-9]+)(\*)?)?$/;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SEMICOLON = 0x3b;

/** The index of the semicolon that ends the parameter which begins at `start`, or the length of the text. */
function endOfParameter(text: string, start: number): number {
  let quoted = false;
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) quoted = !quoted;
    else if (code === SEMICOLON && !quoted) return at;
    else if (code === BACKSLASH && quoted && isEscapable(text.charCodeAt(at + 1))) at++;
  }
  return text.length;
}

function addParameter(piece: string, plain: Map<string, string | null>, extended: Map<string, Section[]>): void {
  const equals = piece.indexOf("=");
  const name = trimBlanks(equals < 0 ? piece : piece.slice(0, equals)).toLowerCase();
  if (name === "") return;
  if (equals < 0) {
    plain.set(name, null);
    return;
  }
  const text = unquote(trimBlanks(piece.slice(equals + 1)));
  const match = name.includes("*") ? EXTENDED_NAME.exec(name) : null;
  if (match === null) {
    plain.set(name, text);
    return;
  }
  const [, base, number, star] = match;
  const section = { number: Number(number ?? 0), text, encoded: number === undefined || star !== undefined };
  // A whole extended value replaces one that came before, and pieces of one.
  const sections = number === undefined ? undefined : extended.get(base!);
  if (sections === undefined) extended.set(base!, [section]);
  else sections.push(section);
}

function joinSections(sections: Section[]): string {
  sections.sort((a, b) => a.number - b.number);
  const text = sections.map((section) => section.encoded ? percentDecode(section.text) : section.text).join("");
  if (!sections.some((section) => section.encoded)) return text;
  // ext-value = charset "'" [ language ] "'" value-chars; the rest are bytes in that charset.
  const afterCharset = text.indexOf("'");
  const afterLanguage = afterCharset < 0 ? -1 : text.indexOf("'", afterCharset + 1);
  if (afterLanguage < 0) return decodeByteString(text) ?? text;
  return decodeCharset(text.slice(0, afterCharset), text.slice(afterLanguage + 1));
}

function decodeCharset(charset: string, text: string): string {
  // Raw characters above U+00FF can stand only where a part header is Unicode already.
  if (!isByteString(text)) return text;
  const label = charset.toLowerCase();
  if (label === "iso-8859-1") return text; // "iso-8859-1" is windows-1252 to a TextDecoder
  let decoder;
  try {
    decoder = new TextDecoder(label || "utf-8");
  } catch {
    // The constructor says "unknown charset" by throwing. As in Python: the text as it is.
    return text;
  }
  return decoder.decode(byteStringToBytes(text));
}

function isByteString(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    if (text.charCodeAt(at) > 0xff) return false;
  }
  return true;
}

/** Undoes `%41`; a `%` that no two hexadecimal digits follow stands for itself. */
function percentDecode(text: string): string {
  if (!text.includes("%")) return text;
  return text.replace(/%[0-9A-Fa-f]{2}/g, (escape) => String.fromCharCode(Number.parseInt(escape.slice(1), 16)));
}

function unquote(text: string): string {
  if (text.length < 2 || text.charCodeAt(0) !== QUOTE || text.charCodeAt(text.length - 1) !== QUOTE) return text;
  const inner = text.slice(1, -1);
  return inner.includes("\\") ? inner.replace(/\\([\\"])/g, "$1") : inner;
}

function isEscapable(code: number): boolean {
  return code === QUOTE || code === BACKSLASH;
}

function encodeParameter(name: string, value: string): string {
  if (isToken(value)) return `${name}=${value}`;
  // deno-lint-ignore no-control-regex -- they are what is looked for
  if (/[\x00-\x1f\x7f]/.test(value)) {
    throw new TypeError(`Cannot encode header: control character in parameter ${name}: ${JSON.stringify(value)}`);
  }
  if (isFieldText(value)) return `${name}="${value.replace(/[\\"]/g, "\\$&")}"`;
  return `${name}*=UTF-8''${encodeExtended(value)}`;
}

/** RFC 8187 3.2.1: `attr-char` stands for itself, every other byte is escaped. */
function encodeExtended(value: string): string {
  return encodeURIComponent(value.toWellFormed()).replace(
    /[()*']/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
