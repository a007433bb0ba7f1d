/**
 * Runs one peer under one workload with the CPU profiler on, and prints where the time of a request goes.
 *
 * @module
 */
import { type CallFrame, Inspector } from "./inspector.ts";
import { generateLoad, type LoadOptions, type Measurement } from "./load_generator.ts";
import type { ReadyPeer } from "./peers.ts";
import { type FunctionTime, type Locate, type ProfileSummary, summarizeProfile } from "./profile.ts";
import { formatTable } from "./report.ts";
import { checkAnswers, startServer } from "./server.ts";
import { SourceMap } from "./source_map.ts";
import type { Workload } from "./workloads.ts";

/** How {@linkcode profilePeer} runs. */
export interface ProfileOptions {
  serverCore: number;
  load: LoadOptions;
  warmUpSeconds: number;
  samplingUs: number;
  /** Functions to list. */
  top: number;
  /** Where the profile is written. @default a temporary file */
  file?: string | undefined;
}

/** For so many functions the callers and the hottest lines are listed. */
const DETAILED = 15;

/** Callers and lines with less than this part of a function's self time are left out. */
const LEAST_SHARE = 0.05;

const REPOSITORY = new URL("../../../", import.meta.url).href;

/** Profiles a peer, writes the .cpuprofile, and answers the report. @throws {Error} if it does not run on Deno */
export async function profilePeer(peer: ReadyPeer, workload: Workload, options: ProfileOptions): Promise<string> {
  await using server = await startServer(peer, {
    program: workload.program,
    core: options.serverCore,
    openFiles: options.load.openFiles,
    denoFlags: ["--inspect=127.0.0.1:0"],
  });
  await checkAnswers(server, workload);
  const [url] = await server.process.waitForErrorText(/ws:\S+/);
  using inspector = await Inspector.connect(url);
  await inspector.startProfile(options.samplingUs);
  await generateLoad(server, workload, {
    ...options.load,
    seconds: options.warmUpSeconds,
  });
  const measurement = await generateLoad(server, workload, options.load);
  const profile = await inspector.stopProfile();
  const locate = locator(await inspector.sourceMapUrls());

  const file = options.file ??
    await Deno.makeTempFile({
      prefix: `${peer.name}-${workload.name}-`,
      suffix: ".cpuprofile",
    });
  await Deno.writeTextFile(file, JSON.stringify(profile));
  const summary = summarizeProfile(profile, options.load.seconds * 1e6, locate);
  return formatProfile(summary, measurement, options.top, [
    `${peer.title} ${peer.version}: ${workload.title}`,
    `${Math.round(measurement.requestsPerSecond).toLocaleString("en-US")} req/s with the profiler on, ` +
    `${profile.samples.length.toLocaleString("en-US")} samples, ${file}`,
  ]);
}

/** Places in the TypeScript sources, with paths of this repository made short. */
function locator(sourceMapUrls: ReadonlyMap<string, string>): Locate {
  const maps = new Map<string, SourceMap>();
  return (frame: CallFrame, line: number, column: number) => {
    const mapUrl = sourceMapUrls.get(frame.scriptId);
    let map = maps.get(frame.scriptId);
    if (!map && mapUrl !== undefined) {
      map = SourceMap.fromDataUrl(mapUrl);
      maps.set(frame.scriptId, map);
    }
    const sourceLine = map?.sourceLine(line, column);
    return {
      file: shortFile(frame.url),
      line: (sourceLine ?? line) + 1,
      text: sourceLine === undefined ? "" : map!.text(sourceLine),
    };
  };
}

function shortFile(url: string): string {
  if (url === "") return "native";
  if (url.startsWith(REPOSITORY)) return url.slice(REPOSITORY.length);
  const npmCache = url.lastIndexOf("/registry.npmjs.org/");
  return npmCache === -1 ? url : `npm/${url.slice(npmCache + "/registry.npmjs.org/".length)}`;
}

function formatProfile(
  summary: ProfileSummary,
  measurement: Measurement,
  top: number,
  heading: readonly string[],
): string {
  const { busyUs, functions, files, layers, charged } = summary;
  const share = (us: number) => `${(100 * us / busyUs).toFixed(1)} %`;
  const perRequest = (us: number) => (us / measurement.requests).toFixed(2);
  // V8 counts wall time, so that on a busy machine it may see more than the process was given.
  const outside = Math.max(0, measurement.cpuUsPerRequest - busyUs / measurement.requests).toFixed(2);
  const groups = (name: string, sums: readonly { name: string; us: number }[]) =>
    formatTable([name, "self", "µs/req"], sums.map((sum) => [sum.name, share(sum.us), perRequest(sum.us)]));
  const cpu = measurement.cpuUsPerRequest.toFixed(2);
  return [
    ...heading,
    `CPU ${cpu} µs per request: ${perRequest(busyUs)} µs in V8, which is the 100 % of what follows, ` +
    `and ${outside} µs outside of it: Tokio, system calls, HTTP in Rust`,
    "",
    groups("by layer", layers),
    "",
    groups("by layer, with the foreign code it called", charged),
    "",
    groups("by file", files.slice(0, 25)),
    "",
    formatTable(
      ["by function", "self", "µs/req", "with callees", "µs/req"],
      functions.slice(0, top).map((time) => [
        `${time.name}  ${placeName(time)}`,
        share(time.selfUs),
        perRequest(time.selfUs),
        share(time.totalUs),
        perRequest(time.totalUs),
      ]),
    ),
    "",
    "callers and lines of the first",
    "------------------------------",
    ...functions.slice(0, DETAILED).flatMap((time) => formatDetails(time, perRequest)),
  ].join("\n");
}

function formatDetails(time: FunctionTime, perRequest: (us: number) => string): string[] {
  const percent = (part: number) => `${(100 * part).toFixed(0).padStart(4)} %`;
  return [
    `${time.name}  ${placeName(time)}  ${perRequest(time.selfUs)} µs/req`,
    ...time.callers.filter(({ us }) => us >= LEAST_SHARE * time.selfUs).slice(0, 6)
      .map(({ name, us }) => `${percent(us / time.selfUs)}  from ${name}`),
    ...time.lines.filter(({ share, place }) => share >= LEAST_SHARE && place.text !== "").slice(0, 6)
      .map(({ share, place }) => `${percent(share)}  line ${place.line}: ${place.text.slice(0, 100)}`),
  ];
}

function placeName({ place }: FunctionTime): string {
  return place.line === 0 ? place.file : `${place.file}:${place.line}`;
}
