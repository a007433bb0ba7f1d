/**
 * The sending half of a connection (RFC 6455 5 and 6): messages and control frames in, bytes out, free of I/O.
 *
 * Bytes go to a sink, usually a stream's write queue, which copies what is small at once and is given what is large
 * for good. So small frames are built in memory that all connections share. A server's text goes to the queue without
 * an array in between where the sink can encode it.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { WebSocketClosedError } from "./errors.ts";
import { FIN, MAX_CONTROL_BYTES, MAX_HEADER_BYTES, Opcodes, RSV1, writeHeaderBefore } from "./frame.ts";
import { maskRange, newMaskKey } from "./mask.ts";
import type { MessageDeflater } from "./message_deflater.ts";
import type { PreparedMessage } from "./prepared_message.ts";
import type { WebSocketRole } from "./receiver.ts";

/** Where frames go; a stream of the `tcp` layer is one. */
export interface FrameSink {
  /**
   * Takes bytes. Fewer than 16 KB are copied before it returns; more stay unchanged and belong to the sink.
   *
   * Text is taken as UTF-8.
   *
   * @param stable Whether nobody will ever change the bytes, so that no copy is needed.
   */
  push(data: Uint8Array | string, stable?: boolean): void;
  /** Told how many bytes the next pushes will have, so that a frame stays in one piece. */
  reserve?(count: number): void;
}

/** From this size on a sink does not copy. */
const COPIED_BELOW = 16384;
/** Pieces of this size are copied. */
const PIECE = COPIED_BELOW - 1;
/** The most bytes that a sink keeps in one piece with what comes before. */
const LARGEST_PIECE = 65536 - MAX_HEADER_BYTES;
/** Text of so few characters is encoded together with its header; it fits whatever the characters are. */
const SMALL_TEXT = 2048;

const scratch = new Uint8Array(MAX_HEADER_BYTES + COPIED_BELOW);
const encoder = new TextEncoder();

/** Settings of a {@linkcode Sender}. */
export interface SenderOptions {
  /** Compresses messages, where that was agreed on. @default none */
  readonly deflater?: MessageDeflater | undefined;
}

/** Writes the frames of one connection. */
export class Sender {
  readonly #sink: FrameSink;
  readonly #masks: boolean;
  readonly #deflater: MessageDeflater | undefined;
  #fragmented = false;

  /** A sender for one side: a client masks, a server does not. */
  constructor(role: WebSocketRole, sink: FrameSink, options: SenderOptions = {}) {
    this.#sink = sink;
    this.#masks = role === "client";
    this.#deflater = options.deflater;
  }

  /** Sends a text message. */
  sendText(text: string): void {
    this.#checkWhole();
    const deflater = this.#deflater;
    if (deflater !== undefined && text.length > 0 && text.length * 3 >= deflater.threshold) {
      const bytes = encode(text);
      if (bytes.length >= deflater.threshold) return this.#sendCompressed(Opcodes.TEXT, bytes, deflater);
    }
    this.#sendText(FIN | Opcodes.TEXT, text);
  }

  /** Sends a binary message. 16 KB or more must stay unchanged until they are written. */
  sendBinary(bytes: Uint8Array): void {
    this.#checkWhole();
    const deflater = this.#deflater;
    if (deflater !== undefined && bytes.length > 0 && bytes.length >= deflater.threshold) {
      return this.#sendCompressed(Opcodes.BINARY, bytes, deflater);
    }
    this.#sendBytes(FIN | Opcodes.BINARY, bytes);
  }

  /** Sends a message that was encoded before, for many connections. Only for servers. */
  sendPrepared(message: PreparedMessage): void {
    this.#checkWhole();
    const deflater = this.#deflater;
    if (deflater === undefined || message.size < deflater.threshold || message.size === 0) {
      return this.#sink.push(message.plainFrame(), true);
    }
    // The peer's decompressor moves on by a message that this side's compressor has not seen.
    deflater.forget();
    this.#sink.push(message.compressedFrame(deflater.windowBits), true);
  }

  /**
   * Sends a part of a message. The first part decides whether it is text; nothing but control frames may be sent
   * until `final`.
   *
   * @param part Text, or bytes; 16 KB or more must stay unchanged until they are written.
   * @param options Whether this is the last part, and whether the message is text.
   */
  sendFragment(part: Uint8Array | string, options: { readonly final: boolean; readonly binary: boolean }): void {
    const opcode = this.#fragmented ? Opcodes.CONTINUATION : options.binary ? Opcodes.BINARY : Opcodes.TEXT;
    const first = (options.final ? FIN : 0) | opcode;
    this.#fragmented = !options.final;
    if (typeof part === "string") this.#sendText(first, part);
    else this.#sendBytes(first, part);
  }

  /** Whether a message is being sent in fragments. */
  get fragmented(): boolean {
    return this.#fragmented;
  }

  /** Sends a ping. @throws {RangeError} if the payload has more than 125 bytes */
  sendPing(payload: Uint8Array): void {
    this.#sendControl(Opcodes.PING, payload);
  }

  /** Sends a pong. @throws {RangeError} if the payload has more than 125 bytes */
  sendPong(payload: Uint8Array): void {
    this.#sendControl(Opcodes.PONG, payload);
  }

  /** Sends a close frame with a payload of `encodeClose`. */
  sendClose(payload: Uint8Array): void {
    this.#sendControl(Opcodes.CLOSE, payload);
  }

  /** Lets go of the memory of compression. */
  close(): void {
    this.#deflater?.forget();
  }

  #checkWhole(): void {
    if (this.#fragmented) {
      throw new WebSocketClosedError("Cannot send a message: another one is being sent in fragments");
    }
  }

  #sendControl(opcode: number, payload: Uint8Array): void {
    if (payload.length > MAX_CONTROL_BYTES) {
      throw new RangeError(`Cannot send a control frame of more than ${MAX_CONTROL_BYTES} bytes: ${payload.length}`);
    }
    this.#sendBytes(FIN | opcode, payload);
  }

  #sendText(first: number, text: string): void {
    if (text.length <= SMALL_TEXT) {
      const { written } = encoder.encodeInto(text, SMALL_AREA);
      this.#pushFrame(first, scratch, MAX_HEADER_BYTES + written);
    } else if (this.#masks) {
      this.#sendBytes(first, encode(text));
    } else {
      const length = Buffer.byteLength(text);
      if (length > LARGEST_PIECE) {
        const frame = new Uint8Array(MAX_HEADER_BYTES + length);
        encoder.encodeInto(text, frame.subarray(MAX_HEADER_BYTES));
        return this.#pushFrame(first, frame, frame.length);
      }
      this.#pushHeader(first, length);
      this.#sink.push(text);
    }
  }

  #sendBytes(first: number, bytes: Uint8Array): void {
    const { length } = bytes;
    if (length <= SMALL_TEXT) {
      scratch.set(bytes, MAX_HEADER_BYTES);
      return this.#pushFrame(first, scratch, MAX_HEADER_BYTES + length);
    }
    if (this.#masks) {
      const frame = MAX_HEADER_BYTES + length < COPIED_BELOW ? scratch : new Uint8Array(MAX_HEADER_BYTES + length);
      frame.set(bytes, MAX_HEADER_BYTES);
      return this.#pushFrame(first, frame, MAX_HEADER_BYTES + length);
    }
    this.#pushHeader(first, length);
    if (length > LARGEST_PIECE) return this.#sink.push(bytes);
    // Copied, since a second system call costs more.
    for (let at = 0; at < length; at += PIECE) this.#sink.push(bytes.subarray(at, Math.min(at + PIECE, length)));
  }

  #sendCompressed(opcode: number, bytes: Uint8Array, deflater: MessageDeflater): void {
    const end = deflater.compress(bytes, 0, bytes.length);
    const { output } = deflater;
    const frame = end < COPIED_BELOW ? output : output.slice(0, end);
    this.#pushFrame(FIN | RSV1 | opcode, frame, end);
  }

  /** Sends a frame whose payload begins behind room for the header, and may be masked there. */
  #pushFrame(first: number, frame: Uint8Array, end: number): void {
    let key: number | undefined;
    if (this.#masks) {
      key = newMaskKey();
      maskRange(frame, MAX_HEADER_BYTES, end, key);
    }
    const start = writeHeaderBefore(frame, MAX_HEADER_BYTES, first, end - MAX_HEADER_BYTES, key);
    this.#sink.push(frame.subarray(start, end));
  }

  #pushHeader(first: number, length: number): void {
    const start = writeHeaderBefore(scratch, MAX_HEADER_BYTES, first, length, undefined);
    if (length <= LARGEST_PIECE) this.#sink.reserve?.(MAX_HEADER_BYTES + length);
    this.#sink.push(scratch.subarray(start, MAX_HEADER_BYTES));
  }
}

/** The text as UTF-8, in memory that the next call uses again unless it is long. */
function encode(text: string): Uint8Array {
  if (text.length * 3 > ENCODED.length) return encoder.encode(text);
  return ENCODED.subarray(0, encoder.encodeInto(text, ENCODED).written);
}

const ENCODED = new Uint8Array(65536);
const SMALL_AREA = scratch.subarray(MAX_HEADER_BYTES);
