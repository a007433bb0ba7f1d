/**
 * A part of a file, piece by piece, in memory that does not grow with the file.
 *
 * While one piece is on its way to the client the next is read, so there are two buffers, and that is all.
 *
 * @module
 */

/** The size of a piece in bytes: system calls get rarer with it, and slow clients hold two of them each. */
const PIECE_SIZE = 262144;

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
  const size = Math.min(PIECE_SIZE, length);
  let current = new Uint8Array(size);
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
      const next: Uint8Array<ArrayBuffer> = other ?? new Uint8Array(Math.min(size, remaining));
      reading = file.read(next.subarray(0, remaining));
      yield current.subarray(0, count);
      other = current;
      current = next;
    }
  } finally {
    // The consumer left: the read that is under way still writes into our memory, and holds the file.
    await reading?.catch(() => {});
  }
}
