/**
 * Finds a value by the name of its module and its own: for classes and functions which are named in a configuration.
 *
 * @module
 */

/** Settings of {@linkcode importObject}. */
export interface ImportObjectOptions {
  /** What a relative name is relative to: `import.meta.url`. @default the main module of the program */
  readonly base?: string | URL;
}

/**
 * Imports a module and returns one of its exports, or the module itself. Tornado: `import_object`.
 *
 * The name is a module specifier, `#` and the name of the export: `"./cache.ts#DiskCache"`, `"npm:lru-cache#LRUCache"`.
 * Further dots lead into the value: `"./cache.ts#DiskCache.open"`. Without `#` it names the module.
 *
 * What can be named can be run: the name must not come from a stranger.
 *
 * @throws {TypeError} if the module cannot be found, as by `import()`, or has no such export
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { importObject } from "@denado/denado/ioloop";
 *
 * const basename = await importObject("node:path#posix.basename") as (path: string) => string;
 * assertEquals(basename("/tmp/file.txt"), "file.txt");
 * ```
 */
export async function importObject(name: string, options: ImportObjectOptions = {}): Promise<unknown> {
  const { base = Deno.mainModule } = options;
  const hash = name.indexOf("#");
  const specifier = hash === -1 ? name : name.slice(0, hash);
  const isRelative = /^\.{0,2}\//.test(specifier);
  let value: unknown = await import(isRelative ? new URL(specifier, base).href : specifier);
  if (hash === -1) return value;
  for (const key of name.slice(hash + 1).split(".")) {
    if ((typeof value !== "object" && typeof value !== "function") || value === null || !(key in value)) {
      throw new TypeError(`Cannot import an object: ${specifier} has no ${name.slice(hash + 1)}`);
    }
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}
