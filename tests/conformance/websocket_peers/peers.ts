/**
 * Other implementations of WebSocket, as programs.
 *
 * As a server each prints its port, answers each message with itself and the message `close` by closing with 4001, and ends
 * with its standard input. As a client it reads messages as JSON (bytes as arrays of numbers) from its standard input, sends
 * each and compares the answer, sends `close`, and prints what happened.
 *
 * @module
 */

/** A program that is another implementation. */
export interface WebSocketProgram {
  readonly name: string;
  readonly command: readonly string[];
  /** Whether it is here. */
  readonly available: boolean;
  /** Whether it compresses as a server, and as a client. */
  readonly compresses: { readonly server: boolean; readonly client: boolean };
}

/** What a client prints. */
export interface ClientReport {
  readonly echoed: boolean[];
  readonly last: unknown;
  readonly code: number;
  readonly reason: string;
}

const folder = import.meta.dirname!;
const BOTH = { server: true, client: true };
const NEITHER = { server: false, client: false };

/** The programs. */
export const PROGRAMS: readonly WebSocketProgram[] = [
  python("Tornado", "tornado", "tornado_peer.py"),
  python("Python's websockets", "websockets", "websockets_peer.py"),
  { name: "Node's ws", command: deno("ws_peer.mjs"), available: true, compresses: BOTH },
  { name: "Deno's WebSocket", command: deno("native_peer.ts"), available: true, compresses: NEITHER },
];

function deno(file: string): string[] {
  return [Deno.execPath(), "run", "-A", "--quiet", "--no-check", `${folder}/${file}`];
}

function python(name: string, module: string, file: string): WebSocketProgram {
  const interpreter = "/usr/bin/python3";
  let available = false;
  try {
    const args = ["-c", `import ${module}`];
    available = new Deno.Command(interpreter, { args, stdout: "null", stderr: "null" }).outputSync().success;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  if (!available) console.error(`Tests with ${name} are ignored: no Python here has it`);
  return { name, command: [interpreter, `${folder}/${file}`], available, compresses: BOTH };
}

/** Starts a program as a server, and has a test use it. */
export async function withServerProgram(
  { command: [program, ...args] }: WebSocketProgram,
  test: (url: string) => Promise<void>,
): Promise<void> {
  const child = new Deno.Command(program!, {
    args: [...args, "server"],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  })
    .spawn();
  const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let said = "";
  while (!said.includes("\n")) {
    const { value, done } = await lines.read();
    if (done) throw new Error("The server ended before it said its port");
    said += value;
  }
  try {
    await test(`ws://127.0.0.1:${said.trim()}/`);
  } finally {
    await child.stdin.close();
    await lines.cancel();
    await child.status;
  }
}

/** Runs a program as a client. */
export async function runClientProgram(
  { command: [program, ...args] }: WebSocketProgram,
  url: string,
  messages: readonly (string | Uint8Array)[],
): Promise<ClientReport> {
  const child = new Deno.Command(program!, {
    args: [...args, "client", url],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  })
    .spawn();
  const writer = child.stdin.getWriter();
  const json = JSON.stringify(messages.map((message) => typeof message === "string" ? message : [...message]));
  await writer.write(new TextEncoder().encode(json));
  await writer.close();
  const { success, stdout } = await child.output();
  if (!success) throw new Error("The client failed");
  return JSON.parse(new TextDecoder().decode(stdout)) as ClientReport;
}
