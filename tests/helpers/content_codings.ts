/**
 * Content codings from the other side: what a client does with an encoded body.
 *
 * @module
 */

import * as zlib from "node:zlib";
import type { ContentCoding } from "@denado/denado/web";

/** Decodes a body; an unfinished one as far as it goes. */
export function decode(
  coding: ContentCoding | string,
  body: Uint8Array,
  options: { readonly unfinished?: boolean } = {},
): Uint8Array {
  const { constants } = zlib;
  const unfinished = options.unfinished === true;
  switch (coding) {
    case "gzip":
      return plain(zlib.gunzipSync(body, unfinished ? { finishFlush: constants.Z_SYNC_FLUSH } : {}));
    case "br":
      return plain(
        zlib.brotliDecompressSync(body, unfinished ? { finishFlush: constants.BROTLI_OPERATION_FLUSH } : {}),
      );
    case "zstd":
      return plain(zlib.zstdDecompressSync(body, unfinished ? { finishFlush: constants.ZSTD_e_flush } : {}));
    default:
      throw new RangeError(`Cannot decode ${coding}`);
  }
}

/** A text of so many characters that is worth compressing. */
export function repeatedText(length: number): string {
  return "<li>A line of a list, as there are many</li>\n".repeat(Math.ceil(length / 45)).slice(0, length);
}

/** Text as UTF-8. */
export function encodeText(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Latin-1 text, as the raw client gives it, as bytes. */
export function latin1Bytes(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** Not a Buffer, which would not be equal to the same bytes. */
function plain(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}
