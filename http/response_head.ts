/**
 * The head of a response: what it says, and how it is put together from what the scanners found.
 *
 * How the body of a response ends depends on the request, which the client tells beforehand.
 * This knows no bytes that the scanners have not checked, no body and no limit.
 *
 * Sources: RFC 9112 6.3 (framing) and 9.3 (persistence), RFC 9112 5.2 (obs-fold).
 *
 * @module
 */

import type { BodyFraming, FramingFacts } from "./body_framing.ts";
import { HTTPInputError } from "./errors.ts";
import type { FieldSectionScanner } from "./field_section.ts";
import { HTTPHeaders } from "./headers.ts";
import { latin1Text } from "./latin1_text.ts";
import { type ResponseStartLine, StatusLineScanner, versionText } from "./start_line.ts";

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

/** Puts together the response heads of one connection. */
export class ResponseHeadReader {
  /** Finds the parts of the status line. */
  readonly startLine: StatusLineScanner = new StatusLineScanner();
  /** The method of the request that the next final response answers. */
  requestMethod = "GET";

  /** Puts a head together, and gets ready for the next; as `RequestHeadReader.read`. */
  read(
    bytes: Uint8Array,
    start: number,
    end: number,
    facts: FramingFacts,
    fields: FieldSectionScanner,
  ): ResponseHead {
    const line = this.startLine;
    const text = latin1Text(bytes, start, end);
    const { code } = line;
    const minorVersion = line.minor === 0 ? 0 : 1;
    const method = this.requestMethod;
    const upgrade = code === 101 || (method === "CONNECT" && code >= 200 && code < 300);
    facts.check(minorVersion);
    const framing = upgrade && code !== 101 ? "none" : responseFraming(method, code, facts);
    const offsets = fields.offsets.slice(0, fields.count * 4);
    const head: ResponseHead = {
      version: versionText(line.minor),
      code,
      reason: text.substring(line.reasonStart, line.reasonEnd),
      headers: fields.folded ? unfold(text, offsets) : HTTPHeaders.fromOffsets(text, offsets),
      minorVersion,
      keepAlive: framing !== "close" && !upgrade && !facts.close && (minorVersion === 1 || facts.keepAlive),
      framing,
      contentLength: facts.contentLength,
      upgrade,
    };
    if (facts.lengthRepeated) head.headers.set("Content-Length", String(facts.contentLength));
    if (code >= 200) this.requestMethod = "GET";
    line.reset();
    return head;
  }
}

/** RFC 9112 6.3; as strict as Tornado about bodies where none may be. */
function responseFraming(method: string, code: number, facts: FramingFacts): BodyFraming {
  if (code < 200 && (facts.chunked || facts.contentLength >= 0)) {
    throw new HTTPInputError(`Response with status ${code} cannot have a body`);
  }
  if (code === 204 && (facts.chunked || facts.contentLength > 0)) {
    throw new HTTPInputError("Response with status 204 cannot have a body");
  }
  if (method === "HEAD" || code < 200 || code === 204 || code === 304) return "none";
  if (facts.chunked) return "chunked";
  if (facts.contentLength < 0) return "close";
  return facts.contentLength > 0 ? "length" : "none";
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
