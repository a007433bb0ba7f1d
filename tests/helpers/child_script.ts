/**
 * Small programs that a test writes to a temporary directory and runs in a process of their own.
 *
 * @module
 */

const IOLOOP = JSON.stringify(import.meta.resolve("@denado/denado/ioloop"));

/** What each program needs, wherever its directory is. */
export const COMMON_FLAGS: readonly string[] = [
  "--no-prompt",
  "--no-check",
  `--config=${new URL("../../deno.json", import.meta.url).pathname}`,
];

/** How to run a {@linkcode ChildScript}. */
export interface RunScriptOptions {
  /** Deno's flags. @default `-A` */
  readonly flags?: readonly string[];
  /** The arguments of the program. */
  readonly args?: readonly string[];
  /** Environment variables, beside those of the test. */
  readonly env?: Record<string, string>;
  /** The working directory. @default that of the script */
  readonly cwd?: string;
}

/** A program in a temporary directory, which is removed at the end. */
export class ChildScript implements AsyncDisposable {
  readonly #directory: string;
  readonly #children: Deno.ChildProcess[] = [];

  private constructor(directory: string) {
    this.#directory = directory;
  }

  /** Writes a program; `source` may use the exports of the ioloop layer that `imports` names. */
  static async write(imports: readonly string[], source: string): Promise<ChildScript> {
    const script = new ChildScript(await Deno.makeTempDir({ prefix: "denado test " }));
    await Deno.writeTextFile(script.path, `import { ${imports.join(", ")} } from ${IOLOOP};\n${source}`);
    return script;
  }

  /** The path of the program. */
  get path(): string {
    return `${this.#directory}/main.ts`;
  }

  /** Starts the program; its output lines are read with {@linkcode RunningScript.line}. */
  start(options: RunScriptOptions = {}): RunningScript {
    const { flags = ["-A"], args = [], env = {}, cwd = this.#directory } = options;
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", ...COMMON_FLAGS, ...flags, this.path, ...args],
      env: { NO_COLOR: "1", ...env },
      cwd,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#children.push(child);
    return new RunningScript(child);
  }

  /** Ends what still runs and removes the directory. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#children) {
      try {
        child.kill("SIGKILL");
      } catch {
        // It has ended by itself, as it should.
      }
      await child.status;
    }
    await Deno.remove(this.#directory, { recursive: true });
  }
}

/** A program that runs, and its output. */
export class RunningScript {
  readonly #child: Deno.ChildProcess;
  readonly #lines: ReadableStreamDefaultReader<string>;
  readonly #errors: Promise<string>;
  #seen: string[] = [];

  /** Watches a child whose output is piped. */
  constructor(child: Deno.ChildProcess) {
    this.#child = child;
    this.#lines = child.stdout.pipeThrough(new TextDecoderStream()).pipeThrough(new LineStream()).getReader();
    this.#errors = new Response(child.stderr).text();
  }

  /** The process id. */
  get pid(): number {
    return this.#child.pid;
  }

  /** The next line of output. @throws {Error} with the error output if the program has ended */
  async line(): Promise<string> {
    const { done, value } = await this.#lines.read();
    if (done) throw new Error(`The program has ended after ${Deno.inspect(this.#seen)}:\n${await this.#errors}`);
    this.#seen.push(value);
    return value;
  }

  /** The next `count` lines of output, sorted, for lines of several processes. */
  async lines(count: number): Promise<string[]> {
    const lines: string[] = [];
    while (lines.length < count) lines.push(await this.line());
    return lines.sort();
  }

  /** Sends a signal. */
  kill(signal: Deno.Signal): void {
    this.#child.kill(signal);
  }

  /** The rest of the output, and how the program ended. */
  async end(): Promise<{ readonly code: number; readonly lines: string[]; readonly errors: string }> {
    const lines: string[] = [];
    for (let read; !(read = await this.#lines.read()).done;) lines.push(read.value);
    const { code } = await this.#child.status;
    return { code, lines, errors: await this.#errors };
  }
}

class LineStream extends TransformStream<string, string> {
  constructor() {
    let rest = "";
    super({
      transform(chunk, controller) {
        const lines = (rest + chunk).split("\n");
        rest = lines.pop()!;
        for (const line of lines) controller.enqueue(line);
      },
      flush(controller) {
        if (rest !== "") controller.enqueue(rest);
      },
    });
  }
}
