/**
 * Types of the part of `@std/async` 1.x that tests use. They follow the signatures of the original. All times are
 * milliseconds.
 *
 * @module
 */

export interface DelayOptions {
  signal?: AbortSignal;
  /** Whether the timer keeps the process alive; true by default. */
  persistent?: boolean;
}

export function delay(ms: number, options?: DelayOptions): Promise<void>;

export interface DeadlineOptions {
  signal?: AbortSignal;
}

/** Rejects with a `TimeoutError` `DOMException` when `p` is not settled in time. The work behind `p` goes on. */
export function deadline<T>(p: Promise<T>, ms: number, options?: DeadlineOptions): Promise<T>;

/** Rejects with the reason of the signal when that comes before the promise. */
export function abortable<T>(p: Promise<T>, signal: AbortSignal): Promise<T>;
export function abortable<T>(p: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T>;

export interface DebounceOptions {
  signal?: AbortSignal | undefined;
}

export interface DebouncedFunction<T extends Array<unknown>> {
  (...args: T): void;
  /** Forgets the pending call. */
  clear(): void;
  /** Makes the pending call now. */
  flush(): void;
  readonly pending: boolean;
}

// deno-lint-ignore no-explicit-any -- the arguments of any function
export function debounce<T extends Array<any>>(
  fn: (this: DebouncedFunction<T>, ...args: T) => void,
  wait: number,
  options?: DebounceOptions,
): DebouncedFunction<T>;

export interface RetryOptions {
  multiplier?: number;
  maxTimeout?: number;
  maxAttempts?: number;
  minTimeout?: number;
  /** 0 waits the full time, 1 (the default) a random part of it. */
  jitter?: number;
  isRetriable?: (err: unknown) => boolean;
  signal?: AbortSignal;
}

/** The last attempt failed; `cause` is its error. */
export class RetryError extends Error {
  constructor(cause: unknown, attempts: number);
}

export function retry<T>(fn: (() => Promise<T>) | (() => T), options?: RetryOptions): Promise<T>;

export interface PollOptions {
  signal?: AbortSignal;
  /** 1000 by default. */
  interval?: number;
}

/** Calls `fn` until `isDone` accepts its result. */
export function poll<T>(
  fn: () => T,
  isDone: (result: Awaited<T>) => boolean,
  options?: PollOptions,
): Promise<Awaited<T>>;

/** Maps with at most `poolLimit` calls in flight; results keep the order of the input. */
export function pooledMap<T, R>(
  poolLimit: number,
  array: Iterable<T> | AsyncIterable<T>,
  iteratorFn: (data: T) => Promise<R>,
): AsyncIterableIterator<R>;

/** Several async iterables as one, in the order in which their values come. */
export class MuxAsyncIterator<T> implements AsyncIterable<T> {
  add(iterable: AsyncIterable<T>): void;
  iterate(): AsyncIterableIterator<T>;
  [Symbol.asyncIterator](): AsyncIterator<T>;
}

type TupleOf<T, N extends number, R extends unknown[]> = R["length"] extends N ? R : TupleOf<T, N, [T, ...R]>;

/** `N` copies of `T`, or an array when `N` is not known to the compiler. */
export type Tuple<T, N extends number> = N extends N ? number extends N ? T[] : TupleOf<T, N, []> : never;

export function tee<T, N extends number = 2>(iterable: AsyncIterable<T>, n?: N): Tuple<AsyncIterable<T>, N>;
