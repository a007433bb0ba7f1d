/**
 * The head of a response that sets nothing itself, as bytes that change once a second.
 *
 * @module
 */

import { currentHttpDate, HTTPHeaders } from "../http/mod.ts";

interface KeptHead {
  readonly server: string;
  readonly contentType: string;
  readonly bytes: Uint8Array;
  readonly validUntilMs: number;
}

/** An application answers with few types; a program that makes them up must not fill the memory. */
const MAX_KEPT_HEADS = 16;

const encoder = new TextEncoder();
const heads = new Map<string, KeptHead>();
let last: KeptHead | undefined;

/**
 * The status line of 200 and the lines `Server`, `Content-Type` and `Date`, each with its CRLF; to be read only.
 * `undefined` if a value is not ASCII.
 *
 * @param server The value of `Server`.
 * @param contentType The value of `Content-Type`.
 * @param nowMs The time on a monotonic clock, to find out whether the date has changed without asking for it.
 */
export function defaultHead(server: string, contentType: string, nowMs: number): Uint8Array | undefined {
  let head = last;
  if (head?.contentType !== contentType) head = heads.get(contentType);
  if (head === undefined || nowMs >= head.validUntilMs || head.server !== server) {
    head = makeHead(server, contentType, nowMs);
    if (head === undefined) return undefined;
  }
  last = head;
  return head.bytes;
}

function makeHead(server: string, contentType: string, nowMs: number): KeptHead | undefined {
  const wallMs = Date.now();
  const headers = new HTTPHeaders({
    "Server": server,
    "Content-Type": contentType,
    "Date": currentHttpDate(wallMs),
  });
  const text = "HTTP/1.1 200 OK\r\n" + headers.toString().replaceAll("\n", "\r\n");
  const bytes = encoder.encode(text);
  if (bytes.length !== text.length) return undefined;
  const head = { server, contentType, bytes, validUntilMs: nowMs + 1000 - wallMs % 1000 };
  if (heads.size >= MAX_KEPT_HEADS) heads.clear();
  heads.set(contentType, head);
  return head;
}
