/**
 * Child processes whose pipes are streams and whose end is an event of the loop.
 *
 * A thin layer over `Deno.Command`: return codes as Python gives them, an exit
 * callback through the loop, and pipes as web streams. The tcp layer makes an
 * `IOStream` of a pipe by way of `PipeChannel`.
 *
 * @module
 */

import { constants } from "node:os";
import { TimeoutError } from "./errors.ts";
import { Future } from "./future.ts";
import { IOLoop } from "./ioloop.ts";

/** Where a standard stream of a child comes from or goes to. */
export type StandardStream = "inherit" | "null" | typeof Subprocess.STREAM;

/** Settings of a {@linkcode Subprocess}. */
export interface SubprocessOptions {
  /** What the child reads. @default "inherit" */
  readonly stdin?: StandardStream;
  /** Where its output goes. @default "inherit" */
  readonly stdout?: StandardStream;
  /** Where its messages go. @default "inherit" */
  readonly stderr?: StandardStream;
  /** The working directory. @default that of this process */
  readonly cwd?: string | URL;
  /** Environment variables, beside those of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /** Whether the child gets the variables in `env` only. @default false */
  readonly clearEnv?: boolean;
  /** Ends the child with SIGTERM when it is aborted. */
  readonly signal?: AbortSignal;
}

/** Settings of {@linkcode Subprocess.waitForExit}. */
export interface WaitForExitOptions {
  /** Whether a return code other than 0 is an error. @default true */
  readonly raiseError?: boolean;
  /** How long to wait, in milliseconds; the child goes on afterwards. @default no limit */
  readonly timeoutMs?: number;
  /** Gives up the wait; the child goes on. */
  readonly signal?: AbortSignal;
}

/** A child ended with a return code other than 0. Python: `subprocess.CalledProcessError`. */
export class CalledProcessError extends Error {
  /** Always `"CalledProcessError"`. */
  override readonly name = "CalledProcessError";
  /** Always `"ECALLEDPROCESS"`. */
  readonly code = "ECALLEDPROCESS";
  /** The return code, or the negative number of the signal that ended the child. */
  readonly returncode: number;
  /** The program and its arguments. */
  readonly command: readonly string[];

  /** An error for a command that ended with `returncode`. */
  constructor(returncode: number, command: readonly string[]) {
    const end = returncode < 0 ? `died of signal ${signalName(-returncode)}` : `returned ${returncode}`;
    super(`Command ${JSON.stringify(command)} ${end}`);
    this.returncode = returncode;
    this.command = command;
  }
}

/**
 * A child process. Tornado: `tornado.process.Subprocess`.
 *
 * @example What a program writes
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Subprocess } from "@denado/denado/ioloop";
 *
 * const echo = [Deno.execPath(), "eval", "console.log(Deno.args[0])", "hello"];
 * const child = new Subprocess(echo, { stdout: Subprocess.STREAM });
 * assertEquals(await new Response(child.stdout).text(), "hello\n");
 * assertEquals(await child.waitForExit(), 0);
 * ```
 */
export class Subprocess implements AsyncDisposable {
  /** Makes a pipe of a standard stream, whose other end is here; the caller closes it. */
  static readonly STREAM: "piped" = "piped";

  /** The program and its arguments. */
  readonly command: readonly string[];
  readonly #child: Deno.ChildProcess;
  readonly #ioLoop: IOLoop;
  readonly #exited: Promise<number>;
  #returncode: number | undefined;
  #exitCallback: ((returncode: number) => unknown) | undefined;

  /**
   * Starts a program: its name or path, and its arguments.
   *
   * @throws {TypeError} if the command is empty
   * @throws {Deno.errors.NotFound} if there is no such program
   * @throws {Deno.errors.NotCapable} without the permission to run it
   */
  constructor(command: readonly string[], options: SubprocessOptions = {}) {
    const [program, ...args] = command;
    if (program === undefined) throw new TypeError("Cannot start a program: the command is empty");
    this.command = command;
    this.#ioLoop = IOLoop.current();
    this.#child = new Deno.Command(program, {
      stdin: "inherit",
      stdout: "inherit",
      stderr: "inherit",
      ...options,
      args,
    })
      .spawn();
    this.#exited = this.#child.status.then(({ code, signal }) => {
      this.#returncode = signal === null ? code : -signalNumber(signal);
      this.#runExitCallback();
      return this.#returncode;
    });
  }

  /** The child's process id. */
  get pid(): number {
    return this.#child.pid;
  }

  /** The exit status, or the negative number of the signal that ended the child; `undefined` while it runs. */
  get returncode(): number | undefined {
    return this.#returncode;
  }

  /** The pipe to the child's standard input; closing it is the end of input. @throws {TypeError} without {@linkcode STREAM} */
  get stdin(): WritableStream<Uint8Array<ArrayBufferLike>> {
    return this.#child.stdin;
  }

  /** The pipe from the child's standard output. @throws {TypeError} without {@linkcode STREAM} */
  get stdout(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return this.#child.stdout;
  }

  /** The pipe from the child's standard error stream. @throws {TypeError} without {@linkcode STREAM} */
  get stderr(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return this.#child.stderr;
  }

  /** Sends a signal; does nothing if the child has ended. */
  kill(signal: Deno.Signal = "SIGTERM"): void {
    if (this.#returncode !== undefined) return;
    try {
      this.#child.kill(signal);
    } catch (error) {
      // It has ended, and the status is on the way.
      if (!(error instanceof TypeError) && !(error instanceof Deno.errors.NotFound)) throw error;
    }
  }

  /** Calls `callback(returncode)` in a turn of the loop once the child has ended; replaces the callback set before. */
  setExitCallback(callback: (returncode: number) => unknown): void {
    this.#exitCallback = callback;
    if (this.#returncode !== undefined) this.#runExitCallback();
  }

  /**
   * Resolves to the return code when the child has ended.
   *
   * @throws {CalledProcessError} if it is not 0, unless `raiseError` is false
   * @throws {TimeoutError} if the child runs longer than `timeoutMs`; it goes on
   * @throws the signal's reason when it is aborted; the child goes on
   */
  async waitForExit(options: WaitForExitOptions = {}): Promise<number> {
    const returncode = await this.#waitForEnd(options);
    if (returncode !== 0 && (options.raiseError ?? true)) throw new CalledProcessError(returncode, this.command);
    return returncode;
  }

  /** Kills the child if it still runs, and waits for its end. Pipes are left to their owner. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.kill("SIGKILL");
    await this.#exited;
  }

  /** Prepares for exit callbacks; Deno reports exits by itself, so there is nothing to do. */
  static initialize(): void {}

  /** Undoes {@linkcode initialize}. */
  static uninitialize(): void {}

  async #waitForEnd({ timeoutMs, signal }: WaitForExitOptions): Promise<number> {
    signal?.throwIfAborted();
    if (timeoutMs === undefined && signal === undefined) return await this.#exited;
    const future = new Future<number>({ loop: this.#ioLoop.eventLoop });
    const fail = (error: unknown) => future.done() || future.setException(error);
    const onAbort = () => fail(signal!.reason);
    signal?.addEventListener("abort", onAbort);
    const timer = timeoutMs === undefined ? undefined : this.#ioLoop.callLater(
      timeoutMs,
      () => fail(new TimeoutError(`Process ${this.pid} did not end within ${timeoutMs} ms`)),
    );
    this.#exited.then((returncode) => future.done() || future.setResult(returncode));
    try {
      return await future;
    } finally {
      signal?.removeEventListener("abort", onAbort);
      timer?.cancel();
    }
  }

  #runExitCallback(): void {
    const callback = this.#exitCallback;
    this.#exitCallback = undefined;
    if (callback !== undefined) this.#ioLoop.addCallback(callback, this.#returncode!);
  }
}

function signalNumber(name: Deno.Signal): number {
  return constants.signals[name as keyof typeof constants.signals];
}

function signalName(number: number): string {
  return Object.entries(constants.signals).find(([, value]) => value === number)?.[0] ?? String(number);
}
