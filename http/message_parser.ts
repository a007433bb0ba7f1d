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

import { FramingFacts } from "./body_framing.ts";
import { CHUNKED_DATA, CHUNKED_LAST, ChunkedDecoder } from "./chunked.ts";
import { HTTPInputError } from "./errors.ts";
import { FieldSectionScanner } from "./field_section.ts";
import { HTTPHeaders } from "./headers.ts";
import { type KnownSection, SectionMemory } from "./known_sections.ts";
import { latin1Text } from "./latin1_text.ts";
import { type RequestHead, RequestHeadReader } from "./request_head.ts";
import { type ResponseHead, ResponseHeadReader } from "./response_head.ts";

export type { RequestHead, ResponseHead };

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

/** The limit for bodies where the options have none, in bytes: 100 MiB, as in Tornado. */
export const DEFAULT_MAX_BODY_SIZE = 104857600;

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
  readonly #requests: RequestHeadReader | undefined;
  readonly #responses: ResponseHeadReader | undefined;
  readonly #facts: FramingFacts;
  readonly #fields: FieldSectionScanner;
  readonly #maxHeaderCount: number;
  /** Requests are much the same, responses are not. */
  readonly #sections: SectionMemory | undefined;
  // Most connections never see a chunked body.
  #chunked: ChunkedDecoder | undefined = undefined;
  #trailerFields: FieldSectionScanner | undefined = undefined;

  #phase: number = START_LINE;
  #head: HeadOf<Role> | undefined = undefined;
  /** How many bytes of an incomplete head or trailer section were looked at. */
  #scanned = 0;
  /** The field section of the current head, if it was known. */
  #known: KnownSection | undefined = undefined;
  /** How many bytes of the head are before its field section. */
  #fieldsAt = 0;
  /** Bytes of a body with a length that have not come yet. */
  #remaining = 0;
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
    this.#defaultMaxBodySize = options.maxBodySize ?? DEFAULT_MAX_BODY_SIZE;
    this.#limits = {
      maxBodySize: this.#defaultMaxBodySize,
      chunkSize: options.chunkSize ?? 65536,
    };
    this.#requests = role === "request" ? new RequestHeadReader() : undefined;
    this.#responses = role === "request" ? undefined : new ResponseHeadReader();
    this.#sections = role === "request" ? new SectionMemory() : undefined;
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

  /** The body limit for the current message, in bytes. */
  get maxBodySize(): number {
    return this.#limits.maxBodySize;
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
    if (this.#responses !== undefined) this.#responses.requestMethod = method;
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
    const requests = this.#requests;
    let pos = start + this.#scanned;
    if (this.#phase === START_LINE) {
      if (pos >= limit) return NEED_DATA;
      if (requests !== undefined && pos === start) {
        const length = requests.repeated(bytes, start, limit);
        if (length > 0) return this.#beginBody(requests.repeat() as HeadOf<Role>, length);
      }
      const { startLine } = requests ?? this.#responses!;
      pos = startLine.scan(bytes, pos, limit, start);
      if (pos < 0) return this.#suspend(limit - start);
      this.#phase = FIELDS;
      this.#fieldsAt = pos - start;
    }
    pos = this.#parseFields(bytes, pos, limit, start);
    if (pos < 0) return this.#suspend(limit - start);
    this.#scanned = 0;
    const head = requests !== undefined && this.#known !== undefined
      ? requests.readKnown(bytes, start, this.#facts, this.#known)
      : (requests ?? this.#responses!).read(bytes, start, pos, this.#facts, this.#fields);
    this.#facts.reset();
    this.#fields.reset();
    return this.#beginBody(head as HeadOf<Role>, pos - start);
  }

  /** Finds the field lines, by scanning where they are not those of a section that is known; returns where they end. */
  #parseFields(bytes: Uint8Array, pos: number, limit: number, start: number): number {
    const memory = this.#sections;
    const from = start + this.#fieldsAt;
    if (memory !== undefined && pos === from) {
      const known = memory.find(bytes, from, limit);
      if (known !== undefined && known.offsets.length <= this.#maxHeaderCount * 4) {
        this.#known = known;
        this.#facts.copy(known.facts, this.#fieldsAt);
        return from + known.text.length;
      }
    }
    this.#known = undefined;
    const end = this.#fields.scan(bytes, pos, limit, start);
    if (end > 0) memory?.note(bytes, from, end, { fields: this.#fields, facts: this.#facts, base: start });
    return end;
  }

  #suspend(scanned: number): ParseEvent {
    this.#scanned = scanned;
    if (scanned < this.#maxHeaderSize) return NEED_DATA;
    const inTarget = this.#phase === START_LINE && this.#requests !== undefined && this.#requests.inTarget;
    throw new HTTPInputError(
      `${inTarget ? "Request target" : "Head"} too large: more than ${this.#maxHeaderSize} bytes`,
      { status: inTarget ? 414 : 431 },
    );
  }

  #beginBody(head: HeadOf<Role>, headLength: number): ParseEvent {
    this.#head = head;
    this.trailers = undefined;
    this.consumed = headLength;
    switch (head.framing) {
      case "none":
        this.#phase = COMPLETE;
        break;
      case "length":
        this.#remaining = head.contentLength;
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
    return HEAD;
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
    if (start === end) return NEED_DATA;
    const { chunkSize, maxBodySize } = this.#limits;
    // Counts up here: there is no length to count down from. Data up to the limit is reported,
    // so that it does not depend on the cut of the input how much that is.
    const length = Math.min(end - start, chunkSize, maxBodySize - this.#remaining);
    if (length <= 0) throw new HTTPInputError(`Body too large: more than ${maxBodySize} bytes`, { status: 413 });
    this.#remaining += length;
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
    const text = latin1Text(bytes, start, pos);
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

const START_LINE = 0;
const FIELDS = 1;
const FIXED = 2;
const CHUNKED = 3;
const TRAILERS = 4;
const UNTIL_CLOSE = 5;
const COMPLETE = 6;
const FAILED = 7;
