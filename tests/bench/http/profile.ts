/**
 * A CPU profile summed up by function, file and line.
 *
 * Only the last part of a profile counts, that of the measured load: the profiler runs from before the warm-up, so that
 * V8 keeps the positions of inlined functions when it optimises.
 *
 * @module
 */
import type { CallFrame, CpuProfile, ProfileNode } from "./inspector.ts";

/** Where a function or a line is in the source. */
export interface Place {
  /** A path in the repository, an address, or "native" for code without a script. */
  file: string;
  /** From 1; 0 if unknown. */
  line: number;
  /** The text of the line, if known. */
  text: string;
}

/** Turns a compiled line (from 0) of a call frame's script into a place in the source. */
export type Locate = (frame: CallFrame, line: number, column: number) => Place;

/** Where one function's time went. */
export interface FunctionTime {
  name: string;
  place: Place;
  /** Microseconds in the function itself. */
  selfUs: number;
  /** Microseconds in the function and what it called. */
  totalUs: number;
  /** Self time by caller, longest first: its name, and those above it as far as the nearest function of the repository. */
  callers: { name: string; us: number }[];
  /** Parts of the self time by source line, longest first. */
  lines: { place: Place; share: number }[];
}

/** A profile in sum. */
export interface ProfileSummary {
  /** Microseconds in V8: JavaScript, what it calls, and garbage collection. */
  busyUs: number;
  /** Microseconds outside of V8: asleep, or in the native part of the runtime. */
  idleUs: number;
  /** By self time, longest first. */
  functions: FunctionTime[];
  /** Self time by file, longest first. */
  files: { name: string; us: number }[];
  /** Self time by layer of the repository, or kind of foreign code, longest first. */
  layers: { name: string; us: number }[];
  /** The same with foreign code counted to the nearest function of the repository that called it. */
  charged: { name: string; us: number }[];
}

interface Entry extends Omit<FunctionTime, "callers" | "lines"> {
  callers: Map<string, number>;
  ticks: Map<string, { place: Place; ticks: number }>;
}

/** What V8 reports beside JavaScript functions. */
const MEANING: Readonly<Record<string, string>> = {
  "(program)": "V8 itself: promises, microtasks, compiling",
  "(garbage collector)": "garbage collector",
};

/** Sums up the last `windowUs` microseconds of a profile. */
export function summarizeProfile(profile: CpuProfile, windowUs: number, locate: Locate): ProfileSummary {
  const parents = parentsOf(profile.nodes);
  const entries = new Map<string, Entry>();
  const entryOf = new Map<number, Entry>();
  for (const node of profile.nodes) entryOf.set(node.id, entryFor(node, entries, locate));

  let idleUs = 0;
  let busyUs = 0;
  const charged = new Map<string, number>();
  for (const [id, us] of selfTimes(profile, windowUs)) {
    const entry = entryOf.get(id)!;
    if (entry.name === "(idle)") {
      idleUs += us;
      continue;
    }
    busyUs += us;
    entry.selfUs += us;
    const stack: Entry[] = [];
    for (let at: number | undefined = id; at !== undefined; at = parents.get(at)) stack.push(entryOf.get(at)!);
    // A recursive function stands on the stack several times, and its time counts once.
    for (const caller of new Set(stack)) caller.totalUs += us;
    add(entry.callers, callerOf(stack), us);
    add(charged, layerOf(stack.find(isOwn) ?? entry), us);
  }

  const functions = [...entries.values()].filter(({ selfUs }) => selfUs > 0)
    .sort((a, b) => b.selfUs - a.selfUs)
    .map(finishEntry);
  return {
    busyUs,
    idleUs,
    functions,
    files: sumBy(functions, ({ place }) => place.file),
    layers: sumBy(functions, layerOf),
    charged: longestFirst(charged),
  };
}

function parentsOf(nodes: readonly ProfileNode[]): Map<number, number> {
  const parents = new Map<number, number>();
  for (const node of nodes) {
    for (const child of node.children ?? []) parents.set(child, node.id);
  }
  return parents;
}

function entryFor(node: ProfileNode, entries: Map<string, Entry>, locate: Locate): Entry {
  const { callFrame } = node;
  const key = `${callFrame.functionName} ${callFrame.scriptId} ${callFrame.lineNumber} ${callFrame.columnNumber}`;
  let entry = entries.get(key);
  if (!entry) {
    const place = locate(callFrame, callFrame.lineNumber, callFrame.columnNumber);
    entry = {
      name: nodeName(node),
      place,
      selfUs: 0,
      totalUs: 0,
      callers: new Map(),
      ticks: new Map(),
    };
    entries.set(key, entry);
  }
  for (const { line, ticks } of node.positionTicks ?? []) {
    const place = locate(callFrame, line - 1, 0);
    const lineKey = `${place.file}:${place.line}`;
    const sum = entry.ticks.get(lineKey) ?? { place, ticks: 0 };
    sum.ticks += ticks;
    entry.ticks.set(lineKey, sum);
  }
  return entry;
}

function nodeName(node: ProfileNode): string {
  return node.callFrame.functionName || "(anonymous)";
}

/** Self time by node within the last part of the profile: a delta is the time before its sample. */
function selfTimes(profile: CpuProfile, windowUs: number): Map<number, number> {
  const from = profile.endTime - windowUs;
  const times = new Map<number, number>();
  let now = profile.startTime;
  profile.samples.forEach((id, index) => {
    const delta = profile.timeDeltas[index]!;
    now += delta;
    if (now >= from) times.set(id, (times.get(id) ?? 0) + delta);
  });
  return times;
}

function finishEntry({ callers, ticks, ...entry }: Entry): FunctionTime {
  const allTicks = [...ticks.values()].reduce((sum, line) => sum + line.ticks, 0);
  return {
    ...entry,
    callers: longestFirst(callers),
    lines: [...ticks.values()].sort((a, b) => b.ticks - a.ticks)
      .map((line) => ({ place: line.place, share: line.ticks / allTicks })),
  };
}

/** The names of those above the first of a stack, as far as the nearest function of the repository. */
function callerOf(stack: readonly Entry[]): string {
  const callers = stack.slice(1);
  const nearest = callers.findIndex(isOwn);
  return callers.slice(0, nearest === -1 ? 1 : nearest + 1).map(({ name }) => name).join(" ← ");
}

function isOwn({ place }: Pick<FunctionTime, "place">): boolean {
  return place.file !== "native" && !place.file.includes(":") && !place.file.startsWith("npm/");
}

function layerOf(time: Pick<FunctionTime, "name" | "place">): string {
  const { name, place: { file } } = time;
  const meaning = MEANING[name];
  if (meaning !== undefined) return meaning;
  if (isOwn(time)) return file.slice(0, file.indexOf("/") + 1) || file;
  if (file === "native") return name.startsWith("op_") ? "ops of Deno" : "builtins of V8";
  return /^(ext|node|checkin):/.test(file) ? "JavaScript of Deno" : "packages";
}

function sumBy(
  functions: readonly FunctionTime[],
  group: (time: FunctionTime) => string,
): { name: string; us: number }[] {
  const sums = new Map<string, number>();
  for (const time of functions) add(sums, group(time), time.selfUs);
  return longestFirst(sums);
}

function add(sums: Map<string, number>, name: string, us: number): void {
  sums.set(name, (sums.get(name) ?? 0) + us);
}

function longestFirst(sums: ReadonlyMap<string, number>): { name: string; us: number }[] {
  return [...sums].map(([name, us]) => ({ name, us })).sort((a, b) => b.us - a.us);
}
