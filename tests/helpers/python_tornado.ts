/**
 * Tornado itself, to compare with: a Python that has it, as a Debian system has with the package `python3-tornado`.
 *
 * @module
 */

const INTERPRETERS = ["/usr/bin/python3", "python3"];

const interpreter = INTERPRETERS.find((command) => {
  try {
    return new Deno.Command(command, { args: ["-c", "import tornado"], stdout: "null", stderr: "null" }).outputSync()
      .success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
});

if (interpreter === undefined) console.error("Tests that compare with Tornado are ignored: no Python here has it");

/** Options of a test that compares with Tornado: it is ignored where no Python has it. */
export const PYTHON: { readonly ignore: boolean } = { ignore: interpreter === undefined };

/** Runs a script with JSON as its standard input, and returns the JSON that it prints. */
export async function runPython(script: string, input: unknown): Promise<unknown> {
  const child = new Deno.Command(interpreter!, {
    args: ["-c", script],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(JSON.stringify(input)));
  await writer.close();
  const { success, stdout, stderr } = await child.output();
  if (!success) throw new Error(`Python failed: ${new TextDecoder().decode(stderr)}`);
  return JSON.parse(new TextDecoder().decode(stdout));
}

/** A Python program that serves until its standard input ends, and prints one line of JSON when it is ready. */
export class PythonServer<Ready> implements AsyncDisposable {
  /** What it printed. */
  readonly ready: Ready;
  readonly #child: Deno.ChildProcess;
  readonly #lines: ReadableStreamDefaultReader<string>;

  private constructor(child: Deno.ChildProcess, lines: ReadableStreamDefaultReader<string>, ready: Ready) {
    this.#child = child;
    this.#lines = lines;
    this.ready = ready;
  }

  /** Starts a file with JSON as its argument. */
  static async start<Ready>(file: URL, argument: unknown): Promise<PythonServer<Ready>> {
    const child = new Deno.Command(interpreter!, {
      args: [file.pathname, JSON.stringify(argument)],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    const lines = child.stdout.pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array, string>).getReader();
    let said = "";
    while (!said.includes("\n")) {
      const { done, value } = await lines.read();
      if (done) throw new Error(`${file.pathname} ended before it was ready: ${said}`);
      said += value;
    }
    return new PythonServer(child, lines, JSON.parse(said) as Ready);
  }

  /** Ends it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child.stdin.close();
    this.#child.kill("SIGKILL");
    await this.#lines.cancel();
    await this.#child.status;
  }
}
