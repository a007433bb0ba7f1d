/**
 * `deno task bench:web`: Denado's web framework beside Hono, Oak, Express and Tornado, and beside `Deno.serve` by hand.
 *
 * As in `bench:http` the servers run one after another on one core and the load generator on another, in alternating
 * rounds; each is checked to answer what it should. `deno task bench:web --help` prints the options. No figure is
 * asserted.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { killAllChildren } from "./http/child.ts";
import { generateLoad, type Measurement, wrkVersion } from "./http/load_generator.ts";
import { readMachine, requireMachine } from "./http/machine.ts";
import type { ReadyPeer } from "./http/peers.ts";
import { profilePeer } from "./http/profile_run.ts";
import { formatLegend, formatLoad, formatMachine, type LoadSeries } from "./http/report.ts";
import { checkAnswers, startServer } from "./http/server.ts";
import { WEB_PEERS, withFolder } from "./web/peers.ts";
import { WEB_WORKLOADS, type WebWorkload } from "./web/workloads.ts";

const OPEN_FILES = 1000;
const SERVER_CORE = 0;
const LOAD_CORE = 1;
/** Exit codes of programs ended by a signal: 128 and its number. */
const EXIT_CODES = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

const USAGE = `Compares Denado's web framework with its peers.

deno task bench:web [options]

  --rounds=3          Rounds; each starts every peer once, in alternating order
  --seconds=4         Measured seconds per peer, workload and round
  --warm-up=2         Seconds of load before each measurement
  --connections=64    Connections of the load generator
  --only=a,b          These peers: ${WEB_PEERS.map(({ name }) => name).join(", ")}
  --workload=a,b      These workloads: ${WEB_WORKLOADS.map(({ name }) => name).join(", ")}
  --quick             1 round, 2 s, 1 s of warm-up: to see that it works
  --profile=PEER      Profiles this peer (runs on Deno) under load, and prints where its time goes
`;

interface Options {
  readonly rounds: number;
  readonly seconds: number;
  readonly warmUpSeconds: number;
  readonly connections: number;
  readonly peers: readonly string[] | undefined;
  readonly workloads: readonly string[] | undefined;
  readonly profile: string | undefined;
}

/** What one server did under one load. */
interface Sample {
  readonly measurement: Measurement;
  readonly peakRssBytes: number;
}

if (import.meta.main) {
  for (const [signal, code] of Object.entries(EXIT_CODES)) {
    Deno.addSignalListener(signal as Deno.Signal, () => {
      killAllChildren();
      Deno.exit(code);
    });
  }
  const folder = await Deno.makeTempDir({ prefix: "denado_bench_web_" });
  try {
    await main(folder);
  } catch (error) {
    console.error(`bench:web: ${error instanceof Error ? error.message : error}`);
    Deno.exitCode = 1;
  } finally {
    killAllChildren();
    await Deno.remove(folder, { recursive: true });
  }
  Deno.exit();
}

async function main(folder: string): Promise<void> {
  const options = parseOptions();
  if (options === undefined) return console.log(USAGE);
  const wrk = await wrkVersion();
  await requireMachine([SERVER_CORE, LOAD_CORE], OPEN_FILES);
  await writeStaticFiles(folder);
  const peers = await preparePeers(options, folder);
  const workloads = WEB_WORKLOADS.filter(({ name }) => options.workloads?.includes(name) ?? true);
  if (options.profile !== undefined) return await profile(peers[0]!, workloads, options);
  console.log(formatMachine(await readMachine(wrk), peers));

  const results = new Map<WebWorkload, Map<ReadyPeer, Sample[]>>();
  for (let round = 1; round <= options.rounds; round++) {
    for (const workload of workloads) {
      // Every second round runs backwards, so that no peer always has the same predecessor.
      for (const peer of round % 2 === 1 ? peers : peers.toReversed()) {
        if (workload.without?.[peer.name] !== undefined) continue;
        const sample = await measure(peer, workload, options);
        const series = results.get(workload) ?? new Map<ReadyPeer, Sample[]>();
        results.set(workload, series.set(peer, [...series.get(peer) ?? [], sample]));
        const rate = Math.round(sample.measurement.requestsPerSecond).toLocaleString("en-US");
        console.error(`round ${round}/${options.rounds}  ${peer.title}  ${workload.name}  ${rate} req/s`);
      }
    }
  }
  for (const [workload, samples] of results) console.log(`\n${formatWorkload(workload, peers, samples, options)}`);
  console.log(`\n${formatLegend(peers[0]!)}`);
}

async function profile(peer: ReadyPeer, workloads: readonly WebWorkload[], options: Options): Promise<void> {
  for (const workload of workloads) {
    const { seconds, warmUpSeconds, connections } = options;
    const load = { core: LOAD_CORE, connections, seconds, openFiles: OPEN_FILES };
    console.log(
      await profilePeer(peer, workload, { serverCore: SERVER_CORE, load, warmUpSeconds, samplingUs: 200, top: 40 }),
    );
  }
}

async function measure(peer: ReadyPeer, workload: WebWorkload, options: Options): Promise<Sample> {
  await using server = await startServer(peer, {
    program: workload.program,
    core: SERVER_CORE,
    openFiles: OPEN_FILES,
  });
  await checkAnswers(server, workload);
  const load = { core: LOAD_CORE, connections: options.connections, openFiles: OPEN_FILES };
  await generateLoad(server, workload, { ...load, seconds: options.warmUpSeconds });
  server.process.resetPeakRss();
  const measurement = await generateLoad(server, workload, { ...load, seconds: options.seconds });
  return { measurement, peakRssBytes: server.process.peakRssBytes() };
}

function formatWorkload(
  workload: WebWorkload,
  peers: readonly ReadyPeer[],
  samples: ReadonlyMap<ReadyPeer, readonly Sample[]>,
  options: Options,
): string {
  const series: LoadSeries[] = [];
  for (const peer of peers) {
    const measured = samples.get(peer);
    if (measured !== undefined) series.push({ peer, measurements: measured.map(({ measurement }) => measurement) });
  }
  const lines = [formatLoad(workload, workload.connections ?? options.connections, series)];
  if (workload.memory) {
    const memory = series.map(({ peer }) => {
      const most = Math.max(...samples.get(peer)!.map(({ peakRssBytes }) => peakRssBytes));
      return `${peer.title} ${Math.round(most / 2 ** 20)} MB`;
    });
    lines.push(`Most memory (RSS): ${memory.join(", ")}`);
  }
  for (const [name, reason] of Object.entries(workload.without ?? {})) {
    const peer = peers.find((peer) => peer.name === name);
    if (peer !== undefined) lines.push(`Without ${peer.title}: ${reason}`);
  }
  return lines.join("\n");
}

async function preparePeers({ peers }: Options, folder: string): Promise<ReadyPeer[]> {
  const ready: ReadyPeer[] = [];
  for (const peer of WEB_PEERS) {
    if (peers !== undefined && !peers.includes(peer.name)) continue;
    try {
      ready.push(withFolder(await peer.prepare(), folder));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (peers !== undefined || !peer.optional) throw new Error(`Cannot run the peer ${peer.title}: ${reason}`);
      console.error(`Left out ${peer.title}: ${reason}`);
    }
  }
  return ready;
}

/** Text, so that it is checked as the answers of pages are. */
async function writeStaticFiles(folder: string): Promise<void> {
  const line = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde\n";
  for (const [name, size] of [["1k.txt", 1024], ["100k.txt", 102_400], ["100m.txt", 104_857_600]] as const) {
    const end = `The end of ${name}\n`;
    await Deno.writeTextFile(`${folder}/${name}`, line.repeat(size / line.length).slice(0, -end.length) + end);
    const past = new Date("2020-01-01T00:00:00Z");
    await Deno.utime(`${folder}/${name}`, past, past);
  }
}

function parseOptions(): Options | undefined {
  const { values } = parseArgs({
    args: Deno.args,
    options: {
      rounds: { type: "string" },
      seconds: { type: "string" },
      "warm-up": { type: "string" },
      connections: { type: "string" },
      only: { type: "string" },
      workload: { type: "string" },
      quick: { type: "boolean", default: false },
      profile: { type: "string" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return undefined;
  return {
    rounds: wholeNumber("--rounds", values.rounds ?? (values.quick ? "1" : "3")),
    seconds: wholeNumber("--seconds", values.seconds ?? (values.quick ? "2" : "4")),
    warmUpSeconds: wholeNumber("--warm-up", values["warm-up"] ?? (values.quick ? "1" : "2")),
    connections: wholeNumber("--connections", values.connections ?? "64"),
    peers: names("--only", values.profile ?? values.only, WEB_PEERS),
    profile: values.profile,
    workloads: names("--workload", values.workload, WEB_WORKLOADS),
  };
}

function wholeNumber(option: string, text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new RangeError(`Cannot use the value of ${option}: ${JSON.stringify(text)}; it takes a whole number from 1`);
}

function names(
  option: string,
  text: string | undefined,
  known: readonly { readonly name: string }[],
): string[] | undefined {
  const given = text?.split(",");
  const unknown = given?.find((name) => !known.some((one) => one.name === name));
  if (unknown === undefined) return given;
  throw new RangeError(
    `Cannot use the value of ${option}: ${JSON.stringify(unknown)}; known are ${
      known.map(({ name }) => name).join(", ")
    }`,
  );
}
