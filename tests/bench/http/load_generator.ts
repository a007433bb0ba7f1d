/**
 * wrk as a function: a workload in, one measurement out.
 *
 * wrk was chosen because one thread of it keeps any of the peers busy, and it takes pipelined batches and hands out
 * exact figures through its Lua script (`load.lua`).
 *
 * @module
 */
import { Child } from "./child.ts";
import type { Server } from "./server.ts";
import type { Workload } from "./workloads.ts";

/** How {@linkcode generateLoad} runs. */
export interface LoadOptions {
  /** The core of the load generator. */
  core: number;
  /** Connections, where the workload does not say. */
  connections: number;
  /** Whole seconds. */
  seconds: number;
  openFiles: number;
}

/** One measurement. */
export interface Measurement {
  requests: number;
  requestsPerSecond: number;
  p50Ms: number;
  p99Ms: number;
  maxMs: number;
  /** CPU time of the server per request, in microseconds. Less disturbed by a busy machine than the rate. */
  cpuUsPerRequest: number;
  /** Part of the time for which the server had the CPU, 0 to 1: well below 1, something else was the limit. */
  cpuShare: number;
}

interface WrkResult {
  requests: number;
  durationUs: number;
  p50Us: number;
  p99Us: number;
  maxUs: number;
  connectErrors: number;
  readErrors: number;
  writeErrors: number;
  statusErrors: number;
  timeouts: number;
}

/** Answers the version of wrk. @throws {Error} saying how to install it, if it is missing */
export async function wrkVersion(): Promise<string> {
  try {
    const { stdout } = await new Deno.Command("wrk", {
      args: ["--version"],
      stderr: "null",
    }).output();
    return /^wrk (\S+)/.exec(new TextDecoder().decode(stdout))?.[1] ??
      "of unknown version";
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Error(
      "Cannot find wrk, the load generator; install it with: apt-get install wrk (or brew install wrk)",
    );
  }
}

/**
 * Drives a server for some seconds.
 *
 * @throws {Error} if a socket failed or a response was not 2xx or 3xx: such a figure means nothing
 */
export async function generateLoad(server: Server, workload: Workload, options: LoadOptions): Promise<Measurement> {
  const cpuBefore = server.process.cpuMs();
  const startedAt = performance.now();
  const result = await runWrk(server, workload, options);
  const wallMs = performance.now() - startedAt;
  const cpuMs = server.process.cpuMs() - cpuBefore;
  refuseErrors(server, workload, result);
  return {
    requests: result.requests,
    requestsPerSecond: result.requests * 1e6 / result.durationUs,
    p50Ms: result.p50Us / 1e3,
    p99Ms: result.p99Us / 1e3,
    maxMs: result.maxUs / 1e3,
    cpuUsPerRequest: cpuMs * 1e3 / result.requests,
    cpuShare: cpuMs / wallMs,
  };
}

async function runWrk(server: Server, workload: Workload, options: LoadOptions): Promise<WrkResult> {
  const connections = workload.connections ?? options.connections;
  await using wrk = new Child({
    command: [
      "wrk",
      "--threads=1",
      `--connections=${connections}`,
      `--duration=${options.seconds}s`,
      "--latency",
      `--script=${import.meta.dirname}/load.lua`,
      ...workload.headers.map((field) => `--header=${field}`),
      `http://127.0.0.1:${server.port}${workload.path ?? "/"}`,
      "--",
      String(connections),
      String(workload.pipelineDepth),
      workload.method,
      ...(workload.body === undefined && workload.paths === undefined ? [] : [workload.body ?? ""]),
      ...(workload.paths === undefined ? [] : [workload.paths.join(" ")]),
    ],
    core: options.core,
    openFiles: options.openFiles,
    piped: true,
  });
  const output = await wrk.output();
  const line = output.split("\n").find((line) => line.startsWith("{"));
  if (line === undefined) {
    throw new Error(`Cannot find the result in the output of wrk: ${output}`);
  }
  return JSON.parse(line) as WrkResult;
}

function refuseErrors(server: Server, workload: Workload, result: WrkResult): void {
  const {
    requests,
    connectErrors,
    readErrors,
    writeErrors,
    statusErrors,
    timeouts,
  } = result;
  if (requests > 0 && connectErrors + readErrors + writeErrors + statusErrors + timeouts === 0) return;
  throw new Error(
    `${server.peer.title} failed under workload "${workload.name}": ${requests} responses, ${statusErrors} not 2xx or 3xx, ` +
      `socket errors: ${connectErrors} connect, ${readErrors} read, ${writeErrors} write, ${timeouts} timeouts` +
      (server.process.errorText === "" ? "" : `; the server wrote:\n${server.process.errorText}`),
  );
}
