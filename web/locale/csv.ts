/**
 * Reads comma-separated values, as spreadsheets write them (Python's dialect "excel").
 *
 * Fields may be in double quotes, and may then hold commas, line ends and quotes, which are doubled. Nothing is an error:
 * what is no proper quoting is taken as text, as Python's `csv` does. Linear time.
 *
 * Source: RFC 4180.
 *
 * @module
 */

/** A row and the line that it begins at. */
export interface CSVRow {
  readonly fields: readonly string[];
  /** From 1. */
  readonly line: number;
}

/** The rows of a text; a line with nothing in it is a row without fields. */
export function* parseCSV(text: string): Generator<CSVRow, void> {
  let at = 0;
  let line = 1;
  while (at < text.length) {
    const fields: string[] = [];
    const start = line;
    if (isLineEnd(text, at)) {
      at = skipLineEnd(text, at);
    } else {
      let more = true;
      while (more) {
        const { field, end, lines } = readField(text, at);
        fields.push(field);
        line += lines;
        more = text[end] === ",";
        at = more ? end + 1 : skipLineEnd(text, end);
      }
    }
    line++;
    yield { fields, line: start };
  }
}

function readField(text: string, start: number): { field: string; end: number; lines: number } {
  let field = "";
  let lines = 0;
  let at = start;
  if (text[at] === '"') {
    at++;
    while (true) {
      const quote = text.indexOf('"', at);
      const piece = text.slice(at, quote < 0 ? text.length : quote);
      field += piece;
      for (const [match] of piece.matchAll(/\r\n|\r|\n/g)) lines += match.length > 0 ? 1 : 0;
      if (quote < 0) return { field, end: text.length, lines };
      if (text[quote + 1] !== '"') {
        at = quote + 1;
        break;
      }
      field += '"';
      at = quote + 2;
    }
  }
  let end = at;
  while (end < text.length && text[end] !== "," && !isLineEnd(text, end)) end++;
  return { field: field + text.slice(at, end), end, lines };
}

function isLineEnd(text: string, at: number): boolean {
  return text[at] === "\n" || text[at] === "\r";
}

function skipLineEnd(text: string, at: number): number {
  return text.startsWith("\r\n", at) ? at + 2 : at + 1;
}
