/**
 * A program in a process of its own, whose output a test waits for line by line.
 *
 * The program is written to a folder of its own; `denado:<name>` in its imports stands for a module of `ioloop/`.
 *
 * @module
 */

const ROOT = new URL("../../", import.meta.url);
const CONFIG = new URL("deno.json", ROOT).pathname;

/** A folder for the files of a program. */
export class ProgramFolder implements AsyncDisposable {
  /** Without a slash at its end. */
  readonly path: string = Deno.realPathSync(Deno.makeTempDirSync());
  readonly #programs: ChildProgram[] = [];

  constructor(files: Record<string, string> = {}) {
    for (const [name, text] of Object.entries(files)) this.write(name, text);
  }

  /** Writes a file; its time of modification is always a new one. */
  write(name: string, text: string): void {
    const path = `${this.path}/${name}`;
    Deno.writeTextFileSync(path, text.replaceAll(/denado:(\w+)/g, (_, module) => `${ROOT.href}ioloop/${module}.ts`));
  }

  /** Runs `deno` in the folder with these arguments; the flags of this repository's configuration are added. */
  run(denoArgs: readonly string[], options: { readonly env?: Record<string, string> } = {}): ChildProgram {
    const args = ["run", "--quiet", `--config=${CONFIG}`, ...denoArgs];
    const program = new ChildProgram(
      new Deno.Command(Deno.execPath(), {
        args,
        cwd: this.path,
        env: { NO_COLOR: "1", ...options.env },
        stdin: "null",
        stdout: "piped",
        stderr: "piped",
      }).spawn(),
    );
    this.#programs.push(program);
    return program;
  }

  /** Kills what still runs, and removes the folder. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const program of this.#programs) await program.kill();
    await Deno.remove(this.path, { recursive: true });
  }
}

/** A running program. */
export class ChildProgram {
  readonly pid: number;
  /** What it has printed to either stream until now. */
  readonly lines: string[] = [];
  readonly #child: Deno.ChildProcess;
  readonly #ended: Promise<Deno.CommandStatus>;
  #seen = 0;
  #isOver = false;
  #wake: () => void = () => {};

  constructor(child: Deno.ChildProcess) {
    this.pid = child.pid;
    this.#child = child;
    this.#ended = Promise.all([child.status, this.#read(child.stdout), this.#read(child.stderr)])
      .then(([status]) => {
        this.#isOver = true;
        this.#wake();
        return status;
      });
  }

  /** The next line that matches, after the one that was found before; fails if the program ends without one. */
  async line(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      while (this.#seen < this.lines.length) {
        const match = pattern.exec(this.lines[this.#seen++]!);
        if (match !== null) return match;
      }
      if (this.#isOver) throw new Error(`The program ended without a line ${pattern}. It said:\n${this.output}`);
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  /** All that it has printed to either stream until now. */
  get output(): string {
    return this.lines.map((line) => `${line}\n`).join("");
  }

  /** How it ended. Its children must have ended, too, as far as they hold its output. */
  status(): Promise<Deno.CommandStatus> {
    return this.#ended;
  }

  signal(name: Deno.Signal): void {
    this.#child.kill(name);
  }

  /** Ends it at once, if it still runs: with SIGTERM, which a supervisor passes on. */
  async kill(): Promise<void> {
    if (!this.#isOver) {
      try {
        this.#child.kill("SIGTERM");
      } catch (error) {
        if (!(error instanceof TypeError)) throw error;
      }
    }
    await this.#ended;
  }

  async #read(stream: ReadableStream<Uint8Array>): Promise<void> {
    let rest = "";
    for await (const text of stream.pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array, string>)) {
      const lines = (rest + text).split("\n");
      rest = lines.pop()!;
      this.lines.push(...lines);
      this.#wake();
    }
    if (rest !== "") this.lines.push(rest);
  }
}
