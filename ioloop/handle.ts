/**
 * Handles: what the event loop gives back for a scheduled callback.
 *
 * A handle knows its callback and arguments and can be cancelled at any
 * moment; a cancelled one never runs and lets go of both at once, so that a
 * timer which is still in the heap keeps nothing alive. It knows no queue: the
 * event loop decides when it runs. The names are asyncio's.
 *
 * @module
 */

/** A callback of the event loop; a returned promise is watched for its error. */
// deno-lint-ignore no-explicit-any -- the arguments are checked where the callback is scheduled
export type Callback = (...args: any[]) => unknown;

/**
 * A callback that waits for its turn of the loop.
 *
 * @example Cancelling
 * ```ts
 * import { assert } from "@std/assert";
 * import { EventLoop } from "@denado/denado/ioloop";
 *
 * const loop = new EventLoop();
 * const handle = loop.callSoon(() => console.log("never printed"));
 * handle.cancel();
 * assert(handle.cancelled);
 * loop.close();
 * ```
 */
export class Handle {
  /** Where it was scheduled; recorded in debug mode only. */
  readonly origin: Error | undefined;
  #callback: Callback | undefined;
  #args: readonly unknown[];

  /** Made by the event loop: `callSoon`, `callLater`, `callAt`. */
  constructor(callback: Callback, args: readonly unknown[], origin?: Error) {
    this.#callback = callback;
    this.#args = args;
    this.origin = origin;
  }

  /** Whether {@linkcode cancel} was called. */
  get cancelled(): boolean {
    return this.#callback === undefined;
  }

  /** The callback's name, for messages; `(anonymous)` where it has none. */
  get name(): string {
    if (this.#callback === undefined) return "(cancelled)";
    return this.#callback.name || "(anonymous)";
  }

  /** Prevents the callback from running; calling it again, or after it ran, does nothing. */
  cancel(): void {
    this.#callback = undefined;
    this.#args = NO_ARGS;
  }

  /** As {@linkcode cancel}, for `using`. */
  [Symbol.dispose](): void {
    this.cancel();
  }

  /** Runs the callback unless it was cancelled; called by the event loop, which takes what it throws. */
  run(): unknown {
    const callback = this.#callback;
    if (callback === undefined) return undefined;
    const args = this.#args;
    return args.length === 0 ? callback() : callback(...args);
  }

  /** A short description for logs. */
  toString(): string {
    return `Handle(${this.name})`;
  }
}

/**
 * A callback that waits for its time.
 *
 * `when` is on the loop's clock, in milliseconds (`EventLoop.time()`).
 */
export class TimerHandle extends Handle {
  /** The time at which the callback becomes due, in milliseconds of the loop's clock. */
  readonly when: number;
  /** Decides between equal times: what was scheduled first runs first. */
  readonly sequence: number;
  #heap: { noteCancelled(): void } | undefined;
  readonly #fire: () => void;

  /** Made by the event loop, which says who counts cancellations and who runs the timer. */
  constructor(
    callback: Callback,
    args: readonly unknown[],
    plan: {
      readonly when: number;
      readonly sequence: number;
      readonly heap: { noteCancelled(): void };
      readonly fire: () => void;
    },
    origin?: Error,
  ) {
    super(callback, args, origin);
    this.when = plan.when;
    this.sequence = plan.sequence;
    this.#heap = plan.heap;
    this.#fire = plan.fire;
  }

  /** Prevents the callback from running, even when it is already due. */
  override cancel(): void {
    if (this.cancelled) return;
    super.cancel();
    this.#heap?.noteCancelled();
  }

  /** Called when the timer has left the heap: its cancellation concerns nobody any more. */
  leftHeap(): void {
    this.#heap = undefined;
  }

  /** Called when the timer's turn has come: it runs in the context in which it was scheduled. */
  fire(): void {
    this.#fire();
  }

  /** A short description for logs. */
  override toString(): string {
    return `TimerHandle(${this.name}, when ${this.when.toFixed(1)})`;
  }
}

/** The place that called `method`, for debug mode. */
// deno-lint-ignore ban-types -- only its identity counts
export function captureOrigin(method: Function): Error {
  const origin = new Error("Scheduled here");
  Error.captureStackTrace(origin, method);
  return origin;
}

const NO_ARGS: readonly unknown[] = [];
