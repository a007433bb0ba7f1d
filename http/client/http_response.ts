/**
 * A response as a program gets it.
 *
 * @module
 */

import { HTTPHeaders } from "../headers.ts";
import { parseHeaderParameters } from "../header_parameters.ts";
import { HTTPClientError } from "./client_errors.ts";
import type { HTTPRequest } from "./http_request.ts";

/** Where the time of a request went, in milliseconds from the start of its last part on. Named after curl's. */
export interface TimeInfo {
  /** How long the request waited for one of the client's slots. */
  readonly queueMs: number;
  /** How long the redirects took before the last part began. */
  readonly redirectMs: number;
  /** When the connection was there, TLS included; 0 where it was there before. */
  readonly connectMs: number;
  /** When the first byte of the head had arrived and been read. */
  readonly startTransferMs: number;
  /** When the response was complete; with `streamResponse`, when its head was. */
  readonly totalMs: number;
  /** Whether the connection was used before. */
  readonly reused: boolean;
}

/** What an {@linkcode HTTPResponse} is made of. */
export interface HTTPResponseInit {
  /** The status code. */
  readonly code: number;
  /** The reason phrase. */
  readonly reason: string;
  /** The header fields. */
  readonly headers?: HTTPHeaders | undefined;
  /** The body. */
  readonly body?: Uint8Array<ArrayBuffer> | undefined;
  /** The body as a stream, instead of `body`. */
  readonly stream?: ReadableStream<Uint8Array<ArrayBuffer>> | undefined;
  /** The trailer fields. */
  readonly trailers?: HTTPHeaders | undefined;
  /** The URL of the last request. @default that of the request */
  readonly effectiveUrl?: string | undefined;
  /** How long it took, in milliseconds. */
  readonly requestTimeMs: number;
  /** When it began, in milliseconds since the epoch. */
  readonly startTimeMs: number;
  /** Where the time went. */
  readonly timeInfo: TimeInfo;
}

/** The response to an {@linkcode HTTPRequest}. Tornado: `tornado.httpclient.HTTPResponse`. */
export class HTTPResponse {
  /** The request, as it was given to `fetch`; redirects do not change it. */
  readonly request: HTTPRequest;
  /** The status code. */
  readonly code: number;
  /** The reason phrase. */
  readonly reason: string;
  /** The header fields. A body that was decompressed has `X-Consumed-Content-Encoding`. */
  readonly headers: HTTPHeaders;
  /** The URL of the last request, after redirects. */
  readonly effectiveUrl: string;
  /** The body; empty where it is streamed. */
  readonly body: Uint8Array<ArrayBuffer>;
  /**
   * The body as it arrives, with `streamResponse`: a stream of bytes, which a reader with buffers of its own may read too.
   * Cancelling it closes the connection.
   */
  readonly stream: ReadableStream<Uint8Array<ArrayBuffer>> | undefined;
  /** The trailer fields, if there were some behind a chunked body. */
  readonly trailers: HTTPHeaders | undefined;
  /** Set for codes other than 200 to 299. */
  readonly error: HTTPClientError | undefined;
  /** How long the last request took, in milliseconds, without waiting in the queue. */
  readonly requestTimeMs: number;
  /** When the last request began, in milliseconds since the epoch. */
  readonly startTimeMs: number;
  /** Where the time went. */
  readonly timeInfo: TimeInfo;

  /** A response to `request`. */
  constructor(request: HTTPRequest, init: HTTPResponseInit) {
    this.request = request;
    this.code = init.code;
    this.reason = init.reason;
    this.headers = init.headers ?? new HTTPHeaders();
    this.effectiveUrl = init.effectiveUrl ?? request.url;
    this.body = init.body ?? NO_BYTES;
    this.stream = init.stream;
    this.trailers = init.trailers;
    this.requestTimeMs = init.requestTimeMs;
    this.startTimeMs = init.startTimeMs;
    this.timeInfo = init.timeInfo;
    const isGood = this.code >= 200 && this.code < 300;
    this.error = isGood ? undefined : new HTTPClientError(this.code, { reason: this.reason, response: this });
  }

  /** Throws {@linkcode error} if there is one. */
  rethrow(): void {
    if (this.error !== undefined) throw this.error;
  }

  /**
   * The body as text, in the charset of `Content-Type`.
   *
   * @returns The text; bytes that are not of the charset become U+FFFD. Without a charset, or with one that is not
   * known, it is UTF-8.
   */
  text(): string {
    const type = this.headers.get("Content-Type");
    const charset = type === undefined ? undefined : parseHeaderParameters(type).parameters.get("charset");
    return decoderOf(charset).decode(this.body);
  }

  /**
   * The body as JSON.
   *
   * @returns The value.
   * @throws {SyntaxError} When it is not JSON.
   */
  json(): unknown {
    return JSON.parse(new TextDecoder().decode(this.body));
  }

  /**
   * The same response as the platform's `Response`; a streamed body goes with it.
   *
   * @returns A new object, without the body where its status allows none.
   * @throws {RangeError} When the code is one that the platform does not allow.
   */
  toResponse(): Response {
    const isBodyless = this.code === 101 || this.code === 204 || this.code === 205 || this.code === 304;
    const headers = this.headers.toHeaders();
    // The length is that of the coded body, and no other than the platform's own fetch would tell.
    if (this.headers.has("X-Consumed-Content-Encoding")) headers.delete("Content-Length");
    return new Response(isBodyless ? null : this.stream ?? this.body, {
      status: this.code,
      statusText: this.reason,
      headers,
    });
  }
}

const NO_BYTES = new Uint8Array(0);

function decoderOf(charset: string | null | undefined): TextDecoder {
  if (charset === undefined || charset === null) return new TextDecoder();
  try {
    return new TextDecoder(charset);
  } catch (error) {
    if (error instanceof RangeError) return new TextDecoder();
    throw error;
  }
}
