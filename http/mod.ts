/**
 * HTTP/1.1: messages, connections, the server and the client.
 *
 * @module
 */

export * from "./basic_auth.ts";
export * from "./body_arguments.ts";
export { type BodyFraming, isTransferEncodingChunked } from "./body_framing.ts";
export * from "./byte_range.ts";
export * from "./callback_delegate.ts";
export { CHUNK_END, chunkHead, LAST_CHUNK, lastChunk } from "./chunked.ts";
export * from "./client/async_http_client.ts";
export * from "./client/client_errors.ts";
export type { FetchManyOptions, FetchOutcome } from "./client/fetch_many.ts";
export { type FetchRetryOptions, RetryError } from "./client/fetch_retry.ts";
export * from "./client/http_request.ts";
export * from "./client/http_response.ts";
export * from "./client/origin.ts";
export * from "./client/origin_stream.ts";
export type {
  AuthMode,
  BodyProducer,
  DefaultedOption,
  HTTPRequestOptions,
  RequestBody,
  RequestDefaults,
  RequestSettings,
} from "./client/request_options.ts";
export type { ProxyOptions } from "./client/tunnel.ts";
export * from "./content_coding.ts";
export * from "./cookie.ts";
export * from "./deadline.ts";
export type { HeapEntry } from "./deadline_heap.ts";
export * from "./delegates.ts";
export * from "./errors.ts";
export * from "./form_data.ts";
export * from "./forwarded.ts";
export { isFieldText, isToken, parseHexInt, parseInt10 } from "./grammar.ts";
export * from "./header_parameters.ts";
export * from "./headers.ts";
export * from "./host.ts";
export * from "./http1_client_connection.ts";
export * from "./http1_connection.ts";
export * from "./http1_server_connection.ts";
export * from "./http_date.ts";
export * from "./http_server.ts";
export * from "./message_parser.ts";
export * from "./message_writer.ts";
export * from "./multipart.ts";
export * from "./query_string.ts";
export { ReceiveLimit } from "./receive_limit.ts";
export * from "./server_request.ts";
export type { ShutdownOptions } from "./shutdown.ts";
export {
  parseRequestStartLine,
  parseResponseStartLine,
  type RequestStartLine,
  type ResponseStartLine,
} from "./start_line.ts";
export * from "./status.ts";
export * from "./websocket/mod.ts";
