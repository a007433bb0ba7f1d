/**
 * Streams over sockets: {@linkcode IOStream}, and {@linkcode SSLIOStream} with TLS.
 *
 * What every stream can do is in `base_iostream.ts`; here is what only a socket
 * has: connecting, addresses, `TCP_NODELAY` and the TLS handshake.
 *
 * A TLS stream shakes hands as soon as it is made, and reads and writes wait for
 * that. A handshake that fails closes the stream and is one line in the log,
 * unless the peer just left.
 *
 * @module
 */

import { type ByteChannel, genLog, TimeoutError } from "../ioloop/mod.ts";
import { BaseIOStream } from "./base_iostream.ts";
import type { IOStreamOptions } from "./stream_options.ts";
import { isPeerGone, StreamClosedError } from "./errors.ts";
import { NodeChannel } from "./node_host.ts";
import { type HandshakeInfo, Socket, type TlsChannel } from "./socket.ts";
import { type SSLContext, type SSLOptions, sslOptionsToContext } from "./tls_options.ts";

/** Where {@linkcode IOStream.connect} connects to: TCP, or a Unix socket. */
export type ConnectAddress =
  | { readonly hostname: string; readonly port: number }
  | { readonly path: string };

/** Settings of {@linkcode IOStream.connect}. */
export interface ConnectStreamOptions extends IOStreamOptions {
  /** Gives the attempt up when it is aborted. */
  readonly signal?: AbortSignal;
}

/** Settings of an {@linkcode SSLIOStream}. */
export interface SSLIOStreamOptions extends IOStreamOptions {
  /** The stream is closed if the handshake takes longer than this, in milliseconds. @default 60000 */
  readonly handshakeTimeoutMs?: number;
}

/** Settings of {@linkcode IOStream.startTls}. */
export interface StartTlsOptions {
  /** What to trust and to offer. @default the built-in certificates */
  readonly sslOptions?: SSLOptions | SSLContext;
  /** The name that the server's certificate must be for, and that the server is told. */
  readonly serverHostname: string;
  /** The stream is closed if the handshake takes longer than this, in milliseconds. @default 60000 */
  readonly handshakeTimeoutMs?: number;
  /** Gives the handshake up when it is aborted; the stream is closed. */
  readonly signal?: AbortSignal;
}

/** As nginx has it for streams. */
const DEFAULT_HANDSHAKE_TIMEOUT_MS = 60_000;

/**
 * A stream of bytes in both directions. Tornado: `tornado.iostream.IOStream`.
 *
 * @example A line there and back
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { IOStream, Socket } from "@denado/denado/tcp";
 *
 * using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
 * const accepted = listener.accept();
 * const client = await IOStream.connect({ hostname: "127.0.0.1", port: listener.addr.port });
 * const server = new IOStream(new Socket(await accepted));
 *
 * await client.write("ping\n");
 * const line = await server.readUntil("\n");
 * assertEquals(new TextDecoder().decode(line), "ping\n");
 * client.close();
 * server.close();
 * ```
 */
export class IOStream extends BaseIOStream {
  /** A stream over a channel, which it owns from now on, usually a {@linkcode Socket}. */
  constructor(channel: ByteChannel, options: IOStreamOptions = {}) {
    super(channel, options);
  }

  /**
   * Connects to an address; for a name with several addresses, `TCPClient` does it better.
   *
   * @throws {StreamClosedError} if the connection fails; `realError` tells why
   * @throws the signal's reason if it is aborted
   */
  static async connect(address: ConnectAddress, options: ConnectStreamOptions = {}): Promise<IOStream> {
    const { signal, ...streamOptions } = options;
    signal?.throwIfAborted();
    let conn: Deno.Conn;
    try {
      conn = "path" in address
        ? await Deno.connect({ transport: "unix", path: address.path })
        : await Deno.connect({ ...address, ...(signal === undefined ? {} : { signal }) });
    } catch (error) {
      signal?.throwIfAborted();
      throw new StreamClosedError(error);
    }
    return new IOStream(new Socket(conn), streamOptions);
  }

  /** The socket under the stream; `undefined` when it stands on something else, a pipe for instance. */
  get socket(): Socket | undefined {
    return this.channel instanceof Socket ? this.channel : undefined;
  }

  /** Sends small writes at once; for TCP, nothing elsewhere. Errors of a dying socket are of no interest. */
  setNodelay(enabled: boolean): void {
    if (this.closed || this.socket === undefined) return;
    try {
      this.socket.setNodelay(enabled);
    } catch (error) {
      genLog.debug(`Could not set TCP_NODELAY: ${String(error)}`);
    }
  }

  /**
   * Goes on with TLS, as the client; resolves to the new stream when the handshake is done. This stream is over then.
   * Limits and close callback move to the new one. Tornado: `start_tls(server_side=False)`.
   *
   * The stream must be idle, and without a close callback, since with one it reads ahead: set that on the new stream.
   * Deno can be the client only. It cannot present the client's certificate on a connection that is open already; for
   * that give `sslOptions` to `TCPClient.connect`.
   *
   * @throws {Error} if the stream is closed, not idle, or not over TCP; it stays as it is
   * @throws {TypeError} if there is a client certificate, and the stream was not connected for one
   * @throws what the handshake failed with, or the signal's reason; both streams are closed then
   */
  async startTls(options: StartTlsOptions): Promise<SSLIOStream> {
    const { serverHostname, handshakeTimeoutMs, signal } = options;
    signal?.throwIfAborted();
    const context = sslOptionsToContext(options.sslOptions ?? {});
    this.#checkStartTls(context);
    const closeCallback = this.detach();
    const stream = new SSLIOStream(await startTlsOn(this.channel, context, serverHostname), {
      ...this.options,
      ioLoop: this.ioLoop,
      ...(handshakeTimeoutMs === undefined ? {} : { handshakeTimeoutMs }),
    });
    stream.setCloseCallback(closeCallback);
    const onAbort = () => stream.close(signal!.reason);
    if (signal?.aborted) onAbort();
    signal?.addEventListener("abort", onAbort);
    try {
      return await stream.waitForHandshake();
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    } finally {
      signal?.removeEventListener("abort", onAbort);
    }
  }

  #checkStartTls(context: SSLContext): void {
    const { channel } = this;
    const isNode = channel instanceof NodeChannel;
    if ((context.cert !== undefined || !context.verify) && !isNode) {
      const what = context.verify ? "with a client certificate" : "without verification";
      throw new TypeError(
        `Cannot start TLS ${what} on a connection that is open: give sslOptions or laterSslOptions to TCPClient.connect`,
      );
    }
    if (!isNode && !(channel instanceof Socket && "setNoDelay" in channel.conn)) {
      throw new Error("Cannot start TLS: the stream is not over TCP");
    }
    if (this.closed) return;
    if (channel.busy) {
      throw new Error("Cannot start TLS: a read is outstanding; wait for it, and set no close callback before");
    }
    if (isNode && channel.holdsUnread) {
      throw new Error("Cannot start TLS: the server has sent more than was read, and it would pass for protected");
    }
  }
}

/** Hands a connection that the stream has given up to the host's TLS. */
async function startTlsOn(channel: ByteChannel, context: SSLContext, serverHostname: string): Promise<TlsChannel> {
  if (channel instanceof NodeChannel) return channel.startTls(context, serverHostname);
  const conn = await Deno.startTls((channel as Socket).conn as Deno.TcpConn, {
    hostname: serverHostname,
    caCerts: [...context.caCerts],
    ...(context.alpnProtocols.length === 0 ? {} : { alpnProtocols: [...context.alpnProtocols] }),
    unsafelyDisableHostnameVerification: !context.checkHostname,
  });
  return new Socket(conn);
}

/**
 * A stream with TLS. Tornado: `tornado.iostream.SSLIOStream`.
 *
 * A `TCPServer` with `sslOptions` makes one for each connection, a client gets one from `TCPClient` or
 * {@linkcode IOStream.startTls}.
 */
export class SSLIOStream extends IOStream {
  readonly #handshake: Promise<HandshakeInfo>;
  #info: HandshakeInfo | undefined;
  #failure: unknown;
  #waiting = false;

  /** A stream over a channel with TLS, which it owns from now on; the handshake begins. */
  constructor(channel: TlsChannel, options: SSLIOStreamOptions = {}) {
    super(channel, options);
    const limitMs = options.handshakeTimeoutMs ?? DEFAULT_HANDSHAKE_TIMEOUT_MS;
    const timer = this.ioLoop.callLater(limitMs, () => {
      const error = new TimeoutError(`Cannot finish the TLS handshake within ${limitMs} ms`);
      genLog.info(`${error.message}: ${this.#peer()}`);
      this.close(error);
    });
    this.#handshake = channel.handshake();
    this.#handshake.then((info) => this.#info = info, this.#onFailure).finally(() => timer.cancel());
  }

  /** Whether the handshake is done. */
  get handshakeDone(): boolean {
    return this.#info !== undefined;
  }

  /** The application protocol that both agreed on; `undefined` if there is none, or before the handshake is done. */
  get alpnProtocol(): string | undefined {
    return this.#info?.alpnProtocol ?? undefined;
  }

  /**
   * Resolves to the stream when the handshake is done, at once if it is.
   *
   * @throws what the handshake failed with, {@linkcode StreamClosedError} if the stream was closed before
   * @throws {Error} if somebody waits already
   */
  async waitForHandshake(): Promise<this> {
    if (this.#waiting) throw new Error("Cannot wait for the handshake: somebody waits already");
    this.#waiting = true;
    try {
      await this.#handshake;
    } catch (error) {
      throw this.#failure ?? new StreamClosedError(this.error ?? error);
    } finally {
      this.#waiting = false;
    }
    return this;
  }

  /** The handshake logs its failure itself; a read that waited for it fails with it too. */
  protected override logFailure(error: unknown): void {
    if (this.handshakeDone) super.logFailure(error);
  }

  #onFailure = (error: unknown): void => {
    const isOurs = error instanceof Deno.errors.Interrupted || error instanceof Deno.errors.BadResource;
    if (this.closed && isOurs) return; // this side closed the stream meanwhile
    this.#failure = error;
    if (!isPeerGone(error)) genLog.warning(`SSL Error on ${this.#peer()}: ${messageOf(error)}`);
    this.close(error);
  };

  #peer(): string {
    const address = (this.channel as TlsChannel).remoteAddr;
    return "hostname" in address ? `${address.hostname}:${address.port}` : "a connection";
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
