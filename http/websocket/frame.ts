/**
 * The header of a frame (RFC 6455 5.2), read and written. It knows the layout and no rules; those are the receiver's.
 *
 * ```text
 *  FIN RSV1–3 opcode | MASK length | length 16 or 64 | masking key | payload
 *   1    3      4    |   1    7    |    0, 16 or 64  |   0 or 32   |
 * ```
 *
 * @module
 */

import { readMaskKey } from "./mask.ts";

/** What a frame is (RFC 6455 5.2); from 8 on it is a control frame. */
export const Opcodes: {
  readonly CONTINUATION: 0x0;
  readonly TEXT: 0x1;
  readonly BINARY: 0x2;
  readonly CLOSE: 0x8;
  readonly PING: 0x9;
  readonly PONG: 0xa;
} = { CONTINUATION: 0x0, TEXT: 0x1, BINARY: 0x2, CLOSE: 0x8, PING: 0x9, PONG: 0xa };

/** The last frame of a message. */
export const FIN = 0x80;
/** Reserved; with permessage-deflate: the message is compressed. */
export const RSV1 = 0x40;
/** Reserved. */
export const RSV2 = 0x20;
/** Reserved. */
export const RSV3 = 0x10;
/** The reserved bits. */
export const RSV_MASK: number = RSV1 | RSV2 | RSV3;
/** The bits of the opcode. */
export const OPCODE_MASK = 0x0f;
/** The payload is masked. */
export const MASKED = 0x80;
/** The most bytes of a header. */
export const MAX_HEADER_BYTES = 14;
/** The most bytes in the payload of a control frame. */
export const MAX_CONTROL_BYTES = 125;

/** The number of bytes of the header whose second byte this is. */
export function headerSize(secondByte: number): number {
  const length = secondByte & 0x7f;
  return 2 + (length === 126 ? 2 : length === 127 ? 8 : 0) + ((secondByte & MASKED) === 0 ? 0 : 4);
}

/** The header of one frame. An instance is used again for each frame. */
export class FrameHeader {
  /** Whether this is the last frame of its message. */
  fin = false;
  /** The reserved bits, where they stand in the first byte. */
  rsv = 0;
  /** What the frame is. */
  opcode = 0;
  /** Whether the payload is masked. */
  masked = false;
  /** The masking key as {@linkcode readMaskKey} has it; 0 without one, which changes nothing. */
  maskKey = 0;
  /** The number of bytes of the payload; inexact above 2^53. */
  length = 0;
  /** Whether the length uses more bytes than it needs, or its highest bit is set, which are errors. */
  lengthInvalid = false;
  /** The number of bytes of the header itself. */
  size = 0;

  /**
   * Reads a header.
   *
   * @param bytes Where it is.
   * @param start Index of its first byte.
   * @param end Index after the last byte that has arrived.
   * @returns False if it is not all there; nothing but the fields of the first two bytes is set then, if they are there.
   */
  parse(bytes: Uint8Array, start: number, end: number): boolean {
    if (end - start < 2) return false;
    const first = bytes[start]!;
    const second = bytes[start + 1]!;
    this.fin = (first & FIN) !== 0;
    this.rsv = first & RSV_MASK;
    this.opcode = first & OPCODE_MASK;
    this.masked = (second & MASKED) !== 0;
    this.maskKey = 0;
    this.length = second & 0x7f;
    this.lengthInvalid = false;
    this.size = headerSize(second);
    if (end - start < this.size) return false;
    let at = start + 2;
    if (this.length === 126) {
      this.length = (bytes[at]! << 8) | bytes[at + 1]!;
      this.lengthInvalid = this.length < 126;
      at += 2;
    } else if (this.length === 127) {
      const high = readUint32(bytes, at);
      this.length = high * 2 ** 32 + readUint32(bytes, at + 4);
      this.lengthInvalid = this.length < 65536 || high >= 0x80000000;
      at += 8;
    }
    if (this.masked) this.maskKey = readMaskKey(bytes, at);
    return true;
  }
}

function readUint32(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}

/**
 * Writes a header so that it ends where the payload begins.
 *
 * @param into Where to; it needs room for `MAX_HEADER_BYTES` before the payload.
 * @param payloadAt Index of the first byte of the payload.
 * @param header The first byte of the frame, the length of the payload, and the masking key if there is one.
 * @returns The index of the first byte of the header.
 */
export function writeFrameHeader(
  into: Uint8Array,
  payloadAt: number,
  header: { readonly first: number; readonly length: number; readonly maskKey?: number },
): number {
  return writeHeaderBefore(into, payloadAt, header.first, header.length, header.maskKey);
}

/** As {@linkcode writeFrameHeader}, without an object: for the sender, once a frame. */
export function writeHeaderBefore(
  into: Uint8Array,
  payloadAt: number,
  first: number,
  length: number,
  maskKey: number | undefined,
): number {
  let at = payloadAt;
  let maskBit = 0;
  if (maskKey !== undefined) {
    maskBit = MASKED;
    into[--at] = maskKey >>> 24;
    into[--at] = maskKey >>> 16;
    into[--at] = maskKey >>> 8;
    into[--at] = maskKey;
  }
  if (length < 126) {
    into[--at] = maskBit | length;
  } else if (length < 65536) {
    into[--at] = length;
    into[--at] = length >>> 8;
    into[--at] = maskBit | 126;
  } else {
    let rest = length;
    for (let byte = 0; byte < 8; byte++) {
      into[--at] = rest % 256;
      rest = Math.floor(rest / 256);
    }
    into[--at] = maskBit | 127;
  }
  into[--at] = first;
  return at;
}
