/**
 * A part of a file, piece by piece, in memory that does not grow with the file.
 *
 * While one piece is on its way to the client the next is read, so there are two buffers, and that is all. They are
 * small at first. A client that takes pieces at once gets larger ones, which cost half as much a byte; one that is slow
 * is left with what it has, so that many of them do not take much.
 *
 * @module
 */

/** The size of the first pieces in bytes. */
const FIRST_PIECE_SIZE = 65536;
/** The size of the largest ones; still larger ones are no faster. */
const LAST_PIECE_SIZE = 524288;
/** A piece that was taken within this time, in milliseconds, is followed by a larger one. */
const TAKEN_AT_ONCE_MS = 10;

/** What is read from; a `Deno.FsFile` fits. */
export interface ReadableFile {
  /** Reads up to the size of the buffer, and resolves to how much; `null` at the end of the file. */
  read(into: Uint8Array): Promise<number | null>;
}

/**
 * Reads so many bytes from where a file stands. A piece is valid until the next one is asked for.
 *
 * @param file The file; nobody else may read it meanwhile.
 * @param length How many bytes.
 * @throws {Error} if the file ends before
 */
export async function* readPieces(file: ReadableFile, length: number): AsyncGenerator<Uint8Array, void, void> {
  let size = FIRST_PIECE_SIZE;
  let current = new Uint8Array(Math.min(size, length));
  let other: Uint8Array<ArrayBuffer> | undefined;
  let remaining = length;
  let reading = length > 0 ? file.read(current) : undefined;
  try {
    while (reading !== undefined) {
      const count: number | null = await reading;
      reading = undefined;
      if (count === null) throw new Error(`Cannot read the file: it ended ${remaining} bytes early`);
      remaining -= count;
      if (remaining === 0) return yield current.subarray(0, count);
      const wanted = Math.min(size, remaining);
      const next: Uint8Array<ArrayBuffer> = other !== undefined && other.length >= wanted
        ? other
        : new Uint8Array(wanted);
      reading = file.read(next.subarray(0, remaining));
      const givenMs = performance.now();
      yield current.subarray(0, count);
      if (size < LAST_PIECE_SIZE && performance.now() - givenMs < TAKEN_AT_ONCE_MS) size *= 2;
      other = current;
      current = next;
    }
  } finally {
    // The consumer left: the read that is under way still writes into our memory, and holds the file.
    await reading?.catch(() => {});
  }
}
