/**
 * Which local files a program is made of.
 *
 * Deno is asked (`deno info --json`): it alone knows import maps, workspaces and
 * what a file with a mistake in it still imports. It takes about 25 ms and
 * nothing is run. What only a running program can tell is not found: imports of
 * computed names, workers, templates.
 *
 * @module
 */

import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** How {@linkcode localModules} asks Deno. */
export interface ModuleGraphOptions {
  /** The executable of Deno. */
  readonly command: string;
  /** The flags with which the program runs; those that say where modules are found count. @default [] */
  readonly denoArgs?: readonly string[];
}

/**
 * The paths of the main module and of all files that it imports, directly or not, also those that are missing or have
 * a mistake. Files of packages are not among them.
 *
 * @param main the main module: a path, or a URL of any kind
 * @throws {Error} if Deno does not answer
 */
export async function localModules(main: string, options: ModuleGraphOptions): Promise<string[]> {
  const isUrl = /^[a-z][a-z\d+.-]+:/i.test(main);
  const path = main.startsWith("file:") ? fileURLToPath(main) : isUrl ? undefined : resolve(main);
  const flags = resolutionFlags(options.denoArgs ?? []);
  const { success, stdout, stderr } = await new Deno.Command(options.command, {
    args: ["info", "--json", "--no-lock", ...flags, path ?? main],
    // As `deno run` does, `deno info` looks for its configuration here and above, but does not begin at the module.
    ...(path !== undefined && flags.length === 0 && { cwd: dirname(path) }),
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  if (!success) {
    throw new Error(`Cannot find the modules of ${main}: ${new TextDecoder().decode(stderr).trim()}`);
  }
  const { modules } = JSON.parse(new TextDecoder().decode(stdout)) as { modules: { specifier: string }[] };
  const files = modules.filter(({ specifier }) => specifier.startsWith("file:"));
  return files.map(({ specifier }) => fileURLToPath(specifier.replace(/[?#].*$/, "")));
}

/** The flags that decide where a module is found, each with its value. */
function resolutionFlags(denoArgs: readonly string[]): string[] {
  const flags: string[] = [];
  for (let at = 0; at < denoArgs.length; at++) {
    const flag = denoArgs[at]!;
    if (/^(?:--no-config|(?:--config|--import-map|-c)=.*)$/.test(flag)) flags.push(flag);
    else if (/^(?:--config|--import-map|-c)$/.test(flag)) flags.push(flag, denoArgs[++at] ?? "");
  }
  return flags;
}
