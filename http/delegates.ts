/**
 * The interfaces between a connection and what is above it.
 *
 * A connection knows nothing of applications: it hands each request to a
 * {@linkcode HTTPMessageDelegate}, which answers through the
 * {@linkcode HTTPConnection} it was given. The web framework is one
 * implementation, a plain callback another. The names are Tornado's
 * (`tornado.httputil`).
 *
 * @module
 */

import type { IOStream } from "../tcp/mod.ts";
import type { HTTPHeaders } from "./headers.ts";
import type { RequestHead } from "./message_parser.ts";
import type { ResponseStartLine } from "./start_line.ts";

/** Makes a delegate for each request of a connection. */
export interface HTTPServerConnectionDelegate {
  /** A request has begun to arrive; it is answered through `requestConnection`. */
  startRequest(serverConnection: ServerConnection, requestConnection: HTTPConnection): HTTPMessageDelegate;
  /** The connection is closed and no request of it will come any more. */
  onClose?(serverConnection: ServerConnection): void;
}

/** Receives one message: first its head, then its body, then either `finish` or `onConnectionClose`. */
export interface HTTPMessageDelegate<Head = RequestHead> {
  /** Start line and headers have arrived. A promise delays the body until it is settled. */
  headersReceived(head: Head, headers: HTTPHeaders): void | Promise<void>;
  /**
   * A part of the body has arrived. A promise holds the peer back until it is settled.
   *
   * The chunk is a view: copy what is needed after the call, or after its promise. If `owned` is true, as it is for parts
   * that came alone and large, the memory is the delegate's to keep, and needs no copy.
   */
  dataReceived(chunk: Uint8Array, owned?: boolean): void | Promise<void>;
  /** The message is complete. A promise delays the next one until it is settled. */
  finish(): void | Promise<void>;
  /** The peer left, before the message was complete or before it was answered. */
  onConnectionClose(): void;
}

/** Body data to send: bytes, or text that is sent as UTF-8. */
export type Chunk = Uint8Array | string;

/** Where a message is written: first the head, then the body, then `finish`. */
export interface HTTPConnection {
  /** What is known about the peer; a server behind a proxy replaces it for one request, before its head is delivered. */
  context: ConnectionContext;
  /** When the message began, in milliseconds of `performance.now()`. */
  readonly startTimeMs: number;
  /** Whether the connection is closed: nothing that is written arrives. */
  readonly closed: boolean;
  /** Writes the head, and a first part of the body. Resolves when it was handed to the kernel. */
  writeHeaders(
    startLine: Pick<ResponseStartLine, "code" | "reason">,
    headers: HTTPHeaders,
    chunk?: Chunk,
  ): Promise<void>;
  /** Writes a part of the body. Resolves when it was handed to the kernel. */
  write(chunk: Chunk): Promise<void>;
  /** Ends the message, with trailer fields where its body is chunked; elsewhere they are dropped. */
  finish(trailers?: HTTPHeaders): void;
  /**
   * Writes an interim response, such as 103 Early Hints, before the final one; nothing for an HTTP/1.0 client.
   *
   * @throws {RangeError} if the status is not 1xx, or 101
   */
  writeInterim(code: number, headers?: HTTPHeaders): void;
  /** Writes a whole message at once, head, body and end: the short way for what is known in full. */
  respond(startLine: Pick<ResponseStartLine, "code" | "reason">, headers: HTTPHeaders, body: Uint8Array): void;
  /**
   * As `respond`, for a response with a body that was prepared before. `head` is the status line and field lines,
   * each with its CRLF; `content` the rest of them, Content-Length among them, an empty line, and from
   * `bodyStart` on the body, or where that is apart, its beginning. Nothing in it is about the connection, text is
   * ASCII, and the caller vouches for the grammar. Missing where responses are not bytes.
   */
  respondPrepared?(head: Uint8Array, content: Uint8Array | string, bodyStart: number, body?: Uint8Array): void;
  /** Resolves when everything written so far was handed to the kernel; rejects if it never will be. */
  flushed(): Promise<void>;
  /** Breaks the message off: the peer sees that it is not whole. */
  abort(): void;
  /**
   * Ends HTTP on the connection and hands over its stream, with what has arrived after the request: for an upgrade to
   * another protocol and for CONNECT. It may be called before the response, or right after it, in the same step.
   *
   * @throws {Error} while the body of the request is being received, or when the connection has gone on
   */
  detach(): IOStream;
  /** Calls `callback` once if the peer leaves before the response is finished; `undefined` clears it. */
  setCloseCallback(callback: (() => void) | undefined): void;
  /** Aborted when the peer leaves before the response is finished. */
  readonly signal: AbortSignal;
  /** The trailer fields of the request, when it has been read and has some. */
  readonly requestTrailers: HTTPHeaders | undefined;
  /** The limit for the body of this request, in bytes. */
  readonly maxBodySize: number;
  /** Changes the limit for the body of this request, in bytes. */
  setMaxBodySize(bytes: number): void;
  /** Changes the time limit for the body of this request, in milliseconds; `undefined` for none. */
  setBodyTimeoutMs(timeoutMs: number | undefined): void;
  /** Changes the least bytes of the body of this request per second; 0 for no limit. */
  setMinBodyRate(bytesPerSecond: number): void;
}

/** The server's side of a connection, from its first request to its last. */
export interface ServerConnection {
  /** What is known about the peer. */
  readonly context: ConnectionContext;
  /** Closes the connection, and resolves when nothing runs on it any more. */
  close(): Promise<void>;
}

/** What is known about the peer of a connection. */
export interface ConnectionContext {
  /** The peer's address; `0.0.0.0` for a Unix socket, as in Tornado. */
  readonly remoteIp: string;
  /** `http` or `https`. */
  readonly protocol: string;
  /** The peer's address in full, where there is one. */
  readonly address?: Deno.Addr;
}
