/**
 * The head of a response that sets nothing itself, as bytes that change once a second.
 *
 * @module
 */

import { currentHttpDate, HTTPHeaders } from "../http/mod.ts";

interface KeptHead {
  readonly server: string;
  readonly contentType: string;
  readonly vary: string | undefined;
  readonly bytes: Uint8Array;
  readonly validUntilMs: number;
}

/** An application answers with few types; a program that makes them up must not fill the memory. */
const MAX_KEPT_HEADS = 16;

const encoder = new TextEncoder();
/** By the type; those with `Vary` apart, as an application has it in all of them or in none. */
const heads = new Map<string, KeptHead>();
const varyingHeads = new Map<string, KeptHead>();
let last: KeptHead | undefined;

/**
 * The status line of 200 and the lines `Server`, `Content-Type`, `Date` and perhaps `Vary`, each with its CRLF; to be read
 * only.
 * `undefined` if a value is not ASCII.
 *
 * @param server The value of `Server`.
 * @param contentType The value of `Content-Type`.
 * @param nowMs The time on a monotonic clock, to find out whether the date has changed without asking for it.
 * @param vary The value of `Vary`, if there is one.
 */
export function defaultHead(
  server: string,
  contentType: string,
  nowMs: number,
  vary?: string,
): Uint8Array | undefined {
  let head = last;
  if (head?.contentType !== contentType || head.vary !== vary) {
    head = (vary === undefined ? heads : varyingHeads).get(contentType);
  }
  if (head === undefined || nowMs >= head.validUntilMs || head.server !== server || head.vary !== vary) {
    head = makeHead(server, contentType, nowMs, vary);
    if (head === undefined) return undefined;
  }
  last = head;
  return head.bytes;
}

function makeHead(
  server: string,
  contentType: string,
  nowMs: number,
  vary: string | undefined,
): KeptHead | undefined {
  const wallMs = Date.now();
  const headers = new HTTPHeaders({
    "Server": server,
    "Content-Type": contentType,
    "Date": currentHttpDate(wallMs),
    ...(vary === undefined ? {} : { "Vary": vary }),
  });
  const text = "HTTP/1.1 200 OK\r\n" + headers.toString().replaceAll("\n", "\r\n");
  const bytes = encoder.encode(text);
  if (bytes.length !== text.length) return undefined;
  const head = { server, contentType, vary, bytes, validUntilMs: nowMs + 1000 - wallMs % 1000 };
  const kept = vary === undefined ? heads : varyingHeads;
  if (kept.size >= MAX_KEPT_HEADS) kept.clear();
  kept.set(contentType, head);
  return head;
}
