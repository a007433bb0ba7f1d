/**
 * Long computations off the loop: a pool of workers that call the exported
 * functions of one module.
 *
 * A function cannot be sent to another thread, so a pool is made for a module
 * and a job names one of its exports. Arguments and results are copied, as
 * `structuredClone` does it, or moved.
 *
 * Workers start when there is a job and no idle worker, up to `size`. The worker
 * that became idle last is used first, so that a quiet pool keeps to few. Jobs
 * beyond that wait in a queue, first in, first out. The queue is bounded and a
 * full one refuses: an application that queues without limit answers late instead
 * of not at all. A worker which crashes, hangs or has to be interrupted is
 * ended, its job fails, and the next job gets a new worker.
 *
 * The loop stands still while a thread starts (see `start_budget.ts`), so the
 * replacements of workers are spread over time. Threads that start threads would
 * be the alternative; Deno 2.9 lets a thread in a thread wait for half a second.
 *
 * Invariant: jobs wait only while each of `size` workers has a job or its
 * replacement is due. The process is kept alive by workers that have a job, not by
 * idle ones.
 *
 * @module
 */

import type { Future } from "./future.ts";
import { IOLoop } from "./ioloop.ts";
import { describeError, genLog } from "./log.ts";
import { cpuCount } from "./process.ts";
import { StartBudget } from "./start_budget.ts";
import type { Transferred } from "./transferred.ts";
import { WorkerPoolClosedError, WorkerPoolFullError } from "./worker_errors.ts";
import { type JobOptions, WorkerJob } from "./worker_job.ts";
import { type JobOutcome, type WorkerOwner, WorkerThread } from "./worker_thread.ts";

/** Settings of a {@linkcode WorkerPool}. */
export interface WorkerPoolOptions {
  /** The most workers that run at the same time. @default one for each processor but one, which is left to the loop */
  readonly size?: number;
  /**
   * The most jobs that wait for a worker; one more fails with a `WorkerPoolFullError`.
   *
   * A thousand jobs of 10 ms are seconds of waiting on a few processors, longer than most callers care.
   *
   * @default 1000
   */
  readonly maxQueue?: number;
  /** What the pool is called in messages. @default the URL of its module */
  readonly name?: string;
  /** How long a job may run, in milliseconds, unless it says otherwise. @default no limit */
  readonly timeoutMs?: number;
  /** How long a worker may take to start and to import the module, in milliseconds. @default 30000 */
  readonly startTimeoutMs?: number;
}

/** Settings of {@linkcode WorkerPool.close}. */
export interface WorkerPoolCloseOptions {
  /** How long jobs may go on, in milliseconds; 0 gives them up at once. @default no limit */
  readonly graceMs?: number;
}

/** The names of a module's functions. */
export type JobName<M> = { [K in keyof M]: M[K] extends (...args: never) => unknown ? K : never }[keyof M] & string;

/** The arguments of one of a module's functions. */
export type JobArgs<M, K extends keyof M> = M[K] extends (...args: infer Args extends unknown[]) => unknown ? Args
  : never;

/** What a job resolves to: awaited, and without the wrapper of `transferred`. */
export type JobResult<M, K extends keyof M> = M[K] extends (...args: never) => infer R
  ? Awaited<R> extends Transferred<infer T> ? T : Awaited<R>
  : never;

/** A module whose types are not known. */
export type UntypedModule = Record<string, (...args: unknown[]) => unknown>;

/** Runs jobs: a {@linkcode WorkerPool}, or one with settings for its jobs. */
export interface JobRunner<M> {
  /** Calls an exported function in a worker. */
  run<K extends JobName<M>>(name: K, ...args: JobArgs<M, K>): Future<JobResult<M, K>>;
  /** A function that calls an exported one in a worker. */
  bind<K extends JobName<M>>(name: K): (...args: JobArgs<M, K>) => Future<JobResult<M, K>>;
}

const DEFAULT_MAX_QUEUE = 1000;
const DEFAULT_START_TIMEOUT_MS = 30_000;
/** A start of 50 ms is followed by a pause of 150 ms: the loop stays usable, and a pool of a few workers recovers. */
const REPLACEMENT_SHARE = 0.25;

/**
 * Workers for the computations that would block the loop.
 *
 * A job gets its result on the loop that is current where it is started, and its
 * future can be cancelled. Errors come back with name, message, stack, cause and
 * simple fields.
 *
 * @example Two jobs at the same time
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { WorkerPool } from "@denado/denado/ioloop";
 *
 * // In a program: new WorkerPool<typeof import("./math.ts")>(new URL("./math.ts", import.meta.url))
 * const math = "data:text/javascript,export function square(n) { return n * n }";
 * await using pool = new WorkerPool<{ square(n: number): number }>(math, { size: 2 });
 *
 * const squares = await Promise.all([pool.run("square", 3), pool.run("square", 4)]);
 * assertEquals(squares, [9, 16]);
 * ```
 *
 * @example A time limit and a signal
 * ```ts
 * import { assertEquals, assertRejects } from "@std/assert";
 * import { TimeoutError, WorkerPool } from "@denado/denado/ioloop";
 *
 * const module = "data:text/javascript,export function spin() { for (;;); } export function ping() { return 'pong' }";
 * await using pool = new WorkerPool(module, { size: 1 });
 *
 * await assertRejects(() => pool.with({ timeoutMs: 10 }).run("spin"), TimeoutError);
 * assertEquals(await pool.run("ping"), "pong");
 * ```
 */
export class WorkerPool<M extends object = UntypedModule> implements JobRunner<M>, AsyncDisposable {
  /** The absolute URL of the module. */
  readonly moduleUrl: string;
  /** What the pool is called in messages. */
  readonly name: string;
  /** The most workers that run at the same time. */
  readonly size: number;
  /** The most jobs that wait. */
  readonly maxQueue: number;
  readonly #startTimeoutMs: number;
  readonly #defaults: JobOptions;

  readonly #queue = new Set<WorkerJob>();
  /** Every live thread, and its job. */
  readonly #threads = new Map<WorkerThread, WorkerJob | undefined>();
  /** The threads without a job; the last one was used last. */
  readonly #idle: WorkerThread[] = [];
  /** Threads that have imported the module. */
  readonly #ready = new WeakSet<WorkerThread>();
  /** Threads that are told to end and have not ended yet. */
  readonly #leaving = new Set<Promise<void>>();
  readonly #owner: WorkerOwner;
  readonly #budget = new StartBudget(REPLACEMENT_SHARE);
  #started = 0;
  /** The calls of {@linkcode start} in progress; they take the errors of idle threads. */
  #starts = 0;
  #pause: ReturnType<typeof setTimeout> | undefined;
  #closing = false;
  #drained: PromiseWithResolvers<void> | undefined;

  /**
   * A pool for a module, which is given by an absolute URL: `new URL("./math.ts", import.meta.url)`, a `jsr:` or `npm:`
   * specifier, a `data:` URL. Nothing is loaded before the first job.
   *
   * Importing a local module in a worker needs the permission to read it.
   *
   * @throws {TypeError} if the URL is relative
   * @throws {RangeError} if `size` is not a positive integer or `maxQueue` is negative
   */
  constructor(moduleUrl: string | URL, options: WorkerPoolOptions = {}) {
    const { size = Math.max(cpuCount() - 1, 1), maxQueue = DEFAULT_MAX_QUEUE } = options;
    if (!URL.canParse(moduleUrl)) {
      throw new TypeError(
        `Cannot find the module of a worker pool, its URL must be absolute, as by import.meta.resolve: ${moduleUrl}`,
      );
    }
    if (!Number.isInteger(size) || size < 1) {
      throw new RangeError(`Cannot make a worker pool, size must be a positive integer: ${size}`);
    }
    if (!(maxQueue >= 0)) {
      throw new RangeError(`Cannot make a worker pool, maxQueue must not be negative: ${maxQueue}`);
    }
    this.moduleUrl = String(moduleUrl);
    this.size = size;
    this.maxQueue = maxQueue;
    this.name = options.name ?? this.moduleUrl;
    this.#startTimeoutMs = options.startTimeoutMs ?? DEFAULT_START_TIMEOUT_MS;
    this.#defaults = options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs };
    this.#owner = {
      ready: (thread) => this.#threadReady(thread),
      finished: (thread, outcome) => this.#threadFinished(thread, outcome),
      ended: (thread, error) => this.#threadEnded(thread, error),
    };
  }

  /** The number of live workers, idle ones included. */
  get workers(): number {
    return this.#threads.size;
  }

  /** The number of jobs that have a worker. */
  get running(): number {
    return this.#threads.size - this.#idle.length;
  }

  /** The number of jobs that wait for a worker. */
  get queued(): number {
    return this.#queue.size;
  }

  /** Whether {@linkcode close} was called. */
  get closed(): boolean {
    return this.#closing;
  }

  /**
   * Starts all workers and resolves when they have imported the module. Otherwise workers start with the first jobs, and
   * the loop stands still for some 50 ms each time; a server does that better before it listens.
   *
   * @throws {WorkerCrashedError} if the module cannot be imported
   * @throws {WorkerPoolClosedError} if the pool is closed
   */
  async start(): Promise<void> {
    if (this.#closing) throw new WorkerPoolClosedError("Cannot start the workers: the worker pool is closed");
    while (this.#threads.size < this.size) this.#next(this.#addThread());
    this.#starts++;
    try {
      const failures = await Promise.all([...this.#threads.keys()].map((thread) => thread.imported));
      const failure = failures.find((failure) => failure !== undefined);
      if (failure !== undefined) throw failure;
    } finally {
      this.#starts--;
    }
  }

  /**
   * Calls an exported function of the module in a worker.
   *
   * The arguments are copied before it returns. The future fails with
   *
   * - what the function throws, also when there is no such function (`TypeError`);
   * - {@linkcode WorkerCrashedError}, if the worker ended before the function did;
   * - `TimeoutError`, if it took longer than the pool's `timeoutMs`;
   * - {@linkcode WorkerPoolFullError}, if too many jobs wait;
   * - {@linkcode WorkerPoolClosedError}, if the pool was closed;
   * - `TypeError`, if an argument or the result cannot be cloned.
   *
   * Cancelling the future takes the job from the queue, or ends the worker that runs it.
   */
  run<K extends JobName<M>>(name: K, ...args: JobArgs<M, K>): Future<JobResult<M, K>> {
    return this.#submit(name, args, this.#defaults) as Future<JobResult<M, K>>;
  }

  /** A function that calls an exported one in a worker; for callbacks and `IOLoop.runInExecutor`. */
  bind<K extends JobName<M>>(name: K): (...args: JobArgs<M, K>) => Future<JobResult<M, K>> {
    return named(name, (...args) => this.run(name, ...args));
  }

  /** This pool with settings for the jobs that are started through the result. */
  with(options: JobOptions): JobRunner<M> {
    const merged = { ...this.#defaults, ...options };
    const run = <K extends JobName<M>>(name: K, ...args: JobArgs<M, K>) =>
      this.#submit(name, args, merged) as Future<JobResult<M, K>>;
    return { run, bind: (name) => named(name, (...args) => run(name, ...args)) };
  }

  /**
   * Takes no more jobs, lets those that were started finish, and ends all workers. Resolves when no thread is left.
   *
   * With `graceMs`, jobs that are not done by then fail with a {@linkcode WorkerPoolClosedError}. Calling it again is
   * allowed and can shorten the wait.
   */
  async close(options: WorkerPoolCloseOptions = {}): Promise<void> {
    const { graceMs = Infinity } = options;
    this.#closing = true;
    for (const thread of this.#idle.splice(0)) this.#release(thread);
    if (graceMs <= 0) this.#abandonJobs();
    if (!this.#isDrained) {
      const deadline = graceMs < Infinity ? IOLoop.current().callLater(graceMs, () => this.#abandonJobs()) : undefined;
      this.#drained ??= Promise.withResolvers();
      await this.#drained.promise;
      deadline?.cancel();
    }
    await Promise.all(this.#leaving);
  }

  /** As {@linkcode close}: lets the jobs finish. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #submit(name: string, args: readonly unknown[], options: JobOptions): Future<unknown> {
    const loop = IOLoop.current();
    const job = new WorkerJob({ name, args }, options, loop, this.#jobGivenUp);
    if (job.ended) return job.future; // Its signal is aborted already.
    try {
      this.#admit(job);
    } catch (error) {
      job.end({ kind: "error", error });
    }
    return job.future;
  }

  /** Hands the job to a worker or puts it into the queue. @throws what the job is to fail with */
  #admit(job: WorkerJob): void {
    if (this.#closing) {
      throw new WorkerPoolClosedError(`Cannot run ${job.name}: the worker pool is closed`);
    }
    const vacancies = this.size - this.#threads.size;
    const mayStart = vacancies > 0 && this.#queue.size === 0 && this.#startWaitMs === 0;
    const thread = this.#idle.pop() ?? (mayStart ? this.#addThread() : undefined);
    if (thread !== undefined) {
      try {
        return this.#assign(thread, job);
      } catch (error) {
        this.#becomeIdle(thread);
        throw error;
      }
    }
    // The first in the queue need not wait for others, only for a thread.
    if (this.#queue.size >= this.maxQueue + vacancies) {
      throw new WorkerPoolFullError(`Cannot run ${job.name}: ${this.#queue.size} jobs wait already`);
    }
    job.detach();
    this.#queue.add(job);
    this.#fill();
  }

  /** How long the next thread has to wait; the first `size` need not, only replacements. */
  get #startWaitMs(): number {
    return this.#started < this.size ? 0 : this.#budget.waitMs;
  }

  #addThread(): WorkerThread {
    const name = `denado-worker-${++this.#started}`;
    const thread = this.#budget.spend(() =>
      new WorkerThread(this.moduleUrl, {
        poolName: this.name,
        name,
        startTimeoutMs: this.#startTimeoutMs,
        owner: this.#owner,
      })
    );
    this.#threads.set(thread, undefined);
    return thread;
  }

  /** Starts threads for the jobs that wait, now or when the pause after the last start is over. */
  #fill(): void {
    while (this.#queue.size > 0 && this.#threads.size < this.size) {
      const waitMs = this.#startWaitMs;
      if (waitMs > 0) {
        this.#pause ??= setTimeout(this.#pauseOver, waitMs);
        return;
      }
      this.#next(this.#addThread());
    }
  }

  #unqueue(job: WorkerJob): void {
    this.#queue.delete(job);
    if (this.#queue.size > 0) return;
    clearTimeout(this.#pause);
    this.#pause = undefined;
  }

  #pauseOver = (): void => {
    this.#pause = undefined;
    this.#fill();
  };

  /** Gives a job to a thread that has none. @throws {TypeError} if the arguments cannot be cloned */
  #assign(thread: WorkerThread, job: WorkerJob): void {
    job.post(thread);
    this.#threads.set(thread, job);
    thread.keepAlive(true);
    if (this.#ready.has(thread)) job.begin();
  }

  #becomeIdle(thread: WorkerThread): void {
    this.#threads.set(thread, undefined);
    this.#idle.push(thread);
    thread.keepAlive(false);
  }

  /** Gives the thread the next job; without one it becomes idle, or ends if the pool is closing. */
  #next(thread: WorkerThread): void {
    for (const job of this.#queue) {
      this.#unqueue(job);
      try {
        return this.#assign(thread, job);
      } catch (error) {
        job.end({ kind: "error", error });
      }
    }
    if (this.#closing) this.#release(thread);
    else this.#becomeIdle(thread);
  }

  /** Ends a thread; a job that waits gets a new one. */
  #replace(thread: WorkerThread): void {
    this.#release(thread);
    this.#fill();
  }

  #release(thread: WorkerThread): void {
    thread.terminate();
    this.#threads.delete(thread);
    const gone = thread.exited.then(() => void this.#leaving.delete(gone));
    this.#leaving.add(gone);
    this.#checkDrained();
  }

  get #isDrained(): boolean {
    return this.#threads.size === 0 && this.#queue.size === 0;
  }

  #checkDrained(): void {
    if (this.#closing && this.#isDrained) this.#drained?.resolve();
  }

  #threadReady(thread: WorkerThread): void {
    this.#ready.add(thread);
    this.#threads.get(thread)?.begin();
  }

  #threadFinished(thread: WorkerThread, outcome: JobOutcome): void {
    this.#threads.get(thread)?.end(outcome);
    this.#next(thread);
  }

  #threadEnded(thread: WorkerThread, error: Error): void {
    const job = this.#threads.get(thread);
    if (job === undefined) {
      this.#idle.splice(this.#idle.indexOf(thread), 1);
      if (this.#starts === 0 || this.#ready.has(thread)) {
        genLog.warning(`A worker without a job was lost\n${describeError(error)}`, { exception: error });
      }
    } else {
      error.message += `, while it had the job ${job.name}`;
      job.end({ kind: "error", error });
    }
    this.#replace(thread);
  }

  #jobGivenUp = (job: WorkerJob): void => {
    if (this.#queue.has(job)) {
      this.#unqueue(job);
      return this.#checkDrained();
    }
    for (const [thread, running] of this.#threads) {
      if (running === job) return this.#replace(thread);
    }
  };

  #abandonJobs(): void {
    const abandon = (job: WorkerJob) => {
      const error = new WorkerPoolClosedError(`${job.name} was given up: the worker pool was closed`);
      job.end({ kind: "error", error });
    };
    for (const job of this.#queue) {
      this.#unqueue(job);
      abandon(job);
    }
    for (const [thread, job] of [...this.#threads]) {
      if (job !== undefined) abandon(job);
      this.#release(thread);
    }
    this.#checkDrained();
  }
}

/** Gives a function the name of the job it stands for, for messages and logs. */
function named<F>(name: string, fn: F): F {
  return Object.defineProperty(fn, "name", { value: name });
}
