/**
 * What a handler reads and sets of cookies, plain and signed.
 *
 * Reading sees what the client sent; what is set is seen by the next request. Cookies that are set outlive `clear`, so
 * an error page sets them as well, as in Tornado.
 *
 * @module
 */

import { buildSetCookie, type ClearCookieOptions, optionsOfCookieName, type SetCookieOptions } from "../set_cookie.ts";
import {
  createSignedValue,
  decodeSignedValue,
  type DecodeSignedValueOptions,
  getSignatureKeyVersion,
  type SignedValueVersion,
} from "../signed_value.ts";
import { ArgumentHandler } from "./arguments.ts";

/** Options of `setSignedCookie`. */
export interface SetSignedCookieOptions extends SetCookieOptions {
  /** In how many days the browser drops it; `null` for at the end of the session. @default 30 */
  readonly expiresDays?: number | null | undefined;
  /** The format of the signed value. @default 2 */
  readonly version?: SignedValueVersion | undefined;
}

/** Options of `getSignedCookie`. */
export interface GetSignedCookieOptions extends Pick<DecodeSignedValueOptions, "maxAgeDays" | "minVersion"> {
  /** A value to read instead of the cookie: one that was signed by `createSignedValue` and came another way. */
  readonly value?: string | undefined;
}

const YEAR_MS = 365 * 86_400_000;
const SIGNED_COOKIES = "signed cookies";

/** Reads and sets cookies; a part of {@linkcode RequestHandler}. */
export abstract class CookieHandler extends ArgumentHandler {
  /** The `Set-Cookie` values by name. */
  #newCookies: Map<string, string> | undefined;

  /** The cookies that the client sent, by name. */
  get cookies(): ReadonlyMap<string, string> {
    return this.request.cookies;
  }

  /** The value of a cookie that the client sent, or `undefined`. Each character stands for a byte. */
  getCookie(name: string): string | undefined;
  /** The value of a cookie that the client sent, or the default. */
  getCookie<Default>(name: string, defaultValue: Default): string | Default;
  getCookie(name: string, defaultValue?: unknown): unknown {
    return this.request.getCookie(name) ?? defaultValue;
  }

  /**
   * Sets a cookie, in place of one of the same name that this handler set before.
   *
   * @param value Latin-1 without blanks and control characters; what cannot stand bare is quoted.
   * @throws {TypeError} if a name, value or option holds what it must not, or browsers would refuse the cookie
   * @throws {RangeError} if a number or date is none
   * @throws {Error} if the head was sent already
   */
  setCookie(name: string, value: string, options?: SetCookieOptions): void {
    const field = buildSetCookie(name, value, options);
    if (this.headersWritten) {
      throw new Error(`Cannot set cookie ${JSON.stringify(name)}: the headers were sent already`);
    }
    const cookies = this.#newCookies ??= new Map();
    cookies.delete(name); // the last one that was set is the last one that is sent
    cookies.set(name, field);
  }

  /**
   * Removes a cookie from the browser. `domain` and `path` must be those that it was set with, and sometimes
   * `sameSite` and `secure`, too. What the prefix of its name promises, such as `secure`, need not be said.
   *
   * @throws {TypeError} as {@linkcode setCookie}, and for `expires`, `expiresDays` and `maxAge`
   */
  clearCookie(name: string, options: ClearCookieOptions = {}): void {
    for (const key of ["expires", "expiresDays", "maxAge"]) {
      if (key in options) {
        throw new TypeError(`Cannot clear cookie ${JSON.stringify(name)}: ${key} is not for it to say`);
      }
    }
    this.setCookie(name, "", { ...options, ...optionsOfCookieName(name), expires: Date.now() - YEAR_MS });
  }

  /**
   * Removes all cookies that the client sent. It works only for those that were set with these options; better clear
   * each by its name.
   */
  clearAllCookies(options?: ClearCookieOptions): void {
    for (const name of this.cookies.keys()) this.clearCookie(name, options);
  }

  // --- signed cookies ---

  /**
   * Sets a cookie that the client can read and not change. Needs the setting `cookieSecret`.
   *
   * @example A cookie that comes back
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { Application, RequestHandler } from "@denado/denado";
   *
   * class Visits extends RequestHandler {
   *   override get() {
   *     const visits = Number(this.getSignedCookieText("visits") ?? 0) + 1;
   *     this.setSignedCookie("visits", String(visits), { httpOnly: true, sameSite: "Lax" });
   *     this.write({ visits });
   *   }
   * }
   *
   * const app = new Application([["/", Visits]], { cookieSecret: crypto.randomUUID() });
   * const server = app.listen(0, { address: "127.0.0.1" });
   * const url = `http://127.0.0.1:${server.port}/`;
   * const first = await fetch(url);
   * assertEquals(await first.json(), { visits: 1 });
   * const [cookie] = first.headers.getSetCookie();
   * const second = await fetch(url, { headers: { Cookie: cookie!.split(";")[0]! } });
   * assertEquals(await second.json(), { visits: 2 });
   * server.stop();
   * await server.closeAllConnections();
   * ```
   *
   * @param value Bytes, or text to be kept as UTF-8.
   * @throws {TypeError} as {@linkcode setCookie}, and without `cookieSecret`
   */
  setSignedCookie(name: string, value: string | Uint8Array, options: SetSignedCookieOptions = {}): void {
    const { version, expiresDays = 30, ...rest } = options;
    this.setCookie(name, this.createSignedValue(name, value, { version }), { ...rest, expiresDays });
  }

  /** Signs a value with the settings `cookieSecret` and `keyVersion`, for other things than cookies. */
  createSignedValue(
    name: string,
    value: string | Uint8Array,
    options: { readonly version?: SignedValueVersion | undefined } = {},
  ): string {
    const secret = this.requireSetting("cookieSecret", SIGNED_COOKIES);
    const hasVersions = typeof secret === "object" && !(secret instanceof Uint8Array);
    const keyVersion = hasVersions ? this.settings.keyVersion : undefined;
    return createSignedValue(name, value, { secret, keyVersion, ...options });
  }

  /**
   * The bytes of a signed cookie, or `undefined` if the client sent none, changed it or kept it too long.
   *
   * @throws {TypeError} without the setting `cookieSecret`
   */
  getSignedCookie(name: string, options: GetSignedCookieOptions = {}): Uint8Array<ArrayBuffer> | undefined {
    const secret = this.requireSetting("cookieSecret", SIGNED_COOKIES);
    const { value = this.getCookie(name), ...rest } = options;
    return decodeSignedValue(name, value, { secret, ...rest });
  }

  /** The text of a signed cookie; `undefined` as {@linkcode getSignedCookie}, and where it is not UTF-8. */
  getSignedCookieText(name: string, options?: GetSignedCookieOptions): string | undefined {
    const bytes = this.getSignedCookie(name, options);
    if (bytes === undefined) return undefined;
    try {
      return utf8.decode(bytes);
    } catch {
      return undefined; // signed as bytes, by somebody who meant something else
    }
  }

  /** Which secret a signed cookie says it was signed with, unchecked; for keys that are to be retired. */
  getSignedCookieKeyVersion(name: string, options: Pick<GetSignedCookieOptions, "value"> = {}): number | undefined {
    this.requireSetting("cookieSecret", SIGNED_COOKIES);
    const { value = this.getCookie(name) } = options;
    return value === undefined ? undefined : getSignatureKeyVersion(value);
  }

  /** The older name of {@linkcode setSignedCookie}. */
  setSecureCookie(name: string, value: string | Uint8Array, options?: SetSignedCookieOptions): void {
    this.setSignedCookie(name, value, options);
  }

  /** The older name of {@linkcode getSignedCookie}. */
  getSecureCookie(name: string, options?: GetSignedCookieOptions): Uint8Array<ArrayBuffer> | undefined {
    return this.getSignedCookie(name, options);
  }

  /** The older name of {@linkcode getSignedCookieKeyVersion}. */
  getSecureCookieKeyVersion(name: string, options?: Pick<GetSignedCookieOptions, "value">): number | undefined {
    return this.getSignedCookieKeyVersion(name, options);
  }

  /** Adds what was set to the headers; not twice, should the first attempt to send them have failed. */
  protected override beforeHead(): void {
    if (this.#newCookies === undefined) return;
    const { responseHeaders } = this;
    const present = responseHeaders.getList("Set-Cookie");
    for (const field of this.#newCookies.values()) {
      if (!present.includes(field)) responseHeaders.add("Set-Cookie", field);
    }
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
