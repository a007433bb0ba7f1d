/**
 * Several processes of one program, to use several processors.
 *
 * There is no fork on Deno: the parent starts its own main module again, once
 * for each child, with the child's number in the environment. Everything before
 * the call of {@linkcode forkProcesses} therefore runs in every process. The
 * parent stays in the call, looks after the children and exits with them; a
 * child gets its number at once and goes on.
 *
 * Nothing is shared between the processes, listening sockets neither: the
 * children of a server listen on one port with `reusePort`.
 *
 * @module
 */

import { constants } from "node:os";
import type { TimerHandle } from "./handle.ts";
import { IOLoop } from "./ioloop.ts";
import { genLog } from "./log.ts";
import { cpuCount, TASK_ID_VARIABLE, taskId } from "./process.ts";
import { rerunCommand, type RerunOptions } from "./rerun.ts";

/** Settings of {@linkcode forkProcesses}. */
export interface ForkOptions extends RerunOptions {
  /** How many times in all a child that ended abnormally is started again. @default 100 */
  readonly maxRestarts?: number;
  /** Ends all children when it is aborted; `forkProcesses` then fails with its reason. */
  readonly signal?: AbortSignal;
  /**
   * How long the children may take to end when they are told to, in milliseconds; then they are killed.
   * @default 30000
   */
  readonly stopTimeoutMs?: number;
}

const DEFAULT_MAX_RESTARTS = 100;
/** As Gunicorn gives its workers, and less than the 90 seconds after which systemd kills everything. */
const DEFAULT_STOP_TIMEOUT_MS = 30_000;

/** The signals that mean "end", as far as the system has them. */
const END_SIGNALS: readonly Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGTERM", "SIGINT"];

/**
 * Starts `count` processes of this program and returns the number of the process, 0 to `count` − 1, in each of them.
 * Tornado: `fork_processes`.
 *
 * In the parent it does not return. A child that ends by a signal or with a status other than 0 is started again under
 * the same number, with a warning in the log. When all children have ended with 0, the parent exits with 0. On SIGTERM
 * or SIGINT the parent passes the signal on, starts nothing any more, waits for the children and exits: with 0 if
 * they all did, else with 128 plus the number of the signal, as a shell reports it.
 *
 * The children run with the flags and permissions of the parent; see {@linkcode RerunOptions.denoFlags} for the limits.
 * Their standard input is empty, their output goes where the parent's goes.
 *
 * @example A server on all processors
 * ```ts ignore
 * import { forkProcesses } from "@denado/denado/ioloop";
 *
 * const id = await forkProcesses();
 * Deno.serve({ port: 8888, reusePort: true }, () => new Response(`process ${id}`));
 * ```
 *
 * @param count how many processes; 0 or less, or nothing, means {@linkcode cpuCount}
 * @throws {Deno.errors.NotCapable} without the permission to run Deno
 * @throws {Error} if children ended abnormally more than `maxRestarts` times; the others are ended first
 * @throws the reason of `signal` when it is aborted; the children are ended first
 */
export async function forkProcesses(count: number = 0, options: ForkOptions = {}): Promise<number> {
  const id = taskId();
  if (id !== undefined) return id;
  options.signal?.throwIfAborted();
  const parent = new ForkParent(await childCommand(options), options);
  Deno.exit(await parent.run(count > 0 ? count : cpuCount()));
}

/** Starts children and sees to it that they run, until all have ended. */
class ForkParent {
  readonly #makeCommand: (id: number) => Deno.Command;
  readonly #maxRestarts: number;
  readonly #stopTimeoutMs: number;
  readonly #signal: AbortSignal | undefined;
  readonly #children = new Map<number, Deno.ChildProcess>();
  #restarts = 0;
  #stopSignal: Deno.Signal | undefined;
  #failure: { readonly error: unknown } | undefined;
  #cleanStop = true;
  #killTimer: TimerHandle | undefined;

  constructor(makeCommand: (id: number) => Deno.Command, options: ForkOptions) {
    this.#makeCommand = makeCommand;
    this.#maxRestarts = options.maxRestarts ?? DEFAULT_MAX_RESTARTS;
    this.#stopTimeoutMs = options.stopTimeoutMs ?? DEFAULT_STOP_TIMEOUT_MS;
    this.#signal = options.signal;
  }

  /** Runs `count` children to their end; returns the status with which the parent is to exit. */
  async run(count: number): Promise<number> {
    genLog.info(`Starting ${count} processes`);
    const listeners = END_SIGNALS.map((name) => [name, () => this.#stop(name)] as const);
    for (const [name, listener] of listeners) Deno.addSignalListener(name, listener);
    this.#signal?.addEventListener("abort", this.#onAbort);
    try {
      await Promise.all(Array.from({ length: count }, (_, id) => this.#superviseChild(id)));
    } finally {
      for (const [name, listener] of listeners) Deno.removeSignalListener(name, listener);
      this.#signal?.removeEventListener("abort", this.#onAbort);
      this.#killTimer?.cancel();
    }
    if (this.#failure !== undefined) throw this.#failure.error;
    if (this.#stopSignal === undefined || this.#cleanStop) return 0;
    return 128 + constants.signals[this.#stopSignal as keyof typeof constants.signals];
  }

  async #superviseChild(id: number): Promise<void> {
    while (this.#stopSignal === undefined) {
      const child = this.#startChild(id);
      if (child === undefined) return;
      const status = await child.status;
      this.#children.delete(id);
      if (status.success) return genLog.info(`child ${id} (pid ${child.pid}) exited normally`);
      const end = status.signal === null ? `exited with status ${status.code}` : `killed by signal ${status.signal}`;
      if (this.#stopSignal !== undefined) {
        this.#cleanStop = false;
        return genLog.info(`child ${id} (pid ${child.pid}) ${end}`);
      }
      if (++this.#restarts > this.#maxRestarts) {
        genLog.error(`child ${id} (pid ${child.pid}) ${end}`);
        return this.#fail(new Error(`Too many child restarts, giving up: more than ${this.#maxRestarts}`));
      }
      genLog.warning(`child ${id} (pid ${child.pid}) ${end}, restarting`);
    }
  }

  #startChild(id: number): Deno.ChildProcess | undefined {
    try {
      const child = this.#makeCommand(id).spawn();
      this.#children.set(id, child);
      return child;
    } catch (error) {
      this.#fail(error);
      return undefined;
    }
  }

  #onAbort = (): void => this.#fail(this.#signal!.reason);

  /** Ends everything; the first failure is what `forkProcesses` throws. */
  #fail(error: unknown): void {
    this.#failure ??= { error };
    this.#stop("SIGTERM");
  }

  #stop(signal: Deno.Signal): void {
    this.#stopSignal ??= signal;
    this.#killChildren(signal);
    this.#killTimer ??= IOLoop.current().callLater(this.#stopTimeoutMs, () => {
      if (this.#children.size === 0) return;
      genLog.warning(`${this.#children.size} children did not end within ${this.#stopTimeoutMs} ms, killing them`);
      this.#killChildren("SIGKILL");
    });
  }

  #killChildren(signal: Deno.Signal): void {
    for (const child of this.#children.values()) {
      try {
        child.kill(signal);
      } catch (error) {
        // It has ended already, its status is on the way.
        if (!(error instanceof TypeError) && !(error instanceof Deno.errors.NotFound)) throw error;
      }
    }
  }
}

async function childCommand(options: ForkOptions): Promise<(id: number) => Deno.Command> {
  const { command, denoArgs, args } = await rerunCommand(options);
  const deno = withTaskIdPermission(denoArgs);
  return (id) =>
    new Deno.Command(command, {
      args: [...deno, ...args],
      env: { [TASK_ID_VARIABLE]: String(id) },
      stdin: "null",
      stdout: "inherit",
      stderr: "inherit",
    });
}

/**
 * Lets the children see their number. A child that did not would take itself for the parent and start children of its
 * own, which would start theirs: better not to start any.
 */
function withTaskIdPermission(denoArgs: readonly string[]): readonly string[] {
  const { state } = Deno.permissions.querySync({ name: "env", variable: TASK_ID_VARIABLE });
  const compiled = denoArgs.length === 0;
  if (state === "denied" || denoArgs.some(hidesTaskId) || (compiled && state !== "granted")) {
    throw new Deno.errors.NotCapable(
      `Cannot fork processes, the children could not read ${TASK_ID_VARIABLE}: ` +
        (compiled ? `compile with --allow-env=${TASK_ID_VARIABLE}` : "do not run with --deny-env or --ignore-env"),
    );
  }
  if (compiled || denoArgs.includes("eval") || denoArgs.some(allowsTaskId)) return denoArgs;
  return [...denoArgs.slice(0, -1), `--allow-env=${TASK_ID_VARIABLE}`, denoArgs.at(-1)!];
}

/** `-A` may stand among other letters; next to it another permission would be an error. */
function allowsTaskId(flag: string): boolean {
  return /^(?:--allow-all|--allow-env|-[a-zA-Z]*[AE][a-zA-Z]*)$/.test(flag);
}

function hidesTaskId(flag: string): boolean {
  const [, variables] = /^--(?:deny|ignore)-env(?:=(.*))?$/.exec(flag) ?? [undefined, "none"];
  return variables === undefined || variables.split(",").includes(TASK_ID_VARIABLE);
}
