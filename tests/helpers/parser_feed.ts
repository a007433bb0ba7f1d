/**
 * Feeds a message parser the way a driver does, cut in every possible way.
 *
 * The window is a fresh array at a changing offset for each piece, so that a parser that keeps an
 * absolute index, or looks at bytes outside its window, is found out.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { HTTPInputError } from "../../http/errors.ts";
import {
  MessageParser,
  type MessageParserOptions,
  type MessageRole,
  ParseEvents,
  type RequestHead,
  type ResponseHead,
} from "../../http/message_parser.ts";

/** What came out of the parser, comparable by value. */
export type FedEvent =
  | { type: "head"; head: Record<string, unknown> }
  | { type: "data"; data: string }
  | { type: "trailers"; fields: [string, string][] }
  | { type: "end" }
  | { type: "error"; status: number; message: string }
  | { type: "eof"; state: string };

/** How to feed. */
export interface FeedOptions extends MessageParserOptions {
  /** The methods of the requests that responses answer, in order. */
  methods?: readonly string[];
  /** Called after each head. */
  onHead?: (parser: MessageParser<MessageRole>) => unknown;
}

/** Latin-1 text to bytes. */
export function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** Feeds the pieces one after the other, then the end of the stream. Adjacent data is joined. */
export function feedPieces(
  role: MessageRole,
  pieces: readonly Uint8Array[],
  options: FeedOptions = {},
): FedEvent[] {
  const { methods = [], onHead, ...limits } = options;
  const parser = new MessageParser<MessageRole>(role, limits);
  const events: FedEvent[] = [];
  let pending = new Uint8Array(0);
  let answered = 0;
  if (methods.length > 0) parser.expectResponseTo(methods[0]!);
  try {
    for (const [index, piece] of pieces.entries()) {
      // 0xaa is illegal nowhere in particular, but it is in no test.
      const offset = index % 3;
      const bytes = new Uint8Array(offset + pending.length + piece.length + 2).fill(0xaa);
      bytes.set(pending, offset);
      bytes.set(piece, offset + pending.length);
      let start = offset;
      const end = offset + pending.length + piece.length;
      for (;;) {
        const event = parser.parse(bytes, start, end);
        if (event === ParseEvents.NEED_DATA) {
          start += parser.consumed;
          break;
        }
        if (event === ParseEvents.HEAD) {
          events.push({ type: "head", head: describeHead(parser.head) });
          onHead?.(parser);
        } else if (event === ParseEvents.DATA) {
          addData(events, bytes.subarray(parser.dataStart, parser.dataEnd));
        } else if (event === ParseEvents.TRAILERS) {
          events.push({ type: "trailers", fields: [...parser.trailers!.getAll()] });
        } else {
          events.push({ type: "end" });
          const code = (parser.head as ResponseHead).code;
          if (role === "response" && code >= 200) {
            answered++;
            if (answered < methods.length) parser.expectResponseTo(methods[answered]!);
          }
        }
        start += parser.consumed;
      }
      pending = bytes.slice(start, end);
    }
    events.push({ type: "eof", state: parser.parseEndOfStream() });
  } catch (error) {
    if (!(error instanceof HTTPInputError)) throw error;
    events.push({ type: "error", status: error.status, message: error.message });
  }
  return events;
}

/**
 * Feeds the input whole, byte by byte and cut at every point, asserts that this makes no
 * difference, and returns the events.
 */
export function feedEveryWay(role: MessageRole, input: string, options: FeedOptions = {}): FedEvent[] {
  const bytes = latin1(input);
  const whole = feedPieces(role, [bytes], options);
  const single = Array.from(bytes, (byte) => Uint8Array.of(byte));
  assertEquals(feedPieces(role, single, options), whole, "byte by byte");
  for (let cut = 1; cut < bytes.length; cut++) {
    const events = feedPieces(role, [bytes.subarray(0, cut), bytes.subarray(cut)], options);
    assertEquals(events, whole, `cut at ${cut}`);
  }
  return whole;
}

/** As {@linkcode feedEveryWay}, and once more with another message behind, which must not matter. */
export function feedWithTrailingData(role: MessageRole, input: string, options: FeedOptions = {}): FedEvent[] {
  const events = feedEveryWay(role, input, options);
  const next = role === "request" ? "GET /next HTTP/1.1\r\nHost: n\r\n\r\n" : "HTTP/1.1 299 Next\r\n\r\n";
  const more = feedPieces(role, [latin1(input + next)], options);
  assertEquals(more.slice(0, events.length - 1), events.slice(0, -1), "with trailing data");
  return events;
}

function describeHead(head: RequestHead | ResponseHead): Record<string, unknown> {
  return { ...head, headers: [...head.headers.getAll()] };
}

function addData(events: FedEvent[], data: Uint8Array): void {
  const text = Array.from(data, (byte) => String.fromCharCode(byte)).join("");
  const last = events.at(-1);
  if (last?.type === "data") last.data += text;
  else events.push({ type: "data", data: text });
}
