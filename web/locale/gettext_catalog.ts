/**
 * The messages of a gettext catalog, wherever they were read from.
 *
 * @module
 */

import { GERMANIC, parsePluralForms, type PluralRule } from "./plural_forms.ts";

/** Separates a context from its message, in the keys of a catalog. */
export const CONTEXT_SEPARATOR = "\x04";

/** Messages and their translations. Python: `gettext.GNUTranslations`. */
export class GettextCatalog {
  /** The header fields of the catalog, their names in lower case. */
  readonly metadata: ReadonlyMap<string, string>;
  readonly #messages: ReadonlyMap<string, readonly string[]>;
  readonly #plural: PluralRule;
  readonly #fallback: GettextCatalog | undefined;

  /**
   * A catalog of translations by message; with the forms for each plural. A message with a context is its key behind the
   * context and {@linkcode CONTEXT_SEPARATOR}.
   *
   * @param fallback Where to look for what is not in here, such as the catalog of `fr` for one of `fr_CA`.
   * @throws {SyntaxError} if the header has a plural rule that is none
   */
  constructor(messages: ReadonlyMap<string, readonly string[]>, fallback?: GettextCatalog) {
    this.#messages = messages;
    this.metadata = parseMetadata(messages.get("")?.[0] ?? "");
    const pluralForms = this.metadata.get("plural-forms");
    this.#plural = pluralForms === undefined ? GERMANIC : parsePluralForms(pluralForms);
    this.#fallback = fallback;
  }

  /** The same messages with another fallback. */
  withFallback(fallback: GettextCatalog): GettextCatalog {
    return new GettextCatalog(this.#messages, fallback);
  }

  /** The translation of a message, in its singular form; `undefined` if there is none. */
  find(message: string): string | undefined {
    const forms = this.#messages.get(message);
    if (forms === undefined) return this.#fallback?.find(message);
    return forms.length === 1 ? forms[0] : forms[this.#plural(1)] ?? forms[0];
  }

  /** The translation of a message for a number of things; `undefined` if there is none. */
  findPlural(message: string, count: number): string | undefined {
    return this.#messages.get(message)?.[this.#plural(count)] ?? this.#fallback?.findPlural(message, count);
  }
}

/** `Name: value` lines; a line without a name goes on with the value of the one before. */
function parseMetadata(header: string): Map<string, string> {
  const metadata = new Map<string, string>();
  let last: string | undefined;
  for (const line of header.split("\n")) {
    if (line.trim() === "" || line.startsWith("#-#-#-#-#")) continue;
    const colon = line.indexOf(":");
    if (colon >= 0) {
      last = line.slice(0, colon).trim().toLowerCase();
      metadata.set(last, line.slice(colon + 1).trim());
    } else if (last !== undefined) {
      metadata.set(last, `${metadata.get(last)}\n${line.trim()}`);
    }
  }
  return metadata;
}

/** The charset in a header: gettext's `charset=UTF-8` in the `Content-Type`. @default "utf-8" */
export function charsetOf(header: string): string {
  return /charset=([\w.:-]+)/i.exec(header)?.[1]?.replace(/^charset$/i, "utf-8") ?? "utf-8";
}
