/**
 * `HTTPHeaders`: an ordered, case-insensitive multi-map of field lines.
 *
 * It knows nothing about connections or framing. Two forms are kept apart:
 *
 * - *received*: one string with the whole head and the offsets of names and values in it, as the
 *   parser recorded them. A look-up scans the offsets and cuts out only what is asked for: most
 *   requests ask for two or three fields of a dozen.
 * - *lists*: one array of names and one of values. The first change turns a received map into
 *   lists.
 *
 * Invariants: names are tokens and values hold no control character except HTAB and nothing above
 * U+00FF, whatever way they came in, so that a map can be written out without another check.
 * Repeated fields stay separate lines and are joined only when asked for, so that adding is O(1).
 * Order and case of names are kept as given.
 *
 * Sources: RFC 9110 5 (fields), RFC 9112 5 (field syntax). Tornado: `httputil.HTTPHeaders`.
 *
 * @module
 */

import { HTTPInputError } from "./errors.ts";
import { checkField, checkReceivedField, checkReceivedValue, quoteField } from "./field_check.ts";
import { equalsIgnoreCase, HTAB, regionEqualsIgnoreCase, SP, trimBlanks } from "./grammar.ts";

/** What an {@linkcode HTTPHeaders} can be made from. */
export type HTTPHeadersInit =
  | HTTPHeaders
  | Headers
  | Iterable<readonly [name: string, value: string]>
  | Readonly<Record<string, string | readonly string[]>>;

/** Options of {@linkcode HTTPHeaders.parse} and {@linkcode HTTPHeaders.parseLine}. */
export interface ParseFieldOptions {
  /**
   * Allow characters above U+00FF in values. For text that is not an HTTP head, such as the part
   * headers of a form, which are UTF-8. Such a map must not be written to a connection.
   *
   * @default false
   */
  unicode?: boolean;
}

/**
 * The header fields of one message: ordered, case-insensitive, with repeated fields kept apart.
 *
 * @example Repeated fields
 * ```ts
 * import { HTTPHeaders } from "@denado/denado/http";
 * import { assertEquals } from "@std/assert";
 *
 * const headers = new HTTPHeaders({ "content-type": "text/html" });
 * headers.add("Set-Cookie", "A=B");
 * headers.add("Set-Cookie", "C=D");
 * assertEquals(headers.get("Content-Type"), "text/html");
 * assertEquals(headers.get("set-cookie"), "A=B,C=D");
 * assertEquals(headers.getList("set-cookie"), ["A=B", "C=D"]);
 * assertEquals([...headers.getAll()], [
 *   ["content-type", "text/html"],
 *   ["Set-Cookie", "A=B"],
 *   ["Set-Cookie", "C=D"],
 * ]);
 * ```
 */
export class HTTPHeaders {
  /** The head as received, while `#offsets` is set. */
  #text = "";
  /** Received form: name start, name end, value start, value end of each field line. */
  #offsets: readonly number[] | undefined = undefined;
  /** Lists form; made when first needed, because a received map seldom needs it. */
  #names: string[] = NONE;
  #values: string[] = NONE;

  /**
   * Creates a map.
   *
   * @param init Fields to add in order; a list of values becomes one line each.
   * @throws {TypeError} When a name or value is not allowed; see {@linkcode HTTPHeaders.set}.
   */
  constructor(init?: HTTPHeadersInit) {
    if (init === undefined) return;
    const pairs = init instanceof HTTPHeaders ? init.getAll() : init;
    if (Symbol.iterator in pairs) {
      for (const [name, value] of pairs) this.#append(name, value);
      return;
    }
    for (const name of Object.keys(pairs)) {
      const value = pairs[name]!;
      if (typeof value === "string") this.#append(name, value);
      else for (const one of value) this.#append(name, one);
    }
  }

  /**
   * Wraps fields that a parser found and checked, without cutting them out.
   *
   * @param text The text that holds them. It is kept alive by the map.
   * @param offsets Four indexes into `text` for each field line: start and end of the name, start
   * and end of the value. Owned by the map afterwards. The caller vouches for their grammar.
   * @returns The map.
   */
  static fromOffsets(text: string, offsets: readonly number[]): HTTPHeaders {
    const headers = new HTTPHeaders();
    headers.#text = text;
    headers.#offsets = offsets;
    return headers;
  }

  /**
   * Parses field lines separated by CRLF or LF, as in Tornado's `HTTPHeaders.parse`.
   *
   * A line that begins with a blank continues the one before it, joined by one space. Requests
   * with such lines are refused by the message parser; here they are accepted for responses and
   * part headers.
   *
   * @param text The lines, decoded as Latin-1; without a start line.
   * @param options Whether characters above U+00FF are allowed.
   * @returns The map.
   * @throws {HTTPInputError} When a line is not a field line.
   */
  static parse(text: string, options?: ParseFieldOptions): HTTPHeaders {
    const headers = new HTTPHeaders();
    let start = 0;
    for (;;) {
      const end = text.indexOf("\n", start);
      if (end < 0) break;
      headers.parseLine(text.slice(start, end + 1), options);
      start = end + 1;
    }
    headers.parseLine(text.slice(start), options);
    return headers;
  }

  /** The number of different names. */
  get size(): number {
    if (this.fieldCount === 0) return 0;
    return this.#groups().size;
  }

  /** The number of field lines. With {@linkcode nameAt} and {@linkcode valueAt} for writers. */
  get fieldCount(): number {
    const offsets = this.#offsets;
    return offsets === undefined ? this.#names.length : offsets.length >> 2;
  }

  /**
   * The name of one field line, as given.
   *
   * @param index 0 to {@linkcode fieldCount} - 1.
   * @returns The name.
   */
  nameAt(index: number): string {
    const offsets = this.#offsets;
    if (offsets === undefined) return this.#names[index]!;
    return this.#text.substring(offsets[index * 4]!, offsets[index * 4 + 1]!);
  }

  /**
   * The value of one field line.
   *
   * @param index 0 to {@linkcode fieldCount} - 1.
   * @returns The value without outer blanks.
   */
  valueAt(index: number): string {
    const offsets = this.#offsets;
    if (offsets === undefined) return this.#values[index]!;
    return this.#text.substring(offsets[index * 4 + 2]!, offsets[index * 4 + 3]!);
  }

  /**
   * Adds a field line after all others, keeping those of the same name. O(1).
   *
   * @param name A token.
   * @param value Latin-1 text without control characters (HTAB is allowed); outer blanks are dropped.
   * @throws {TypeError} When name or value is not allowed: it is the caller's mistake, and no peer's. For lines that a
   * peer sent there is {@linkcode parseLine}.
   */
  add(name: string, value: string): void {
    this.#append(name, value);
  }

  /**
   * Replaces all field lines of the name by one, in the place of the first of them.
   *
   * @param name A token.
   * @param value Latin-1 text without control characters (HTAB is allowed); outer blanks are dropped.
   * @throws {TypeError} When name or value is not allowed. (Tornado checks this only when the
   * head is written, which hides the line that caused it.)
   */
  set(name: string, value: string): void {
    checkField(name, value);
    this.#toLists();
    const text = trimBlanks(value);
    const names = this.#names;
    const values = this.#values;
    const first = this.#find(name, 0);
    if (first < 0) {
      names.push(name);
      values.push(text);
      return;
    }
    names[first] = name;
    values[first] = text;
    if (this.#find(name, first + 1) >= 0) this.#remove(name, first + 1);
  }

  /**
   * Returns the value, after setting it where there is none.
   *
   * @param name A token.
   * @param value The value to set when the name is missing.
   * @returns The value that the map has now.
   * @throws {TypeError} As {@linkcode set}.
   */
  setDefault(name: string, value: string): string {
    const present = this.get(name);
    if (present !== undefined) return present;
    this.set(name, value);
    return value;
  }

  /**
   * The value of a field; several lines are joined by `,` as in Tornado.
   *
   * @param name The name in any case.
   * @returns The value, or `undefined` where the name is missing.
   */
  get(name: string): string | undefined;
  /**
   * The value of a field, or another one where it is missing.
   *
   * @param name The name in any case.
   * @param fallback Returned when the name is missing.
   * @returns The value or the fallback.
   */
  get(name: string, fallback: string): string;
  get(name: string, fallback?: string): string | undefined {
    const first = this.#find(name, 0);
    if (first < 0) return fallback;
    const next = this.#find(name, first + 1);
    if (next < 0) return this.valueAt(first);
    return this.getList(name).join(",");
  }

  /**
   * The values of all lines with the name, in order.
   *
   * @param name The name in any case.
   * @returns A new array, empty where the name is missing.
   */
  getList(name: string): string[] {
    const list: string[] = [];
    for (let i = this.#find(name, 0); i >= 0; i = this.#find(name, i + 1)) {
      list.push(this.valueAt(i));
    }
    return list;
  }

  /**
   * Every field line in order, the same name as often as it occurs.
   *
   * @returns An iterator of `[name, value]`.
   */
  *getAll(): IterableIterator<[name: string, value: string]> {
    for (let i = 0; i < this.fieldCount; i++) yield [this.nameAt(i), this.valueAt(i)];
  }

  /**
   * Whether there is a field line with the name.
   *
   * @param name The name in any case.
   * @returns True when there is.
   */
  has(name: string): boolean {
    return this.#find(name, 0) >= 0;
  }

  /**
   * Removes all field lines with the name.
   *
   * @param name The name in any case.
   * @returns Whether there was one.
   */
  delete(name: string): boolean {
    const first = this.#find(name, 0);
    if (first < 0) return false;
    this.#toLists();
    this.#remove(name, first);
    return true;
  }

  /** Removes everything. */
  clear(): void {
    this.#offsets = undefined;
    this.#text = "";
    this.#names = NONE;
    this.#values = NONE;
  }

  /**
   * Adds one line of text, with or without its line end. An empty line is ignored. A line that
   * begins with a blank continues the last one that was added, joined by one space.
   *
   * @param line The line, decoded as Latin-1.
   * @param options Whether characters above U+00FF are allowed.
   * @throws {HTTPInputError} When it is not a field line, or continues nothing.
   */
  parseLine(line: string, options?: ParseFieldOptions): void {
    const unicode = options?.unicode ?? false;
    let end = line.length;
    // RFC 9112 2.2: a single LF may end a line, and a CR before it belongs to the line end.
    if (end > 0 && line.charCodeAt(end - 1) === 10) {
      end--;
      if (end > 0 && line.charCodeAt(end - 1) === 13) end--;
    }
    if (end === 0) return;
    const first = line.charCodeAt(0);
    if (first === SP || first === HTAB) {
      this.#continueLast(trimBlanks(line.slice(0, end)), unicode);
      return;
    }
    const colon = line.indexOf(":");
    if (colon < 0 || colon >= end) {
      throw new HTTPInputError(`No colon in field line: ${quoteField(line.slice(0, end))}`);
    }
    this.#addReceived(line.slice(0, colon), trimBlanks(line.slice(colon + 1, end)), unicode);
  }

  /**
   * A map of its own with the same lines.
   *
   * @returns The copy; changes to one do not show in the other.
   */
  copy(): HTTPHeaders {
    const copy = new HTTPHeaders();
    copy.#text = this.#text;
    copy.#offsets = this.#offsets; // Never written to, so both may hold it.
    copy.#names = this.#names.slice();
    copy.#values = this.#values.slice();
    return copy;
  }

  /**
   * The same fields as a web `Headers` object.
   *
   * @returns A new object. Names are lower case there, and sorted.
   */
  toHeaders(): Headers {
    const headers = new Headers();
    for (let i = 0; i < this.fieldCount; i++) headers.append(this.nameAt(i), this.valueAt(i));
    return headers;
  }

  /** The different names, in the order and case of their first line. */
  *keys(): IterableIterator<string> {
    for (const first of this.#groups().values()) yield this.nameAt(first[0]!);
  }

  /** The joined value of each name, in the order of {@linkcode keys}. */
  *values(): IterableIterator<string> {
    for (const [, value] of this.entries()) yield value;
  }

  /**
   * Each name once, with its lines joined by `,`; {@linkcode getAll} gives the lines.
   *
   * @returns An iterator of `[name, value]`.
   */
  *entries(): IterableIterator<[name: string, value: string]> {
    for (const lines of this.#groups().values()) {
      yield [this.nameAt(lines[0]!), lines.map((line) => this.valueAt(line)).join(",")];
    }
  }

  /** The same as {@linkcode entries}. */
  [Symbol.iterator](): IterableIterator<[name: string, value: string]> {
    return this.entries();
  }

  /**
   * The lines as `Name: value`, each with a LF; {@linkcode parse} reads them back.
   *
   * @returns The text.
   */
  toString(): string {
    let text = "";
    for (let i = 0; i < this.fieldCount; i++) text += `${this.nameAt(i)}: ${this.valueAt(i)}\n`;
    return text;
  }

  /** What `console.log` shows: the lines as an array of pairs. */
  [Symbol.for("Deno.customInspect")](
    inspect: (value: unknown, options: unknown) => string,
    options: unknown,
  ): string {
    return `HTTPHeaders ${inspect([...this.getAll()], options)}`;
  }

  /** Index of the first line with the name at or after `from`, or -1. */
  #find(name: string, from: number): number {
    const length = name.length;
    const offsets = this.#offsets;
    if (offsets === undefined) {
      const names = this.#names;
      for (let i = from; i < names.length; i++) {
        const candidate = names[i]!;
        if (candidate.length === length && equalsIgnoreCase(candidate, name)) return i;
      }
      return -1;
    }
    const text = this.#text;
    for (let i = from * 4; i < offsets.length; i += 4) {
      const start = offsets[i]!;
      if (offsets[i + 1]! - start === length && regionEqualsIgnoreCase(text, start, name)) {
        return i >> 2;
      }
    }
    return -1;
  }

  /** Line indexes by lower-case name, in order of first occurrence. */
  #groups(): Map<string, number[]> {
    const groups = new Map<string, number[]>();
    for (let i = 0; i < this.fieldCount; i++) {
      const key = this.nameAt(i).toLowerCase();
      const lines = groups.get(key);
      if (lines === undefined) groups.set(key, [i]);
      else lines.push(i);
    }
    return groups;
  }

  #append(name: string, value: string): void {
    checkField(name, value);
    this.#toLists();
    this.#names.push(name);
    this.#values.push(trimBlanks(value));
  }

  #addReceived(name: string, value: string, unicode: boolean): void {
    checkReceivedField(name, value, unicode);
    this.#toLists();
    this.#names.push(name);
    this.#values.push(value);
  }

  #continueLast(part: string, unicode: boolean): void {
    this.#toLists();
    const values = this.#values;
    const last = values.length - 1;
    if (last < 0) {
      throw new HTTPInputError(`First field line cannot begin with a blank: ${quoteField(part)}`);
    }
    checkReceivedValue(part, unicode);
    // Not trimmed as a whole: that would copy what is there for each of many small parts.
    if (part !== "") values[last] = values[last] === "" ? part : `${values[last]!} ${part}`;
  }

  /** Removes the lines of a name from index `from` on, in one pass. */
  #remove(name: string, from: number): void {
    const names = this.#names;
    const values = this.#values;
    let kept = from;
    for (let i = from; i < names.length; i++) {
      if (equalsIgnoreCase(names[i]!, name)) continue;
      names[kept] = names[i]!;
      values[kept] = values[i]!;
      kept++;
    }
    names.length = kept;
    values.length = kept;
  }

  /** To be called before every change. */
  #toLists(): void {
    if (this.#offsets === undefined) {
      if (this.#names === NONE) {
        this.#names = [];
        this.#values = [];
      }
      return;
    }
    const count = this.fieldCount;
    const names: string[] = [];
    const values: string[] = [];
    for (let i = 0; i < count; i++) {
      names.push(this.nameAt(i));
      values.push(this.valueAt(i));
    }
    this.clear();
    this.#names = names;
    this.#values = values;
  }
}

/** Never written to. */
const NONE: string[] = [];
