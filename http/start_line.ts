/**
 * Request lines and status lines: from bytes, piece by piece, and from text.
 *
 * The scanners look at each byte once, whatever way the input is cut, and record where the parts
 * are; the parser cuts them out of the head when all of it is there. They do not know headers,
 * bodies, sockets or limits: the parser passes the limit as the end of what they may look at.
 *
 * At most one empty line before the start line is skipped (RFC 9112 2.2; Tornado too). A single
 * LF ends a line, a CR without LF is an error.
 *
 * Sources: RFC 9112 2.2, 3 and 4, RFC 9110 15.
 *
 * @module
 */

import { HTTPInputError } from "./errors.ts";
import { CHARACTER_CLASSES, CR, FIELD_CHAR, isHost, LF, SP, TARGET_CHAR, TOKEN_CHAR } from "./grammar.ts";

/** The first line of a request. */
export interface RequestStartLine {
  /** The method, case-sensitive: `GET`. */
  readonly method: string;
  /** The request target as sent, with query; Tornado's name for it. */
  readonly path: string;
  /** `HTTP/1.1` or `HTTP/1.0`. Ignored when writing. */
  readonly version: string;
}

/** The first line of a response. */
export interface ResponseStartLine {
  /** `HTTP/1.1` or `HTTP/1.0`. Ignored when writing. */
  readonly version: string;
  /** The status code, three digits. */
  readonly code: number;
  /** The reason phrase; may be empty. */
  readonly reason: string;
}

/**
 * Parses a request line without its line end.
 *
 * @param line The line, decoded as Latin-1.
 * @returns Method, request target and version.
 * @throws {HTTPInputError} When it is not a request line (400), or of another major version (505).
 *
 * @example Parse a line
 * ```ts
 * import { parseRequestStartLine } from "@denado/denado/http";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(parseRequestStartLine("GET /foo HTTP/1.1"), {
 *   method: "GET",
 *   path: "/foo",
 *   version: "HTTP/1.1",
 * });
 * ```
 */
export function parseRequestStartLine(line: string): RequestStartLine {
  const bytes = lineBytes(line);
  const scanner = new RequestLineScanner();
  const end = scanner.scan(bytes, 0, bytes.length, 0);
  if (end !== bytes.length || scanner.start !== 0) {
    throw new HTTPInputError(`Malformed HTTP request line: ${excerpt(bytes, 0, bytes.length)}`);
  }
  const method = line.slice(0, scanner.methodEnd);
  const path = line.slice(scanner.methodEnd + 1, scanner.targetEnd);
  targetHost(method, path);
  return { method, path, version: line.slice(scanner.targetEnd + 1) };
}

/**
 * Parses a status line without its line end. The space before the reason phrase must be there,
 * the phrase may be empty.
 *
 * @param line The line, decoded as Latin-1.
 * @returns Version, status code and reason phrase.
 * @throws {HTTPInputError} When it is not a status line of HTTP/1.x.
 */
export function parseResponseStartLine(line: string): ResponseStartLine {
  const bytes = lineBytes(line);
  const scanner = new StatusLineScanner();
  const end = scanner.scan(bytes, 0, bytes.length, 0);
  if (end !== bytes.length || scanner.start !== 0) {
    throw new HTTPInputError(`Malformed HTTP status line: ${excerpt(bytes, 0, bytes.length)}`);
  }
  return {
    version: line.slice(0, 8),
    code: scanner.code,
    reason: line.slice(scanner.reasonStart, scanner.reasonEnd),
  };
}

/**
 * Checks that a request target has a form that its method allows, and returns the host that the
 * target itself names (RFC 9112 3.2).
 *
 * - origin-form `/path?query`: all methods but CONNECT;
 * - absolute-form `http://host/path`: all methods but CONNECT;
 * - authority-form `host:port`: CONNECT only;
 * - asterisk-form `*`: OPTIONS only.
 *
 * @param method The method.
 * @param target The request target; its characters are checked already.
 * @returns The authority in absolute-form and authority-form, `undefined` in the others.
 * @throws {HTTPInputError} When the form is not allowed, or the authority is not legal.
 */
export function targetHost(method: string, target: string): string | undefined {
  if (method === "CONNECT") {
    if (!isHost(target) || !/[^:]:[0-9]+$/.test(target)) throw badTarget(method, target);
    return target;
  }
  if (target.charCodeAt(0) === 0x2f /* / */) return undefined;
  if (target === "*" && method === "OPTIONS") return undefined;
  const scheme = /^[A-Za-z][A-Za-z0-9+.-]*:\/\//.exec(target);
  if (scheme === null) throw badTarget(method, target);
  const start = scheme[0].length;
  let end = start;
  while (end < target.length && !"/?#".includes(target[end]!)) end++;
  const authority = target.slice(start, end);
  // Credentials in a request target are an error (RFC 9110 4.2.4); isHost refuses their "@".
  if (authority === "" || !isHost(authority)) throw badTarget(method, target);
  return authority;
}

/**
 * The version as it is written.
 *
 * @param minor The minor version of HTTP/1.
 * @returns For example `HTTP/1.1`.
 */
export function versionText(minor: number): string {
  return minor === 1 ? "HTTP/1.1" : minor === 0 ? "HTTP/1.0" : `HTTP/1.${minor}`;
}

/** Finds the parts of a request line in bytes. One scanner serves a connection. */
export class RequestLineScanner {
  /** Offset of the method: not 0 after an empty line. All offsets are relative to `base`. */
  start = 0;
  /** Offset after the method. */
  methodEnd = 0;
  /** Offset after the request target; 0 while it is not known. */
  targetEnd = 0;
  /** The minor version digit. */
  minor = 0;
  #major = 0;
  #state: number = BEGIN;

  /** Gets ready for the next line. */
  reset(): void {
    this.methodEnd = 0;
    this.targetEnd = 0;
    this.#state = BEGIN;
  }

  /**
   * Looks at bytes that were not looked at before.
   *
   * @param bytes The window.
   * @param from Index of the first new byte.
   * @param limit Index after the last one.
   * @param base Index where the message begins in this window.
   * @returns The index after the line end, or -1 when all bytes up to `limit` are looked at and
   * more are needed.
   * @throws {HTTPInputError} 400 or 505.
   */
  scan(bytes: Uint8Array, from: number, limit: number, base: number): number {
    const classes = CHARACTER_CLASSES;
    let pos = from;
    let state = this.#state;
    if (state === BEGIN) {
      if (pos >= limit) return -1;
      const byte = bytes[pos];
      if (byte === CR) {
        state = BLANK_LF;
        pos++;
      } else {
        if (byte === LF) pos++;
        this.start = pos - base;
        state = METHOD;
      }
    }
    if (state === BLANK_LF) {
      if (pos >= limit) return this.#suspend(state);
      if (bytes[pos] !== LF) throw bareCR(bytes, base, pos);
      pos++;
      this.start = pos - base;
      state = METHOD;
    }
    if (state === METHOD) {
      while (pos < limit && (classes[bytes[pos]!]! & TOKEN_CHAR) !== 0) pos++;
      if (pos >= limit) return this.#suspend(state);
      if (bytes[pos] !== SP || pos - base === this.start) {
        throw malformed("request", bytes, base, pos);
      }
      this.methodEnd = pos - base;
      pos++;
      state = TARGET;
    }
    if (state === TARGET) {
      while (pos < limit && (classes[bytes[pos]!]! & TARGET_CHAR) !== 0) pos++;
      if (pos >= limit) return this.#suspend(state);
      if (bytes[pos] !== SP || pos - base === this.methodEnd + 1) {
        throw malformed("request", bytes, base, pos);
      }
      this.targetEnd = pos - base;
      pos++;
      state = VERSION;
    }
    if (state === VERSION) {
      let index = pos - base - this.targetEnd - 1;
      if (index === 0 && limit - pos >= 8 && isHttp1(bytes, pos)) {
        this.#major = 1;
        this.minor = bytes[pos + 7]! - 0x30;
        index = 8;
        pos += 8;
      }
      for (; index < 8; index++, pos++) {
        if (pos >= limit) return this.#suspend(state);
        const byte = bytes[pos]!;
        if (index === 5) this.#major = byte - 0x30;
        else if (index === 7) this.minor = byte - 0x30;
        if (!isVersionByte(byte, index)) throw malformed("request", bytes, base, pos);
      }
      if (pos >= limit) return this.#suspend(state);
      const byte = bytes[pos];
      if (byte === CR) pos++;
      else if (byte !== LF) throw malformed("request", bytes, base, pos);
      state = END_LF;
    }
    if (pos >= limit) return this.#suspend(state);
    if (bytes[pos] !== LF) throw bareCR(bytes, base, pos);
    checkMajor(this.#major, bytes, base + this.targetEnd + 1);
    return pos + 1;
  }

  #suspend(state: number): number {
    this.#state = state;
    return -1;
  }
}

/** Finds the parts of a status line in bytes. One scanner serves a connection. */
export class StatusLineScanner {
  /** Offset of the version: not 0 after an empty line. All offsets are relative to `base`. */
  start = 0;
  /** The minor version digit. */
  minor = 0;
  /** The status code. */
  code = 0;
  /** Offset of the reason phrase. */
  reasonStart = 0;
  /** Offset after the reason phrase. */
  reasonEnd = 0;
  #major = 0;
  #state: number = BEGIN;

  /** Gets ready for the next line. */
  reset(): void {
    this.code = 0;
    this.#state = BEGIN;
  }

  /**
   * Looks at bytes that were not looked at before.
   *
   * @param bytes The window.
   * @param from Index of the first new byte.
   * @param limit Index after the last one.
   * @param base Index where the message begins in this window.
   * @returns The index after the line end, or -1 when more bytes are needed.
   * @throws {HTTPInputError} When it is not a status line of HTTP/1.x.
   */
  scan(bytes: Uint8Array, from: number, limit: number, base: number): number {
    const classes = CHARACTER_CLASSES;
    let pos = from;
    let state = this.#state;
    if (state === BEGIN) {
      if (pos >= limit) return -1;
      const byte = bytes[pos];
      if (byte === CR) {
        state = BLANK_LF;
        pos++;
      } else {
        if (byte === LF) pos++;
        this.start = pos - base;
        state = VERSION;
      }
    }
    if (state === BLANK_LF) {
      if (pos >= limit) return this.#suspend(state);
      if (bytes[pos] !== LF) throw bareCR(bytes, base, pos);
      pos++;
      this.start = pos - base;
      state = VERSION;
    }
    if (state === VERSION) {
      // "HTTP/1.1 200 ": thirteen bytes at known places.
      let index = pos - base - this.start;
      for (; index < 13; index++, pos++) {
        if (pos >= limit) return this.#suspend(state);
        const byte = bytes[pos]!;
        if (index < 8) {
          if (index === 5) this.#major = byte - 0x30;
          else if (index === 7) this.minor = byte - 0x30;
          if (!isVersionByte(byte, index)) throw malformed("status", bytes, base, pos);
        } else if (index === 8 || index === 12) {
          if (byte !== SP) throw malformed("status", bytes, base, pos);
        } else {
          if (byte < 0x30 || byte > 0x39) throw malformed("status", bytes, base, pos);
          this.code = this.code * 10 + byte - 0x30;
        }
      }
      this.reasonStart = pos - base;
      state = REASON;
    }
    if (state === REASON) {
      while (pos < limit && (classes[bytes[pos]!]! & FIELD_CHAR) !== 0) pos++;
      if (pos >= limit) return this.#suspend(state);
      this.reasonEnd = pos - base;
      const byte = bytes[pos];
      if (byte === CR) pos++;
      else if (byte !== LF) throw malformed("status", bytes, base, pos);
      state = END_LF;
    }
    if (pos >= limit) return this.#suspend(state);
    if (bytes[pos] !== LF) throw bareCR(bytes, base, pos);
    checkMajor(this.#major, bytes, base + this.start);
    if (this.code < 100) throw malformed("status", bytes, base, pos);
    return pos + 1;
  }

  #suspend(state: number): number {
    this.#state = state;
    return -1;
  }
}

/**
 * Quotes bytes for an error message: Latin-1, escaped, at most 80 characters.
 *
 * @param bytes The bytes.
 * @param from Index of the first one to show.
 * @param to Index after the last one.
 * @returns The quoted text; safe to log.
 */
export function excerpt(bytes: Uint8Array, from: number, to: number): string {
  let text = "";
  for (let i = from; i < to && i < from + 80; i++) text += String.fromCharCode(bytes[i]!);
  // JSON leaves DEL and the C1 controls as they are; a terminal does not.
  return JSON.stringify(text).replace(
    /[\x7f-\x9f]/g,
    (character) => `\\u00${character.charCodeAt(0).toString(16)}`,
  );
}

const BEGIN = 0;
const BLANK_LF = 1;
const METHOD = 2;
const TARGET = 3;
const VERSION = 4;
const REASON = 5;
const END_LF = 6;

/** The usual version, all of it in the window. */
function isHttp1(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === 0x48 && bytes[at + 1] === 0x54 && bytes[at + 2] === 0x54 && bytes[at + 3] === 0x50 &&
    bytes[at + 4] === 0x2f && bytes[at + 5] === 0x31 && bytes[at + 6] === 0x2e &&
    (bytes[at + 7] === 0x31 || bytes[at + 7] === 0x30);
}

/** `HTTP/`, then a digit, a dot, a digit. */
function isVersionByte(byte: number, index: number): boolean {
  switch (index) {
    case 0:
      return byte === 0x48;
    case 1:
    case 2:
      return byte === 0x54;
    case 3:
      return byte === 0x50;
    case 4:
      return byte === 0x2f;
    case 6:
      return byte === 0x2e;
    default:
      return byte >= 0x30 && byte <= 0x39;
  }
}

function checkMajor(major: number, bytes: Uint8Array, at: number): void {
  if (major === 1) return;
  throw new HTTPInputError(`Unsupported HTTP version: ${excerpt(bytes, at, at + 8)}`, {
    status: 505,
  });
}

function malformed(kind: string, bytes: Uint8Array, base: number, at: number): HTTPInputError {
  return new HTTPInputError(
    `Malformed HTTP ${kind} line: ${excerpt(bytes, Math.max(base, at - 60), at + 1)}`,
  );
}

function bareCR(bytes: Uint8Array, base: number, at: number): HTTPInputError {
  return new HTTPInputError(
    `CR without LF in start line: ${excerpt(bytes, Math.max(base, at - 60), at + 1)}`,
  );
}

function badTarget(method: string, target: string): HTTPInputError {
  return new HTTPInputError(
    `Request target not allowed for ${method}: ${JSON.stringify(target.slice(0, 80))}`,
  );
}

/** The line with CRLF, as bytes; a character above U+00FF becomes NUL, which no line may hold. */
function lineBytes(line: string): Uint8Array {
  const bytes = new Uint8Array(line.length + 2);
  for (let i = 0; i < line.length; i++) {
    const code = line.charCodeAt(i);
    bytes[i] = code > 0xff ? 0 : code;
  }
  bytes[line.length] = CR;
  bytes[line.length + 1] = LF;
  return bytes;
}
