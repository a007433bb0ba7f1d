/**
 * A time limit for something that is waited for.
 *
 * @module
 */

import { futureAddDoneCallback } from "./concurrent.ts";
import { convertYielded, type Yielded } from "./convert_yielded.ts";
import { isCancellation, TimeoutError } from "./errors.ts";
import { EventLoop } from "./event_loop.ts";
import { Future } from "./future.ts";
import type { TimerHandle } from "./handle.ts";
import { isQuiet, type QuietExceptions } from "./quiet_exceptions.ts";

/** Settings of {@linkcode withTimeout}. */
export interface WithTimeoutOptions {
  /** Classes of errors which are not reported when they come after the time limit. @default none */
  readonly quietExceptions?: QuietExceptions | undefined;
  /** Ends the wait when it aborts, with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * The outcome of something, or a {@linkcode TimeoutError} when it has none after `timeoutMs` milliseconds. Tornado:
 * `gen.with_timeout`, where a number was an absolute time.
 *
 * Everything that {@linkcode convertYielded} takes can be waited for. What is done already is never too late, also with
 * a limit of 0; `Infinity` stands for no limit.
 *
 * What is waited for is not cancelled at the end of the time, since others may wait for it too. If it fails later, the
 * error goes to the loop's exception handler, unless it is a cancellation or `quietExceptions` names its class.
 *
 * The future fails with a `BadYieldError` or a `TypeError` if the arguments are wrong.
 *
 * @example
 * ```ts
 * import { assertEquals, assertRejects } from "@std/assert";
 * import { Future, TimeoutError, withTimeout } from "@denado/denado/ioloop";
 *
 * await assertRejects(() => withTimeout(1, new Future<string>()), TimeoutError);
 * assertEquals(await withTimeout(60_000, Promise.resolve("in time")), "in time");
 * ```
 */
export function withTimeout<T>(
  timeoutMs: number,
  awaitable: T,
  options: WithTimeoutOptions = {},
): Future<Yielded<T>> {
  const { quietExceptions, signal } = options;
  const loop = EventLoop.current();
  let source: Future<Yielded<T>> | undefined;
  let timer: TimerHandle | undefined;
  const giveUp = () => {
    timer?.cancel();
    if (source !== undefined) reportLateFailure(source, quietExceptions);
  };
  const result = new Future<Yielded<T>>({ loop, signal, onCancel: giveUp });
  const finish = (done: Future<Yielded<T>>) => {
    timer?.cancel();
    if (!result.done()) result.setOutcomeOf(done);
  };
  try {
    source = convertYielded(awaitable);
    if (result.done()) giveUp();
    else if (source.done()) finish(source);
    else {
      if (timeoutMs !== Infinity) {
        timer = loop.callLater(timeoutMs, (waitedFor) => {
          // Its done-callback may be on the way already.
          if (waitedFor.done()) return finish(waitedFor);
          result.setException(new TimeoutError(`Operation timed out after ${timeoutMs} ms`));
          giveUp();
        }, source);
      }
      source.addDoneCallback(finish);
    }
  } catch (error) {
    if (!result.done()) result.setException(error);
  }
  return result;
}

function reportLateFailure(source: Future<unknown>, quiet: QuietExceptions | undefined): void {
  futureAddDoneCallback(source.silence(), () => {
    try {
      source.result();
    } catch (error) {
      if (isCancellation(error) || isQuiet(error, quiet)) return;
      source.loop.callExceptionHandler({
        message: `Exception in ${source} after timeout`,
        exception: error,
        future: source,
      });
    }
  });
}
