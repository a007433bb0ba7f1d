/**
 * The event loop under the IOLoop, after asyncio: a queue of ready handles, a
 * heap of timers and a selector.
 *
 * One turn runs what is ready when it begins, in this order: the callbacks of
 * `callSoon`, the handlers of ready resources, the timers that are due. What
 * they add waits for the next turn. A callback that throws goes to the
 * exception handler, and the turn goes on.
 *
 * How a turn begins. The loop is attached to Deno's own loop: new work resolves
 * a promise whose reaction is the turn, one microtask away, and never more than
 * one such wake-up is pending. Since microtasks starve the host, only a short
 * burst of turns may follow each other that way; then one goes through
 * `setImmediate`, and the host delivers its reads, timers and signals.
 *
 * How a callback sees the `AsyncLocalStorage` values of the place that scheduled
 * it. V8 keeps that context with every promise reaction. `callSoon` therefore
 * adds one reaction to the turn's gate, a promise that the turn resolves, and a
 * timer has a gate of its own. Reactions run in the order in which they were
 * added, so the queue stays first in, first out, at the price of one promise,
 * where a snapshot would cost twenty times as much. Turns themselves, and so all
 * handlers of resources, run in the context in which this module was loaded.
 *
 * @module
 */

import { AsyncLocalStorage } from "node:async_hooks";
import { clearImmediate, setImmediate } from "node:timers";
import { type Clock, hostClock } from "./clock.ts";
import { type Callback, Handle, TimerHandle } from "./handle.ts";
import { appLog, describeError, genLog } from "./log.ts";
import { RingBuffer } from "./ring_buffer.ts";
import { ERROR, Selector, type SelectorKey } from "./selector.ts";
import { TimerHeap } from "./timer_heap.ts";

/** What an exception handler is told. */
export interface ExceptionContext {
  /** What went wrong, for a person. */
  message: string;
  /** What was thrown. */
  exception?: unknown;
  /** The handle whose callback failed. */
  handle?: Handle;
  /** Anything else that helps; it appears in the log, sorted by name. */
  [key: string]: unknown;
}

/** Decides what happens with an error that no caller can take. */
export type ExceptionHandler = (
  loop: EventLoop,
  context: ExceptionContext,
) => void;

/** Settings of an {@linkcode EventLoop}. */
export interface EventLoopOptions {
  /** Where time comes from. @default the host's clock */
  readonly clock?: Clock;
  /** Whether to time callbacks and to record where they were scheduled. @default false */
  readonly debug?: boolean;
  /** In debug mode a callback or a turn that takes at least this long is logged. @default 100 */
  readonly slowCallbackDurationMs?: number;
}

type Mode = "attached" | "running" | "stopped" | "closed";

/** This many turns may follow each other before the host gets control. */
const MAX_BURST_TURNS = 64;
/** Turns may follow each other for this long before the host gets control. */
const MAX_BURST_MS = 1;
const DEFAULT_SLOW_CALLBACK_MS = 100;

/** Runs a function outside of every `AsyncLocalStorage` context that a caller may be in. */
const inRootContext = AsyncLocalStorage.snapshot();
const runningLoop = new AsyncLocalStorage<EventLoop>();

/**
 * Schedules callbacks, timers and the handlers of ready resources.
 *
 * It is *attached*: it takes turns as soon as it has work, without being
 * started. After {@linkcode stop} work is queued but does not run until
 * {@linkcode runForever} is called.
 *
 * @example Order of callbacks
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { EventLoop } from "@denado/denado/ioloop";
 *
 * const loop = new EventLoop();
 * const seen: string[] = [];
 * loop.callSoon(() => seen.push("first"));
 * loop.callSoon(() => seen.push("second"));
 * loop.callLater(1, () => loop.stop());
 * await loop.runForever();
 * assertEquals(seen, ["first", "second"]);
 * loop.close();
 * ```
 */
export class EventLoop {
  /**
   * The loop to which code belongs that runs in no loop's turn or coroutine,
   * such as the top level of a module; set by `IOLoop.makeCurrent`.
   */
  static default: EventLoop | undefined;

  /** Watches resources for this loop; `IOLoop.addHandler` is its public face. */
  readonly selector: Selector;
  /** In debug mode a callback or a turn that takes at least this many milliseconds is logged. */
  slowCallbackDurationMs: number;

  readonly #clock: Clock;
  #debug: boolean;
  #exceptionHandler: ExceptionHandler | undefined;

  readonly #ready = new RingBuffer<Handle>();
  #gate = Promise.withResolvers<void>();
  readonly #timers = new TimerHeap();
  #timerSequence = 0;
  readonly #events: SelectorKey[] = [];

  #mode: Mode = "attached";
  #stopping = false;
  #finishRun: (() => void) | undefined;

  #beginTurn!: () => void;
  #wakePending = false;
  #immediate: ReturnType<typeof setImmediate> | undefined;
  #inTurn = false;
  #turnStart = 0;
  #burstStart = -Infinity;
  #burstTurns = 0;
  #callbacksLeft = 0;
  #armedTimer: unknown;
  #armedFor = Infinity;
  #dueTimers: TimerHandle[] = [];

  /** Creates a loop, attached and empty. */
  constructor(options: EventLoopOptions = {}) {
    this.#clock = options.clock ?? hostClock;
    this.#debug = options.debug ?? false;
    this.slowCallbackDurationMs = options.slowCallbackDurationMs ??
      DEFAULT_SLOW_CALLBACK_MS;
    this.selector = new Selector(this.#wake);
    inRootContext(() => runningLoop.run(this, this.#armWake));
  }

  /** The loop whose turn, or whose coroutine, is running; `undefined` outside of any. */
  static running(): EventLoop | undefined {
    return runningLoop.getStore();
  }

  /** The {@linkcode running} loop, else the default one; made if there is none. */
  static current(): EventLoop {
    return runningLoop.getStore() ?? (EventLoop.default ??= new EventLoop());
  }

  /** Calls `callback` in the next turn, after everything scheduled before it. @throws {Error} if the loop is closed */
  callSoon<Args extends unknown[]>(
    callback: (...args: Args) => unknown,
    ...args: Args
  ): Handle {
    if (this.#mode === "closed") throw closedError();
    const handle = new Handle(
      callback,
      args,
      this.#debug ? this.#origin(callback) : undefined,
    );
    this.#ready.push(handle);
    this.#gate.promise.then(this.#runNext);
    if (!this.#wakePending) this.#wake();
    return handle;
  }

  /** Calls `callback` when `delayMs` milliseconds have passed, never earlier. */
  callLater<Args extends unknown[]>(
    delayMs: number,
    callback: (...args: Args) => unknown,
    ...args: Args
  ): TimerHandle {
    return this.callAt(
      this.#clock.now() + checkTime(delayMs, "delayMs"),
      callback,
      ...args,
    );
  }

  /** Calls `callback` when {@linkcode time} has reached `whenMs`, never earlier. */
  callAt<Args extends unknown[]>(
    whenMs: number,
    callback: (...args: Args) => unknown,
    ...args: Args
  ): TimerHandle {
    if (this.#mode === "closed") throw closedError();
    const gate = Promise.withResolvers<TimerHandle>();
    gate.promise.then(this.#runTimer);
    const timer = new TimerHandle(
      callback,
      args,
      {
        when: checkTime(whenMs, "whenMs"),
        sequence: this.#timerSequence++,
        heap: this.#timers,
        fire: gate.resolve,
      },
      this.#debug ? this.#origin(callback) : undefined,
    );
    this.#timers.push(timer);
    if (whenMs < this.#armedFor && !this.#inTurn) this.#armHostTimer();
    return timer;
  }

  /** The loop's monotonic time in milliseconds; `callAt` counts on it. */
  time(): number {
    return this.#clock.now();
  }

  /** When the latest turn began, on the same clock: cheap, and exact enough for time limits. */
  get turnTime(): number {
    return this.#turnStart;
  }

  /** Whether {@linkcode runForever} is in progress. */
  get isRunning(): boolean {
    return this.#mode === "running";
  }

  /** Whether {@linkcode close} was called. */
  get isClosed(): boolean {
    return this.#mode === "closed";
  }

  /** Whether work takes turns now: the loop is attached or running, not stopped and not closed. */
  get isAttached(): boolean {
    return this.#mode === "attached" || this.#mode === "running";
  }

  /**
   * Takes turns until {@linkcode stop}, and keeps the process alive meanwhile.
   *
   * After a `stop` that came first it runs what is ready, and resolves.
   *
   * @throws {Error} if the loop is running already or closed
   */
  runForever(): Promise<void> {
    if (this.#mode === "closed") throw closedError();
    if (this.#mode === "running") throw runningError();
    return this.#keepRunning("stopped");
  }

  /**
   * Takes turns until `promise` is settled, and returns its outcome. The loop is then
   * attached or stopped, as it was before.
   *
   * @throws {Error} if the loop is running already or closed, or is stopped before the promise is settled
   */
  async runUntilComplete<T>(promise: PromiseLike<T>): Promise<T> {
    if (this.#mode === "closed") throw closedError();
    if (this.#mode === "running") throw runningError();
    let settled = false;
    const settle = () => {
      settled = true;
      this.stop();
    };
    promise.then(settle, settle);
    await this.#keepRunning(this.#mode);
    if (!settled) {
      throw new Error("Event loop stopped before the future was done");
    }
    return await promise;
  }

  #keepRunning(modeAfterwards: Mode): Promise<void> {
    this.#mode = "running";
    const keepAlive = setInterval(() => {}, 2 ** 31 - 1);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#finishRun = () => {
      clearInterval(keepAlive);
      this.#finishRun = undefined;
      this.#stopping = false;
      this.#mode = modeAfterwards;
      resolve();
    };
    this.#wake();
    return promise;
  }

  /** Lets the turn that runs finish and ends {@linkcode runForever}; what is queued stays queued. */
  stop(): void {
    if (this.#mode === "closed") return;
    this.#stopping = true;
    if (this.#mode === "running") this.#wake();
    else this.#mode = "stopped";
  }

  /** Drops all work and every watched resource. Idempotent. @throws {Error} while the loop is running */
  close(): void {
    if (this.#mode === "closed") return;
    if (this.#mode === "running") {
      throw new Error("Cannot close the loop: it is running; call stop first");
    }
    this.#mode = "closed";
    this.selector.close();
    this.#ready.clear();
    this.#timers.clear();
    this.#disarmHostTimer();
    if (this.#immediate !== undefined) clearImmediate(this.#immediate);
  }

  /** Whether debug mode is on. */
  get debug(): boolean {
    return this.#debug;
  }

  set debug(enabled: boolean) {
    this.#debug = enabled;
  }

  /** The handler set by {@linkcode setExceptionHandler}; `undefined` stands for the default one. */
  getExceptionHandler(): ExceptionHandler | undefined {
    return this.#exceptionHandler;
  }

  /** Replaces the exception handler; `undefined` restores the default. @throws {TypeError} if it is not a function */
  setExceptionHandler(handler: ExceptionHandler | undefined): void {
    if (handler !== undefined && typeof handler !== "function") {
      throw new TypeError(
        `Cannot set an exception handler that is not a function: ${String(handler)}`,
      );
    }
    this.#exceptionHandler = handler;
  }

  /** Logs the error with everything the context says; what happens unless a handler was set. */
  defaultExceptionHandler(context: ExceptionContext): void {
    const { message, exception, handle, ...rest } = context;
    const lines = [message || "Unhandled exception in event loop"];
    for (const key of Object.keys(rest).sort()) {
      lines.push(`${key}: ${Deno.inspect(rest[key])}`);
    }
    if (exception !== undefined) lines.push(describeError(exception));
    if (handle?.origin?.stack) lines.push(handle.origin.stack);
    appLog.error(lines.join("\n"), { exception });
  }

  /** Hands an error that no caller can take to the exception handler. */
  callExceptionHandler(context: ExceptionContext): void {
    if (this.#exceptionHandler === undefined) {
      return this.defaultExceptionHandler(context);
    }
    try {
      this.#exceptionHandler(this, context);
    } catch (error) {
      this.defaultExceptionHandler({
        message: "Unhandled error in exception handler",
        exception: error,
        context: context.message,
        original: context.exception,
      });
    }
  }

  // --- waking up ---

  #wake = (): void => {
    if (this.#wakePending || this.#inTurn || !this.isAttached) return;
    this.#wakePending = true;
    if (
      this.#burstTurns < MAX_BURST_TURNS &&
      this.#turnStart - this.#burstStart < MAX_BURST_MS
    ) this.#beginTurn();
    else this.#immediate = setImmediate(this.#beginBurst);
  };

  #beginBurst = (): void => {
    this.#immediate = undefined;
    this.#burstTurns = 0;
    this.#burstStart = Infinity;
    this.#beginTurn();
  };

  /** Registers the reaction that is the next turn; called in the root context, where every turn then runs. */
  #armWake = (): void => {
    const { promise, resolve } = Promise.withResolvers<void>();
    promise.then(this.#turn);
    this.#beginTurn = resolve;
  };

  #hostTimerFired = (): void => {
    this.#armedTimer = undefined;
    this.#armedFor = Infinity;
    if (!this.#inTurn) this.#armHostTimer();
  };

  #armHostTimer(): void {
    const when = this.isAttached ? this.#timers.peek()?.when ?? Infinity : Infinity;
    if (when === this.#armedFor) return;
    this.#disarmHostTimer();
    if (when === Infinity) return;
    const delayMs = Math.ceil(when - this.#clock.now());
    if (delayMs <= 0) return this.#wake();
    this.#armedFor = when;
    this.#armedTimer = this.#clock.setTimer(this.#hostTimerFired, delayMs);
  }

  #disarmHostTimer(): void {
    if (this.#armedTimer !== undefined) {
      this.#clock.clearTimer(this.#armedTimer);
    }
    this.#armedTimer = undefined;
    this.#armedFor = Infinity;
  }

  // --- one turn ---

  #turn = (): void => {
    this.#armWake();
    this.#wakePending = false;
    if (!this.isAttached) return;
    this.#inTurn = true;
    const now = this.#clock.now();
    this.#turnStart = now;
    this.#burstTurns++;
    if (this.#burstStart === Infinity) this.#burstStart = now;
    this.selector.select(this.#events);
    if (this.#timers.size > 0) this.#takeDueTimers(now);
    this.#callbacksLeft = this.#ready.size;
    if (this.#callbacksLeft === 0) return this.#runHandlers();
    const gate = this.#gate;
    this.#gate = Promise.withResolvers<void>();
    gate.resolve();
    queueMicrotask(this.#runHandlers);
  };

  #takeDueTimers(now: number): void {
    for (let timer; (timer = this.#timers.popDue(now)) !== undefined;) {
      this.#dueTimers.push(timer);
    }
  }

  /** A reaction of the gate: runs the oldest handle, in the context in which it was scheduled. */
  #runNext = (): void => {
    const handle = this.#ready.shift();
    if (handle !== undefined && !handle.cancelled) this.#run(handle);
  };

  #runHandlers = (): void => {
    const events = this.#events;
    for (let at = 0; at < events.length; at++) this.#runHandler(events[at]!);
    events.length = 0;
    if (this.#dueTimers.length === 0) return this.#endTurn();
    const due = this.#dueTimers;
    this.#dueTimers = [];
    for (const timer of due) timer.fire();
    queueMicrotask(this.#endTurn);
  };

  #runHandler(key: SelectorKey): void {
    const events = key.readyEvents & (key.events | ERROR);
    if (key.events === 0 || events === 0 || this.#mode === "closed") return;
    const started = this.#debug ? this.#clock.now() : 0;
    try {
      key.callback(events);
    } catch (error) {
      this.callExceptionHandler({
        message: `Exception in handler of descriptor ${key.resource.fileno}`,
        exception: error,
      });
    }
    if (this.#debug) {
      this.#warnIfSlow(started, `handler of descriptor ${key.resource.fileno}`);
    }
    this.selector.settle(key);
  }

  #runTimer = (timer: TimerHandle): void => {
    if (!timer.cancelled && this.#mode !== "closed") this.#run(timer);
  };

  #endTurn = (): void => {
    this.#inTurn = false;
    if (this.#mode === "closed") return;
    if (this.#debug) this.#warnIfSlow(this.#turnStart, "turn of the loop");
    if (this.#stopping) this.#finishRun?.();
    if (this.#timers.size > 0 || this.#armedFor !== Infinity) {
      this.#armHostTimer();
    }
    if (this.#ready.size > 0 || this.selector.pending) this.#wake();
  };

  #run(handle: Handle): void {
    const started = this.#debug ? this.#clock.now() : 0;
    try {
      const inLoop = (runningLoop.getStore() ?? EventLoop.default) === this;
      const result = inLoop ? handle.run() : runningLoop.run(this, () => handle.run());
      if (isThenable(result)) {
        result.then(
          undefined,
          (error: unknown) => this.#reportFailure(handle, error),
        );
      }
    } catch (error) {
      this.#reportFailure(handle, error);
    }
    if (this.#debug) this.#warnIfSlow(started, handle.name, handle);
  }

  #reportFailure(handle: Handle, exception: unknown): void {
    this.callExceptionHandler({
      message: `Exception in callback ${handle}`,
      exception,
      handle,
    });
  }

  #warnIfSlow(started: number, name: string, handle?: Handle): void {
    const tookMs = this.#clock.now() - started;
    if (tookMs < this.slowCallbackDurationMs) return;
    const origin = handle?.origin?.stack === undefined ? "" : `\n${handle.origin.stack}`;
    genLog.warning(`Executing ${name} took ${tookMs.toFixed(1)} ms${origin}`);
  }

  #origin(callback: Callback): Error {
    if (typeof callback !== "function") {
      throw new TypeError(
        `Cannot schedule something that is not a function: ${Deno.inspect(callback)}`,
      );
    }
    const origin = new Error("Scheduled here");
    origin.name = "Origin";
    return origin;
  }
}

function checkTime(ms: number, name: string): number {
  if (typeof ms !== "number" || Number.isNaN(ms)) {
    throw new TypeError(
      `Cannot schedule a timer, ${name} must be a number of milliseconds: ${Deno.inspect(ms)}`,
    );
  }
  return ms;
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null &&
    typeof (value as PromiseLike<unknown>).then === "function";
}

function closedError(): Error {
  return new Error("Cannot use the loop: it is closed");
}

function runningError(): Error {
  return new Error(
    "Cannot start the loop: it is running already; start it once, outside of its callbacks",
  );
}
