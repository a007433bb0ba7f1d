/**
 * What the file system says about the paths of static files.
 *
 * The state of a file and where its links lead are asked for at once: that takes a few microseconds, where a promise
 * for it would take fifty. Content is never read so.
 *
 * @module
 */

import { isInside } from "./file_path.ts";
import { readPieces } from "./file_reader.ts";

/** The state of a file, or of what a link leads to; `undefined` if nothing is there, as far as this process can see. */
export function statIfExists(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.statSync(path);
  } catch (error) {
    if (isMissing(error) || error instanceof Deno.errors.PermissionDenied) return undefined;
    throw error;
  }
}

/** Not found, below something that is no folder, a loop of links, or longer than a name can be. */
export function isMissing(error: unknown): boolean {
  return error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory ||
    error instanceof Deno.errors.FilesystemLoop || (error as { readonly code?: unknown }).code === "ENAMETOOLONG";
}

/** Whether an existing path is inside of a folder when the links of both are followed. */
export function isReallyInside(folder: string, path: string): boolean {
  return isInside(Deno.realPathSync(folder), Deno.realPathSync(path));
}

/** Pieces of a file, each in memory of its own. */
export async function* readFilePart(path: string, start: number, end?: number): AsyncGenerator<Uint8Array, void, void> {
  using file = await Deno.open(path);
  const { size } = await file.stat();
  await file.seek(start, Deno.SeekMode.Start);
  for await (const piece of readPieces(file, Math.max((end ?? size) - start, 0))) yield piece.slice();
}
