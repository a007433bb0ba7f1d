/**
 * `deno task load:websocket`: 5,000 connections that are pinged every second. Each answers, each is there until the end, and
 * each is told 1001 when the server goes. Both ends are in this process, so that it needs 10,000 descriptors. The suite runs
 * it with fewer connections (`websocket_load_test.ts`).
 *
 * @module
 */

import { Application, WebSocketHandler } from "@denado/denado";
import { WebSocketPeer } from "../helpers/websocket_peer.ts";

/** How much load. */
export interface LoadOptions {
  readonly connections: number;
  /** From ping to ping. */
  readonly intervalMs: number;
  /** How long an answer may take; 0 for as long as it likes. @default the interval */
  readonly timeoutMs?: number;
}

/** What became of it. */
export interface LoadReport {
  readonly connections: number;
  /** How many pings were answered. */
  readonly pings: number;
  /** How many connections the server lost before it went itself. */
  readonly lost: number;
  readonly closedWith1001: number;
}

/** Opens connections, lets each be pinged at least twice, and closes the server. */
export async function connectMany(options: LoadOptions): Promise<LoadReport> {
  const { connections, intervalMs, timeoutMs = intervalMs } = options;
  let pings = 0;
  let open = 0;
  const pinged = new Map<WebSocketHandler, number>();
  class Pinged extends WebSocketHandler {
    override open(): void {
      open++;
      pinged.set(this, 0);
    }
    override onPong(): void {
      pings++;
      pinged.set(this, pinged.get(this)! + 1);
    }
    override onClose(): void {
      open--;
      pinged.delete(this);
    }
  }
  const app = new Application([["/", Pinged]], {
    logFunction: () => {},
    websocketPingIntervalMs: intervalMs,
    websocketPingTimeoutMs: timeoutMs,
  });
  const server = app.listen(0, { address: "127.0.0.1" });
  const clients: Promise<number | undefined>[] = [];
  while (clients.length < connections) {
    const count = Math.min(100, connections - clients.length);
    const peers = await Promise.all(Array.from({ length: count }, () => WebSocketPeer.connect(server.port!)));
    for (const { peer } of peers) clients.push(answerPings(peer));
  }
  while ([...pinged.values()].some((count) => count < 2)) {
    await new Promise((resolve) => setTimeout(resolve, intervalMs));
  }
  const lost = connections - open;
  const closed = server.close({ timeoutMs: 30_000 });
  const codes = await Promise.all(clients);
  await closed;
  return { connections, pings, lost, closedWith1001: codes.filter((code) => code === 1001).length };
}

/** Answers pings until the server closes, and tells its code. */
async function answerPings(peer: WebSocketPeer): Promise<number | undefined> {
  for (;;) {
    const frame = await peer.read();
    if (frame === undefined) return undefined;
    if (frame.opcode === 9) await peer.send({ opcode: 10, payload: frame.payload });
    if (frame.opcode !== 8) continue;
    await peer.goodbye(1001);
    while (await peer.read() !== undefined);
    return frame.payload[0]! * 256 + frame.payload[1]!;
  }
}

if (import.meta.main) {
  const [connections = "5000"] = Deno.args;
  const before = Deno.memoryUsage().rss;
  const started = performance.now();
  const report = await connectMany({ connections: Number(connections), intervalMs: 1000 });
  const seconds = (performance.now() - started) / 1000;
  console.log(
    report,
    `${seconds.toFixed(1)} s, ${((Deno.memoryUsage().rss - before) / 2 ** 20).toFixed(0)} MB more than before`,
  );
  if (report.lost > 0 || report.closedWith1001 !== report.connections) Deno.exit(1);
}
