/**
 * The errors of the ioloop layer.
 *
 * ```text
 * Error
 * ├── TimeoutError        a time limit passed
 * ├── CancelledError      a future was cancelled
 * ├── InvalidStateError   a future was set twice, or asked for a result that it does not have
 * ├── BadYieldError       a coroutine yielded something that cannot be awaited
 * └── DecompressionError  compressed data is damaged or cut off
 * ```
 *
 * Errors of one module stand beside it: `QueueFull`, `QueueEmpty` and `QueueClosed` in `queues.ts`, those of the
 * worker pool in `worker_errors.ts`, `CalledProcessError` in `subprocess.ts`, `OptionError` in `option.ts`.
 *
 * Wrong arguments are `TypeError` and `RangeError`, as everywhere in JavaScript.
 *
 * @module
 */

/** A time limit passed before the result was there. Tornado: `tornado.util.TimeoutError`. */
export class TimeoutError extends Error {
  /** Always `"TimeoutError"`. */
  override readonly name = "TimeoutError";
  /** Always `"ETIMEDOUT"`. */
  readonly code = "ETIMEDOUT";
}

/** A future was cancelled, so it has no result. Python: `asyncio.CancelledError`. */
export class CancelledError extends Error {
  /** Always `"CancelledError"`. */
  override readonly name = "CancelledError";
  /** Always `"ECANCELED"`. */
  readonly code = "ECANCELED";

  /** An error for a cancellation, with the reason as its cause. */
  constructor(message = "The future was cancelled", options?: ErrorOptions) {
    super(message, options);
  }
}

/** The future is not in a state that allows the call. Python: `asyncio.InvalidStateError`. */
export class InvalidStateError extends Error {
  /** Always `"InvalidStateError"`. */
  override readonly name = "InvalidStateError";
  /** Always `"EINVALIDSTATE"`. */
  readonly code = "EINVALIDSTATE";
}

/** A coroutine yielded, or `run` was given, something that cannot be awaited. Tornado: `tornado.gen.BadYieldError`. */
export class BadYieldError extends Error {
  /** Always `"BadYieldError"`. */
  override readonly name = "BadYieldError";
  /** Always `"EBADYIELD"`. */
  readonly code = "EBADYIELD";
}

/** Compressed data is damaged or cut off. */
export class DecompressionError extends Error {
  /** Always `"DecompressionError"`. */
  override readonly name = "DecompressionError";
  /** Always `"EBADDATA"`. */
  readonly code = "EBADDATA";
}

/**
 * Whether an error says that somebody gave up waiting: a {@linkcode CancelledError}, or the `AbortError` of an
 * `AbortSignal`. Such an error is not worth a line in the log.
 */
export function isCancellation(error: unknown): boolean {
  return error instanceof CancelledError || (error instanceof DOMException && error.name === "AbortError");
}
