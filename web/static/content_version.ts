/**
 * Versions of files: a hash of what is in them, for entity tags and versioned URLs.
 *
 * The hash is SHA-512, as in Tornado, so that URLs stay the same. A file that is larger than
 * {@linkcode MAX_HASHED_SIZE} is not read whole before its first byte is sent: its version is made from its size and
 * the time of its last change.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { readPieces } from "./file_reader.ts";

/** Larger files than this, in bytes, are not hashed; it takes about a second. */
export const MAX_HASHED_SIZE = 268435456;

/** The version of some content: its SHA-512 in hexadecimal. */
export function versionOf(content: Uint8Array): string {
  return createHash("sha512").update(content).digest("hex");
}

/** The version of content that comes in pieces. */
export function versionOfPieces(pieces: Iterable<Uint8Array>): string {
  const hash = createHash("sha512");
  for (const piece of pieces) hash.update(piece);
  return hash.digest("hex");
}

/** The version of content that comes in pieces over time. */
export async function versionOfAsyncPieces(pieces: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash("sha512");
  for await (const piece of pieces) hash.update(piece);
  return hash.digest("hex");
}

/** The version of an open file, from its beginning; afterwards it stands at its end. */
export function versionOfFile(file: Deno.FsFile, info: Deno.FileInfo): Promise<string> {
  if (info.size > MAX_HASHED_SIZE) return Promise.resolve(versionOfState(info));
  return versionOfAsyncPieces(readPieces(file, info.size));
}

/** The version of a file without looking into it: other content that has this one was made within a millisecond. */
export function versionOfState(info: Deno.FileInfo): string {
  const changedMs = Math.max(info.mtime?.getTime() ?? 0, info.ctime?.getTime() ?? 0);
  return `${info.size.toString(16)}-${changedMs.toString(16)}-${(info.ino ?? 0).toString(16)}`;
}
