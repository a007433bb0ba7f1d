/**
 * The part of a response that depends on its body alone, for a body that is
 * text: entity tag, length and the body itself.
 *
 * Many resources answer the same text again and again. The last small one is
 * therefore kept, from its second time on as bytes, since comparing and copying
 * cost a fraction of hashing and encoding.
 *
 * @module
 */

import { etagOf } from "./etag.ts";
import { encodeShared } from "./response_body.ts";

/** The lines and the body of an entity, ready to be sent. */
export interface TextEntity {
  /**
   * The field lines `Etag` and `Content-Length`, an empty line, and the body. Text is ASCII; bytes
   * must not be changed.
   */
  readonly content: string | Uint8Array;
  /** Where the body begins in `content`. */
  readonly bodyStart: number;
}

/** Comparing longer texts would cost as much as it saves, when they differ at their end. */
const MAX_KEPT_LENGTH = 2048;

const encoder = new TextEncoder();
let lastText: string | undefined;
let last: TextEntity = { content: "", bodyStart: 0 };

/** The entity of a body; `undefined` if it is not ASCII, so that head and body need different encodings. */
export function textEntity(text: string): TextEntity | undefined {
  if (text === lastText) {
    if (typeof last.content === "string") last = { content: encoder.encode(last.content), bodyStart: last.bodyStart };
    return last;
  }
  const bytes = encodeShared(text);
  if (bytes.length !== text.length) return undefined;
  const lines = `Etag: ${etagOf(bytes)}\r\nContent-Length: ${text.length}\r\n\r\n`;
  const entity = { content: lines + text, bodyStart: lines.length };
  if (text.length <= MAX_KEPT_LENGTH) {
    lastText = text;
    last = entity;
  }
  return entity;
}
