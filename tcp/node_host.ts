/**
 * A socket of `node:net` as the host of a channel, for what `Deno.connect` cannot
 * do: choose the address from which to connect.
 *
 * The socket stays paused and is read on demand, so back pressure goes through.
 * It is slower than a `Deno.Conn`.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { connect, type Socket as NodeSocket } from "node:net";
import { ByteChannel, type ByteHost } from "../ioloop/mod.ts";
import type { ResolvedAddress } from "./resolver.ts";

/** The address from which to connect. */
export interface SourceAddress {
  /** The IP address of this machine. @default the loopback address if only a port is given */
  readonly sourceIp?: string;
  /** The port of this machine. @default any */
  readonly sourcePort?: number;
}

/**
 * Connects from an address of this machine.
 *
 * @throws {Error} if this machine does not have the address, or the connection fails
 * @throws the signal's reason if it is aborted
 */
export function connectFrom(
  source: SourceAddress,
  to: ResolvedAddress,
  signal: AbortSignal,
): Promise<ByteChannel> {
  const loopback = to.family === "ipv6" ? "::1" : "127.0.0.1";
  const { promise, resolve, reject } = Promise.withResolvers<ByteChannel>();
  const socket = connect({
    host: to.hostname,
    port: to.port,
    localAddress: source.sourceIp ?? loopback,
    ...(source.sourcePort === undefined ? {} : { localPort: source.sourcePort }),
  });
  const onAbort = () => {
    socket.destroy();
    reject(signal.reason);
  };
  signal.addEventListener("abort", onAbort);
  socket.once("error", reject);
  socket.once("connect", () => resolve(new ByteChannel(new NodeHost(socket))));
  return promise.finally(() => {
    signal.removeEventListener("abort", onAbort);
    socket.off("error", reject);
  });
}

/** The host of a channel over a connected socket. */
export class NodeHost implements ByteHost {
  readonly #socket: NodeSocket;
  #wake: (() => void) | undefined;
  #failure: { readonly error: unknown } | undefined;
  #ended = false;

  /** A host that owns `socket` from now on. */
  constructor(socket: NodeSocket) {
    this.#socket = socket;
    const wake = () => {
      this.#wake?.();
      this.#wake = undefined;
    };
    socket.on("readable", wake);
    socket.on("end", () => {
      this.#ended = true;
      wake();
    });
    socket.on("error", (error) => {
      this.#failure = { error };
      wake();
    });
    socket.on("close", () => {
      this.#ended = true;
      wake();
    });
  }

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
    return new Promise((resolve, reject) => {
      this.#socket.write(Buffer.from(bytes), (error) => error ? reject(error) : resolve(bytes.length));
    });
  }

  /** Says that no more will be written. */
  closeWrite(): Promise<void> {
    return new Promise((resolve) => this.#socket.end(resolve));
  }

  /** Closes the socket. */
  close(): void {
    this.#socket.destroy();
  }
}
