/**
 * The event loop under the IOLoop, after asyncio: a queue of ready handles, a
 * heap of timers and a selector.
 *
 * One turn runs what is ready when it begins, in this order: the callbacks of
 * `callSoon`, the handlers of ready resources, the timers that are due. What
 * they add waits for the next turn. A callback that throws goes to the
 * exception handler, and the turn goes on.
 *
 * The loop is attached to Deno's own loop and takes turns as soon as it has
 * work; when exactly is the business of the {@linkcode TurnScheduler}. For its
 * timers it arms one host timer, and none when no timer is left, so that an idle
 * loop costs nothing and keeps no process alive.
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
import { Alarm } from "./alarm.ts";
import { type Clock, hostClock } from "./clock.ts";
import { isCancellation } from "./errors.ts";
import {
  describeExceptionContext,
  describeOrigin,
  type ExceptionContext,
  type ExceptionHandler,
} from "./exception_handler.ts";
import { Gate } from "./gate.ts";
import { type Callback, captureOrigin, Handle, TimerHandle } from "./handle.ts";
import { appLog, genLog } from "./log.ts";
import { RingBuffer } from "./ring_buffer.ts";
import { ERROR, NONE, Selector, type SelectorKey } from "./selector.ts";
import { isThenable } from "./thenable.ts";
import { TimerHeap } from "./timer_heap.ts";
import { TurnScheduler } from "./turn_scheduler.ts";

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
  /** Whether to time callbacks and to record where they are scheduled. */
  debug: boolean;
  /** In debug mode a callback or a turn that takes at least this many milliseconds is logged. */
  slowCallbackDurationMs: number;

  readonly #clock: Clock;
  #exceptionHandler: ExceptionHandler | undefined;
  readonly #signalListeners = new Map<Deno.Signal, () => void>();

  readonly #ready = new RingBuffer<Handle>();
  /** Holds back one reaction for each ready handle. */
  #gate = new Gate();
  readonly #timers: TimerHeap;
  #timerSequence = 0;
  readonly #events: SelectorKey[] = [];
  #dueTimers: TimerHandle[] = [];
  #dueTimersRun = 0;

  #mode: Mode = "attached";
  #stopping = false;
  #finishRun: (() => void) | undefined;
  #runs = 0;

  readonly #turns: TurnScheduler;
  readonly #alarm: Alarm;
  #alarmPending = false;
  #inTurn = false;
  #turnTime: number;
  /** A time that has passed: the last one that the clock was seen to show. */
  #lastTime = -Infinity;

  /** Creates a loop, attached and empty. */
  constructor(options: EventLoopOptions = {}) {
    this.#clock = options.clock ?? hostClock;
    this.#turnTime = this.#now();
    this.debug = options.debug ?? false;
    this.slowCallbackDurationMs = options.slowCallbackDurationMs ?? DEFAULT_SLOW_CALLBACK_MS;
    this.selector = new Selector(this.#resourceReady, this.#selectFailed);
    this.#timers = new TimerHeap(() => this.#setAlarmSoon());
    this.#alarm = new Alarm(this.#clock, this.#setAlarm);
    const turns = { readTime: this.#readTurnTime, takeTurn: this.#takeTurn };
    this.#turns = inRootContext(() => runningLoop.run(this, () => new TurnScheduler(turns)));
  }

  /** The loop whose turn, or whose coroutine, is running; `undefined` outside of any. */
  static running(): EventLoop | undefined {
    return runningLoop.getStore();
  }

  /** The {@linkcode running} loop, else the default one; made if there is none. */
  static current(): EventLoop {
    return runningLoop.getStore() ?? (EventLoop.default ??= new EventLoop());
  }

  /**
   * Calls `callback` in the next turn, after everything scheduled before it.
   *
   * @throws {TypeError} if it is not a function
   * @throws {Error} if the loop is closed
   */
  callSoon<Args extends unknown[]>(callback: (...args: Args) => unknown, ...args: Args): Handle {
    this.#requireSchedulable(callback);
    const handle = new Handle(callback, args, this.debug ? captureOrigin(this.callSoon) : undefined);
    this.#ready.push(handle);
    this.#gate.opened.then(this.#runNextHandle);
    this.#wake();
    return handle;
  }

  /**
   * As {@linkcode callSoon}, under asyncio's name for calls from elsewhere. JavaScript runs everything that can reach
   * this loop on one thread, signal listeners and messages of workers included, so there is no difference.
   */
  callSoonThreadsafe<Args extends unknown[]>(callback: (...args: Args) => unknown, ...args: Args): Handle {
    return this.callSoon(callback, ...args);
  }

  /**
   * Calls `callback` when `delayMs` milliseconds have passed, never earlier; in the next turn if it is not positive,
   * never if it is `Infinity`.
   *
   * @throws {TypeError} if `delayMs` is not a number, or `callback` not a function
   * @throws {Error} if the loop is closed
   */
  callLater<Args extends unknown[]>(
    delayMs: number,
    callback: (...args: Args) => unknown,
    ...args: Args
  ): TimerHandle {
    return this.#schedule(this.#now() + checkTime(delayMs, "delayMs"), callback, args, this.callLater);
  }

  /**
   * Calls `callback` when {@linkcode time} has reached `whenMs`, never earlier. Timers that are due in one turn run in
   * the order of their times, and those of the same time in the order in which they were scheduled.
   *
   * @throws {TypeError} if `whenMs` is not a number, or `callback` not a function
   * @throws {Error} if the loop is closed
   */
  callAt<Args extends unknown[]>(
    whenMs: number,
    callback: (...args: Args) => unknown,
    ...args: Args
  ): TimerHandle {
    return this.#schedule(checkTime(whenMs, "whenMs"), callback, args, this.callAt);
  }

  #schedule(when: number, callback: Callback, args: readonly unknown[], method: Callback): TimerHandle {
    this.#requireSchedulable(callback);
    const gate = new Gate();
    gate.opened.then(this.#runNextTimer);
    const plan = { when, sequence: this.#timerSequence++, heap: this.#timers, fire: gate.open };
    const timer = new TimerHandle(callback, args, plan, this.debug ? captureOrigin(method) : undefined);
    this.#timers.push(timer);
    if (when < this.#alarm.when) {
      if (when <= this.#lastTime) this.#wake();
      else this.#setAlarmSoon();
    }
    return timer;
  }

  /**
   * Calls `callback` in a turn of the loop whenever the process receives a signal; it replaces the callback that this
   * loop had for the signal. Python: `asyncio.loop.add_signal_handler`.
   *
   * @throws {TypeError} if the host does not know the signal or does not allow to handle it
   * @throws {Error} if the loop is closed
   */
  addSignalHandler<Args extends unknown[]>(
    signal: Deno.Signal,
    callback: (...args: Args) => unknown,
    ...args: Args
  ): void {
    this.#requireSchedulable(callback);
    const listener = () => {
      this.callSoon(callback, ...args);
    };
    Deno.addSignalListener(signal, listener);
    this.removeSignalHandler(signal);
    this.#signalListeners.set(signal, listener);
  }

  /** Takes back {@linkcode addSignalHandler}; tells whether there was a callback. */
  removeSignalHandler(signal: Deno.Signal): boolean {
    const listener = this.#signalListeners.get(signal);
    if (listener === undefined) return false;
    this.#signalListeners.delete(signal);
    Deno.removeSignalListener(signal, listener);
    return true;
  }

  /** The loop's monotonic time in milliseconds; `callAt` counts on it. */
  time(): number {
    return this.#now();
  }

  /**
   * When the latest turn began, on the same clock: cheap, and exact enough for time limits in code that a turn started.
   * Code that comes back from elsewhere, such as a coroutine that awaited the host, should ask {@linkcode time}.
   */
  get turnTime(): number {
    return this.#turnTime;
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
    return this.#keepRunning("stopped");
  }

  /**
   * Takes turns until `promise` is settled, and returns its outcome. The loop is then
   * attached or stopped, as it was before.
   *
   * @throws {Error} if the loop is running already or closed; by rejection, if it is stopped before the promise is settled.
   * A failure of the promise after that goes to the exception handler.
   */
  runUntilComplete<T>(promise: PromiseLike<T>): Promise<T> {
    const finished = this.#keepRunning(this.#mode);
    const run = this.#runs;
    let settled = false;
    const settle = () => {
      if (this.#mode !== "running" || this.#runs !== run) return false;
      this.stop();
      return settled = true;
    };
    promise.then(settle, (exception) => {
      if (settle() || isCancellation(exception)) return;
      this.callExceptionHandler({ message: "Failure after the loop was stopped", exception });
    });
    return finished.then(() => {
      if (settled) return promise;
      throw new Error("Event loop stopped before the future was done");
    });
  }

  #keepRunning(modeAfterwards: Mode): Promise<void> {
    if (this.#mode === "closed") throw closedError();
    if (this.#mode === "running") throw runningError();
    this.#mode = "running";
    this.#runs++;
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
    if (this.#mode === "running") return this.#wake();
    this.#mode = "stopped";
    this.#alarm.clear();
  }

  /**
   * Drops all work, every watched resource and every signal handler; the rest of a turn that runs is dropped too.
   * Idempotent.
   *
   * @throws {Error} while the loop is running
   */
  close(): void {
    if (this.#mode === "closed") return;
    if (this.#mode === "running") throw new Error("Cannot close the loop: it is running; call stop first");
    this.#mode = "closed";
    if (EventLoop.default === this) EventLoop.default = undefined;
    for (const signal of [...this.#signalListeners.keys()]) this.removeSignalHandler(signal);
    this.#turns.close();
    this.#alarm.clear();
    this.#ready.clear();
    this.#timers.clear();
    this.selector.close();
  }

  /** The handler set by {@linkcode setExceptionHandler}; `undefined` stands for the default one. */
  getExceptionHandler(): ExceptionHandler | undefined {
    return this.#exceptionHandler;
  }

  /** Replaces the exception handler; `undefined` restores the default. @throws {TypeError} if it is not a function */
  setExceptionHandler(handler: ExceptionHandler | undefined): void {
    if (handler !== undefined && typeof handler !== "function") {
      throw new TypeError(`Cannot set an exception handler that is not a function: ${Deno.inspect(handler)}`);
    }
    this.#exceptionHandler = handler;
  }

  /** Logs the error with everything the context says; what happens unless a handler was set. */
  defaultExceptionHandler(context: ExceptionContext): void {
    appLog.error(describeExceptionContext(context), { exception: context.exception });
  }

  /** Hands an error that no caller can take to the exception handler; if that fails, both errors are logged. */
  callExceptionHandler(context: ExceptionContext): void {
    const handler = this.#exceptionHandler;
    if (handler === undefined) return this.defaultExceptionHandler(context);
    const logBoth = (exception: unknown) =>
      this.defaultExceptionHandler({
        message: "Unhandled error in exception handler",
        exception,
        context: context.message,
        original: context.exception,
      });
    try {
      const result = handler(this, context);
      if (isThenable(result)) result.then(undefined, logBoth);
    } catch (error) {
      logBoth(error);
    }
  }

  // --- waking up ---

  #wake = (): void => {
    if (!this.#inTurn && this.isAttached) this.#turns.request();
  };

  #resourceReady = (): void => {
    if (this.#inTurn) return;
    this.#turns.noteArrival();
    this.#wake();
  };

  /**
   * Sets the alarm when a turn ends, or else in a microtask: setting and clearing it costs ten times as much as a timer
   * of the loop, and most timers are cancelled soon.
   */
  #setAlarmSoon(): void {
    if (this.#inTurn || this.#turns.requested || this.#alarmPending) return;
    this.#alarmPending = true;
    queueMicrotask(this.#setPendingAlarm);
  }

  #setPendingAlarm = (): void => {
    this.#alarmPending = false;
    if (!this.#inTurn) this.#setAlarm();
  };

  /** Sees to it that the earliest timer wakes the loop; without one, that nothing does. */
  #setAlarm = (): void => {
    const when = this.isAttached ? this.#timers.peek()?.when : undefined;
    if (when === undefined) return this.#alarm.clear();
    // An alarm that is too early does no harm, and setting one costs more than a turn.
    if (when >= this.#alarm.when) return;
    if (when <= this.#lastTime || when <= this.#now()) this.#wake();
    else this.#alarm.set(when, this.#lastTime);
  };

  #now(): number {
    return this.#lastTime = this.#clock.now();
  }

  // --- one turn ---

  #readTurnTime = (): number => this.#turnTime = this.#now();

  #takeTurn = (): void => {
    if (!this.isAttached) return;
    this.#inTurn = true;
    this.selector.select(this.#events);
    if (this.#timers.size > 0) this.#timers.takeDue(this.#turnTime, this.#dueTimers);
    if (this.#ready.size === 0) return this.#runHandlers();
    const gate = this.#gate;
    this.#gate = new Gate();
    gate.open();
    queueMicrotask(this.#runHandlers);
  };

  /** A reaction of the gate: runs the oldest handle, in the context in which it was scheduled. */
  #runNextHandle = (): void => {
    const handle = this.#ready.shift();
    if (handle !== undefined && !handle.cancelled) this.#run(handle);
  };

  #runHandlers = (): void => {
    const events = this.#events;
    for (let at = 0; at < events.length; at++) this.#runHandler(events[at]!);
    events.length = 0;
    if (this.#dueTimers.length === 0) return this.#endTurn();
    for (const timer of this.#dueTimers) timer.fire();
    queueMicrotask(this.#endTurn);
  };

  #runHandler(key: SelectorKey): void {
    const events = key.readyEvents & (key.events | ERROR);
    if (key.events === NONE || events === NONE || this.#mode === "closed") return;
    const started = this.debug ? this.#now() : NaN;
    try {
      const result = key.callback(key.resource, events);
      if (isThenable(result)) result.then(undefined, (error) => this.#handlerFailed(key, error));
    } catch (error) {
      this.#handlerFailed(key, error);
    }
    if (this.debug) this.#warnIfSlow(started, String(key), key.origin);
    this.selector.settle(key);
  }

  /** A reaction of a timer's own gate. Gates open in the order of the timers that are due, so this is the timer's turn. */
  #runNextTimer = (): void => {
    const timer = this.#dueTimers[this.#dueTimersRun++]!;
    if (!timer.cancelled && this.#mode !== "closed") this.#run(timer);
  };

  #endTurn = (): void => {
    this.#inTurn = false;
    if (this.#dueTimersRun > 0) {
      this.#dueTimers = [];
      this.#dueTimersRun = 0;
    }
    if (this.#mode === "closed") return;
    if (this.debug) this.#warnIfSlow(this.#turnTime, "a turn of the loop");
    if (this.#stopping) this.#finishRun?.();
    if (this.#timers.size > 0 || this.#alarm.when !== Infinity) this.#setAlarm();
    if (this.#ready.size > 0 || this.selector.pending) this.#wake();
  };

  #run(handle: Handle): void {
    const started = this.debug ? this.#now() : NaN;
    try {
      const result = runningLoop.getStore() === this ? handle.run() : runningLoop.run(this, runHandle, handle);
      if (isThenable(result)) result.then(undefined, (error) => this.#callbackFailed(handle, error));
    } catch (error) {
      this.#callbackFailed(handle, error);
    }
    if (this.debug) this.#warnIfSlow(started, handle.name, handle.origin);
  }

  // --- trouble ---

  #callbackFailed(handle: Handle, exception: unknown): void {
    if (isCancellation(exception)) return;
    this.callExceptionHandler({ message: `Exception in callback ${handle}`, exception, handle });
  }

  #handlerFailed(key: SelectorKey, exception: unknown): void {
    if (isCancellation(exception)) return;
    this.callExceptionHandler({ message: `Exception in ${key}`, exception, origin: key.origin });
  }

  #selectFailed = (key: SelectorKey, exception: unknown): void => {
    this.callExceptionHandler({ message: `Exception in the resource of ${key}`, exception, origin: key.origin });
  };

  #warnIfSlow(started: number, what: string, origin?: Error): void {
    const tookMs = this.#now() - started;
    if (!(tookMs >= this.slowCallbackDurationMs)) return; // NaN if debug mode began meanwhile
    const lines = [`Executing ${what} took ${tookMs.toFixed(1)} ms`];
    if (origin !== undefined) lines.push(describeOrigin(origin));
    genLog.warning(lines.join("\n"));
  }

  #requireSchedulable(callback: Callback): void {
    if (this.#mode === "closed") throw closedError();
    if (typeof callback !== "function") {
      throw new TypeError(`Cannot schedule something that is not a function: ${Deno.inspect(callback)}`);
    }
  }
}

function runHandle(handle: Handle): unknown {
  return handle.run();
}

function checkTime(ms: number, name: string): number {
  if (typeof ms !== "number" || Number.isNaN(ms)) {
    throw new TypeError(`Cannot schedule a timer, ${name} must be a number of milliseconds: ${Deno.inspect(ms)}`);
  }
  return ms;
}

function closedError(): Error {
  return new Error("Cannot use the loop: it is closed");
}

function runningError(): Error {
  return new Error("Cannot start the loop: it is running already; start it once, outside of its callbacks");
}
