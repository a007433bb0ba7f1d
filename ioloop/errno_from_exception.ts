/**
 * Which error of the operating system an exception stands for.
 *
 * @module
 */

/**
 * The number of the operating system's error, or else its code, such as `"ECONNREFUSED"`. Tornado:
 * `errno_from_exception`.
 *
 * Node's errors have the number in `errno`, those of Deno and of Denado a text in `code`.
 *
 * @returns `undefined` if the value has neither
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { errnoFromException, TimeoutError } from "@denado/denado/ioloop";
 *
 * assertEquals(errnoFromException(Object.assign(new Error("no"), { errno: -111, code: "ECONNREFUSED" })), -111);
 * assertEquals(errnoFromException(new TimeoutError("late")), "ETIMEDOUT");
 * assertEquals(errnoFromException(new Error("no")), undefined);
 * ```
 */
export function errnoFromException(error: unknown): number | string | undefined {
  if (typeof error !== "object" || error === null) return undefined;
  const { errno, code } = error as { readonly errno?: unknown; readonly code?: unknown };
  if (typeof errno === "number") return errno;
  // DOMException has a code as well, a number of the DOM's which no operating system knows.
  return typeof code === "string" ? code : undefined;
}
