/**
 * Stands in for `jsr:@std/testing/types`: assertions that the compiler checks. They have no code to re-export.
 *
 * @module
 */

/** Fails to compile unless `T` is `true` (or whatever literal is passed). */
export function assertType<T extends boolean>(_expectTrue: T): void {}

/** Fails to compile unless `T` is `true`. */
export type AssertTrue<T extends true> = T extends true ? never : never;

/** Fails to compile unless `T` is `false`. */
export type AssertFalse<T extends false> = T extends false ? never : never;

/** Whether `T` is `any`. */
export type IsAny<T> = 0 extends (1 & T) ? true : false;

/** Whether `T` is `never`. */
export type IsNever<T> = [T] extends [never] ? true : false;

/** Whether `T` is `unknown`. */
export type IsUnknown<T> = IsAny<T> extends true ? false : unknown extends T ? true : false;

/** Whether `null` or `undefined` is in `T`. */
export type IsNullable<T> = Extract<T, null | undefined> extends never ? false : true;

/** Whether the union `T` has the member `U`. */
export type Has<T, U> = IsAny<T> extends true ? true
  : IsAny<U> extends true ? false
  : Extract<T, U> extends never ? false
  : true;

/** Whether the union `T` lacks the member `U`. */
export type NotHas<T, U> = Has<T, U> extends true ? false : true;

/**
 * Whether both are the same type. Two conditional types are assignable to each other only when the compiler finds what
 * they test identical, which tells `any` from `unknown` and `readonly` from not.
 */
export type IsExact<T, U> = (<X>() => X extends T ? 1 : 2) extends (<X>() => X extends U ? 1 : 2) ? true : false;
