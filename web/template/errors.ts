/**
 * The errors of templates.
 *
 * ```text
 * Error
 * ├── ParseError      a template that cannot be compiled
 * └── TemplateError   an error while a template ran; `cause` is what was thrown
 * ```
 *
 * @module
 */

/** A line of a template. */
export interface TemplatePosition {
  /** The name of the template. */
  readonly filename: string;
  /** Its line, from 1. */
  readonly lineno: number;
}

/** Where a {@linkcode ParseError} is, and what caused it. */
export interface ParseErrorOptions extends ErrorOptions {
  /** The name of the template. @default "None" */
  readonly filename?: string;
  /** The line, from 1. @default 0 */
  readonly lineno?: number;
}

/**
 * A template that cannot be compiled. Tornado: `tornado.template.ParseError`.
 *
 * @example
 * ```ts
 * import { assertEquals, assertThrows } from "@std/assert";
 * import { ParseError, Template } from "@denado/denado/template";
 *
 * const error = assertThrows(() => new Template("\n\n{{", { name: "foo.html" }), ParseError);
 * assertEquals(error.message, "Missing end expression }} at foo.html:3");
 * ```
 */
export class ParseError extends Error {
  /** Always `"ParseError"`. */
  override readonly name = "ParseError";
  /** Always `"EPARSE"`. */
  readonly code = "EPARSE";
  /** The name of the template, if it is known. */
  readonly filename: string | undefined;
  /** The line, from 1; 0 if it is not known. */
  readonly lineno: number;

  /** An error at a line of a template. */
  constructor(reason: string, options: ParseErrorOptions = {}) {
    const { filename, lineno = 0 } = options;
    super(`${reason} at ${filename ?? "None"}:${lineno}`, options);
    this.filename = filename;
    this.lineno = lineno;
  }
}

/** Where a {@linkcode TemplateError} happened, and what was thrown. */
export interface TemplateErrorOptions extends TemplatePosition {
  /** The places that led there, from the inside: includes, blocks of a parent, modules. */
  readonly via: readonly TemplatePosition[];
  /** What was thrown. */
  readonly cause: unknown;
}

/**
 * An error while a template ran. Its message names the line of the template, and the lines that led there:
 * `Cannot render c.html:1 (via b.html:1, a.html:1): …`.
 *
 * `HTTPError` and `Finish` are not wrapped: they are no errors of the template.
 *
 * @example
 * ```ts
 * import { assertEquals, assertThrows } from "@std/assert";
 * import { Template, TemplateError } from "@denado/denado/template";
 *
 * const template = new Template("Hello\n{{ name }}", { name: "hello.txt" });
 * const error = assertThrows(() => template.generate(), TemplateError);
 * assertEquals(error.message, "Cannot render hello.txt:2: name is not defined");
 * ```
 */
export class TemplateError extends Error {
  /** Always `"TemplateError"`. */
  override readonly name = "TemplateError";
  /** Always `"ETEMPLATE"`. */
  readonly code = "ETEMPLATE";
  /** The name of the template. */
  readonly filename: string;
  /** The line, from 1. */
  readonly lineno: number;
  /** The places that led there, from the inside. */
  readonly via: readonly TemplatePosition[];

  /** An error at a line of a template. */
  constructor(options: TemplateErrorOptions) {
    const { filename, lineno, via, cause } = options;
    const path = via.length === 0 ? "" : ` (via ${via.map(formatPosition).join(", ")})`;
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(`Cannot render ${formatPosition(options)}${path}: ${reason}`, { cause });
    this.filename = filename;
    this.lineno = lineno;
    this.via = via;
  }
}

function formatPosition({ filename, lineno }: TemplatePosition): string {
  return `${filename}:${lineno}`;
}
