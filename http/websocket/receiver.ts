/**
 * The receiving half of a connection (RFC 6455 5 to 8): bytes in, messages and control frames out, free of I/O.
 *
 * The contract of {@linkcode Receiver.receive} is that of `MessageParser.parse`:
 *
 * - after every call the driver drops `receiver.consumed` bytes from the front of the window before it calls again;
 * - `NEED_DATA` is the only event that needs new bytes before the next call;
 * - what an event names is valid until the window changes, and bytes that are consumed may have been changed: payloads
 *   are unmasked where they are;
 * - after an error the receiver only ever throws that error again.
 *
 * The events do not depend on how the input is cut. Rules are checked as soon as the bytes that break them are there,
 * so that a frame that announces too much, or text that is not UTF-8, is refused before the rest has come.
 *
 * A message that is whole in the window becomes a string or an array straight from there. Else its pieces are
 * collected, in memory that grows with what has arrived and not with what was announced.
 *
 * @module
 */

import { CloseCodes } from "./close_code.ts";
import { WebSocketProtocolError } from "./errors.ts";
import { FrameHeader, MAX_CONTROL_BYTES, Opcodes, RSV1 } from "./frame.ts";
import { maskRange, rotateKey } from "./mask.ts";
import { MessageBuffer } from "./message_buffer.ts";
import type { MessageInflater } from "./message_inflater.ts";
import { decodeKnownUtf8, decodeUtf8, Utf8Validator } from "./utf8.ts";

/** What {@linkcode Receiver.receive} found; one of the constants of {@linkcode ReceiveEvents}. */
export type ReceiveEvent = 0 | 1 | 2 | 3 | 4 | 5;

/**
 * The events, as small integers, because there are several for each read.
 *
 * - `NEED_DATA`: everything is looked at; call again with more bytes.
 * - `TEXT`: a message is in {@linkcode Receiver.text}.
 * - `BINARY`: a message is in {@linkcode Receiver.bytes}, an array of its own.
 * - `PING`, `PONG`, `CLOSE`: the payload of a control frame is in `bytes`, a view on the window.
 */
export const ReceiveEvents: {
  readonly NEED_DATA: 0;
  readonly TEXT: 1;
  readonly BINARY: 2;
  readonly PING: 3;
  readonly PONG: 4;
  readonly CLOSE: 5;
} = { NEED_DATA: 0, TEXT: 1, BINARY: 2, PING: 3, PONG: 4, CLOSE: 5 };

/** Which side of a connection this is. */
export type WebSocketRole = "server" | "client";

/** Settings of a {@linkcode Receiver}. */
export interface ReceiverOptions {
  /** The most bytes of a message, in fragments and decompressed: 1009. @default 10485760 (10 MiB) */
  readonly maxMessageSize?: number;
  /** Decompresses messages, where that was agreed on. @default none: a compressed message is an error */
  readonly inflater?: MessageInflater | undefined;
}

/** The most bytes of a message unless told otherwise, as in Tornado. */
export const DEFAULT_MAX_MESSAGE_SIZE = 10 * 1024 * 1024;

/** Reads the frames of one connection. */
export class Receiver {
  /** How many bytes of the window the last call has used up. */
  consumed = 0;
  /** The message after `TEXT`. */
  text = "";
  /** The message after `BINARY`; the payload after `PING`, `PONG` and `CLOSE`. */
  bytes: Uint8Array = NOTHING;

  readonly #isServer: boolean;
  readonly #maxMessageSize: number;
  readonly #inflater: MessageInflater | undefined;
  readonly #message = new MessageBuffer();
  #utf8: Utf8Validator | undefined;
  /** Whether the header of a data frame was consumed, but not all of its payload. */
  #inFrame = false;
  /** Whether that frame is the last one of its message. */
  #fin = false;
  /** How much of that payload is still to come. */
  #remaining = 0;
  /** The masking key, turned to the next byte of that payload. */
  #key = 0;
  /** What the message in progress is; CONTINUATION if there is none. */
  #messageOpcode = 0;
  #compressed = false;
  #error: WebSocketProtocolError | undefined;

  /** A receiver for one side: a server takes masked frames only, a client takes none. */
  constructor(role: WebSocketRole, options: ReceiverOptions = {}) {
    this.#isServer = role === "server";
    this.#maxMessageSize = options.maxMessageSize ?? DEFAULT_MAX_MESSAGE_SIZE;
    this.#inflater = options.inflater;
  }

  /** Whether nothing of a message or a frame has been consumed that is not complete. */
  get idle(): boolean {
    return this.#messageOpcode === Opcodes.CONTINUATION;
  }

  /**
   * Looks at the window, and returns the next event in it.
   *
   * @param bytes Where the window is; payloads in it are unmasked in place.
   * @param start Index of its first byte.
   * @param end Index after its last byte.
   * @throws {WebSocketProtocolError} if the peer broke a rule or a limit; `closeCode` is what to close with
   */
  receive(bytes: Uint8Array, start: number, end: number): ReceiveEvent {
    this.consumed = 0;
    if (this.#error !== undefined) throw this.#error;
    try {
      return this.#receive(bytes, start, end);
    } catch (error) {
      if (error instanceof WebSocketProtocolError) this.#error = error;
      this.#dropMessage();
      throw error;
    }
  }

  /** Drops a message in progress; for the end of a connection. */
  close(): void {
    this.#dropMessage();
    this.#inflater?.release();
  }

  #receive(bytes: Uint8Array, start: number, end: number): ReceiveEvent {
    let at = start;
    for (;;) {
      if (!this.#inFrame) {
        const header = HEADER;
        if (!header.parse(bytes, at, end)) {
          if (end - at >= 2) this.#checkHeader();
          return this.#needData(at - start);
        }
        this.#checkHeader();
        if (header.opcode >= Opcodes.CLOSE) {
          const payloadAt = at + header.size;
          if (end - payloadAt < header.length) return this.#needData(at - start);
          this.consumed = payloadAt + header.length - start;
          return this.#controlFrame(bytes, payloadAt);
        }
        this.#checkLength();
        at += header.size;
        if (header.fin && header.opcode !== Opcodes.CONTINUATION && header.length <= end - at) {
          this.consumed = at + header.length - start;
          return this.#wholeMessage(bytes, at);
        }
        this.#startFrame();
      }
      at = this.#takePayload(bytes, at, end);
      if (this.#remaining > 0) return this.#needData(at - start);
      this.#inFrame = false;
      if (this.#fin) {
        this.consumed = at - start;
        return this.#endMessage();
      }
    }
  }

  #needData(consumed: number): ReceiveEvent {
    this.consumed = consumed;
    return ReceiveEvents.NEED_DATA;
  }

  // --- the rules for headers ---

  /** What can be said by the first two bytes, and the masking bit in the second one (RFC 6455 5.1, 5.2, 5.4, 5.5). */
  #checkHeader(): void {
    const { opcode, rsv, fin, masked, length } = HEADER;
    if (HEADER.lengthInvalid) throw violation("invalid length of a frame");
    if (masked !== this.#isServer) throw violation(masked ? "masked frame from the server" : "frame is not masked");
    if (rsv !== 0) this.#checkReservedBits();
    switch (opcode) {
      case Opcodes.TEXT:
      case Opcodes.BINARY:
        if (this.#messageOpcode !== Opcodes.CONTINUATION) throw violation("new message within a fragmented one");
        break;
      case Opcodes.CONTINUATION:
        if (this.#messageOpcode === Opcodes.CONTINUATION) throw violation("continuation of no message");
        break;
      case Opcodes.CLOSE:
      case Opcodes.PING:
      case Opcodes.PONG:
        if (!fin) throw violation("fragmented control frame");
        if (length > MAX_CONTROL_BYTES) throw violation("control frame too long");
        break;
      default:
        throw violation(`unknown opcode ${opcode}`);
    }
  }

  /** RFC 7692 6: RSV1 marks a compressed message, in its first frame. */
  #checkReservedBits(): void {
    const { opcode, rsv } = HEADER;
    const isFirst = opcode === Opcodes.TEXT || opcode === Opcodes.BINARY;
    if (rsv !== RSV1 || !isFirst || this.#inflater === undefined) throw violation("reserved bits are set");
  }

  #checkLength(): void {
    const { length, rsv, opcode } = HEADER;
    const isCompressed = opcode === Opcodes.CONTINUATION ? this.#compressed : rsv !== 0;
    // What does not compress gets longer by five bytes in 16 KB.
    const most = isCompressed ? this.#maxMessageSize + (this.#maxMessageSize >> 10) + 64 : this.#maxMessageSize;
    if (length > most - this.#message.size) throw tooBig();
  }

  // --- payloads ---

  #controlFrame(bytes: Uint8Array, start: number): ReceiveEvent {
    const { opcode, length, maskKey } = HEADER;
    const end = start + length;
    if (maskKey !== 0) maskRange(bytes, start, end, maskKey);
    this.bytes = length === 0 ? NOTHING : bytes.subarray(start, end);
    if (opcode === Opcodes.PING) return ReceiveEvents.PING;
    return opcode === Opcodes.PONG ? ReceiveEvents.PONG : ReceiveEvents.CLOSE;
  }

  /** A message in one frame, all of which is in the window. */
  #wholeMessage(bytes: Uint8Array, start: number): ReceiveEvent {
    const { opcode, length, maskKey, rsv } = HEADER;
    const end = start + length;
    if (maskKey !== 0) maskRange(bytes, start, end, maskKey);
    if (rsv !== 0) return this.#inflated(opcode, bytes, start, end);
    return opcode === Opcodes.TEXT ? this.#text(bytes, start, end) : this.#binary(bytes.slice(start, end));
  }

  #startFrame(): void {
    const { opcode, length, maskKey, rsv, fin } = HEADER;
    this.#inFrame = true;
    this.#fin = fin;
    this.#remaining = length;
    this.#key = maskKey;
    if (opcode === Opcodes.CONTINUATION) return;
    this.#messageOpcode = opcode;
    this.#compressed = rsv !== 0;
    if (opcode === Opcodes.TEXT && !this.#compressed) this.#utf8 ??= new Utf8Validator();
  }

  /** Collects what the window holds of the payload in progress; returns the index behind it. */
  #takePayload(bytes: Uint8Array, start: number, end: number): number {
    const count = Math.min(this.#remaining, end - start);
    if (count === 0) return start;
    const to = start + count;
    if (this.#key !== 0) {
      maskRange(bytes, start, to, this.#key);
      this.#key = rotateKey(this.#key, count);
    }
    const isPlainText = this.#messageOpcode === Opcodes.TEXT && !this.#compressed;
    if (isPlainText && !this.#utf8!.push(bytes, start, to)) throw invalidText();
    this.#message.append(bytes, start, to, this.#remaining);
    this.#remaining -= count;
    return to;
  }

  #endMessage(): ReceiveEvent {
    const message = this.#message;
    const opcode = this.#messageOpcode;
    this.#messageOpcode = Opcodes.CONTINUATION;
    if (this.#compressed) {
      const event = this.#inflated(opcode, message.bytes, 0, message.size);
      message.clear();
      return event;
    }
    if (opcode === Opcodes.BINARY) return this.#binary(message.take());
    if (!this.#utf8!.complete) throw invalidText();
    this.text = decodeKnownUtf8(message.bytes, 0, message.size);
    message.clear();
    return ReceiveEvents.TEXT;
  }

  #inflated(opcode: number, bytes: Uint8Array, start: number, end: number): ReceiveEvent {
    const inflater = this.#inflater!;
    const size = inflater.inflate(bytes, start, end, this.#maxMessageSize);
    const { output } = inflater;
    if (opcode === Opcodes.TEXT) return this.#text(output, 0, size);
    return this.#binary(
      inflater.outputShared || size < output.length / 2 ? output.slice(0, size) : output.subarray(0, size),
    );
  }

  #text(bytes: Uint8Array, start: number, end: number): ReceiveEvent {
    const text = decodeUtf8(bytes, start, end);
    if (text === undefined) throw invalidText();
    this.text = text;
    return ReceiveEvents.TEXT;
  }

  #binary(bytes: Uint8Array): ReceiveEvent {
    this.bytes = bytes;
    return ReceiveEvents.BINARY;
  }

  #dropMessage(): void {
    this.#message.clear();
    this.#messageOpcode = Opcodes.CONTINUATION;
    this.#inFrame = false;
    this.#utf8?.reset();
  }
}

const NOTHING = new Uint8Array(0);
/** One for all receivers: it is read within the call that has filled it. */
const HEADER = new FrameHeader();

function violation(message: string): WebSocketProtocolError {
  return new WebSocketProtocolError(message, CloseCodes.PROTOCOL_ERROR);
}

function tooBig(): WebSocketProtocolError {
  return new WebSocketProtocolError("message too big", CloseCodes.MESSAGE_TOO_BIG);
}

function invalidText(): WebSocketProtocolError {
  return new WebSocketProtocolError("invalid UTF-8 in text message", CloseCodes.INVALID_FRAME_PAYLOAD_DATA);
}
