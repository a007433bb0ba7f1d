/**
 * What a server held over time, and whether that is flat.
 *
 * @module
 */

/** What the server held at one time. */
export interface Sample {
  readonly seconds: number;
  readonly rssMb: number;
  readonly heapMb: number;
  readonly descriptors: number;
  readonly connections: number;
  /** Whether garbage was collected just before. */
  readonly collected: boolean;
}

/** How much memory may differ between the second quarter of the time and the last: caches and fragmentation. */
const ALLOWED_HEAP_GROWTH_MB = 8;
const ALLOWED_RSS_GROWTH_MB = 32;

/** Figures of a run, and what is wrong with them. */
export interface Verdict {
  readonly lines: readonly string[];
  readonly complaints: readonly string[];
}

/** Judges the samples under load, and those with none before and after it. */
export function judge(before: Sample, load: readonly Sample[], after: Sample): Verdict {
  const quarter = (number: number) => load.slice(load.length * number / 4, load.length * (number + 1) / 4);
  const [early, late] = [quarter(1), quarter(3)];
  const heapGrowth = median(late.filter(isCollected), "heapMb") - median(early.filter(isCollected), "heapMb");
  const rssGrowth = median(late, "rssMb") - median(early, "rssMb");
  const lines = [
    `heap:        ${median(early.filter(isCollected), "heapMb").toFixed(1)} MB early, ${signed(heapGrowth)} MB late`,
    `memory:      ${median(early, "rssMb").toFixed(1)} MB early, ${signed(rssGrowth)} MB late`,
    `connections: ${median(early, "connections")} early, ${
      median(late, "connections")
    } late, ${after.connections} after`,
    `descriptors: ${before.descriptors} before, ${median(late, "descriptors")} late, ${after.descriptors} after`,
  ];
  const complaints: string[] = [];
  if (!(heapGrowth <= ALLOWED_HEAP_GROWTH_MB)) complaints.push(`the heap grew by ${heapGrowth.toFixed(1)} MB`);
  if (!(rssGrowth <= ALLOWED_RSS_GROWTH_MB)) complaints.push(`the process grew by ${rssGrowth.toFixed(1)} MB`);
  if (after.descriptors > before.descriptors) {
    complaints.push(`${after.descriptors - before.descriptors} descriptors are left open`);
  }
  if (after.connections > 0) complaints.push(`${after.connections} connections are left open`);
  return { lines, complaints };
}

function isCollected({ collected }: Sample): boolean {
  return collected;
}

function median(samples: readonly Sample[], key: "rssMb" | "heapMb" | "descriptors" | "connections"): number {
  const values = samples.map((sample) => sample[key]).sort((a, b) => a - b);
  return values[Math.floor(values.length / 2)] ?? NaN;
}

function signed(value: number): string {
  return `${value < 0 ? "" : "+"}${value.toFixed(1)}`;
}
