/**
 * WebSocket (RFC 6455, RFC 7692): the protocol without I/O, connections, the client and broadcasts. The server's
 * handler is `WebSocketHandler` of `@denado/denado/web`.
 *
 * @example The protocol alone
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { PreparedMessage } from "@denado/denado/websocket";
 *
 * assertEquals([...new PreparedMessage("hi").plainFrame()], [0x81, 2, 0x68, 0x69]);
 * ```
 *
 * @module
 */

export * from "./broadcast.ts";
export type { ClientHandshakeResult } from "./client_handshake.ts";
export * from "./close_code.ts";
export * from "./compression_pool.ts";
export * from "./delegate.ts";
export * from "./errors.ts";
export * from "./extension_list.ts";
export * from "./frame.ts";
export * from "./handshake.ts";
export { applyMask, type MaskRange, websocketMask } from "./mask.ts";
export * from "./message.ts";
export * from "./message_deflater.ts";
export * from "./message_inflater.ts";
export * from "./message_queue.ts";
export type { MessageSource } from "./message_source.ts";
export * from "./permessage_deflate.ts";
export * from "./prepared_message.ts";
export * from "./protocol.ts";
export * from "./receiver.ts";
export * from "./rooms.ts";
export * from "./sender.ts";
export { Utf8Validator } from "./utf8.ts";
export * from "./websocket_client.ts";
export * from "./websocket_protocol13.ts";
