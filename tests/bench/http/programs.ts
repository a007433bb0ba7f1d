/**
 * What the programs of the peers have in common.
 *
 * @module
 */
import type { Program } from "./workloads.ts";

/** The programs: those of the workloads, and those for streaming in each direction. */
export type ServedProgram = Program | "upload" | "download";

/** How many connections may wait to be accepted: the native server has 511, and a crowd comes all at once. */
export const BACKLOG = 511;

/** 100 KB of text. */
export const LARGE_TEXT: string = "0123456789abcdef".repeat(6400);

/** A piece of a download. */
export const PIECE: Uint8Array<ArrayBuffer> = new Uint8Array(65536).fill(120);

/** So many pieces are a download: 1 GB. */
export const DOWNLOAD_CHUNKS = 16384;

/** A download as a web stream, made as it is read. */
export function downloadStream(): ReadableStream<Uint8Array<ArrayBuffer>> {
  let left = DOWNLOAD_CHUNKS;
  return new ReadableStream({
    pull(controller) {
      controller.enqueue(PIECE.slice());
      if (--left === 0) controller.close();
    },
  });
}

/** The number of bytes of a body that is read as a stream. */
export async function sizeOf(body: ReadableStream<Uint8Array> | null): Promise<number> {
  let size = 0;
  for await (const chunk of body ?? []) size += chunk.length;
  return size;
}
