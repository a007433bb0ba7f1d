/**
 * `deno task bench:http`: Denado's HTTP server beside its peers, as figures that can be believed.
 *
 * The servers run one after another on one core, the load generator on another, in alternating rounds: drift of the
 * machine hits all alike, and the ratios are taken within a round. Each server starts anew in each round, is checked to
 * answer what it should, and is warmed up before it is measured. Then come the memory of idle connections, and 1 GB
 * streamed in each direction.
 * `deno task bench:http --help` prints the options. No figure is asserted.
 *
 * @module
 */
import { killAllChildren } from "./http/child.ts";
import { generateLoad, type LoadOptions, type Measurement, wrkVersion } from "./http/load_generator.ts";
import { type Machine, readMachine, requireMachine } from "./http/machine.ts";
import { measureIdleMemory } from "./http/memory_probe.ts";
import { type Options, parseOptions, USAGE } from "./http/options.ts";
import { PEERS, type ReadyPeer } from "./http/peers.ts";
import { profilePeer } from "./http/profile_run.ts";
import {
  formatLegend,
  formatLoad,
  formatMachine,
  formatMemory,
  formatTransfers,
  type LoadSeries,
  type MemoryReading,
  type TransferReading,
} from "./http/report.ts";
import { checkAnswers, startServer } from "./http/server.ts";
import { measureTransfer, type Transfer } from "./http/transfers.ts";
import { type Workload, WORKLOADS } from "./http/workloads.ts";

/** Open files beside the connections: standard streams, listeners, what the runtime needs. */
const SPARE_FILES = 500;

/** Exit codes of programs ended by a signal: 128 and its number. */
const EXIT_CODES = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

if (import.meta.main) {
  for (const [signal, code] of Object.entries(EXIT_CODES)) {
    Deno.addSignalListener(signal as Deno.Signal, () => {
      killAllChildren();
      Deno.exit(code);
    });
  }
  try {
    await main(parseOptions(Deno.args));
    Deno.exit(0);
  } catch (error) {
    console.error(`bench:http: ${error instanceof Error ? error.message : error}`);
    killAllChildren();
    Deno.exit(1);
  }
}

async function main(options: Options): Promise<void> {
  if (options.help) {
    console.log(USAGE);
    return;
  }
  const workloads = WORKLOADS.filter(({ name }) => options.workloads.includes(name));
  const wrk = await wrkVersion();
  await requireMachine([options.serverCore, options.loadCore], openFiles(options));
  if (options.profile !== undefined) {
    await profile(options.profile, workloads, options);
    return;
  }

  const peers = await preparePeers(options.only);
  const machine = await readMachine(wrk);
  console.log(formatMachine(machine, peers));
  const load = new Map<Workload, LoadSeries[]>();
  if (!options.skipLoad) {
    for (const workload of workloads) {
      load.set(workload, peers.map((peer) => ({ peer, measurements: [] })));
    }
    await measureLoad(
      peers,
      workloads,
      options,
      (workload, peer, measurement) => {
        load.get(workload)!.find((series) => series.peer === peer)!.measurements
          .push(measurement);
      },
    );
    for (const [workload, series] of load) {
      console.log(`\n${formatLoad(workload, workload.connections ?? options.connections, series)}`);
    }
    console.log(`\n${formatLegend(peers[0]!)}`);
  }
  const memory = options.skipMemory ? [] : await measureMemory(peers, options);
  if (memory.length > 0) console.log(`\n${formatMemory(memory)}`);
  const transfers = options.skipTransfers ? [] : await measureTransfers(peers, options);
  if (transfers.length > 0) console.log(`\n${formatTransfers(transfers)}`);
  if (options.jsonFile !== undefined) {
    await writeJson(options.jsonFile, { machine, options, load, memory, transfers });
  }
}

/** The peers that can run here. One that was asked for by name, or is not optional, must. */
async function preparePeers(only: readonly string[] | undefined): Promise<ReadyPeer[]> {
  const ready: ReadyPeer[] = [];
  for (const peer of PEERS) {
    if (only && !only.includes(peer.name)) continue;
    try {
      ready.push(await peer.prepare());
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (only || !peer.optional) {
        throw new Error(`Cannot run the peer ${peer.title}: ${reason}`);
      }
      progress(`Left out ${peer.title}: ${reason}`);
    }
  }
  return ready;
}

async function measureLoad(
  peers: readonly ReadyPeer[],
  workloads: readonly Workload[],
  options: Options,
  report: (workload: Workload, peer: ReadyPeer, measurement: Measurement) => void,
): Promise<void> {
  for (let round = 1; round <= options.rounds; round++) {
    for (const workload of workloads) {
      // Every second round runs backwards, so that no peer always has the same predecessor, or the later half of a round.
      for (const peer of round % 2 === 1 ? peers : peers.toReversed()) {
        await using server = await startServer(peer, {
          program: workload.program,
          core: options.serverCore,
          openFiles: openFiles(options),
        });
        await checkAnswers(server, workload);
        const load = loadOptions(options);
        await generateLoad(server, workload, {
          ...load,
          seconds: options.warmUpSeconds,
        });
        const measurement = await generateLoad(server, workload, load);
        report(workload, peer, measurement);
        const rate = Math.round(measurement.requestsPerSecond).toLocaleString("en-US");
        progress(
          `round ${round}/${options.rounds}  ${peer.title}  ${workload.name}  ${rate} req/s  p99 ${measurement.p99Ms} ms`,
        );
      }
    }
  }
}

async function measureMemory(peers: readonly ReadyPeer[], options: Options): Promise<MemoryReading[]> {
  const readings: MemoryReading[] = [];
  for (const peer of peers) {
    progress(`memory  ${peer.title}  ${options.idleConnections} connections`);
    await using server = await startServer(peer, {
      program: "hello",
      core: options.serverCore,
      openFiles: openFiles(options),
    });
    const memory = await measureIdleMemory(server, {
      connections: options.idleConnections,
      warmUp: { ...loadOptions(options), seconds: options.warmUpSeconds },
    });
    readings.push({ peer, memory });
  }
  return readings;
}

async function measureTransfers(peers: readonly ReadyPeer[], options: Options): Promise<TransferReading[]> {
  const readings: TransferReading[] = [];
  for (const direction of ["upload", "download"] as const) {
    const series = peers.map((peer) => ({ peer, direction, transfers: [] as Transfer[] }));
    for (let round = 1; round <= options.rounds; round++) {
      for (const { peer, transfers } of round % 2 === 1 ? series : series.toReversed()) {
        progress(`round ${round}/${options.rounds}  ${peer.title}  ${direction} of 1 GB`);
        transfers.push(await measureTransfer(peer, direction, { ...options, openFiles: openFiles(options) }));
      }
    }
    readings.push(...series);
  }
  return readings;
}

async function profile(peerName: string, workloads: readonly Workload[], options: Options): Promise<void> {
  if (options.profileFile !== undefined && workloads.length > 1) {
    throw new RangeError(
      `Cannot write several profiles to one file: ${options.profileFile}; choose one with --workload`,
    );
  }
  const peers = await preparePeers([peerName]);
  const [peer] = peers;
  if (!peer?.runsOnDeno) {
    throw new RangeError(`Cannot profile a peer that does not run on Deno: ${peerName}`);
  }
  for (const workload of workloads) {
    const report = await profilePeer(peer, workload, {
      serverCore: options.serverCore,
      load: loadOptions(options),
      warmUpSeconds: options.warmUpSeconds,
      samplingUs: options.samplingUs,
      top: options.top,
      file: options.profileFile,
    });
    console.log(`${report}\n`);
  }
}

function loadOptions(options: Options): LoadOptions {
  const { loadCore, connections, seconds } = options;
  return {
    core: loadCore,
    connections,
    seconds,
    openFiles: openFiles(options),
  };
}

function openFiles({ connections, idleConnections, skipMemory }: Options): number {
  const most = Math.max(
    connections,
    skipMemory ? 0 : idleConnections,
    ...WORKLOADS.map((row) => row.connections ?? 0),
  );
  return most + SPARE_FILES;
}

async function writeJson(
  file: string,
  { machine, options, load, memory, transfers }: {
    machine: Machine;
    options: Options;
    load: ReadonlyMap<Workload, readonly LoadSeries[]>;
    memory: readonly MemoryReading[];
    transfers: readonly TransferReading[];
  },
): Promise<void> {
  const named = ({ name, title, version }: ReadyPeer) => ({
    name,
    title,
    version,
  });
  const value = {
    machine,
    options,
    load: [...load].map(([workload, series]) => ({
      workload,
      peers: series.map(({ peer, measurements }) => ({
        ...named(peer),
        measurements,
      })),
    })),
    memory: memory.map(({ peer, memory }) => ({ ...named(peer), memory })),
    transfers: transfers.map(({ peer, ...reading }) => ({ ...named(peer), ...reading })),
  };
  await Deno.writeTextFile(file, JSON.stringify(value, null, 2) + "\n");
}

/** To the standard error, so that the standard output holds the report alone. */
function progress(text: string): void {
  console.error(text);
}
