/**
 * The field `Sec-WebSocket-Extensions` and other lists of the handshake (RFC 6455 9.1): a strict parser in one pass,
 * which never looks back, so that no input costs more than its length. Pure functions.
 *
 * ```text
 * extension-list  = 1#extension
 * extension       = token *( ";" extension-param )
 * extension-param = token [ "=" ( token | quoted-string ) ]    what is quoted must be a token, too
 * ```
 *
 * @module
 */

import { CHARACTER_CLASSES, isToken, TOKEN_CHAR, trimBlanks } from "../grammar.ts";

/** A parameter of an extension; `true` stands for one without a value. */
export type ExtensionParameter = readonly [name: string, value: string | true];

/** An extension that was offered or accepted. */
export interface Extension {
  /** Its token, as it was written. */
  readonly name: string;
  /** Its parameters in order; a name may come twice, which whoever knows the extension has to judge. */
  readonly parameters: readonly ExtensionParameter[];
}

/** No handshake that means well has more; each would cost an object. */
const MAX_ITEMS = 64;

/**
 * Parses the field; several field lines are joined by commas before.
 *
 * @returns The extensions in order of preference, or `undefined` if the grammar is violated.
 *
 * @example An offer with a parameter
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseExtensions } from "@denado/denado/websocket";
 *
 * assertEquals(parseExtensions("permessage-deflate; client_max_window_bits"), [
 *   { name: "permessage-deflate", parameters: [["client_max_window_bits", true]] },
 * ]);
 * assertEquals(parseExtensions("permessage-deflate; =1"), undefined);
 * ```
 */
export function parseExtensions(text: string): Extension[] | undefined {
  const scanner = new Scanner(text);
  const extensions: Extension[] = [];
  let items = 0;
  for (;;) {
    // RFC 9110 5.6.1.2: a recipient ignores empty elements of a list.
    if (scanner.take(COMMA)) continue;
    if (scanner.atEnd) return extensions;
    const name = scanner.token();
    if (name === undefined) return undefined;
    const parameters: ExtensionParameter[] = [];
    while (scanner.take(SEMICOLON)) {
      const parameter = parseParameter(scanner);
      if (parameter === undefined || ++items > MAX_ITEMS) return undefined;
      parameters.push(parameter);
    }
    extensions.push({ name, parameters });
    if (++items > MAX_ITEMS) return undefined;
    if (!scanner.atEnd && !scanner.take(COMMA)) return undefined;
  }
}

/**
 * Parses the field `Sec-WebSocket-Protocol`: tokens, each once.
 *
 * @returns The names in order of preference, or `undefined` if one is no token or comes twice.
 */
export function parseSubprotocols(text: string): string[] | undefined {
  const names: string[] = [];
  const seen = new Set<string>();
  for (const piece of text.split(",", MAX_ITEMS + 1)) {
    const name = trimBlanks(piece);
    if (name === "") continue;
    if (!isToken(name) || seen.has(name)) return undefined;
    seen.add(name);
    names.push(name);
  }
  return names.length > MAX_ITEMS ? undefined : names;
}

/** Whether a list of tokens, such as the field `Connection`, has this one, in any case. */
export function listHasToken(text: string, token: string): boolean {
  return text.split(",").some((piece) => trimBlanks(piece).toLowerCase() === token);
}

const COMMA = 0x2c;
const SEMICOLON = 0x3b;
const EQUALS = 0x3d;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

function parseParameter(scanner: Scanner): ExtensionParameter | undefined {
  const name = scanner.token();
  if (name === undefined) return undefined;
  if (!scanner.take(EQUALS)) return [name, true];
  const value = scanner.take(QUOTE) ? scanner.quoted() : scanner.token();
  return value === undefined ? undefined : [name, value];
}

/** Moves over a text from left to right, and over blanks behind what it takes. */
class Scanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
    this.#skipBlanks();
  }

  get atEnd(): boolean {
    return this.#at === this.#text.length;
  }

  take(character: number): boolean {
    if (this.#text.charCodeAt(this.#at) !== character) return false;
    this.#at++;
    // A quoted string has blanks of its own.
    if (character !== QUOTE) this.#skipBlanks();
    return true;
  }

  token(): string | undefined {
    const start = this.#at;
    while (isTokenCode(this.#text.charCodeAt(this.#at))) this.#at++;
    if (this.#at === start) return undefined;
    const token = this.#text.slice(start, this.#at);
    this.#skipBlanks();
    return token;
  }

  /** The rest of a quoted string behind its first quotation mark; what it stands for must be a token. */
  quoted(): string | undefined {
    let value = "";
    for (; this.#at < this.#text.length; this.#at++) {
      let code = this.#text.charCodeAt(this.#at);
      if (code === QUOTE) {
        this.#at++;
        this.#skipBlanks();
        return value === "" ? undefined : value;
      }
      if (code === BACKSLASH) code = this.#text.charCodeAt(++this.#at);
      if (!isTokenCode(code)) return undefined;
      value += String.fromCharCode(code);
    }
    return undefined;
  }

  #skipBlanks(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code !== 0x20 && code !== 0x09) return;
      this.#at++;
    }
  }
}

function isTokenCode(code: number): boolean {
  return code < 0x80 && (CHARACTER_CLASSES[code]! & TOKEN_CHAR) !== 0;
}
