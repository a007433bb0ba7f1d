/**
 * Tokens against cross-site request forgery.
 *
 * A random token is kept in a cookie and comes back with each form, which another site can send and not read. On every
 * page it is masked anew, so that what compression tells of a page tells nothing of the token (BREACH). The formats are
 * Tornado's:
 *
 * ```text
 * version 1   hex(token), or any text, which is then its own token
 * version 2   "2|" hex(mask) "|" hex(token masked) "|" seconds
 * ```
 *
 * Source: Tornado's `xsrf_token`, `_get_raw_xsrf_token`, `_decode_xsrf_token` and `check_xsrf_cookie`.
 *
 * @module
 */

import { timingSafeEqual } from "node:crypto";
import { buildSetCookie, type SetCookieOptions } from "./set_cookie.ts";

/** The version of a token's format. */
export type XsrfCookieVersion = 1 | 2;

/** A token as it is under its mask. */
export interface XsrfToken {
  /** The format that it was read from; `undefined` for a new one. */
  readonly version: XsrfCookieVersion | undefined;
  /** The random bytes. */
  readonly bytes: Uint8Array;
  /** When it was made, in seconds since the epoch. */
  readonly seconds: number;
}

/** What {@linkcode checkXsrfSettings} looks at; a part of the settings of an application. */
export interface XsrfSettings {
  readonly xsrfCookies?: boolean;
  readonly xsrfCookieKwargs?: SetCookieOptions;
  readonly xsrfCookieName?: string;
  readonly xsrfCookieVersion?: XsrfCookieVersion;
}

/** The name of the cookie, unless a setting says otherwise, and of the form field always. */
export const XSRF_NAME = "_xsrf";

const TOKEN_BYTES = 16;
const MASK_BYTES = 4;

const encoder = new TextEncoder();

/** A new token. */
export function createXsrfToken(): XsrfToken {
  const bytes = crypto.getRandomValues(new Uint8Array(TOKEN_BYTES));
  return { version: undefined, bytes, seconds: Math.floor(Date.now() / 1000) };
}

/**
 * Writes a token; in version 2 differently each time.
 *
 * @throws {RangeError} if there is no such version
 */
export function encodeXsrfToken(token: XsrfToken, version: XsrfCookieVersion = 2): string {
  if (version === 1) return token.bytes.toHex();
  if (version !== 2) throw new RangeError(`Cannot write an XSRF token in version ${version}: there are 1 and 2`);
  const mask = crypto.getRandomValues(new Uint8Array(MASK_BYTES));
  return `2|${mask.toHex()}|${masked(mask, token.bytes).toHex()}|${token.seconds}`;
}

/** Reads a token as a client sent it; `undefined` if it is malformed or of an unknown version. */
export function decodeXsrfToken(text: string): XsrfToken | undefined {
  if (!/^[1-9][0-9]*\|/.test(text)) {
    return { version: 1, bytes: fromHex(text) ?? encoder.encode(text), seconds: Math.floor(Date.now() / 1000) };
  }
  const [version, maskText, tokenText, secondsText, ...rest] = text.split("|", 5);
  if (version !== "2" || secondsText === undefined || rest.length > 0) return undefined;
  const mask = fromHex(maskText!);
  const bytes = fromHex(tokenText!);
  if (mask?.length !== MASK_BYTES || bytes === undefined || !/^[0-9]{1,15}$/.test(secondsText)) return undefined;
  return { version: 2, bytes: masked(mask, bytes), seconds: Number(secondsText) };
}

/** Whether two tokens are one. The time that it takes depends on their lengths only. An empty one equals none. */
export function equalXsrfTokens(a: XsrfToken, b: XsrfToken): boolean {
  return a.bytes.length > 0 && a.bytes.length === b.bytes.length && timingSafeEqual(a.bytes, b.bytes);
}

/**
 * Finds out at once whether the cookie of these settings could ever be set, and not with the first form.
 *
 * @throws {TypeError} if it could not
 * @throws {RangeError} if there is no such version
 */
export function checkXsrfSettings(settings: XsrfSettings): void {
  const { xsrfCookies, xsrfCookieName = XSRF_NAME, xsrfCookieKwargs, xsrfCookieVersion } = settings;
  if (!xsrfCookies) return;
  buildSetCookie(xsrfCookieName, encodeXsrfToken(createXsrfToken(), xsrfCookieVersion), xsrfCookieKwargs);
}

function masked(mask: Uint8Array, bytes: Uint8Array): Uint8Array {
  return bytes.map((byte, index) => byte ^ mask[index % MASK_BYTES]!);
}

function fromHex(text: string): Uint8Array | undefined {
  return text.length % 2 === 0 && /^[0-9a-fA-F]*$/.test(text) ? Uint8Array.fromHex(text) : undefined;
}
