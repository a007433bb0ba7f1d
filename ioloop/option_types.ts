/**
 * The types that an option can have: how text becomes a value, and which values
 * are accepted.
 *
 * The compile-time part turns what is written in a definition (`"number"`,
 * `Date`, a class, a parse function) into the type of the option's value.
 *
 * @module
 */

import { parseDate, parseDuration } from "./option_dates.ts";

/** A type of option values, for what the built-in ones do not cover. */
export interface OptionType<T> {
  /** What a value is called in messages, with its article: "an integer". */
  readonly name: string;
  /** Makes text into a value; throws an error that says what is wrong with the text. */
  parse(text: string): T;
  /** Whether a value, set by the program or a configuration file, is of this type. */
  accepts(value: unknown): boolean;
  /** All values from one to another, both included: what `3:5` stands for in a list. */
  range?(from: T, to: T): T[];
}

/** The names of the built-in types; the value of a duration is a number of milliseconds. */
export type OptionTypeName = "string" | "number" | "integer" | "boolean" | "date" | "duration";

/** A class whose constructor takes text. */
export type TextConstructor<T = unknown> = new (text: string) => T;

/** A function that makes text into a value, or throws. */
export type TextParser<T = unknown> = (text: string) => T;

/** What can stand as `type` in the definition of an option. */
export type OptionTypeSource =
  | OptionTypeName
  | StringConstructor
  | NumberConstructor
  | BooleanConstructor
  | DateConstructor
  | OptionType<unknown>
  | TextConstructor
  | TextParser;

/** The value of an option with the type `T`, before lists and missing defaults are considered. */
export type TypeOfSource<T> = T extends "string" | StringConstructor ? string
  : T extends "number" | "integer" | "duration" | NumberConstructor ? number
  : T extends "boolean" | BooleanConstructor ? boolean
  : T extends "date" | DateConstructor ? Date
  : T extends OptionType<infer Value> ? Value
  : T extends TextConstructor<infer Value> ? Value
  : T extends TextParser<infer Value> ? Value
  : never;

/** The type of a default, without being one value of that type only. */
export type Widened<D> = D extends string ? string : D extends number ? number : D extends boolean ? boolean : D;

/** One value of an option; the default tells the type where none is given. */
export type ElementOf<T, D> = T extends OptionTypeSource ? TypeOfSource<T>
  : D extends null | undefined ? string
  : D extends readonly (infer Element)[] ? ([Element] extends [never] ? string : Widened<Element>)
  : Widened<D>;

/** What an option of the type `T` with the default `D` holds; `M` is whether it is a list. */
export type OptionValue<T, D, M> = M extends true ? ElementOf<T, D>[]
  : undefined extends D ? ElementOf<T, D> | undefined
  : null extends D ? ElementOf<T, D> | null
  : ElementOf<T, D>;

/** The type for what stands in a definition; where that is nothing, the type of the default, else text. */
export function resolveOptionType(source: OptionTypeSource | undefined, example: unknown): OptionType<unknown> {
  if (source === undefined) return typeOfExample(example);
  if (typeof source === "string") return BUILT_IN[source] ?? unknownType(source);
  if (typeof source === "object" && source !== null) return source;
  if (source === String) return BUILT_IN.string;
  if (source === Number) return BUILT_IN.number;
  if (source === Boolean) return BUILT_IN.boolean;
  if (source === Date) return BUILT_IN.date;
  if (typeof source !== "function") return unknownType(source);
  return isClass(source) ? classType(source) : parserType(source as TextParser);
}

const INTEGER = /^[-+]?\d+$/;
const DECIMAL = /^[-+]?(?:(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?|inf(?:inity)?)$/i;

/** Text as it is. */
export const STRING_TYPE: OptionType<unknown> = {
  name: "a string",
  parse: (text) => text,
  accepts: (value) => typeof value === "string",
};

/** True for any text but `false`, `f` and `0`; the one type that needs no text on a command line. */
export const BOOLEAN_TYPE: OptionType<unknown> = {
  name: "true or false",
  parse: (text) => !["false", "0", "f"].includes(text.toLowerCase()),
  accepts: (value) => typeof value === "boolean",
};

const BUILT_IN: Record<OptionTypeName, OptionType<unknown>> = {
  string: STRING_TYPE,
  number: {
    name: "a number",
    parse: parseNumber,
    accepts: (value) => typeof value === "number" && !Number.isNaN(value),
    range: integersBetween as (from: unknown, to: unknown) => number[],
  },
  integer: {
    name: "an integer",
    parse: parseInteger,
    accepts: (value) => Number.isSafeInteger(value),
    range: integersBetween as (from: unknown, to: unknown) => number[],
  },
  boolean: BOOLEAN_TYPE,
  date: {
    name: "a Date",
    parse: parseDate,
    accepts: (value) => value instanceof Date && !Number.isNaN(value.getTime()),
  },
  duration: {
    name: "a duration in milliseconds",
    parse: parseDuration,
    accepts: (value) => typeof value === "number" && !Number.isNaN(value),
  },
};

function typeOfExample(example: unknown): OptionType<unknown> {
  switch (typeof example) {
    case "number":
      return BUILT_IN.number;
    case "boolean":
      return BUILT_IN.boolean;
    case "object":
      if (example === null) break;
      if (example instanceof Date) return BUILT_IN.date;
      return classType(example.constructor as TextConstructor);
  }
  return BUILT_IN.string;
}

function parseNumber(text: string): number {
  const trimmed = text.trim();
  if (!DECIMAL.test(trimmed)) throw new SyntaxError("it is not a number");
  return /inf/i.test(trimmed) ? (trimmed.startsWith("-") ? -Infinity : Infinity) : Number(trimmed);
}

function parseInteger(text: string): number {
  const value = Number(text.trim());
  if (!INTEGER.test(text.trim()) || !Number.isSafeInteger(value)) throw new SyntaxError("it is not an integer");
  return value;
}

function integersBetween(from: number, to: number): number[] {
  if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to) || from > to) {
    throw new RangeError(`${from}:${to} is not a range of integers, from the least to the greatest`);
  }
  return Array.from({ length: to - from + 1 }, (_, at) => from + at);
}

function classType(constructor: TextConstructor): OptionType<unknown> {
  return {
    name: `an instance of ${constructor.name}`,
    parse: (text) => new constructor(text),
    accepts: (value) => value instanceof constructor,
  };
}

/** The function decides about text; nothing is known about values. */
function parserType(parse: TextParser): OptionType<unknown> {
  return { name: `a value of ${parse.name || "its own type"}`, parse, accepts: () => true };
}

function isClass(source: TextConstructor | TextParser): source is TextConstructor {
  if (/^class\b/.test(Function.prototype.toString.call(source))) return true;
  // Native classes such as URL print as functions, but unlike functions their prototype cannot be replaced.
  const prototype = Object.getOwnPropertyDescriptor(source, "prototype");
  return prototype !== undefined && !prototype.writable;
}

function unknownType(source: unknown): never {
  throw new TypeError(
    `Cannot define an option of the type ${Deno.inspect(source)}: use ${Object.keys(BUILT_IN).join(", ")}, ` +
      "a class, a function that parses text, or an OptionType",
  );
}
