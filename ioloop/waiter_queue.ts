/**
 * Those who wait for a lock, a queue or an event, in the order in which they came.
 *
 * A waiter is a future that stands in a line. Whatever settles it, be it a
 * result, a time limit, an `AbortSignal` or `Future.cancel`, also takes it out
 * of the line and cancels its timer; its abort listener is the future's. So the one at the
 * head is always alive, the length counts the living only, and nothing has to
 * be swept up later, which Tornado does after every hundredth time-out.
 *
 * The line is a doubly linked list: a waiter leaves it from anywhere in
 * constant time. It does not know what is waited for.
 *
 * @module
 */

import { TimeoutError } from "./errors.ts";
import { Future, type FutureOptions } from "./future.ts";
import { IOLoop } from "./ioloop.ts";

/** How long to wait, and what ends the wait before. */
export interface WaitOptions {
  /**
   * Ends the wait after this time, in milliseconds. With 0 or less nothing is waited
   * for: the call succeeds at once or has timed out. @default no limit
   */
  readonly timeoutMs?: number | undefined;
  /** Ends the wait with the signal's reason; if it is aborted already, nothing is attempted. */
  readonly signal?: AbortSignal | undefined;
}

/** What an attempt returns when one has to wait. */
export const PENDING: unique symbol = Symbol("pending");

/** A future that leaves its line when it is settled. */
export class Waiter<T, Tag = void> extends Future<T> {
  /** What the line's owner attached to it, such as the item to put. */
  readonly tag: Tag;
  /** The neighbour that came earlier; kept by the line. */
  before: Waiter<T, Tag> | undefined;
  /** The neighbour that came later; kept by the line. */
  after: Waiter<T, Tag> | undefined;
  /** Takes the waiter out of the line; set while it stands there. */
  leave: (() => void) | undefined;

  /** A waiter that stands in no line yet; `options.onCancel` has to make it leave. */
  constructor(tag: Tag, options: FutureOptions) {
    super(options);
    this.tag = tag;
  }

  /** As {@linkcode Future.setResult}; leaves the line. */
  override setResult(value: T): void {
    super.setResult(value);
    this.leave?.();
  }

  /** As {@linkcode Future.setException}; leaves the line. */
  override setException(error: unknown): void {
    super.setException(error);
    this.leave?.();
  }
}

/** A line of waiters, first come, first served. */
export class WaiterQueue<T, Tag = void> {
  readonly #loop = IOLoop.current();
  readonly #purpose: string;
  readonly #onTimeout: (waiter: Future<T>, timeoutMs: number) => void;
  #first: Waiter<T, Tag> | undefined;
  #last: Waiter<T, Tag> | undefined;
  #size = 0;

  /**
   * An empty line on the current loop.
   *
   * @param purpose completes "Cannot …" in messages
   * @param onTimeout settles a waiter whose time is up; by default with a {@linkcode TimeoutError}
   */
  constructor(purpose: string, onTimeout?: (waiter: Future<T>) => void) {
    this.#purpose = purpose;
    this.#onTimeout = onTimeout ??
      ((waiter, timeoutMs) =>
        waiter.setException(
          new TimeoutError(`Cannot ${purpose}: timed out after ${timeoutMs} ms`),
        ));
  }

  /** The number of waiters. */
  get size(): number {
    return this.#size;
  }

  /** The waiter that came first, which is never done; settling it brings up the next one. */
  get first(): Waiter<T, Tag> | undefined {
    return this.#first;
  }

  /** Gives every waiter the same result, in the order of the line. */
  wakeAll(value: T): void {
    while (this.#first !== undefined) this.#first.setResult(value);
  }

  /** Gives every waiter an exception, in the order of the line. */
  failAll(error: () => unknown): void {
    while (this.#first !== undefined) this.#first.setException(error());
  }

  /**
   * A future with what `attempt` returns; if that is {@linkcode PENDING}, a waiter at the end of the line.
   *
   * Whatever fails, wrong options included, is the future's exception. If the signal is aborted already, nothing is
   * attempted and the future is cancelled.
   */
  wait(options: WaitOptions, tag: Tag, attempt: () => T | typeof PENDING): Future<T> {
    const { signal } = options;
    const loop = this.#loop.eventLoop;
    if (signal?.aborted) return new Future<T>({ loop, signal });
    const atOnce = new Future<T>({ loop });
    try {
      const timeoutMs = this.#checkTimeout(options.timeoutMs);
      const value = attempt();
      if (value !== PENDING) atOnce.setResult(value);
      else if (timeoutMs <= 0) this.#onTimeout(atOnce, timeoutMs);
      else return this.#enter(tag, timeoutMs, signal);
    } catch (error) {
      atOnce.setException(error);
    }
    return atOnce;
  }

  #checkTimeout(timeoutMs: unknown = Infinity): number {
    if (typeof timeoutMs === "number" && !Number.isNaN(timeoutMs)) {
      return timeoutMs;
    }
    throw new TypeError(
      `Cannot ${this.#purpose}, timeoutMs must be a number of milliseconds: ${Deno.inspect(timeoutMs)}`,
    );
  }

  #enter(tag: Tag, timeoutMs: number, signal: AbortSignal | undefined): Waiter<T, Tag> {
    const onTimeout = () => this.#onTimeout(waiter, timeoutMs);
    // First the timer: a closed loop refuses it, and then there is nothing to undo.
    const timer = timeoutMs === Infinity ? undefined : this.#loop.callLater(timeoutMs, onTimeout);
    const waiter = new Waiter<T, Tag>(tag, {
      loop: this.#loop.eventLoop,
      signal,
      onCancel: () => waiter.leave?.(),
    });
    waiter.leave = () => {
      waiter.leave = undefined;
      timer?.cancel();
      this.#unlink(waiter);
    };
    this.#append(waiter);
    return waiter;
  }

  #append(waiter: Waiter<T, Tag>): void {
    waiter.before = this.#last;
    if (this.#last === undefined) this.#first = waiter;
    else this.#last.after = waiter;
    this.#last = waiter;
    this.#size++;
  }

  #unlink(waiter: Waiter<T, Tag>): void {
    if (waiter.before === undefined) this.#first = waiter.after;
    else waiter.before.after = waiter.after;
    if (waiter.after === undefined) this.#last = waiter.before;
    else waiter.after.before = waiter.before;
    waiter.before = waiter.after = undefined;
    this.#size--;
  }
}
