/**
 * The media type of a file, by the extension of its name.
 *
 * The table is that of the package `mime`, which is made from the registry of IANA. What Python's `mimetypes` calls an
 * encoding is treated as in Tornado: a file that ends in `.gz` is `application/gzip`, whatever is in it, and any other
 * compressed file is just bytes, because they are not sent with a `Content-Encoding`.
 *
 * Source: RFC 6713. Tornado: `StaticFileHandler.get_content_type`.
 *
 * @module
 */

import mime from "mime";

/** What is said of bytes about which nothing is known. */
const OCTET_STREAM = "application/octet-stream";

const GZIPPED = /\.(?:gz|tgz|svgz)$/i;
const COMPRESSED = /\.(?:bz2|tbz2?|xz|txz|Z|br|zst)$/i;

/**
 * The media type for a path or file name, without parameters; `application/octet-stream` where it is not known.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { guessMediaType } from "@denado/denado/web";
 *
 * assertEquals(guessMediaType("index.html"), "text/html");
 * assertEquals(guessMediaType("archive.tar.gz"), "application/gzip");
 * assertEquals(guessMediaType("LICENSE"), "application/octet-stream");
 * ```
 */
export function guessMediaType(path: string): string {
  if (GZIPPED.test(path)) return "application/gzip";
  if (COMPRESSED.test(path)) return OCTET_STREAM;
  return mime.getType(path) ?? OCTET_STREAM;
}
