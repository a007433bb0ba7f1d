/**
 * Connections that wait for another request.
 *
 * They are kept by a key, which stands for everything that makes one connection as good as another: the origin, TLS
 * settings, the proxy and so on. The one that was used last is taken first, since it is the least likely to be closed by
 * the server, and the others get old and go. One that was closed, or has sent anything, in the meantime is not handed out.
 *
 * A pool keeps no process alive: neither its connections nor its timer count.
 *
 * @module
 */

import { type Clock, hostClock } from "../../ioloop/mod.ts";

/** What the pool must know of a connection. */
export interface Poolable {
  /** Whether another request may be sent on it. */
  readonly reusable: boolean;
  /** Closes it. */
  close(): void;
  /** Called when it comes into the pool. */
  park?(): void;
  /** Called when it is taken out again. */
  unpark?(): void;
}

/** Settings of a {@linkcode ConnectionPool}. */
export interface ConnectionPoolOptions {
  /** How long a connection may wait, in milliseconds. @default 30000 */
  readonly idleTimeoutMs?: number;
  /** The most connections that wait; the oldest is closed for a new one. @default 100 */
  readonly maxIdle?: number;
  /** Where time comes from; its timers must not keep the process alive. @default the host's clock */
  readonly clock?: Clock;
}

interface Parked<C> {
  readonly connection: C;
  /** When it becomes too old. */
  readonly expiresMs: number;
}

/** The host's clock, but its timers do not keep the process alive. */
export const unrefClock: Clock = {
  ...hostClock,
  setTimer(callback, delayMs) {
    const timer = hostClock.setTimer(callback, delayMs);
    Deno.unrefTimer(timer as number);
    return timer;
  },
};

/** Keeps connections by key. */
export class ConnectionPool<C extends Poolable> implements Disposable {
  readonly #idleTimeoutMs: number;
  readonly #maxIdle: number;
  readonly #clock: Clock;
  /**
   * For each key the connections, the one that was used last at the end. An empty list stays until the next sweep: a map
   * whose entries come and go with every request would be rebuilt all the time, and V8 keeps what old tables hold alive.
   */
  readonly #byKey = new Map<string, Parked<C>[]>();
  #size = 0;
  #timer: unknown;

  /** An empty pool. */
  constructor(options: ConnectionPoolOptions = {}) {
    this.#idleTimeoutMs = options.idleTimeoutMs ?? 30_000;
    this.#maxIdle = options.maxIdle ?? 100;
    this.#clock = options.clock ?? unrefClock;
  }

  /** How many connections wait. */
  get size(): number {
    return this.#size;
  }

  /**
   * Takes a connection that can be used.
   *
   * @param key What it must be good for.
   * @returns The connection, or `undefined` if none waits.
   */
  take(key: string): C | undefined {
    const parked = this.#byKey.get(key);
    if (parked === undefined || parked.length === 0) return undefined;
    const now = this.#clock.now();
    for (let entry = parked.pop(); entry !== undefined; entry = parked.pop()) {
      this.#size--;
      if (entry.connection.reusable && entry.expiresMs > now) {
        entry.connection.unpark?.();
        return entry.connection;
      }
      entry.connection.close();
    }
    return undefined;
  }

  /**
   * Keeps a connection until it is taken or too old; one that cannot be used again is closed.
   *
   * @param key What it is good for.
   * @param connection The connection, which belongs to the pool from now on.
   * @param serverTimeoutMs How long the server says it will wait, in milliseconds.
   */
  put(key: string, connection: C, serverTimeoutMs: number = Infinity): void {
    const timeoutMs = Math.min(this.#idleTimeoutMs, serverTimeoutMs);
    if (!connection.reusable || timeoutMs <= 0 || this.#maxIdle <= 0) return connection.close();
    if (this.#size >= this.#maxIdle) this.#dropOldest();
    const entry = { connection, expiresMs: this.#clock.now() + timeoutMs };
    connection.park?.();
    this.#size++;
    const parked = this.#byKey.get(key);
    if (parked === undefined) this.#byKey.set(key, [entry]);
    else parked.push(entry);
    this.#timer ??= this.#clock.setTimer(this.#sweep, timeoutMs);
  }

  /** Forgets a connection that was closed; does nothing if it does not wait here. */
  forget(key: string, connection: C): void {
    const parked = this.#byKey.get(key);
    const at = parked?.findIndex((entry) => entry.connection === connection) ?? -1;
    if (at >= 0) this.#drop(parked!, at);
  }

  /** Closes all connections that wait. */
  close(): void {
    this.#clock.clearTimer(this.#timer);
    this.#timer = undefined;
    for (const parked of this.#byKey.values()) {
      for (const { connection } of parked) connection.close();
    }
    this.#byKey.clear();
    this.#size = 0;
  }

  /** As {@linkcode close}. */
  [Symbol.dispose](): void {
    this.close();
  }

  #drop(parked: Parked<C>[], at: number): void {
    const [entry] = parked.splice(at, 1);
    this.#size--;
    entry!.connection.close();
  }

  /** Closes the one that has the least time left. */
  #dropOldest(): void {
    let oldest: Parked<C>[] | undefined;
    for (const parked of this.#byKey.values()) {
      const [first] = parked;
      if (first !== undefined && (oldest === undefined || first.expiresMs < oldest[0]!.expiresMs)) oldest = parked;
    }
    if (oldest !== undefined) this.#drop(oldest, 0);
  }

  /** Closes what is too old, and what the server has closed; looks again when the next one will be. */
  #sweep = (): void => {
    this.#timer = undefined;
    const now = this.#clock.now();
    let next = Infinity;
    for (const [key, parked] of this.#byKey) {
      for (let at = parked.length - 1; at >= 0; at--) {
        const { connection, expiresMs } = parked[at]!;
        if (expiresMs <= now || !connection.reusable) this.#drop(parked, at);
        else next = Math.min(next, expiresMs);
      }
      if (parked.length === 0) this.#byKey.delete(key);
    }
    if (next !== Infinity) this.#timer = this.#clock.setTimer(this.#sweep, next - now);
  };
}
