/**
 * Arguments that are more than text: which types there are, what they are converted to, and what is refused.
 *
 * A type is a name, a list of the texts that are allowed, or a schema of a library (see `standard_schema.ts`). What is
 * written for a type decides what `getArgument` returns; `tests/web/argument_types_test.ts` shows that by compiling.
 *
 * @module
 */

import { InvalidArgumentError } from "./errors.ts";
import { checkSync, isStandardSchema, type SchemaOutput, type StandardSchema } from "./standard_schema.ts";

/** The types that have a name, and what their arguments become. */
export interface ArgumentValues {
  /** Text. */
  string: string;
  /** A whole number that a `number` holds exactly, in decimal. */
  integer: number;
  /** A finite number in decimal, with a fraction and an exponent where it has them. */
  number: number;
  /** `true`, `1`, `yes` and `on`, as a checkbox sends it; `false`, `0`, `no` and `off`; in any case. */
  boolean: boolean;
  /** A day as `2026-11-25`, which begins in UTC, or a time as `2026-11-25T10:30:00Z` with its zone (RFC 3339). */
  date: Date;
}

/** The type of an argument: a name, the texts that are allowed, or a schema that does not take time. */
export type ArgumentType = keyof ArgumentValues | readonly string[] | StandardSchema;

/** What an argument of a type becomes. */
export type ArgumentValue<Type extends ArgumentType> = Type extends keyof ArgumentValues ? ArgumentValues[Type]
  : Type extends readonly string[] ? Type[number]
  : Type extends StandardSchema ? SchemaOutput<Type>
  : never;

/** What else an argument must fulfil, by its type. */
export type ArgumentRules<Type extends ArgumentType> = Type extends "integer" | "number" ? NumberRules
  : Type extends "date" ? DateRules
  : Type extends "string" ? TextRules
  : NoRules;

/** Rules of numbers. */
export interface NumberRules {
  /** The least value. */
  readonly min?: number | undefined;
  /** The greatest value. */
  readonly max?: number | undefined;
}

/** Rules of dates. */
export interface DateRules {
  /** The earliest date. */
  readonly min?: Date | undefined;
  /** The latest date. */
  readonly max?: Date | undefined;
}

/** Rules of text. */
export interface TextRules {
  /** The fewest UTF-16 code units, as `length` counts them. */
  readonly minLength?: number | undefined;
  /** The most UTF-16 code units. */
  readonly maxLength?: number | undefined;
  /** What is to be found in it; anchor it to match as a whole. */
  readonly pattern?: RegExp | undefined;
}

/** Types without rules of their own. */
export type NoRules = Readonly<Record<never, never>>;

/** How arguments are read. */
export interface ReadArgumentOptions {
  /** Whether blanks at both ends are dropped. @default true */
  readonly strip?: boolean | undefined;
}

/** How all values of an argument are read; by default as text. */
export type ArgumentListOptions<Type extends ArgumentType> =
  & ReadArgumentOptions
  & { readonly type?: Type | undefined }
  & ArgumentRules<Type>;

/** How one value of an argument is read; by default as text. */
export type ArgumentOptions<Type extends ArgumentType, Default> = ArgumentListOptions<Type> & {
  /** What is returned where the argument is missing; without it that is an error. */
  readonly default?: Default;
  /** Whether an argument that comes more than once is refused. @default false: the last one counts */
  readonly once?: boolean | undefined;
};

/** Whether a text is as good as no argument: forms send empty fields, which are no numbers and no dates. */
export function isBlankArgument(text: string, type: ArgumentType): boolean {
  return text === "" && typeof type === "string" && type !== "string";
}

/**
 * Converts an argument.
 *
 * @param name The name, for the error.
 * @param text The value, decoded and stripped.
 * @param options Its type, and the rules of this type.
 * @throws {InvalidArgumentError} if it is not of its type, or against its rules
 * @throws {TypeError} if there is no such type, or the schema takes time
 */
export function convertArgument(
  name: string,
  text: string,
  options: { readonly type: ArgumentType } & (NumberRules | DateRules | TextRules),
): unknown {
  const { type } = options;
  if (isStandardSchema(type)) return checkSync(type, text, name);
  const refuse = (message: string): never => {
    throw new InvalidArgumentError([{ field: name, message }]);
  };
  if (typeof type !== "string") {
    return type.includes(text) ? text : refuse(`must be one of ${type.join(", ")}`);
  }
  switch (type) {
    case "string":
      return checkText(text, options as TextRules, refuse);
    case "integer":
      return checkRange(parseInteger(text) ?? refuse("must be a whole number"), options as NumberRules, refuse);
    case "number":
      return checkRange(parseNumber(text) ?? refuse("must be a number"), options as NumberRules, refuse);
    case "boolean":
      return BOOLEANS.get(text.toLowerCase()) ?? refuse("must be true or false");
    case "date":
      return checkRange(parseDate(text) ?? refuse("must be a date"), options as DateRules, refuse);
    default:
      throw new TypeError(`Cannot read argument ${JSON.stringify(name)}: there is no type ${Deno.inspect(type)}`);
  }
}

const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ...["true", "1", "yes", "on"].map((text) => [text, true] as const),
  ...["false", "0", "no", "off"].map((text) => [text, false] as const),
]);

function parseInteger(text: string): number | undefined {
  if (!/^-?[0-9]{1,16}$/.test(text)) return undefined;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value + 0 : undefined; // -0 is 0
}

function parseNumber(text: string): number | undefined {
  if (!/^-?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/.test(text)) return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value + 0 : undefined;
}

const DATE =
  /^([0-9]{4}-[0-9]{2}-[0-9]{2})(?:T[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?(?:Z|[+-][0-9]{2}:[0-9]{2}))?$/;

function parseDate(text: string): Date | undefined {
  const day = DATE.exec(text)?.[1];
  if (day === undefined) return undefined;
  const start = new Date(day);
  // A month may be said to have 31 days; the result is a day of the next one.
  if (Number.isNaN(start.getTime()) || start.toISOString().slice(0, 10) !== day) return undefined;
  const date = new Date(text);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

function checkText(text: string, { minLength, maxLength, pattern }: TextRules, refuse: (message: string) => never) {
  if (minLength !== undefined && text.length < minLength) refuse(`must have at least ${minLength} characters`);
  if (maxLength !== undefined && text.length > maxLength) refuse(`must have at most ${maxLength} characters`);
  if (pattern !== undefined && text.search(pattern) < 0) refuse("has a wrong form");
  return text;
}

function checkRange<Value extends number | Date>(
  value: Value,
  { min, max }: { readonly min?: Value | undefined; readonly max?: Value | undefined },
  refuse: (message: string) => never,
): Value {
  const show = (limit: Value) => typeof limit === "number" ? String(limit) : limit.toISOString();
  if (min !== undefined && value < min) refuse(`must be at least ${show(min)}`);
  if (max !== undefined && value > max) refuse(`must be at most ${show(max)}`);
  return value;
}
