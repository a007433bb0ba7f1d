/**
 * One worker of a pool, seen from the pool's side: a thread that has one job at
 * a time and tells how it went.
 *
 * It knows nothing of queues. It reports to a {@linkcode WorkerOwner}: `ready`
 * once, `finished` for each job, and at last `ended`, unless it was terminated;
 * after `ended` or `terminate` it is silent.
 *
 * The thread is that of a web worker, made through `node:worker_threads`, for
 * three things which the web's interface lacks: an event when the thread ends by
 * itself, a promise for its end, and `unref`, so that an idle worker does not
 * keep the process alive.
 *
 * @module
 */

import { type Transferable as NodeTransferable, Worker } from "node:worker_threads";
import { decodeError } from "./remote_error.ts";
import { WorkerCrashedError } from "./worker_errors.ts";
import { type JobMessage, MESSAGE_TAG, type WorkerReply, type WorkerSetup, workerSource } from "./worker_main.ts";

/** How a job went. */
export type JobOutcome =
  | { readonly kind: "result"; readonly value: unknown }
  | { readonly kind: "error"; readonly error: unknown };

/** Who is told what happens to a {@linkcode WorkerThread}. */
export interface WorkerOwner {
  /** The module is imported, jobs run from now on. */
  ready(thread: WorkerThread): void;
  /** The job has returned or thrown; the thread is free. */
  finished(thread: WorkerThread, outcome: JobOutcome): void;
  /** The thread ended by itself, with or without a job. */
  ended(thread: WorkerThread, error: WorkerCrashedError): void;
}

/** How to start a {@linkcode WorkerThread}. */
export interface WorkerThreadOptions {
  /** What the pool is called in messages. */
  readonly poolName: string;
  /** The name of the thread in traces. */
  readonly name: string;
  /** How long importing the module may take, in milliseconds. */
  readonly startTimeoutMs: number;
  /** Who is told. */
  readonly owner: WorkerOwner;
}

let sourceUrl: URL | undefined;

/** A thread with the pool's module. */
export class WorkerThread {
  /** Resolves when the thread is gone. */
  readonly exited: Promise<void>;
  /** Resolves when the module is imported, or to the reason why it never will be. */
  readonly imported: Promise<WorkerCrashedError | undefined>;
  readonly #worker: Worker;
  readonly #poolName: string;
  readonly #settleImported: (failure: WorkerCrashedError | undefined) => void;
  readonly #startTimer: ReturnType<typeof setTimeout>;
  #owner: WorkerOwner | undefined;

  /** Starts a thread, which begins to import the module. */
  constructor(moduleUrl: string, options: WorkerThreadOptions) {
    const { poolName, name, startTimeoutMs, owner } = options;
    sourceUrl ??= new URL(`data:text/javascript,${encodeURIComponent(workerSource())}`);
    const workerData: WorkerSetup = { moduleUrl, tag: MESSAGE_TAG };
    this.#poolName = poolName;
    this.#owner = owner;
    const imported = Promise.withResolvers<WorkerCrashedError | undefined>();
    this.imported = imported.promise;
    this.#settleImported = imported.resolve;
    this.#worker = new Worker(sourceUrl, { name, workerData });
    const { promise, resolve } = Promise.withResolvers<void>();
    this.exited = promise;
    // The host's timer: the start of a thread belongs to no loop.
    this.#startTimer = setTimeout(
      () => this.#end(`an import that took longer than ${startTimeoutMs} ms`),
      startTimeoutMs,
    );
    this.#worker.on("message", this.#onMessage);
    this.#worker.on("messageerror", (error) => this.#finish({ kind: "error", error }));
    this.#worker.on("error", (error) => this.#end("an uncaught error", error));
    this.#worker.on("exit", (code) => {
      resolve();
      this.#end(`an exit with code ${code}`);
    });
  }

  /** Sends a job, also before the thread is ready. @throws {Error} if an argument cannot be cloned */
  post(job: JobMessage, transfer: readonly Transferable[]): void {
    this.#worker.postMessage(job, transfer as readonly NodeTransferable[]);
  }

  /** Lets the thread keep the process alive, as it does at first, or not. */
  keepAlive(enabled: boolean): void {
    if (enabled) this.#worker.ref();
    else this.#worker.unref();
  }

  /** Ends the thread at once, whatever it is doing; {@linkcode exited} tells when it is gone. */
  terminate(): void {
    this.#stop(new WorkerCrashedError(`A worker of ${this.#poolName} was ended`));
  }

  #onMessage = (reply: WorkerReply): void => {
    if (!Array.isArray(reply) || reply[0] !== MESSAGE_TAG) return;
    switch (reply[1]) {
      case "ready":
        clearTimeout(this.#startTimer);
        this.#settleImported(undefined);
        return this.#owner?.ready(this);
      case "result":
        return this.#finish({ kind: "result", value: reply[2] });
      case "error":
        return this.#finish({ kind: "error", error: decodeError(reply[2]) });
      case "crash":
        return this.#end("an uncaught error", decodeError(reply[2]));
    }
  };

  #finish(outcome: JobOutcome): void {
    this.#owner?.finished(this, outcome);
  }

  #end(what: string, cause?: unknown): void {
    const owner = this.#owner;
    if (owner === undefined) return;
    const text = cause instanceof Error ? `${what}: ${cause.name}: ${cause.message}` : what;
    const options = cause === undefined ? undefined : { cause };
    const failure = new WorkerCrashedError(`A worker of ${this.#poolName} ended by ${text}`, options);
    this.#stop(failure);
    owner.ended(this, failure);
  }

  #stop(reason: WorkerCrashedError): void {
    if (this.#owner === undefined) return;
    this.#owner = undefined;
    clearTimeout(this.#startTimer);
    this.#settleImported(reason);
    // Whoever waits for `exited` must not find that the process has ended instead.
    this.#worker.ref();
    this.#worker.terminate();
  }
}
