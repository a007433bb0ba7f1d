/**
 * Which late errors need no line in the log.
 *
 * Functions that wait for several things, or not to the end, can give their caller one error only; the others are
 * reported to the loop's exception handler, unless the caller says that errors of their class are to be expected.
 *
 * @module
 */

/** The class of an error. */
// deno-lint-ignore no-explicit-any -- a class is used for `instanceof` only, whatever its constructor takes
export type ErrorClass = abstract new (...args: any[]) => object;

/** A class of errors, or several, which are not reported when nobody can be given them. */
export type QuietExceptions = ErrorClass | readonly ErrorClass[];

/** Whether an error is an instance of one of the classes. */
export function isQuiet(error: unknown, quiet: QuietExceptions | undefined): boolean {
  if (quiet === undefined) return false;
  if (typeof quiet === "function") return error instanceof quiet;
  return quiet.some((errorClass) => error instanceof errorClass);
}
