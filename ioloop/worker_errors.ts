/**
 * The errors of worker pools.
 *
 * ```text
 * Error
 * ├── WorkerCrashedError      a worker ended while it had the job
 * ├── WorkerPoolFullError     as many jobs wait as may wait
 * └── WorkerPoolClosedError   the pool takes no more jobs, or gave this one up
 * ```
 *
 * What a job throws is passed on as it is. A job over its time limit fails with
 * `TimeoutError`, a cancelled one with `CancelledError` or the signal's reason.
 *
 * @module
 */

/** A worker ended while it had the job: an uncaught error (the cause), a module that cannot be imported, an exit. */
export class WorkerCrashedError extends Error {
  /** Always `"WorkerCrashedError"`. */
  override readonly name = "WorkerCrashedError";
  /** Always `"EWORKERCRASHED"`. */
  readonly code = "EWORKERCRASHED";
}

/** As many jobs wait as may wait; nothing was sent, so the caller can try again later or refuse its own request. */
export class WorkerPoolFullError extends Error {
  /** Always `"WorkerPoolFullError"`. */
  override readonly name = "WorkerPoolFullError";
  /** Always `"EWORKERPOOLFULL"`. */
  readonly code = "EWORKERPOOLFULL";
}

/** The pool is closed and takes no jobs; or it was closed before this one had finished. */
export class WorkerPoolClosedError extends Error {
  /** Always `"WorkerPoolClosedError"`. */
  override readonly name = "WorkerPoolClosedError";
  /** Always `"EWORKERPOOLCLOSED"`. */
  readonly code = "EWORKERPOOLCLOSED";
}
