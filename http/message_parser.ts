/**
 * The HTTP/1.1 message parser: bytes to events.
 *
 * It is free of I/O: no socket, stream, timer or clock. A driver owns a buffer, shows the parser
 * the bytes in it that are not consumed yet (the *window*), and acts on the event it gets back.
 *
 * The contract of {@linkcode MessageParser.parse}:
 *
 * - after every call, whatever it returned, the driver drops `parser.consumed` bytes from the
 *   front of the window before it calls again;
 * - while a head or a trailer section is incomplete nothing of it is consumed, and the next window must
 *   begin at the same byte (it may lie elsewhere in memory). The parser remembers how far it
 *   has looked, so input that comes byte by byte costs no more than input that comes at once;
 * - `NEED_DATA` is the only event that needs new bytes before the next call;
 * - `DATA` names a range of the window, valid until the window changes. Bytes that are consumed
 *   by the same call may have been overwritten (see `chunked.ts`);
 * - every message gives `HEAD`, any number of `DATA`, at most one `TRAILERS`, and `END`. After `END` the
 *   next message begins, on the same parser;
 * - after an error the parser only ever throws that error again.
 *
 * The events do not depend on how the input is cut, except for how data is divided.
 *
 * A head becomes one string in one native call, and everything else is a substring of it. What a
 * connection must know about the head is found while its bytes go by (`body_framing.ts`).
 *
 * Sources: RFC 9112 2 to 7 and 9, RFC 9110 5, 6, 8.6 and 15.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { type BodyFraming, FramingFacts } from "./body_framing.ts";
import { CHUNKED_DATA, CHUNKED_LAST, ChunkedDecoder } from "./chunked.ts";
import { HTTPInputError } from "./errors.ts";
import { FieldSectionScanner } from "./field_section.ts";
import { isHost } from "./grammar.ts";
import { HTTPHeaders } from "./headers.ts";
import {
  RequestLineScanner,
  type RequestStartLine,
  type ResponseStartLine,
  StatusLineScanner,
  targetHost,
} from "./start_line.ts";

/** What {@linkcode MessageParser.parse} found; one of the constants of {@linkcode ParseEvents}. */
export type ParseEvent = 0 | 1 | 2 | 3 | 4;

/**
 * The events, as small integers, because there are several for each request.
 *
 * - `NEED_DATA`: everything is looked at; call again with more bytes.
 * - `HEAD`: start line and headers are in {@linkcode MessageParser.head}.
 * - `DATA`: body bytes are at `dataStart` to `dataEnd` in the window.
 * - `TRAILERS`: trailer fields are in {@linkcode MessageParser.trailers}.
 * - `END`: the message is complete.
 */
export const ParseEvents: {
  readonly NEED_DATA: 0;
  readonly HEAD: 1;
  readonly DATA: 2;
  readonly TRAILERS: 3;
  readonly END: 4;
} = { NEED_DATA: 0, HEAD: 1, DATA: 2, TRAILERS: 3, END: 4 };

/** Limits of a {@linkcode MessageParser}. Crossing one is an error with a status to answer with. */
export interface MessageParserOptions {
  /**
   * Most bytes of a head, and of a trailer section: 431, or 414 inside the request target.
   *
   * @default 65536
   */
  maxHeaderSize?: number;
  /**
   * Most field lines of a head, and of a trailer section: 431. Apache has 100 too.
   *
   * @default 100
   */
  maxHeaderCount?: number;
  /**
   * Most bytes of a body: 413. {@linkcode MessageParser.setMaxBodySize} changes it for one
   * message.
   *
   * @default 104857600
   */
  maxBodySize?: number;
  /**
   * Most bytes in one `DATA` event.
   *
   * @default 65536
   */
  chunkSize?: number;
}

/** The head of a request, and what its fields mean for the connection. */
export interface RequestHead extends RequestStartLine {
  /** The header fields. */
  readonly headers: HTTPHeaders;
  /** 0 for HTTP/1.0, 1 for HTTP/1.1 and later minor versions. */
  readonly minorVersion: 0 | 1;
  /**
   * The host that was asked for: from the request target where that names one, else from `Host`;
   * `undefined` where HTTP/1.0 has none.
   */
  readonly host: string | undefined;
  /** Whether the client is willing to use the connection again (RFC 9112 9.3). */
  readonly keepAlive: boolean;
  /** How the end of the body is found. */
  readonly framing: BodyFraming;
  /** The value of `Content-Length`, or -1. */
  readonly contentLength: number;
  /** Whether the client waits for `100 Continue` before it sends the body. */
  readonly expectContinue: boolean;
  /** Whether another protocol is asked for: `Upgrade`, and `upgrade` in `Connection`. */
  readonly upgrade: boolean;
}

/** The head of a response, and what its fields mean for the connection. */
export interface ResponseHead extends ResponseStartLine {
  /** The header fields. */
  readonly headers: HTTPHeaders;
  /** 0 for HTTP/1.0, 1 for HTTP/1.1 and later minor versions. */
  readonly minorVersion: 0 | 1;
  /** Whether the connection can be used again after this message. */
  readonly keepAlive: boolean;
  /** How the end of the body is found. */
  readonly framing: BodyFraming;
  /** The value of `Content-Length`, or -1; also where there is no body. */
  readonly contentLength: number;
  /** Whether the server switches protocols: 101, or success for CONNECT. */
  readonly upgrade: boolean;
}

/** Which kind of messages a parser reads: a server reads requests, a client responses. */
export type MessageRole = "request" | "response";

/** The head that belongs to a role. */
export type HeadOf<Role extends MessageRole> = Role extends "request" ? RequestHead : ResponseHead;

/**
 * Parses the messages of one connection, one after the other.
 *
 * @example A request and its body
 * ```ts
 * import { MessageParser, ParseEvents } from "@denado/denado/http";
 * import { assertEquals } from "@std/assert";
 *
 * const bytes = new TextEncoder().encode(
 *   "POST /echo HTTP/1.1\r\nHost: a.example\r\nContent-Length: 2\r\n\r\nhi",
 * );
 * const parser = new MessageParser("request");
 *
 * let at = 0;
 * assertEquals(parser.parse(bytes, at, bytes.length), ParseEvents.HEAD);
 * at += parser.consumed;
 * assertEquals(parser.head.method, "POST");
 * assertEquals(parser.head.path, "/echo");
 * assertEquals(parser.head.headers.get("host"), "a.example");
 *
 * assertEquals(parser.parse(bytes, at, bytes.length), ParseEvents.DATA);
 * assertEquals(
 *   new TextDecoder().decode(bytes.subarray(parser.dataStart, parser.dataEnd)),
 *   "hi",
 * );
 * at += parser.consumed;
 *
 * assertEquals(parser.parse(bytes, at, bytes.length), ParseEvents.END);
 * ```
 */
export class MessageParser<Role extends MessageRole = "request"> {
  /** Bytes at the front of the window that the last call is done with. */
  consumed = 0;
  /** Index in the window of the data of the last `DATA` event. */
  dataStart = 0;
  /** Index after it. */
  dataEnd = 0;
  /** The trailer fields of the current message, from `TRAILERS` on. */
  trailers: HTTPHeaders | undefined = undefined;

  readonly #maxHeaderSize: number;
  readonly #defaultMaxBodySize: number;
  readonly #limits: { maxBodySize: number; chunkSize: number };
  readonly #requestLine: RequestLineScanner | undefined;
  readonly #statusLine: StatusLineScanner | undefined;
  readonly #facts: FramingFacts;
  readonly #fields: FieldSectionScanner;
  readonly #maxHeaderCount: number;
  // Most connections never see a chunked body.
  #chunked: ChunkedDecoder | undefined = undefined;
  #trailerFields: FieldSectionScanner | undefined = undefined;

  #phase: number = START_LINE;
  #head: HeadOf<Role> | undefined = undefined;
  /** How many bytes of an incomplete head or trailer section were looked at. */
  #scanned = 0;
  /** Bytes of a body with a length that have not come yet. */
  #remaining = 0;
  #requestMethod = "GET";
  /** Reused for every request; its `text` is empty when it cannot be repeated. */
  readonly #lastRequest = new LastRequest();
  #lastHost = "";
  #failure: unknown = undefined;

  /**
   * Creates a parser.
   *
   * @param role Which kind of messages to read.
   * @param options Limits.
   */
  constructor(role: Role, options: MessageParserOptions = {}) {
    this.#maxHeaderSize = options.maxHeaderSize ?? 65536;
    this.#maxHeaderCount = options.maxHeaderCount ?? 100;
    this.#defaultMaxBodySize = options.maxBodySize ?? 104857600;
    this.#limits = {
      maxBodySize: this.#defaultMaxBodySize,
      chunkSize: options.chunkSize ?? 65536,
    };
    this.#requestLine = role === "request" ? new RequestLineScanner() : undefined;
    this.#statusLine = role === "request" ? undefined : new StatusLineScanner();
    this.#facts = new FramingFacts();
    this.#fields = new FieldSectionScanner({
      maxFields: this.#maxHeaderCount,
      allowFolding: role === "response",
      strictLineEnds: false,
    }, this.#facts);
  }

  /**
   * The head of the current message, from `HEAD` until the next `HEAD`. A new object for each
   * message, so it may be kept.
   *
   * @throws {Error} Before the first head.
   */
  get head(): HeadOf<Role> {
    if (this.#head === undefined) throw new Error("Cannot get the head: none was parsed yet");
    return this.#head;
  }

  /** Whether no byte of a next message was looked at, so that a close now cuts nothing off. */
  get idle(): boolean {
    return this.#phase === START_LINE && this.#scanned === 0;
  }

  /**
   * Changes the body limit for the current message, between `HEAD` and `END`. Tornado:
   * `HTTP1Connection.set_max_body_size`.
   *
   * @param bytes The new limit.
   */
  setMaxBodySize(bytes: number): void {
    this.#limits.maxBodySize = bytes;
  }

  /**
   * Tells a response parser which request the next response answers: the body of a response
   * depends on it (RFC 9112 6.3). Without it, and again after that response, it is a GET.
   *
   * @param method The request method.
   */
  expectResponseTo(method: string): void {
    this.#requestMethod = method;
  }

  /**
   * Looks at the window until there is something to report.
   *
   * @param bytes The array that holds the window.
   * @param start Index of the first byte that is not consumed.
   * @param end Index after the last byte.
   * @returns The event; one of {@linkcode ParseEvents}.
   * @throws {HTTPInputError} When the input breaks the protocol or a limit. Close the connection
   * after answering with its `status`.
   */
  parse(bytes: Uint8Array, start: number, end: number): ParseEvent {
    this.consumed = 0;
    try {
      switch (this.#phase) {
        case START_LINE:
        case FIELDS:
          return this.#parseHead(bytes, start, end);
        case FIXED:
          return this.#parseFixed(start, end);
        case CHUNKED:
          return this.#parseChunked(bytes, start, end);
        case TRAILERS:
          return this.#parseTrailers(bytes, start, end);
        case UNTIL_CLOSE:
          return this.#parseUntilClose(start, end);
        case COMPLETE:
          return this.#endMessage();
        default:
          throw this.#failure;
      }
    } catch (error) {
      this.#phase = FAILED;
      this.#failure = error;
      throw error;
    }
  }

  /**
   * Tells the parser that the peer will send nothing more. To be called when `parse` has
   * returned `NEED_DATA`.
   *
   * @returns `"idle"` between messages, `"end"` when this completes a body that runs until the close
   * (the message is over, as after `END`), `"incomplete"` when a message is cut off.
   */
  parseEndOfStream(): "idle" | "end" | "incomplete" {
    if (this.idle) return "idle";
    if (this.#phase !== UNTIL_CLOSE) return "incomplete";
    this.#endMessage();
    return "end";
  }

  #parseHead(bytes: Uint8Array, start: number, end: number): ParseEvent {
    const max = start + this.#maxHeaderSize;
    const limit = end < max ? end : max;
    let pos = start + this.#scanned;
    if (this.#phase === START_LINE) {
      if (pos >= limit) return NEED_DATA;
      const text = this.#lastRequest.text;
      if (text !== "" && this.#scanned === 0 && text.length <= limit - pos && equalBytes(bytes, pos, text)) {
        this.consumed = text.length;
        this.#deliverRequest(text);
        return HEAD;
      }
      pos = this.#requestLine !== undefined
        ? this.#requestLine.scan(bytes, pos, limit, start)
        : this.#statusLine!.scan(bytes, pos, limit, start);
      if (pos < 0) return this.#suspend(limit - start);
      this.#phase = FIELDS;
    }
    pos = this.#fields.scan(bytes, pos, limit, start);
    if (pos < 0) return this.#suspend(limit - start);
    // The one native call for the whole head. TextDecoder would be slower, and wrong: its
    // "latin1" is windows-1252.
    const text: string = latin1Slice.call(bytes, start, pos);
    this.#scanned = 0;
    if (this.#requestLine !== undefined) this.#finishRequestHead(text, this.#requestLine, bytes, start);
    else this.#finishResponseHead(text, this.#statusLine!);
    this.#facts.reset();
    this.#fields.reset();
    this.consumed = pos - start;
    return HEAD;
  }

  #suspend(scanned: number): ParseEvent {
    this.#scanned = scanned;
    if (scanned < this.#maxHeaderSize) return NEED_DATA;
    const inTarget = this.#phase === START_LINE && this.#requestLine !== undefined &&
      this.#requestLine.methodEnd > 0 && this.#requestLine.targetEnd === 0;
    throw new HTTPInputError(
      `${inTarget ? "Request target" : "Head"} too large: more than ${this.#maxHeaderSize} bytes`,
      { status: inTarget ? 414 : 431 },
    );
  }

  #finishRequestHead(text: string, line: RequestLineScanner, bytes: Uint8Array, start: number): void {
    const facts = this.#facts;
    const last = this.#lastRequest;
    // Nothing is to be repeated after a head that throws below.
    last.text = "";
    const minorVersion = line.minor === 0 ? 0 : 1;
    const method = methodText(text, line.start, line.methodEnd);
    const path = text.substring(line.methodEnd + 1, line.targetEnd);
    const target = text.charCodeAt(line.methodEnd + 1) === 0x2f && method !== "CONNECT"
      ? undefined
      : targetHost(method, path);
    facts.check(minorVersion);
    const host = this.#hostField(bytes, start, minorVersion);
    last.method = method;
    last.path = path;
    last.version = versionText(line.minor);
    last.minorVersion = minorVersion;
    last.host = target ?? host;
    last.keepAlive = minorVersion === 1
      ? !facts.close
      // As in Tornado: an HTTP/1.0 client must have bounded its body.
      : facts.keepAlive && !facts.close &&
        (facts.contentLength >= 0 || method === "GET" || method === "HEAD");
    last.framing = facts.chunked ? "chunked" : facts.contentLength > 0 ? "length" : "none";
    last.contentLength = facts.contentLength;
    last.expectContinue = facts.expectContinue && minorVersion === 1;
    last.upgrade = facts.upgradeToken && facts.upgradeField && minorVersion === 1;
    last.offsets = this.#fields.offsets.slice(0, this.#fields.count * 4);
    line.reset();
    this.#deliverRequest(text);
    if (text.length <= MAX_REPEATED) last.text = text;
  }

  /** Makes a head of its own for this message from what is known about the last request. */
  #deliverRequest(text: string): void {
    const last = this.#lastRequest;
    const head: RequestHead = {
      method: last.method,
      path: last.path,
      version: last.version,
      headers: HTTPHeaders.fromOffsets(text, last.offsets),
      minorVersion: last.minorVersion,
      host: last.host,
      keepAlive: last.keepAlive,
      framing: last.framing,
      contentLength: last.contentLength,
      expectContinue: last.expectContinue,
      upgrade: last.upgrade,
    };
    this.#beginBody(head as HeadOf<Role>, last.framing, last.contentLength);
  }

  /** Exactly one in HTTP/1.1, at most one in HTTP/1.0 (RFC 9112 3.2). */
  #hostField(bytes: Uint8Array, start: number, minorVersion: number): string | undefined {
    const facts = this.#facts;
    if (facts.hostCount !== 1) {
      if (facts.hostCount > 1) throw new HTTPInputError("More than one Host header");
      if (minorVersion === 0) return undefined;
      throw new HTTPInputError("Missing Host header");
    }
    // A client names the same host in all requests of a connection.
    const last = this.#lastHost;
    const at = start + facts.hostStart;
    const length = facts.hostEnd - facts.hostStart;
    if (length === last.length && equalBytes(bytes, at, last)) return last;
    // Cut out of the bytes and not of the text, which a slice would keep alive.
    const host: string = latin1Slice.call(bytes, at, at + length);
    if (!isHost(host)) throw new HTTPInputError(`Invalid Host header: ${JSON.stringify(host)}`);
    this.#lastHost = host;
    return host;
  }

  #finishResponseHead(text: string, line: StatusLineScanner): void {
    const facts = this.#facts;
    const code = line.code;
    const minorVersion = line.minor === 0 ? 0 : 1;
    const interim = code < 200;
    const method = this.#requestMethod;
    const upgrade = code === 101 || (method === "CONNECT" && code >= 200 && code < 300);
    facts.check(minorVersion);
    const hasFraming = facts.chunked || facts.contentLength >= 0;
    if (interim && hasFraming) {
      throw new HTTPInputError(`Response with status ${code} cannot have a body`);
    }
    if (code === 204 && (facts.chunked || facts.contentLength > 0)) {
      throw new HTTPInputError("Response with status 204 cannot have a body");
    }
    let framing: BodyFraming = "none";
    if (!interim && !upgrade && method !== "HEAD" && code !== 204 && code !== 304) {
      if (facts.chunked) framing = "chunked";
      else if (facts.contentLength < 0) framing = "close";
      else if (facts.contentLength > 0) framing = "length";
    }
    const head: ResponseHead = {
      version: versionText(line.minor),
      code,
      reason: text.substring(line.reasonStart, line.reasonEnd),
      headers: this.#takeHeaders(text),
      minorVersion,
      keepAlive: framing !== "close" && !upgrade && !facts.close &&
        (minorVersion === 1 || facts.keepAlive),
      framing,
      contentLength: facts.contentLength,
      upgrade,
    };
    if (!interim) this.#requestMethod = "GET";
    line.reset();
    this.#beginBody(head as HeadOf<Role>, framing, facts.contentLength);
  }

  #takeHeaders(text: string): HTTPHeaders {
    const fields = this.#fields;
    const offsets = fields.offsets.slice(0, fields.count * 4);
    return fields.folded ? unfold(text, offsets) : HTTPHeaders.fromOffsets(text, offsets);
  }

  #beginBody(head: HeadOf<Role>, framing: BodyFraming, contentLength: number): void {
    this.#head = head;
    this.trailers = undefined;
    switch (framing) {
      case "none":
        this.#phase = COMPLETE;
        break;
      case "length":
        this.#remaining = contentLength;
        this.#phase = FIXED;
        break;
      case "chunked":
        this.#chunked ??= new ChunkedDecoder();
        this.#chunked.reset();
        this.#phase = CHUNKED;
        break;
      case "close":
        this.#remaining = 0;
        this.#phase = UNTIL_CLOSE;
    }
  }

  #parseFixed(start: number, end: number): ParseEvent {
    // Checked here and not with the head, because the limit may be changed in between.
    this.checkBodySize();
    const length = Math.min(this.#remaining, end - start, this.#limits.chunkSize);
    if (length === 0) return NEED_DATA;
    this.#remaining -= length;
    if (this.#remaining === 0) this.#phase = COMPLETE;
    return this.#data(start, start + length, length);
  }

  /**
   * Refuses a body whose announced length is over the limit. `parse` does this too; a driver
   * calls it to know before it sends `100 Continue`.
   *
   * @throws {HTTPInputError} 413.
   */
  checkBodySize(): void {
    const head = this.#head;
    if (head === undefined || head.framing !== "length") return;
    if (head.contentLength > this.#limits.maxBodySize) {
      throw new HTTPInputError(`Content-Length too long: ${head.contentLength} bytes`, {
        status: 413,
      });
    }
  }

  #parseUntilClose(start: number, end: number): ParseEvent {
    const length = Math.min(end - start, this.#limits.chunkSize);
    if (length === 0) return NEED_DATA;
    // Counts up here: there is no length to count down from.
    this.#remaining += length;
    if (this.#remaining > this.#limits.maxBodySize) {
      throw new HTTPInputError(`Body too large: more than ${this.#limits.maxBodySize} bytes`, {
        status: 413,
      });
    }
    return this.#data(start, start + length, length);
  }

  #parseChunked(bytes: Uint8Array, start: number, end: number): ParseEvent {
    const decoder = this.#chunked!;
    const event = decoder.decode(bytes, start, end, this.#limits);
    if (event === CHUNKED_DATA) {
      return this.#data(decoder.dataStart, decoder.dataEnd, decoder.consumed);
    }
    if (event !== CHUNKED_LAST) {
      this.consumed = decoder.consumed;
      return NEED_DATA;
    }
    this.#phase = TRAILERS;
    const result = this.#parseTrailers(bytes, start + decoder.consumed, end);
    this.consumed += decoder.consumed;
    return result;
  }

  #parseTrailers(bytes: Uint8Array, start: number, end: number): ParseEvent {
    const fields = this.#trailerFields ??= new FieldSectionScanner({
      maxFields: this.#maxHeaderCount,
      allowFolding: false,
      strictLineEnds: true,
    });
    const max = start + this.#maxHeaderSize;
    const limit = end < max ? end : max;
    const pos = fields.scan(bytes, start + this.#scanned, limit, start);
    if (pos < 0) return this.#suspend(limit - start);
    this.#scanned = 0;
    this.consumed = pos - start;
    this.#phase = COMPLETE;
    if (fields.count === 0) {
      fields.reset();
      return this.#endMessage();
    }
    const text: string = latin1Slice.call(bytes, start, pos);
    this.trailers = HTTPHeaders.fromOffsets(text, fields.offsets.slice(0, fields.count * 4));
    fields.reset();
    return TRAILERS_EVENT;
  }

  #data(start: number, end: number, consumed: number): ParseEvent {
    this.dataStart = start;
    this.dataEnd = end;
    this.consumed = consumed;
    return DATA;
  }

  #endMessage(): ParseEvent {
    this.#phase = START_LINE;
    this.#limits.maxBodySize = this.#defaultMaxBodySize;
    return END;
  }
}

const { NEED_DATA, HEAD, DATA, TRAILERS: TRAILERS_EVENT, END } = ParseEvents;

/** Longest head that is compared with the next one. Comparing pays for short heads only. */
const MAX_REPEATED = 512;

/**
 * The last request of a connection. Clients that poll, health checks and proxies send the same
 * bytes again and again; then the next head is the same, and nothing needs to be parsed.
 */
class LastRequest {
  text = "";
  offsets: readonly number[] = [];
  method = "";
  path = "";
  version = "";
  minorVersion: 0 | 1 = 1;
  host: string | undefined = undefined;
  keepAlive = true;
  framing: BodyFraming = "none";
  contentLength = -1;
  expectContinue = false;
  upgrade = false;
}

const START_LINE = 0;
const FIELDS = 1;
const FIXED = 2;
const CHUNKED = 3;
const TRAILERS = 4;
const UNTIL_CLOSE = 5;
const COMPLETE = 6;
const FAILED = 7;

// Works on any Uint8Array, not only on a Buffer. The types of Node leave it out.
const latin1Slice = (Buffer.prototype as unknown as {
  latin1Slice(this: Uint8Array, start: number, end: number): string;
}).latin1Slice;

/** Whether bytes are those of a Latin-1 text. */
function equalBytes(bytes: Uint8Array, at: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    if (bytes[at + i] !== text.charCodeAt(i)) return false;
  }
  return true;
}

/** The method as text; the usual ones without cutting them out. */
function methodText(text: string, start: number, end: number): string {
  switch (end - start) {
    case 3:
      if (text.startsWith("GET", start)) return "GET";
      if (text.startsWith("PUT", start)) return "PUT";
      break;
    case 4:
      if (text.startsWith("POST", start)) return "POST";
      if (text.startsWith("HEAD", start)) return "HEAD";
      break;
    default:
  }
  return text.substring(start, end);
}

function versionText(minor: number): string {
  return minor === 1 ? "HTTP/1.1" : minor === 0 ? "HTTP/1.0" : `HTTP/1.${minor}`;
}

/** Headers with folded lines joined by one space, as RFC 9112 5.2 asks of a client. */
function unfold(text: string, offsets: readonly number[]): HTTPHeaders {
  const headers = new HTTPHeaders();
  for (let i = 0; i < offsets.length; i += 4) {
    const lines = text.substring(offsets[i + 2]!, offsets[i + 3]!).split("\n");
    let value = "";
    for (const line of lines) {
      const part = line.replace(/^[ \t]+|[ \t\r]+$/g, "");
      if (part !== "") value += value === "" ? part : ` ${part}`;
    }
    headers.add(text.substring(offsets[i]!, offsets[i + 1]!), value);
  }
  return headers;
}
