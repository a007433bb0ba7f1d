/**
 * The errors of the `http` layer that callers catch.
 *
 * ```text
 * Error
 * ├─ HTTPInputError    the peer broke the protocol; `status` is what a server answers
 * └─ HTTPOutputError   we broke it: what was written does not fit the head that was sent
 * ```
 *
 * A wrong argument is a `TypeError` or `RangeError` instead, and a connection that breaks is
 * a `StreamClosedError` of the `tcp` layer. This module knows nothing about connections.
 *
 * @module
 */

/** Options of {@linkcode HTTPInputError}. */
export interface HTTPInputErrorOptions extends ErrorOptions {
  /**
   * The status a server answers with before it closes the connection.
   *
   * @default 400
   */
  status?: number;
}

/**
 * The peer sent something that is not HTTP, or more than a limit allows.
 *
 * A server answers with {@linkcode HTTPInputError.status} and closes the connection, because
 * it can no longer tell where the next message begins. A client closes the connection.
 *
 * Tornado: `httputil.HTTPInputError`, which always means 400.
 *
 * @example The status to answer with
 * ```ts
 * import { HTTPInputError } from "@denado/denado/http";
 * import { assertEquals } from "@std/assert";
 *
 * const error = new HTTPInputError("Head too large: 70000 bytes", { status: 431 });
 * assertEquals(error.status, 431);
 * assertEquals(new HTTPInputError("No colon in field line").status, 400);
 * ```
 */
export class HTTPInputError extends Error {
  /** The class name, stable under minification. */
  override readonly name = "HTTPInputError";
  /** A stable code, for callers that must not depend on the message. */
  readonly code = "ERR_HTTP_INPUT";
  /** The status a server answers with: 400 unless a more precise one exists. */
  readonly status: number;

  /**
   * Creates the error.
   *
   * @param message What was wrong, colon, the value seen.
   * @param options The status to answer with, and the cause.
   */
  constructor(message: string, options?: HTTPInputErrorOptions) {
    super(message, options);
    this.status = options?.status ?? 400;
  }
}

/**
 * The application wrote a message that contradicts its own head, for example more bytes than
 * its `Content-Length`. The connection must be closed: its framing is lost.
 *
 * Tornado: `httputil.HTTPOutputError`.
 *
 * @example More bytes than announced
 * ```ts
 * import { HTTPHeaders, HTTPOutputError, MessageWriter } from "@denado/denado/http";
 * import { assertThrows } from "@std/assert";
 *
 * const writer = new MessageWriter();
 * const headers = new HTTPHeaders({ "Content-Length": "2" });
 * writer.startResponse({ code: 200, reason: "OK" }, headers, { method: "GET", minorVersion: 1 });
 * assertThrows(() => writer.frame(3), HTTPOutputError, "more data than Content-Length");
 * ```
 */
export class HTTPOutputError extends Error {
  /** The class name, stable under minification. */
  override readonly name = "HTTPOutputError";
  /** A stable code, for callers that must not depend on the message. */
  readonly code = "ERR_HTTP_OUTPUT";
}
