/**
 * The HTTP/1.1 message writer: start line, headers and body framing to text, free of I/O.
 *
 * The head is built as one string and the driver encodes it together with what follows, because
 * one `encodeInto` for everything costs less than several. The writer decides how the body is
 * framed and counts the body bytes against it; it never sees the body itself. It knows no socket,
 * and it owns `Transfer-Encoding`: whatever the application put there is replaced by the truth.
 *
 * Names and values need no check here, because `HTTPHeaders` holds only legal ones; what does not
 * come from there (reason phrase, method, request target) is checked, so that nothing outgoing
 * can hold CR, LF or NUL.
 *
 * Sources: RFC 9112 6 and 9, RFC 9110 6.4.1, 8.6 and 15. Tornado: `HTTP1Connection.write_headers`.
 *
 * @module
 */

import { chunkHead, LAST_CHUNK, lastChunk } from "./chunked.ts";
import { HTTPOutputError } from "./errors.ts";
import { equalsIgnoreCase, isFieldText, isToken } from "./grammar.ts";
import type { HTTPHeaders } from "./headers.ts";
import type { RequestStartLine, ResponseStartLine } from "./start_line.ts";
import { reasonPhrase } from "./status.ts";

/** What a response depends on in its request. A `RequestHead` fits. */
export interface ResponseTo {
  /** The request method. */
  readonly method: string;
  /** The minor version of the request. */
  readonly minorVersion: number;
  /**
   * Whether the connection is to be kept for another request.
   *
   * @default true in HTTP/1.1, false in HTTP/1.0
   */
  readonly keepAlive?: boolean;
}

/** Frames the messages that one side of a connection writes, one after the other. */
export class MessageWriter {
  /** Whether the body of the current message is chunked. */
  chunked = false;
  /** Body bytes that are still owed, or -1 where the length is not known. */
  remaining = 0;
  /**
   * Whether the connection must be closed after the current message: it was to be closed anyway,
   * the application said `Connection: close`, or nothing else ends the body.
   */
  closeAfter = false;

  /**
   * Begins a response and decides its framing:
   *
   * - none after HEAD, for 1xx, 204 and 304, and for 2xx after CONNECT;
   * - by length where there is a `Content-Length`;
   * - chunked in HTTP/1.1;
   * - until the close in HTTP/1.0.
   *
   * Adds `Connection: close` for an HTTP/1.1 client when the connection will be closed, and
   * `Connection: Keep-Alive` for an HTTP/1.0 client when it will not. `headers` is not changed. After 101, and 2xx after
   * CONNECT, the connection belongs to another protocol: `Connection` is sent as it is, and `closeAfter` is set.
   *
   * @param startLine The status code and the reason phrase.
   * @param headers The header fields.
   * @param request What the response depends on in its request.
   * @returns The head with its empty line, Latin-1.
   * @throws {TypeError} When the reason phrase is not allowed.
   * @throws {RangeError} When the status code has not three digits.
   * @throws {HTTPOutputError} When `Content-Length` is not one decimal number.
   */
  startResponse(
    startLine: Pick<ResponseStartLine, "code" | "reason">,
    headers: HTTPHeaders,
    request: ResponseTo,
  ): string {
    const code = startLine.code;
    const tunnel = code === 101 || (request.method === "CONNECT" && code >= 200 && code < 300);
    const bodyless = code < 200 || code === 204 || tunnel;
    let text = statusLine(code, startLine.reason);
    let length = -1;
    let connection: string | undefined = undefined;
    for (let i = 0, count = headers.fieldCount; i < count; i++) {
      const name = headers.nameAt(i);
      const value = headers.valueAt(i);
      switch (name.length) {
        case 10:
          if (equalsIgnoreCase(name, "connection")) {
            connection = connection === undefined ? value : `${connection}, ${value}`;
            continue;
          }
          break;
        case 14:
          if (equalsIgnoreCase(name, "content-length")) {
            length = contentLength(value, length);
            // RFC 9110 8.6 and 9.3.6: must not be sent with 1xx, 204, and 2xx after CONNECT.
            if (bodyless) continue;
          }
          break;
        case 17:
          if (equalsIgnoreCase(name, "transfer-encoding")) continue;
      }
      text += name + ": " + value + "\r\n";
    }
    const http11 = request.minorVersion > 0;
    if (bodyless || code === 304 || request.method === "HEAD") {
      this.chunked = false;
      this.remaining = 0;
    } else {
      this.chunked = http11 && length < 0;
      this.remaining = length;
    }
    this.closeAfter = !(request.keepAlive ?? http11) || (this.remaining < 0 && !this.chunked);
    if (tunnel) {
      // What follows is not HTTP: whether this connection is kept for more of it is no question.
      this.closeAfter = true;
      return connection === undefined ? text + "\r\n" : `${text}Connection: ${connection}\r\n\r\n`;
    }
    if (connection !== undefined && hasClose(connection)) this.closeAfter = true;
    if (this.chunked) text += "Transfer-Encoding: chunked\r\n";
    if (this.closeAfter) {
      if (http11) connection = "close";
      else if (connection !== undefined && !hasClose(connection)) connection = undefined;
    } else if (!http11) {
      connection = "Keep-Alive";
    }
    if (connection !== undefined) text += "Connection: " + connection + "\r\n";
    return text + "\r\n";
  }

  /**
   * As {@linkcode startResponse}, for a response that was prepared before, with a Content-Length and a body
   * that is written at once.
   *
   * @param request What the response depends on in its request.
   * @returns The `Connection` line to send among its field lines, or nothing.
   */
  startPreparedResponse(request: ResponseTo): string {
    const http11 = request.minorVersion > 0;
    this.chunked = false;
    this.remaining = 0;
    this.closeAfter = !(request.keepAlive ?? http11);
    if (http11 !== this.closeAfter) return "";
    return http11 ? "Connection: close\r\n" : "Connection: Keep-Alive\r\n";
  }

  /**
   * Begins a request and decides its framing: by length where there is a `Content-Length`, else
   * chunked for POST, PUT and PATCH or where the application asked for it by `Transfer-Encoding`,
   * else no body.
   *
   * @param startLine The method and the request target.
   * @param headers The header fields.
   * @returns The head with its empty line, Latin-1.
   * @throws {TypeError} When method or request target is not allowed.
   * @throws {HTTPOutputError} When `Content-Length` is not one decimal number.
   */
  startRequest(
    startLine: Pick<RequestStartLine, "method" | "path">,
    headers: HTTPHeaders,
  ): string {
    const { method, path } = startLine;
    if (!isToken(method)) {
      throw new TypeError(`Cannot write request: invalid method ${JSON.stringify(method)}`);
    }
    if (path === "" || /[ \t]/.test(path) || !isFieldText(path)) {
      throw new TypeError(`Cannot write request: invalid target ${JSON.stringify(path)}`);
    }
    let text = `${method} ${path} HTTP/1.1\r\n`;
    let length = -1;
    let asked = false;
    this.closeAfter = false;
    for (let i = 0, count = headers.fieldCount; i < count; i++) {
      const name = headers.nameAt(i);
      const value = headers.valueAt(i);
      if (equalsIgnoreCase(name, "transfer-encoding")) {
        asked = true;
        continue;
      }
      if (equalsIgnoreCase(name, "content-length")) length = contentLength(value, length);
      else if (equalsIgnoreCase(name, "connection") && hasClose(value)) this.closeAfter = true;
      text += `${name}: ${value}\r\n`;
    }
    const usual = method === "POST" || method === "PUT" || method === "PATCH";
    this.chunked = length < 0 && (usual || asked);
    this.remaining = length >= 0 ? length : this.chunked ? -1 : 0;
    if (this.chunked) text += "Transfer-Encoding: chunked\r\n";
    return `${text}\r\n`;
  }

  /**
   * Counts body bytes that are about to be written.
   *
   * @param size How many; 0 is fine and writes nothing.
   * @returns The text to write before them: the chunk head, or nothing. Where it is not empty,
   * `CHUNK_END` goes after them.
   * @throws {HTTPOutputError} When they are more than the length allows. Close the connection.
   */
  frame(size: number): string {
    if (size === 0) return "";
    if (this.chunked) return chunkHead(size);
    if (this.remaining >= 0) {
      if (size > this.remaining) {
        throw new HTTPOutputError(
          `Tried to write more data than Content-Length: ${size - this.remaining} bytes too many`,
        );
      }
      this.remaining -= size;
    }
    return "";
  }

  /**
   * Ends the message.
   *
   * @param trailers Trailer fields; dropped where the body is not chunked.
   * @returns The text to write at the end, or nothing.
   * @throws {HTTPOutputError} When bytes are still owed. Close the connection.
   * @throws {TypeError} When a field may not be in a trailer section; nothing has changed then.
   */
  finish(trailers?: HTTPHeaders): string {
    if (this.remaining > 0) {
      throw new HTTPOutputError(
        `Tried to write ${this.remaining} bytes less than Content-Length`,
      );
    }
    if (!this.chunked) return "";
    const end = trailers === undefined ? LAST_CHUNK : lastChunk(trailers);
    this.chunked = false;
    this.remaining = 0;
    return end;
  }
}

/**
 * The head of an interim response, such as 103 Early Hints. It may come any number of times
 * before the final one and changes nothing about its framing (RFC 9110 15.2).
 *
 * @param code 100 to 199, but not 101, which is final.
 * @param headers Header fields.
 * @returns The head with its empty line, Latin-1.
 * @throws {RangeError} When the code is not that of an interim response.
 */
export function interimHead(code: number, headers?: HTTPHeaders): string {
  if (code < 100 || code > 199 || code === 101) {
    throw new RangeError(`Cannot write interim response: status must be 1xx but not 101: ${code}`);
  }
  let text = statusLine(code, reasonPhrase(code));
  if (headers !== undefined) {
    for (let i = 0; i < headers.fieldCount; i++) {
      text += `${headers.nameAt(i)}: ${headers.valueAt(i)}\r\n`;
    }
  }
  return `${text}\r\n`;
}

let lastCode = 0;
let lastReason = "";
let lastStatusLine = "";

/** Most responses of a process have the same status as the one before. */
function statusLine(code: number, reason: string): string {
  if (code === lastCode && reason === lastReason) return lastStatusLine;
  if (!Number.isInteger(code) || code < 100 || code > 999) {
    throw new RangeError(`Cannot write response: status must have three digits: ${code}`);
  }
  if (!isFieldText(reason)) {
    throw new TypeError(`Cannot write response: invalid reason ${JSON.stringify(reason)}`);
  }
  lastStatusLine = `HTTP/1.1 ${code} ${reason}\r\n`;
  lastCode = code;
  lastReason = reason;
  return lastStatusLine;
}

function contentLength(value: string, before: number): number {
  let length = 0;
  for (let i = 0; i < value.length; i++) {
    const digit = value.charCodeAt(i) - 0x30;
    length = digit < 0 || digit > 9 ? NaN : length * 10 + digit;
  }
  if (value === "" || before >= 0 || !Number.isSafeInteger(length)) {
    throw new HTTPOutputError(
      `Content-Length must be one decimal number: ${JSON.stringify(value)}`,
    );
  }
  return length;
}

function hasClose(connection: string): boolean {
  if (connection.length === 5) return equalsIgnoreCase(connection, "close");
  return connection.split(",").some((token) => equalsIgnoreCase(token.trim(), "close"));
}
