/**
 * The fields and files of a request's body, by its content type.
 *
 * Limits come with the call, or from a default for the whole program, which exists so that an application can raise
 * them, or do without multipart, in one place. Tornado: `httputil.parse_body_arguments`, `httputil.ParseBodyConfig`.
 *
 * @module
 */

import { HTTPInputError } from "./errors.ts";
import { quoteField } from "./field_check.ts";
import { parseUrlEncoded } from "./form_data.ts";
import { parseHeaderParameters } from "./header_parameters.ts";
import type { HTTPHeaders } from "./headers.ts";
import { type FormFields, type ParseMultipartConfig, parseMultipartFormData } from "./multipart.ts";

/** Limits of {@linkcode parseBodyArguments}. Tornado: `ParseBodyConfig`. */
export interface ParseBodyConfig {
  /**
   * Most fields of an urlencoded body; more is an error.
   *
   * @default 1000
   */
  readonly maxFields?: number;
  /** Limits of multipart bodies. */
  readonly multipart?: ParseMultipartConfig;
}

/** Options of {@linkcode parseBodyArguments}. */
export interface ParseBodyOptions {
  /** The header fields of the message, to find an encoding that was not undone. */
  readonly headers?: HTTPHeaders;
  /** The limits. Default: those of {@linkcode setParseBodyConfig}. */
  readonly config?: ParseBodyConfig;
}

/**
 * Sets the limits for all bodies that are parsed from now on without limits of their own; `{}` goes back to the
 * defaults. Tornado: `set_parse_body_config`.
 *
 * @param config The limits; what is left out has its default.
 */
export function setParseBodyConfig(config: ParseBodyConfig): void {
  defaultConfig = config;
}

/**
 * Parses a body of type `application/x-www-form-urlencoded` or `multipart/form-data`; one of another type has no fields.
 *
 * @param contentType The value of `Content-Type`, or an empty text.
 * @param body The body. Files are views of it.
 * @param options The header fields and the limits.
 * @returns The fields, as byte strings, and the files; new maps.
 * @throws {HTTPInputError} When the body is not what its type says, crosses a limit or has a `Content-Encoding`.
 *
 * @example An urlencoded body
 * ```ts
 * import { parseBodyArguments } from "@denado/denado/http";
 * import { assertEquals } from "@std/assert";
 *
 * const body = new TextEncoder().encode("a=1&b=2&a=3");
 * const { arguments: fields } = parseBodyArguments("application/x-www-form-urlencoded", body);
 * assertEquals([...fields], [["a", ["1", "3"]], ["b", ["2"]]]);
 * ```
 */
export function parseBodyArguments(
  contentType: string,
  body: Uint8Array,
  options: ParseBodyOptions = {},
): FormFields {
  const { headers, config = defaultConfig } = options;
  if (URLENCODED.test(contentType)) {
    refuseEncoding(headers);
    return { arguments: parseUrlEncoded(body, { maxFields: config.maxFields ?? 1000 }), files: new Map() };
  }
  if (MULTIPART.test(contentType)) {
    refuseEncoding(headers);
    return parseMultipartFormData(boundaryOf(contentType), body, config.multipart);
  }
  return { arguments: new Map(), files: new Map() };
}

let defaultConfig: ParseBodyConfig = {};

const URLENCODED = /^application\/x-www-form-urlencoded[ \t]*(?:;|$)/i;
const MULTIPART = /^multipart\/form-data/i;

function refuseEncoding(headers: HTTPHeaders | undefined): void {
  const encoding = headers?.get("Content-Encoding");
  if (encoding !== undefined) {
    throw new HTTPInputError(`Cannot parse form: unsupported Content-Encoding ${quoteField(encoding)}`);
  }
}

function boundaryOf(contentType: string): string {
  const { value, parameters } = parseHeaderParameters(contentType);
  // A type such as "multipart/form-dataxyz" is meant to slip past somebody.
  if (value.toLowerCase() !== "multipart/form-data") {
    throw new HTTPInputError(`Cannot parse form: invalid content type ${quoteField(contentType)}`);
  }
  const boundary = parameters.get("boundary");
  if (!boundary) throw new HTTPInputError(`Cannot parse form: no boundary in ${quoteField(contentType)}`);
  return boundary;
}
