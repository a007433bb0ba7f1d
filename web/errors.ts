/**
 * The errors of the web layer.
 *
 * ```text
 * Error
 * ├── HTTPError                      ends a request with a status; thrown by handlers
 * │   ├── MissingArgumentError       400: an argument did not come
 * │   └── InvalidArgumentError       400: arguments or a body are not what they must be
 * └── Finish                         ends a request with what was written so far; no error at all
 * ```
 *
 * @module
 */

import { reasonPhrase } from "../http/mod.ts";
import { oneLine } from "./log_text.ts";

/** Settings of an {@linkcode HTTPError}. */
export interface HTTPErrorOptions extends ErrorOptions {
  /** For the log only; the client does not see it. */
  readonly logMessage?: string;
  /** What stands for the `%s` and `%d` in the log message; without any, a `%` stands for itself. */
  readonly args?: readonly unknown[];
  /** Replaces the reason phrase of the status. */
  readonly reason?: string;
  /** Header fields to send with the error. */
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Ends a request with an error status. Tornado: `tornado.web.HTTPError`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { HTTPError } from "@denado/denado/web";
 *
 * assertEquals(new HTTPError(404).message, "HTTP 404: Not Found");
 * assertEquals(new HTTPError(404, "no article %s", "x").message, "HTTP 404: Not Found (no article x)");
 * assertEquals(new HTTPError(401, { headers: { "WWW-Authenticate": "Basic" } }).statusCode, 401);
 * ```
 */
export class HTTPError extends Error {
  /** Always `"HTTPError"`. */
  override readonly name: string = "HTTPError";
  /** Always `"EHTTP"`. */
  readonly code = "EHTTP";
  /** For the log only; see {@linkcode HTTPError.getMessage}. */
  readonly logMessage: string | undefined;
  /** What stands for the placeholders in the log message. */
  readonly args: readonly unknown[];
  /** What replaces the reason phrase, if anything. */
  readonly reason: string | undefined;
  /** Header fields to send with the error. */
  readonly headers: Readonly<Record<string, string>>;

  /**
   * An error with a status, which is usually from 400 to 599, and a message for the log with what stands for its `%s`,
   * or settings.
   *
   * @throws {RangeError} if the status is not a whole number from 200 to 999
   */
  constructor(readonly statusCode: number = 500, details: string | HTTPErrorOptions = {}, ...args: unknown[]) {
    if (!Number.isInteger(statusCode) || statusCode < 200 || statusCode > 999) {
      throw new RangeError(`Cannot make an HTTPError with status ${statusCode}: it must be from 200 to 999`);
    }
    const options = typeof details === "string" ? { logMessage: details, args } : details;
    const text = `HTTP ${statusCode}: ${options.reason ?? reasonPhrase(statusCode)}`;
    const message = formatMessage(options.logMessage, options.args ?? []);
    super(message === undefined ? text : `${text} (${message})`, options);
    this.logMessage = options.logMessage;
    this.args = options.args ?? [];
    this.reason = options.reason;
    this.headers = options.headers ?? {};
  }

  /** The message for the log with its arguments in their places. */
  getMessage(): string | undefined {
    return formatMessage(this.logMessage, this.args);
  }
}

/** What is wrong with a part of the client's input. */
export interface ArgumentIssue {
  /** The name of the argument, or the path to it in a body, such as `items.0.name`; empty for all of it. */
  readonly field: string;
  /** What is wrong, for people, as in "must be a whole number". */
  readonly message: string;
}

/** Ends a request with 400, because an argument did not come. Tornado: `tornado.web.MissingArgumentError`. */
export class MissingArgumentError extends HTTPError {
  /** Always `"MissingArgumentError"`. */
  override readonly name = "MissingArgumentError";

  /** An error for the argument with this name. */
  constructor(readonly argName: string) {
    super(400, { logMessage: `Missing argument ${oneLine(argName)}` });
  }

  /** The same, in the form of {@linkcode InvalidArgumentError}. */
  get issues(): readonly ArgumentIssue[] {
    return [{ field: this.argName, message: "is missing" }];
  }
}

/** Ends a request with 400, because of what the client sent. The error page and the log name the fields. */
export class InvalidArgumentError extends HTTPError {
  /** Always `"InvalidArgumentError"`. */
  override readonly name = "InvalidArgumentError";

  /** An error with everything that is wrong. */
  constructor(readonly issues: readonly ArgumentIssue[], options: ErrorOptions = {}) {
    super(400, { ...options, logMessage: `Invalid input: ${describeIssues(issues)}` });
  }
}

/** A client can cause as many as it likes; a line of the log has an end. */
const MAX_LOGGED_ISSUES = 5;

function describeIssues(issues: readonly ArgumentIssue[]): string {
  const shown = issues.slice(0, MAX_LOGGED_ISSUES).map(({ field, message }) => {
    return oneLine(field === "" ? message : `${field}: ${message}`);
  });
  const rest = issues.length - shown.length;
  return shown.join("; ") + (rest > 0 ? `; and ${rest} more` : "");
}

/**
 * Thrown to end a request where it stands: what was written is sent, no error page, no log entry.
 * Tornado: `tornado.web.Finish`.
 */
export class Finish extends Error {
  /** Always `"Finish"`. */
  override readonly name = "Finish";
  /** Always `"EFINISH"`. */
  readonly code = "EFINISH";

  /** Ends the request, with a last chunk if one is given. */
  constructor(readonly chunk?: string | Uint8Array | Readonly<Record<string, unknown>>) {
    super("The request was finished by its handler");
  }
}

/** The placeholders that Python's logging is used with; what has no argument stays, as does what has none left. */
function formatMessage(message: string | undefined, args: readonly unknown[]): string | undefined {
  if (message === undefined || args.length === 0) return message;
  let next = 0;
  return message.replace(/%([%sdirf])/g, (placeholder, kind: string) => {
    if (kind === "%") return "%";
    if (next >= args.length) return placeholder;
    const value = args[next++];
    if (kind === "r") return Deno.inspect(value);
    return kind === "s" || typeof value === "bigint" ? String(value) : formatNumber(kind, value);
  });
}

function formatNumber(kind: string, value: unknown): string {
  const number = Number(value);
  return kind === "f" ? number.toFixed(6) : String(Math.trunc(number));
}
