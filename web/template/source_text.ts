/**
 * The text of a template, which knows the line of each of its characters.
 *
 * @module
 */

import { ParseError } from "./errors.ts";

/** The text of a template and its name. */
export class SourceText {
  #line = 1;
  #offset = 0;

  /** Text with the name of its template. */
  constructor(readonly name: string, readonly text: string) {}

  /** The line of a character, from 1. Cheap for offsets that grow. */
  lineAt(offset: number): number {
    if (offset < this.#offset) {
      this.#line = 1;
      this.#offset = 0;
    }
    for (let at = this.text.indexOf("\n", this.#offset); at >= 0 && at < offset; at = this.text.indexOf("\n", at + 1)) {
      this.#line++;
      this.#offset = at + 1;
    }
    return this.#line;
  }

  /** An error at a character, to be thrown. */
  error(reason: string, offset: number, cause?: unknown): ParseError {
    return new ParseError(reason, { filename: this.name, lineno: this.lineAt(offset), cause });
  }
}
