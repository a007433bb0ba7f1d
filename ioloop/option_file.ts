/**
 * Reads the values in a configuration file: a JSON object, or a module, whose
 * exports are the values.
 *
 * A module is loaded synchronously (`require` of an ES module), because a file
 * named on the command line must be read in the middle of it: what comes later
 * there overrides the file.
 *
 * @module
 */

import { createRequire } from "node:module";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { OptionError } from "./option.ts";

/** What a configuration file says. */
export interface ConfigFile {
  /** The file, as an absolute path. */
  readonly path: string;
  /** Whether it is data only; a module may export things that are no options. */
  readonly isData: boolean;
  /** The values by name. */
  readonly values: Record<string, unknown>;
}

/**
 * Reads `.json`, `.ts`, `.mts`, `.js`, `.mjs` or `.cjs`. A module is run: it must be as trustworthy as the program.
 *
 * @throws {Deno.errors.NotCapable} without permission to read the file
 * @throws {OptionError} if it cannot be read, is of another kind or has a mistake; `cause` says more
 */
export function readConfigFile(file: string | URL): ConfigFile {
  const path = file instanceof URL ? fileURLToPath(file) : resolve(file);
  const extension = /\.(\w+)$/.exec(path)?.[1]?.toLowerCase() ?? "";
  const isData = extension === "json";
  if (!isData && !["ts", "mts", "js", "mjs", "cjs"].includes(extension)) {
    throw new OptionError(`Cannot read the configuration file ${path}: use .json, or a module .ts or .js`);
  }
  try {
    // Also for a module, because reading tells more plainly than loading what is wrong.
    const text = Deno.readTextFileSync(path);
    return { path, isData, values: isData ? parseObject(text) : exportsOf(createRequire(path)(path)) };
  } catch (cause) {
    throw describe(path, cause);
  }
}

function parseObject(text: string): Record<string, unknown> {
  const value: unknown = JSON.parse(text);
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new SyntaxError("it is not an object with values by name");
}

/** Named exports, and the properties of an object that is the default export; `require` adds a mark of its own. */
function exportsOf(module: unknown): Record<string, unknown> {
  const { default: main, __esModule: _, ...named } = module as Record<string, unknown>;
  return typeof main === "object" && main !== null ? { ...main, ...named } : named;
}

function describe(path: string, cause: unknown): Error {
  if (cause instanceof Deno.errors.NotCapable) {
    return new Deno.errors.NotCapable(
      `Cannot read the configuration file ${path}, no permission: run with --allow-read=${path}`,
      { cause },
    );
  }
  let reason = cause instanceof Error ? cause.message : String(cause);
  if ((cause as { code?: unknown } | null)?.code === "ERR_REQUIRE_ASYNC_MODULE") {
    reason = "it uses await at its top level: import it, and hand it to parseConfigValues";
  }
  return new OptionError(`Cannot read the configuration file ${path}: ${reason}`, { cause });
}
