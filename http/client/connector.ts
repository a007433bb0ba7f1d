/**
 * Gets a connection for a request: one that waits in the pool, or a new one.
 *
 * The key under which a connection is pooled holds everything that makes a difference: the origin or the proxy, the path
 * of a Unix socket, the local address, the family of addresses and the TLS settings. So a request never travels on a
 * connection that was made under other conditions than its own.
 *
 * @module
 */

import type { IOLoop } from "../../ioloop/mod.ts";
import { type IOStream, SSLContext, SSLIOStream, sslOptionsToContext, type TCPClient } from "../../tcp/mod.ts";
import { HTTP1ClientConnection } from "../http1_client_connection.ts";
import type { MessageParserOptions } from "../message_parser.ts";
import { ConnectionPool, type ConnectionPoolOptions, type Poolable, unrefClock } from "./connection_pool.ts";
import { authorityOf, type Origin } from "./origin.ts";
import { openOriginStream, type OriginStreamOptions } from "./origin_stream.ts";
import type { RequestSettings } from "./request_options.ts";
import { checkInterface, proxyOf, sslOptionsOf } from "./stream_settings.ts";
import type { ProxyOptions } from "./tunnel.ts";

/** A connection that may be used for several requests. */
export class ClientConnection extends HTTP1ClientConnection implements Poolable {
  /** What it is good for. */
  readonly key: string;
  /** How many requests it has carried before the current one. */
  uses = 0;

  /** A connection that was just opened. */
  constructor(stream: IOStream, key: string, options: MessageParserOptions) {
    super(stream, options);
    this.key = key;
  }

  /** While nobody uses it, it keeps no process alive. */
  park(): void {
    this.stream.channel.unref();
  }

  /** The opposite. */
  unpark(): void {
    this.stream.channel.ref();
  }
}

/** Where a request goes, and how. */
export interface Route {
  /** Under what its connections are pooled. */
  readonly key: string;
  /** What the connection goes to: the origin, or the proxy that is asked for the resource. */
  readonly peer: Origin;
  /** The proxy that is asked for a tunnel. */
  readonly tunnel: ProxyOptions | undefined;
  /** The proxy that is asked for the resource itself. */
  readonly forwarder: ProxyOptions | undefined;
  /** TLS settings of a secure origin. */
  readonly sslContext: SSLContext | undefined;
  /** The settings of the request. */
  readonly settings: RequestSettings;
}

/** Settings of a {@linkcode Connector}. */
export interface ConnectorOptions extends ConnectionPoolOptions, MessageParserOptions {
  /** Connects. */
  readonly tcpClient: TCPClient;
  /** The loop of the client. */
  readonly ioLoop: IOLoop;
  /** The most bytes that may wait to be read on a connection. */
  readonly maxBufferSize: number;
}

/** A download is read in pieces of up to this size; larger ones cost fewer calls of the system. */
const READ_CHUNK_SIZE = 262_144;
/** TLS settings that are made for each request anew are read once. */
const MAX_CACHED_CONTEXTS = 64;

/** Opens, lends and takes back the connections of a client. */
export class Connector {
  readonly #options: ConnectorOptions;
  readonly #pool: ConnectionPool<ClientConnection>;
  readonly #contexts = new Map<string, SSLContext>();
  readonly #contextNumbers = new WeakMap<SSLContext, number>();
  #contextCount = 0;

  /** A connector without connections. */
  constructor(options: ConnectorOptions) {
    this.#options = options;
    const { ioLoop } = options;
    // The time of the loop's turn is good enough, and costs nothing.
    const clock = { ...unrefClock, now: () => ioLoop.eventLoop.turnTime };
    this.#pool = new ConnectionPool({ clock, ...options });
  }

  /** How many connections wait to be used again. */
  get idleConnections(): number {
    return this.#pool.size;
  }

  /**
   * Finds out where a request goes.
   *
   * @param origin The origin of its URL.
   * @param settings What was chosen for it.
   * @returns The route.
   * @throws {TypeError} If the settings make no sense together, or a certificate cannot be read.
   */
  route(origin: Origin, settings: RequestSettings): Route {
    const proxy = proxyOf(settings);
    checkInterface(settings.networkInterface);
    const sslContext = origin.secure ? this.#sslContext(settings) : undefined;
    const isForwarded = proxy !== undefined && !origin.secure;
    const peer = isForwarded ? { secure: false, hostname: proxy.host, port: proxy.port } : origin;
    let key = `${origin.secure ? "https" : "http"} ${authorityOf(peer)}`;
    if (proxy !== undefined) key += ` via ${JSON.stringify([proxy.host, proxy.port, proxy.username, proxy.password])}`;
    if (settings.unixSocket !== undefined) key += ` unix ${JSON.stringify(settings.unixSocket)}`;
    if (settings.networkInterface !== undefined) key += ` from ${settings.networkInterface}`;
    if (!settings.allowIpv6) key += " ipv4";
    if (sslContext !== undefined) key += ` tls ${this.#numberOf(sslContext)}`;
    return {
      key,
      peer,
      tunnel: isForwarded ? undefined : proxy,
      forwarder: isForwarded ? proxy : undefined,
      sslContext,
      settings,
    };
  }

  /** A connection that waits for a request, if there is one. */
  take(route: Route): ClientConnection | undefined {
    const connection = this.#pool.take(route.key);
    if (connection !== undefined) connection.uses++;
    return connection;
  }

  /**
   * Opens a connection.
   *
   * @param route Where to.
   * @param signal Gives up when it is aborted.
   * @returns The connection.
   * @throws what {@linkcode openOriginStream} throws
   */
  async open(route: Route, signal: AbortSignal): Promise<ClientConnection> {
    const { settings, sslContext, tunnel } = route;
    const { ioLoop, tcpClient, maxBufferSize } = this.#options;
    const options: OriginStreamOptions = {
      ioLoop,
      tcpClient,
      maxBufferSize,
      readChunkSize: READ_CHUNK_SIZE,
      signal,
      ...sslContext === undefined ? {} : { sslOptions: sslContext },
      ...tunnel === undefined ? {} : { proxy: tunnel },
      ...settings.unixSocket === undefined ? {} : { unixSocket: settings.unixSocket },
      ...settings.networkInterface === undefined ? {} : { sourceIp: settings.networkInterface },
      ...settings.allowIpv6 ? {} : { family: "ipv4" },
    };
    const stream = await openOriginStream(route.peer, options);
    checkProtocol(stream);
    stream.setNodelay(true);
    const connection = new ClientConnection(stream, route.key, { chunkSize: READ_CHUNK_SIZE, ...this.#options });
    // With a close callback the stream reads while nobody asks it to, and so notices that the server has left.
    stream.setCloseCallback(() => this.#pool.forget(route.key, connection));
    return connection;
  }

  /**
   * Takes a connection back after a request. It waits for another one if that is safe, and is closed otherwise.
   *
   * @param connection The connection.
   * @param serverTimeoutMs How long the server says it will keep it, in milliseconds.
   */
  release(connection: ClientConnection, serverTimeoutMs?: number): void {
    this.#pool.put(connection.key, connection, serverTimeoutMs);
  }

  /** Closes the connections that wait. */
  close(): void {
    this.#pool.close();
  }

  #sslContext(settings: RequestSettings): SSLContext {
    if (settings.sslOptions instanceof SSLContext) return settings.sslOptions;
    const options = settings.sslOptions ?? sslOptionsOf(settings);
    const text = JSON.stringify(options, Object.keys(options).sort());
    let context = this.#contexts.get(text);
    if (context === undefined) {
      context = sslOptionsToContext({ alpnProtocols: ["http/1.1"], ...options });
      if (this.#contexts.size >= MAX_CACHED_CONTEXTS) this.#contexts.clear();
      this.#contexts.set(text, context);
    }
    return context;
  }

  #numberOf(context: SSLContext): number {
    let number = this.#contextNumbers.get(context);
    if (number === undefined) this.#contextNumbers.set(context, number = ++this.#contextCount);
    return number;
  }
}

/** What the server chose among the protocols that were offered. */
function checkProtocol(stream: IOStream): void {
  const protocol = stream instanceof SSLIOStream ? stream.alpnProtocol : undefined;
  if (protocol === undefined || protocol === "http/1.1" || protocol === "http/1.0") return;
  const error = new TypeError(`Cannot speak the protocol that the server chose: ${protocol}; offer http/1.1 only`);
  stream.close(error);
  throw error;
}
