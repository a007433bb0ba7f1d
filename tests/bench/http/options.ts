/**
 * The options of `deno task bench:http`.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { PEERS } from "./peers.ts";
import { WORKLOADS } from "./workloads.ts";

/** Parsed options; the defaults are in {@linkcode USAGE}. */
export interface Options {
  rounds: number;
  seconds: number;
  warmUpSeconds: number;
  connections: number;
  idleConnections: number;
  /** Peers by name; undefined means all that are installed. */
  only: readonly string[] | undefined;
  workloads: readonly string[];
  skipLoad: boolean;
  skipMemory: boolean;
  skipTransfers: boolean;
  jsonFile: string | undefined;
  /** The peer to profile instead of comparing. */
  profile: string | undefined;
  profileFile: string | undefined;
  samplingUs: number;
  top: number;
  serverCore: number;
  loadCore: number;
  help: boolean;
}

/** The names that may be given. */
const PEER_NAMES = PEERS.map(({ name }) => name);
const WORKLOAD_NAMES = WORKLOADS.map(({ name }) => name);

/** What `--help` prints. */
export const USAGE = `Compares Denado's HTTP server with its peers, or profiles one of them.

deno task bench:http [options]

  --rounds=5          Rounds; each starts every peer once, in alternating order
  --seconds=5         Measured seconds per peer, workload and round
  --warm-up=2         Seconds of load before each measurement
  --connections=64    Connections of the load generator
  --only=a,b          These peers: ${PEER_NAMES.join(", ")}
  --workload=a,b      These workloads: ${WORKLOAD_NAMES.join(", ")}
  --idle=8000         Idle keep-alive connections of the memory probe
  --skip-load         Without the load
  --skip-memory       Without the memory probe
  --skip-transfers    Without the transfers of 1 GB
  --quick             1 round, 2 s, 1 s of warm-up, 1,000 idle connections: to see that it works
  --json=FILE         Writes every sample there
  --server-core=0     The core of the servers
  --load-core=1       The core of the load generator

  --profile=PEER      Profiles this peer (runs on Deno) under load, and prints where its time goes
  --cpu-prof          The same as --profile=denado
  --top=40            Functions to list
  --sampling-us=200   Time between samples
  --profile-out=FILE  Where to write the .cpuprofile, for Chrome's DevTools or speedscope (else a temporary file)
`;

/**
 * Parses the arguments.
 *
 * @throws {TypeError} for an unknown option, and {RangeError} for a value that is none
 */
export function parseOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: "string" },
      seconds: { type: "string" },
      "warm-up": { type: "string" },
      connections: { type: "string" },
      only: { type: "string" },
      workload: { type: "string" },
      idle: { type: "string" },
      "skip-load": { type: "boolean", default: false },
      "skip-memory": { type: "boolean", default: false },
      "skip-transfers": { type: "boolean", default: false },
      quick: { type: "boolean", default: false },
      json: { type: "string" },
      "server-core": { type: "string" },
      "load-core": { type: "string" },
      profile: { type: "string" },
      "cpu-prof": { type: "boolean", default: false },
      top: { type: "string" },
      "sampling-us": { type: "string" },
      "profile-out": { type: "string" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  const quick = values.quick;
  const profile = values.profile ?? (values["cpu-prof"] ? "denado" : undefined);
  const workloadsByDefault = profile === undefined ? WORKLOAD_NAMES : ["plain"];
  return {
    rounds: wholeNumber("--rounds", values.rounds, quick ? 1 : 5),
    seconds: wholeNumber("--seconds", values.seconds, quick ? 2 : 5),
    warmUpSeconds: wholeNumber("--warm-up", values["warm-up"], quick ? 1 : 2),
    connections: wholeNumber("--connections", values.connections, 64),
    idleConnections: wholeNumber("--idle", values.idle, quick ? 1_000 : 8_000),
    only: values.only === undefined ? undefined : names("--only", values.only, PEER_NAMES),
    workloads: values.workload === undefined
      ? workloadsByDefault
      : names("--workload", values.workload, WORKLOAD_NAMES),
    skipLoad: values["skip-load"],
    skipMemory: values["skip-memory"],
    skipTransfers: values["skip-transfers"],
    jsonFile: values.json,
    profile: profile === undefined ? undefined : names("--profile", profile, PEER_NAMES)[0],
    profileFile: values["profile-out"],
    samplingUs: wholeNumber("--sampling-us", values["sampling-us"], 200),
    top: wholeNumber("--top", values.top, 40),
    serverCore: wholeNumber("--server-core", values["server-core"], 0, 0),
    loadCore: wholeNumber("--load-core", values["load-core"], 1, 0),
    help: values.help,
  };
}

function wholeNumber(option: string, text: string | undefined, byDefault: number, least = 1): number {
  if (text === undefined) return byDefault;
  if (!/^\d+$/.test(text) || Number(text) < least) {
    throw new RangeError(
      `Cannot use the value of ${option}: ${JSON.stringify(text)}; it takes a whole number from ${least}`,
    );
  }
  return Number(text);
}

function names(option: string, text: string, known: readonly string[]): string[] {
  const given = text.split(",");
  for (const name of given) {
    if (!known.includes(name)) {
      throw new RangeError(
        `Cannot use the value of ${option}: ${JSON.stringify(name)}; known are ${known.join(", ")}`,
      );
    }
  }
  return given;
}
