/**
 * What can be chosen for a request, and what holds where nothing was chosen.
 *
 * @module
 */

import type { SSLContext, SSLOptions } from "../../tcp/mod.ts";
import type { Chunk } from "../delegates.ts";
import type { HTTPHeadersInit } from "../headers.ts";

/**
 * The body of a request: text (sent as UTF-8), bytes, or something that is read while it is sent. The latter can be sent
 * once only, so a request with it is neither redirected with its body nor retried.
 */
export type RequestBody = string | Uint8Array | ReadableStream<Uint8Array> | AsyncIterable<Chunk>;

/** Writes the body of a request piece by piece; the promise of `write` is the back pressure. */
export type BodyProducer = (write: (chunk: Chunk) => Promise<void>) => void | PromiseLike<void>;

/** How to authenticate: with `basic` the password is readable for everybody on the way, so use it with `https`. */
export type AuthMode = "basic" | "digest";

/** Settings of a request. Tornado: the arguments of `tornado.httpclient.HTTPRequest`. */
export interface HTTPRequestOptions {
  /** The method. @default "GET" */
  readonly method?: string;
  /** Header fields. @default none but those that HTTP asks for */
  readonly headers?: HTTPHeadersInit;
  /** The body. */
  readonly body?: RequestBody;
  /**
   * Writes the body, instead of `body`. It is chunked unless `headers` has a `Content-Length`. It is called again when the
   * request is sent again, after a redirect for instance.
   */
  readonly bodyProducer?: BodyProducer;
  /** The user name; it wins over that of the URL. */
  readonly authUsername?: string;
  /** The password. @default "" */
  readonly authPassword?: string;
  /** How user name and password are sent. @default "basic" */
  readonly authMode?: AuthMode;
  /** How long connecting may take, in milliseconds; 0 for no limit. @default 20000 */
  readonly connectTimeoutMs?: number;
  /**
   * How long everything may take from the moment the request leaves the queue, redirects and the body of the response
   * included, in milliseconds; 0 for no limit. @default 20000
   */
  readonly requestTimeoutMs?: number;
  /** Sets `If-Modified-Since`: a date, or milliseconds since the epoch. */
  readonly ifModifiedSince?: Date | number;
  /** Whether redirects are followed; without, the response with 3xx is returned. @default true */
  readonly followRedirects?: boolean;
  /** How many redirects are followed; then the response with 3xx is returned. @default 5 */
  readonly maxRedirects?: number;
  /** The value of `User-Agent`. @default Denado/ and the version */
  readonly userAgent?: string;
  /** Whether gzip and deflate are asked for and undone. @default true */
  readonly decompressResponse?: boolean;
  /** The IP address of this machine to connect from. Tornado: `network_interface`. */
  readonly networkInterface?: string;
  /**
   * Receives the body of the final response piece by piece, instead of `HTTPResponse.body`; its promise is the back
   * pressure. The chunk is a view: copy what is needed after the call, or after its promise.
   */
  readonly streamingCallback?: (chunk: Uint8Array) => void | PromiseLike<void>;
  /** Whether `fetch` resolves with the head already, and the body is `HTTPResponse.stream`. @default false */
  readonly streamResponse?: boolean;
  /** Receives the head of the final response line by line, with line ends: status line, fields, an empty line. */
  readonly headerCallback?: (line: string) => void;
  /** The host of an HTTP proxy: it is asked for a tunnel to `https` origins, and for the resource itself otherwise. */
  readonly proxyHost?: string;
  /** The port of the proxy. */
  readonly proxyPort?: number;
  /** The user name for the proxy. */
  readonly proxyUsername?: string;
  /** The password for the proxy. @default "" */
  readonly proxyPassword?: string;
  /** How to authenticate to the proxy; only `basic` is there. @default "basic" */
  readonly proxyAuthMode?: "basic";
  /** Whether any method may be used, with a body or without. @default false */
  readonly allowNonstandardMethods?: boolean;
  /**
   * Whether the server's certificate must be valid and for the host. Without, anybody on the way can pose as the server; it
   * is for tests. @default true
   */
  readonly validateCert?: boolean;
  /** The path of certificates in PEM to trust besides the built-in ones. Tornado: `ca_certs`. */
  readonly caCerts?: string;
  /** Whether IPv6 is used where the host has it. @default true */
  readonly allowIpv6?: boolean;
  /** The path of the client's key in PEM. */
  readonly clientKey?: string;
  /** The path of the client's certificate in PEM. */
  readonly clientCert?: string;
  /** TLS settings, instead of `validateCert`, `caCerts`, `clientKey` and `clientCert`. */
  readonly sslOptions?: SSLOptions | SSLContext;
  /** Whether the body waits for `100 Continue`. @default false */
  readonly expect100Continue?: boolean;
  /**
   * How long the body waits for `100 Continue`, in milliseconds: not every server knows it (RFC 9110 10.1.1). 0 for as
   * long as the request may take. curl waits as long. @default 1000
   */
  readonly expectTimeoutMs?: number;
  /** The path of a Unix socket to connect to instead of the host, for `http`. */
  readonly unixSocket?: string;
  /** Whether the connection may be one that was used before, and be used again. @default true */
  readonly keepAlive?: boolean;
  /** Gives up when it is aborted: `fetch` rejects with its reason. */
  readonly signal?: AbortSignal;
}

/** The options that always have a value: what a request does not choose has a default. */
export type DefaultedOption =
  | "method"
  | "authMode"
  | "connectTimeoutMs"
  | "requestTimeoutMs"
  | "followRedirects"
  | "maxRedirects"
  | "decompressResponse"
  | "proxyPassword"
  | "allowNonstandardMethods"
  | "validateCert"
  | "allowIpv6"
  | "expect100Continue"
  | "expectTimeoutMs"
  | "streamResponse"
  | "keepAlive";

/** What a client may choose for all of its requests: everything but what makes one request another than the next. */
export type RequestDefaults = Omit<
  HTTPRequestOptions,
  "method" | "headers" | "body" | "bodyProducer" | "ifModifiedSince"
>;

/** The options of a request with those of its client and the general ones under them. */
export type RequestSettings = HTTPRequestOptions & Required<Pick<HTTPRequestOptions, DefaultedOption>>;

/** What holds where a request chooses nothing. Tornado: `HTTPRequest._DEFAULTS`. */
export const REQUEST_DEFAULTS: RequestSettings = {
  method: "GET",
  authMode: "basic",
  connectTimeoutMs: 20_000,
  requestTimeoutMs: 20_000,
  followRedirects: true,
  maxRedirects: 5,
  decompressResponse: true,
  proxyPassword: "",
  allowNonstandardMethods: false,
  validateCert: true,
  allowIpv6: true,
  expect100Continue: false,
  expectTimeoutMs: 1000,
  streamResponse: false,
  keepAlive: true,
};

/**
 * Merges options; the later ones win. One that is `undefined` counts as not given, since JavaScript callers write it so.
 *
 * @param client The defaults of the client.
 * @param request The options of the request.
 * @returns A new object.
 * @throws {RangeError} When a number makes no sense.
 */
export function requestSettings(client: RequestDefaults, request: HTTPRequestOptions): RequestSettings {
  const settings: Record<string, unknown> = { ...REQUEST_DEFAULTS, ...client };
  for (const name of Object.keys(request)) {
    const value = request[name as keyof HTTPRequestOptions];
    if (value !== undefined) settings[name] = value;
  }
  const merged = settings as unknown as RequestSettings;
  checkDuration("connectTimeoutMs", merged.connectTimeoutMs);
  checkDuration("requestTimeoutMs", merged.requestTimeoutMs);
  checkDuration("expectTimeoutMs", merged.expectTimeoutMs);
  checkDuration("maxRedirects", merged.maxRedirects);
  return merged;
}

function checkDuration(name: string, value: number): void {
  if (value >= 0) return;
  throw new RangeError(`Cannot make a request: ${name} must be a number from 0: ${value}`);
}
