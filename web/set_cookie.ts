/**
 * The cookies that a handler sets: one `Set-Cookie` value from a name, a value and options that may come from anywhere.
 *
 * A cookie that browsers would drop without a word is refused here, where somebody reads the error. Options are checked
 * when the program runs too, not only when it compiles: a misspelt `httpOnly` must not make a cookie that scripts can
 * read. Pure functions.
 *
 * Sources: RFC 6265; RFC 6265bis 4.1.3 (prefixes), 4.1.2.7 and 5.7 (`SameSite`); CHIPS for `Partitioned`.
 * Tornado: `RequestHandler.set_cookie`.
 *
 * @module
 */

import { type CookieAttributes, formatSetCookie } from "../http/mod.ts";

/** Whether a cookie comes with requests from other sites; case does not matter to browsers. */
export type SameSite = "Strict" | "Lax" | "None" | "strict" | "lax" | "none";

/** What belongs to a cookie whether it is set or cleared. */
export interface ClearCookieOptions {
  /** The host that gets the cookie, with all below it. @default the host that sets it, alone */
  readonly domain?: string | undefined;
  /** Keep the cookie from scripts. @default false */
  readonly httpOnly?: boolean | undefined;
  /** A separate cookie for each site that a page is embedded in; needs `secure`. @default false */
  readonly partitioned?: boolean | undefined;
  /** Where on the host the cookie is sent. @default "/" */
  readonly path?: string | undefined;
  /** Whether the cookie comes with requests from other sites; `None` needs `secure`. @default what the browser does */
  readonly sameSite?: SameSite | undefined;
  /** Send it over TLS only. @default false */
  readonly secure?: boolean | undefined;
}

/** Options of `setCookie`. */
export interface SetCookieOptions extends ClearCookieOptions {
  /** When it expires: a date, or milliseconds since the epoch. @default with the session of the browser */
  readonly expires?: Date | number | undefined;
  /** In how many days it expires; `null` for with the session. `expires` goes before it. */
  readonly expiresDays?: number | null | undefined;
  /** In how many seconds it expires, as it travels; a whole number, 0 removes the cookie. */
  readonly maxAge?: number | undefined;
}

const DAY_MS = 86_400_000;

/** The names of all options, and whether they are flags. */
const OPTION_IS_FLAG: Readonly<Record<keyof SetCookieOptions, boolean>> = {
  domain: false,
  expires: false,
  expiresDays: false,
  httpOnly: true,
  maxAge: false,
  partitioned: true,
  path: false,
  sameSite: false,
  secure: true,
};

/**
 * Builds the value of a `Set-Cookie` field.
 *
 * @throws {TypeError} if a name, value or option holds what it must not, does not exist, or belongs to a cookie that
 * browsers refuse: `__Secure-` and `__Host-` names, `Partitioned` and `SameSite=None` without what they need
 * @throws {RangeError} if a number or date is none
 */
export function buildSetCookie(name: string, value: string, options: SetCookieOptions = {}): string {
  checkOptions(name, options);
  // deno-lint-ignore no-control-regex -- as in Tornado: they could be quoted, but not every reader undoes that
  if (typeof value !== "string" || /[\x00-\x20]/.test(value)) {
    throw new TypeError(`Cannot set cookie ${show(name)}: no blanks and control characters in a value: ${show(value)}`);
  }
  const { expiresDays, path = "/", ...rest } = options;
  const attributes: CookieAttributes = { path };
  for (const [key, attribute] of Object.entries(rest)) {
    if (attribute !== undefined) Object.assign(attributes, { [key]: attribute });
  }
  if (attributes.expires === undefined && expiresDays !== undefined && expiresDays !== null) {
    if (!Number.isFinite(expiresDays)) {
      throw new RangeError(`Cannot set cookie ${show(name)}: expiresDays must be a number: ${show(expiresDays)}`);
    }
    attributes.expires = Date.now() + expiresDays * DAY_MS;
  }
  checkRequirements(name, attributes);
  return formatSetCookie(name, value, attributes);
}

/** The options that a cookie with this name must have, by its prefix, whose case does not matter to browsers. */
export function optionsOfCookieName(name: string): ClearCookieOptions {
  const prefix = /^__(?:secure|host-http|host|http)-/i.exec(name)?.[0].toLowerCase();
  if (prefix === undefined) return {};
  return {
    secure: true,
    ...prefix.startsWith("__host-") ? { path: "/", domain: undefined } : {},
    ...prefix.endsWith("http-") ? { httpOnly: true } : {},
  };
}

function checkOptions(name: string, options: SetCookieOptions): void {
  for (const [key, value] of Object.entries(options)) {
    if (!Object.hasOwn(OPTION_IS_FLAG, key)) {
      throw new TypeError(`Cannot set cookie ${show(name)}: there is no option ${show(key)}`);
    }
    const isFlag = OPTION_IS_FLAG[key as keyof SetCookieOptions];
    if (isFlag && value !== undefined && typeof value !== "boolean") {
      throw new TypeError(`Cannot set cookie ${show(name)}: ${key} must be true or false: ${show(value)}`);
    }
  }
}

function checkRequirements(
  name: string,
  { domain, httpOnly, partitioned, path, sameSite, secure }: CookieAttributes,
): void {
  const refuse = (what: string) => {
    throw new TypeError(`Cannot set cookie ${show(name)}: ${what}`);
  };
  if (sameSite !== undefined && sameSite !== "" && !/^(?:strict|lax|none)$/i.test(sameSite)) {
    refuse(`sameSite must be Strict, Lax or None: ${show(sameSite)}`);
  }
  if (partitioned && !secure) refuse("partitioned needs secure");
  if (sameSite?.toLowerCase() === "none" && !secure) refuse("sameSite None needs secure");
  const needed = optionsOfCookieName(name);
  if (needed.secure && !secure) refuse("its name needs secure");
  if (needed.httpOnly && !httpOnly) refuse("its name needs httpOnly");
  if (needed.path !== undefined && path !== needed.path) refuse('its name needs the path "/"');
  if ("domain" in needed && domain !== undefined && domain !== "") refuse("its name forbids a domain");
}

function show(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : Deno.inspect(value);
}
