/**
 * A WebSocket connection without its socket (RFC 6455): the receiver, the sender, and what ties them together.
 *
 * It answers pings, answers a close frame with the same code, tells the peer which rule it broke, and keeps account
 * of who has said that it closes. Bytes come in by {@linkcode FramingProtocol.receive} and go out to a sink; what needs
 * a clock or a socket is the driver's (`websocket_connection.ts`).
 *
 * @module
 */

import { type CloseStatus, encodeClose, fitReason, parseClose } from "./close_code.ts";
import { WebSocketClosedError, WebSocketProtocolError } from "./errors.ts";
import { MessageDeflater } from "./message_deflater.ts";
import { MessageInflater } from "./message_inflater.ts";
import type { DeflateParameters, WebSocketCompressionOptions } from "./permessage_deflate.ts";
import type { PreparedMessage } from "./prepared_message.ts";
import {
  DEFAULT_MAX_MESSAGE_SIZE,
  type ReceiveEvent,
  ReceiveEvents,
  Receiver,
  type WebSocketRole,
} from "./receiver.ts";
import { type FrameSink, Sender } from "./sender.ts";

/** What {@linkcode FramingProtocol.receive} found; one of the constants of {@linkcode ProtocolEvents}. */
export type ProtocolEvent = ReceiveEvent | 6;

/**
 * The events: those of the receiver, and `FAILED` after the peer broke a rule. A ping has been answered then, and a
 * close frame as well.
 */
export const ProtocolEvents: typeof ReceiveEvents & { readonly FAILED: 6 } = { ...ReceiveEvents, FAILED: 6 };

/** Settings of a {@linkcode FramingProtocol}. */
export interface FramingOptions {
  /** The most bytes of a message that is received: 1009. @default 10485760 (10 MiB) */
  readonly maxMessageSize?: number;
  /** What was agreed on in the handshake; `undefined` for no compression. */
  readonly deflate?: DeflateParameters | undefined;
  /** How this side compresses. */
  readonly compression?: WebSocketCompressionOptions | undefined;
}

/**
 * One side of a connection, free of I/O.
 *
 * @example A client and a server without a network
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { FramingProtocol, ProtocolEvents } from "@denado/denado/websocket";
 *
 * const sent: Uint8Array[] = [];
 * const client = new FramingProtocol("client", { push: (data) => sent.push((data as Uint8Array).slice()) });
 * const server = new FramingProtocol("server", { push: () => {} });
 *
 * client.sendText("hi");
 * const [frame] = sent;
 * assertEquals(server.receive(frame!, 0, frame!.length), ProtocolEvents.TEXT);
 * assertEquals(server.text, "hi");
 * ```
 */
export class FramingProtocol {
  /** Which side this is. */
  readonly role: WebSocketRole;
  /** What the peer's close frame said; `undefined` as long as there was none. */
  closeReceived: CloseStatus | undefined;
  /** Whether a close frame was sent, so that nothing more may be. */
  closeSent = false;
  /** Which rule the peer broke. */
  failure: WebSocketProtocolError | undefined;
  readonly #receiver: Receiver;
  readonly #sender: Sender;

  /** A connection after its handshake. @param sink Where frames go. */
  constructor(role: WebSocketRole, sink: FrameSink, options: FramingOptions = {}) {
    this.role = role;
    const { deflate, compression, maxMessageSize = DEFAULT_MAX_MESSAGE_SIZE } = options;
    let deflater, inflater;
    if (deflate !== undefined) {
      const server = { windowBits: deflate.serverMaxWindowBits, noContextTakeover: deflate.serverNoContextTakeover };
      const client = { windowBits: deflate.clientMaxWindowBits, noContextTakeover: deflate.clientNoContextTakeover };
      deflater = new MessageDeflater(role === "server" ? server : client, compression);
      inflater = new MessageInflater(role === "server" ? client : server, compression);
    }
    this.#receiver = new Receiver(role, { maxMessageSize, inflater });
    this.#sender = new Sender(role, sink, { deflater });
  }

  /** Whether messages can be sent. */
  get open(): boolean {
    return !this.closeSent;
  }

  /** Whether both sides have said that they close, or the peer broke a rule: nothing more is read. */
  get over(): boolean {
    return this.failure !== undefined || (this.closeSent && this.closeReceived !== undefined);
  }

  // --- receiving ---

  /** How many bytes of the window the last {@linkcode receive} has used up. */
  get consumed(): number {
    return this.#receiver.consumed;
  }

  /** The message after `TEXT`. */
  get text(): string {
    return this.#receiver.text;
  }

  /** The message after `BINARY`, an array of its own; the payload after `PING` and `PONG`, a view on the window. */
  get bytes(): Uint8Array {
    return this.#receiver.bytes;
  }

  /**
   * Looks at the window and returns the next event; see {@linkcode Receiver.receive} for the contract. It does not
   * throw: after an error it returns `FAILED`, once, and must not be called again.
   */
  receive(bytes: Uint8Array, start: number, end: number): ProtocolEvent {
    try {
      const event = this.#receiver.receive(bytes, start, end);
      if (event === ProtocolEvents.PING) this.#answerPing();
      else if (event === ProtocolEvents.CLOSE) this.#answerClose();
      return event;
    } catch (error) {
      if (!(error instanceof WebSocketProtocolError)) throw error;
      this.failure = error;
      this.close(error.closeCode, fitReason(error.message));
      return ProtocolEvents.FAILED;
    }
  }

  #answerPing(): void {
    if (this.open) this.#sender.sendPong(this.#receiver.bytes);
  }

  /** RFC 6455 5.5.1: the answer echoes the code. */
  #answerClose(): void {
    this.closeReceived = parseClose(this.#receiver.bytes);
    this.close(this.closeReceived.code);
  }

  // --- sending ---

  /** Sends a text message. @throws {WebSocketClosedError} after {@linkcode close}, or within a fragmented message */
  sendText(text: string): void {
    this.#checkOpen();
    this.#sender.sendText(text);
  }

  /** Sends a binary message. @throws {WebSocketClosedError} as `sendText` does */
  sendBinary(bytes: Uint8Array): void {
    this.#checkOpen();
    this.#sender.sendBinary(bytes);
  }

  /** Sends a prepared message. @throws {WebSocketClosedError} as `sendText` does */
  sendPrepared(message: PreparedMessage): void {
    this.#checkOpen();
    this.#sender.sendPrepared(message);
  }

  /** Sends a part of a message; see `Sender.sendFragment`. @throws {WebSocketClosedError} after {@linkcode close} */
  sendFragment(part: Uint8Array | string, options: { readonly final: boolean; readonly binary: boolean }): void {
    this.#checkOpen();
    this.#sender.sendFragment(part, options);
  }

  /** Whether a message is being sent in fragments, so that no other may be sent. */
  get fragmented(): boolean {
    return this.#sender.fragmented;
  }

  /** Sends a ping. @throws {WebSocketClosedError} after {@linkcode close} @throws {RangeError} above 125 bytes */
  sendPing(payload: Uint8Array): void {
    this.#checkOpen();
    this.#sender.sendPing(payload);
  }

  /** Sends a pong that nobody asked for (RFC 6455 5.5.3). @throws as `sendPing` does */
  sendPong(payload: Uint8Array): void {
    this.#checkOpen();
    this.#sender.sendPong(payload);
  }

  /**
   * Sends a close frame; nothing if one was sent before.
   *
   * @throws {RangeError} if the code may not be sent, or the reason is too long
   */
  close(code?: number, reason?: string): void {
    const payload = encodeClose(code, reason);
    if (this.closeSent) return;
    this.closeSent = true;
    this.#sender.sendClose(payload);
  }

  /** Lets go of all memory; nothing more can be sent or received. */
  dispose(): void {
    this.closeSent = true;
    this.#receiver.close();
    this.#sender.close();
  }

  #checkOpen(): void {
    if (this.closeSent) throw new WebSocketClosedError();
  }
}
