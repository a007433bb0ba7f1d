/**
 * What a response needs to know of a body that is text: its size, its entity
 * tag, and whether it can travel with the head as one string.
 *
 * Many resources answer the same text again and again, so the facts of the last
 * small one are kept, and comparing costs less than encoding and hashing.
 *
 * @module
 */

import { etagOf } from "./etag.ts";
import { encodeShared } from "./response_body.ts";

/** The facts of a text. */
export interface TextEntity {
  /** The text. */
  readonly text: string;
  /** Its size in bytes, as UTF-8. */
  readonly size: number;
  /** Its entity tag, as {@linkcode etagOf} makes it. */
  readonly etag: string;
}

/** Comparing longer texts would cost as much as it saves, when they differ at their end. */
const MAX_KEPT_LENGTH = 2048;

let last: TextEntity = { text: "", size: 0, etag: etagOf(new Uint8Array(0)) };

/** The facts of a text. It is ASCII exactly when `size` is the length of the text. */
export function textEntity(text: string): TextEntity {
  if (text === last.text) return last;
  const bytes = encodeShared(text);
  const entity = { text, size: bytes.length, etag: etagOf(bytes) };
  if (text.length <= MAX_KEPT_LENGTH) last = entity;
  return entity;
}
