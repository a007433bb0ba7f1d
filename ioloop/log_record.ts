/**
 * A message on its way to where it is shown, as LogTape hands it to sinks and
 * formatters. The types are LogTape's, written down once more: its own refer to
 * others that it does not export.
 *
 * @module
 */

import type { CallSite } from "./caller.ts";

/** How severe a message is, from the least to the most. */
export type LogLevel = "trace" | "debug" | "info" | "warning" | "error" | "fatal";

/** One message. */
export interface LogRecord {
  /** The names of the logger, from the root: `["denado", "access"]`. */
  readonly category: readonly string[];
  /** How severe it is. */
  readonly level: LogLevel;
  /** Text at even places, and the values between at odd ones. */
  readonly message: readonly unknown[];
  /** The message with its placeholders. */
  readonly rawMessage: string | TemplateStringsArray;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  /** What was logged with the message. */
  readonly properties: Record<string, unknown>;
  /** Where it was logged, if LogTape was told to capture that. */
  readonly sourceLocation?: CallSite;
}
