/**
 * One message for many connections, encoded and compressed once.
 *
 * A receiver that reads slowly must not make the server keep what it has not read: when more waits for it than the limit
 * it misses the message, or it is closed.
 *
 * @module
 */

import { CloseCodes } from "./close_code.ts";
import { encodeMessage, type WebSocketMessage, type WriteMessageOptions } from "./message.ts";
import type { WebSocketCompressionOptions } from "./permessage_deflate.ts";
import { PreparedMessage } from "./prepared_message.ts";
import type { WebSocketProtocol13 } from "./websocket_protocol13.ts";

/**
 * What happens to a receiver for which too much waits: it misses messages (`skip`), is closed with 1013 (`close`), or is cut
 * off at once (`abort`).
 */
export type SlowReceiverPolicy = "skip" | "close" | "abort";

/** Settings of a {@linkcode Broadcast}. */
export interface BroadcastOptions {
  /** What happens to slow receivers. @default "skip" */
  readonly slowReceivers?: SlowReceiverPolicy;
  /** More than so many bytes that wait for a receiver make it a slow one. @default 1048576 (1 MiB) */
  readonly maxBufferedBytes?: number;
  /** How the messages are compressed for those who have agreed on compression. @default as by default */
  readonly compression?: WebSocketCompressionOptions;
}

/** Who can receive: a `WebSocketHandler`. */
export interface BroadcastReceiver {
  /** The connection; `undefined` while it is not open. */
  readonly wsConnection: WebSocketProtocol13 | undefined;
}

/** How one message is sent. */
export interface BroadcastSendOptions extends WriteMessageOptions {
  /** Who does not get it, the one who sent it for instance. */
  readonly except?: BroadcastReceiver | undefined;
}

const DEFAULT_MAX_BUFFERED_BYTES = 1 << 20;

/**
 * A set of receivers to which messages are sent together.
 *
 * @example Everybody hears everybody
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Broadcast, WebSocketHandler } from "@denado/denado";
 *
 * const everybody = new Broadcast({ slowReceivers: "close" });
 *
 * class ChatHandler extends WebSocketHandler {
 *   override open() {
 *     everybody.add(this);
 *   }
 *   override onMessage(message: string | Uint8Array) {
 *     everybody.send(message);
 *   }
 *   override onClose() {
 *     everybody.delete(this);
 *   }
 * }
 *
 * assertEquals(everybody.send("Is anybody there?"), 0);
 * ```
 */
export class Broadcast implements Iterable<BroadcastReceiver> {
  readonly #receivers = new Set<BroadcastReceiver>();
  readonly #options: BroadcastOptions;
  readonly #maxBufferedBytes: number;
  readonly #policy: SlowReceiverPolicy;

  /** A set without receivers. @throws {RangeError} if the limit is negative @throws {TypeError} if the policy is not known */
  constructor(options: BroadcastOptions = {}) {
    const { maxBufferedBytes = DEFAULT_MAX_BUFFERED_BYTES, slowReceivers = "skip" } = options;
    if (!(maxBufferedBytes >= 0)) {
      throw new RangeError(`Cannot broadcast, maxBufferedBytes must not be negative: ${maxBufferedBytes}`);
    }
    if (!POLICIES.includes(slowReceivers)) {
      throw new TypeError(`Cannot broadcast, slowReceivers must be one of ${POLICIES.join(", ")}: ${slowReceivers}`);
    }
    this.#options = options;
    this.#maxBufferedBytes = maxBufferedBytes;
    this.#policy = slowReceivers;
  }

  /** The number of receivers. */
  get size(): number {
    return this.#receivers.size;
  }

  /** Adds a receiver; nothing changes if it is there. */
  add(receiver: BroadcastReceiver): void {
    this.#receivers.add(receiver);
  }

  /** Takes a receiver away; tells whether it was there. */
  delete(receiver: BroadcastReceiver): boolean {
    return this.#receivers.delete(receiver);
  }

  /** Whether a receiver is there. */
  has(receiver: BroadcastReceiver): boolean {
    return this.#receivers.has(receiver);
  }

  /** The receivers in the order in which they came. */
  [Symbol.iterator](): Iterator<BroadcastReceiver> {
    return this.#receivers.values();
  }

  /** Encodes a message as {@linkcode send} does it, to be sent by several sets. @throws {TypeError} if it is none */
  prepare(message: WebSocketMessage, options?: WriteMessageOptions): PreparedMessage {
    const payload = encodeMessage(message, options);
    if (typeof payload === "string") return new PreparedMessage(payload, this.#options.compression);
    const { bytes, isText } = payload;
    return new PreparedMessage(isText ? new TextDecoder().decode(bytes) : bytes, this.#options.compression);
  }

  /**
   * Sends a message to all receivers that are open. It does not wait: what a slow receiver misses is gone.
   *
   * @returns To how many it was sent.
   * @throws {TypeError} if the message is neither text, bytes nor a plain object
   */
  send(message: WebSocketMessage | PreparedMessage, options: BroadcastSendOptions = {}): number {
    const prepared = message instanceof PreparedMessage ? message : this.prepare(message, options);
    const { except } = options;
    let count = 0;
    for (const receiver of this.#receivers) {
      if (receiver === except) continue;
      const connection = receiver.wsConnection;
      if (connection === undefined || connection.isClosing) continue;
      if (connection.offer(prepared, this.#maxBufferedBytes)) count++;
      else if (this.#policy === "close") connection.close(CloseCodes.TRY_AGAIN_LATER, "too slow");
      else if (this.#policy === "abort") connection.abort();
    }
    return count;
  }
}

const POLICIES: readonly SlowReceiverPolicy[] = ["skip", "close", "abort"];
