/**
 * Schemas of validation libraries, by the interface that they have in common.
 *
 * Zod, Valibot, ArkType and others put a property `~standard` on their schemas. The types here are a copy of that
 * specification, so that nothing depends on any of them. What a schema refuses is the client's fault and becomes an
 * {@linkcode InvalidArgumentError}; a schema that throws is a mistake of the program.
 *
 * Source: <https://standardschema.dev>, version 1.
 *
 * @module
 */

import { type ArgumentIssue, InvalidArgumentError } from "./errors.ts";

/** A schema of any library that follows the specification. */
export interface StandardSchema<Input = unknown, Output = Input> {
  /** What the specification asks for. */
  readonly "~standard": StandardSchemaProps<Input, Output>;
}

/** The properties of a {@linkcode StandardSchema}. */
export interface StandardSchemaProps<Input = unknown, Output = Input> {
  /** The version of the specification. */
  readonly version: 1;
  /** The name of the library. */
  readonly vendor: string;
  /** Checks a value, and converts it. */
  readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
  /** For the compiler only: what goes in and what comes out. */
  readonly types?: { readonly input: Input; readonly output: Output } | undefined;
}

/** What a schema says of a value. */
export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

/** One thing that a schema does not like. */
export interface SchemaIssue {
  /** What is wrong, for people. */
  readonly message: string;
  /** Where it is: keys from the outside to the inside. */
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** What goes into a schema. */
export type SchemaInput<Schema extends StandardSchema> = NonNullable<Schema["~standard"]["types"]>["input"];

/** What comes out of a schema. */
export type SchemaOutput<Schema extends StandardSchema> = NonNullable<Schema["~standard"]["types"]>["output"];

/** Whether a value is a schema; some libraries make functions of them. */
export function isStandardSchema(value: unknown): value is StandardSchema {
  if ((typeof value !== "object" || value === null) && typeof value !== "function") return false;
  return "~standard" in value;
}

/**
 * What a schema makes of a value.
 *
 * @throws {InvalidArgumentError} if the schema refuses it
 */
export async function checkSchema<Schema extends StandardSchema>(
  schema: Schema,
  value: unknown,
): Promise<SchemaOutput<Schema>> {
  return unwrap(await schema["~standard"].validate(value), []);
}

/**
 * As {@linkcode checkSchema}, without waiting.
 *
 * @param field What the value is called; the first part of the paths in the error.
 * @throws {TypeError} if the schema takes time
 */
export function checkSync<Schema extends StandardSchema>(
  schema: Schema,
  value: unknown,
  field: string,
): SchemaOutput<Schema> {
  const result = schema["~standard"].validate(value);
  if ("then" in result) {
    result.then(undefined, () => {}); // whatever it says, it is too late
    throw new TypeError(`Cannot check argument ${JSON.stringify(field)}: its schema takes time; use validateQuery`);
  }
  return unwrap(result, [field]);
}

function unwrap<Output>(result: SchemaResult<Output>, outer: readonly string[]): Output {
  if (result.issues === undefined) return result.value;
  throw new InvalidArgumentError(result.issues.map((issue) => toArgumentIssue(issue, outer)));
}

function toArgumentIssue({ message, path = [] }: SchemaIssue, outer: readonly string[]): ArgumentIssue {
  const keys = path.map((part) => String(typeof part === "object" ? part.key : part));
  return { field: [...outer, ...keys].join("."), message };
}
