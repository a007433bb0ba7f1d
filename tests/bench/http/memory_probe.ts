/**
 * What an idle keep-alive connection costs a server in resident memory.
 *
 * The server is warmed up first, so that compiled code and the heap it needs anyway are not counted as connections;
 * the figure from its fresh start is reported beside it. Each reading is taken after the garbage collector had a pause,
 * when the resident memory no longer moves.
 *
 * @module
 */
import { Child } from "./child.ts";
import { generateLoad, type LoadOptions } from "./load_generator.ts";
import { checkAnswers, type Server } from "./server.ts";
import { WORKLOADS } from "./workloads.ts";

/** How {@linkcode measureIdleMemory} runs. */
export interface MemoryOptions {
  /** Idle connections to open. */
  connections: number;
  /** The load that warms the server up, and the core of the client. */
  warmUp: LoadOptions;
}

/** Resident memory of a server, in bytes. */
export interface IdleMemory {
  connections: number;
  /** After its first answer. */
  fresh: number;
  /** After the warm-up. */
  warm: number;
  /** With all idle connections open. */
  connected: number;
  /** (connected - warm) / connections. */
  perConnection: number;
  /** (connected - fresh) / connections: an upper bound. */
  perConnectionFromFresh: number;
}

/** Readings every so often, until this many in a row differ by little, or until the time is over. */
const SETTLE = {
  everyMs: 500,
  readings: 8,
  toleranceBytes: 512 * 1024,
  timeoutMs: 20_000,
};

/** How long the client may take to open all connections. */
const OPEN_TIMEOUT_MS = 120_000;

/**
 * Opens idle connections to a server, one request on each, and measures what they add to its resident memory.
 *
 * @throws {Error} if a connection fails, or if the server closes one meanwhile
 */
export async function measureIdleMemory(server: Server, options: MemoryOptions): Promise<IdleMemory> {
  const { connections, warmUp } = options;
  const workload = WORKLOADS[0]!;
  await checkAnswers(server, workload);
  const fresh = await settledRss(server);
  await generateLoad(server, workload, warmUp);
  const warm = await settledRss(server);
  await using client = new Child({
    command: [
      Deno.execPath(),
      "run",
      "--allow-net",
      "--quiet",
      `${import.meta.dirname}/idle_client.ts`,
      String(server.port),
      String(connections),
    ],
    core: warmUp.core,
    openFiles: warmUp.openFiles,
    piped: true,
  });
  const timer = setTimeout(() => client.kill("SIGKILL"), OPEN_TIMEOUT_MS);
  const lines = client.stdout.pipeThrough(new TextDecoderStream()).getReader();
  await readLine(client, server, lines);
  clearTimeout(timer);
  const connected = await settledRss(server);
  await client.stdin.close();
  const { closedByServer } = await readLine(client, server, lines) as {
    closedByServer: number;
  };
  if (closedByServer > 0) {
    throw new Error(`${server.peer.title} closed idle connections while they were measured: ${closedByServer}`);
  }
  return {
    connections,
    fresh,
    warm,
    connected,
    perConnection: (connected - warm) / connections,
    perConnectionFromFresh: (connected - fresh) / connections,
  };
}

async function settledRss(server: Server): Promise<number> {
  const readings: number[] = [];
  const deadline = performance.now() + SETTLE.timeoutMs;
  while (performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, SETTLE.everyMs));
    readings.push(server.process.rssBytes());
    const last = readings.slice(-SETTLE.readings);
    if (last.length === SETTLE.readings && Math.max(...last) - Math.min(...last) <= SETTLE.toleranceBytes) break;
  }
  return readings.at(-1)!;
}

/** The client writes each line at once, so that one chunk is one line. */
async function readLine(client: Child, server: Server, lines: ReadableStreamDefaultReader<string>): Promise<unknown> {
  const { done, value } = await lines.read();
  if (!done) return JSON.parse(value);
  await client.stop();
  throw new Error(`Cannot keep idle connections open to ${server.peer.title}: ${client.errorText || "out of time"}`);
}
