/**
 * The HTTP server: a {@linkcode TCPServer} whose connections speak HTTP/1.1.
 *
 * Tornado: `tornado.httpserver.HTTPServer`.
 *
 * @module
 */

import { IOLoop } from "../ioloop/mod.ts";
import {
  type Address,
  type CloseServerOptions,
  type IOStream,
  SSLIOStream,
  TCPServer,
  type TCPServerOptions,
} from "../tcp/mod.ts";
import { type RequestCallback, toConnectionDelegate } from "./callback_delegate.ts";
import { DecompressingAdapter } from "./content_coding.ts";
import type {
  ConnectionContext,
  HTTPConnection,
  HTTPMessageDelegate,
  HTTPServerConnectionDelegate,
  ServerConnection,
} from "./delegates.ts";
import { plainAddress, ProxyAdapter } from "./forwarded.ts";
import { type HTTP1ConnectionOptions, HTTP1ServerConnection } from "./http1_server_connection.ts";
import { shutdownOnSignals, type ShutdownOptions } from "./shutdown.ts";

/** Settings of an {@linkcode HTTPServer}: those of the sockets and those of each connection. */
export interface HTTPServerOptions extends TCPServerOptions, HTTP1ConnectionOptions {
  /** The scheme to report, for a server behind a proxy that ends TLS. @default "https" with TLS, else "http" */
  readonly protocol?: string;
  /**
   * Whether address and scheme of the client are taken from what a proxy says: `X-Real-Ip` or `X-Forwarded-For`, and
   * `X-Scheme` or `X-Forwarded-Proto`. `true` believes peers on this machine, in private networks and on Unix sockets; a
   * list those in it, in the form of {@linkcode ForwardedOptions.trustedPeers}. @default false
   */
  readonly xheaders?: boolean | readonly string[];
  /**
   * With `xheaders`, proxies further away: addresses and networks that are skipped in `X-Forwarded-For`, and believed as
   * peers. @default none
   */
  readonly trustedDownstream?: readonly string[];
  /** Whether bodies in gzip or deflate are decompressed, up to the limit for bodies: 413. @default false */
  readonly decompressRequest?: boolean;
}

/**
 * Serves HTTP with a delegate, an `Application` for instance, or with a function.
 *
 * What clients may do is limited, without any settings: heads of 64 KB and 100 fields (431), bodies of 100 MB (413) that
 * come with 240 bytes a second (408), a minute for a head (408), an hour between requests, and a minute in which nothing
 * of a response is taken. How many connections there may be is not: set `maxConnections` to what the machine can bear.
 *
 * @example A function as the whole application
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { HTTPHeaders, HTTPServer } from "@denado/denado/http";
 *
 * const server = new HTTPServer((request) => {
 *   const body = new TextEncoder().encode(`You asked for ${request.path}`);
 *   const headers = new HTTPHeaders({ "Content-Length": String(body.length) });
 *   request.connection.respond({ code: 200, reason: "OK" }, headers, body);
 * });
 * server.listen(0, { address: "127.0.0.1" });
 *
 * const response = await fetch(`http://127.0.0.1:${server.port}/hello`);
 * assertEquals(await response.text(), "You asked for /hello");
 * server.stop();
 * await server.closeAllConnections();
 * ```
 */
export class HTTPServer extends TCPServer implements HTTPServerConnectionDelegate {
  readonly #delegate: HTTPServerConnectionDelegate;
  readonly #options: HTTPServerOptions;
  readonly #connections = new Set<HTTP1ServerConnection>();
  readonly #finished = Promise.withResolvers<void>();
  readonly #waitingForEnd: (() => void)[] = [];
  #closing = false;

  /**
   * A server that does not listen yet.
   *
   * @throws {TypeError} if the callback is neither a delegate nor a function, or a trusted address is none
   * @throws {RangeError} if a limit is not a number that makes sense
   */
  constructor(callback: HTTPServerConnectionDelegate | RequestCallback, options: HTTPServerOptions = {}) {
    super(options);
    checkLimits(options);
    this.#delegate = withAdapters(toConnectionDelegate(callback), options);
    const maxBodySize = options.maxBodySize ?? options.maxBufferSize;
    this.#options = maxBodySize === undefined ? options : { ...options, maxBodySize };
  }

  /** The number of open connections. */
  get connectionCount(): number {
    return this.#connections.size;
  }

  /**
   * Serves one connection, over any stream: those that were accepted, and others that a program has, a pair in memory for
   * instance. Without an IP address its `remoteIp` is `0.0.0.0`.
   */
  override handleStream(stream: IOStream, address?: Address): void {
    stream.setNodelay(true);
    const context: ConnectionContext = {
      remoteIp: address !== undefined && "hostname" in address ? plainAddress(address.hostname) : "0.0.0.0",
      protocol: this.#options.protocol ?? (stream instanceof SSLIOStream ? "https" : "http"),
      ...(address === undefined ? {} : { address }),
    };
    const connection = new HTTP1ServerConnection(stream, context, this.#options);
    this.#connections.add(connection);
    connection.startServing(this);
    if (this.#closing) connection.closeWhenIdle();
  }

  /** Called by a connection for each of its requests. */
  startRequest(serverConnection: ServerConnection, requestConnection: HTTPConnection): HTTPMessageDelegate {
    return this.#delegate.startRequest(serverConnection, requestConnection);
  }

  /** Called by a connection when it is closed. */
  onClose(serverConnection: ServerConnection): void {
    this.#connections.delete(serverConnection as HTTP1ServerConnection);
    if (this.#connections.size === 0) { for (const resolve of this.#waitingForEnd.splice(0)) resolve(); }
    this.#delegate.onClose?.(serverConnection);
  }

  /** Closes all connections, whatever they do, and resolves when they are gone; to be called after `stop`. */
  async closeAllConnections(): Promise<void> {
    this.closeWaiting();
    await Promise.all([...this.#connections].map((connection) => connection.close()));
  }

  /**
   * Ends the server in order, and resolves when that is done.
   *
   * It stops listening, after accepting the clients that are connected already. Requests that are being answered are
   * answered, with `Connection: close` if the response has not begun. A connection without a request is closed when half a
   * second has brought none, since one may be on its way. What was detached, a WebSocket for instance, is waited for. When
   * `timeoutMs` is over, everything that is left is closed.
   *
   * A handler may call it, but not wait for it without a time limit, since it waits for the handler. The server is not for
   * use again.
   */
  override async close(options: CloseServerOptions = {}): Promise<void> {
    const { timeoutMs } = options;
    const closeAll = () => Promise.allSettled([...this.#connections].map((connection) => connection.close()));
    const timer = timeoutMs === undefined ? undefined : this.#ioLoop.callLater(timeoutMs, closeAll);
    await this.drainBacklog();
    this.#closing = true;
    for (const connection of this.#connections) connection.closeWhenIdle();
    await Promise.all([super.close(options), this.#connectionsEnded()]);
    timer?.cancel();
    this.#finished.resolve();
  }

  /** Resolves when {@linkcode HTTPServer.close} has done its work; as in Deno's own `HttpServer`. */
  get finished(): Promise<void> {
    return this.#finished.promise;
  }

  /**
   * Ends the server when the process is asked to end: {@linkcode HTTPServer.close} with a time limit, and then
   * `IOLoop.stop`, so that a program which waits for `IOLoop.start` comes to its end. A second signal ends the process at
   * once.
   *
   * Resolves when the server has ended, by a signal or because it was closed.
   *
   * @throws {TypeError} (as a rejection) if the system does not know a signal
   *
   * @example As the last line of a program
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { HTTPServer } from "@denado/denado/http";
   *
   * const server = new HTTPServer((request) => request.connection.finish());
   * server.listen(0, { address: "127.0.0.1" });
   * const ended = server.shutdownOnSignals({ timeoutMs: 10_000 });
   *
   * await server.close(); // what SIGTERM does
   * await ended;
   * assertEquals(server.sockets, []);
   * ```
   */
  shutdownOnSignals(options: ShutdownOptions = {}): Promise<void> {
    return shutdownOnSignals(this, this.#ioLoop, options);
  }

  /** Closes the server and its connections at once, as `await using` does at the end of a block. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.stop();
    await this.closeAllConnections();
    await super.close({ timeoutMs: 0 }); // what was detached
    this.#finished.resolve();
  }

  /** When there are as many connections as may be, one without a request is closed, or else the next that has none. */
  protected override makeRoom(): void {
    let oldest: HTTP1ServerConnection | undefined;
    for (const connection of this.#connections) {
      if (connection.idle) return connection.closeWhenIdle(); // it ends within half a second
      if (!connection.closing) oldest ??= connection;
    }
    oldest?.closeWhenIdle();
  }

  get #ioLoop(): IOLoop {
    return this.#options.ioLoop ?? IOLoop.current();
  }

  #connectionsEnded(): Promise<void> {
    if (this.#connections.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#waitingForEnd.push(resolve));
  }
}

/** The least that each limit may be. Infinity is fine for all. */
const LEAST = {
  chunkSize: 1,
  maxHeaderSize: 1,
  maxHeaderCount: 1,
  maxBodySize: 0,
  idleConnectionTimeoutMs: 0,
  headerTimeoutMs: 0,
  bodyTimeoutMs: 0,
  minBodyRate: 0,
  writeTimeoutMs: 0,
  minResponseRate: 0,
  maxRequestsPerConnection: 1,
} as const;

function checkLimits(options: HTTPServerOptions): void {
  for (const [name, least] of Object.entries(LEAST)) {
    const value = options[name as keyof typeof LEAST];
    if (value !== undefined && !(value >= least)) {
      throw new RangeError(`Cannot make a server: ${name} must be at least ${least}: ${Deno.inspect(value)}`);
    }
  }
}

/** What an option asks for stands in front of the delegate, so that it costs nothing where it is off. */
function withAdapters(
  delegate: HTTPServerConnectionDelegate,
  options: HTTPServerOptions,
): HTTPServerConnectionDelegate {
  const { chunkSize, trustedDownstream, xheaders = false } = options;
  if (options.decompressRequest) {
    delegate = new DecompressingAdapter(delegate, chunkSize === undefined ? {} : { chunkSize });
  }
  if (xheaders === false) return delegate;
  return new ProxyAdapter(delegate, {
    ...(xheaders === true ? {} : { trustedPeers: xheaders }),
    ...(trustedDownstream === undefined ? {} : { trustedDownstream }),
  });
}
