/**
 * A child process of the benchmark: bound to one core, with a limit of open files, and stopped with the benchmark.
 *
 * Every child is registered while it lives, so that {@linkcode killAllChildren} can end all of them from a signal
 * handler, where nothing can be awaited. `sh` and `taskset` both `exec`, so the process id is that of the program.
 *
 * @module
 */

/** What {@linkcode Child} starts, and how. */
export interface ChildOptions {
  /** Program and arguments. */
  command: readonly string[];
  /** The only core it may run on. */
  core: number;
  /** Limit of open files (`ulimit -n`). */
  openFiles: number;
  /** Whether this process talks to it over its standard input and output. @default false */
  piped?: boolean;
}

const running = new Set<Child>();

/** How long a child may take to end after SIGTERM before it gets SIGKILL. */
const GRACE_MS = 2_000;

/** How long {@linkcode Child.waitForErrorText} waits. */
const MESSAGE_TIMEOUT_MS = 5_000;

/** How much of the standard error is kept for messages. */
const KEPT_ERROR_CHARACTERS = 8_000;

/** A child process; `await using` stops it. */
export class Child implements AsyncDisposable {
  readonly pid: number;
  /** Resolves when the process has ended. Never rejects. */
  readonly ended: Promise<Deno.CommandStatus>;
  readonly #process: Deno.ChildProcess;
  readonly #errors: Promise<void>;
  #errorText = "";
  #errorListeners: (() => void)[] = [];
  #hasEnded = false;

  constructor(options: ChildOptions) {
    const stream = options.piped ? "piped" : "null";
    this.#process = new Deno.Command("sh", {
      args: [
        "-c",
        'ulimit -n "$1" && core=$2 && shift 2 && exec taskset -c "$core" "$@"',
        "sh",
        String(options.openFiles),
        String(options.core),
        ...options.command,
      ],
      env: { NO_COLOR: "1" },
      stdin: stream,
      stdout: stream,
      stderr: "piped",
    }).spawn();
    this.pid = this.#process.pid;
    running.add(this);
    this.#errors = this.#collectErrors();
    this.ended = this.#process.status.then((status) => {
      this.#hasEnded = true;
      running.delete(this);
      this.#announceErrors();
      return status;
    });
  }

  /** Whether the process has ended. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** The last few thousand characters it wrote to its standard error. */
  get errorText(): string {
    return this.#errorText.trim();
  }

  get stdin(): WritableStream<Uint8Array> {
    return this.#process.stdin;
  }

  get stdout(): ReadableStream<Uint8Array> {
    return this.#process.stdout;
  }

  /** Its whole standard output, after it has ended. @throws {Error} if it failed */
  async output(): Promise<string> {
    const text = await new Response(this.stdout).text();
    const status = await this.ended;
    await this.#errors;
    if (!status.success) {
      throw new Error(`Child process failed: ${this.errorText || `exit code ${status.code}`}`);
    }
    return text;
  }

  /**
   * Waits for a match on its standard error.
   *
   * @throws {Error} if the process ends before, or if it takes more than five seconds
   */
  async waitForErrorText(pattern: RegExp): Promise<RegExpExecArray> {
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      this.#announceErrors();
    }, MESSAGE_TIMEOUT_MS);
    try {
      while (true) {
        const match = pattern.exec(this.#errorText);
        if (match) return match;
        if (this.#hasEnded || timedOut) {
          throw new Error(`Child process did not write ${pattern}: ${this.errorText || "it wrote nothing"}`);
        }
        await new Promise<void>((resolve) => this.#errorListeners.push(resolve));
      }
    } finally {
      clearTimeout(timer);
    }
  }

  /** CPU time used so far by all its threads, user and system, in milliseconds (10 ms steps). */
  cpuMs(): number {
    const stat = Deno.readTextFileSync(`/proc/${this.pid}/stat`);
    // proc_pid_stat(5): the name in parentheses may hold spaces; utime and stime are fields 14 and 15.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const ticksPerSecond = 100;
    return (Number(fields[11]) + Number(fields[12])) * 1000 / ticksPerSecond;
  }

  /** Resident memory in bytes. */
  rssBytes(): number {
    return this.#memory("VmRSS");
  }

  #memory(field: "VmRSS" | "VmHWM"): number {
    const status = Deno.readTextFileSync(`/proc/${this.pid}/status`);
    const match = new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(status);
    if (!match) {
      throw new Error(`Cannot read the resident memory of process ${this.pid}: no ${field} in its status`);
    }
    return Number(match[1]) * 1024;
  }

  /** Forgets how much memory was resident at most until now. */
  resetPeakRss(): void {
    Deno.writeTextFileSync(`/proc/${this.pid}/clear_refs`, "5"); // proc_pid_clear_refs(5)
  }

  /** The most resident memory since {@linkcode Child.resetPeakRss}, in bytes. */
  peakRssBytes(): number {
    return this.#memory("VmHWM");
  }

  /** Ends the process, at once if need be. */
  kill(signal: Deno.Signal): void {
    if (this.#hasEnded) return;
    try {
      this.#process.kill(signal);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // it has ended, and that is not known here yet
    }
  }

  /** Asks it to end, insists after two seconds, and waits until it is gone. */
  async stop(): Promise<void> {
    this.kill("SIGTERM");
    const timer = setTimeout(() => this.kill("SIGKILL"), GRACE_MS);
    await this.ended;
    clearTimeout(timer);
    await this.#errors;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #collectErrors(): Promise<void> {
    for await (const text of this.#process.stderr.pipeThrough(new TextDecoderStream())) {
      this.#errorText = (this.#errorText + text).slice(-KEPT_ERROR_CHARACTERS);
      this.#announceErrors();
    }
  }

  #announceErrors(): void {
    for (const listener of this.#errorListeners.splice(0)) listener();
  }
}

/** Kills every child that still runs, without waiting. For signal handlers and the end of the program. */
export function killAllChildren(): void {
  for (const child of running) child.kill("SIGKILL");
}
