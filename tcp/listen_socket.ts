/**
 * A listening socket as a {@linkcode Selectable}.
 *
 * One `accept` is outstanding while READ is watched. Its connection is kept, the
 * socket is readable, and the next `accept` is issued at once, up to a number of
 * connections that nobody has taken; further clients wait in the kernel's backlog
 * meanwhile. Were it issued only when the connection was taken, a busy loop would
 * accept one client a turn, and the backlog would overflow when many come.
 *
 * @module
 */

import { nextFileno, NONE, READ, type Selectable } from "../ioloop/mod.ts";
import type { Address } from "./socket.ts";

/** So many connections are kept that nobody has taken. */
const MAX_KEPT = 32;

/** Accepts connections without waiting. */
export class ListenSocket implements Selectable {
  /** The number by which a loop knows the socket. */
  readonly fileno: number = nextFileno();
  readonly #listener: Deno.Listener;
  #events = NONE;
  #onReady: (() => void) | undefined;
  #outstanding = false;
  #kept: Deno.Conn[] = [];
  #failure: { readonly error: unknown } | undefined;
  #closed = false;

  /** Whether connections come with TLS. */
  readonly secure: boolean;

  /** A socket that owns `listener` from now on; `secure` if its connections come with TLS. */
  constructor(listener: Deno.Listener, { secure = false }: { readonly secure?: boolean } = {}) {
    this.#listener = listener;
    this.secure = secure;
  }

  /** The address it listens on. */
  get address(): Address {
    return this.#listener.addr;
  }

  /** The port, or `undefined` for a Unix socket. */
  get port(): number | undefined {
    const address = this.address;
    return "port" in address ? address.port : undefined;
  }

  /** Whether {@linkcode close} was called. */
  get closed(): boolean {
    return this.#closed;
  }

  /** READ when a connection or an error is kept. */
  ready(): number {
    return this.#kept.length > 0 || this.#failure !== undefined ? READ : NONE;
  }

  /** Called by the selector. Watching READ issues an `accept`. */
  watch(events: number, onReady: (() => void) | undefined): void {
    this.#events = events;
    this.#onReady = onReady;
    if ((events & READ) !== 0) this.#startAccept();
  }

  /**
   * A connection, or `undefined` if accepting would wait.
   *
   * @throws what the host's `accept` failed with; the next call, or watching again, starts again
   */
  tryAccept(): Deno.Conn | undefined {
    const accepted = this.#kept.shift();
    const failure = this.#failure;
    if (accepted === undefined && failure !== undefined) {
      this.#failure = undefined;
      throw failure.error;
    }
    if ((this.#events & READ) !== 0) this.#startAccept();
    return accepted;
  }

  /** Closes the listener, and connections that nobody took. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#onReady = undefined;
    for (const conn of this.#kept.splice(0)) conn.close();
    this.#failure = undefined;
    this.#listener.close();
  }

  #startAccept(): void {
    if (this.#closed || this.#outstanding || this.#failure !== undefined || this.#kept.length >= MAX_KEPT) return;
    this.#outstanding = true;
    this.#listener.accept().then(this.#onAccept, this.#onError);
  }

  #onAccept = (conn: Deno.Conn): void => {
    this.#outstanding = false;
    if (this.#closed) return conn.close();
    this.#kept.push(conn);
    if ((this.#events & READ) === 0) return;
    this.#startAccept();
    this.#onReady?.();
  };

  #onError = (error: unknown): void => {
    this.#outstanding = false;
    if (this.#closed) return;
    this.#failure = { error };
    if ((this.#events & READ) !== 0) this.#onReady?.();
  };
}
