/**
 * Cookies: parsing `Cookie`, and building one `Set-Cookie` value.
 *
 * Parsing does what browsers and Tornado do rather than what RFC 6265 says a server may expect;
 * building follows Python's `http.cookies`, which Tornado uses, and refuses everything that could
 * start another attribute or field. Both take linear time. Pure functions.
 *
 * Sources: RFC 6265 4.1, 5.2 and 5.4; RFC 6265bis for `SameSite`; CHIPS for `Partitioned`.
 *
 * @module
 */

import { equalsIgnoreCase } from "./grammar.ts";
import { formatTimestamp } from "./http_date.ts";

/** The attributes of {@linkcode formatSetCookie}. */
export interface CookieAttributes {
  /** `Domain`: the hosts that get the cookie. Default: the host that set it only. */
  domain?: string;
  /** `expires`: a date, or milliseconds since the epoch. Default: the end of the session. */
  expires?: Date | number;
  /** `HttpOnly`: keep the cookie from scripts. */
  httpOnly?: boolean;
  /** `Max-Age` in seconds, as it travels; an integer. 0 or less removes the cookie. */
  maxAge?: number;
  /** `Partitioned`: a separate cookie for each top-level site. */
  partitioned?: boolean;
  /** `Path`: where on the host the cookie is sent. */
  path?: string;
  /** `SameSite`: whether the cookie comes with requests from other sites. */
  sameSite?: string;
  /** `Secure`: send it over TLS only. */
  secure?: boolean;
}

/**
 * Parses a `Cookie` field as browsers do.
 *
 * The text is split at every `;`, in quotes too; a piece without `=` is a value without a name;
 * the last of several with the same name wins; a value in double quotes is unquoted as Python
 * does it (`\"`, and `\012` for a character by its octal number).
 *
 * Tornado: `httputil.parse_cookie`.
 *
 * @param header The field value.
 * @returns Value by name, in the order of the names.
 *
 * @example Parse a field
 * ```ts
 * import { parseCookie } from "@denado/denado/http";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals([...parseCookie('a=b; c="d\\"e"; a=f')], [["a", "f"], ["c", 'd"e']]);
 * ```
 */
export function parseCookie(header: string): Map<string, string> {
  const cookies = new Map<string, string>();
  let start = 0;
  let equals = header.indexOf("=");
  while (start <= header.length) {
    let end = header.indexOf(";", start);
    if (end < 0) end = header.length;
    // Kept between pieces: searching anew for each piece without "=" would be quadratic.
    if (equals >= 0 && equals < start) equals = header.indexOf("=", start);
    let name = "";
    let value: string;
    if (equals >= 0 && equals < end) {
      name = header.slice(start, equals).trim();
      value = header.slice(equals + 1, end).trim();
    } else {
      value = header.slice(start, end).trim();
    }
    if (name !== "" || value !== "") cookies.set(name, unquoteCookie(value));
    start = end + 1;
  }
  return cookies;
}

/**
 * The value of one cookie in a `Cookie` field: what {@linkcode parseCookie} would find under that name, without looking
 * at the others.
 *
 * @param header The field value.
 * @param name The name.
 * @returns The value, or `undefined` if there is no such cookie.
 *
 * @example
 * ```ts
 * import { findCookie } from "@denado/denado/http";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(findCookie("session=old; a=b; session=new", "session"), "new");
 * ```
 */
export function findCookie(header: string, name: string): string | undefined {
  if (!BARE.test(name)) return parseCookie(header).get(name);
  let value: string | undefined;
  for (let at = header.indexOf(name); at >= 0; at = header.indexOf(name, at + 1)) {
    let start = at;
    while (start > 0 && isBlank(header.charCodeAt(start - 1))) start--;
    if (start > 0 && header.charCodeAt(start - 1) !== SEMICOLON) continue;
    let equals = at + name.length;
    while (isBlank(header.charCodeAt(equals))) equals++;
    if (header.charCodeAt(equals) !== EQUALS) continue;
    const end = header.indexOf(";", equals);
    value = header.slice(equals + 1, end < 0 ? header.length : end).trim();
  }
  return value === undefined ? undefined : unquoteCookie(value);
}

const SEMICOLON = 0x3b;
const EQUALS = 0x3d;

/** Whether `trim` takes a character away. */
function isBlank(code: number): boolean {
  if (code > 0xff) return String.fromCharCode(code).trim() === "";
  return code === 0x20 || (code >= 0x09 && code <= 0x0d) || code === 0xa0;
}

/**
 * Undoes the quoting of a cookie value. A value that is not in double quotes stays as it is.
 *
 * @param value The value as it travels.
 * @returns The value.
 */
export function unquoteCookie(value: string): string {
  if (value.length < 2 || !value.startsWith('"') || !value.endsWith('"')) return value;
  const inner = value.slice(1, -1);
  if (!inner.includes("\\")) return inner;
  return inner.replace(
    /\\(?:([0-3][0-7][0-7])|(.))/g,
    (_all, octal: string | undefined, character: string) =>
      octal === undefined ? character : String.fromCharCode(Number.parseInt(octal, 8)),
  );
}

/**
 * Quotes a cookie value where it holds characters that cannot stand bare: in double quotes, with
 * `\"` and `\\`, and others by their octal number. An empty one becomes `""`, as in Python.
 *
 * @param value The value; Latin-1.
 * @returns The value as it travels.
 * @throws {TypeError} When a character is above U+00FF.
 */
export function quoteCookie(value: string): string {
  if (BARE.test(value)) return value;
  let quoted = "";
  for (let i = 0; i < value.length; i++) {
    const character = value[i]!;
    const code = value.charCodeAt(i);
    if (code > 0xff) {
      throw new TypeError(
        `Cannot set cookie: character above U+00FF, encode the value first: ${character}`,
      );
    }
    if (character === '"' || character === "\\") quoted += `\\${character}`;
    else if (UNESCAPED.test(character)) quoted += character;
    else quoted += `\\${code.toString(8).padStart(3, "0")}`;
  }
  return `"${quoted}"`;
}

/**
 * Builds the value of a `Set-Cookie` field. Attributes come in alphabetical order, as in Tornado.
 *
 * @param name The name; token characters and `:`, and not the name of an attribute.
 * @param value The value; Latin-1, quoted where it must be.
 * @param attributes The attributes.
 * @returns The field value.
 * @throws {TypeError} When the name, a value or an attribute holds what it must not.
 * @throws {RangeError} When `maxAge` is not an integer or `expires` not a date.
 *
 * @example A session cookie
 * ```ts
 * import { formatSetCookie } from "@denado/denado/http";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(
 *   formatSetCookie("id", "42", { path: "/", httpOnly: true, maxAge: 60 }),
 *   "id=42; HttpOnly; Max-Age=60; Path=/",
 * );
 * ```
 */
export function formatSetCookie(
  name: string,
  value: string,
  attributes: CookieAttributes = {},
): string {
  if (!BARE.test(name)) throw new TypeError(`Cannot set cookie: invalid name ${quote(name)}`);
  if (isAttributeName(name)) throw new TypeError(`Cannot set cookie: ${quote(name)} is the name of an attribute`);
  const { domain, expires, maxAge, path, sameSite } = attributes;
  let text = `${name}=${quoteCookie(value)}`;
  if (domain !== undefined && domain !== "") {
    text += `; Domain=${attributeValue("domain", domain)}`;
  }
  if (expires !== undefined) text += `; expires=${formatTimestamp(expires)}`;
  if (attributes.httpOnly) text += "; HttpOnly";
  if (maxAge !== undefined) {
    if (!Number.isSafeInteger(maxAge)) {
      throw new RangeError(`Cannot set cookie: max-age must be an integer: ${quote(maxAge)}`);
    }
    text += `; Max-Age=${maxAge}`;
  }
  if (attributes.partitioned) text += "; Partitioned";
  if (path !== undefined && path !== "") text += `; Path=${attributeValue("path", path)}`;
  if (sameSite !== undefined && sameSite !== "") {
    text += `; SameSite=${attributeValue("samesite", sameSite)}`;
  }
  if (attributes.secure) text += "; Secure";
  return text;
}

/** Whether {@linkcode formatSetCookie} would take a name; what {@linkcode parseCookie} finds may have any. */
export function isCookieName(name: string): boolean {
  return BARE.test(name) && !isAttributeName(name);
}

/** Python's `_LegalChars`: the characters of a token, and the colon. */
const BARE = /^[A-Za-z0-9!#$%&'*+\-.^_`|~:]+$/;
/** Python's `_UnescapedChars`: what needs quotes but no escape. */
const UNESCAPED = /[A-Za-z0-9!#$%&'*+\-.^_`|~: ()/<=>?@[\]{}]/;

const ATTRIBUTE_NAMES = [
  "comment",
  "domain",
  "expires",
  "httponly",
  "max-age",
  "partitioned",
  "path",
  "samesite",
  "secure",
  "version",
];

function isAttributeName(name: string): boolean {
  return ATTRIBUTE_NAMES.some((reserved) => equalsIgnoreCase(reserved, name));
}

function attributeValue(name: string, value: unknown): string {
  // A semicolon would begin another attribute, a control character another field.
  if (typeof value !== "string" || !/^[\x21-\x3a\x3c-\x7e\x80-\xff]*$/.test(value)) {
    throw new TypeError(`Cannot set cookie: invalid ${name} ${quote(value)}`);
  }
  return value;
}

function quote(value: unknown): string {
  return JSON.stringify(value) ?? String(value);
}
