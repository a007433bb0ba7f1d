/**
 * `deno task bench:websocket`: echoes, broadcasts and idle connections of Denado beside `Deno.upgradeWebSocket`, the
 * package ws on Deno and on Node, and Tornado.
 *
 * The server is on one core, the load on another, in alternating rounds, each server anew in each round. At small sizes the
 * load is about as busy as the fastest server, so the CPU time that a message takes says more than the rate. `--quick` is
 * one short round; `--only=64x,16384x64,broadcast` and `--peers=Denado,native` pick
 * what is measured. No figure is asserted.
 *
 * @module
 */
import { Child, killAllChildren } from "./http/child.ts";
import { requireMachine } from "./http/machine.ts";
import { spread } from "./http/statistics.ts";

const SERVER_CORE = 0;
const LOAD_CORE = 1;
const OPEN_FILES = 16_000;

const quick = Deno.args.includes("--quick");
const ROUNDS = quick ? 1 : 3;
const WARM_UP_MS = quick ? 400 : 800;
const MEASURED_MS = quick ? 800 : 2_000;
const IDLE = quick ? 1_000 : 4_000;
const chosen = Deno.args.find((arg) => arg.startsWith("--peers="))?.slice(8).split(",");
const only = Deno.args.find((arg) => arg.startsWith("--only="))?.slice(7).split(",");

interface Peer {
  readonly name: string;
  readonly command: readonly string[];
  readonly compresses: boolean;
}

interface Workload {
  readonly name: string;
  readonly mode: "echo" | "broadcast";
  readonly size: number;
  readonly connections: number;
  readonly compress?: boolean;
}

interface Sample {
  readonly rate: number;
  readonly cpuUs: number;
}

const folder = `${import.meta.dirname}/websocket`;
const deno = (...args: string[]): string[] => [Deno.execPath(), "run", "-A", "--quiet", ...args];

const SIZES = [64, 16_384, 1_048_576];
const WORKLOADS: readonly Workload[] = [
  ...SIZES.flatMap((size) =>
    [1, 64, 512].map((connections): Workload => ({ name: `${size}x${connections}`, mode: "echo", size, connections }))
  ),
  { name: "broadcast", mode: "broadcast", size: 256, connections: 1000 },
  ...[1024, 16_384].map((size): Workload => ({
    name: `compressed${size}x64`,
    mode: "echo",
    size,
    connections: 64,
    compress: true,
  })),
  { name: "compressedbroadcast", mode: "broadcast", size: 1024, connections: 1000, compress: true },
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
    console.error(`bench:websocket: ${error instanceof Error ? error.message : error}`);
    killAllChildren();
    Deno.exit(1);
  }
}

async function main(): Promise<void> {
  const peers = (await findPeers()).filter(({ name }) => chosen?.includes(name) ?? true);
  for (const workload of WORKLOADS) {
    if (only !== undefined && !only.some((name) => workload.name.startsWith(name))) continue;
    const able = peers.filter(({ compresses }) => compresses || !workload.compress);
    const samples = new Map<Peer, Sample[]>(able.map((peer) => [peer, []]));
    for (let round = 0; round < ROUNDS; round++) {
      const order = round % 2 === 0 ? able : able.toReversed();
      for (const peer of order) samples.get(peer)!.push(await measure(peer, workload));
    }
    report(workload, samples);
  }
  if (only !== undefined && !only.includes("memory")) return;
  for (const compress of [false, true]) {
    console.log(`\nMemory of an idle connection${compress ? ", compression agreed on" : ""} (${IDLE} more of them)`);
    for (const peer of peers) {
      if (compress && !peer.compresses) continue;
      const bytes = await measureMemory(peer, compress);
      console.log(`${peer.name.padEnd(12)} ${(bytes / 1024).toFixed(1).padStart(8)} KB`);
    }
  }
}

async function findPeers(): Promise<Peer[]> {
  const ws = await locateWs();
  const peers: Peer[] = [
    { name: "Denado", command: deno(`${folder}/denado_server.ts`), compresses: true },
    { name: "native", command: deno(`${folder}/deno_server.ts`), compresses: false },
    { name: "ws on Deno", command: deno(`${folder}/ws_server.mjs`, ws), compresses: true },
  ];
  if (await succeeds("node", ["--version"])) {
    peers.push({ name: "ws on Node", command: ["node", `${folder}/ws_server.mjs`, ws], compresses: true });
  } else {
    console.log("Without Node: there is none");
  }
  if (await succeeds("/usr/bin/python3", ["-c", "import tornado"])) {
    peers.push({ name: "Tornado", command: ["/usr/bin/python3", `${folder}/tornado_server.py`], compresses: true });
  } else {
    console.log("Without Tornado; install it with: apt-get install python3-tornado");
  }
  return peers;
}

/** Where Deno keeps the package ws, so that Node can have the same one. */
async function locateWs(): Promise<string> {
  const specifier = "npm:ws@8.23.0";
  await new Deno.Command(Deno.execPath(), { args: ["cache", "--quiet", specifier] }).output();
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
  const { npmCache } = JSON.parse(new TextDecoder().decode(stdout)) as { npmCache: string };
  const path = `${npmCache}/registry.npmjs.org/ws/8.23.0/wrapper.mjs`;
  await Deno.stat(path);
  return path;
}

async function succeeds(program: string, args: string[]): Promise<boolean> {
  try {
    return (await new Deno.Command(program, { args, stdout: "null", stderr: "null" }).output()).success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

async function startServer({ command }: Peer, compress: boolean): Promise<{ server: Child; port: number }> {
  const args = compress ? [...command, "compress"] : command;
  const server = new Child({ command: args, core: SERVER_CORE, openFiles: OPEN_FILES });
  const [, port] = await server.waitForErrorText(/port (\d+)/);
  return { server, port: Number(port) };
}

function startLoad(
  port: number,
  { mode, connections, size, compress }: Omit<Workload, "name">,
  times: number[],
): Child {
  const args = [port, mode, connections, size, ...times, compress ? "compress" : ""].map(String);
  return new Child({
    command: [...deno(`${folder}/load.ts`), ...args],
    core: LOAD_CORE,
    openFiles: OPEN_FILES,
    piped: true,
  });
}

async function measure(peer: Peer, workload: Workload): Promise<Sample> {
  const { server, port } = await startServer(peer, workload.compress ?? false);
  await using _server = server;
  await using load = startLoad(port, workload, [WARM_UP_MS, MEASURED_MS]);
  const lines = load.stdout.pipeThrough(new TextDecoderStream()).getReader();
  await lines.read();
  const cpuBefore = server.cpuMs();
  const { value } = await lines.read();
  const cpuMs = server.cpuMs() - cpuBefore;
  if (value === undefined) throw new Error(`The load on ${peer.name} broke off: ${load.errorText}`);
  const { messages, ms } = JSON.parse(value) as { messages: number; ms: number };
  return { rate: messages / ms * 1000, cpuUs: cpuMs * 1000 / messages };
}

function report({ mode, size, connections, compress }: Workload, samples: ReadonlyMap<Peer, Sample[]>): void {
  const what = mode === "echo"
    ? `Echo of ${size} bytes, ${connections} connections`
    : `Broadcast of ${size} bytes to ${connections}`;
  console.log(`\n${what}${compress ? ", compressed" : ""}: median of ${ROUNDS} (min–max)`);
  console.log("              messages/s                     CPU µs/message   Denado's rate ×   CPU ×");
  const [denado] = samples.values();
  for (const [{ name }, own] of samples) {
    const rate = spread(own.map(({ rate }) => rate));
    const cpu = spread(own.map(({ cpuUs }) => cpuUs));
    const ratio = (of: (sample: Sample) => number) =>
      spread(own.map((sample, round) => of(denado![round]!) / of(sample))).median;
    const range = `${Math.round(rate.median)} (${Math.round(rate.min)}–${Math.round(rate.max)})`;
    const ratios = own === denado
      ? ""
      : `${ratio(({ rate }) => rate).toFixed(2).padStart(17)} ${
        ratio(({ cpuUs }) => 1 / cpuUs).toFixed(2).padStart(7)
      }`;
    console.log(`${name.padEnd(13)} ${range.padEnd(30)} ${cpu.median.toFixed(1).padStart(14)} ${ratios}`);
  }
}

/** What the second few thousand connections take: the first ones make the heap grow, whatever they take themselves. */
async function measureMemory(peer: Peer, compress: boolean): Promise<number> {
  const { server, port } = await startServer(peer, compress);
  await using _server = server;
  const workload = { mode: "echo", size: 100, connections: IDLE, compress } as const;
  await using first = await openIdle(port, workload);
  await settled();
  const before = server.rssBytes();
  await using second = await openIdle(port, workload);
  await settled();
  const bytes = server.rssBytes() - before;
  await Promise.all([first.stdin.close(), second.stdin.close()]);
  return bytes / IDLE;
}

async function openIdle(port: number, workload: Omit<Workload, "name">): Promise<Child> {
  const load = startLoad(port, workload, [0, 0]);
  const reader = load.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const { done } = await reader.read();
  if (done) throw new Error(`Cannot keep idle connections: ${load.errorText}`);
  return load;
}

/** Lets the garbage collector have a pause. */
function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 3_000));
}
