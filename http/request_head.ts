/**
 * The head of a request: what it says, and how it is put together from what the scanners found.
 *
 * It looks at no byte that the scanners have not checked, except to recognise a head that is the
 * same as the one before it on the connection. It knows no body and no limit.
 *
 * Sources: RFC 9112 3.2 (target and Host), 9.3 (persistence), RFC 9110 7.8 and 10.1.1.
 *
 * @module
 */

import type { BodyFraming, FramingFacts } from "./body_framing.ts";
import { HTTPInputError } from "./errors.ts";
import type { FieldSectionScanner } from "./field_section.ts";
import { isHost } from "./grammar.ts";
import { HTTPHeaders } from "./headers.ts";
import type { KnownSection } from "./known_sections.ts";
import { latin1Text } from "./latin1_text.ts";
import { RequestLineScanner, type RequestStartLine, targetHost, versionText } from "./start_line.ts";

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

/** Puts together the request heads of one connection. */
export class RequestHeadReader {
  /** Finds the parts of the request line. */
  readonly startLine: RequestLineScanner = new RequestLineScanner();
  /** Reused for every request; its `text` is empty when it cannot be repeated. */
  readonly #last = new LastRequest();
  #lastHost = "";

  /** Whether the request line is known up to its target, and no further. */
  get inTarget(): boolean {
    return this.startLine.methodEnd > 0 && this.startLine.targetEnd === 0;
  }

  /**
   * How long the head of the last request is, if the window begins with the same bytes. Clients
   * that poll, health checks and proxies send nothing else; then nothing needs to be parsed.
   *
   * @param bytes The window.
   * @param start Index of the first byte.
   * @param limit Index after the last one.
   * @returns The length, or 0 when the head must be parsed.
   */
  repeated(bytes: Uint8Array, start: number, limit: number): number {
    const { text } = this.#last;
    return text !== "" && text.length <= limit - start && equalBytes(bytes, start, text) ? text.length : 0;
  }

  /**
   * The head of the last request again, for a {@linkcode repeated} one.
   *
   * @returns A head with headers of its own.
   */
  repeat(): RequestHead {
    return makeHead(this.#last, this.#last.text);
  }

  /**
   * Puts a head together, and gets ready for the next.
   *
   * @param bytes The window.
   * @param start Index where the head begins.
   * @param end Index after it.
   * @param facts What the fields say about framing.
   * @param fields Where the fields are.
   * @returns The head.
   * @throws {HTTPInputError} When request line and fields do not make a legal request.
   */
  read(
    bytes: Uint8Array,
    start: number,
    end: number,
    facts: FramingFacts,
    fields: FieldSectionScanner,
  ): RequestHead {
    const text = latin1Text(bytes, start, end);
    this.#read(bytes, start, text, facts);
    const last = this.#last;
    last.offsets = fields.offsets.slice(0, fields.count * 4);
    if (facts.lengthRepeated) return withOneLength(makeHead(last, text));
    if (text.length <= MAX_REPEATED) last.text = text;
    return makeHead(last, text);
  }

  /**
   * As {@linkcode RequestHeadReader.read}, for a head whose field section is known.
   *
   * @param bytes The window.
   * @param start Index where the head begins.
   * @param facts What the fields say about framing, relative to the head.
   * @param section The section.
   * @returns The head.
   * @throws {HTTPInputError} When request line and fields do not make a legal request.
   */
  readKnown(bytes: Uint8Array, start: number, facts: FramingFacts, section: KnownSection): RequestHead {
    this.#read(bytes, start, latin1Text(bytes, start, start + this.startLine.targetEnd), facts);
    const last = this.#last;
    last.offsets = section.offsets;
    const head = makeHead(last, section.text);
    return facts.lengthRepeated ? withOneLength(head) : head;
  }

  /** Reads what stands in the request line, which `text` begins with, and what the fields say about framing. */
  #read(bytes: Uint8Array, start: number, text: string, facts: FramingFacts): void {
    const line = this.startLine;
    const last = this.#last;
    // Nothing is to be repeated after a head that throws below.
    last.text = "";
    const minorVersion = line.minor === 0 ? 0 : 1;
    const method = methodText(text, line.start, line.methodEnd);
    const path = text.substring(line.methodEnd + 1, line.targetEnd);
    const target = text.charCodeAt(line.methodEnd + 1) === 0x2f && method !== "CONNECT"
      ? undefined
      : targetHost(method, path);
    facts.check(minorVersion);
    const host = this.#hostField(bytes, start, minorVersion, facts);
    last.method = method;
    last.path = path;
    last.version = versionText(line.minor);
    last.minorVersion = minorVersion;
    last.host = target ?? host;
    last.keepAlive = minorVersion === 1
      ? !facts.close
      // As in Tornado: an HTTP/1.0 client must have bounded its body.
      : facts.keepAlive && !facts.close && (facts.contentLength >= 0 || method === "GET" || method === "HEAD");
    last.framing = facts.chunked ? "chunked" : facts.contentLength > 0 ? "length" : "none";
    last.contentLength = facts.contentLength;
    last.expectContinue = facts.expectContinue && minorVersion === 1;
    last.upgrade = facts.upgradeToken && facts.upgradeField && minorVersion === 1;
    line.reset();
  }

  /** Exactly one in HTTP/1.1, at most one in HTTP/1.0 (RFC 9112 3.2). */
  #hostField(
    bytes: Uint8Array,
    start: number,
    minorVersion: number,
    facts: FramingFacts,
  ): string | undefined {
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
    const host = latin1Text(bytes, at, at + length);
    if (!isHost(host)) throw new HTTPInputError(`Invalid Host header: ${JSON.stringify(host.slice(0, 80))}`);
    this.#lastHost = host;
    return host;
  }
}

/** Longest head that is compared with the next one. Comparing pays for short heads only. */
const MAX_REPEATED = 512;

/** The last request of a connection. */
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

/** A new object each time: the application may keep it, and change its headers. */
function makeHead(last: LastRequest, text: string): RequestHead {
  return {
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
}

/** Applications see the one value that the lengths are taken for (RFC 9110 8.6). */
function withOneLength(head: RequestHead): RequestHead {
  head.headers.set("Content-Length", String(head.contentLength));
  return head;
}

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
