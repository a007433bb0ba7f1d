/**
 * What belongs to everything that is logged during a piece of work, such as the id of the request that is being
 * answered. It follows the work through promises, timers and callbacks.
 *
 * Denado's own loggers add it to what they log. Those of the application do when LogTape is configured with it:
 *
 * ```ts ignore
 * await configure({ contextLocalStorage: logContext, … });
 * ```
 *
 * as {@linkcode enablePrettyLogging} does.
 *
 * @module
 */

import { AsyncLocalStorage } from "node:async_hooks";

/** Properties of what is logged, by name. `requestId` is shown by {@linkcode LogFormatter}. */
export type LogContext = Readonly<Record<string, unknown>>;

/**
 * The properties of what is logged now.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { logContext } from "@denado/denado/ioloop";
 *
 * const seen = logContext.run({ requestId: "r1" }, async () => {
 *   await Promise.resolve();
 *   return logContext.getStore();
 * });
 * assertEquals(await seen, { requestId: "r1" });
 * assertEquals(logContext.getStore(), undefined);
 * ```
 */
export const logContext: AsyncLocalStorage<Record<string, unknown>> = new AsyncLocalStorage();
