/**
 * A connected socket: a channel of bytes with addresses.
 *
 * @module
 */

import { ByteChannel } from "../ioloop/mod.ts";

/** An address as Deno tells it. */
export type Address = Deno.Addr;

/** What is known when a TLS handshake is done. */
export interface HandshakeInfo {
  /** The application protocol that both agreed on; `null` if there is none. */
  readonly alpnProtocol: string | null;
}

/** A channel that speaks TLS: a {@linkcode Socket} over a `Deno.TlsConn` is one. */
export interface TlsChannel extends ByteChannel {
  /** The address of the peer, for messages. */
  readonly remoteAddr: Address;
  /** Resolves when the handshake is done; rejects with what it failed with. */
  handshake(): Promise<HandshakeInfo>;
}

/** A connection as a {@linkcode ByteChannel}: TCP, TLS or Unix. */
export class Socket extends ByteChannel {
  readonly #conn: Deno.Conn;

  /** A socket that owns `conn` from now on. */
  constructor(conn: Deno.Conn) {
    super(conn);
    this.#conn = conn;
  }

  /** The address of this end. */
  get localAddr(): Address {
    return this.#conn.localAddr;
  }

  /** The address of the peer. */
  get remoteAddr(): Address {
    return this.#conn.remoteAddr;
  }

  /** The connection itself, for what only the runtime can do; its bytes belong to the channel. */
  get conn(): Deno.Conn {
    return this.#conn;
  }

  /**
   * Resolves when the TLS handshake is done; rejects with what it failed with.
   *
   * @throws {TypeError} (as a rejection) if the connection is not one with TLS
   */
  handshake(): Promise<HandshakeInfo> {
    if ("handshake" in this.#conn) return (this.#conn as Deno.TlsConn).handshake();
    return Promise.reject(new TypeError("Cannot shake hands: the connection has no TLS"));
  }

  /** Whether small writes leave at once instead of waiting for an acknowledgement. Does nothing on a Unix socket. */
  setNodelay(enabled: boolean): void {
    if ("setNoDelay" in this.#conn) (this.#conn as Deno.TcpConn).setNoDelay(enabled);
  }
}
