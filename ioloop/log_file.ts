/**
 * A log file that never grows without end.
 *
 * Each record is written at once and synchronously, as Python's handlers do it:
 * what was logged before a crash is in the file, and `tail -f` shows it. That is
 * why this is not `@logtape/file`: its sinks hold records back until a buffer is
 * full or a later record comes, call `fsync` each time they write, and know
 * rotation by hour, day and week only, without a number of files to keep.
 *
 * Invariant: the file is opened for appending, so several openings in sequence
 * lose nothing. Several processes at the same time must use different files,
 * because each would rotate those of the others.
 *
 * @module
 */

import type { LogRotation } from "./log_rotation.ts";

/** Settings of a {@linkcode LogFile}. */
export interface LogFileOptions {
  /** When the file is put aside. @default never */
  readonly rotation?: LogRotation;
  /** The time in milliseconds since the epoch. @default Date.now */
  readonly now?: () => number;
}

/**
 * A file for lines of text.
 *
 * @example Keeping at most two files of 20 bytes
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { LogFile, SizeRotation } from "@denado/denado/ioloop";
 *
 * const folder = Deno.makeTempDirSync();
 * {
 *   using file = new LogFile(`${folder}/log`, { rotation: new SizeRotation({ maxBytes: 20, backups: 1 }) });
 *   file.write("the first line\n");
 *   file.write("the second line\n");
 * }
 * assertEquals(Deno.readTextFileSync(`${folder}/log.1`), "the first line\n");
 * assertEquals(Deno.readTextFileSync(`${folder}/log`), "the second line\n");
 * Deno.removeSync(folder, { recursive: true });
 * ```
 */
export class LogFile implements Disposable {
  /** Where the file is. */
  readonly path: string;
  readonly #rotation: LogRotation | undefined;
  readonly #now: () => number;
  #file: Deno.FsFile | undefined;
  #bytes = 0;

  /**
   * Opens the file, and creates it if it is not there.
   *
   * @throws {Deno.errors.NotCapable} without permission to write the file
   * @throws {Error} if the file cannot be opened; `cause` says why
   */
  constructor(path: string, options: LogFileOptions = {}) {
    this.path = path;
    this.#rotation = options.rotation;
    this.#now = options.now ?? Date.now;
    this.#open();
  }

  /**
   * Appends text, to a new file if the current one is due. Opens the file again if it was closed.
   *
   * @throws {Error} if the current file could not be put aside; the text is in it then, and the next attempt comes when
   * it is due once more
   */
  write(text: string): void {
    const bytes = encoder.encode(text);
    if (this.#file === undefined) this.#open();
    const state = { fileBytes: this.#bytes, addedBytes: bytes.length, nowMs: this.#now() };
    const failure = this.#rotation?.isDue(state) ? this.#rotate(this.#rotation) : undefined;
    for (let at = 0; at < bytes.length;) at += this.#file!.writeSync(bytes.subarray(at));
    this.#bytes += bytes.length;
    if (failure !== undefined) throw failure;
  }

  /** Closes the file; the next {@linkcode write} opens it again. Idempotent. */
  close(): void {
    this.#file?.close();
    this.#file = undefined;
  }

  /** The same as {@linkcode close}. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Opens a new file, or the same one again if it cannot be moved, and returns the reason for that. */
  #rotate(rotation: LogRotation): Error | undefined {
    this.close();
    let failure: Error | undefined;
    try {
      rotation.rotate(this.path);
    } catch (cause) {
      failure = new Error(`Cannot put the log file ${this.path} aside: ${reason(cause)}`, { cause });
    }
    this.#open();
    rotation.begin(this.#now());
    // From here on a whole file's worth is written before the next attempt.
    if (failure !== undefined) this.#bytes = 0;
    return failure;
  }

  #open(): void {
    let file: Deno.FsFile;
    try {
      file = Deno.openSync(this.path, { append: true, create: true });
    } catch (error) {
      throw openError(this.path, error);
    }
    const { size, mtime } = file.statSync();
    this.#file = file;
    this.#bytes = size;
    const nowMs = this.#now();
    this.#rotation?.begin(size === 0 ? nowMs : mtime?.getTime() ?? nowMs);
  }
}

const encoder = new TextEncoder();

function openError(path: string, cause: unknown): Error {
  if (cause instanceof Deno.errors.NotCapable) {
    return new Deno.errors.NotCapable(
      `Cannot open the log file ${path}, no permission: run with --allow-write and --allow-read for its folder`,
      { cause },
    );
  }
  return new Error(`Cannot open the log file ${path}: ${reason(cause)}`, { cause });
}

function reason(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
