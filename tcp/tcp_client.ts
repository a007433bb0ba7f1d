/**
 * Connecting by name: resolve, race the addresses, start TLS.
 *
 * @module
 */

import { type ByteChannel, IOLoop, TimeoutError } from "../ioloop/mod.ts";
import { raceAddresses } from "./address_race.ts";
import type { IOStreamOptions } from "./stream_options.ts";
import { IOStream } from "./iostream.ts";
import type { AddressFamily } from "./ip_address.ts";
import { connectFrom, type SourceAddress } from "./node_host.ts";
import { type ResolvedAddress, Resolver } from "./resolver.ts";
import { Socket } from "./socket.ts";
import { type SSLContext, type SSLOptions, sslOptionsToContext } from "./tls_options.ts";

/** Settings of a {@linkcode TCPClient}. */
export interface TCPClientOptions {
  /** Resolves names; it stays yours to close. @default a resolver of its own, as configured */
  readonly resolver?: Resolver;
}

/** Settings of {@linkcode TCPClient.connect}. */
export interface ConnectOptions extends IOStreamOptions, SourceAddress {
  /** Restricts the addresses. @default "unspecified" */
  readonly family?: AddressFamily;
  /** Speaks TLS with these settings. @default plain TCP */
  readonly sslOptions?: SSLOptions | SSLContext;
  /**
   * Speaks plain TCP first, and can go on with these settings by `startTls`, behind a proxy for instance: those with a
   * client certificate or without verification have to be known when the connection is made. @default none
   */
  readonly laterSslOptions?: SSLOptions | SSLContext;
  /** The name that the server's certificate must be for. @default the host */
  readonly serverHostname?: string;
  /** How long resolving, connecting and the TLS handshake may take together, in milliseconds. @default no limit */
  readonly timeoutMs?: number;
  /** Gives the attempt up when it is aborted. */
  readonly signal?: AbortSignal;
  /** How long an attempt may take before the next address is tried as well, in milliseconds. @default 250 */
  readonly attemptDelayMs?: number;
}

/**
 * Connects to hosts. Tornado: `tornado.tcpclient.TCPClient`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { TCPClient } from "@denado/denado/tcp";
 *
 * using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
 * const accepted = listener.accept();
 * const client = new TCPClient();
 * const stream = await client.connect("localhost", listener.addr.port, { timeoutMs: 5000 });
 * const conn = await accepted;
 * await conn.write(new TextEncoder().encode("welcome\n"));
 * assertEquals(new TextDecoder().decode(await stream.readUntil("\n")), "welcome\n");
 * stream.close();
 * conn.close();
 * client.close();
 * ```
 */
export class TCPClient {
  readonly #resolver: Resolver;
  readonly #ownsResolver: boolean;

  /** A client, which may be used for any number of connections. */
  constructor(options: TCPClientOptions = {}) {
    this.#resolver = options.resolver ?? new Resolver();
    this.#ownsResolver = options.resolver === undefined;
  }

  /** Closes the resolver if it is the client's own. Streams go on. */
  close(): void {
    if (this.#ownsResolver) this.#resolver.close();
  }

  /**
   * Connects to a host, and shakes hands if TLS is asked for.
   *
   * With `sourceIp` or `sourcePort`, or in `sslOptions` a client certificate or `verify: false`, the connection goes through `node:net` and
   * `node:tls`: `Deno.connect` cannot choose where it comes from, and `Deno.connectTls` would look the name up itself,
   * past the resolver. Such a stream is slower, and its `socket` is `undefined`.
   *
   * @throws {StreamClosedError} if the connection ends during the TLS handshake
   * @throws {Deno.errors.InvalidData} if the server's certificate is not accepted
   * @throws {TimeoutError} if the time is up; every attempt is given up
   * @throws the signal's reason if it is aborted
   * @throws what the last attempt failed with, a `Deno.errors.ConnectionRefused` for instance
   */
  async connect(host: string, port: number, options: ConnectOptions = {}): Promise<IOStream> {
    const ioLoop = options.ioLoop ?? IOLoop.current();
    const context = options.sslOptions === undefined ? undefined : sslOptionsToContext(options.sslOptions);
    const later = options.laterSslOptions === undefined ? undefined : sslOptionsToContext(options.laterSslOptions);
    using limit = new ConnectLimit(host, port, { ...options, ioLoop });
    const addresses = await limit.race(
      this.#resolver.resolve(host, port, options.family === undefined ? {} : { family: options.family }),
    );
    const { attemptDelayMs } = options;
    const channel = await raceAddresses<ByteChannel>(addresses, {
      ioLoop,
      connect: (address, signal) => connectTo(address, { options, context: context ?? later, signal }),
      dispose: (channel) => channel.close(),
      signal: limit.signal,
      ...(attemptDelayMs === undefined ? {} : { attemptDelayMs }),
    });
    const stream = new IOStream(channel, { ...options, ioLoop });
    if (context === undefined) return stream;
    const serverHostname = options.serverHostname ?? host;
    try {
      return await stream.startTls({ sslOptions: context, serverHostname, signal: limit.signal });
    } catch (error) {
      stream.close(error);
      throw error;
    }
  }
}

interface Attempt {
  readonly options: ConnectOptions;
  readonly context: SSLContext | undefined;
  readonly signal: AbortSignal;
}

async function connectTo(address: ResolvedAddress, { options, context, signal }: Attempt): Promise<ByteChannel> {
  const needsNode = options.sourceIp !== undefined || options.sourcePort !== undefined ||
    context?.cert !== undefined || context?.verify === false;
  if (needsNode) return await connectFrom(options, address, signal);
  const { hostname, port } = address;
  return new Socket(await Deno.connect({ hostname, port, signal, autoSelectFamily: false }));
}

/** The time limit and the signal of one `connect`. */
class ConnectLimit implements Disposable {
  readonly #controller = new AbortController();
  readonly #outer: AbortSignal | undefined;
  readonly #timer: { cancel(): void } | undefined;

  constructor(host: string, port: number, options: ConnectOptions & { readonly ioLoop: IOLoop }) {
    const { signal, timeoutMs, ioLoop } = options;
    signal?.throwIfAborted();
    this.#outer = signal;
    signal?.addEventListener("abort", this.#onAbort);
    if (timeoutMs !== undefined) {
      const error = new TimeoutError(`Cannot connect to ${host}:${port} within ${timeoutMs} ms`);
      this.#timer = ioLoop.callLater(timeoutMs, () => this.#controller.abort(error));
    }
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The outcome of `promise`, unless the limit is reached first. */
  race<T>(promise: Promise<T>): Promise<T> {
    const { promise: result, resolve, reject } = Promise.withResolvers<T>();
    const onAbort = () => reject(this.signal.reason);
    this.signal.addEventListener("abort", onAbort);
    promise.then(resolve, reject);
    return result.finally(() => this.signal.removeEventListener("abort", onAbort));
  }

  [Symbol.dispose](): void {
    this.#outer?.removeEventListener("abort", this.#onAbort);
    this.#timer?.cancel();
  }

  #onAbort = (): void => this.#controller.abort(this.#outer!.reason);
}
