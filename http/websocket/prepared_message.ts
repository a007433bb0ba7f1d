/**
 * A message for many connections: encoded once, and compressed once for those that have agreed on compression.
 *
 * What is compressed stands for itself, since each connection has another past; and it refers no further back than the
 * smallest window of those that receive it, so there may be one version for each size.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { FIN, MAX_HEADER_BYTES, Opcodes, RSV1, writeHeaderBefore } from "./frame.ts";
import { MessageDeflater } from "./message_deflater.ts";
import type { WebSocketCompressionOptions } from "./permessage_deflate.ts";

/**
 * A message as the bytes that a server sends.
 *
 * @example One message, sent twice
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { PreparedMessage } from "@denado/denado/websocket";
 *
 * const message = new PreparedMessage("hi");
 * assertEquals([...message.plainFrame()], [0x81, 2, 0x68, 0x69]);
 * assertEquals(message.plainFrame(), message.plainFrame());
 * ```
 */
export class PreparedMessage {
  /** The number of bytes of the payload. */
  readonly size: number;
  /** Whether it is bytes rather than text. */
  readonly binary: boolean;
  readonly #plain: Uint8Array<ArrayBuffer>;
  readonly #payloadAt: number;
  readonly #options: WebSocketCompressionOptions;
  #compressed: Map<number, Uint8Array<ArrayBuffer>> | undefined;

  /** Encodes a message; bytes are copied. */
  constructor(message: string | Uint8Array, options: WebSocketCompressionOptions = {}) {
    this.binary = typeof message !== "string";
    this.#options = options;
    this.size = typeof message === "string" ? Buffer.byteLength(message) : message.length;
    const frame = new Uint8Array(MAX_HEADER_BYTES + this.size);
    if (typeof message === "string") new TextEncoder().encodeInto(message, frame.subarray(MAX_HEADER_BYTES));
    else frame.set(message, MAX_HEADER_BYTES);
    const start = writeHeaderBefore(frame, MAX_HEADER_BYTES, FIN | this.#opcode, this.size, undefined);
    this.#plain = frame.subarray(start);
    this.#payloadAt = MAX_HEADER_BYTES - start;
  }

  /** The frame as it is, unmasked; not to be changed. */
  plainFrame(): Uint8Array<ArrayBuffer> {
    return this.#plain;
  }

  /** The frame, compressed within a window, as a power of two; not to be changed. */
  compressedFrame(windowBits: number): Uint8Array<ArrayBuffer> {
    const known = this.#compressed?.get(windowBits);
    if (known !== undefined) return known;
    const deflater = new MessageDeflater({ windowBits, noContextTakeover: true }, this.#options);
    const end = deflater.compress(this.#plain, this.#payloadAt, this.#plain.length);
    const frame = deflater.output.slice(0, end);
    const start = writeHeaderBefore(
      frame,
      MAX_HEADER_BYTES,
      FIN | RSV1 | this.#opcode,
      end - MAX_HEADER_BYTES,
      undefined,
    );
    const compressed = frame.subarray(start);
    (this.#compressed ??= new Map()).set(windowBits, compressed);
    return compressed;
  }

  get #opcode(): number {
    return this.binary ? Opcodes.BINARY : Opcodes.TEXT;
  }
}
