/**
 * Field lines, from bytes: the header section of a head and the trailer section of a chunked body.
 *
 * The scanner looks at each byte once, whatever way the input is cut. It checks the grammar,
 * records where names and values are, and shows each field to a {@linkcode FieldObserver} while
 * its bytes are at hand. It cuts nothing out and knows no limits but the number of lines: the
 * parser passes the size limit as the end of what it may look at.
 *
 * Sources: RFC 9112 5, RFC 9110 5.5 and 5.6.
 *
 * @module
 */

import { HTTPInputError } from "./errors.ts";
import { CHARACTER_CLASSES, CR, FIELD_CHAR, HTAB, LF, SP, TOKEN_CHAR } from "./grammar.ts";
import { excerpt } from "./start_line.ts";

/** Somebody who wants to see the fields of a section as they are found. */
export interface FieldObserver {
  /**
   * Called for each complete field line.
   *
   * @param bytes The window.
   * @param nameStart Index of the name.
   * @param nameEnd Index after the name.
   * @param valueStart Index of the value, without blanks before it.
   * @param valueEnd Index after the value, without blanks after it.
   * @param base Index where the message begins in this window.
   * @returns True when the field decides the framing, so that it must not be continued by a
   * folded line.
   */
  field(
    bytes: Uint8Array,
    nameStart: number,
    nameEnd: number,
    valueStart: number,
    valueEnd: number,
    base: number,
  ): boolean;
}

/** What a {@linkcode FieldSectionScanner} accepts. */
export interface FieldSectionOptions {
  /** The number of field lines allowed; one more is a 431. */
  maxFields: number;
  /** Accept folded lines (obs-fold), as a client must (RFC 9112 5.2). */
  allowFolding: boolean;
  /** Refuse a single LF as line end: in a trailer section, which is chunked framing. */
  strictLineEnds: boolean;
}

/** Finds field lines in bytes. One scanner serves a connection. */
export class FieldSectionScanner {
  /**
   * Name start, name end, value start and value end of each line, relative to `base`. Only the
   * first `4 * count` entries belong to the current section; the array is reused.
   */
  readonly offsets: number[] = [];
  /** The number of lines found. */
  count = 0;
  /** Whether a value holds folded lines, so that it is not one piece of text. */
  folded = false;
  readonly #options: FieldSectionOptions;
  readonly #observer: FieldObserver | undefined;
  #state: number = LINE_START;
  /** Relative to `base`, as everything that outlives a call. */
  #nameStart = 0;
  #nameEnd = 0;
  #valueStart = 0;
  #inFold = false;
  #foldForbidden = true;

  /**
   * Creates a scanner.
   *
   * @param options What to accept.
   * @param observer Shown every field.
   */
  constructor(options: FieldSectionOptions, observer?: FieldObserver) {
    this.#options = options;
    this.#observer = observer;
  }

  /** Gets ready for the next section. */
  reset(): void {
    this.count = 0;
    this.folded = false;
    this.#state = LINE_START;
    this.#inFold = false;
    this.#foldForbidden = true;
  }

  /**
   * Looks at bytes that were not looked at before.
   *
   * @param bytes The window.
   * @param from Index of the first new byte.
   * @param limit Index after the last one.
   * @param base Index where the message (or trailer section) begins in this window.
   * @returns The index after the empty line that ends the section, or -1 when more bytes are
   * needed.
   * @throws {HTTPInputError} 400, or 431 when there are too many lines.
   */
  scan(bytes: Uint8Array, from: number, limit: number, base: number): number {
    const classes = CHARACTER_CLASSES;
    const strict = this.#options.strictLineEnds;
    let pos = from;
    let state = this.#state;
    let nameStart = base + this.#nameStart;
    let nameEnd = base + this.#nameEnd;
    let valueStart = base + this.#valueStart;
    for (;;) {
      if (state === LINE_START) {
        if (pos >= limit) break;
        const byte = bytes[pos]!;
        if ((classes[byte]! & TOKEN_CHAR) !== 0) {
          if (this.count >= this.#options.maxFields) {
            throw new HTTPInputError(`Too many field lines: more than ${this.#options.maxFields}`, {
              status: 431,
            });
          }
          nameStart = pos;
          pos++;
          state = NAME;
        } else if (byte === CR) {
          pos++;
          state = SECTION_LF;
        } else if (byte === LF && !strict) {
          return pos + 1;
        } else if (byte === SP || byte === HTAB) {
          this.#beginFold(bytes, pos);
          pos++;
          state = BEFORE_VALUE;
        } else {
          throw invalid("name", bytes, pos, pos);
        }
      }
      if (state === NAME) {
        while (pos < limit && (classes[bytes[pos]!]! & TOKEN_CHAR) !== 0) pos++;
        if (pos >= limit) break;
        if (bytes[pos] !== 0x3a /* : */) throw invalid("name", bytes, nameStart, pos);
        nameEnd = pos;
        pos++;
        state = BEFORE_VALUE;
      }
      if (state === BEFORE_VALUE) {
        while (pos < limit && (bytes[pos] === SP || bytes[pos] === HTAB)) pos++;
        if (pos >= limit) break;
        if (!this.#inFold) valueStart = pos;
        state = VALUE;
      }
      if (state === VALUE) {
        while (pos < limit && (classes[bytes[pos]!]! & FIELD_CHAR) !== 0) pos++;
        if (pos >= limit) break;
        const byte = bytes[pos];
        if (byte === CR) {
          pos++;
          state = LINE_LF;
        } else if (byte === LF && !strict) {
          this.#endLine(bytes, base, nameStart, nameEnd, valueStart, pos);
          pos++;
          state = LINE_START;
        } else {
          throw invalid("value", bytes, nameStart, pos);
        }
      }
      if (state === LINE_LF) {
        if (pos >= limit) break;
        if (bytes[pos] !== LF) throw invalid("value", bytes, nameStart, pos);
        this.#endLine(bytes, base, nameStart, nameEnd, valueStart, pos - 1);
        pos++;
        state = LINE_START;
      } else if (state === SECTION_LF) {
        if (pos >= limit) break;
        if (bytes[pos] !== LF) throw invalid("name", bytes, pos - 1, pos);
        return pos + 1;
      }
    }
    // The window may lie elsewhere next time.
    this.#state = state;
    this.#nameStart = nameStart - base;
    this.#nameEnd = nameEnd - base;
    this.#valueStart = valueStart - base;
    return -1;
  }

  #beginFold(bytes: Uint8Array, at: number): void {
    if (!this.#options.allowFolding) {
      throw new HTTPInputError("Folded field line (obs-fold) is not allowed in a request");
    }
    if (this.#foldForbidden) throw invalid("name", bytes, at, at);
    this.folded = true;
    this.#inFold = true;
  }

  /** Records a line whose value ends, with blanks, before `end`. */
  #endLine(
    bytes: Uint8Array,
    base: number,
    nameStart: number,
    nameEnd: number,
    valueStart: number,
    end: number,
  ): void {
    while (end > valueStart && isBlank(bytes[end - 1]!)) end--;
    const offsets = this.offsets;
    if (this.#inFold) {
      this.#inFold = false;
      offsets[this.count * 4 - 1] = end - base;
      return;
    }
    const at = this.count * 4;
    offsets[at] = nameStart - base;
    offsets[at + 1] = nameEnd - base;
    offsets[at + 2] = valueStart - base;
    offsets[at + 3] = end - base;
    this.count++;
    this.#foldForbidden = this.#observer?.field(bytes, nameStart, nameEnd, valueStart, end, base) ??
      false;
  }
}

const LINE_START = 0;
const NAME = 1;
const BEFORE_VALUE = 2;
const VALUE = 3;
const LINE_LF = 4;
const SECTION_LF = 5;

function isBlank(byte: number): boolean {
  return byte === SP || byte === HTAB;
}

function invalid(part: string, bytes: Uint8Array, from: number, at: number): HTTPInputError {
  const shown = excerpt(bytes, Math.max(from, at - 60), at + 1);
  return new HTTPInputError(`Invalid character in field ${part}: ${shown}`);
}
