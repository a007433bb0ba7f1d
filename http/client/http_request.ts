/**
 * A request as a program makes it.
 *
 * @module
 */

import { formatTimestamp } from "../http_date.ts";
import { HTTPHeaders } from "../headers.ts";
import type { HTTPRequestOptions, RequestBody } from "./request_options.ts";

/**
 * An HTTP request. It is never changed and may be fetched any number of times, unless its body is a stream. Tornado:
 * `tornado.httpclient.HTTPRequest`.
 *
 * @example A form
 * ```ts
 * import { HTTPRequest } from "@denado/denado/http";
 * import { assertEquals } from "@std/assert";
 *
 * const request = new HTTPRequest("http://a.example/form", { method: "POST", body: "a=b", connectTimeoutMs: 5000 });
 * assertEquals(request.method, "POST");
 * assertEquals(request.options.connectTimeoutMs, 5000);
 * ```
 */
export class HTTPRequest {
  /** The URL, as it was given. */
  readonly url: string;
  /** The method. */
  readonly method: string;
  /** The header fields; a map of the request's own. */
  readonly headers: HTTPHeaders;
  /** The body, if there is one. */
  readonly body: RequestBody | undefined;
  /** All that was chosen; the client's defaults are not among it. */
  readonly options: HTTPRequestOptions;

  /**
   * Creates a request.
   *
   * @param url Where to.
   * @param options What is not as usual.
   * @throws {TypeError} When a header is not allowed, or there are both a body and a producer of one.
   */
  constructor(url: string | URL, options: HTTPRequestOptions = {}) {
    this.url = typeof url === "string" ? url : url.href;
    this.method = options.method ?? "GET";
    this.headers = new HTTPHeaders(options.headers);
    this.body = options.body;
    this.options = options;
    if (options.body !== undefined && options.bodyProducer !== undefined) {
      throw new TypeError("Cannot make a request with both body and bodyProducer");
    }
    if (options.ifModifiedSince !== undefined) {
      this.headers.set("If-Modified-Since", formatTimestamp(options.ifModifiedSince));
    }
  }

  /**
   * The same request as the platform's `Request`: method, URL, header fields, body, redirect mode and signal.
   *
   * @param request The request; its body is read when it is sent.
   * @param options What the platform does not know, time limits for instance; they win.
   * @returns A request that may have any method, with a body or without, as on the platform.
   */
  static fromRequest(request: Request, options: HTTPRequestOptions = {}): HTTPRequest {
    return new HTTPRequest(request.url, {
      method: request.method,
      headers: request.headers,
      ...request.body === null ? {} : { body: request.body },
      ...request.redirect === "follow" ? {} : { followRedirects: false },
      signal: request.signal,
      allowNonstandardMethods: true,
      ...options,
    });
  }
}
