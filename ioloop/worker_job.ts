/**
 * A job of a worker pool: what to call, the future that its caller holds, and
 * the limits on it.
 *
 * It does not know threads or queues. It ends in exactly one of three ways: an
 * outcome, the time limit, the cancellation of the future, which the caller's
 * signal does too. The last two it reports to `onGivenUp`, so that the pool can
 * take it off its thread. An outcome reaches the future in a turn of the caller's
 * loop.
 *
 * @module
 */

import { TimeoutError } from "./errors.ts";
import { Future } from "./future.ts";
import type { TimerHandle } from "./handle.ts";
import type { IOLoop } from "./ioloop.ts";
import type { JobMessage } from "./worker_main.ts";
import type { JobOutcome, WorkerThread } from "./worker_thread.ts";

/** Settings of one job. */
export interface JobOptions {
  /** Gives the job up when it is aborted: it leaves the queue, or the worker that runs it is replaced. */
  readonly signal?: AbortSignal;
  /** What is moved to the worker instead of copied: buffers, ports. Unusable here as soon as the job is handed over. */
  readonly transfer?: readonly Transferable[];
  /**
   * How long the job may run, in milliseconds; then it fails with a `TimeoutError` and its worker is replaced. The
   * wait for a worker and its start do not count. @default the pool's
   */
  readonly timeoutMs?: number;
}

/** One call of an exported function. */
export class WorkerJob {
  /** What the caller holds. */
  readonly future: Future<unknown>;
  /** The exported function. */
  readonly name: string;
  #args: readonly unknown[];
  #transfer: readonly Transferable[];
  readonly #loop: IOLoop;
  readonly #timeoutMs: number | undefined;
  readonly #onGivenUp: (job: WorkerJob) => void;
  #timer: TimerHandle | undefined;
  #ended = false;

  /** A job for a caller on `loop`; `onGivenUp` is called if it is cancelled, aborted or takes too long. */
  constructor(message: JobMessage, options: JobOptions, loop: IOLoop, onGivenUp: (job: WorkerJob) => void) {
    this.name = message.name;
    this.#args = message.args;
    this.#transfer = options.transfer ?? [];
    this.#loop = loop;
    this.#timeoutMs = options.timeoutMs;
    this.#onGivenUp = onGivenUp;
    const onCancel = () => this.#giveUp();
    this.future = new Future({ loop: loop.eventLoop, onCancel, ...(options.signal && { signal: options.signal }) });
  }

  /** Whether there is an outcome, or the job was given up. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Copies the arguments now, so that the caller may change them while the job waits. @throws {TypeError} if it cannot */
  detach(): void {
    try {
      const waiting = { args: this.#args, transfer: this.#transfer };
      const copy = structuredClone(waiting, { transfer: [...this.#transfer] });
      this.#args = copy.args;
      this.#transfer = copy.transfer;
    } catch (cause) {
      throw this.#cloneError(cause);
    }
  }

  /** Hands the job to a worker. @throws {TypeError} if the arguments cannot be cloned */
  post(thread: Pick<WorkerThread, "post">): void {
    try {
      thread.post({ name: this.name, args: this.#args }, this.#transfer);
    } catch (cause) {
      throw this.#cloneError(cause);
    }
  }

  /** Called when the function begins to run: the time limit counts from here. */
  begin(): void {
    if (this.#ended || this.#timeoutMs === undefined || this.#loop.eventLoop.isClosed) return;
    this.#timer = this.#loop.callLater(this.#timeoutMs, this.#onTimeout);
  }

  /** Ends the job; only the first end counts. */
  end(outcome: JobOutcome): void {
    if (!this.#stop()) return;
    const settle = () => {
      if (this.future.done()) return;
      if (outcome.kind === "result") this.future.setResult(outcome.value);
      else this.future.setException(outcome.error);
    };
    // A closed loop takes no callbacks, but the caller may wait on another one.
    if (this.#loop.eventLoop.isClosed) settle();
    else this.#loop.addCallback(settle);
  }

  #onTimeout = (): void => {
    const text = `${this.name} did not return within ${this.#timeoutMs} ms; its worker was replaced`;
    this.end({ kind: "error", error: new TimeoutError(text) });
    this.#onGivenUp(this);
  };

  #giveUp(): void {
    if (this.#stop()) this.#onGivenUp(this);
  }

  #cloneError(cause: unknown): TypeError {
    const why = cause instanceof Error ? cause.message : String(cause);
    return new TypeError(`Cannot send the arguments of ${this.name} to a worker: ${why}`, { cause });
  }

  #stop(): boolean {
    if (this.#ended) return false;
    this.#ended = true;
    this.#timer?.cancel();
    return true;
  }
}
