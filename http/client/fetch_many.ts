/**
 * Many fetches, a bounded number at once.
 *
 * @module
 */

import type { HTTPResponse } from "./http_response.ts";

/** How one of many fetches has ended: with a response or an error. */
export type FetchOutcome<T> =
  | { readonly target: T; readonly index: number; readonly response: HTTPResponse; readonly error?: undefined }
  | { readonly target: T; readonly index: number; readonly response?: undefined; readonly error: unknown };

/** Settings of {@linkcode fetchMany}. */
export interface FetchManyOptions {
  /** How many fetches run, or have ended without being taken, at once. @default 10 */
  readonly concurrency?: number;
}

/**
 * Fetches one target after the other, some at once, and yields how each ended as soon as it has. An error of one does not
 * end the others. Targets are taken from the iterable only when there is room, so it may be endless; a loop that is left
 * early starts no more, and waits for nothing.
 *
 * @param fetchOne Fetches one target; its signal is aborted when the loop is left.
 * @param targets The targets.
 * @param options How many at once.
 * @returns The outcomes, in the order in which the fetches end.
 * @throws {RangeError} When the number is not at least one.
 */
export async function* fetchMany<T>(
  fetchOne: (target: T, signal: AbortSignal) => Promise<HTTPResponse>,
  targets: Iterable<T> | AsyncIterable<T>,
  options: FetchManyOptions = {},
): AsyncGenerator<FetchOutcome<T>, void, undefined> {
  const { concurrency = 10 } = options;
  if (!(concurrency >= 1)) throw new RangeError(`Cannot fetch fewer than one at once: ${concurrency}`);
  const controller = new AbortController();
  const running = new Set<Promise<void>>();
  const ended: FetchOutcome<T>[] = [];
  const run = async (target: T, index: number): Promise<void> => {
    try {
      ended.push({ target, index, response: await fetchOne(target, controller.signal) });
    } catch (error) {
      ended.push({ target, index, error });
    }
  };
  const start = (target: T, index: number): void => {
    const fetching = run(target, index).then(() => void running.delete(fetching));
    running.add(fetching);
  };
  try {
    let index = 0;
    for await (const target of targets) {
      start(target, index++);
      while (running.size + ended.length >= concurrency) {
        if (ended.length === 0) await Promise.race(running);
        if (ended.length > 0) yield ended.shift()!;
      }
    }
    while (running.size + ended.length > 0) {
      if (ended.length === 0) await Promise.race(running);
      if (ended.length > 0) yield ended.shift()!;
    }
  } finally {
    controller.abort();
  }
}
