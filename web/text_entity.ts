/**
 * The part of a response that depends on its body alone: entity tag, length and
 * the body itself.
 *
 * Many resources answer the same text again and again, and comparing costs a
 * fraction of hashing and encoding. Texts are therefore kept, up to sixteen of
 * each length and up to a bound for all of them, and from their second time on
 * as bytes. Longer ones are bytes from the beginning, which a stream sends
 * without a copy.
 *
 * @module
 */

import { etagOf } from "./etag.ts";
import { encodeShared } from "./response_body.ts";

/** The lines and the body of an entity, ready to be sent. */
export interface TextEntity {
  /**
   * The field lines `Etag`, unless there is none, and `Content-Length`, an empty line, and the body. Text is ASCII; bytes
   * must not be changed.
   */
  readonly content: string | Uint8Array;
  /** Where the body begins in `content`. */
  readonly bodyStart: number;
  /** The rest of the body, where it is apart: bytes of somebody else's. */
  readonly body?: Uint8Array;
}

interface Kept {
  readonly text: string;
  entity: TextEntity;
}

/** The longest text that is kept. */
const MAX_KEPT_LENGTH = 262_144;
/** How long all texts that are kept may be together; with their bytes they take twice as much. */
const MAX_KEPT_TOTAL = 1_048_576;
/** What keeping a text takes besides, in the same count. */
const KEPT_EXTRA = 128;
/** From this length on text becomes bytes at once. */
const BYTES_FROM = 4096;
/** More than the lines of an entity take. */
const LINES_SIZE = 128;

const encoder = new TextEncoder();
/** By what {@linkcode slotOf} says, so that no more than one has to be compared. */
const kept = new Map<number, Kept>();
let keptTotal = 0;
let last: Kept = { text: "", entity: makeEntity("") };

/** The entity of a body with a tag. */
export function textEntity(text: string): TextEntity {
  let known: Kept | undefined = last;
  if (text !== known.text) {
    const slot = slotOf(text);
    known = kept.get(slot);
    if (known === undefined || text !== known.text) {
      const entity = makeEntity(text);
      if (text.length <= MAX_KEPT_LENGTH) keep(slot, { text, entity });
      return entity;
    }
    last = known;
  }
  const { content, bodyStart } = known.entity;
  if (typeof content === "string") known.entity = { content: encoder.encode(content), bodyStart };
  return known.entity;
}

/** The entity of a body without a tag, as in a response to POST. */
export function untaggedEntity(body: string | Uint8Array): TextEntity {
  const bytes = typeof body === "string" ? encodeShared(body) : body;
  const lines = linesOf(undefined, bytes.length);
  if (typeof body === "string" && bytes.length === body.length && bytes.length < BYTES_FROM) {
    return { content: lines + body, bodyStart: lines.length };
  }
  return { content: lines, bodyStart: lines.length, body: bytes };
}

/** The length of a text, and one of 16 numbers that depends on four of its characters. */
function slotOf(text: string): number {
  const { length } = text;
  if (length < 4) return length << 4;
  const sample = text.charCodeAt(length - 1) + 3 * text.charCodeAt(length - 2) + 5 * text.charCodeAt(length >> 1) +
    7 * text.charCodeAt(length >> 2);
  return (length << 4) | (sample & 15);
}

function keep(slot: number, entry: Kept): void {
  const size = entry.text.length + KEPT_EXTRA;
  if (!kept.has(slot)) {
    for (const oldest of kept.keys()) {
      if (keptTotal + size <= MAX_KEPT_TOTAL) break;
      kept.delete(oldest);
      keptTotal -= (oldest >> 4) + KEPT_EXTRA;
    }
    keptTotal += size;
  }
  kept.set(slot, entry);
  last = entry;
}

function makeEntity(text: string): TextEntity {
  if (text.length >= BYTES_FROM) return makeLargeEntity(text);
  const bytes = encodeShared(text);
  const lines = linesOf(etagOf(bytes), bytes.length);
  if (bytes.length !== text.length) return withLines(lines, bytes);
  return { content: lines + text, bodyStart: lines.length };
}

/** Encodes into the memory that is sent, with room for the lines in front; text is nearly always ASCII. */
function makeLargeEntity(text: string): TextEntity {
  const memory = new Uint8Array(LINES_SIZE + text.length);
  const { read, written } = encoder.encodeInto(text, memory.subarray(LINES_SIZE));
  if (read < text.length) {
    const bytes = encoder.encode(text);
    return withLines(linesOf(etagOf(bytes), bytes.length), bytes);
  }
  const body = memory.subarray(LINES_SIZE, LINES_SIZE + written);
  const lines = linesOf(etagOf(body), written);
  const start = LINES_SIZE - lines.length;
  encoder.encodeInto(lines, memory.subarray(start, LINES_SIZE));
  return { content: memory.subarray(start, LINES_SIZE + written), bodyStart: lines.length };
}

function linesOf(etag: string | undefined, length: number): string {
  return `${etag === undefined ? "" : `Etag: ${etag}\r\n`}Content-Length: ${length}\r\n\r\n`;
}

function withLines(lines: string, body: Uint8Array): TextEntity {
  const content = new Uint8Array(lines.length + body.length);
  encoder.encodeInto(lines, content);
  content.set(body, lines.length);
  return { content, bodyStart: lines.length };
}
