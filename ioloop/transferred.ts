/**
 * A job's result that moves out of its worker instead of being copied.
 *
 * It is a module of its own, without imports, so that a worker's module can use
 * it cheaply.
 *
 * @module
 */

/** Marks a {@linkcode Transferred}; registered, since worker and pool may have loaded different copies of this module. */
const MARK = Symbol.for("denado.transferred");

/** A value with what is to be moved rather than copied; made by {@linkcode transferred}. */
export class Transferred<T> {
  /** Says that this is one, also to another copy of this module. */
  readonly [MARK] = true;
  /** What the caller of the job receives. */
  readonly value: T;
  /** What becomes unusable on this side: buffers, ports, streams. */
  readonly transfer: readonly Transferable[];

  /** A value with what is to be moved. */
  constructor(value: T, transfer: readonly Transferable[]) {
    this.value = value;
    this.transfer = transfer;
  }
}

/**
 * Returns a result from a job of a `WorkerPool` so that `transfer` is moved to the caller, not copied.
 *
 * @example In the worker's module
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { transferred } from "@denado/denado/ioloop";
 *
 * export function noise(length: number) {
 *   const bytes = crypto.getRandomValues(new Uint8Array(length));
 *   return transferred(bytes, [bytes.buffer]);
 * }
 *
 * assertEquals(noise(4).value.length, 4);
 * ```
 */
export function transferred<T>(value: T, transfer: readonly Transferable[]): Transferred<T> {
  return new Transferred(value, transfer);
}
