/**
 * Waits for several things at the same time and gives back their results in the shape in which they came.
 *
 * @module
 */

import { convertYielded, type Yielded } from "./convert_yielded.ts";
import type { Future } from "./future.ts";
import { gather } from "./gather.ts";
import type { QuietExceptions } from "./quiet_exceptions.ts";

/** Settings of {@linkcode multi}. */
export interface MultiOptions {
  /** Classes of errors which are not reported when `multi` fails with another one. @default none */
  readonly quietExceptions?: QuietExceptions | undefined;
}

/** What {@linkcode multi} waits for. */
export type MultiChildren = readonly unknown[] | Readonly<Record<string, unknown>>;

/**
 * The future of the results of an array's items, or of a plain object's values. Tornado: `gen.multi`.
 *
 * The result has the shape of the input, and its types. Everything that {@linkcode convertYielded} takes can be waited
 * for, nested arrays and objects too; the same future may come twice.
 *
 * It waits for all of them, where `Promise.all` gives up at the first failure. Then it fails with the first failure in
 * the order of the input; the others go to the loop's exception handler ("Multiple exceptions in yield list"), unless
 * they are cancellations or `quietExceptions` names their class. Cancelling the result does not cancel the children.
 *
 * The future fails with a `BadYieldError` if a child cannot be waited for.
 *
 * @example The results keep their places and their types
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { multi } from "@denado/denado/ioloop";
 *
 * const [name, age] = await multi([Promise.resolve("Ada"), Promise.resolve(36)]);
 * assertEquals([name.toUpperCase(), age + 1], ["ADA", 37]);
 *
 * const user = await multi({ name: Promise.resolve("Ada"), age: Promise.resolve(36) });
 * assertEquals(user, { name: "Ada", age: 36 });
 * ```
 */
export function multi<const C extends MultiChildren>(children: C, options: MultiOptions = {}): Future<Yielded<C>> {
  return gather(children, { convert: convertYielded, ...options }) as Future<Yielded<C>>;
}

/** The same as {@linkcode multi}; a name from Tornado's past. */
export const multiFuture: typeof multi = multi;
