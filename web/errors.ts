/**
 * The errors of the web layer.
 *
 * ```text
 * Error
 * ├── HTTPError   ends a request with a status; thrown by handlers
 * └── Finish      ends a request with what was written so far; no error at all
 * ```
 *
 * @module
 */

import { reasonPhrase } from "../http/mod.ts";

/** Settings of an {@linkcode HTTPError}. */
export interface HTTPErrorOptions extends ErrorOptions {
  /** For the log only; the client does not see it. */
  readonly logMessage?: string;
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
 * const error = new HTTPError(404, { logMessage: "no such article" });
 * assertEquals(error.message, "HTTP 404: Not Found (no such article)");
 * ```
 */
export class HTTPError extends Error {
  /** Always `"HTTPError"`. */
  override readonly name: string = "HTTPError";
  /** Always `"EHTTP"`. */
  readonly code = "EHTTP";
  /** For the log only. */
  readonly logMessage: string | undefined;
  /** What replaces the reason phrase, if anything. */
  readonly reason: string | undefined;
  /** Header fields to send with the error. */
  readonly headers: Readonly<Record<string, string>>;

  /**
   * An error with a status, which is usually from 400 to 599.
   *
   * @throws {RangeError} if the status is not a whole number from 200 to 999
   */
  constructor(readonly statusCode: number = 500, options: HTTPErrorOptions = {}) {
    if (!Number.isInteger(statusCode) || statusCode < 200 || statusCode > 999) {
      throw new RangeError(`Cannot make an HTTPError with status ${statusCode}: it must be from 200 to 999`);
    }
    const text = `HTTP ${statusCode}: ${options.reason ?? reasonPhrase(statusCode)}`;
    super(options.logMessage === undefined ? text : `${text} (${options.logMessage})`, options);
    this.logMessage = options.logMessage;
    this.reason = options.reason;
    this.headers = options.headers ?? {};
  }
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
