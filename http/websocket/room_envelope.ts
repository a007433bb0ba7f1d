/**
 * A message on its way from process to process: what it is, from where, and who shall not get it. Pure functions.
 *
 * ```text
 *  version 1 | kind: 0 text, 1 bytes | sender, 8 bytes | except, 32 bits, 0 for nobody | payload
 * ```
 *
 * @module
 */

import { encodeMessage, type WebSocketMessage, type WriteMessageOptions } from "./message.ts";
import { decodeUtf8 } from "./utf8.ts";

/** What travels between processes. */
export interface RoomEnvelope {
  /** The process from which it comes: 8 bytes. */
  readonly sender: Uint8Array;
  /** The number by which that process knows the receiver that shall not get it; 0 for none. */
  readonly except: number;
  /** The message. */
  readonly message: string | Uint8Array;
}

const VERSION = 1;
const HEAD_BYTES = 14;
/** How long the name of a sender is. */
export const SENDER_BYTES = 8;

/** Packs a message. @throws {TypeError} if it is none */
export function packEnvelope(
  message: WebSocketMessage,
  options: WriteMessageOptions & Pick<RoomEnvelope, "sender" | "except">,
): Uint8Array<ArrayBuffer> {
  const payload = encodeMessage(message, options);
  const isText = typeof payload === "string" || payload.isText;
  const bytes = typeof payload === "string" ? new TextEncoder().encode(payload) : payload.bytes;
  const packed = new Uint8Array(HEAD_BYTES + bytes.length);
  packed[0] = VERSION;
  packed[1] = isText ? 0 : 1;
  packed.set(options.sender, 2);
  new DataView(packed.buffer).setUint32(2 + SENDER_BYTES, options.except);
  packed.set(bytes, HEAD_BYTES);
  return packed;
}

/** Unpacks a message, in memory of its own; `undefined` if it is not one of this version, or its text is not UTF-8. */
export function unpackEnvelope(packed: Uint8Array): RoomEnvelope | undefined {
  if (packed.length < HEAD_BYTES || packed[0] !== VERSION || packed[1]! > 1) return undefined;
  const message = packed[1] === 0 ? decodeUtf8(packed, HEAD_BYTES, packed.length) : packed.slice(HEAD_BYTES);
  if (message === undefined) return undefined;
  const except = new DataView(packed.buffer, packed.byteOffset).getUint32(2 + SENDER_BYTES);
  return { sender: packed.slice(2, 2 + SENDER_BYTES), except, message };
}
