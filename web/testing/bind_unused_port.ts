/**
 * A socket on a port that nobody uses.
 *
 * Tornado: `tornado.testing.bind_unused_port`.
 *
 * @module
 */

import { bindSockets, type ListenSocket } from "../../tcp/mod.ts";

/** Options of {@linkcode bindUnusedPort}. */
export interface BindUnusedPortOptions {
  /** The address to listen at; IPv4, as in Tornado. @default "127.0.0.1" */
  readonly address?: string;
  /** Whether several sockets may share the port; needs `--unstable-net`. @default false */
  readonly reusePort?: boolean;
}

/** A socket that listens, and its port. */
export interface BoundPort {
  /** The socket; whoever asked for it closes it, unless a server was given it. */
  readonly socket: ListenSocket;
  /** Its port. */
  readonly port: number;
}

/**
 * Listens on a free port of this machine.
 *
 * @throws what `bindSockets` throws
 *
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { bindUnusedPort } from "@denado/denado/testing";
 *
 * const { socket, port } = bindUnusedPort();
 * assert(port > 0);
 * socket.close();
 * ```
 */
export function bindUnusedPort(options: BindUnusedPortOptions = {}): BoundPort {
  const [socket] = bindSockets(0, { address: "127.0.0.1", ...options });
  return { socket: socket!, port: socket!.port! };
}
