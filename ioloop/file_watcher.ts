/**
 * Notices that one of several files has changed, by looking at their times.
 *
 * Polling costs a `stat` for each file and works wherever files do: in
 * containers, on network drives, with editors that replace a file instead of
 * writing it. A file that is missing is left alone until it appears.
 *
 * @module
 */

/** Remembers when files were modified. */
export class FileWatcher {
  /** By path; `undefined` for a file that was never there. */
  readonly #times = new Map<string, number | undefined>();
  readonly #paths = new Set<string>();

  /** Watches files. What changes after the next {@linkcode check} counts. Without permission to read a file it is skipped. */
  add(...paths: string[]): void {
    for (const path of paths) {
      // Asked first, because an attempt would make Deno ask the user.
      if (Deno.permissions.querySync({ name: "read", path }).state === "granted") this.#paths.add(path);
    }
  }

  /** The number of files that are watched. */
  get size(): number {
    return this.#paths.size;
  }

  /** Looks at all files; returns one that was modified since the last check, or has appeared. */
  async check(): Promise<string | undefined> {
    let changed: string | undefined;
    await Promise.all([...this.#paths].map(async (path) => {
      const time = await modificationTime(path);
      const known = this.#times.has(path);
      if (known && time === undefined) return;
      if (known && time !== this.#times.get(path)) changed ??= path;
      this.#times.set(path, time);
    }));
    return changed;
  }
}

async function modificationTime(path: string): Promise<number | undefined> {
  try {
    return (await Deno.stat(path)).mtime?.getTime();
  } catch {
    // Whatever keeps the file from being looked at, it cannot be run either; when it is back, its time tells.
    return undefined;
  }
}
