/**
 * What a server held over time, and whether that is flat.
 *
 * @module
 */

/** What the server held at one time. */
export interface Sample {
  readonly seconds: number;
  readonly rssMb: number;
  /** Heap and buffers. */
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
  // What is in flight goes up and down; what is kept shows at the lowest points.
  const [earlyHeap, lateHeap] = [floor(early.filter(isCollected)), floor(late.filter(isCollected))];
  const heapGrowth = lateHeap - earlyHeap;
  const rssGrowth = median(late, "rssMb") - median(early, "rssMb");
  const lines = [
    `heap:        ${earlyHeap.toFixed(1)} MB early, ${signed(heapGrowth)} MB late, ${after.heapMb.toFixed(1)} MB after`,
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

function floor(samples: readonly Sample[]): number {
  return Math.min(...samples.map(({ heapMb }) => heapMb));
}

function median(samples: readonly Sample[], key: "rssMb" | "descriptors" | "connections"): number {
  const values = samples.map((sample) => sample[key]).sort((a, b) => a - b);
  return values[Math.floor(values.length / 2)] ?? NaN;
}

function signed(value: number): string {
  return `${value < 0 ? "" : "+"}${value.toFixed(1)}`;
}
