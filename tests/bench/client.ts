/**
 * `deno task bench:client`: Denado's HTTP client beside Deno's fetch, undici (on Deno) and Tornado's simple client.
 *
 * Denado in three forms: with its own response and a callback for the download; with the platform's response; and with a
 * reader that brings its buffer. Small responses over 16 connections, then a download of 1 GB that is taken piece by piece, with the highest memory on
 * the way. The server answers straight from Deno.Conn, on another core; clients take turns, each one anew in each round.
 * Tornado opens a connection for each request. The server is about as busy as the fastest client, so the CPU time of a
 * request says more than the rate. `--quick` is one short round. No figure is asserted.
 *
 * @module
 */
import { Child, killAllChildren } from "./http/child.ts";
import { requireMachine } from "./http/machine.ts";
import { spread } from "./http/statistics.ts";

const SERVER_CORE = 0;
const CLIENT_CORE = 1;
const CONNECTIONS = 16;
const OPEN_FILES = 4_000;

const quick = Deno.args.includes("--quick");
const ROUNDS = quick ? 1 : 3;
const WARM_UP_MS = quick ? 500 : 1_000;
const MEASURED_MS = quick ? 1_000 : 2_500;
const DOWNLOAD_BYTES = quick ? 2 ** 28 : 2 ** 30;

interface Peer {
  readonly name: string;
  readonly command: readonly string[];
}

interface Sample {
  /** Requests a second, or bytes a second. */
  readonly rate: number;
  /** CPU time in microseconds for a request, or for a megabyte. */
  readonly cpuUs: number;
  /** The highest resident memory, in bytes. */
  readonly peakBytes: number;
}

const folder = `${import.meta.dirname}/client`;
const deno = (file: string): string[] => [Deno.execPath(), "run", "-A", "--quiet", `${folder}/${file}`];
const PEERS: readonly Peer[] = [
  { name: "Denado", command: deno("denado_client.ts") },
  { name: "as Response", command: deno("denado_stream.ts") },
  { name: "BYOB reader", command: deno("denado_byob.ts") },
  { name: "fetch", command: deno("fetch_client.ts") },
  { name: "undici", command: deno("undici_client.ts") },
  { name: "Tornado", command: ["/usr/bin/python3", `${folder}/tornado_client.py`] },
];

if (import.meta.main) {
  for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
    Deno.addSignalListener(signal, () => {
      killAllChildren();
      Deno.exit(code);
    });
  }
  try {
    await requireMachine([SERVER_CORE, CLIENT_CORE], OPEN_FILES);
    await main();
    Deno.exit(0);
  } catch (error) {
    console.error(`bench:client: ${error instanceof Error ? error.message : error}`);
    killAllChildren();
    Deno.exit(1);
  }
}

async function main(): Promise<void> {
  const peers = hasTornado() ? PEERS : PEERS.slice(0, -1);
  if (peers.length < PEERS.length) console.log("Without Tornado; install it with: apt-get install python3-tornado");
  report(
    `Small responses, ${CONNECTIONS} connections`,
    { rate: "requests/s", cpu: "CPU µs/request", scale: 1 },
    await rounds(peers, ["small", CONNECTIONS, WARM_UP_MS, MEASURED_MS]),
  );
  report(
    `Download of ${DOWNLOAD_BYTES / 2 ** 20} MB, piece by piece`,
    { rate: "MB/s", cpu: "CPU µs/MB", scale: 2 ** 20 },
    await rounds(peers, ["download", DOWNLOAD_BYTES]),
  );
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

async function rounds(peers: readonly Peer[], args: readonly (string | number)[]): Promise<Map<Peer, Sample[]>> {
  const samples = new Map<Peer, Sample[]>(peers.map((peer) => [peer, []]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const peer of round % 2 === 0 ? peers : peers.toReversed()) samples.get(peer)!.push(await measure(peer, args));
  }
  return samples;
}

async function measure(peer: Peer, args: readonly (string | number)[]): Promise<Sample> {
  await using server = new Child({ command: deno("server.ts"), core: SERVER_CORE, openFiles: OPEN_FILES });
  const [, port] = await server.waitForErrorText(/port (\d+)/);
  const command = [...peer.command, `http://127.0.0.1:${port}/`, ...args.map(String)];
  await using client = new Child({ command, core: CLIENT_CORE, openFiles: OPEN_FILES, piped: true });
  const output = client.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  const line = async (): Promise<string> => {
    for (;;) {
      const end = text.indexOf("\n");
      if (end >= 0) {
        const found = text.slice(0, end);
        text = text.slice(end + 1);
        return found;
      }
      const { done, value } = await output.read();
      if (done) throw new Error(`${peer.name} broke off: ${client.errorText}`);
      text += value;
    }
  };
  await line();
  const cpuBefore = client.cpuMs();
  const reading = line();
  const memory = watchPeak(client.pid);
  const result = JSON.parse(await reading) as { requests?: number; bytes?: number; ms: number };
  const { cpuMs, peakBytes } = memory.stop();
  const count = result.requests ?? result.bytes! / 2 ** 20;
  return {
    rate: (result.requests ?? result.bytes!) / result.ms * 1000,
    cpuUs: (cpuMs - cpuBefore) * 1000 / count,
    peakBytes,
  };
}

/** Looks at a process until it ends: its CPU time so far, and the highest memory. */
function watchPeak(pid: number): { stop(): { cpuMs: number; peakBytes: number } } {
  let seen = { cpuMs: 0, peakBytes: 0 };
  const look = (): void => {
    try {
      const status = Deno.readTextFileSync(`/proc/${pid}/status`);
      const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      const peak = /^VmHWM:\s+(\d+) kB$/m.exec(status);
      if (peak === null) return;
      seen = { cpuMs: (Number(fields[11]) + Number(fields[12])) * 10, peakBytes: Number(peak[1]) * 1024 };
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error; // it has just ended
    }
  };
  const timer = setInterval(look, 10);
  return {
    stop() {
      clearInterval(timer);
      look();
      return seen;
    },
  };
}

function report(
  title: string,
  units: { readonly rate: string; readonly cpu: string; readonly scale: number },
  samples: ReadonlyMap<Peer, Sample[]>,
): void {
  console.log(`\n${title}: median of ${ROUNDS} (min–max)`);
  console.log(
    `${" ".repeat(12)} ${units.rate.padEnd(28)} ${units.cpu.padStart(14)}  peak MB   Denado's rate ×   CPU ×`,
  );
  const [denado] = samples.values();
  for (const [{ name }, own] of samples) {
    const rate = spread(own.map(({ rate }) => rate / units.scale));
    const cpu = spread(own.map(({ cpuUs }) => cpuUs));
    const peak = Math.max(...own.map(({ peakBytes }) => peakBytes)) / 2 ** 20;
    const ratio = (of: (sample: Sample) => number) =>
      spread(own.map((sample, round) => of(denado![round]!) / of(sample))).median;
    const range = `${Math.round(rate.median)} (${Math.round(rate.min)}–${Math.round(rate.max)})`;
    const ratios = own === denado
      ? ""
      : `${ratio(({ rate }) => rate).toFixed(2).padStart(17)} ${
        (1 / ratio(({ cpuUs }) => cpuUs)).toFixed(2).padStart(7)
      }`;
    console.log(
      `${name.padEnd(12)} ${range.padEnd(28)} ${cpu.median.toFixed(1).padStart(14)} ${
        peak.toFixed(0).padStart(8)
      } ${ratios}`,
    );
  }
}
