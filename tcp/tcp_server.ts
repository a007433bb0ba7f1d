/**
 * A server for one protocol over TCP: it accepts, wraps each connection in an
 * {@linkcode IOStream} and hands it to {@linkcode TCPServer.handleStream}.
 *
 * It knows its open streams, so that it can end in order: stop listening, let
 * what runs finish, and close the rest when the time is up.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import { appLog, describeError, forkProcesses, IOLoop, taskId, type TimerHandle } from "../ioloop/mod.ts";
import type { BaseIOStream } from "./base_iostream.ts";
import { requestEnd } from "./graceful_end.ts";
import { IOStream, SSLIOStream, type SSLIOStreamOptions } from "./iostream.ts";
import type { ListenSocket } from "./listen_socket.ts";
import { addAcceptHandler, type BindOptions, bindSockets } from "./netutil.ts";
import { type Address, Socket } from "./socket.ts";
import { type SSLContext, type SSLOptions, sslOptionsToContext } from "./tls_options.ts";

/** Settings of a {@linkcode TCPServer}. */
export interface TCPServerOptions {
  /** The loop that the server runs on. @default the current one when it starts to listen */
  readonly ioLoop?: IOLoop;
  /** Serves TLS with these settings. @default plain TCP */
  readonly sslOptions?: SSLOptions | SSLContext;
  /** A connection is closed if its TLS handshake takes longer than this, in milliseconds. @default 60000 */
  readonly handshakeTimeoutMs?: number;
  /** The most bytes of a connection that wait to be read. @default 104857600 (100 MiB) */
  readonly maxBufferSize?: number;
  /** The most bytes of a connection that wait to be written; a write beyond fails. @default no limit */
  readonly maxWriteBufferSize?: number;
  /** The most bytes that one read of a connection brings. @default 65536 */
  readonly readChunkSize?: number;
  /**
   * The most connections at a time. One that comes when there are as many waits until another one ends, and further ones
   * are not accepted meanwhile: they wait in the system's backlog. @default no limit
   */
  readonly maxConnections?: number;
  /** Whether a connection stays open when its client has finished sending; see `IOStreamOptions`. @default false */
  readonly allowHalfOpen?: boolean;
}

/** Settings of {@linkcode TCPServer.start}. */
export interface StartOptions {
  /** How many times in all a process that ended abnormally is started again. @default 100 */
  readonly maxRestarts?: number;
}

/** Settings of {@linkcode TCPServer.close}. */
export interface CloseServerOptions {
  /** How long connections may go on, in milliseconds; then they are closed. @default no limit */
  readonly timeoutMs?: number;
}

/** Where a connection comes from, and where it goes. */
interface Accepting {
  readonly ioLoop: IOLoop;
  readonly socket: ListenSocket;
}

const ROOM_INTERVAL_MS = 100;
const QUIET_ROUNDS = 3;
const MAX_DRAIN_ROUNDS = 1000;

/**
 * A non-blocking TCP server. Tornado: `tornado.tcpserver.TCPServer`.
 *
 * @example An echo server
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { type IOStream, TCPServer } from "@denado/denado/tcp";
 *
 * class EchoServer extends TCPServer {
 *   override async handleStream(stream: IOStream) {
 *     const line = await stream.readUntil("\n");
 *     await stream.write(line);
 *     stream.close();
 *   }
 * }
 *
 * const server = new EchoServer();
 * server.listen(0, { address: "127.0.0.1" });
 * const client = await Deno.connect({ hostname: "127.0.0.1", port: server.port! });
 * await client.write(new TextEncoder().encode("hello\n"));
 * const answer = await new Response(client.readable).text();
 * assertEquals(answer, "hello\n");
 * server.stop();
 * ```
 */
export abstract class TCPServer {
  readonly #options: TCPServerOptions;
  readonly #context: SSLContext | undefined;
  readonly #sockets = new Map<ListenSocket, () => void>();
  readonly #streams = new Set<BaseIOStream>();
  #streamOptions: SSLIOStreamOptions | undefined;
  #closing = false;
  #bound: { readonly port: number; readonly options: BindOptions; readonly sockets: ListenSocket[] }[] = [];
  #started = false;
  /** Connections that were accepted when there were as many as may be; the listening sockets are paused then. */
  readonly #waiting: { readonly conn: Deno.Conn; start(): void }[] = [];
  #roomTimer: TimerHandle | undefined;
  #acceptedCount = 0;
  readonly #maxConnections: number;
  #onIdle: (() => void) | undefined;

  /** A server that does not listen yet. @throws {TypeError} if the TLS settings are not usable */
  constructor(options: TCPServerOptions = {}) {
    this.#options = options;
    this.#maxConnections = options.maxConnections ?? Infinity;
    if (!(this.#maxConnections >= 1)) {
      throw new RangeError(`Cannot make a server: maxConnections must be at least 1: ${options.maxConnections}`);
    }
    if (options.sslOptions !== undefined) {
      this.#context = sslOptionsToContext(options.sslOptions, { serverSide: true });
    }
  }

  /** The port it listens on; `undefined` before {@linkcode listen}, and for Unix sockets. */
  get port(): number | undefined {
    for (const socket of this.#sockets.keys()) return socket.port;
    return undefined;
  }

  /** The sockets it listens on. */
  get sockets(): ListenSocket[] {
    return [...this.#sockets.keys()];
  }

  /** The number of connections that were accepted, ever. */
  get acceptedCount(): number {
    return this.#acceptedCount;
  }

  /** The streams that were accepted and are open. */
  get openStreams(): ReadonlySet<BaseIOStream> {
    return this.#streams;
  }

  /**
   * Listens on a port, at once; may be called several times. Port 0 takes a free one, which {@linkcode port} tells.
   *
   * @throws what {@linkcode bindSockets} throws
   */
  listen(port: number, options: BindOptions = {}): void {
    this.addSockets(bindSockets(port, this.#withTls(options)));
  }

  /**
   * Takes a port for {@linkcode start}, at once.
   *
   * @throws what {@linkcode bindSockets} throws
   */
  bind(port: number, options: BindOptions = {}): void {
    const isChild = taskId() !== undefined;
    const bindOptions = this.#withTls(isChild ? { ...options, reusePort: true } : options);
    this.#bound.push({ port, options: bindOptions, sockets: bindSockets(port, bindOptions) });
  }

  /**
   * Accepts connections on what was bound, in `numProcesses` processes; 0 or less means one for each processor.
   *
   * One process is this one, and the call returns before it is awaited. Several are children that run the program
   * again and share the port with `reusePort`, which Deno has on Linux with `--unstable-net`: then this process only
   * looks after them, restarts those that crash and never returns from the call; see `forkProcesses`. Everything
   * before the call runs in each of them.
   *
   * @throws {Error} if the server was started before
   * @throws {RangeError} if several processes should share port 0, since each would take another
   */
  start(numProcesses: number = 1, options: StartOptions = {}): Promise<void> {
    if (this.#started) return Promise.reject(new Error("Cannot start the server: it was started before"));
    this.#started = true;
    if (numProcesses === 1) {
      for (const { sockets } of this.#bound.splice(0)) this.addSockets(sockets);
      return Promise.resolve();
    }
    return this.#fork(numProcesses, options);
  }

  async #fork(numProcesses: number, options: StartOptions): Promise<void> {
    const bound = this.#bound.splice(0);
    if (taskId() === undefined) {
      for (const { sockets } of bound) for (const socket of sockets) socket.close();
      if (bound.some(({ port }) => port === 0)) {
        throw new RangeError("Cannot start several processes on port 0: each would take another port; choose one");
      }
    }
    await forkProcesses(numProcesses, options);
    for (const { sockets } of bound) this.addSockets(sockets);
  }

  /**
   * Accepts connections on sockets which the server owns from now on.
   *
   * @throws {TypeError} if the server has TLS settings and a socket was bound without
   */
  addSockets(sockets: Iterable<ListenSocket>): void {
    this.#closing = false;
    const ioLoop = this.#options.ioLoop ?? IOLoop.current();
    for (const socket of sockets) {
      if (this.#context !== undefined && !socket.secure) {
        throw new TypeError("Cannot serve TLS on a socket that was bound without; give sslOptions to bindSockets");
      }
      const accept = (conn: Deno.Conn, address: Address) => this.#handleConnection(conn, address, { ioLoop, socket });
      this.#sockets.set(socket, addAcceptHandler(socket, accept, { ioLoop }));
    }
  }

  /** Accepts connections on one socket more. */
  addSocket(socket: ListenSocket): void {
    this.addSockets([socket]);
  }

  /** Closes the connections that were accepted and wait for another one to end. */
  protected closeWaiting(): void {
    this.#roomTimer?.cancel();
    for (const { conn } of this.#waiting.splice(0)) conn.close();
  }

  /**
   * Called when a connection waits for another one to end, because of `maxConnections`, and again every 100 ms: a chance to
   * end one.
   */
  protected makeRoom(): void {}

  /** Stops listening; connections go on. Idempotent. */
  stop(): void {
    for (const { sockets } of this.#bound.splice(0)) for (const socket of sockets) socket.close();
    for (const [socket, remove] of this.#sockets) {
      remove();
      socket.close();
    }
    this.#sockets.clear();
  }

  /**
   * Stops listening, and resolves when all connections have ended; those that take too long are closed. Whatever speaks
   * on a stream can hear of it by {@linkcode onEndRequested}.
   */
  async close(options: CloseServerOptions = {}): Promise<void> {
    this.stop();
    this.#closing = true;
    for (const stream of [...this.#streams]) requestEnd(stream);
    if (this.#streams.size === 0) return;
    const { timeoutMs } = options;
    const ioLoop = this.#options.ioLoop ?? IOLoop.current();
    const timer = timeoutMs === undefined ? undefined : ioLoop.callLater(timeoutMs, () => this.#closeStreams());
    const { promise, resolve } = Promise.withResolvers<void>();
    const others = this.#onIdle;
    this.#onIdle = () => {
      others?.();
      resolve();
    };
    await promise;
    timer?.cancel();
  }

  /**
   * Resolves when no connection is left that the system has established and the server has not accepted, before a
   * {@linkcode stop}, which would reset it. Not while as many are open as may be, nor for longer than 1000 turns of the
   * host.
   */
  protected async drainBacklog(): Promise<void> {
    // An accept that does not complete while the host looks at its sockets a few times finds nothing.
    for (let round = 0, quiet = 0; quiet < QUIET_ROUNDS && round < MAX_DRAIN_ROUNDS; round++) {
      const before = this.#acceptedCount;
      await new Promise<void>((resolve) => setImmediate(resolve));
      quiet = this.#acceptedCount === before ? quiet + 1 : 0;
    }
  }

  #closeStreams(): void {
    this.closeWaiting();
    for (const stream of [...this.#streams]) stream.close();
  }

  /**
   * Serves one connection; to be overridden. An error, thrown or as a rejection, is logged and closes the stream.
   *
   * With TLS it is called before the handshake is done; reads and writes wait for that.
   */
  abstract handleStream(stream: IOStream, address: Address): void | Promise<void>;

  #withTls(options: BindOptions): BindOptions {
    return this.#context === undefined ? options : { ...options, sslOptions: this.#context };
  }

  #handleConnection(conn: Deno.Conn, address: Address, { ioLoop, socket }: Accepting): void {
    this.#acceptedCount++;
    const start = () => this.#startConnection(conn, address, { ioLoop, socket });
    if (this.#streams.size < this.#maxConnections) return start();
    this.#waiting.push({ start, conn });
    this.#watchSockets(ioLoop, IOLoop.NONE);
    this.#askForRoom(ioLoop);
  }

  /** Whoever is asked first may take its time, and others that have it meanwhile are asked later. */
  #askForRoom(ioLoop: IOLoop): void {
    this.#roomTimer?.cancel();
    this.#roomTimer = undefined;
    if (this.#waiting.length === 0) return;
    this.makeRoom();
    this.#roomTimer = ioLoop.callLater(ROOM_INTERVAL_MS, () => this.#askForRoom(ioLoop));
  }

  #watchSockets(ioLoop: IOLoop, events: number): void {
    for (const socket of this.#sockets.keys()) ioLoop.updateHandler(socket, events);
  }

  #startConnection(conn: Deno.Conn, address: Address, { ioLoop, socket }: Accepting): void {
    const Stream = socket.secure ? SSLIOStream : IOStream;
    // One object for all streams, which keep it.
    if (this.#streamOptions?.ioLoop !== ioLoop) {
      this.#streamOptions = { ...this.#options, ioLoop, onClosed: this.#onClosed };
    }
    const stream = new Stream(new Socket(conn), this.#streamOptions);
    this.#streams.add(stream);
    if (this.#closing) requestEnd(stream);
    const fail = (error: unknown) => {
      appLog.error(`Error in connection callback\n${describeError(error)}`);
      stream.close(error);
    };
    try {
      this.handleStream(stream, address)?.then(undefined, fail);
    } catch (error) {
      fail(error);
    }
  }

  #onClosed = (stream: BaseIOStream): void => {
    this.#streams.delete(stream);
    const waiting = this.#waiting.shift();
    if (waiting !== undefined) {
      if (this.#waiting.length === 0) {
        this.#roomTimer?.cancel();
        this.#watchSockets(stream.ioLoop, IOLoop.READ);
      }
      return waiting.start();
    }
    if (this.#streams.size > 0) return;
    const onIdle = this.#onIdle;
    this.#onIdle = undefined;
    onIdle?.();
  };
}
