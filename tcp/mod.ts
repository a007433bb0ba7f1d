/**
 * TCP on the loop of Denado: sockets, streams and servers.
 *
 * @module
 */

export * from "./base_iostream.ts";
export * from "./byte_search.ts";
export * from "./errors.ts";
export * from "./iostream.ts";
export * from "./listen_socket.ts";
export * from "./netutil.ts";
export { type ReadOptions } from "./read_limit.ts";
export * from "./read_buffer.ts";
export * from "./socket.ts";
export * from "./tcp_server.ts";
export * from "./write_queue.ts";
