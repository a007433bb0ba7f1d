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

export * from "./buffer_pool.ts";
export * from "./byte_channel.ts";
export * from "./clock.ts";
export * from "./condition.ts";
export * from "./errors.ts";
export * from "./event.ts";
export * from "./event_loop.ts";
export * from "./fork_processes.ts";
export * from "./future.ts";
export * from "./handle.ts";
export * from "./ioloop.ts";
export * from "./lock.ts";
export * from "./lock_guard.ts";
export * from "./log.ts";
export * from "./periodic_callback.ts";
export * from "./pipe_channel.ts";
export * from "./priority_heap.ts";
export * from "./process.ts";
export * from "./queues.ts";
export * from "./rerun.ts";
export * from "./ring_buffer.ts";
export * from "./selector.ts";
export * from "./semaphore.ts";
export * from "./subprocess.ts";
export * from "./timer_heap.ts";
export * from "./transferred.ts";
export type { WaitOptions } from "./waiter_queue.ts";
export * from "./worker_errors.ts";
export type { JobOptions } from "./worker_job.ts";
export * from "./worker_pool.ts";
