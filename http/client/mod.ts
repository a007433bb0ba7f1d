/**
 * The HTTP client, under the names that `tornado.httpclient` and `tornado.simple_httpclient` have. As a program of its own
 * it fetches URLs and prints them:
 *
 * ```sh
 * deno run --allow-net jsr:@denado/denado/httpclient --print-headers https://www.example.com/
 * ```
 *
 * @example A response with a bad code
 * ```ts
 * import { AsyncHTTPClient, HTTPError } from "@denado/denado/httpclient";
 * import { assertEquals, assertRejects } from "@std/assert";
 *
 * await using server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, () => new Response("no", { status: 403 }));
 * using client = new AsyncHTTPClient({ forceInstance: true });
 * const error = await assertRejects(() => client.fetch(`http://127.0.0.1:${server.addr.port}/`), HTTPError);
 * assertEquals([error.message, error.response?.text()], ["HTTP 403: Forbidden", "no"]);
 * ```
 *
 * @module
 */

import { main } from "./command_line.ts";

export * from "./async_http_client.ts";
export * from "./client_errors.ts";
export { HTTPClientError as HTTPError } from "./client_errors.ts";
export { type CommandLineOutput, main } from "./command_line.ts";
export type { FetchManyOptions, FetchOutcome } from "./fetch_many.ts";
export { type FetchRetryOptions, RetryError } from "./fetch_retry.ts";
export * from "./http_request.ts";
export * from "./http_response.ts";
export * from "./origin.ts";
export * from "./origin_stream.ts";
export type {
  AuthMode,
  BodyProducer,
  DefaultedOption,
  HTTPRequestOptions,
  RequestBody,
  RequestDefaults,
  RequestSettings,
} from "./request_options.ts";
export type { ProxyOptions } from "./tunnel.ts";

if (import.meta.main) Deno.exit(await main());
