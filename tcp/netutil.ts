/**
 * Listening sockets: binding them, and accepting in the loop.
 *
 * What differs from Tornado is Deno's doing. A socket bound to `::` serves IPv4
 * too where the system allows it, so "all interfaces" is usually one socket, and
 * an IPv4 peer on it is reported with its IPv4 address.
 *
 * @module
 */

import { genLog, IOLoop } from "../ioloop/mod.ts";
import { type AddressFamily, isValidIp } from "./ip_address.ts";
import { ListenSocket } from "./listen_socket.ts";
import type { Address } from "./socket.ts";
import { type SSLContext, type SSLOptions, sslOptionsToContext } from "./tls_options.ts";

/** Where and how to listen. */
export interface BindOptions {
  /** An IP address or a name; all interfaces if it is empty or left out. */
  readonly address?: string;
  /** Restricts the addresses. @default "unspecified" */
  readonly family?: AddressFamily;
  /** How many connections may wait to be accepted. @default 128 */
  readonly backlog?: number;
  /** What an address may be, as in C's `getaddrinfo`: a sum of {@linkcode AI_PASSIVE} and {@linkcode AI_NUMERICHOST}. @default AI_PASSIVE */
  readonly flags?: number;
  /** Lets several processes listen on one port (Linux; Deno needs `--unstable-net`). @default false */
  readonly reusePort?: boolean;
  /** Serves TLS with these settings. @default plain TCP */
  readonly sslOptions?: SSLOptions | SSLContext;
}

/** A flag of {@linkcode BindOptions}: no address stands for all interfaces; without the flag, for the loopback ones. */
export const AI_PASSIVE = 0x01;
/** A flag of {@linkcode BindOptions}: the address is no name, so that nothing is looked up. */
export const AI_NUMERICHOST = 0x04;

/** Called with each connection and the peer's address. */
export type AcceptCallback = (conn: Deno.Conn, address: Address) => void;

/** Settings of {@linkcode addAcceptHandler}. */
export interface AcceptHandlerOptions {
  /** The loop that watches the socket. @default the current one */
  readonly ioLoop?: IOLoop;
}

const DEFAULT_BACKLOG = 128;
/** Accepting this many in a row lets other handlers have their turn. */
const MAX_ACCEPTS_PER_TURN = 128;
/** After a failed `accept`, usually for lack of descriptors, wait this long before the next one. */
const ACCEPT_PAUSE_MS = 200;
/** A server at its limit fails again and again; one line in this time is enough. */
const ACCEPT_LOG_PERIOD_MS = 10_000;
const ANY_IPV4 = "0.0.0.0";
const ANY_IPV6 = "::";
/** How often to look for a port that is free for every address, when the port is 0. */
const MAX_PORT_ATTEMPTS = 10;

/**
 * Listening sockets for a port: one for each address that `address` stands for. Tornado: `bind_sockets`.
 *
 * Port 0 takes a free port, the same for all. `localhost` stands for `127.0.0.1` and `::1`; where
 * there is no IPv6 the latter is left out. Any other name stands for the first address it resolves to.
 *
 * @throws {RangeError} if the port is not a whole number from 0 to 65535, or a flag is unknown
 * @throws {TypeError} if the TLS settings are not usable, or the address is a name and may not be one
 * @throws {Deno.errors.AddrInUse} if the port is taken
 * @throws {Deno.errors.AddrNotAvailable} if the address is not one of this machine
 * @throws {Deno.errors.PermissionDenied} if the system reserves the port
 * @throws {Deno.errors.NotCapable} if Deno was not given the permission
 *
 * @example A free port
 * ```ts
 * import { assert } from "@std/assert";
 * import { bindSockets } from "@denado/denado/tcp";
 *
 * const sockets = bindSockets(0, { address: "127.0.0.1" });
 * assert(sockets[0]!.port! > 0);
 * for (const socket of sockets) socket.close();
 * ```
 */
export function bindSockets(port: number, options: BindOptions = {}): ListenSocket[] {
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    throw new RangeError(`Cannot listen on port ${port}: a port is a whole number from 0 to 65535`);
  }
  const hostnames = hostnamesFor(options);
  if (options.sslOptions !== undefined) {
    options = { ...options, sslOptions: sslOptionsToContext(options.sslOptions, { serverSide: true }) };
  }
  for (let attempt = 1;; attempt++) {
    try {
      return bindAll(hostnames, port, options);
    } catch (error) {
      const retry = port === 0 && error instanceof Deno.errors.AddrInUse && attempt < MAX_PORT_ATTEMPTS;
      if (!retry) throw error;
    }
  }
}

/**
 * Calls `callback` with each connection that arrives on a socket, and returns a function that stops this.
 * Tornado: `add_accept_handler`.
 *
 * When accepting fails, usually for lack of descriptors, that is logged, once in 10 seconds, and tried again after a
 * pause; clients wait in the backlog meanwhile.
 */
export function addAcceptHandler(
  socket: ListenSocket,
  callback: AcceptCallback,
  options: AcceptHandlerOptions = {},
): () => void {
  const ioLoop = options.ioLoop ?? IOLoop.current();
  let pause: ReturnType<IOLoop["callLater"]> | undefined;
  let loggedAt = -Infinity;

  const acceptAll = () => {
    for (let count = 0; count < MAX_ACCEPTS_PER_TURN; count++) {
      let conn;
      try {
        conn = socket.tryAccept();
      } catch (error) {
        if (error instanceof Deno.errors.ConnectionAborted) continue; // the client left while it waited
        if (ioLoop.time() - loggedAt >= ACCEPT_LOG_PERIOD_MS) {
          loggedAt = ioLoop.time();
          genLog.error(`Cannot accept a connection, trying again: ${String(error)}`);
        }
        ioLoop.updateHandler(socket, IOLoop.NONE);
        pause = ioLoop.callLater(ACCEPT_PAUSE_MS, () => ioLoop.updateHandler(socket, IOLoop.READ));
        return;
      }
      if (conn === undefined) return;
      callback(conn, unmapAddress(conn.remoteAddr));
    }
  };

  ioLoop.addHandler(socket, acceptAll, IOLoop.READ);
  return () => {
    pause?.cancel();
    ioLoop.removeHandler(socket);
  };
}

/** An address in which an IPv4 address that was mapped into IPv6 (RFC 4291, 2.5.5.2) is plain again. */
export function unmapAddress(address: Address): Address {
  if (!("hostname" in address) || !address.hostname.startsWith("::ffff:")) return address;
  const hostname = address.hostname.slice("::ffff:".length);
  return hostname.includes(".") ? { ...address, hostname } : address;
}

function hostnamesFor({ address = "", family = "unspecified", flags = AI_PASSIVE }: BindOptions): string[] {
  if ((flags & ~(AI_PASSIVE | AI_NUMERICHOST)) !== 0) throw new RangeError(`Cannot listen with the flags ${flags}`);
  if ((flags & AI_NUMERICHOST) !== 0 && address !== "" && !isValidIp(address)) {
    throw new TypeError(`Cannot listen on ${address}: it is no IP address, and AI_NUMERICHOST asks for one`);
  }
  if (address === "" && (flags & AI_PASSIVE) === 0) address = "localhost";
  const wanted = (ipv4: string, ipv6: string) => family === "ipv4" ? [ipv4] : family === "ipv6" ? [ipv6] : [ipv6, ipv4];
  if (address === "") return wanted(ANY_IPV4, ANY_IPV6);
  if (address === "localhost") return wanted("127.0.0.1", "::1").reverse();
  return [address];
}

function bindAll(hostnames: readonly string[], port: number, options: BindOptions): ListenSocket[] {
  const sockets: ListenSocket[] = [];
  try {
    for (const hostname of hostnames) {
      const socket = bindOne(hostname, sockets[0]?.port ?? port, { options, bound: sockets, wanted: hostnames.length });
      if (socket !== undefined) sockets.push(socket);
    }
  } catch (error) {
    for (const socket of sockets) socket.close();
    throw error;
  }
  return sockets;
}

interface Binding {
  readonly options: BindOptions;
  readonly bound: readonly ListenSocket[];
  readonly wanted: number;
}

/** `undefined` where the address need not be served: there is no IPv6, or `::` serves IPv4 already. */
function bindOne(hostname: string, port: number, binding: Binding): ListenSocket | undefined {
  const { options, bound, wanted } = binding;
  try {
    return listen({
      hostname,
      port,
      tcpBacklog: options.backlog ?? DEFAULT_BACKLOG,
      ...(options.reusePort ? { reusePort: true } : {}),
    }, options.sslOptions as SSLContext | undefined);
  } catch (error) {
    const isSecondOfAny = hostname === ANY_IPV4 && bound.length > 0 && error instanceof Deno.errors.AddrInUse;
    if (isSecondOfAny) return undefined;
    const isOptional = wanted > 1 && (hostname === ANY_IPV6 || hostname === "::1");
    if (isOptional && !(error instanceof Deno.errors.AddrInUse) && isMissingFamily(error)) return undefined;
    throw explain(error, hostname, port);
  }
}

function listen(options: Deno.TcpListenOptions, context: SSLContext | undefined): ListenSocket {
  if (context === undefined) return new ListenSocket(Deno.listen(options));
  const alpn = context.alpnProtocols.length === 0 ? {} : { alpnProtocols: [...context.alpnProtocols] };
  const listener = Deno.listenTls({ ...options, cert: context.cert!, key: context.key!, ...alpn });
  return new ListenSocket(listener, { secure: true });
}

/** Whether an error says that the machine has no such address family or address. */
function isMissingFamily(error: unknown): boolean {
  if (error instanceof Deno.errors.AddrNotAvailable) return true;
  const code = (error as { code?: string }).code;
  return code === "EAFNOSUPPORT" || code === "EADDRNOTAVAIL" || code === "EINVAL";
}

function explain(error: unknown, hostname: string, port: number): unknown {
  if (!(error instanceof Error)) return error;
  const advice = adviceFor(error);
  if (advice === undefined) return error;
  const where = `${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}`;
  const ErrorClass = error.constructor as new (message: string, options: ErrorOptions) => Error;
  const explained = new ErrorClass(`Cannot listen on ${where}: ${advice}`, { cause: error });
  const code = (error as { code?: string }).code;
  return code === undefined ? explained : Object.assign(explained, { code });
}

function adviceFor(error: Error): string | undefined {
  if (error instanceof Deno.errors.AddrInUse) {
    return "the port is taken; stop the program that has it, or choose another port";
  }
  if (error instanceof Deno.errors.AddrNotAvailable) {
    return "the address does not belong to this machine; use one that does, or none for all interfaces";
  }
  if (error instanceof Deno.errors.NotCapable) return "Deno may not use the network; run it with --allow-net";
  if (error instanceof Deno.errors.PermissionDenied) {
    return "the system reserves the port; choose one from 1024 on, or give the program the right to it";
  }
  if (error.message.includes("failed to lookup address")) return "the name does not resolve to an address";
  return undefined;
}
