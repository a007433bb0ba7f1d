/**
 * Starts the program again when one of its source files has changed. For
 * development; `debug` of a web application turns it on.
 *
 * Watched are the main module and the local files that it imports; what is
 * loaded in other ways (templates, workers, imports of computed names) is added
 * by {@linkcode watch}.
 *
 * Deno cannot run another program in its own process, as Tornado does it, and
 * cannot close what a program has opened. So at the first change
 *
 * 1. the reload hooks run;
 * 2. the process becomes a supervisor, which runs the program as its child with
 *    the same flags and arguments. With `--allow-ffi` (as with `-A`) on Linux and
 *    macOS it is replaced by one, so that every port is free and the process id
 *    stays. Elsewhere it goes on as one after it has closed its IOLoop with all
 *    descriptors; anything else that holds a port must be closed by a hook;
 * 3. at further changes the child exits with a status that asks for the next one.
 *    A child that fails, by a mistake in the source say, is started again when a
 *    module changes; one that ends otherwise ends the supervisor in the same way.
 *
 * As a program of its own this module is the supervisor from the beginning, so
 * that also the first start may fail, and scripts run after each change:
 *
 * ```sh
 * deno run -A jsr:@denado/denado/autoreload [--until-success] script.ts [arguments]
 * ```
 *
 * The permissions `--allow-read`, `--allow-run` and `--allow-env` are needed.
 * Deno's own `--watch` does the same with less: no hooks, no exit status.
 *
 * @module
 */

import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { FileWatcher } from "./file_watcher.ts";
import { IOLoop } from "./ioloop.ts";
import { appLog, describeError, genLog } from "./log.ts";
import { localModules } from "./module_graph.ts";
import { OptionError } from "./option.ts";
import { OptionParser } from "./option_parser.ts";
import { enablePrettyLogging } from "./pretty_logging.ts";
import { taskId } from "./process.ts";
import { canReplaceProcess, replaceProcess } from "./replace_process.ts";
import { flagsFromPermissions, type RerunCommand, rerunCommand } from "./rerun.ts";
import {
  exitLike,
  isSupervised,
  RELOAD_STATUS,
  supervise,
  type SuperviseOptions,
  SUPERVISOR_VARIABLE,
} from "./supervisor.ts";

const watchedFiles = new Set<string>();
const reloadHooks: (() => unknown)[] = [];
const startedLoops = new WeakSet<IOLoop>();
let watcher: FileWatcher | undefined;
let reloading: Promise<never> | undefined;

/**
 * Watches the source files, looking at them every `checkTimeMs` milliseconds. Tornado: `tornado.autoreload.start`.
 *
 * Does nothing more when it is called again on the same loop; on another one it warns, since a process reloads as a
 * whole. Does nothing in the children of `forkProcesses`, and without the permissions it needs, with a warning. The
 * watching does not keep the process alive.
 *
 * @param checkTimeMs time between two looks at the files @default 500
 *
 * @example A server that starts again with each change
 * ```ts ignore
 * import { autoreload } from "@denado/denado/ioloop";
 *
 * autoreload.watch("templates/page.html");
 * autoreload.addReloadHook(() => database.close());
 * autoreload.start();
 * ```
 */
export function start(checkTimeMs: number = 500): void {
  const loop = IOLoop.current();
  if (startedLoops.has(loop)) return;
  startedLoops.add(loop);
  if (watcher !== undefined) {
    genLog.warning("autoreload started more than once in the same process");
    return;
  }
  const timer = poll(checkTimeMs);
  if (timer !== undefined) Deno.unrefTimer(timer);
}

/**
 * Waits for a change and starts the program again; for the end of a script that is to run after each change. Tornado:
 * `tornado.autoreload.wait`.
 *
 * @param checkTimeMs time between two looks at the files @default 500
 * @throws {Deno.errors.NotCapable} without the permissions it needs
 */
export async function wait(checkTimeMs: number = 500): Promise<never> {
  const lacking = lackingPermissions();
  if (lacking !== undefined) throw new Deno.errors.NotCapable(`Cannot wait for a change: ${lacking}`);
  poll(checkTimeMs);
  return await new Promise<never>(() => {});
}

/** Watches one more file, which need not exist yet. Modules that the program imports are watched anyway. */
export function watch(file: string | URL): void {
  // Kept absolute: the program may change its working directory.
  const path = file instanceof URL ? fileURLToPath(file) : resolve(file);
  watchedFiles.add(path);
  watcher?.add(path);
}

/**
 * Adds a function that runs before the program is started again, in the order of the calls; a promise that it returns
 * is waited for. An error in it is logged, and does not stop the reload.
 */
export function addReloadHook(hook: () => unknown): void {
  reloadHooks.push(hook);
}

/**
 * Starts the program again at once. It does not return, and is tried once in a process: further calls wait for the
 * first one.
 *
 * @throws {Deno.errors.NotCapable} without permission to run Deno
 */
export function reload(): Promise<never> {
  reloading ??= runHooksAndRestart();
  return reloading;
}

/** The first argument of the supervisor that takes the place of a program. */
const SUPERVISE = "--supervise";

/**
 * The command line: runs a script, and runs it again after each change. It ends with `--until-success` when the script
 * has exited with 0, and on a signal. Tornado: `python -m tornado.autoreload`.
 *
 * @param args the arguments, without the name of the program @default Deno.args
 */
export async function main(args: readonly string[] = Deno.args): Promise<never> {
  enablePrettyLogging();
  if (args[0] === SUPERVISE) {
    const [, denoArgCount, command, ...all] = args;
    const count = Number(denoArgCount);
    return await superviseProgram({ command: command!, denoArgs: all.slice(0, count), args: all.slice(count) });
  }
  const options = new OptionParser({ programName: "deno run -A jsr:@denado/denado/autoreload" })
    .define("until-success", { default: false, group: "", help: "stop when the script has exited with status 0" });
  let script: string | undefined;
  let scriptArgs: string[] = [];
  try {
    [script, ...scriptArgs] = options.parseCommandLine(args);
  } catch (error) {
    if (!(error instanceof OptionError)) throw error;
    console.error(error.message);
    Deno.exit(1);
  }
  if (script === undefined) {
    options.printHelp();
    console.error("Cannot run without a script: give its path or URL after the options");
    Deno.exit(1);
  }
  const own = await rerunCommand({ args: scriptArgs });
  const program = { ...own, denoArgs: [...own.denoArgs.slice(0, -1), script] };
  return await superviseProgram(program, { afterSuccess: !options.untilSuccess, afterSignal: true });
}

/** Starts to look at the files, unless this process must not reload or cannot. */
function poll(checkTimeMs: number): ReturnType<typeof setInterval> | undefined {
  // If the children of forkProcesses reloaded, so would their parent, and start children of its own.
  if (taskId() !== undefined) return undefined;
  const lacking = lackingPermissions();
  if (lacking !== undefined) {
    genLog.warning(`autoreload is off: ${lacking}`);
    return undefined;
  }
  const files = watcher = new FileWatcher();
  files.add(...watchedFiles);
  let looking = false;
  const look = async (): Promise<void> => {
    if (looking || reloading !== undefined) return;
    looking = true;
    const changed = await files.check();
    looking = false;
    if (changed === undefined || reloading !== undefined) return;
    genLog.info(`${changed} modified; restarting server`);
    await reload();
  };
  const lookAndReport = (): Promise<void> =>
    look().catch((error) => genLog.error(`Cannot restart\n${describeError(error)}`));
  addModules(files).then(lookAndReport).then(
    () => genLog.debug(`autoreload watches ${files.size} files`),
    (error) => genLog.error(`autoreload does not know the modules of the program\n${describeError(error)}`),
  );
  return setInterval(lookAndReport, checkTimeMs);
}

async function addModules(files: FileWatcher): Promise<void> {
  if (Deno.build.standalone) return;
  const { command, denoArgs } = await rerunCommand();
  const main = denoArgs.at(-1)!;
  if (denoArgs.includes("eval")) return;
  files.add(...await localModules(main, { command, denoArgs }));
}

async function runHooksAndRestart(): Promise<never> {
  for (const hook of reloadHooks) {
    try {
      await hook();
    } catch (error) {
      appLog.error(`Exception in reload hook\n${describeError(error)}`);
    }
  }
  if (isSupervised()) Deno.exit(RELOAD_STATUS);
  const program = await rerunCommand();
  if (canReplaceProcess() && !Deno.build.standalone) becomeSupervisor(program);
  IOLoop.current({ instance: false })?.close({ allFds: true });
  return await superviseProgram(program);
}

/** Replaces this process; returns if that fails. */
function becomeSupervisor(program: RerunCommand): void {
  const { command, denoArgs, args } = program;
  // The same flags, so that it can do what the program could; but `deno serve` and such expect another kind of module.
  const flags = /^(?:run$|-)/.test(denoArgs[0]!) ? denoArgs.slice(0, -1) : ["run", ...flagsFromPermissions()];
  try {
    replaceProcess(command, [
      ...flags,
      import.meta.url,
      SUPERVISE,
      String(denoArgs.length),
      command,
      ...denoArgs,
      ...args,
    ]);
  } catch (error) {
    genLog.warning(`Going on in this process, some of its resources may stay open\n${describeError(error)}`);
  }
}

async function superviseProgram(
  program: RerunCommand,
  again: SuperviseOptions["again"] = { afterSuccess: false, afterSignal: false },
): Promise<never> {
  const { command, denoArgs, args } = program;
  const status = await supervise({
    command,
    args: [...denoArgs, ...args],
    findFiles: async () => {
      if (Deno.build.standalone || denoArgs.includes("eval")) return [...watchedFiles];
      return [...watchedFiles, ...await localModules(denoArgs.at(-1)!, { command, denoArgs })];
    },
    again,
  });
  return await exitLike(status);
}

/** Says what is missing; nothing is asked for, because nobody may be there to answer. */
function lackingPermissions(): string | undefined {
  const descriptors: Deno.PermissionDescriptor[] = [{ name: "env", variable: SUPERVISOR_VARIABLE }];
  if (Deno.mainModule.startsWith("file:") && !Deno.build.standalone) {
    descriptors.push({ name: "read", path: fileURLToPath(Deno.mainModule) });
  }
  const isGranted = (descriptor: Deno.PermissionDescriptor): boolean =>
    Deno.permissions.querySync(descriptor).state === "granted";
  const mayRun = [Deno.execPath(), "deno"].some((command) => isGranted({ name: "run", command }));
  if (mayRun && descriptors.every(isGranted)) return undefined;
  return "it lacks permissions, run with --allow-read --allow-run --allow-env";
}

if (import.meta.main) await main();
