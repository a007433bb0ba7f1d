/**
 * What can be sent as a message, and how it becomes text or bytes.
 *
 * @module
 */

import { isUtf8 } from "node:buffer";

/** A message: text, bytes, or an object that is sent as JSON. */
export type WebSocketMessage = string | Uint8Array | ArrayBuffer | Readonly<Record<string, unknown>>;

/** How a message is sent. */
export interface WriteMessageOptions {
  /**
   * Whether it is sent as bytes rather than text. Text becomes its UTF-8; bytes that are sent as text must be UTF-8.
   *
   * @default what the message is
   */
  readonly binary?: boolean;
}

/** Bytes to send, and whether they are a text message. */
export interface EncodedBytes {
  /** The payload. */
  readonly bytes: Uint8Array;
  /** Whether they are text. */
  readonly isText: boolean;
}

/**
 * What is sent for a message.
 *
 * @returns Text that is sent as text, or bytes.
 * @throws {TypeError} if it is no message: an array or a promise that was not awaited, or bytes that shall be text and
 * are not UTF-8
 */
export function encodeMessage(message: WebSocketMessage, options: WriteMessageOptions = {}): string | EncodedBytes {
  if (typeof message === "string") {
    return options.binary ? { bytes: encoder.encode(message), isText: false } : message;
  }
  const bytes = toBytes(message);
  if (bytes === undefined) return encodeMessage(toJson(message), options);
  const isText = options.binary === false;
  if (isText && !isUtf8(bytes)) throw new TypeError("Cannot send bytes as text: they are not UTF-8");
  return { bytes, isText };
}

function toBytes(message: Exclude<WebSocketMessage, string>): Uint8Array | undefined {
  if (message instanceof Uint8Array) return message;
  if (message instanceof ArrayBuffer) return new Uint8Array(message);
  if (!ArrayBuffer.isView(message)) return undefined;
  return new Uint8Array(message.buffer, message.byteOffset, message.byteLength);
}

/** Not a Map or a promise that was not awaited: JSON would make `{}` of them. */
function toJson(message: unknown): string {
  if (typeof message === "object" && message !== null && !Array.isArray(message)) {
    const prototype = Object.getPrototypeOf(message);
    if (prototype === null || Object.getPrototypeOf(prototype) === null) return JSON.stringify(message);
  }
  throw new TypeError(`Cannot send ${Deno.inspect(message)}: a message is text, bytes or a plain object`);
}

const encoder = new TextEncoder();
