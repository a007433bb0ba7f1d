/**
 * The event loop of Denado: an {@linkcode IOLoop} with handlers, callbacks and
 * timers, and futures that it resolves.
 *
 * @example A timer on the current loop
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Future, IOLoop } from "@denado/denado/ioloop";
 *
 * const future = new Future<string>();
 * IOLoop.current().callLater(1, () => future.setResult("done"));
 * assertEquals(await future, "done");
 * ```
 *
 * @module
 */

export * as autoreload from "./autoreload.ts";
export * from "./buffer_pool.ts";
export * from "./byte_channel.ts";
export type { CallSite } from "./caller.ts";
export * from "./clock.ts";
export * from "./concurrent.ts";
export * from "./condition.ts";
export * from "./configurable.ts";
export * from "./convert_yielded.ts";
export * from "./coroutine.ts";
export * from "./duration.ts";
export * from "./errno_from_exception.ts";
export * from "./errors.ts";
export * from "./event.ts";
export * from "./event_loop.ts";
export type { ExceptionContext, ExceptionHandler } from "./exception_handler.ts";
export {
  type AsyncMethod,
  type AsyncMethodDecorator,
  DummyExecutor,
  dummyExecutor,
  type Executor,
  runOnExecutor,
  type RunOnExecutorOptions,
} from "./executor.ts";
export * from "./fork_processes.ts";
export * from "./future.ts";
export { type AnyGenerator, Return } from "./generator_runner.ts";
export * from "./gzip_decompressor.ts";
export * from "./handle.ts";
export * from "./import_object.ts";
export * from "./ioloop.ts";
export * from "./lock.ts";
export * from "./lock_guard.ts";
export * from "./log.ts";
export * from "./log_context.ts";
export * from "./log_file.ts";
export * from "./log_formatter.ts";
export * from "./log_record.ts";
export * from "./log_rotation.ts";
export * from "./logging_options.ts";
export * from "./multi.ts";
export * from "./object_dict.ts";
export * from "./option.ts";
export * from "./option_parser.ts";
export type {
  ElementOf,
  OptionType,
  OptionTypeName,
  OptionTypeSource,
  OptionValue,
  TextConstructor,
  TextParser,
  TypeOfSource,
  Widened,
} from "./option_types.ts";
export * from "./options.ts";
export * from "./periodic_callback.ts";
export * from "./pipe_channel.ts";
export * from "./pretty_logging.ts";
export * from "./priority_heap.ts";
export * from "./process.ts";
export * from "./queues.ts";
export * from "./quiet_exceptions.ts";
export * from "./re_unescape.ts";
export * from "./rerun.ts";
export * from "./ring_buffer.ts";
export * from "./selector.ts";
export * from "./semaphore.ts";
export * from "./sleep.ts";
export * from "./strftime.ts";
export * from "./subprocess.ts";
export * from "./thenable.ts";
export * from "./timer_heap.ts";
export * from "./transferred.ts";
export * from "./version.ts";
export * from "./wait_iterator.ts";
export type { WaitOptions } from "./waiter_queue.ts";
export * from "./with_timeout.ts";
export * from "./worker_errors.ts";
export type { JobOptions } from "./worker_job.ts";
export * from "./worker_pool.ts";
