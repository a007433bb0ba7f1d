/**
 * What a client throws when a request does not lead to a good response.
 *
 * ```text
 * Error
 * └─ HTTPClientError          a response with a bad status, or none at all: code 599
 *    ├─ HTTPTimeoutError      a time limit passed
 *    ├─ HTTPStreamClosedError the connection ended before the response did
 *    └─ HTTPProxyError        a proxy did not open a tunnel
 * ```
 *
 * A response that is not HTTP is an `HTTPInputError`, and what the host says about a connection (refused, a certificate
 * that is not accepted) is thrown as it is, as in Tornado.
 *
 * @module
 */

import { reasonPhrase } from "../status.ts";
import type { HTTPResponse } from "./http_response.ts";

/** The code of an error without a response. */
const NO_RESPONSE = 599;

/** Settings of an {@linkcode HTTPClientError}. */
export interface HTTPClientErrorOptions extends ErrorOptions {
  /** What went wrong. @default the reason phrase of the code */
  readonly reason?: string;
  /** The response, where there is one. */
  readonly response?: HTTPResponse;
}

/**
 * A request did not succeed. Tornado: `tornado.httpclient.HTTPClientError`, also called `HTTPError` there.
 *
 * @example Its text
 * ```ts
 * import { HTTPClientError } from "@denado/denado/http";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(new HTTPClientError(403).message, "HTTP 403: Forbidden");
 * ```
 */
export class HTTPClientError extends Error {
  /** The name of the class. */
  override readonly name: string = "HTTPClientError";
  /** The status code of the response; 599 where there is none. */
  readonly code: number;
  /** What went wrong, usually the reason phrase of the response. Tornado: `message`. */
  readonly reason: string;
  /** The response, where there is one; with its body, even where that was to be streamed. */
  readonly response: HTTPResponse | undefined;

  /**
   * Creates an error.
   *
   * @param code A status code.
   * @param options Reason, response and cause.
   */
  constructor(code: number, options: HTTPClientErrorOptions = {}) {
    const reason = options.reason ?? reasonPhrase(code);
    super(`HTTP ${code}: ${reason}`, options);
    this.code = code;
    this.reason = reason;
    this.response = options.response;
  }
}

/** A time limit passed before the response was there. Tornado: `tornado.simple_httpclient.HTTPTimeoutError`. */
export class HTTPTimeoutError extends HTTPClientError {
  /** Always `"HTTPTimeoutError"`. */
  override readonly name = "HTTPTimeoutError";

  /** An error with code 599; `message` is also its `reason`. */
  constructor(message: string = "Timeout", options: ErrorOptions = {}) {
    super(NO_RESPONSE, { ...options, reason: message });
    this.message = message;
  }
}

/**
 * The connection ended before the response did. Tornado: `tornado.simple_httpclient.HTTPStreamClosedError`.
 *
 * Where the host says why, that error is thrown instead.
 */
export class HTTPStreamClosedError extends HTTPClientError {
  /** Always `"HTTPStreamClosedError"`. */
  override readonly name = "HTTPStreamClosedError";

  /** An error with code 599; `message` is also its `reason`. */
  constructor(message: string = "Stream closed", options: ErrorOptions = {}) {
    super(NO_RESPONSE, { ...options, reason: message });
    this.message = message;
  }
}

/** Settings of an {@linkcode HTTPProxyError}. */
export interface HTTPProxyErrorOptions extends ErrorOptions {
  /** The status with which the proxy answered. */
  readonly proxyStatus: number;
}

/** A proxy did not open a tunnel to the origin. */
export class HTTPProxyError extends HTTPClientError {
  /** Always `"HTTPProxyError"`. */
  override readonly name = "HTTPProxyError";
  /** The status with which the proxy answered, 407 for instance. */
  readonly proxyStatus: number;

  /** An error with code 599; `message` is also its `reason`. */
  constructor(message: string, options: HTTPProxyErrorOptions) {
    super(NO_RESPONSE, { ...options, reason: message });
    this.message = message;
    this.proxyStatus = options.proxyStatus;
  }
}
