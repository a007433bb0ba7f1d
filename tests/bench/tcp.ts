/**
 * `deno task bench:tcp`: an echo over Denado's IOStream beside Deno.Conn, node:net in Deno and Tornado's IOStream.
 *
 * Denado's echo reads with `readBytes`, as Tornado's does, and in the second row with `readInto` into a buffer that each
 * connection keeps, as the one on Deno.Conn does. Messages of 64 bytes and of 64 KB, the servers on one core, the load
 * on another, in alternating rounds, each server anew in each round. The load comes from Deno.Conn too, so that at 64
 * bytes it is about as busy as the fastest server: the CPU time of a message says more than the rate. Then the memory
 * of idle streams, each of which has echoed one small message, beside Deno.Conn with a buffer of 2 KB. Then what a
 * server holds for clients that do not keep up. `--quick` is one short round. No figure is asserted.
 *
 * @module
 */
import { Child, killAllChildren } from "./http/child.ts";
import { requireMachine } from "./http/machine.ts";
import { spread } from "./http/statistics.ts";

const SERVER_CORE = 0;
const LOAD_CORE = 1;
const CONNECTIONS = 32;
const OPEN_FILES = 8_000;
const STALLED = 100;

const quick = Deno.args.includes("--quick");
const ROUNDS = quick ? 1 : 5;
const WARM_UP_MS = quick ? 500 : 1_000;
const MEASURED_MS = quick ? 1_000 : 4_000;
const IDLE = quick ? 1_000 : 4_000;

interface Peer {
  readonly name: string;
  readonly command: readonly string[];
}

interface Sample {
  readonly rate: number;
  readonly cpuUs: number;
}

const folder = `${import.meta.dirname}/tcp`;
const deno = (file: string): string[] => [Deno.execPath(), "run", "-A", "--quiet", `${folder}/${file}`];
/** What an idle connection costs at least: a buffer has to be there for the read that waits. */
const SMALL_RAW: Peer = { name: "Deno.Conn, 2 KB", command: [...deno("raw_echo.ts"), "2048"] };
const PEERS: readonly Peer[] = [
  { name: "Denado", command: deno("denado_echo.ts") },
  { name: "+ readInto", command: [...deno("denado_echo.ts"), "buffer"] },
  { name: "Deno.Conn", command: deno("raw_echo.ts") },
  { name: "node:net", command: deno("node_echo.ts") },
  { name: "Tornado", command: ["/usr/bin/python3", `${folder}/tornado_echo.py`] },
];

if (import.meta.main) {
  for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
    Deno.addSignalListener(signal, () => {
      killAllChildren();
      Deno.exit(code);
    });
  }
  try {
    await requireMachine([SERVER_CORE, LOAD_CORE], OPEN_FILES);
    await main();
    Deno.exit(0);
  } catch (error) {
    console.error(`bench:tcp: ${error instanceof Error ? error.message : error}`);
    killAllChildren();
    Deno.exit(1);
  }
}

async function main(): Promise<void> {
  const peers = hasTornado() ? PEERS : PEERS.slice(0, -1);
  if (peers.length < PEERS.length) console.log("Without Tornado; install it with: apt-get install python3-tornado");
  for (const size of [64, 65536]) {
    const samples = new Map<Peer, Sample[]>(peers.map((peer) => [peer, []]));
    for (let round = 0; round < ROUNDS; round++) {
      const order = round % 2 === 0 ? peers : peers.toReversed();
      for (const peer of order) samples.get(peer)!.push(await measure(peer, size));
    }
    report(size, samples);
  }
  console.log(`\nMemory of an idle stream (${IDLE} of them)`);
  for (const peer of [...peers, SMALL_RAW]) {
    const bytes = await measureMemory(peer);
    console.log(`${peer.name.padEnd(16)} ${(bytes / 1024).toFixed(1).padStart(8)} KB`);
  }
  console.log(`\nBack pressure: ${STALLED} clients that do not keep up`);
  for (const mode of ["flood", "ignore"] as const) console.log(await measureStalled(mode));
}

function hasTornado(): boolean {
  try {
    return new Deno.Command("/usr/bin/python3", { args: ["-c", "import tornado"], stderr: "null" }).outputSync()
      .success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

async function startServer({ command }: Peer): Promise<{ server: Child; port: number }> {
  const server = new Child({ command, core: SERVER_CORE, openFiles: OPEN_FILES });
  const [, port] = await server.waitForErrorText(/port (\d+)/);
  return { server, port: Number(port) };
}

function startClient(port: number, ...rest: number[]): Child {
  const command = [...deno("echo_client.ts"), ...[port, ...rest].map(String)];
  return new Child({ command, core: LOAD_CORE, openFiles: OPEN_FILES, piped: true });
}

async function measure(peer: Peer, size: number): Promise<Sample> {
  const { server, port } = await startServer(peer);
  await using _server = server;
  await using client = startClient(port, CONNECTIONS, size, WARM_UP_MS, MEASURED_MS);
  const lines = client.stdout.pipeThrough(new TextDecoderStream()).getReader();
  await lines.read();
  const cpuBefore = server.cpuMs();
  const { value } = await lines.read();
  const cpuMs = server.cpuMs() - cpuBefore;
  if (value === undefined) throw new Error(`The load on ${peer.name} broke off: ${client.errorText}`);
  const { messages, ms } = JSON.parse(value) as { messages: number; ms: number };
  return { rate: messages / ms * 1000, cpuUs: cpuMs * 1000 / messages };
}

function report(size: number, samples: ReadonlyMap<Peer, Sample[]>): void {
  console.log(`\nEcho of ${size} bytes, ${CONNECTIONS} connections: median of ${ROUNDS} (min–max)`);
  console.log("            messages/s                     CPU µs/message   Denado's rate ×   CPU ×");
  const [denado] = samples.values();
  for (const [{ name }, own] of samples) {
    const rate = spread(own.map(({ rate }) => rate));
    const cpu = spread(own.map(({ cpuUs }) => cpuUs));
    const ratio = (of: (sample: Sample) => number) =>
      spread(own.map((sample, round) => of(denado![round]!) / of(sample))).median.toFixed(2);
    const range = `${Math.round(rate.median)} (${Math.round(rate.min)}–${Math.round(rate.max)})`;
    const ratios = own === denado
      ? ""
      : `${ratio(({ rate }) => rate).padStart(17)} ${ratio(({ cpuUs }) => cpuUs).padStart(7)}`;
    console.log(`${name.padEnd(11)} ${range.padEnd(30)} ${cpu.median.toFixed(1).padStart(14)} ${ratios}`);
  }
}

async function measureMemory(peer: Peer): Promise<number> {
  const { server, port } = await startServer(peer);
  await using _server = server;
  await using warmUp = startClient(port, CONNECTIONS, 64, 500, 500);
  await warmUp.output();
  await settled();
  const before = server.rssBytes();
  await using client = startClient(port, IDLE, 64, 0, 0);
  const lines = client.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const { done } = await lines.read();
  if (done) throw new Error(`Cannot keep idle connections to ${peer.name}: ${client.errorText}`);
  await settled();
  const bytes = server.rssBytes() - before;
  await client.stdin.close();
  return bytes / IDLE;
}

/** What a Denado server holds for clients that read nothing while it writes, or write while it reads nothing. */
async function measureStalled(mode: "flood" | "ignore"): Promise<string> {
  const command = [...deno("denado_stalled.ts"), mode];
  await using server = new Child({ command, core: SERVER_CORE, openFiles: OPEN_FILES, piped: true });
  const port = Number((await server.waitForErrorText(/port (\d+)/))[1]);
  await settled();
  const before = server.rssBytes();
  const conns = await Promise.all(Array.from({ length: STALLED }, () => Deno.connect({ hostname: "127.0.0.1", port })));
  let sent = 0;
  const writes = mode === "flood" ? [] : conns.map(async (conn) => {
    try {
      for (const block = new Uint8Array(1 << 20);;) {
        const count = await conn.write(block);
        sent += count;
      }
    } catch (error) {
      if (!(error instanceof Deno.errors.Interrupted || error instanceof Deno.errors.BadResource)) throw error;
    }
  });
  await settled();
  if (mode === "flood") {
    await server.stdin.getWriter().write(new TextEncoder().encode("\n"));
    const { value } = await server.stdout.pipeThrough(new TextDecoderStream()).getReader().read();
    sent = Number(value);
  }
  const perClient = (bytes: number) => `${(bytes / STALLED / 1024).toFixed(0)} KB`;
  const grown = perClient(server.rssBytes() - before);
  for (const conn of conns) conn.close();
  await Promise.all(writes);
  const who = mode === "flood" ? "the server wrote all it could:" : "they wrote all they could:    ";
  return `${who} ${perClient(sent)} each are in the kernel, the server grew by ${grown} each`;
}

/** Lets the garbage collector have a pause. */
function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 3_000));
}
