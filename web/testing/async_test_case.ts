/**
 * Tests as classes, each with a loop of its own.
 *
 * Tornado: `tornado.testing.AsyncTestCase`.
 *
 * @module
 */

import { appLog, describeError, type ExceptionContext, IOLoop, TimeoutError } from "../../ioloop/mod.ts";
import { getAsyncTestTimeout } from "./test_timeout.ts";

/** Options of {@linkcode AsyncTestCase.wait}. */
export interface WaitOptions {
  /** Waits on until this is true after a `stop`. @default no condition */
  readonly condition?: () => boolean;
  /** The time limit in milliseconds; 0 for none. @default that of `getAsyncTestTimeout` */
  readonly timeoutMs?: number;
}

/**
 * A class whose methods `test…` are tests. A new instance is made for each, with a new loop, which is current while the
 * test runs. An error that reaches the loop because nobody takes it fails the test.
 *
 * {@linkcode runTests} registers the tests.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { IOLoop, sleep } from "@denado/denado/ioloop";
 * import { AsyncTestCase, runTests } from "@denado/denado/testing";
 *
 * class LoopTest extends AsyncTestCase {
 *   async testSleep() {
 *     await sleep(1);
 *     assertEquals(IOLoop.current(), this.ioLoop);
 *   }
 * }
 *
 * const tests: (() => Promise<void>)[] = [];
 * runTests(LoopTest, (_name, test) => tests.push(test)); // without a second argument: Deno.test
 * for (const test of tests) await test();
 * ```
 */
export class AsyncTestCase {
  #ioLoop: IOLoop | undefined;
  #ownsLoop = false;
  #previous: IOLoop | undefined;
  #failure: { readonly error: unknown } | undefined;
  #stopped = false;
  #stopArgument: unknown;
  #resume: (() => void) | undefined;

  /** The loop of this test. @throws {Error} before {@linkcode setUp} */
  get ioLoop(): IOLoop {
    if (this.#ioLoop === undefined) {
      throw new Error("Cannot use the loop of a test before setUp: call super.setUp() first");
    }
    return this.#ioLoop;
  }

  /** The loop to use. @default a new one. @deprecated as in Tornado */
  getNewIoloop(): IOLoop {
    return new IOLoop({ makeCurrent: false });
  }

  /** Called before the test; an override calls `super.setUp()` first. */
  setUp(): void | Promise<void> {
    this.#previous = IOLoop.current({ instance: false });
    const loop = this.getNewIoloop();
    this.#ownsLoop = loop !== this.#previous;
    this.#ioLoop = loop;
    loop.makeCurrent();
    if (this.#ownsLoop) loop.eventLoop.setExceptionHandler((_loop, context) => this.#fail(context));
  }

  /**
   * Called after the test, also after one that failed; an override calls `super.tearDown()` last. Callbacks and timers
   * that are left are dropped.
   *
   * @throws the first error that reached the loop and was not told by `wait`
   */
  tearDown(): void | Promise<void> {
    const loop = this.#ioLoop;
    if (loop === undefined) return;
    if (this.#ownsLoop) loop.close({ allFds: true });
    if (this.#previous === undefined) IOLoop.clearCurrent();
    else this.#previous.makeCurrent();
    this.#ioLoop = undefined;
    this.#rethrow();
  }

  /**
   * Ends the current or the next {@linkcode wait}, which returns the argument. @deprecated as in Tornado: await instead
   */
  stop(argument?: unknown): void {
    this.#stopArgument = argument;
    this.#stopped = true;
    this.#resume?.();
  }

  /**
   * Waits for {@linkcode stop} and resolves to its argument. @deprecated as in Tornado: await instead
   *
   * @throws {TimeoutError} if the time limit passes first
   * @throws an error that reached the loop meanwhile
   */
  async wait(options: WaitOptions = {}): Promise<unknown> {
    const { condition, timeoutMs = getAsyncTestTimeout() } = options;
    const late = timeoutMs === 0 ? undefined : this.ioLoop.callLater(timeoutMs, () => {
      this.#failure ??= { error: new TimeoutError(`Async operation timed out after ${timeoutMs} ms`) };
      this.stop();
    });
    try {
      for (;;) {
        if (!this.#stopped) await new Promise<void>((resolve) => this.#resume = resolve);
        this.#resume = undefined;
        this.#stopped = false;
        this.#rethrow();
        if (condition === undefined || condition()) break;
      }
    } finally {
      if (late !== undefined) this.ioLoop.removeTimeout(late);
    }
    const argument = this.#stopArgument;
    this.#stopArgument = undefined;
    return argument;
  }

  #fail(context: ExceptionContext): void {
    if (this.#failure === undefined) this.#failure = { error: context.exception ?? new Error(context.message) };
    else appLog.error(`Multiple unhandled exceptions in test\n${describeError(context.exception ?? context.message)}`);
    this.stop();
  }

  #rethrow(): void {
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) throw failure.error;
  }
}
