/**
 * The translations of the program: loaded at its start, the same for all requests.
 *
 * Loading is synchronous, as it is in Tornado: it happens once, before there is anything to wait for, and a program that
 * serves before it has its translations would serve the wrong language. It needs `--allow-read` for the directory.
 *
 * Tornado: `tornado.locale.load_translations` and its neighbours.
 *
 * @module
 */

import { join } from "node:path";
import { describeError, genLog } from "../../ioloop/mod.ts";
import { parseCSV } from "./csv.ts";
import type { GettextCatalog } from "./gettext_catalog.ts";
import { parseMoFile } from "./mo_file.ts";
import { parsePoFile } from "./po_file.ts";

/** Translations from a CSV file: by whether they are for several things, one, or neither. */
export type CSVTranslations = Readonly<Record<"plural" | "singular" | "unknown", ReadonlyMap<string, string>>>;

/** The translations for one locale. */
export type Translations =
  | { readonly kind: "csv"; readonly messages: CSVTranslations }
  | { readonly kind: "gettext"; readonly catalog: GettextCatalog };

/** Options of {@linkcode loadTranslations}. */
export interface LoadTranslationsOptions {
  /** The charset of the files. @default UTF-8, or UTF-16 where a file begins with its byte order mark */
  readonly encoding?: string;
}

/** What is loaded. Replaced as a whole, so that caches can tell. */
interface LoadedTranslations {
  readonly defaultCode: string;
  readonly byCode: ReadonlyMap<string, Translations>;
}

let loaded: LoadedTranslations = { defaultCode: "en_US", byCode: new Map() };

/** What is loaded at present. */
export function loadedTranslations(): LoadedTranslations {
  return loaded;
}

/**
 * Sets the locale of the texts in the program itself, which need no translation. @default "en_US"
 *
 * It is used where none of the wanted locales is there.
 */
export function setDefaultLocale(code: string): void {
  loaded = { ...loaded, defaultCode: code };
}

/** The codes of all locales that there are translations for, and of the default one; sorted. */
export function getSupportedLocales(): readonly string[] {
  return [...new Set([...loaded.byCode.keys(), loaded.defaultCode])].sort();
}

/**
 * Loads translations from the CSV files of a directory, instead of those that were loaded before.
 *
 * A file is named by its locale, `es_GT.csv`. Its rows are a text, the translation and, if the text is for a number of
 * things, `singular` or `plural`. Placeholders are Python's, by name: {@linkcode fillPlaceholders}. Rows and files that
 * cannot be used are logged.
 *
 * ```text
 * "I love you","Te amo"
 * "%(name)s liked this","A %(name)s les gustó esto","plural"
 * "%(name)s liked this","A %(name)s le gustó esto","singular"
 * ```
 *
 * @throws {Deno.errors.NotFound} if there is no such directory
 * @throws {RangeError} if the encoding is not known
 */
export function loadTranslations(directory: string, options: LoadTranslationsOptions = {}): void {
  const byCode = new Map<string, Translations>();
  for (const name of namesIn(directory)) {
    if (!name.endsWith(".csv")) continue;
    const code = name.slice(0, -".csv".length);
    if (!/^[a-z]+(?:_[A-Z]+)?$/.test(code)) {
      genLog.error(`Unrecognized locale ${JSON.stringify(code)} (path: ${join(directory, name)})`);
      continue;
    }
    const text = decode(Deno.readFileSync(join(directory, name)), options.encoding);
    byCode.set(code, { kind: "csv", messages: readRows(text, name) });
  }
  replace(byCode);
}

/**
 * Loads translations from a directory of gettext, instead of those that were loaded before:
 * `{directory}/{locale}/LC_MESSAGES/{domain}.mo`, or the `.po` file where there is no `.mo`.
 *
 * The catalog of a language is used for what is missing in that of its regions. A catalog that cannot be read is logged
 * and left out.
 *
 * @throws {Deno.errors.NotFound} if there is no such directory
 */
export function loadGettextTranslations(directory: string, domain: string): void {
  const catalogs = new Map<string, GettextCatalog>();
  for (const code of namesIn(directory)) {
    try {
      const catalog = readCatalog(join(directory, code, "LC_MESSAGES"), domain);
      if (catalog !== undefined) catalogs.set(code, catalog);
    } catch (error) {
      genLog.error(`Cannot load translation for ${JSON.stringify(code)}\n${describeError(error)}`);
    }
  }
  const byCode = new Map<string, Translations>();
  for (const [code, catalog] of catalogs) {
    const language = catalogs.get(code.split("_", 1)[0]!);
    const isRegion = language !== undefined && language !== catalog;
    byCode.set(code, { kind: "gettext", catalog: isRegion ? catalog.withFallback(language) : catalog });
  }
  replace(byCode);
}

function replace(byCode: ReadonlyMap<string, Translations>): void {
  loaded = { ...loaded, byCode };
  genLog.debug(`Supported locales: ${getSupportedLocales().join(", ")}`);
}

function namesIn(directory: string): string[] {
  return Array.from(Deno.readDirSync(directory), ({ name }) => name).sort();
}

function readRows(text: string, name: string): CSVTranslations {
  const messages = { plural: new Map(), singular: new Map(), unknown: new Map() };
  for (const { fields, line } of parseCSV(text)) {
    if (fields.length < 2) continue;
    const [original, translation, indicator] = fields.map((field) => field.trim());
    const number = indicator || "unknown";
    if (!Object.hasOwn(messages, number)) {
      genLog.error(`Unrecognized plural indicator ${JSON.stringify(number)} in ${name} line ${line}`);
      continue;
    }
    messages[number as keyof CSVTranslations].set(original, translation);
  }
  return messages;
}

/** Spreadsheets write UTF-8 and UTF-16 with a byte order mark, which is not part of the text. */
function decode(bytes: Uint8Array, encoding: string | undefined): string {
  if (encoding !== undefined) return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  const [first, second] = bytes;
  const isUtf16 = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
  const charset = isUtf16 ? (first === 0xff ? "utf-16le" : "utf-16be") : "utf-8";
  return new TextDecoder(charset, { fatal: true }).decode(bytes);
}

function readCatalog(directory: string, domain: string): GettextCatalog | undefined {
  const compiled = readIfThere(join(directory, `${domain}.mo`));
  if (compiled !== undefined) return parseMoFile(compiled);
  const source = readIfThere(join(directory, `${domain}.po`));
  return source === undefined ? undefined : parsePoFile(source);
}

function readIfThere(path: string): Uint8Array | undefined {
  try {
    return Deno.readFileSync(path);
  } catch (error) {
    // Beside the directories of locales there may be files.
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return undefined;
    throw error;
  }
}
