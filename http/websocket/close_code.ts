/**
 * Close codes and the payload of close frames (RFC 6455 5.5.1 and 7.4). Pure functions.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { WebSocketProtocolError } from "./errors.ts";
import { decodeUtf8 } from "./utf8.ts";

/** The close codes of RFC 6455 7.4.1 and of the IANA registry. */
export const CloseCodes: {
  /** The purpose of the connection is fulfilled. */
  readonly NORMAL_CLOSURE: 1000;
  /** The server goes down, or the browser leaves the page. */
  readonly GOING_AWAY: 1001;
  /** The peer broke the protocol. */
  readonly PROTOCOL_ERROR: 1002;
  /** A kind of data that cannot be accepted, such as bytes where text is expected. */
  readonly UNSUPPORTED_DATA: 1003;
  /** Never sent: the close frame had no code. */
  readonly NO_STATUS_RECEIVED: 1005;
  /** Never sent: there was no close frame. */
  readonly ABNORMAL_CLOSURE: 1006;
  /** Data that is not what its type says, such as text that is not UTF-8. */
  readonly INVALID_FRAME_PAYLOAD_DATA: 1007;
  /** Against a policy that no other code fits. */
  readonly POLICY_VIOLATION: 1008;
  /** More than the receiver wants to process. */
  readonly MESSAGE_TOO_BIG: 1009;
  /** A client misses an extension in the server's answer. */
  readonly MANDATORY_EXTENSION: 1010;
  /** The server met an error of its own. */
  readonly INTERNAL_ERROR: 1011;
  /** The server starts anew. */
  readonly SERVICE_RESTART: 1012;
  /** The server has too much to do. */
  readonly TRY_AGAIN_LATER: 1013;
  /** A gateway got an invalid answer. */
  readonly BAD_GATEWAY: 1014;
} = {
  NORMAL_CLOSURE: 1000,
  GOING_AWAY: 1001,
  PROTOCOL_ERROR: 1002,
  UNSUPPORTED_DATA: 1003,
  NO_STATUS_RECEIVED: 1005,
  ABNORMAL_CLOSURE: 1006,
  INVALID_FRAME_PAYLOAD_DATA: 1007,
  POLICY_VIOLATION: 1008,
  MESSAGE_TOO_BIG: 1009,
  MANDATORY_EXTENSION: 1010,
  INTERNAL_ERROR: 1011,
  SERVICE_RESTART: 1012,
  TRY_AGAIN_LATER: 1013,
  BAD_GATEWAY: 1014,
};

/** The most bytes of a reason: a control frame holds 125, and the code takes two. */
export const MAX_REASON_BYTES = 123;

/**
 * Whether a code may stand in a close frame: a defined one, one of a library's (3000–3999), or one of an
 * application's (4000–4999).
 */
export function isCloseCode(code: number): boolean {
  if (code >= 3000) return code <= 4999 && Number.isInteger(code);
  return Number.isInteger(code) && code >= 1000 && code <= 1014 && (code < 1004 || code > 1006);
}

/** What a close frame says. */
export interface CloseStatus {
  /** The code; `undefined` if there is none. */
  readonly code: number | undefined;
  /** The reason; empty if there is none. */
  readonly reason: string;
}

/**
 * Writes the payload of a close frame. A reason alone implies 1000, as in Tornado.
 *
 * @param code The code; `undefined` for none.
 * @param reason Why, for people.
 * @returns The bytes, none if there is neither.
 * @throws {RangeError} if the code may not be sent, or the reason has more than 123 bytes
 */
export function encodeClose(code?: number, reason = ""): Uint8Array<ArrayBuffer> {
  if (code === undefined) {
    if (reason === "") return new Uint8Array(0);
    code = CloseCodes.NORMAL_CLOSURE;
  }
  if (!isCloseCode(code)) {
    throw new RangeError(`Cannot close with code ${code}: use 1000–1014 except 1004–1006, or 3000–4999`);
  }
  const text = encoder.encode(reason);
  if (text.length > MAX_REASON_BYTES) {
    throw new RangeError(`Cannot close, the reason has more than ${MAX_REASON_BYTES} bytes: ${text.length}`);
  }
  const payload = new Uint8Array(2 + text.length);
  payload[0] = code >> 8;
  payload[1] = code & 0xff;
  payload.set(text, 2);
  return payload;
}

/**
 * Reads the payload of a close frame.
 *
 * @throws {WebSocketProtocolError} 1002 if it has one byte or a code that may not be sent, 1007 if the reason is not UTF-8
 */
export function parseClose(payload: Uint8Array): CloseStatus {
  if (payload.length === 0) return { code: undefined, reason: "" };
  if (payload.length === 1) throw new WebSocketProtocolError("close frame with one byte", CloseCodes.PROTOCOL_ERROR);
  const code = (payload[0]! << 8) | payload[1]!;
  if (!isCloseCode(code)) {
    throw new WebSocketProtocolError(`invalid close code ${code}`, CloseCodes.PROTOCOL_ERROR);
  }
  const reason = decodeUtf8(payload, 2, payload.length);
  if (reason === undefined) {
    throw new WebSocketProtocolError("invalid UTF-8 in close frame", CloseCodes.INVALID_FRAME_PAYLOAD_DATA);
  }
  return { code, reason };
}

/** The reason, cut so that it fits into a close frame. */
export function fitReason(reason: string): string {
  if (Buffer.byteLength(reason) <= MAX_REASON_BYTES) return reason;
  const { read } = encoder.encodeInto(reason, new Uint8Array(MAX_REASON_BYTES));
  return reason.slice(0, read);
}

const encoder = new TextEncoder();
