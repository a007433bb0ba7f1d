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
export * from "./errors.ts";
export * from "./event_loop.ts";
export * from "./future.ts";
export * from "./handle.ts";
export * from "./ioloop.ts";
export * from "./log.ts";
export * from "./ring_buffer.ts";
export * from "./selector.ts";
export * from "./timer_heap.ts";
