/**
 * Waits for several futures at once; what `multi` and a yielded array stand on.
 *
 * All of them are waited for, also when one has failed, so that nothing goes on unwatched behind the caller's back. The
 * caller gets the first failure in the order of the input; the others go to the loop's exception handler.
 *
 * @module
 */

import { futureAddDoneCallback } from "./concurrent.ts";
import { isCancellation } from "./errors.ts";
import { Future } from "./future.ts";
import { isQuiet, type QuietExceptions } from "./quiet_exceptions.ts";

/** How to gather. */
export interface GatherOptions {
  /** Gives the future of a child. */
  readonly convert: (child: unknown) => Future<unknown>;
  /** Failures which are not reported when the caller gets another one. */
  readonly quietExceptions?: QuietExceptions | undefined;
}

/** The future of the results of an array's items or of a plain object's values, in the same shape. */
export function gather(
  children: readonly unknown[] | Readonly<Record<string, unknown>>,
  options: GatherOptions,
): Future<unknown> {
  const names = Array.isArray(children) ? undefined : Object.keys(children);
  const all = new Future<unknown>();
  let futures: Future<unknown>[];
  try {
    futures = Object.values(children).map(options.convert);
  } catch (error) {
    all.setException(error);
    return all;
  }
  const distinct = new Set(futures);
  let unfinished = distinct.size;
  const finish = () => {
    reportAllButOne(distinct, all, options.quietExceptions);
    if (all.done()) return;
    const results = futures.map((future) => future.result());
    all.setResult(names === undefined ? results : Object.fromEntries(names.map((name, at) => [name, results[at]])));
  };
  if (unfinished === 0) finish();
  for (const future of distinct) {
    // One failed early must not be reported while the others are waited for: this function takes every error.
    futureAddDoneCallback(future.silence(), () => {
      if (--unfinished === 0) finish();
    });
  }
  return all;
}

/** Gives the first failure to `all`, unless that is done; reports the others. */
function reportAllButOne(
  futures: Set<Future<unknown>>,
  all: Future<unknown>,
  quiet: QuietExceptions | undefined,
): void {
  for (const future of futures) {
    try {
      future.result();
    } catch (error) {
      if (!all.done()) all.setOutcomeOf(future);
      else if (!isCancellation(error) && !isQuiet(error, quiet)) {
        all.loop.callExceptionHandler({ message: "Multiple exceptions in yield list", exception: error });
      }
    }
  }
}
