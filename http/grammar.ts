/**
 * The character classes and small literals of HTTP grammar, for bytes and for strings.
 *
 * Everything that decides "is this character allowed here" lives in this one table, so that
 * the parser, the header map and the writer cannot disagree. Pure functions: no I/O, no state.
 *
 * The table has one byte per character and one bit per class, because a single load answers
 * for all classes and the table stays in the first-level cache.
 *
 * Sources: RFC 9110 5.5 and 5.6.2 (field value, token), RFC 9112 3 (request line),
 * RFC 3986 3.2.2 (host).
 *
 * @module
 */

/** `tchar`: a character of a token, that is of a method or a field name (RFC 9110 5.6.2). */
export const TOKEN_CHAR = 1;
/** A character of a field value or reason phrase: HTAB, SP, VCHAR, obs-text (RFC 9110 5.5). */
export const FIELD_CHAR = 2;
/**
 * A character of a request target: VCHAR or obs-text. Wider than RFC 3986, as in Tornado,
 * because browsers send characters in queries that the URI grammar does not know.
 */
export const TARGET_CHAR = 4;
/**
 * A character of a registered name or IPv4 address: unreserved, sub-delims, `%`. The comma is
 * left out, because it would hide two `Host` fields joined by an intermediary.
 */
export const HOST_CHAR = 8;
/** A hexadecimal digit. */
export const HEX_CHAR = 16;

/** Carriage return. */
export const CR = 13;
/** Line feed. */
export const LF = 10;
/** Space. */
export const SP = 32;
/** Horizontal tab. */
export const HTAB = 9;

/** For each byte the classes it belongs to, as a sum of the `…_CHAR` constants. */
export const CHARACTER_CLASSES: Uint8Array = buildClasses();

/**
 * Whether the text is a token: a legal method or field name (RFC 9110 5.6.2).
 *
 * @param text The text to look at.
 * @returns True when it has at least one character and all are token characters.
 */
export function isToken(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0x7f || (CHARACTER_CLASSES[code]! & TOKEN_CHAR) === 0) return false;
  }
  return text.length > 0;
}

/**
 * Whether every character may stand in a field value: no control character except HTAB, and
 * nothing above U+00FF, because fields travel as Latin-1 (RFC 9110 5.5).
 *
 * @param text The text to look at; empty is fine, blanks at the ends are too.
 * @returns True when all characters are allowed.
 */
export function isFieldText(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0xff || (CHARACTER_CLASSES[code]! & FIELD_CHAR) === 0) return false;
  }
  return true;
}

/**
 * Removes SP and HTAB at both ends, and nothing else: `String.prototype.trim` would also
 * remove NBSP and NEL, which are data in a field (RFC 9110 5.6.3).
 *
 * @param text The text to trim.
 * @returns The text without outer blanks.
 */
export function trimBlanks(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

/**
 * Compares a region of a text with a name, ignoring the case of ASCII letters.
 *
 * @param text The text that holds the region.
 * @param start Index of its first character; the region is as long as `name`.
 * @param name The name to compare with, in any case.
 * @returns True when they are equal.
 */
export function regionEqualsIgnoreCase(text: string, start: number, name: string): boolean {
  for (let i = 0; i < name.length; i++) {
    const a = text.charCodeAt(start + i);
    const b = name.charCodeAt(i);
    if (a === b) continue;
    // Letters differ by 0x20 only; so do "@" and "`", which is why the range is checked.
    const lower = a | 0x20;
    if (lower !== (b | 0x20) || lower < 0x61 || lower > 0x7a) return false;
  }
  return true;
}

/**
 * Compares two texts, ignoring the case of ASCII letters.
 *
 * @param a One text.
 * @param b The other text.
 * @returns True when they are equal.
 */
export function equalsIgnoreCase(a: string, b: string): boolean {
  return a.length === b.length && regionEqualsIgnoreCase(a, 0, b);
}

/**
 * Parses a non-negative decimal integer: digits only, no sign, no blank, no `_`.
 *
 * Tornado: `http1connection.parse_int`.
 *
 * @param text The digits.
 * @returns The number.
 * @throws {RangeError} When there is anything but digits, or the number needs more than 53 bits.
 */
export function parseInt10(text: string): number {
  if (!/^[0-9]+$/.test(text)) {
    throw new RangeError(`Not a decimal integer: ${JSON.stringify(text)}`);
  }
  return safeInteger(Number.parseInt(text, 10), text);
}

/**
 * Parses a non-negative hexadecimal integer: hex digits only, no sign, no `0x`, no `_`.
 *
 * Tornado: `http1connection.parse_hex_int`.
 *
 * @param text The digits, in any case.
 * @returns The number.
 * @throws {RangeError} When there is anything but digits, or the number needs more than 53 bits.
 */
export function parseHexInt(text: string): number {
  if (!/^[0-9a-fA-F]+$/.test(text)) {
    throw new RangeError(`Not a hexadecimal integer: ${JSON.stringify(text)}`);
  }
  return safeInteger(Number.parseInt(text, 16), text);
}

/**
 * Whether the text is a legal `Host` value: a registered name, IPv4 address or bracketed IP
 * literal, with an optional port (RFC 9110 7.2, RFC 3986 3.2.2). Empty is legal.
 *
 * @param text The value, without outer blanks.
 * @returns True when it is legal.
 */
export function isHost(text: string): boolean {
  let at = 0;
  if (text.charCodeAt(0) === 0x5b /* [ */) {
    at = text.indexOf("]");
    // "[", at least "::", "]"
    if (at < 3 || !/^[0-9A-Za-z:.\-_~!$&'()*+;=]+$/.test(text.slice(1, at))) return false;
    at++;
  } else {
    for (; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code > 0x7f || (CHARACTER_CLASSES[code]! & HOST_CHAR) === 0) break;
      if (code === 0x25 /* % */ && !(isHexAt(text, at + 1) && isHexAt(text, at + 2))) {
        return false;
      }
    }
  }
  if (at === text.length) return true;
  if (text.charCodeAt(at) !== 0x3a /* : */) return false;
  for (at++; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code < 0x30 || code > 0x39) return false;
  }
  return true;
}

function isHexAt(text: string, index: number): boolean {
  const code = text.charCodeAt(index);
  return code < 0x80 && (CHARACTER_CLASSES[code]! & HEX_CHAR) !== 0;
}

function isBlank(code: number): boolean {
  return code === SP || code === HTAB;
}

function safeInteger(value: number, text: string): number {
  if (value > Number.MAX_SAFE_INTEGER) {
    throw new RangeError(`Integer needs more than 53 bits: ${text.slice(0, 40)}`);
  }
  return value;
}

function buildClasses(): Uint8Array {
  const classes = new Uint8Array(256);
  const mark = (characters: string, bit: number): void => {
    for (let i = 0; i < characters.length; i++) {
      const code = characters.charCodeAt(i);
      classes[code] = classes[code]! | bit;
    }
  };
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  const digits = "0123456789";
  mark(letters + digits + "!#$%&'*+-.^_`|~", TOKEN_CHAR);
  mark(letters + digits + "-._~!$&'()*+;=%", HOST_CHAR);
  mark(digits + "abcdefABCDEF", HEX_CHAR);
  for (let code = 0x21; code <= 0xff; code++) {
    if (code !== 0x7f) classes[code] = classes[code]! | FIELD_CHAR | TARGET_CHAR;
  }
  mark(" \t", FIELD_CHAR);
  return classes;
}
