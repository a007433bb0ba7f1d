/**
 * Locales: a language, perhaps of a region, with the translations that are loaded for it.
 *
 * Tornado: `tornado.locale.Locale`, `CSVLocale`, `GettextLocale`.
 *
 * @module
 */

import { genLog } from "../../ioloop/mod.ts";
import { parseAcceptLanguage } from "./accept_language.ts";
import { formatDate, type FormatDateOptions, formatDay, type FormatDayOptions } from "./date_format.ts";
import { CONTEXT_SEPARATOR, type GettextCatalog } from "./gettext_catalog.ts";
import { localeName } from "./locale_names.ts";
import { fillPlaceholders } from "./placeholders.ts";
import { type CSVTranslations, loadedTranslations } from "./translations.ts";

/** Languages that are written from right to left. */
const RIGHT_TO_LEFT = /^(?:fa|ar|he)/;

/**
 * A locale. Get one by {@linkcode Locale.getClosest}; handlers have theirs as `this.locale`.
 *
 * @example
 * ```ts
 * import { Locale } from "@denado/denado/locale";
 * import { assertEquals } from "@std/assert";
 *
 * const locale = Locale.getClosest("en-US");
 * const date = Date.UTC(2013, 3, 28, 18, 35);
 * assertEquals(locale.formatDate(date, { nowMs: date + 120_000 }), "2 minutes ago");
 * assertEquals(locale.formatDate(date, { fullFormat: true }), "April 28, 2013 at 6:35 pm");
 * assertEquals(locale.list(["A", "B", "C"]), "A, B and C");
 * ```
 */
export abstract class Locale {
  /** The code: `en_US`, `pt`. */
  readonly code: string;
  /** Its name in its own language: `Español`; "Unknown" if it has none. */
  readonly name: string;
  /** Whether it is written from right to left. */
  readonly rtl: boolean;

  /** A locale with a code. */
  constructor(code: string) {
    this.code = code;
    this.name = localeName(code);
    this.rtl = RIGHT_TO_LEFT.test(code);
  }

  /**
   * The locale for the first of some codes that is supported, or whose language is: `es_LA`, `es-la` and `es` all find
   * `es`. Otherwise the default locale.
   *
   * @param codes Codes, the most wanted first. What is no code finds nothing.
   */
  static getClosest(...codes: readonly (string | null | undefined)[]): Locale {
    const { byCode, defaultCode } = loadedTranslations();
    const isSupported = (code: string) => byCode.has(code) || code === defaultCode;
    for (const wanted of codes) {
      const parts = wanted?.replaceAll("-", "_").split("_") ?? [];
      const [language, region] = [parts[0]?.toLowerCase() ?? "", parts.at(-1)!];
      // A script may stand between the two: zh-Hans-CN.
      const isRegional = parts.length === 2 || (parts.length === 3 && /^[A-Za-z]{4}$/.test(parts[1]!));
      if (language === "" || (parts.length > 1 && !isRegional)) continue;
      const code = isRegional ? `${language}_${region.toUpperCase()}` : wanted!;
      if (isSupported(code)) return Locale.get(code);
      if (isSupported(language)) return Locale.get(language);
    }
    return Locale.get(defaultCode);
  }

  /**
   * The locale of a code.
   *
   * @throws {RangeError} if it is not supported
   */
  static get(code: string): Locale {
    const translations = loadedTranslations();
    let cache = caches.get(translations);
    if (cache === undefined) caches.set(translations, cache = new Map());
    let locale = cache.get(code);
    if (locale === undefined) {
      locale = createLocale(code);
      cache.set(code, locale);
    }
    return locale;
  }

  /**
   * The translation of a message, or the message where there is none.
   *
   * @param message The message; for one thing, if there is a plural.
   * @param pluralMessage The message for several things.
   * @param count How many things there are.
   * @throws {TypeError} if there is a plural without a count
   */
  abstract translate(message: string, pluralMessage?: string, count?: number): string;

  /** As {@linkcode translate}, for a message that means something else in other contexts. */
  abstract pgettext(context: string, message: string, pluralMessage?: string, count?: number): string;

  /**
   * Formats a date, by default relative to the present: "2 minutes ago". It is meant for the past; the future is told in
   * full.
   *
   * @param date A date, or milliseconds since 1970.
   * @throws {RangeError} if it is no date
   */
  formatDate(date: Date | number, options: FormatDateOptions = {}): string {
    return formatDate(this, date, options);
  }

  /**
   * Formats a date as a day: "Monday, January 22".
   *
   * @param date A date, or milliseconds since 1970.
   * @throws {RangeError} if it is no date
   */
  formatDay(date: Date | number, options: FormatDayOptions = {}): string {
    return formatDay(this, date, options);
  }

  /** A list in words: "A, B and C". */
  list(parts: readonly string[]): string {
    const last = parts.at(-1);
    if (last === undefined) return "";
    if (parts.length === 1) return last;
    const comma = this.code.startsWith("fa") ? " \u0648 " : ", ";
    return fillPlaceholders(this.translate("%(commas)s and %(last)s"), {
      commas: parts.slice(0, -1).join(comma),
      last,
    });
  }

  /** A number with commas between its thousands, in English; other languages get it as it is. */
  friendlyNumber(value: number | bigint): string {
    if (this.code !== "en" && this.code !== "en_US") return String(value);
    return value.toLocaleString("en-US", { maximumFractionDigits: 20 });
  }
}

/** A locale with the translations of a CSV file. */
export class CSVLocale extends Locale {
  /** The translations. */
  readonly translations: CSVTranslations | undefined;

  /** A locale; without translations it returns messages as they are. */
  constructor(code: string, translations?: CSVTranslations) {
    super(code);
    this.translations = translations;
  }

  /** The translation of a message; for a count of 1 the row with `singular`, for another the one with `plural`. */
  override translate(message: string, pluralMessage?: string, count?: number): string {
    if (pluralMessage === undefined) return this.translations?.unknown.get(message) ?? message;
    if (checkCount(count) === 1) return this.translations?.singular.get(message) ?? message;
    return this.translations?.plural.get(pluralMessage) ?? pluralMessage;
  }

  /** There are no contexts in CSV files: logs a warning if there are translations, and leaves the context out. */
  override pgettext(_context: string, message: string, pluralMessage?: string, count?: number): string {
    if (this.translations !== undefined) genLog.warning("pgettext is not supported by CSVLocale");
    return this.translate(message, pluralMessage, count);
  }
}

/** A locale with the translations of a gettext catalog. */
export class GettextLocale extends Locale {
  /** The translations. */
  readonly catalog: GettextCatalog;

  /** A locale with a catalog. */
  constructor(code: string, catalog: GettextCatalog) {
    super(code);
    this.catalog = catalog;
  }

  /** The translation of a message, by the plural rule of the catalog. */
  override translate(message: string, pluralMessage?: string, count?: number): string {
    if (pluralMessage === undefined) return this.catalog.find(message) ?? message;
    const number = checkCount(count);
    return this.catalog.findPlural(message, number) ?? (number === 1 ? message : pluralMessage);
  }

  /** The translation of a message in a context; a plural without one in the context is looked up without it. */
  override pgettext(context: string, message: string, pluralMessage?: string, count?: number): string {
    const key = `${context}${CONTEXT_SEPARATOR}${message}`;
    if (pluralMessage === undefined) return this.catalog.find(key) ?? message;
    return this.catalog.findPlural(key, checkCount(count)) ?? this.translate(message, pluralMessage, count);
  }
}

/**
 * The closest locale for some codes: {@linkcode Locale.getClosest} as a function. Tornado: `tornado.locale.get`.
 */
export function getLocale(...codes: readonly (string | null | undefined)[]): Locale {
  return Locale.getClosest(...codes);
}

/**
 * The locale that fits an `Accept-Language` header best.
 *
 * @param acceptLanguage The value of the header, if there is one.
 * @param defaultCode The locale where there is none, or none that names a language.
 *
 * @example
 * ```ts
 * import { closestLocale } from "@denado/denado/locale";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(closestLocale("xx, en-US;q=0.5").code, "en_US");
 * assertEquals(closestLocale(undefined).code, "en_US");
 * ```
 */
export function closestLocale(acceptLanguage: string | undefined, defaultCode = "en_US"): Locale {
  const codes = acceptLanguage === undefined ? [] : parseAcceptLanguage(acceptLanguage);
  return codes.length === 0 ? Locale.getClosest(defaultCode) : Locale.getClosest(...codes);
}

/** The locales that were made of what was loaded; they go when something else is loaded. */
const caches = new WeakMap<object, Map<string, Locale>>();

function createLocale(code: string): Locale {
  const { byCode, defaultCode } = loadedTranslations();
  const translations = byCode.get(code);
  if (translations === undefined) {
    if (code !== defaultCode) throw new RangeError(`Cannot get locale ${JSON.stringify(code)}: it is not supported`);
    return new CSVLocale(code);
  }
  if (translations.kind === "csv") return new CSVLocale(code, translations.messages);
  return new GettextLocale(code, translations.catalog);
}

function checkCount(count: number | undefined): number {
  if (count === undefined) throw new TypeError("Cannot translate a plural: count is missing");
  return count;
}
