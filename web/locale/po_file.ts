/**
 * Reads gettext catalogs as translators write them: `.po` files.
 *
 * As `msgfmt` does, what is fuzzy, obsolete or not translated is left out.
 *
 * Source: the GNU gettext manual, 3.
 *
 * @module
 */

import { charsetOf, CONTEXT_SEPARATOR, GettextCatalog } from "./gettext_catalog.ts";

/**
 * Parses a `.po` file.
 *
 * @param source The file as bytes, whose charset its header names, or as text.
 * @throws {SyntaxError} if it is none; the message names the line
 * @throws {RangeError} if its charset is not known
 */
export function parsePoFile(source: string | Uint8Array): GettextCatalog {
  const text = typeof source === "string" ? source : decode(source);
  const messages = new Map<string, readonly string[]>();
  for (const { context, message, forms, isFuzzy } of readEntries(text)) {
    const isHeader = message === "" && context === undefined;
    if ((isFuzzy && !isHeader) || forms.length === 0 || Array.from(forms).some((form) => !form)) continue;
    messages.set(context === undefined ? message : `${context}${CONTEXT_SEPARATOR}${message}`, forms);
  }
  return new GettextCatalog(messages);
}

interface Entry {
  context: string | undefined;
  message: string;
  forms: string[];
  isFuzzy: boolean;
}

/** What a keyword does to an entry, which the strings of the lines that follow are added to. */
type Field = "msgctxt" | "msgid" | "msgid_plural" | number;

function* readEntries(text: string): Generator<Entry, void> {
  let entry: Entry | undefined;
  let field: Field | undefined;
  let isFuzzy = false;
  let lineNumber = 0;
  for (const rawLine of text.split(/\r\n|\r|\n/)) {
    lineNumber++;
    const line = rawLine.trim();
    if (line === "" || line.startsWith("#")) {
      // A comment is that of the next entry.
      if (line.startsWith("#,")) isFuzzy = line.slice(2).split(",").some((flag) => flag.trim() === "fuzzy");
      if (entry !== undefined && entry.forms.length > 0) {
        yield entry;
        entry = field = undefined;
      }
      continue;
    }
    const [, keyword, index, string] = LINE.exec(line) ?? [];
    if (string === undefined) throw syntaxError(lineNumber, `unexpected ${JSON.stringify(line)}`);
    if (keyword !== undefined) {
      const starts = keyword === "msgctxt" || (keyword === "msgid" && field !== "msgctxt");
      if (starts) {
        if (entry !== undefined && entry.forms.length > 0) yield entry;
        else if (entry !== undefined) throw syntaxError(lineNumber, "the entry before has no msgstr");
        entry = { context: undefined, message: "", forms: [], isFuzzy };
        isFuzzy = false;
      }
      if (entry === undefined) throw syntaxError(lineNumber, `${keyword} without msgid`);
      field = keyword === "msgstr" ? Number(index ?? 0) : keyword as Field;
      if (typeof field === "number" && field !== entry.forms.length) {
        throw syntaxError(lineNumber, `msgstr[${field}] is not the next form`);
      }
    }
    if (entry === undefined || field === undefined) throw syntaxError(lineNumber, "a string without a keyword");
    append(entry, field, unescape(string, lineNumber));
  }
  if (entry === undefined) return;
  if (entry.forms.length === 0) throw syntaxError(lineNumber, "the last entry has no msgstr");
  yield entry;
}

const LINE = /^(?:(msgctxt|msgid|msgid_plural|msgstr)(?:\[(\d{1,3})\])?\s*)?"((?:[^"\\]|\\.)*)"$/;

function append(entry: Entry, field: Field, text: string): void {
  if (field === "msgctxt") entry.context = (entry.context ?? "") + text;
  else if (field === "msgid") entry.message += text;
  else if (typeof field === "number") entry.forms[field] = (entry.forms[field] ?? "") + text;
  // The plural of the message is for translators.
}

const ESCAPES: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

/** C's escape sequences. */
function unescape(text: string, line: number): string {
  return text.replace(
    /\\(?:([0-7]{1,3})|x([\da-fA-F]{1,2})|(.))/gs,
    (whole, octal?: string, hex?: string, letter?: string) => {
      if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8));
      if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
      if (letter === '"' || letter === "\\" || letter === "'" || letter === "?") return letter;
      const control = Object.hasOwn(ESCAPES, letter!) ? ESCAPES[letter!] : undefined;
      if (control === undefined) throw syntaxError(line, `unexpected escape ${whole}`);
      return control;
    },
  );
}

function decode(bytes: Uint8Array): string {
  const header = new TextDecoder().decode(bytes.subarray(0, 8192));
  return new TextDecoder(charsetOf(header)).decode(bytes);
}

function syntaxError(line: number, reason: string): SyntaxError {
  return new SyntaxError(`Cannot parse .po file: ${reason} in line ${line}`);
}
