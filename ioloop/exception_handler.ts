/**
 * What a loop is told about an error that no caller can take, and how that is written into a log.
 *
 * @module
 */

import type { EventLoop } from "./event_loop.ts";
import type { Handle } from "./handle.ts";
import { describeError } from "./log.ts";

/** What an exception handler is told. */
export interface ExceptionContext {
  /** What went wrong, for a person. */
  message: string;
  /** What was thrown. */
  exception?: unknown;
  /** The handle whose callback failed. */
  handle?: Handle;
  /** Anything else that helps; it appears in the log, sorted by name. */
  [key: string]: unknown;
}

/** Decides what happens with an error that no caller can take; what it throws itself goes to the log. */
export type ExceptionHandler = (
  loop: EventLoop,
  context: ExceptionContext,
) => unknown;

/** The text for a log: the message, what else the context says, the error with its stack, and where it was scheduled. */
export function describeExceptionContext(context: ExceptionContext): string {
  const { message, exception, handle, origin = handle?.origin, ...rest } = context;
  const lines = [message || "Unhandled exception in event loop"];
  for (const key of Object.keys(rest).sort()) {
    lines.push(`${key}: ${describe(rest[key], (value) => Deno.inspect(value, { colors: false }))}`);
  }
  if (exception !== undefined) lines.push(describe(exception, describeError));
  if (origin instanceof Error) lines.push(describeOrigin(origin));
  return lines.join("\n");
}

/** Where a callback was scheduled, as text for a log. */
export function describeOrigin(origin: Error): string {
  return (origin.stack ?? String(origin)).replace(/^Error: /, "");
}

/** A value may have an inspector or a getter of its own, which may fail; the log must be written all the same. */
function describe(value: unknown, inspect: (value: unknown) => string): string {
  try {
    return inspect(value);
  } catch {
    return `(a value that cannot be inspected, of type ${typeof value})`;
  }
}
