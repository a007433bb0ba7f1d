/**
 * A connected socket: a channel of bytes with addresses.
 *
 * @module
 */

import { ByteChannel } from "../ioloop/mod.ts";

/** An address as Deno tells it. */
export type Address = Deno.Addr;

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

  /** Whether small writes leave at once instead of waiting for an acknowledgement. Does nothing on a Unix socket. */
  setNodelay(enabled: boolean): void {
    if ("setNoDelay" in this.#conn) (this.#conn as Deno.TcpConn).setNoDelay(enabled);
  }
}
