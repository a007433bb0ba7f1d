/**
 * `deno task autobahn [--cases=1.*,7.*] [wstest command…]`: the Autobahn test suite against Denado, as a server and as a
 * client. It prints how many of the cases behaved how, names those that did not pass, and fails if there are any.
 *
 * The suite is a Python 2 program, which its authors publish as an image for Docker: without a command that is what is run,
 * on the network of this machine. Where `wstest` is installed, `deno task autobahn wstest` takes that. All of its cases take
 * a quarter of an hour or more; the most of it are those of sections 9, 12 and 13. What the suite asks for is also in the
 * tests, as a table (`websocket_autobahn_test.ts`).
 *
 * @module
 */

import { Application, websocketConnect, WebSocketHandler } from "@denado/denado";
import { WebSocketClosedError, type WebSocketCompressionOptions } from "@denado/denado/websocket";
import { accepts, freePort } from "../helpers/ports.ts";

const AGENT = "Denado";
const IMAGE = "crossbario/autobahn-testsuite";
/** The largest messages of the suite have 16 MiB. */
const MAX_MESSAGE_SIZE = 32 << 20;
const PASSED: readonly unknown[] = ["OK", "NON-STRICT", "INFORMATIONAL"];

/** How a case went: the part of the suite's `index.json` that is of interest. */
export interface CaseResult {
  readonly behavior: string;
  readonly behaviorClose: string;
}

/** The cases that did not pass, with what is wrong, in the suite's order. */
export function failures(results: Readonly<Record<string, CaseResult>>): string[] {
  const numbers = (id: string) => id.split(".").map(Number);
  return Object.entries(results)
    .filter(([, { behavior, behaviorClose }]) => !PASSED.includes(behavior) || !PASSED.includes(behaviorClose))
    .sort(([a], [b]) => numbers(a).map((part, at) => part - (numbers(b)[at] ?? -1)).find((order) => order !== 0) ?? 0)
    .map(([id, { behavior, behaviorClose }]) => `${id}: ${behavior}, close ${behaviorClose}`);
}

class EchoHandler extends WebSocketHandler {
  override getCompressionOptions(): WebSocketCompressionOptions {
    return { threshold: 0 };
  }

  override onMessage(message: string | Uint8Array): Promise<void> {
    return this.writeMessage(message);
  }
}

/** Runs an echo server, which the suite connects to for each case. */
async function testServer(suite: Suite): Promise<Record<string, CaseResult>> {
  const app = new Application([["/", EchoHandler]], {
    logFunction: () => {},
    websocketMaxMessageSize: MAX_MESSAGE_SIZE,
  });
  const server = app.listen(0, { address: "127.0.0.1" });
  const child = await suite.start("fuzzingclient", {
    servers: [{ agent: AGENT, url: `ws://127.0.0.1:${server.port}/` }],
  });
  const { success } = await child.status;
  await server.close();
  if (!success) throw new Error("The suite failed");
  return await suite.results();
}

/** Runs the suite as a server, and an echo client that connects to it for each case. */
async function testClient(suite: Suite): Promise<Record<string, CaseResult>> {
  const port = freePort();
  const child = await suite.start("fuzzingserver", { url: `ws://127.0.0.1:${port}` });
  const ended = child.status.then(() => true);
  while (!await accepts(port)) {
    if (await Promise.race([ended, new Promise<false>((resolve) => setTimeout(() => resolve(false), 100))])) {
      throw new Error("The suite ended before it listened");
    }
  }
  const url = `ws://127.0.0.1:${port}`;
  const counting = await websocketConnect(`${url}/getCaseCount`);
  const count = Number(await counting.readMessage());
  await counting[Symbol.asyncDispose]();
  for (let number = 1; number <= count; number++) await echo(`${url}/runCase?case=${number}&agent=${AGENT}`);
  await echo(`${url}/updateReports?agent=${AGENT}`);
  child.kill("SIGTERM");
  await ended;
  return await suite.results();
}

async function echo(url: string): Promise<void> {
  const connection = await websocketConnect(url, {
    compressionOptions: { threshold: 0 },
    maxMessageSize: MAX_MESSAGE_SIZE,
  });
  try {
    for await (const message of connection) await connection.writeMessage(message);
  } catch (error) {
    if (!(error instanceof WebSocketClosedError)) throw error; // some cases close while they are answered
  }
  await connection.closed;
}

/** The suite: a command, a folder for its settings and reports, and the cases to run. */
class Suite {
  readonly #command: readonly string[];
  readonly #folder: string;
  readonly #cases: readonly string[];

  constructor(command: readonly string[], folder: string, cases: readonly string[]) {
    this.#command = command;
    this.#folder = folder;
    this.#cases = cases;
  }

  /** Starts it in one of its modes. */
  async start(mode: string, settings: Record<string, unknown>): Promise<Deno.ChildProcess> {
    const spec = `${this.#folder}/${mode}.json`;
    const shared = { outdir: `${this.#folder}/reports`, "cases": this.#cases, "exclude-cases": [] };
    await Deno.writeTextFile(spec, JSON.stringify({ ...shared, ...settings, "exclude-agent-cases": {} }));
    const [program, ...args] = this.#command;
    return new Deno.Command(program!, {
      args: [...args, "-m", mode, "-s", spec],
      stdin: "null",
      stdout: "null",
      stderr: "inherit",
    }).spawn();
  }

  /** What it has reported. */
  async results(): Promise<Record<string, CaseResult>> {
    const index = JSON.parse(await Deno.readTextFile(`${this.#folder}/reports/index.json`));
    return index[AGENT] as Record<string, CaseResult>;
  }
}

/** The image of the suite, on the network of this machine, with the folder at the same place. */
function dockerCommand(folder: string): string[] {
  const user = `${Deno.uid()}:${Deno.gid()}`;
  return ["docker", "run", "--rm", "--init", "--network=host", `--user=${user}`, `--volume=${folder}:${folder}`, IMAGE]
    .concat("wstest");
}

async function main(): Promise<void> {
  const chosen = Deno.args.find((arg) => arg.startsWith("--cases="))?.slice("--cases=".length).split(",") ?? ["*"];
  const command = Deno.args.filter((arg) => !arg.startsWith("--cases="));
  for (const [role, test] of [["server", testServer], ["client", testClient]] as const) {
    const folder = await Deno.makeTempDir({ prefix: "denado-autobahn-" });
    const suite = new Suite(command.length > 0 ? command : dockerCommand(folder), folder, chosen);
    const results = await test(suite);
    const failed = failures(results);
    const counts = Object.entries(Object.groupBy(Object.values(results), ({ behavior }) => behavior));
    console.log(`${role}: ${counts.map(([behavior, cases]) => `${cases!.length} ${behavior}`).join(", ")}`);
    const lenient = Object.keys(results).filter((id) => results[id]!.behavior === "NON-STRICT");
    if (lenient.length > 0) console.log(`  NON-STRICT: ${lenient.join(", ")}`);
    for (const failure of failed) console.error(`  ${failure}`);
    if (failed.length > 0 || counts.length === 0) Deno.exitCode = 1;
    await Deno.remove(folder, { recursive: true });
  }
}

if (import.meta.main) await main();
