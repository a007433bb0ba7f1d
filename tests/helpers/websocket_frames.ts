/**
 * Frames built and read by code of its own, which knows no more of RFC 6455 than the layout in its section 5.2, so that
 * a mistake of Denado's is not hidden by the same mistake here.
 *
 * @module
 */

import { assert } from "@std/assert";

/** What a frame is made of; whatever is left out is what an honest client would send. */
export interface FrameParts {
  readonly fin?: boolean;
  /** The bits RSV1 to RSV3 as a number from 0 to 7; RSV1 is 4. */
  readonly rsv?: number;
  readonly opcode: number;
  readonly payload?: Uint8Array | string;
  /** The masking key; `null` for an unmasked frame. @default 0x37fa213d, as in the RFC's example */
  readonly mask?: readonly number[] | null;
  /** The length that is written, where it shall be a wrong one. */
  readonly length?: bigint;
  /** How many bytes the length takes: 0, 2 or 8. @default the fewest */
  readonly lengthBytes?: 0 | 2 | 8;
}

/** A frame as bytes. */
export function frame(parts: FrameParts): Uint8Array<ArrayBuffer> {
  const { fin = true, rsv = 0, opcode, mask = [0x37, 0xfa, 0x21, 0x3d] } = parts;
  const payload = toBytes(parts.payload ?? "");
  const length = parts.length ?? BigInt(payload.length);
  const lengthBytes = parts.lengthBytes ?? (length < 126n ? 0 : length < 65536n ? 2 : 8);
  const bytes: number[] = [(fin ? 0x80 : 0) | (rsv << 4) | opcode];
  const maskBit = mask === null ? 0 : 0x80;
  bytes.push(maskBit | (lengthBytes === 0 ? Number(length) : lengthBytes === 2 ? 126 : 127));
  for (let at = lengthBytes - 1; at >= 0; at--) bytes.push(Number((length >> BigInt(8 * at)) & 0xffn));
  if (mask !== null) bytes.push(...mask);
  const result = new Uint8Array(bytes.length + payload.length);
  result.set(bytes);
  payload.forEach((byte, at) => result[bytes.length + at] = mask === null ? byte : byte ^ mask[at % 4]!);
  return result;
}

/** A frame as it was read. */
export interface ReadFrame {
  readonly fin: boolean;
  readonly rsv: number;
  readonly opcode: number;
  readonly masked: boolean;
  readonly payload: Uint8Array;
}

/** Reads the first frame, and tells where the next one begins; `undefined` if it is not all there. */
export function readFrame(
  bytes: Uint8Array,
  start = 0,
): { readonly frame: ReadFrame; readonly next: number } | undefined {
  if (bytes.length - start < 2) return undefined;
  const [first, second] = [bytes[start]!, bytes[start + 1]!];
  let length = second & 0x7f;
  let at = start + 2;
  const count = length === 126 ? 2 : length === 127 ? 8 : 0;
  if (bytes.length < at + count) return undefined;
  if (count > 0) length = Number(bytes.subarray(at, at + count).reduce((sum, byte) => sum * 256n + BigInt(byte), 0n));
  at += count;
  const masked = (second & 0x80) !== 0;
  const mask = masked ? bytes.subarray(at, at + 4) : undefined;
  if (masked) at += 4;
  if (bytes.length < at + length) return undefined;
  const payload = bytes.slice(at, at + length).map((byte, index) =>
    mask === undefined ? byte : byte ^ mask[index % 4]!
  );
  const frame = {
    fin: (first & 0x80) !== 0,
    rsv: (first >> 4) & 7,
    opcode: first & 15,
    masked,
    payload,
  };
  return { frame, next: at + length };
}

/** Reads all frames, of which the last must be whole. */
export function readFrames(bytes: Uint8Array): ReadFrame[] {
  const frames: ReadFrame[] = [];
  for (let at = 0; at < bytes.length;) {
    const result = readFrame(bytes, at);
    assert(result !== undefined, `A frame is cut off at ${at} of ${bytes.length}`);
    frames.push(result.frame);
    at = result.next;
  }
  return frames;
}

/** A sink that keeps what it is given. */
export class RecordingSink {
  readonly pushed: Uint8Array[] = [];

  /** Copies, as a stream does with what is small. */
  push(data: Uint8Array | string): void {
    this.pushed.push(toBytes(data).slice());
  }

  /** All bytes until now, which are forgotten. */
  take(): Uint8Array<ArrayBuffer> {
    return concat(this.pushed.splice(0));
  }

  /** All frames until now, which are forgotten. */
  takeFrames(): ReadFrame[] {
    return readFrames(this.take());
  }
}

/** Bytes one after the other. */
export function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const result = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}

/** Text as UTF-8; bytes as they are. */
export function toBytes(data: Uint8Array | string): Uint8Array {
  return typeof data === "string" ? new TextEncoder().encode(data) : data;
}

/** Bytes from text such as `"ce ba e1"`. */
export function hex(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(text.split(/\s+/).filter((pair) => pair !== "").map((pair) => parseInt(pair, 16)));
}

/** Ways to cut input into pieces: whole, byte by byte, and at every place into two. */
export function* cuts(length: number, mostSplits = 400): Generator<readonly number[]> {
  yield [length];
  yield Array.from({ length }, (_, at) => at + 1);
  const step = Math.max(1, Math.ceil(length / mostSplits));
  for (let at = 1; at < length; at += step) yield [at, length];
}
