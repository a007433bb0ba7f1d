/**
 * TCP on the loop of Denado: sockets, streams and servers.
 *
 * @module
 */

export { BaseIOStream } from "./base_iostream.ts";
export * from "./byte_search.ts";
export * from "./dns_resolver.ts";
export { isPeerGone, StreamBufferFullError, StreamClosedError, UnsatisfiableReadError } from "./errors.ts";
export * from "./executor_resolver.ts";
export * from "./graceful_end.ts";
export * from "./iostream.ts";
export * from "./ip_address.ts";
export * from "./listen_socket.ts";
export * from "./netutil.ts";
export { type SourceAddress } from "./node_host.ts";
export * from "./pipe_iostream.ts";
export { type ReadOptions } from "./read_limit.ts";
export * from "./read_buffer.ts";
export {
  DefaultResolver,
  type Override,
  OverrideResolver,
  type OverrideResolverOptions,
  type ResolvedAddress,
  type ResolveOptions,
  Resolver,
} from "./resolver.ts";
export * from "./socket.ts";
export type { DelimitedReadOptions, IOStreamOptions, PartialReadOptions } from "./stream_options.ts";
export * from "./tcp_client.ts";
export * from "./tcp_server.ts";
export * from "./tls_options.ts";
export * from "./unix_socket.ts";
export * from "./write_queue.ts";
