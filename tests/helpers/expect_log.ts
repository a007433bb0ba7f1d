/**
 * Log output as part of what a test asserts.
 *
 * While a function runs, LogTape records instead of printing. Each expectation must be met, and a warning or an error
 * that nobody expected fails the test, so that neither a missing nor an additional message goes unnoticed. LogTape is
 * reset afterwards in every case. After Tornado's `ExpectLog`.
 *
 * @module
 */

import { configureSync, getConfig, type LogLevel, type LogRecord, resetSync } from "@logtape/logtape";
import { AssertionError } from "@std/assert";

/** One message as it was logged. */
export interface LoggedMessage {
  readonly level: LogLevel;
  /** The category, joined by dots: `denado.general`. */
  readonly category: string;
  readonly text: string;
  readonly properties: Record<string, unknown>;
}

/** Which messages must appear. What is left out is not looked at. */
export interface ExpectedLog {
  readonly level?: LogLevel;
  /** The category, joined by dots: `denado.general`. */
  readonly category?: string;
  /** Found anywhere in the text, as a regular expression or literally. */
  readonly pattern: RegExp | string;
  /** How often. @default at least once */
  readonly times?: number;
}

/**
 * Runs `fn` and returns what it returns.
 *
 * `fn` is given the list of messages, which grows while it runs. Errors of `fn` come first; then the expectations are
 * checked.
 *
 * @throws {AssertionError} if an expected message is missing, or a warning or error was not expected
 */
export async function expectLog<T>(
  expected: ExpectedLog | readonly ExpectedLog[],
  fn: (messages: readonly LoggedMessage[]) => T | PromiseLike<T>,
): Promise<T> {
  if (getConfig() !== null) {
    throw new Error("Cannot record the log: LogTape is configured already; expectLog does not nest");
  }
  const messages: LoggedMessage[] = [];
  configureSync({
    sinks: { record: (record) => messages.push(toMessage(record)) },
    loggers: [
      { category: [], lowestLevel: "trace", sinks: ["record"] },
      { category: ["logtape", "meta"], lowestLevel: "warning", parentSinks: "override", sinks: ["record"] },
    ],
  });
  let result: T;
  try {
    result = await fn(messages);
  } finally {
    resetSync();
  }
  check(Array.isArray(expected) ? expected : [expected], messages);
  return result;
}

/** Runs `fn` and fails if it logs a warning or an error. */
export function expectNoLog<T>(fn: (messages: readonly LoggedMessage[]) => T | PromiseLike<T>): Promise<T> {
  return expectLog([], fn);
}

function toMessage(record: LogRecord): LoggedMessage {
  return {
    level: record.level,
    category: record.category.join("."),
    text: record.message.map(String).join(""),
    properties: record.properties,
  };
}

function check(expected: readonly ExpectedLog[], messages: readonly LoggedMessage[]): void {
  const complaints: string[] = [];
  const explained = new Set<LoggedMessage>();
  for (const expectation of expected) {
    const found = messages.filter((message) => matches(expectation, message));
    for (const message of found) explained.add(message);
    const { times } = expectation;
    if (times === undefined ? found.length === 0 : found.length !== times) {
      complaints.push(
        `expected ${times ?? "at least 1"}, found ${found.length} of ${Deno.inspect(expectation)}`,
      );
    }
  }
  for (const message of messages) {
    if (isSevere(message.level) && !explained.has(message)) complaints.push(`did not expect ${describe(message)}`);
  }
  if (complaints.length === 0) return;
  const log = messages.map((message) => `  ${describe(message)}`).join("\n") || "  (nothing)";
  throw new AssertionError(`The log is not as expected:\n  ${complaints.join("\n  ")}\nIt says:\n${log}`);
}

function matches(expected: ExpectedLog, message: LoggedMessage): boolean {
  if (expected.level !== undefined && expected.level !== message.level) return false;
  if (expected.category !== undefined && expected.category !== message.category) return false;
  const { pattern } = expected;
  return typeof pattern === "string" ? message.text.includes(pattern) : message.text.search(pattern) !== -1;
}

function isSevere(level: LogLevel): boolean {
  return level === "warning" || level === "error" || level === "fatal";
}

function describe(message: LoggedMessage): string {
  return `${message.level} ${message.category}: ${message.text}`;
}
