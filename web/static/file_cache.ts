/**
 * Small files in memory, and the versions of all files, as long as they do not change.
 *
 * Whether a file changed is asked of the file system each time, by one `stat`: that takes two microseconds, whereas
 * reading a file takes fifty and hashing a large one a second. Identity, size and both times must be as they were.
 * Times of files are coarse, so that a file may change without a trace shortly after it has changed; what was read
 * within {@linkcode SETTLE_MS} of a change is therefore not kept. Git has the same trouble, and the same remedy.
 *
 * @module
 */

import { MAX_HASHED_SIZE, versionOf, versionOfFile, versionOfPieces, versionOfState } from "./content_version.ts";

/** Files of up to this size in bytes are kept in memory. */
export const MAX_KEPT_SIZE = 262144;
/** How much all of them may take together, in bytes, before those go that were not used for longest. */
export const MAX_TOTAL_SIZE = 33554432;
/**
 * A file must have been left alone for so long before it was read, in milliseconds, that what was read is kept. Deno
 * has the time of the last change in whole seconds, and the clock behind it has a tick.
 */
export const SETTLE_MS = 1050;

/** What an entry takes besides its content, roughly. */
const ENTRY_SIZE = 1024;

/** What is known of a file. */
export interface KnownFile {
  /** Its state when it was read. */
  readonly info: Deno.FileInfo;
  /** The hash of its content, or what stands for it. */
  readonly version: string;
  /** Its content, if it is small; not to be changed. */
  readonly content: Uint8Array | undefined;
  /** The response with all of it, once one was made; for whoever serves it. */
  response?: PreparedResponse;
}

/** A response to which only what it has in common with others must be added. */
export interface PreparedResponse {
  /** The folder for which the file was found to be inside of it. */
  readonly root: string;
  /** Its media type. */
  readonly contentType: string;
  /** The field lines that are about the file, an empty line, and the content. */
  readonly bytes: Uint8Array;
  /** Where the content begins. */
  readonly bodyStart: number;
}

/** A file that can be read: its content is there, or it is open. `using` closes it. */
export class HeldFile implements Disposable {
  /** What is known of it. */
  readonly known: KnownFile;
  /** The open file, at its beginning, where there is no content. */
  readonly file: Deno.FsFile | undefined;

  /** A file of which everything is known but perhaps its content. */
  constructor(known: KnownFile, file?: Deno.FsFile) {
    this.known = known;
    this.file = file;
  }

  /** Closes the file. */
  [Symbol.dispose](): void {
    this.file?.close();
  }
}

interface Entry {
  readonly known: KnownFile;
  /** Whether it was asked for since it was last spared. */
  used: boolean;
}

interface Loading {
  readonly info: Deno.FileInfo;
  readonly known: Promise<KnownFile>;
}

/** Files by their absolute path. */
export class FileCache {
  readonly #entries = new Map<string, Entry>();
  readonly #loading = new Map<string, Loading>();
  readonly #now: () => number;
  #size = 0;

  /** An empty cache. @param now The time, in milliseconds since the epoch. */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** How many bytes are taken. */
  get size(): number {
    return this.#size;
  }

  /** Forgets everything. */
  clear(): void {
    this.#entries.clear();
    this.#size = 0;
  }

  /** What is known of a file, if it is still in the state that was found at its path just now. */
  get(path: string, info: Deno.FileInfo): KnownFile | undefined {
    const entry = this.#entries.get(path);
    if (entry === undefined) return undefined;
    if (!isSameState(entry.known.info, info)) {
      this.#forget(path, entry);
      return undefined;
    }
    entry.used = true;
    return entry.known;
  }

  /** What is known of a file, if there is anything, and it has not changed. */
  getCurrent(path: string): KnownFile | undefined {
    if (!this.#entries.has(path)) return undefined;
    try {
      return this.get(path, Deno.statSync(path));
    } catch {
      return undefined; // it is gone; who asks for it otherwise will hear why
    }
  }

  /**
   * A file as it is now, to be read.
   *
   * What it is given holds for what is read, also when another file takes its place meanwhile.
   *
   * @throws what opening and reading it throws
   */
  async hold(path: string): Promise<HeldFile> {
    const found = Deno.statSync(path);
    const known = this.get(path, found) ?? await this.#loadOnce(path, found);
    if (known.content !== undefined) return new HeldFile(known);
    const file = await Deno.open(path);
    try {
      const info = await file.stat();
      if (isSameState(info, known.info)) return new HeldFile(known, file);
      // It was replaced between the two. What is open now is what will be sent, so its version is needed.
      const version = await versionOfFile(file, info);
      await file.seek(0, Deno.SeekMode.Start);
      return new HeldFile({ info, version, content: undefined }, file);
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /**
   * The version of a file as it is now, at once, for what cannot wait.
   *
   * @throws what opening and reading it throws
   */
  versionSync(path: string): string {
    const known = this.get(path, Deno.statSync(path));
    return known !== undefined ? known.version : this.#loadSync(path).version;
  }

  /** Of those who ask for a file in the same state at the same time, the first one reads it. */
  #loadOnce(path: string, info: Deno.FileInfo): Promise<KnownFile> {
    const current = this.#loading.get(path);
    if (current !== undefined && isSameState(current.info, info)) return current.known;
    const loading = { info, known: this.#load(path).finally(() => this.#loaded(path, loading)) };
    this.#loading.set(path, loading);
    return loading.known;
  }

  #loaded(path: string, loading: Loading): void {
    if (this.#loading.get(path) === loading) this.#loading.delete(path);
  }

  async #load(path: string): Promise<KnownFile> {
    using file = await Deno.open(path);
    const nowMs = this.#now();
    const info = await file.stat();
    if (info.size > MAX_KEPT_SIZE) {
      const version = await versionOfFile(file, info);
      return this.#keep(path, { info, version, content: undefined }, nowMs, await file.stat());
    }
    const content = new Uint8Array(info.size);
    let length = 0;
    while (length < content.length) {
      const count = await file.read(content.subarray(length));
      if (count === null) break;
      length += count;
    }
    return this.#keep(path, smallFile(info, content.subarray(0, length)), nowMs, await file.stat());
  }

  #loadSync(path: string): KnownFile {
    using file = Deno.openSync(path);
    const nowMs = this.#now();
    const info = file.statSync();
    if (info.size > MAX_KEPT_SIZE) {
      const version = info.size > MAX_HASHED_SIZE ? versionOfState(info) : versionOfPieces(readPiecesSync(file));
      return this.#keep(path, { info, version, content: undefined }, nowMs, file.statSync());
    }
    const content = new Uint8Array(info.size);
    let length = 0;
    while (length < content.length) {
      const count = file.readSync(content.subarray(length));
      if (count === null) break;
      length += count;
    }
    return this.#keep(path, smallFile(info, content.subarray(0, length)), nowMs, file.statSync());
  }

  /** Remembers a file that did not change while it was read, nor shortly before. */
  #keep(path: string, known: KnownFile, openedMs: number, after: Deno.FileInfo): KnownFile {
    const changedMs = Math.max(after.mtime?.getTime() ?? 0, after.ctime?.getTime() ?? 0);
    if (!isSameState(known.info, after) || openedMs - changedMs < SETTLE_MS) return known;
    const replaced = this.#entries.get(path);
    if (replaced !== undefined) this.#forget(path, replaced);
    this.#entries.set(path, { known, used: false });
    this.#size += sizeOf(known);
    this.#makeRoom();
    return known;
  }

  /** Drops the oldest ones; one that was used since it was last looked at here is spared once. */
  #makeRoom(): void {
    for (const [path, entry] of this.#entries) {
      if (this.#size <= MAX_TOTAL_SIZE) break;
      if (entry.used) {
        entry.used = false;
        this.#entries.delete(path);
        this.#entries.set(path, entry); // it comes round again, behind the others
      } else {
        this.#forget(path, entry);
      }
    }
  }

  #forget(path: string, entry: Entry): void {
    this.#entries.delete(path);
    this.#size -= sizeOf(entry.known);
  }
}

/** The size is that of what was read: the file may have been cut off while it was. */
function smallFile(info: Deno.FileInfo, content: Uint8Array): KnownFile {
  const read = content.length === info.size ? info : { ...info, size: content.length };
  return { info: read, version: versionOf(content), content };
}

function* readPiecesSync(file: Deno.FsFile): Iterable<Uint8Array> {
  const buffer = new Uint8Array(65536);
  for (;;) {
    const count = file.readSync(buffer);
    if (count === null) return;
    yield buffer.subarray(0, count);
  }
}

function sizeOf(known: KnownFile): number {
  return ENTRY_SIZE + 2 * (known.content?.length ?? 0); // once more in its response
}

/** Windows has no inode for some file systems, and other hosts no time of the last change of state. */
function isSameState(one: Deno.FileInfo, other: Deno.FileInfo): boolean {
  return one.size === other.size && one.ino === other.ino && one.dev === other.dev &&
    one.mtime?.getTime() === other.mtime?.getTime() && one.ctime?.getTime() === other.ctime?.getTime();
}
