/**
 * The IOLoop: handlers of ready resources, callbacks and timers in one place.
 *
 * It keeps what Tornado's keeps: `handlers` by descriptor, and the sets of
 * `readers` and `writers`. Turns, timers and waking up are the business of the
 * {@linkcode EventLoop} under it, readiness that of its selector.
 *
 * Which loop is current: within a turn or a coroutine of a loop it is that loop,
 * also after an `await`; anywhere else it is the one made current last, or a new
 * one when there is none. Several loops can therefore live side by side.
 *
 * @module
 */

import { chainFuture } from "./concurrent.ts";
import { Configurable } from "./configurable.ts";
import { type DurationParts, durationToMs } from "./duration.ts";
import { BadYieldError, TimeoutError } from "./errors.ts";
import { EventLoop, type EventLoopOptions } from "./event_loop.ts";
import { dummyExecutor, type Executor, submitTo } from "./executor.ts";
import { Future } from "./future.ts";
import { captureOrigin, type TimerHandle } from "./handle.ts";
import type { Duration } from "./periodic_callback.ts";
import { ERROR, NONE, READ, type Selectable, type SelectorKey, WRITE } from "./selector.ts";
import { isThenable } from "./thenable.ts";

/** Called with the resource that was registered and the events that are ready. */
export type Handler<R extends Selectable = Selectable> = (
  resource: R,
  events: number,
) => unknown;

/** A registration as {@linkcode IOLoop.handlers} shows it. */
export interface HandlerEntry {
  /** What was registered. */
  readonly resource: Selectable;
  /** Who is told. */
  readonly handler: Handler;
  /** The selector's side of the registration. */
  readonly key: SelectorKey;
}

/** Settings of an {@linkcode IOLoop}. */
export interface IOLoopOptions extends EventLoopOptions {
  /** Whether the loop becomes the current one at once. @default true */
  readonly makeCurrent?: boolean;
  /** An event loop to stand on, which has no IOLoop yet. @default a new one */
  readonly eventLoop?: EventLoop;
}

/** Settings of {@linkcode IOLoop.run}. */
export interface RunOptions {
  /** Ends the run with a {@linkcode TimeoutError} after this time, in milliseconds. @default no limit */
  readonly timeoutMs?: number;
  /** Ends the run when it is aborted, with its reason. */
  readonly signal?: AbortSignal;
}

/** Settings of {@linkcode IOLoop.close}. */
export interface CloseOptions {
  /** Whether registered resources are closed too. @default false */
  readonly allFds?: boolean;
}

const ioLoops = new WeakMap<EventLoop, IOLoop>();

/**
 * An event loop for input and output. Tornado: `tornado.ioloop.IOLoop`.
 *
 * @example Callbacks and timers
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { IOLoop } from "@denado/denado/ioloop";
 *
 * const loop = new IOLoop({ makeCurrent: false });
 * const answer = await loop.run(async () => {
 *   await new Promise<void>((resolve) => loop.callLater(1, resolve));
 *   return 42;
 * });
 * assertEquals(answer, 42);
 * loop.close();
 * ```
 */
export class IOLoop extends Configurable {
  /** Interest in nothing. */
  static readonly NONE: number = NONE;
  /** A read or an accept would not wait. */
  static readonly READ: number = READ;
  /** A write would not wait. */
  static readonly WRITE: number = WRITE;
  /** An error or a hang-up. */
  static readonly ERROR: number = ERROR;

  /** Turns, timers and callbacks. */
  readonly eventLoop!: EventLoop; // Set unless the constructor returns another object, which the compiler cannot tell.
  /** The registrations, by descriptor. */
  readonly handlers: Map<number, HandlerEntry> = new Map();
  /** The descriptors that are watched for {@linkcode READ}. */
  readonly readers: Set<number> = new Set();
  /** The descriptors that are watched for {@linkcode WRITE}. */
  readonly writers: Set<number> = new Set();

  #executor: Executor = dummyExecutor;

  /**
   * Creates a loop: an instance of the class given to `IOLoop.configure`, if there is one.
   *
   * @throws {Error} if the given event loop has an IOLoop already
   */
  constructor(options: IOLoopOptions = {}) {
    if (new.target === IOLoop) {
      options = IOLoop.withConfiguredOptions(options);
      const Implementation = IOLoop.configuredClass();
      if (Implementation !== IOLoop) return new Implementation(options);
    }
    super();
    if (options.eventLoop !== undefined && ioLoops.has(options.eventLoop)) {
      throw new Error(
        "Cannot create an IOLoop: the event loop has one already; use IOLoop.current",
      );
    }
    this.eventLoop = options.eventLoop ?? new EventLoop(options);
    ioLoops.set(this.eventLoop, this);
    if (options.makeCurrent ?? true) this.makeCurrent();
  }

  /** The class at which the implementations begin: `IOLoop` itself. */
  static override configurableBase(): typeof IOLoop {
    return IOLoop;
  }

  /** What `new IOLoop()` creates unless another class is configured: `IOLoop` itself. */
  static override configurableDefault(): typeof IOLoop {
    return IOLoop;
  }

  /** The current loop; made if there is none. */
  static current(): IOLoop;
  /** The current loop; with `instance: false`, `undefined` if there is none. */
  static current(options: { instance: boolean }): IOLoop | undefined;
  static current(
    options: { instance: boolean } = { instance: true },
  ): IOLoop | undefined {
    const eventLoop = options.instance ? EventLoop.current() : EventLoop.running() ?? EventLoop.default;
    if (eventLoop === undefined) return undefined;
    return ioLoops.get(eventLoop) ??
      (options.instance ? new IOLoop({ eventLoop, makeCurrent: false }) : undefined);
  }

  /** As {@linkcode IOLoop.current}, under Tornado's older name. */
  static instance(): IOLoop {
    return IOLoop.current();
  }

  /** Makes this the current loop for code that runs in no loop's turn or coroutine. */
  makeCurrent(): void {
    EventLoop.default = this.eventLoop;
  }

  /** As {@linkcode makeCurrent}, under Tornado's older name. */
  install(): void {
    this.makeCurrent();
  }

  /** Makes no loop current; does nothing if there is none. */
  static clearCurrent(): void {
    EventLoop.default = undefined;
  }

  /** As {@linkcode IOLoop.clearCurrent}, under Tornado's older name. */
  static clearInstance(): void {
    IOLoop.clearCurrent();
  }

  /** Whether {@linkcode start} or {@linkcode run} is in progress. */
  get isRunning(): boolean {
    return this.eventLoop.isRunning;
  }

  /**
   * Runs the loop until {@linkcode stop}, and keeps the process alive meanwhile.
   *
   * @throws {Error} if it is running already or closed
   */
  // deno-lint-ignore require-await -- a failure to start is a rejection
  async start(): Promise<void> {
    return this.eventLoop.runForever();
  }

  /** Lets the current turn finish, then ends {@linkcode start}; queued work waits for the next start. */
  stop(): void {
    this.eventLoop.stop();
  }

  /**
   * Runs the loop until `fn` has finished, and returns what it returns. Tornado: `run_sync`.
   *
   * `fn` is called in the first turn. When the time limit passes or `options.signal` is aborted, the signal that it was
   * given is aborted, and the future that it returned, if it is one, is cancelled. What it fails with after the run has
   * ended goes to the exception handler, unless it is a cancellation.
   *
   * @throws {TimeoutError} if the time limit passes first
   * @throws {BadYieldError} if `fn` returns something other than an awaitable, `undefined` or `null`
   * @throws {Error} if the loop is stopped first, is running already or closed
   * @throws what `fn` throws
   */
  async run<T>(fn: (signal: AbortSignal) => PromiseLike<T> | T, options: RunOptions = {}): Promise<T> {
    const { eventLoop } = this;
    const { timeoutMs, signal } = options;
    const outcome = new Future<T>({ loop: eventLoop });
    const run = eventLoop.runUntilComplete(outcome);
    let cancel = (_reason: unknown): void => {};
    const start = eventLoop.callSoon(() => {
      let returned: unknown;
      const task = Future.spawn<T>((signal) => requireAwaitable(returned = fn(signal)), {
        loop: eventLoop,
        ...(signal && { signal }),
        onCancel: (reason) => returned instanceof Future && returned.cancel(reason),
      });
      chainFuture(task, outcome);
      cancel = (reason) => task.cancel(reason);
    });
    const timer = timeoutMs === undefined ? undefined : eventLoop.callLater(timeoutMs, () => {
      if (outcome.done()) return;
      const error = new TimeoutError(`Operation timed out after ${timeoutMs} ms`);
      outcome.setException(error);
      cancel(error);
    });
    try {
      return await run;
    } finally {
      start.cancel();
      timer?.cancel();
    }
  }

  /** Alias of {@linkcode run}, under Tornado's name. */
  runSync<T>(fn: (signal: AbortSignal) => PromiseLike<T> | T, options: RunOptions = {}): Promise<T> {
    return this.run(fn, options);
  }

  /**
   * Forgets all handlers, callbacks and timers, and with `allFds` closes the resources too. Idempotent.
   *
   * @throws {Error} while the loop is running
   */
  close(options: CloseOptions = {}): void {
    if (this.eventLoop.isClosed) return;
    const resources = [...this.handlers.values()].map((entry) => entry.resource);
    this.eventLoop.close();
    this.handlers.clear();
    this.readers.clear();
    this.writers.clear();
    if (!options.allFds) return;
    for (const resource of resources) {
      try {
        this.closeFd(resource);
      } catch (exception) {
        const message = `Exception while closing the resource of descriptor ${resource.fileno}`;
        this.eventLoop.callExceptionHandler({ message, exception });
      }
    }
  }

  /** The loop's monotonic clock in milliseconds, on which {@linkcode callAt} counts. */
  time(): number {
    return this.eventLoop.time();
  }

  // --- handlers ---

  /**
   * Calls `handler(resource, events)` in each turn in which the resource is ready for one of `events`.
   *
   * The handler runs outside of the `AsyncLocalStorage` context of this call: a resource serves many. What it throws, or
   * the promise that it returns rejects with, goes to the exception handler.
   *
   * @throws {TypeError} if the handler is not a function
   * @throws {Error} if the resource is registered already, or the loop is closed
   */
  addHandler<R extends Selectable>(
    resource: R,
    handler: Handler<R>,
    events: number,
  ): void {
    if (typeof handler !== "function") {
      throw new TypeError(`Cannot watch a resource, the handler is not a function: ${Deno.inspect(handler)}`);
    }
    if (this.eventLoop.isClosed) throw new Error("Cannot watch a resource: the loop is closed");
    const descriptor = resource.fileno;
    const details = {
      name: handler.name,
      origin: this.eventLoop.debug ? captureOrigin(this.addHandler) : undefined,
    };
    const key = this.eventLoop.selector.register(resource, events, handler as Handler, details);
    this.handlers.set(descriptor, key);
    this.#note(descriptor, events);
  }

  /**
   * Changes the events for which a resource is watched.
   *
   * @throws {Error} if it is not registered
   */
  updateHandler(fd: number | Selectable, events: number): void {
    const [descriptor] = this.splitFd(fd);
    const entry = this.handlers.get(descriptor);
    if (entry === undefined) {
      throw new Error(
        `Cannot update a handler: descriptor ${descriptor} is not registered`,
      );
    }
    if (entry.key.events === events) return;
    this.eventLoop.selector.modify(entry.key, events);
    this.#note(descriptor, events);
  }

  /** Stops watching a resource; does nothing if it is not registered. The resource stays open. */
  removeHandler(fd: number | Selectable): void {
    const [descriptor] = this.splitFd(fd);
    const entry = this.handlers.get(descriptor);
    if (entry === undefined) return;
    this.handlers.delete(descriptor);
    this.#note(descriptor, NONE);
    this.eventLoop.selector.unregister(entry.key);
  }

  /** The descriptor and the resource for either of them; Tornado: `split_fd`. */
  splitFd(
    fd: number | Selectable,
  ): [descriptor: number, resource: Selectable | undefined] {
    if (typeof fd === "number") return [fd, this.handlers.get(fd)?.resource];
    return [fd.fileno, fd];
  }

  /** Closes a resource; does nothing for the descriptor of one that is not registered. Tornado: `close_fd`. */
  closeFd(fd: number | Selectable): void {
    const [, resource] = this.splitFd(fd);
    resource?.close();
  }

  // --- callbacks and timers ---

  /**
   * Calls `callback` in the next turn; on a closed loop it is dropped. Its error, sync or async, is logged.
   *
   * It may be called from anywhere: all that can reach the loop runs on its thread, also the listener of a signal and
   * that of a worker's message.
   *
   * @throws {TypeError} if the callback is not a function
   */
  addCallback<Args extends unknown[]>(
    callback: (...args: Args) => unknown,
    ...args: Args
  ): void {
    if (!this.eventLoop.isClosed) this.eventLoop.callSoon(callback, ...args);
  }

  /** As {@linkcode addCallback}: for work that nobody waits for. */
  spawnCallback<Args extends unknown[]>(
    callback: (...args: Args) => unknown,
    ...args: Args
  ): void {
    this.addCallback(callback, ...args);
  }

  /** As {@linkcode addCallback}, under the name that signal handlers use. */
  addCallbackFromSignal<Args extends unknown[]>(
    callback: (...args: Args) => unknown,
    ...args: Args
  ): void {
    this.addCallback(callback, ...args);
  }

  /** Calls `callback` when {@linkcode time} has reached `whenMs`; at once if that is past. */
  callAt<Args extends unknown[]>(
    whenMs: number,
    callback: (...args: Args) => unknown,
    ...args: Args
  ): TimerHandle {
    return this.eventLoop.callAt(whenMs, callback, ...args);
  }

  /** Calls `callback` when `delayMs` milliseconds have passed. */
  callLater<Args extends unknown[]>(
    delayMs: number,
    callback: (...args: Args) => unknown,
    ...args: Args
  ): TimerHandle {
    return this.eventLoop.callLater(delayMs, callback, ...args);
  }

  /**
   * Calls `callback` when a time has passed, in milliseconds or as a duration. Tornado's `add_timeout` takes a number for
   * a point in time; that is {@linkcode callAt} here.
   *
   * @throws {TypeError} if the delay is neither
   */
  addTimeout<Args extends unknown[]>(
    delay: number | Duration | DurationParts,
    callback: (...args: Args) => unknown,
    ...args: Args
  ): TimerHandle {
    const delayMs = typeof delay === "object" && delay !== null ? durationToMs(delay) : delay;
    return this.callLater(delayMs, callback, ...args);
  }

  /** Withdraws a timer; does nothing if it ran or was withdrawn before. */
  removeTimeout(timer: TimerHandle): void {
    timer.cancel();
  }

  /** A pending future on this loop. Python: `asyncio.loop.create_future`. */
  createFuture<T>(): Future<T> {
    return new Future<T>({ loop: this.eventLoop });
  }

  /**
   * Calls `callback(future)` in the turn after the future is done, also if it is done already. A future of another loop
   * is all the same answered in a turn of this one. On a closed loop the callback is dropped.
   */
  addFuture<T>(
    future: Future<T> | PromiseLike<T>,
    callback: (future: Future<T>) => unknown,
  ): void {
    const { eventLoop } = this;
    const own = Future.from(future, { loop: eventLoop });
    if (own.loop !== eventLoop) own.addDoneCallback((done) => this.addCallback(callback, done));
    else if (!eventLoop.isClosed) own.addDoneCallback(callback);
  }

  // --- executors ---

  /**
   * Calls `fn(...args)` by way of an executor, and returns the future of its result on this loop.
   *
   * `null` stands for the default executor. That calls `fn` at once, since a function cannot be sent to another thread:
   * give it one that hands its work over, such as `pool.bind("primes")` of a `WorkerPool`. The future fails if the
   * executor refuses; cancelling it cancels the job, if that is a future. Tornado: `run_in_executor`.
   *
   * @example
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { IOLoop, WorkerPool } from "@denado/denado/ioloop";
   *
   * const math = "data:text/javascript,export function square(n) { return n * n }";
   * await using pool = new WorkerPool<{ square(n: number): number }>(math, { size: 1 });
   * assertEquals(await IOLoop.current().runInExecutor(null, pool.bind("square"), 7), 49);
   * ```
   */
  runInExecutor<Args extends unknown[], R>(
    executor: Executor | null,
    fn: (...args: Args) => R,
    ...args: Args
  ): Future<Awaited<R>> {
    const job = submitTo(executor ?? this.#executor, fn, ...args);
    const result = new Future<Awaited<R>>({ loop: this.eventLoop, onCancel: (reason) => job.cancel(reason) });
    chainFuture(job, result);
    return result;
  }

  /** Chooses what {@linkcode runInExecutor} uses for `null`. Tornado: `set_default_executor`. */
  setDefaultExecutor(executor: Executor): void {
    this.#executor = executor;
  }

  #note(descriptor: number, events: number): void {
    if (events & READ) this.readers.add(descriptor);
    else this.readers.delete(descriptor);
    if (events & WRITE) this.writers.add(descriptor);
    else this.writers.delete(descriptor);
  }
}

function requireAwaitable<T>(value: T): T {
  if (value === undefined || value === null || isThenable(value)) return value;
  throw new BadYieldError(`Cannot run a function that returns neither a promise nor nothing: ${Deno.inspect(value)}`);
}
