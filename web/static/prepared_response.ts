/**
 * Responses with a whole small file, prepared once and sent as they are: the short way of `StaticFileHandler`.
 *
 * What is prepared hangs on what is known of the file in the cache, and goes with it when the file changes.
 *
 * @module
 */

import { isAbsolute, resolve, sep } from "node:path";
import { formatTimestamp } from "../../http/mod.ts";
import type { KnownFile } from "./file_cache.ts";
import { guessMediaType } from "./media_type.ts";

/** Paths that are joined to a root without a further look: names of letters that do not begin with a dot. */
const VERY_PLAIN_PATH = /^[A-Za-z0-9_-][A-Za-z0-9_.-]*(?:\/[A-Za-z0-9_-][A-Za-z0-9_.-]*)*$/;

let lastRoot = "";
let lastFolder = "";

/** Whether a path relative to a root needs no further look to be joined to it: it can only be below the root. */
export function isVeryPlainPath(path: string): boolean {
  return VERY_PLAIN_PATH.test(path);
}

/** The absolute path of a {@linkcode isVeryPlainPath} below a root, which is nearly always the same root. */
export function plainFilePath(root: string, path: string): string {
  if (root !== lastRoot) {
    const folder = resolve(root);
    if (!isAbsolute(root)) return folder + sep + path; // it depends on the current directory
    [lastRoot, lastFolder] = [root, folder.endsWith(sep) ? folder.slice(0, -1) : folder];
  }
  return lastFolder + sep + path;
}

/** Keeps the response with all of a file, for the next time. */
export function prepareResponse(known: KnownFile, path: string, root: string): void {
  const { info, version, content, response } = known;
  if (response?.root === root) return;
  const { mtime } = info;
  const fields = "Accept-Ranges: bytes\r\n" +
    `Etag: "${version}"\r\n` +
    (mtime === null ? "" : `Last-Modified: ${formatTimestamp(mtime)}\r\n`) +
    `Content-Length: ${content!.length}\r\n\r\n`;
  const bytes = new Uint8Array(fields.length + content!.length);
  new TextEncoder().encodeInto(fields, bytes);
  bytes.set(content!, fields.length);
  known.response = { root, contentType: guessMediaType(path), bytes, bodyStart: fields.length };
}
