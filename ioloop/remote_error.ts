/**
 * Errors on their way from one thread to another.
 *
 * Structured cloning keeps the standard error classes, but turns any other into
 * a plain `Error` and drops its fields. Here an error becomes a plain record
 * with its name, message, stack, causes and simple fields, and an error again on
 * the other side.
 *
 * {@linkcode encodeError} is sent to workers as text: it must not refer to
 * anything outside of itself.
 *
 * @module
 */

/** An error, or another thrown value, as a record that can be cloned. */
export type RemoteError =
  | {
    /** It was not an `Error`. */
    readonly kind: "value";
    /** The value itself; its text where it cannot be cloned. */
    readonly value: unknown;
  }
  | {
    /** It was an `Error`; `dom` says that it was a `DOMException`. */
    readonly kind: "error" | "dom";
    readonly name: string;
    readonly message: string;
    readonly stack: string | undefined;
    /** The cause, in an array of one; empty without a cause. */
    readonly cause: readonly RemoteError[];
    /** What an `AggregateError` holds. */
    readonly errors: readonly RemoteError[] | undefined;
    /** Own fields with a simple value, such as `code`. */
    readonly fields: Readonly<Record<string, unknown>>;
  };

/** Describes something that was thrown; chains of causes are cut at `depth` errors. */
export function encodeError(thrown: unknown, depth: number = 8): RemoteError {
  if (!(thrown instanceof Error)) {
    try {
      return { kind: "value", value: structuredClone(thrown) };
    } catch {
      // It cannot be cloned, a function for instance: its text has to do.
      return { kind: "value", value: String(thrown) };
    }
  }
  const fields: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(thrown)) {
    const simple = value === null || !["object", "function", "symbol"].includes(typeof value);
    if (simple && key !== "name") fields[key] = value;
  }
  const errors = thrown instanceof AggregateError && depth > 0
    ? thrown.errors.map((error: unknown) => encodeError(error, depth - 1))
    : undefined;
  return {
    kind: thrown instanceof DOMException ? "dom" : "error",
    name: String(thrown.name),
    message: String(thrown.message),
    stack: typeof thrown.stack === "string" ? thrown.stack : undefined,
    cause: "cause" in thrown && depth > 0 ? [encodeError(thrown.cause, depth - 1)] : [],
    errors,
    fields,
  };
}

/**
 * The error that a record describes.
 *
 * It is an instance of its class where that is a standard one (`RangeError`,
 * `DOMException`, `Deno.errors.NotFound`), else an `Error` with the same name.
 */
export function decodeError(remote: RemoteError): unknown {
  if (remote.kind === "value") return remote.value;
  const options = remote.cause.length > 0 ? { cause: decodeError(remote.cause[0]!) } : undefined;
  const error = makeError(remote, options);
  for (const [key, value] of Object.entries(remote.fields)) define(error, key, value, true);
  if (error.name !== remote.name) define(error, "name", remote.name, false);
  if (remote.stack !== undefined) define(error, "stack", withoutBootstrap(remote.stack), false);
  return error;
}

type ErrorRecord = Exclude<RemoteError, { kind: "value" }>;
type ErrorConstructor = new (message: string, options?: ErrorOptions) => Error;

const STANDARD_ERRORS: readonly ErrorConstructor[] = [
  Error,
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
  ...(Object.values(Deno.errors) as ErrorConstructor[]),
];

function makeError(remote: ErrorRecord, options: ErrorOptions | undefined): Error {
  if (remote.kind === "dom") {
    const error = new DOMException(remote.message, remote.name);
    if (options !== undefined) define(error, "cause", options.cause, false);
    return error;
  }
  if (remote.errors !== undefined) return new AggregateError(remote.errors.map(decodeError), remote.message, options);
  const Class = STANDARD_ERRORS.find((candidate) => candidate.name === remote.name) ?? Error;
  return new Class(remote.message, options);
}

function define(error: Error, key: string, value: unknown, enumerable: boolean): void {
  Object.defineProperty(error, key, { value, enumerable, writable: true, configurable: true });
}

/** The worker's own frames are a `data:` URL of several kilobytes and tell nobody anything. */
function withoutBootstrap(stack: string): string {
  return stack.split("\n").filter((line) => !/^\s+at .*data:text\/javascript/.test(line)).join("\n");
}
