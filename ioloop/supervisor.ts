/**
 * Runs a program as a child process, again and again: at once when it asks for
 * that, and after a file has changed when it has failed.
 *
 * The supervisor stands for the program: signals are passed on to the child, and
 * in the end it exits as the child did. A child asks to be run again by exiting
 * with {@linkcode RELOAD_STATUS}; it can tell that it has a supervisor from its
 * environment. Between two runs nothing of the program is left, since each run
 * is a process of its own.
 *
 * @module
 */

import { FileWatcher } from "./file_watcher.ts";
import { genLog } from "./log.ts";

/** The exit status with which a supervised program asks to be run again; none of those in common use. */
export const RELOAD_STATUS = 213;

/** The environment variable that holds the process id of the supervisor. */
export const SUPERVISOR_VARIABLE = "DENADO_AUTORELOAD";

/** Settings of {@linkcode supervise}. */
export interface SuperviseOptions {
  /** The executable. */
  readonly command: string;
  /** Its arguments. */
  readonly args: readonly string[];
  /** Finds the files whose change lets a failed program run again. It is called after each failure. */
  findFiles(): Promise<readonly string[]>;
  /** Whether to wait for a change and run it again also when it has ended by itself. */
  readonly again: { readonly afterSuccess: boolean; readonly afterSignal: boolean };
  /** Time between two looks at the files, in milliseconds. @default 500 */
  readonly checkTimeMs?: number;
}

/** Whether this process was started by a supervisor, which still lives. */
export function isSupervised(): boolean {
  const { state } = Deno.permissions.querySync({ name: "env", variable: SUPERVISOR_VARIABLE });
  // A program that was started by a supervised one inherits the variable, but not the parent.
  return state === "granted" && Deno.env.get(SUPERVISOR_VARIABLE) === String(Deno.ppid);
}

/** Ask the program to end. The first three come from a terminal to all its processes. */
const STOP_SIGNALS: readonly Deno.Signal[] = Deno.build.os === "windows"
  ? ["SIGINT", "SIGBREAK"]
  : ["SIGINT", "SIGQUIT", "SIGHUP", "SIGTERM"];
/** Mean whatever the program makes of them. */
const OTHER_SIGNALS: readonly Deno.Signal[] = Deno.build.os === "windows" ? [] : ["SIGUSR1", "SIGUSR2"];

/**
 * Runs the program until it has ended for good, and returns how it ended.
 *
 * @throws {Deno.errors.NotCapable} without permission to run it
 */
export async function supervise(options: SuperviseOptions): Promise<Deno.CommandStatus> {
  const supervisor = new Supervisor(options);
  const listeners = [...STOP_SIGNALS, ...OTHER_SIGNALS].map((name) => [name, () => supervisor.signal(name)] as const);
  for (const [name, listener] of listeners) Deno.addSignalListener(name, listener);
  try {
    return await supervisor.run();
  } finally {
    for (const [name, listener] of listeners) Deno.removeSignalListener(name, listener);
  }
}

/** Ends this process as another one has ended. */
export async function exitLike(status: Deno.CommandStatus): Promise<never> {
  if (status.signal !== null && Deno.build.os !== "windows") {
    // A shell tells death by a signal from an exit, and stops a script for the former.
    Deno.kill(Deno.pid, status.signal);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  Deno.exit(status.code);
}

class Supervisor {
  readonly #options: SuperviseOptions;
  #child: Deno.ChildProcess | undefined;
  readonly #stop = Promise.withResolvers<Deno.Signal>();
  #stopSignal: Deno.Signal | undefined;

  constructor(options: SuperviseOptions) {
    this.#options = options;
  }

  async run(): Promise<Deno.CommandStatus> {
    for (;;) {
      const status = await this.#runOnce();
      const wantsReload = status.code === RELOAD_STATUS && status.signal === null;
      if (this.#stopSignal !== undefined) return wantsReload ? endBy(this.#stopSignal) : status;
      if (wantsReload) continue;
      const { afterSuccess, afterSignal } = this.#options.again;
      if ((status.success && !afterSuccess) || (status.signal !== null && !afterSignal)) return status;
      const signal = await this.#waitForChange(status);
      if (signal !== undefined) return endBy(signal);
    }
  }

  signal(name: Deno.Signal): void {
    const isStop = STOP_SIGNALS.includes(name);
    if (isStop) {
      this.#stopSignal = name;
      this.#stop.resolve(name);
    }
    // From a terminal the child got it too, and a second one often means "at once".
    if (isStop && name !== "SIGTERM" && Deno.stdin.isTerminal()) return;
    try {
      this.#child?.kill(name);
    } catch (error) {
      // It has ended already, its status is on the way.
      if (!(error instanceof TypeError) && !(error instanceof Deno.errors.NotFound)) throw error;
    }
  }

  async #runOnce(): Promise<Deno.CommandStatus> {
    const { command, args } = this.#options;
    this.#child = new Deno.Command(command, {
      args: [...args],
      env: { [SUPERVISOR_VARIABLE]: String(Deno.pid) },
      stdin: "inherit",
      stdout: "inherit",
      stderr: "inherit",
    }).spawn();
    const status = await this.#child.status;
    this.#child = undefined;
    return status;
  }

  /** Returns when a file has changed, or the signal that came before. */
  async #waitForChange(status: Deno.CommandStatus): Promise<Deno.Signal | undefined> {
    const watcher = new FileWatcher();
    watcher.add(...await this.#options.findFiles());
    await watcher.check();
    const end = status.success
      ? "exited normally"
      : status.signal === null
      ? `exited with status ${status.code}`
      : `was killed by ${status.signal}`;
    genLog.info(`Script ${end}; waiting for a change in ${watcher.size} files`);
    const change = Promise.withResolvers<undefined>();
    const timer = setInterval(async () => {
      const changed = await watcher.check();
      if (changed === undefined) return;
      genLog.info(`${changed} modified; starting again`);
      change.resolve(undefined);
    }, this.#options.checkTimeMs ?? 500);
    try {
      return await Promise.race([change.promise, this.#stop.promise]);
    } finally {
      clearInterval(timer);
    }
  }
}

function endBy(signal: Deno.Signal): Deno.CommandStatus {
  return { success: false, code: 1, signal };
}
