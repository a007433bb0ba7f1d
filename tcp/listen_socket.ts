/**
 * A listening socket as a {@linkcode Selectable}.
 *
 * One `accept` is outstanding while READ is watched. Its connection is kept, the
 * socket is readable, and the next `accept` is issued when the connection was
 * taken; further clients wait in the kernel's backlog meanwhile.
 *
 * @module
 */

import { nextFileno, NONE, READ, type Selectable } from "../ioloop/mod.ts";
import type { Address } from "./socket.ts";

type AcceptState = "idle" | "outstanding" | "kept" | "failed";

/** Accepts connections without waiting. */
export class ListenSocket implements Selectable {
  /** The number by which a loop knows the socket. */
  readonly fileno: number = nextFileno();
  readonly #listener: Deno.Listener;
  #events = NONE;
  #onReady: (() => void) | undefined;
  #state: AcceptState = "idle";
  #accepted: Deno.Conn | undefined;
  #error: unknown;
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
    return this.#state === "kept" || this.#state === "failed" ? READ : NONE;
  }

  /** Called by the selector. Watching READ issues an `accept`. */
  watch(events: number, onReady: (() => void) | undefined): void {
    this.#events = events;
    this.#onReady = onReady;
    if ((events & READ) !== 0 && this.#state === "idle") this.#startAccept();
  }

  /**
   * A connection, or `undefined` if accepting would wait.
   *
   * @throws what the host's `accept` failed with; the next call, or watching again, starts again
   */
  tryAccept(): Deno.Conn | undefined {
    const state = this.#state;
    if (state === "idle" && (this.#events & READ) !== 0) this.#startAccept();
    if (state !== "kept" && state !== "failed") return undefined;
    this.#state = "idle";
    const accepted = this.#accepted;
    this.#accepted = undefined;
    if ((this.#events & READ) !== 0 && state === "kept") this.#startAccept();
    if (state === "failed") throw this.#error;
    return accepted;
  }

  /** Closes the listener, and a connection that nobody took. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#onReady = undefined;
    this.#accepted?.close();
    this.#accepted = undefined;
    this.#state = "idle";
    this.#listener.close();
  }

  #startAccept(): void {
    if (this.#closed) return;
    this.#state = "outstanding";
    this.#listener.accept().then(this.#onAccept, this.#onError);
  }

  #onAccept = (conn: Deno.Conn): void => {
    if (this.#closed) return conn.close();
    this.#accepted = conn;
    this.#state = "kept";
    if ((this.#events & READ) !== 0) this.#onReady?.();
  };

  #onError = (error: unknown): void => {
    if (this.#closed) return;
    this.#error = error;
    this.#state = "failed";
    if ((this.#events & READ) !== 0) this.#onReady?.();
  };
}
