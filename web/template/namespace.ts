/**
 * The names that every template has.
 *
 * @module
 */

import { jsonEncode, linkify, type LinkifyOptions, squeeze, urlEscape, xhtmlEscape } from "../escape.ts";
import { enumerate, len, max, min, range, reversed, sorted, sum, zip } from "./python_names.ts";

/** The names that a template is given, and their values. */
export type TemplateNamespace = Readonly<Record<string, unknown>>;

/** The classes, objects and functions of JavaScript that templates see. Those that reach the system are not among them. */
const GLOBALS = {
  Array,
  BigInt,
  Boolean,
  Date,
  Error,
  Intl,
  JSON,
  Map,
  Math,
  Number,
  Object,
  Promise,
  RangeError,
  ReferenceError,
  RegExp,
  Set,
  String,
  Symbol,
  SyntaxError,
  TypeError,
  URL,
  URLSearchParams,
  decodeURI,
  decodeURIComponent,
  encodeURI,
  encodeURIComponent,
  isFinite,
  isNaN,
  parseFloat,
  parseInt,
};

/** What a name stands for where neither `generate` nor the loader says it. */
export const DEFAULT_NAMESPACE: ReadonlyMap<string, unknown> = new Map<string, unknown>(Object.entries({
  ...GLOBALS,
  datetime: Date,
  enumerate,
  escape: xhtmlEscape,
  jsonEncode,
  json_encode: jsonEncode,
  len,
  linkify: (text: string | Uint8Array, options: Record<string, unknown> = {}) => linkify(text, camelCase(options)),
  max,
  min,
  range,
  reversed,
  sorted,
  squeeze,
  str: String,
  sum,
  urlEscape,
  url_escape: urlEscape,
  xhtmlEscape,
  xhtml_escape: xhtmlEscape,
  zip,
}));

/** `extra_params` is `extraParams`. */
function camelCase(options: Record<string, unknown>): LinkifyOptions {
  return Object.fromEntries(
    Object.entries(options).map((
      [name, value],
    ) => [name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()), value]),
  );
}
