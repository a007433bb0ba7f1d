/**
 * An example that serves, as a child process.
 *
 * @module
 */

/** A running example, and what it says; `await using` ends it. */
export class ExampleProcess implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #reader: ReadableStreamDefaultReader<string>;
  #said = "";

  /** Starts `examples/<name>` by `deno run`, or by `deno serve`, which speaks on the error stream. */
  constructor(name: string, flags: readonly string[], args: readonly string[] = [], command: "run" | "serve" = "run") {
    const speaksOn = command === "run" ? "stdout" : "stderr";
    this.#child = new Deno.Command(Deno.execPath(), {
      args: [command, "--no-prompt", ...flags, new URL(`../../examples/${name}`, import.meta.url).href, ...args],
      stdin: "null",
      stdout: "inherit",
      stderr: "inherit",
      [speaksOn]: "piped",
    }).spawn();
    this.#reader = this.#child[speaksOn].pipeThrough(new TextDecoderStream()).getReader();
  }

  /** Waits until it has said something that matches. @throws {Error} if it ends before */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.#said);
      if (match !== null) return match;
      const { done, value } = await this.#reader.read();
      if (done) throw new Error(`The example ended before it said ${pattern}: ${this.#said}`);
      this.#said += value;
    }
  }

  /** Sends it a signal. */
  signal(name: Deno.Signal): void {
    this.#child.kill(name);
  }

  /** Ends it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#reader.cancel();
    await this.#child.status;
  }
}
