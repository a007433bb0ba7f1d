/**
 * `multipart/form-data` bodies: the fields and files of a form.
 *
 * The body is walked once, from delimiter to delimiter, and the limits hold while that happens: nothing is kept of the
 * part that is one too many. A delimiter is a line of its own, as the standard has it; text like one inside a line is
 * data. Time is linear, because the delimiter begins with the only CR in it and is at most 74 bytes long.
 *
 * Files are views of the body. Fields are byte strings, as in `form_data.ts`. Pure functions.
 *
 * Sources: RFC 7578 (form-data), RFC 2046 5.1 (multipart syntax), RFC 8187 (`filename*`).
 * Tornado: `httputil.parse_multipart_form_data`.
 *
 * @module
 */

import { indexOfBytes } from "../tcp/mod.ts";
import { HTTPInputError } from "./errors.ts";
import { quoteField } from "./field_check.ts";
import { bytesToByteString, byteStringToBytes } from "./form_data.ts";
import { parseHeaderParameters } from "./header_parameters.ts";
import { HTTPHeaders } from "./headers.ts";

/** A file that was sent in a form. */
export interface HTTPFile {
  /** The name as the client gave it. It may hold anything, also `../`: never take it for a path. */
  readonly filename: string;
  /** The content; a view of the body of the request. */
  readonly body: Uint8Array;
  /** The media type as the client gave it; `application/unknown` where it did not. */
  readonly contentType: string;
}

/** What a form holds. */
export interface FormFields {
  /** Values by name, in order, as byte strings. */
  readonly arguments: Map<string, string[]>;
  /** Files by name, in order. */
  readonly files: Map<string, HTTPFile[]>;
}

/** Limits of {@linkcode parseMultipartFormData}. Tornado: `ParseMultipartConfig`. */
export interface ParseMultipartConfig {
  /**
   * Whether such bodies are parsed; where they are not, each is an error.
   *
   * @default true
   */
  readonly enabled?: boolean;
  /**
   * Most parts, that is fields and files; more is an error.
   *
   * @default 100
   */
  readonly maxParts?: number;
  /**
   * Most bytes of the header of one part, which holds the names and the type; more is an error.
   *
   * @default 10240
   */
  readonly maxPartHeaderSize?: number;
}

/**
 * Parses a `multipart/form-data` body.
 *
 * Text before the first delimiter and behind the last one is ignored. A part with a file name is a file, any other an
 * argument; an empty file name is none, as browsers send it where no file was chosen.
 *
 * @param boundary The parameter `boundary` of the content type, with or without quotes around it.
 * @param data The body. Files are views of it.
 * @param config The limits.
 * @returns The fields and files.
 * @throws {HTTPInputError} When the body is not such a form, or crosses a limit.
 *
 * @example A field and a file
 * ```ts
 * import { parseMultipartFormData } from "@denado/denado/http";
 * import { assertEquals } from "@std/assert";
 *
 * const form = new FormData();
 * form.append("title", "Spring");
 * form.append("photo", new File(["…"], "a.jpg", { type: "image/jpeg" }));
 * const request = new Request("http://a.example", { method: "POST", body: form });
 * const boundary = request.headers.get("Content-Type")!.split("boundary=")[1]!;
 *
 * const { arguments: fields, files } = parseMultipartFormData(boundary, await request.bytes());
 * assertEquals(fields.get("title"), ["Spring"]);
 * assertEquals(files.get("photo")![0]!.filename, "a.jpg");
 * assertEquals(files.get("photo")![0]!.contentType, "image/jpeg");
 * ```
 */
export function parseMultipartFormData(
  boundary: string,
  data: Uint8Array,
  config: ParseMultipartConfig = {},
): FormFields {
  if (config.enabled === false) throw new HTTPInputError("Cannot parse form: multipart/form-data is disabled");
  const maxParts = config.maxParts ?? DEFAULT_MAX_PARTS;
  const maxHeaderSize = config.maxPartHeaderSize ?? DEFAULT_MAX_PART_HEADER_SIZE;
  const delimiter = delimiterOf(boundary);
  const form: FormFields = { arguments: new Map(), files: new Map() };
  let mark = firstDelimiter(data, delimiter);
  for (let count = 0; !mark.last;) {
    const start = mark.end;
    // The CRLF that ends the line of one delimiter may be the one that begins the next.
    mark = nextDelimiter(data, delimiter, start - CRLF.length);
    if (++count > maxParts) throw new HTTPInputError(`Cannot parse form: more than ${maxParts} parts`);
    if (mark.start < start) continue; // Tornado takes no offence at nothing between two delimiters
    addPart(form, data, { start, end: mark.start, maxHeaderSize });
  }
  return form;
}

const DEFAULT_MAX_PARTS = 100;
const DEFAULT_MAX_PART_HEADER_SIZE = 10 * 1024;
/** RFC 2046 5.1.1. A longer one would also make every search longer. */
const MAX_BOUNDARY_LENGTH = 70;

const CRLF = byteStringToBytes("\r\n");
const HEADER_END = byteStringToBytes("\r\n\r\n");
const DASH = 0x2d;
const CR = 0x0d;
const LF = 0x0a;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Where a delimiter is: `start` is its CRLF, `end` is behind its line. */
interface Delimiter {
  readonly start: number;
  readonly end: number;
  /** Whether it is the one behind the last part. */
  readonly last: boolean;
}

interface PartRange {
  readonly start: number;
  readonly end: number;
  readonly maxHeaderSize: number;
}

/** `CRLF "--" boundary`, RFC 2046 5.1.1. */
function delimiterOf(boundary: string): Uint8Array {
  const quoted = boundary.length > 1 && boundary.startsWith('"') && boundary.endsWith('"');
  const text = quoted ? boundary.slice(1, -1) : boundary;
  // Wider than the standard's bchars, as in Tornado; but a CR or LF would break the search.
  if (text.length > MAX_BOUNDARY_LENGTH || !/^[\x20-\x7e]*[\x21-\x7e]$/.test(text)) {
    throw new HTTPInputError(`Cannot parse form: invalid boundary ${quoteField(text)}`);
  }
  return byteStringToBytes(`\r\n--${text}`);
}

/** The first delimiter, which has no CRLF in front of it where it begins the body. */
function firstDelimiter(data: Uint8Array, delimiter: Uint8Array): Delimiter {
  const dashBoundary = delimiter.subarray(CRLF.length);
  const range = { from: 0, to: Math.min(dashBoundary.length, data.length) };
  if (indexOfBytes(data, dashBoundary, range) === 0) {
    const mark = delimiterAt(data, -CRLF.length, delimiter.length);
    if (mark !== undefined) return mark;
  }
  return nextDelimiter(data, delimiter, 0);
}

/** The next delimiter from an index on. */
function nextDelimiter(data: Uint8Array, delimiter: Uint8Array, from: number): Delimiter {
  for (;;) {
    const start = indexOfBytes(data, delimiter, { from, to: data.length });
    if (start < 0) throw new HTTPInputError("Cannot parse form: no final boundary");
    const mark = delimiterAt(data, start, delimiter.length);
    if (mark !== undefined) return mark;
    from = start + delimiter.length; // a line that only begins like a delimiter is data
  }
}

/** What follows the boundary decides: `--` is the end, blanks and CRLF begin a part, anything else is data. */
function delimiterAt(data: Uint8Array, start: number, length: number): Delimiter | undefined {
  let at = start + length;
  if (data[at] === DASH && data[at + 1] === DASH) return { start, end: at + 2, last: true };
  while (data[at] === 0x20 || data[at] === 0x09) at++;
  return data[at] === CR && data[at + 1] === LF ? { start, end: at + 2, last: false } : undefined;
}

function addPart(form: FormFields, data: Uint8Array, { start, end, maxHeaderSize }: PartRange): void {
  // With nothing behind the header, the CRLF of the delimiter is the empty line. The search ends at the limit, since
  // otherwise a hundred parts could each look through the whole body.
  const window = data.subarray(start, Math.min(end + CRLF.length, start + maxHeaderSize + HEADER_END.length));
  const headerLength = indexOfBytes(window, HEADER_END, { from: 0, to: window.length });
  if (headerLength < 0 || (window[0] === CR && window[1] === LF)) {
    throw new HTTPInputError(
      headerLength < 0 && end - start > maxHeaderSize
        ? `Cannot parse form: header of a part too large: more than ${maxHeaderSize} bytes`
        : "Cannot parse form: part without headers",
    );
  }
  const headers = HTTPHeaders.parse(decodeHeader(window.subarray(0, headerLength)), { unicode: true });
  const body = data.subarray(Math.min(start + headerLength + HEADER_END.length, end), end);

  const disposition = headers.get("Content-Disposition", "");
  const { value, parameters } = parseHeaderParameters(disposition);
  if (value.toLowerCase() !== "form-data") {
    throw new HTTPInputError(`Cannot parse form: part is no form-data: ${quoteField(disposition)}`);
  }
  const name = parameters.get("name");
  if (!name) throw new HTTPInputError(`Cannot parse form: part without a name: ${quoteField(disposition)}`);
  const filename = parameters.get("filename");
  if (filename) {
    const contentType = headers.get("Content-Type", "application/unknown");
    append(form.files, name, { filename, body, contentType });
  } else {
    append(form.arguments, name, bytesToByteString(body));
  }
}

function decodeHeader(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch (error) {
    throw new HTTPInputError("Cannot parse form: header of a part is not UTF-8", { cause: error });
  }
}

function append<Value>(map: Map<string, Value[]>, name: string, value: Value): void {
  const values = map.get(name);
  if (values === undefined) map.set(name, [value]);
  else values.push(value);
}
