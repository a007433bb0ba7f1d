/**
 * What `websocketConnect` takes from an {@linkcode HTTPRequest}: everything that says how to reach the server and who asks.
 *
 * Tornado: `websocket_connect(HTTPRequest(…))`.
 *
 * @module
 */

import { encodeUsernamePassword } from "../basic_auth.ts";
import type { HTTPRequest } from "../client/http_request.ts";
import { type RequestSettings, requestSettings } from "../client/request_options.ts";
import { checkInterface, proxyOf, sslOptionsOf } from "../client/stream_settings.ts";
import { HTTPHeaders } from "../headers.ts";
import type { WebSocketConnectOptions } from "./websocket_client.ts";

/**
 * A request as a URL and options.
 *
 * @param request The request: GET without a body.
 * @returns Where to, and how.
 * @throws {TypeError} If it cannot be the request of a handshake, or the options exclude each other.
 */
export function upgradeRequest(request: HTTPRequest): { readonly url: URL; readonly options: WebSocketConnectOptions } {
  const settings = requestSettings({}, request.options);
  if (request.method !== "GET" || request.body !== undefined || settings.bodyProducer !== undefined) {
    throw new TypeError(`Cannot open WebSocket by a request that is not GET without a body: ${request.method}`);
  }
  const url = new URL(request.url);
  const headers = new HTTPHeaders(request.headers);
  if (settings.userAgent !== undefined) headers.set("User-Agent", settings.userAgent);
  authenticate(url, headers, settings);
  const { connectTimeoutMs, networkInterface, signal, unixSocket } = settings;
  checkInterface(networkInterface);
  const proxy = proxyOf(settings);
  return {
    url,
    options: {
      headers,
      connectTimeoutMs,
      sslOptions: settings.sslOptions ?? sslOptionsOf(settings),
      ...proxy === undefined ? {} : { proxy },
      ...networkInterface === undefined ? {} : { sourceIp: networkInterface },
      ...settings.allowIpv6 ? {} : { family: "ipv4" },
      ...unixSocket === undefined ? {} : { unixSocket },
      ...signal === undefined ? {} : { signal },
    },
  };
}

/** The user name among the options wins over that of the URL. */
function authenticate(url: URL, headers: HTTPHeaders, settings: RequestSettings): void {
  const { authUsername, authPassword = "", authMode } = settings;
  if (authUsername === undefined) return;
  if (authMode !== "basic") throw new TypeError(`Cannot open WebSocket with authMode ${authMode}: only basic is there`);
  url.username = "";
  url.password = "";
  headers.set("Authorization", `Basic ${encodeUsernamePassword(authUsername, authPassword).toBase64()}`);
}
