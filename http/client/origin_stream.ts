/**
 * Opens a stream to an origin: over TCP or a Unix socket, with TLS where the origin asks for it, through a proxy if
 * there is one.
 *
 * What goes over the stream is of no interest here: HTTP, or a WebSocket. One time limit and one signal cover all steps,
 * from the name to the TLS handshake; what was opened by then is closed.
 *
 * @module
 */

import { IOLoop, TimeoutError } from "../../ioloop/mod.ts";
import {
  type AddressFamily,
  type ConnectOptions,
  IOStream,
  type IOStreamOptions,
  type SSLContext,
  type SSLOptions,
  TCPClient,
} from "../../tcp/mod.ts";
import { authorityOf, type Origin } from "./origin.ts";
import { openTunnel, type ProxyOptions } from "./tunnel.ts";

/** Settings of {@linkcode openOriginStream}. */
export interface OriginStreamOptions extends IOStreamOptions {
  /** What to trust and to present, where the origin is secure. @default the built-in certificates */
  readonly sslOptions?: SSLOptions | SSLContext;
  /** A proxy that opens a tunnel to the origin (CONNECT). @default none */
  readonly proxy?: ProxyOptions;
  /** The path of a Unix socket to connect to instead of the host; for an origin without TLS. */
  readonly unixSocket?: string;
  /** The IP address of this machine to connect from. @default the system chooses */
  readonly sourceIp?: string;
  /** Restricts the addresses. @default "unspecified" */
  readonly family?: AddressFamily;
  /** Connects; it stays yours to close. @default one with the configured resolver */
  readonly tcpClient?: TCPClient;
  /** How long all of it may take, in milliseconds. @default no limit */
  readonly timeoutMs?: number;
  /** Gives up when it is aborted. */
  readonly signal?: AbortSignal;
}

/**
 * Connects to an origin, and shakes hands if it is secure.
 *
 * @param origin Where to; `originOf` finds it in a URL.
 * @param options How.
 * @returns A stream on which nothing was sent or received yet.
 * @throws {TimeoutError} if the time is up
 * @throws {TypeError} if the options exclude each other
 * @throws {HTTPProxyError} if the proxy refuses
 * @throws the signal's reason if it is aborted
 * @throws what the host says: a `Deno.errors.ConnectionRefused` for instance
 *
 * @example One line from a server
 * ```ts
 * import { openOriginStream } from "@denado/denado/http";
 * import { assertEquals } from "@std/assert";
 *
 * using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
 * const origin = { secure: false, hostname: "127.0.0.1", port: listener.addr.port };
 * const [stream, conn] = await Promise.all([openOriginStream(origin, { timeoutMs: 5000 }), listener.accept()]);
 * await conn.write(new TextEncoder().encode("hello\n"));
 * assertEquals(new TextDecoder().decode(await stream.readUntil("\n")), "hello\n");
 * stream.close();
 * conn.close();
 * ```
 */
export async function openOriginStream(origin: Origin, options: OriginStreamOptions = {}): Promise<IOStream> {
  checkOptions(origin, options);
  using limit = new OpeningLimit(origin, options);
  if (options.unixSocket !== undefined) return await connectUnix(options.unixSocket, options, limit.signal);
  const tcpClient = options.tcpClient ?? new TCPClient();
  try {
    return await connectTcp(tcpClient, origin, { ...options, signal: limit.signal });
  } finally {
    if (options.tcpClient === undefined) tcpClient.close();
  }
}

function checkOptions(origin: Origin, { unixSocket, proxy, sourceIp }: OriginStreamOptions): void {
  if (unixSocket === undefined) return;
  if (origin.secure) throw new TypeError(`Cannot connect to ${unixSocket} with TLS: Deno does that over TCP only`);
  if (proxy !== undefined) throw new TypeError(`Cannot connect to ${unixSocket} through a proxy`);
  if (sourceIp !== undefined) throw new TypeError(`Cannot connect to ${unixSocket} from an IP address: ${sourceIp}`);
}

type TcpOptions = OriginStreamOptions & { readonly signal: AbortSignal };

async function connectTcp(tcpClient: TCPClient, origin: Origin, options: TcpOptions): Promise<IOStream> {
  const { proxy, sslOptions = {}, signal } = options;
  const { hostname, port } = proxy === undefined ? origin : { hostname: proxy.host, port: proxy.port };
  const connectOptions: ConnectOptions = withoutTimeout(options);
  if (proxy === undefined) {
    return await tcpClient.connect(hostname, port, origin.secure ? { ...connectOptions, sslOptions } : connectOptions);
  }
  const stream = await tcpClient.connect(
    hostname,
    port,
    origin.secure ? { ...connectOptions, laterSslOptions: sslOptions } : connectOptions,
  );
  await openTunnel(stream, origin, { proxy, signal });
  if (!origin.secure) return stream;
  try {
    return await stream.startTls({ sslOptions, serverHostname: origin.hostname, signal });
  } catch (error) {
    stream.close(error);
    throw error;
  }
}

/** What concerns TCP alone: `TCPClient` takes TLS settings as a wish for TLS, and the time limit is set here. */
function withoutTimeout(options: TcpOptions): ConnectOptions {
  const { sslOptions: _1, timeoutMs: _2, proxy: _3, unixSocket: _4, tcpClient: _5, ...connectOptions } = options;
  return connectOptions;
}

/** Deno cannot give up connecting to a Unix socket, so a stream that comes too late is closed. */
async function connectUnix(path: string, options: OriginStreamOptions, signal: AbortSignal): Promise<IOStream> {
  const { promise, resolve, reject } = Promise.withResolvers<IOStream>();
  const onAbort = () => reject(signal.reason);
  signal.addEventListener("abort", onAbort);
  IOStream.connect({ path }, withoutSignal(options)).then((stream) => {
    if (signal.aborted) stream.close();
    else resolve(stream);
  }, (error) => reject(error.realError ?? error));
  return await promise.finally(() => signal.removeEventListener("abort", onAbort));
}

function withoutSignal(options: OriginStreamOptions): IOStreamOptions {
  const { signal: _, ...streamOptions } = options;
  return streamOptions;
}

/** The time limit and the caller's signal as one signal. */
class OpeningLimit implements Disposable {
  readonly #controller = new AbortController();
  readonly #outer: AbortSignal | undefined;
  readonly #timer: { cancel(): void } | undefined;

  constructor(origin: Origin, { signal, timeoutMs, ioLoop = IOLoop.current() }: OriginStreamOptions) {
    signal?.throwIfAborted();
    this.#outer = signal;
    signal?.addEventListener("abort", this.#onAbort);
    if (timeoutMs === undefined || timeoutMs === Infinity) return;
    const error = new TimeoutError(`Cannot connect to ${authorityOf(origin)} within ${timeoutMs} ms`);
    this.#timer = ioLoop.callLater(timeoutMs, () => this.#controller.abort(error));
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  [Symbol.dispose](): void {
    this.#outer?.removeEventListener("abort", this.#onAbort);
    this.#timer?.cancel();
  }

  #onAbort = (): void => this.#controller.abort(this.#outer!.reason);
}
