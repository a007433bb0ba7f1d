/**
 * The HTTP server: a {@linkcode TCPServer} whose connections speak HTTP/1.1.
 *
 * Tornado: `tornado.httpserver.HTTPServer`.
 *
 * @module
 */

import { type Address, type IOStream, SSLIOStream, TCPServer, type TCPServerOptions } from "../tcp/mod.ts";
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

  /**
   * A server that does not listen yet.
   *
   * @throws {TypeError} if the callback is neither a delegate nor a function, or a trusted address is none
   */
  constructor(callback: HTTPServerConnectionDelegate | RequestCallback, options: HTTPServerOptions = {}) {
    super(options);
    this.#delegate = withAdapters(toConnectionDelegate(callback), options);
    const maxBodySize = options.maxBodySize ?? options.maxBufferSize;
    this.#options = maxBodySize === undefined ? options : { ...options, maxBodySize };
  }

  /** The number of open connections. */
  get connectionCount(): number {
    return this.#connections.size;
  }

  /** Serves one connection. */
  override handleStream(stream: IOStream, address: Address): void {
    stream.setNodelay(true);
    const context: ConnectionContext = {
      remoteIp: "hostname" in address ? plainAddress(address.hostname) : "0.0.0.0",
      protocol: this.#options.protocol ?? (stream instanceof SSLIOStream ? "https" : "http"),
      address,
    };
    const connection = new HTTP1ServerConnection(stream, context, this.#options);
    this.#connections.add(connection);
    connection.startServing(this);
  }

  /** Called by a connection for each of its requests. */
  startRequest(serverConnection: ServerConnection, requestConnection: HTTPConnection): HTTPMessageDelegate {
    return this.#delegate.startRequest(serverConnection, requestConnection);
  }

  /** Called by a connection when it is closed. */
  onClose(serverConnection: ServerConnection): void {
    this.#connections.delete(serverConnection as HTTP1ServerConnection);
    this.#delegate.onClose?.(serverConnection);
  }

  /** Closes all connections, whatever they do, and resolves when they are gone; to be called after `stop`. */
  async closeAllConnections(): Promise<void> {
    await Promise.all([...this.#connections].map((connection) => connection.close()));
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
