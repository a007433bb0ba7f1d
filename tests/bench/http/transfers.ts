/**
 * 1 GB in each direction, streamed: how fast, for how much CPU time, and how much memory it takes.
 *
 * The client is a process of its own on the bare `Deno.Conn`.
 *
 * @module
 */
import { Child } from "./child.ts";
import type { ReadyPeer } from "./peers.ts";
import { startServer } from "./server.ts";

/** Where and how {@linkcode measureTransfer} runs. */
export interface TransferOptions {
  serverCore: number;
  loadCore: number;
  openFiles: number;
}

/** Which way the bytes go. */
export type Direction = "upload" | "download";

/** One transfer. */
export interface Transfer {
  megabytesPerSecond: number;
  /** CPU time of the server for a megabyte, in microseconds. */
  cpuUsPerMegabyte: number;
  /** How much the resident memory of the server grew at most, in bytes, after a first transfer. */
  grownBytes: number;
}

/** How many bytes are transferred: 1 GB, as `programs.ts` has it for downloads. */
const BYTES = 2 ** 30;

/** Measures the second of two transfers, so that code is compiled and pools are filled. */
export async function measureTransfer(
  peer: ReadyPeer,
  direction: Direction,
  options: TransferOptions,
): Promise<Transfer> {
  const { serverCore: core, loadCore, openFiles } = options;
  await using server = await startServer(peer, { program: direction, core, openFiles });
  const run = async (): Promise<number> => {
    await using client = new Child({
      command: [
        Deno.execPath(),
        "run",
        "--allow-net",
        "--quiet",
        `${import.meta.dirname}/transfer_client.ts`,
        String(server.port),
        direction,
        String(BYTES),
      ],
      core: loadCore,
      openFiles,
      piped: true,
    });
    return (JSON.parse(await client.output()) as { ms: number }).ms;
  };
  await run();
  const before = server.process.rssBytes();
  server.process.resetPeakRss();
  const cpuBefore = server.process.cpuMs();
  const ms = await run();
  const megabytes = BYTES / 2 ** 20;
  return {
    megabytesPerSecond: megabytes / ms * 1000,
    cpuUsPerMegabyte: (server.process.cpuMs() - cpuBefore) * 1000 / megabytes,
    grownBytes: server.process.peakRssBytes() - before,
  };
}
