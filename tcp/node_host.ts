/**
 * A socket of `node:net` as the host of a channel, for what a `Deno.Conn` cannot
 * do: choose the address from which to connect, and show a client certificate
 * to a server under a name that is not the address.
 *
 * The socket stays paused and is read on demand, so back pressure goes through.
 * It is slower than a `Deno.Conn`.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { connect, type Socket as NodeSocket } from "node:net";
import { connect as connectTls, rootCertificates, TLSSocket } from "node:tls";
import { ByteChannel, type ByteHost } from "../ioloop/mod.ts";
import { isPeerGone } from "./errors.ts";
import { ipFamily } from "./ip_address.ts";
import type { ResolvedAddress } from "./resolver.ts";
import type { HandshakeInfo, TlsChannel } from "./socket.ts";
import type { SSLContext } from "./tls_options.ts";

/** How long a server may take to end a TLS connection that this side has ended. */
const CLOSE_TIMEOUT_MS = 1000;

/** The address from which to connect. */
export interface SourceAddress {
  /** The IP address of this machine. @default the loopback address if only a port is given */
  readonly sourceIp?: string;
  /** The port of this machine. @default any */
  readonly sourcePort?: number;
}

/**
 * Connects, from an address of this machine if there is one.
 *
 * @throws {Error} if this machine does not have the address, or the connection fails
 * @throws the signal's reason if it is aborted
 */
export function connectFrom(
  source: SourceAddress,
  to: ResolvedAddress,
  signal: AbortSignal,
): Promise<NodeChannel> {
  const loopback = to.family === "ipv6" ? "::1" : "127.0.0.1";
  const { promise, resolve, reject } = Promise.withResolvers<NodeChannel>();
  const localAddress = source.sourceIp ?? (source.sourcePort === undefined ? undefined : loopback);
  const socket = connect({
    host: to.hostname,
    port: to.port,
    ...(localAddress === undefined ? {} : { localAddress }),
    ...(source.sourcePort === undefined ? {} : { localPort: source.sourcePort }),
  });
  const onAbort = () => {
    socket.destroy();
    reject(signal.reason);
  };
  signal.addEventListener("abort", onAbort);
  socket.once("error", reject);
  socket.once("connect", () => resolve(new NodeChannel(socket)));
  return promise.finally(() => {
    signal.removeEventListener("abort", onAbort);
    socket.off("error", reject);
  });
}

/** A channel over a connected socket of `node:net`. */
export class NodeChannel extends ByteChannel {
  readonly #socket: NodeSocket;
  readonly #host: NodeHost;

  /** A channel that owns `socket` from now on. */
  constructor(socket: NodeSocket) {
    const host = new NodeHost(socket);
    super(host);
    this.#socket = socket;
    this.#host = host;
  }

  /** Whether bytes have come that nobody has read. */
  get holdsUnread(): boolean {
    return this.#socket.readableLength > 0;
  }

  /** Goes on with TLS, as the client, on a channel of its own; this one must have been released. */
  startTls(context: SSLContext, serverHostname: string): NodeTlsChannel {
    this.#host.detach();
    const { remoteAddress = "?", remotePort = 0 } = this.#socket;
    const peer = { transport: "tcp", hostname: remoteAddress, port: remotePort } as const;
    const socket = connectTls({
      socket: this.#socket,
      host: serverHostname,
      // An address is no server name (RFC 6066, 3).
      ...(ipFamily(serverHostname) === undefined ? { servername: serverHostname } : {}),
      ...(context.cert === undefined ? {} : { cert: context.cert, key: context.key }),
      ...(context.caCerts.length === 0 ? {} : { ca: [...rootCertificates, ...context.caCerts] }),
      ...(context.alpnProtocols.length === 0 ? {} : { ALPNProtocols: [...context.alpnProtocols] }),
      ...(context.checkHostname ? {} : { checkServerIdentity: () => undefined }),
      rejectUnauthorized: context.verify,
    });
    return new NodeTlsChannel(socket, peer);
  }
}

/** A channel over a TLS socket of `node:tls`. */
export class NodeTlsChannel extends ByteChannel implements TlsChannel {
  /** The address of the peer, for messages. */
  readonly remoteAddr: Deno.NetAddr;
  readonly #handshake: Promise<HandshakeInfo>;

  /** A channel that owns `socket` from now on, which shakes hands. */
  constructor(socket: TLSSocket, remoteAddr: Deno.NetAddr) {
    super(new NodeHost(socket));
    this.remoteAddr = remoteAddr;
    const { promise, resolve, reject } = Promise.withResolvers<HandshakeInfo>();
    this.#handshake = promise;
    socket.once("secureConnect", () => {
      resolve({ alpnProtocol: socket.alpnProtocol || null });
    });
    socket.once("error", (error) => {
      reject(isPeerGone(error) ? error : new Deno.errors.InvalidData(error.message, { cause: error }));
    });
    socket.once("close", () => reject(new Deno.errors.UnexpectedEof("tls handshake eof")));
  }

  /** Resolves when the handshake is done. */
  handshake(): Promise<HandshakeInfo> {
    return this.#handshake;
  }
}

/** The host of a channel over a connected socket. */
export class NodeHost implements ByteHost {
  readonly #socket: NodeSocket;
  #wake: (() => void) | undefined;
  #failure: { readonly error: unknown } | undefined;
  #ended = false;
  #writing = false;

  /** A host that owns `socket` from now on. */
  constructor(socket: NodeSocket) {
    this.#socket = socket;
    socket.on("readable", this.#onReadable);
    socket.on("end", this.#onEnd);
    socket.on("close", this.#onEnd);
    socket.on("error", this.#onError);
  }

  /** Lets go of the socket, which goes on elsewhere. */
  detach(): void {
    this.#socket.off("readable", this.#onReadable);
    this.#socket.off("end", this.#onEnd);
    this.#socket.off("close", this.#onEnd);
    this.#socket.off("error", this.#onError);
  }

  #onReadable = (): void => {
    this.#wake?.();
    this.#wake = undefined;
  };

  #onEnd = (): void => {
    this.#ended = true;
    this.#onReadable();
  };

  #onError = (error: unknown): void => {
    this.#failure = { error };
    this.#onReadable();
  };

  /** Reads what is there, at most as much as fits. */
  async read(into: Uint8Array): Promise<number | null> {
    for (;;) {
      const size = Math.min(into.length, this.#socket.readableLength);
      const chunk = size > 0 ? this.#socket.read(size) as Buffer | null : null;
      if (chunk !== null) {
        into.set(chunk);
        return chunk.length;
      }
      if (this.#failure !== undefined) throw this.#failure.error;
      if (this.#ended) return null;
      this.#socket.read(0);
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  /** Writes all of it, from a copy: the socket may keep it for a while. */
  write(bytes: Uint8Array): Promise<number> {
    this.#writing = true;
    return new Promise((resolve, reject) => {
      this.#socket.write(Buffer.from(bytes), (error) => {
        this.#writing = false;
        if (error) reject(error);
        else resolve(bytes.length);
      });
    });
  }

  /** Says that no more will be written. */
  closeWrite(): Promise<void> {
    return new Promise((resolve) => this.#socket.end(resolve));
  }

  /** Keeps the process alive. */
  ref(): void {
    this.#socket.ref();
  }

  /** Lets the process end. */
  unref(): void {
    this.#socket.unref();
  }

  /**
   * Closes the socket. With TLS the server is told that this is the end, and given a while to end too: what it says for
   * TLS itself, a session ticket for instance, makes the kernel reset a connection that is closed at once, and then
   * what was sent last could be lost. A write that is stuck ends that.
   */
  close(): void {
    const socket = this.#socket;
    if (!(socket instanceof TLSSocket) || this.#writing || this.#failure !== undefined) {
      socket.destroy();
      return;
    }
    this.detach();
    const timer = setTimeout(() => socket.destroy(), CLOSE_TIMEOUT_MS);
    socket.once("close", () => clearTimeout(timer));
    socket.on("error", () => socket.destroy()); // nobody waits for it
    socket.end();
    socket.resume();
  }
}
