/**
 * The figures as text: one table per workload, one for memory.
 *
 * @module
 */
import type { Measurement } from "./load_generator.ts";
import type { Machine } from "./machine.ts";
import type { IdleMemory } from "./memory_probe.ts";
import type { ReadyPeer } from "./peers.ts";
import { type Spread, spread } from "./statistics.ts";
import type { Direction, Transfer } from "./transfers.ts";
import type { Workload } from "./workloads.ts";

/** The measurements of one peer under one workload, in the order of the rounds. */
export interface LoadSeries {
  peer: ReadyPeer;
  measurements: Measurement[];
}

/** The memory of one peer. */
export interface MemoryReading {
  peer: ReadyPeer;
  memory: IdleMemory;
}

/** The transfers of one peer in one direction, in the order of the rounds. */
export interface TransferReading {
  peer: ReadyPeer;
  direction: Direction;
  transfers: Transfer[];
}

/** Below this part of its core the server was not what limited the rate. */
const SATURATED_SHARE = 0.9;

/** The machine and the versions of what runs on it. */
export function formatMachine(machine: Machine, peers: readonly ReadyPeer[]): string {
  const { cpu, cores, memoryGb, kernel, deno, v8, wrk } = machine;
  return [
    `Machine  ${cpu}, ${cores} cores, ${memoryGb.toFixed(0)} GB, ${kernel}`,
    `Runtime  Deno ${deno}, V8 ${v8}; load by wrk ${wrk}`,
    ...peers.map(({ title, version }, index) => `${index === 0 ? "Peers  " : "       "}  ${title} ${version}`),
  ].join("\n");
}

/** How to read the tables of {@linkcode formatLoad}. */
export function formatLegend(subject: ReadyPeer): string {
  return `Rate, p99 and CPU ×: ${subject.title}'s figure divided by that of the row, in each round; ` +
    "median (and min–max) of the rounds.\nCPU µs/req: CPU time of the server, in which a busy machine shows least. " +
    "p50, p99: of a request, or of a pipelined batch.";
}

/**
 * One workload. The ratios are those of the first peer to the one in the row, taken round by round, and then the
 * median: the two figures of a round are close in time, so that drift of the machine cancels out.
 */
export function formatLoad(workload: Workload, connections: number, series: readonly LoadSeries[]): string {
  const subject = series[0]!;
  const rows = series.map((row) => {
    const { peer, measurements } = row;
    const rate = spread(measurements.map(({ requestsPerSecond }) => requestsPerSecond));
    const p99 = spread(measurements.map(({ p99Ms }) => p99Ms));
    return [
      peer.title,
      whole(rate.median),
      `${whole(rate.min)}–${whole(rate.max)}`,
      median(measurements, ({ p50Ms }) => p50Ms).toFixed(2),
      p99.median.toFixed(2),
      `${p99.min.toFixed(2)}–${p99.max.toFixed(2)}`,
      median(measurements, ({ cpuUsPerRequest }) => cpuUsPerRequest).toFixed(1),
      `${(100 * median(measurements, ({ cpuShare }) => cpuShare)).toFixed(0)} %`,
      row === subject ? "" : ratio(subject, row, ({ requestsPerSecond }) => requestsPerSecond),
      row === subject ? "" : ratio(subject, row, ({ p99Ms }) => p99Ms),
      row === subject ? "" : ratio(subject, row, ({ cpuUsPerRequest }) => cpuUsPerRequest),
    ];
  });
  const table = formatTable([
    "",
    "req/s",
    "min–max",
    "p50 ms",
    "p99 ms",
    "min–max",
    "CPU µs/req",
    "CPU",
    `${subject.peer.title}'s rate ×`,
    "p99 ×",
    "CPU ×",
  ], rows);
  const starved = series.filter(({ measurements }) =>
    median(measurements, ({ cpuShare }) => cpuShare) < SATURATED_SHARE
  );
  const note = `Note: ${starved.map(({ peer }) => peer.title).join(", ")} did not get or not use the whole core, so ` +
    "something else limited the rate; is the machine busy? Rather compare the CPU time.";
  const heading = `${workload.title} (${connections} connections)`;
  return [heading, table, ...(starved.length > 0 ? [note] : [])].join("\n");
}

/** The memory of idle connections. */
export function formatMemory(readings: readonly MemoryReading[]): string {
  const connections = readings[0]!.memory.connections;
  const rows = readings.map(({ peer, memory }) => [
    peer.title,
    megabytes(memory.fresh),
    megabytes(memory.warm),
    megabytes(memory.connected),
    kilobytes(memory.perConnection),
    kilobytes(memory.perConnectionFromFresh),
  ]);
  return [
    `Memory of ${whole(connections)} idle keep-alive connections (RSS)`,
    formatTable(["", "fresh MB", "warm MB", "connected MB", "KB/connection", "KB from fresh"], rows),
  ].join("\n");
}

/** The transfers of 1 GB, in the order of the peers. */
export function formatTransfers(readings: readonly TransferReading[]): string {
  const rows = readings.map(({ peer, direction, transfers }) => {
    const subject = readings.find((reading) => reading.direction === direction)!;
    const ratio = spread(
      transfers.map((transfer, round) => subject.transfers[round]!.megabytesPerSecond / transfer.megabytesPerSecond),
    ).median;
    const figure = (of: (transfer: Transfer) => number) => spread(transfers.map(of)).median;
    return [
      `${direction}, ${peer.title}`,
      whole(figure(({ megabytesPerSecond }) => megabytesPerSecond)),
      whole(figure(({ cpuUsPerMegabyte }) => cpuUsPerMegabyte)),
      megabytes(spread(transfers.map(({ grownBytes }) => grownBytes)).max),
      peer === subject.peer ? "" : ratio.toFixed(2),
    ];
  });
  return [
    "1 GB streamed on one connection",
    formatTable(["", "MB/s", "CPU µs/MB", "MB grown at most", "rate ×"], rows),
  ].join("\n");
}

/** Columns padded to their widest cell: the first to the left, the others to the right. */
export function formatTable(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [heading, ...rows];
  const widths = heading.map((_, column) => Math.max(...all.map((row) => row[column]!.length)));
  const lines = all.map((row) =>
    row.map((cell, column) => column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!))
      .join("  ").trimEnd()
  );
  lines.splice(1, 0, widths.map((width) => "-".repeat(width)).join("  "));
  return lines.join("\n");
}

function ratio(subject: LoadSeries, other: LoadSeries, figure: (measurement: Measurement) => number): string {
  const ratios: Spread = spread(
    subject.measurements.map((measurement, round) => figure(measurement) / figure(other.measurements[round]!)),
  );
  const digits = ratios.median < 10 ? 2 : 1;
  const text = ratios.median.toFixed(digits);
  return subject.measurements.length === 1
    ? text
    : `${text} (${ratios.min.toFixed(digits)}–${ratios.max.toFixed(digits)})`;
}

function median(measurements: readonly Measurement[], figure: (measurement: Measurement) => number): number {
  return spread(measurements.map(figure)).median;
}

function whole(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

function megabytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(1);
}

function kilobytes(bytes: number): string {
  return (bytes / 1024).toFixed(1);
}
