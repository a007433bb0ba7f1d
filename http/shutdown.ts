/**
 * Ending a server when the process is asked to end.
 *
 * systemd, Docker and Kubernetes send SIGTERM, wait for a while and kill. The first signal ends the server in order; the
 * listeners are gone then, so that a second one ends the process as if nothing had been there.
 *
 * @module
 */

import { genLog, type IOLoop } from "../ioloop/mod.ts";
import type { CloseServerOptions } from "../tcp/mod.ts";

/** Settings of {@linkcode HTTPServer.shutdownOnSignals}. */
export interface ShutdownOptions {
  /** The signals that end the server. @default SIGTERM and SIGINT; on Windows SIGINT and SIGBREAK */
  readonly signals?: readonly Deno.Signal[];
  /**
   * How long the server goes on as before after the signal, in milliseconds, so that load balancers have the time to hear
   * that it is about to end and send nobody here any more. @default 0
   */
  readonly delayMs?: number;
  /** How long connections may go on then, in milliseconds. @default 30000, as long as Kubernetes waits */
  readonly timeoutMs?: number;
}

/** A server that ends in order. */
export interface ClosableServer {
  /** Ends the server; resolves when that is done. */
  close(options: CloseServerOptions): Promise<void>;
  /** Resolves when the server has ended, by whomever. */
  readonly finished: Promise<void>;
}

const DEFAULT_SIGNALS: readonly Deno.Signal[] = Deno.build.os === "windows"
  ? ["SIGINT", "SIGBREAK"]
  : ["SIGTERM", "SIGINT"];
const DEFAULT_TIMEOUT_MS = 30_000;

/** How many servers of a loop are still to end. */
const waiting = new Map<IOLoop, number>();

/**
 * Closes `server` at the first of some signals, and resolves when it has ended, by this or by other means. A running loop
 * is stopped when the last of its servers that wait for signals has ended by one.
 *
 * @throws {TypeError} if the system does not know a signal
 */
export async function shutdownOnSignals(
  server: ClosableServer,
  ioLoop: IOLoop,
  options: ShutdownOptions = {},
): Promise<void> {
  const { signals = DEFAULT_SIGNALS, delayMs = 0, timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  const signalled = Promise.withResolvers<true>();
  const listeners: [signal: Deno.Signal, listener: () => void][] = [];
  const removeListeners = () => {
    for (const [signal, listener] of listeners.splice(0)) Deno.removeSignalListener(signal, listener);
  };
  try {
    for (const signal of signals) {
      const listener = () => {
        const most = delayMs + timeoutMs;
        genLog.info(`${signal}: closing the server, which takes at most ${most} ms; another one ends the process`);
        removeListeners();
        signalled.resolve(true);
      };
      Deno.addSignalListener(signal, listener);
      listeners.push([signal, listener]);
    }
    waiting.set(ioLoop, (waiting.get(ioLoop) ?? 0) + 1);
  } catch (error) {
    removeListeners();
    throw error;
  }
  const isSignalled = await Promise.race([signalled.promise, server.finished.then(() => false)]);
  removeListeners();
  if (isSignalled) {
    if (delayMs > 0) await new Promise<void>((resolve) => ioLoop.callLater(delayMs, resolve));
    await server.close({ timeoutMs });
  }
  const others = waiting.get(ioLoop)! - 1;
  if (others > 0) return void waiting.set(ioLoop, others);
  waiting.delete(ioLoop);
  if (isSignalled && ioLoop.isRunning) ioLoop.stop();
}
