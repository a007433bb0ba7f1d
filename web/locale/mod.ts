/**
 * Locales: translations from CSV files or gettext, dates, lists and numbers as people write them.
 *
 * Load the translations at the start of the program; then each request finds the locale of its client.
 *
 * @example
 * ```ts
 * import { fillPlaceholders, getLocale, loadTranslations } from "@denado/denado/locale";
 * import { assertEquals } from "@std/assert";
 *
 * const directory = await Deno.makeTempDir();
 * await Deno.writeTextFile(`${directory}/fr_FR.csv`, '"Hello, %(name)s","Bonjour, %(name)s"');
 * loadTranslations(directory);
 *
 * const locale = getLocale("fr-FR", "en");
 * assertEquals(locale.name, "Français");
 * assertEquals(fillPlaceholders(locale.translate("Hello, %(name)s"), { name: "Ann" }), "Bonjour, Ann");
 * await Deno.remove(directory, { recursive: true });
 * ```
 *
 * @module
 */

export * from "./accept_language.ts";
export type { FormatDateOptions, FormatDayOptions } from "./date_format.ts";
export { CONTEXT_SEPARATOR, GettextCatalog } from "./gettext_catalog.ts";
export * from "./locale.ts";
export * from "./locale_names.ts";
export { parseMoFile } from "./mo_file.ts";
export * from "./placeholders.ts";
export { parsePoFile } from "./po_file.ts";
export {
  type CSVTranslations,
  getSupportedLocales,
  loadGettextTranslations,
  loadTranslations,
  type LoadTranslationsOptions,
  setDefaultLocale,
} from "./translations.ts";
