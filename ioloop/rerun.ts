/**
 * How to start the running program once more: the same executable, main module,
 * arguments and, as far as can be known, the same flags and permissions.
 *
 * Deno does not tell a program its own flags. On Linux they are in
 * `/proc/<pid>/cmdline`, which may be read with `--allow-all` only; a program
 * that may run Deno lets Deno read it. Elsewhere the flags are made from what
 * `Deno.permissions` says, and that knows `--allow-net` but not
 * `--allow-net=example.com`: a program with such flags hands them over itself.
 * A compiled program has its flags built in.
 *
 * @module
 */

/** How {@linkcode rerunCommand} finds the flags. */
export interface RerunOptions {
  /** Deno's flags for the new process, such as `--allow-net=:8080`. @default those of this process, as far as known */
  readonly denoFlags?: readonly string[];
  /** The arguments of the program. @default those of this process */
  readonly args?: readonly string[];
}

/** What to hand to `Deno.Command`. */
export interface RerunCommand {
  /** The executable. */
  readonly command: string;
  /** Deno's own arguments: `run`, flags and the main module; empty for a compiled program. */
  readonly denoArgs: readonly string[];
  /** The program's arguments. */
  readonly args: readonly string[];
}

/**
 * The command that starts this program once more.
 *
 * @throws {Deno.errors.NotCapable} without the permission to run Deno
 * @throws {Error} if the main module cannot be run again, because it came from the standard input, for instance
 */
export async function rerunCommand(options: RerunOptions = {}): Promise<RerunCommand> {
  const args = options.args ?? Deno.args;
  const command = await runnableDeno();
  if (Deno.build.standalone) return { command, denoArgs: [], args };
  const main = Deno.mainModule;
  const pseudoMain = /\$deno\$(\w+)/.exec(main)?.[1];
  if (pseudoMain !== undefined && pseudoMain !== "eval") {
    throw new Error(`Cannot run the program again: it is not in a module of its own but in ${main}`);
  }
  if (options.denoFlags !== undefined && pseudoMain === undefined) {
    return { command, denoArgs: ["run", ...options.denoFlags, main], args };
  }
  const original = splitCommandLine(await ownCommandLine(command), Deno.args);
  if (pseudoMain === "eval") {
    if (original === undefined) throw new Error("Cannot run the program again: its source, an argument, is not known");
    return { command, denoArgs: [...original.flags, original.main], args };
  }
  // The main module as a URL: the program may have changed its working directory.
  if (original !== undefined) return { command, denoArgs: [...original.flags, main], args };
  return { command, denoArgs: ["run", ...flagsFromPermissions(), main], args };
}

/** Deno's arguments of a command line up to the main module, without those that only one process can have. */
export function splitCommandLine(
  commandLine: readonly string[] | undefined,
  programArgs: readonly string[],
): { readonly flags: readonly string[]; readonly main: string } | undefined {
  if (commandLine === undefined) return undefined;
  const end = commandLine.length - programArgs.length;
  if (end < 2 || programArgs.some((arg, at) => commandLine[end + at] !== arg)) return undefined;
  return {
    flags: commandLine.slice(1, end - 1).filter((flag) => !ONE_PROCESS_FLAG.test(flag)),
    main: commandLine[end - 1]!,
  };
}

/** A debugger's port has room for one, and a watching parent restarts its children anyway. */
const ONE_PROCESS_FLAG = /^--(?:inspect|inspect-brk|inspect-wait|watch|hmr|watch-exclude)(?:=|$)/;

const PERMISSIONS = ["run", "read", "write", "net", "env", "sys", "ffi", "import"] as const;

/** The permissions that this process has without a restriction, as flags. */
export function flagsFromPermissions(): string[] {
  const flags = PERMISSIONS
    .filter((name) => Deno.permissions.querySync({ name } as Deno.PermissionDescriptor).state === "granted")
    .map((name) => `--allow-${name}`);
  return flags.length === PERMISSIONS.length ? ["--allow-all"] : ["--no-prompt", ...flags];
}

/** The name under which Deno may be run: `--allow-run=deno` allows what is found under that name, by that name only. */
async function runnableDeno(): Promise<string> {
  const path = Deno.execPath();
  for (const command of [path, "deno"]) {
    if (Deno.permissions.querySync({ name: "run", command }).state === "granted") return command;
  }
  const asked = await Deno.permissions.request({ name: "run", command: path });
  if (asked.state === "granted") return path;
  throw new Deno.errors.NotCapable(
    `Cannot start child processes, no permission to run ${path}: run with --allow-run=deno or --allow-run`,
  );
}

async function ownCommandLine(deno: string): Promise<string[] | undefined> {
  if (Deno.build.os !== "linux") return undefined;
  const path = `/proc/${Deno.pid}/cmdline`;
  const bytes = await readDirectly(path) ?? await readWithDeno(deno, path);
  if (bytes === undefined) return undefined;
  return new TextDecoder().decode(bytes).replace(/\0$/, "").split("\0");
}

async function readDirectly(path: string): Promise<Uint8Array | undefined> {
  // Asked first, because an attempt without permission would make Deno ask the user.
  if (flagsFromPermissions()[0] !== "--allow-all") return undefined;
  try {
    return await Deno.readFile(path);
  } catch (error) {
    // All permissions one by one are not the same as --allow-all.
    if (error instanceof Deno.errors.NotCapable) return undefined;
    throw error;
  }
}

async function readWithDeno(deno: string, path: string): Promise<Uint8Array | undefined> {
  const script = "await Deno.stdout.write(await Deno.readFile(Deno.args[0]))";
  const { success, stdout } = await new Deno.Command(deno, {
    args: ["eval", "--no-config", script, path],
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).output();
  return success ? stdout : undefined;
}
