/**
 * Facts about the machine, and what the benchmark needs of it.
 *
 * @module
 */

/** Facts that a figure means little without. */
export interface Machine {
  cpu: string;
  cores: number;
  memoryGb: number;
  kernel: string;
  deno: string;
  v8: string;
  wrk: string;
}

/** Reads the facts; the version of the load generator is passed in. */
export async function readMachine(wrk: string): Promise<Machine> {
  const cpuInfo = await Deno.readTextFile("/proc/cpuinfo");
  return {
    cpu: /^model name\s*: (.+)$/m.exec(cpuInfo)?.[1] ?? Deno.build.arch,
    cores: navigator.hardwareConcurrency,
    memoryGb: Deno.systemMemoryInfo().total / 2 ** 30,
    kernel: `${Deno.build.os} ${Deno.osRelease()}`,
    deno: Deno.version.deno,
    v8: Deno.version.v8,
    wrk,
  };
}

/**
 * Makes sure that the machine can bind processes to these cores and open so many files.
 *
 * @throws {Error} saying what to install or to change
 */
export async function requireMachine(cores: readonly number[], openFiles: number): Promise<void> {
  if (Deno.build.os !== "linux") {
    throw new Error(`Cannot measure on this system: ${Deno.build.os}; Linux is needed (taskset, /proc)`);
  }
  for (const core of cores) {
    const error = await failure("taskset", ["-c", String(core), "true"]);
    if (error === "not found") {
      throw new Error(
        "Cannot find taskset, which binds a process to a core; install it with: apt-get install util-linux",
      );
    }
    if (error !== undefined) {
      throw new Error(
        `Cannot run on core ${core}: ${error}; choose two others of this machine with --server-core and --load-core`,
      );
    }
  }
  const error = await failure("sh", ["-c", `ulimit -n ${openFiles}`]);
  if (error !== undefined) {
    throw new Error(
      `Cannot open ${openFiles} files: ${error}; raise the hard limit (ulimit -Hn), or open fewer connections with --idle`,
    );
  }
}

/** What a command wrote when it failed, "not found", or nothing when it succeeded. */
async function failure(program: string, args: string[]): Promise<string | undefined> {
  try {
    const { success, stderr } = await new Deno.Command(program, { args })
      .output();
    return success ? undefined : new TextDecoder().decode(stderr).trim() || "no reason given";
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "not found";
    throw error;
  }
}
