/**
 * The HTTP client as programs see it: {@linkcode AsyncHTTPClient}, whose implementation can be configured, and
 * {@linkcode SimpleAsyncHTTPClient}, the one that is there.
 *
 * @module
 */

import { Configurable, IOLoop } from "../../ioloop/mod.ts";
import { OverrideResolver, Resolver, TCPClient } from "../../tcp/mod.ts";
import type { MessageParserOptions } from "../message_parser.ts";
import { HTTPStreamClosedError } from "./client_errors.ts";
import { Connector } from "./connector.ts";
import { fetchMany, type FetchManyOptions, type FetchOutcome } from "./fetch_many.ts";
import { type FetchRetryOptions, retryFetch } from "./fetch_retry.ts";
import { type FetchContext, FetchTask } from "./fetch_task.ts";
import { HTTPRequest } from "./http_request.ts";
import { isIdempotent } from "./idempotent.ts";
import { HTTPResponse } from "./http_response.ts";
import {
  type HTTPRequestOptions,
  type RequestDefaults,
  type RequestSettings,
  requestSettings,
} from "./request_options.ts";
import { RequestQueue } from "./request_queue.ts";

/** Settings of every {@linkcode AsyncHTTPClient}. */
export interface AsyncHTTPClientOptions {
  /** Whether the client is one of its own rather than that of the loop; then it is yours to close. @default false */
  readonly forceInstance?: boolean;
  /** What holds for requests that choose nothing else. */
  readonly defaults?: RequestDefaults;
}

/** What can be fetched: a URL, a request, or one of the platform's. */
export type FetchTarget = string | URL | HTTPRequest | Request;

/** A response whose body is read while it arrives. */
export interface StreamedHTTPResponse extends HTTPResponse {
  /** The body as it arrives. Cancelling it closes the connection. */
  readonly stream: ReadableStream<Uint8Array<ArrayBuffer>>;
}

/** What can be chosen for a fetch whatever it fetches. */
export interface FetchBehavior {
  /** Whether a response with a code other than 200 to 299 is an error. @default true */
  readonly raiseError?: boolean;
  /** Tries again when the request fails. @default once only */
  readonly retry?: FetchRetryOptions;
}

/** Settings of {@linkcode AsyncHTTPClient.fetch}. */
export interface FetchOptions extends HTTPRequestOptions, FetchBehavior {}

/** Settings of {@linkcode AsyncHTTPClient.fetchMany}. */
export interface FetchManyRequestOptions extends FetchOptions, FetchManyOptions {}

/** The clients that are shared, by loop. */
const shared = new WeakMap<IOLoop, AsyncHTTPClient>();

/**
 * Fetches over HTTP. Tornado: `tornado.httpclient.AsyncHTTPClient`.
 *
 * `new AsyncHTTPClient()` is the same client each time on one loop, so that limits and connections are shared; with
 * `forceInstance` it is a new one, which has to be closed. Which class it is, and with which options, is chosen by
 * `AsyncHTTPClient.configure`.
 *
 * @example
 * ```ts
 * import { AsyncHTTPClient, HTTPHeaders, HTTPServer } from "@denado/denado/http";
 * import { assertEquals } from "@std/assert";
 *
 * const server = new HTTPServer((request) => {
 *   const body = new TextEncoder().encode(`${request.method} ${request.path}`);
 *   request.connection.respond({ code: 200, reason: "OK" }, new HTTPHeaders({ "Content-Length": `${body.length}` }), body);
 * });
 * server.listen(0, { address: "127.0.0.1" });
 *
 * using client = new AsyncHTTPClient({ forceInstance: true });
 * const response = await client.fetch(`http://127.0.0.1:${server.port}/hello`, { requestTimeoutMs: 5000 });
 * assertEquals([response.code, response.text()], [200, "GET /hello"]);
 *
 * server.stop();
 * await server.closeAllConnections();
 * ```
 */
export class AsyncHTTPClient extends Configurable implements Disposable {
  /** The loop on which the client works. */
  readonly ioLoop!: IOLoop;
  readonly #defaults!: RequestDefaults;
  /** What holds for a request without options. */
  #defaultSettings: RequestSettings | undefined;
  #closed = false;

  /**
   * The client of the current loop, or with `forceInstance` a new one.
   *
   * @throws {TypeError} If there are options for the client of the loop: use `configure`.
   */
  constructor(options: AsyncHTTPClientOptions = {}) {
    if (new.target === AsyncHTTPClient) return AsyncHTTPClient.#create(options);
    super();
    this.ioLoop = IOLoop.current();
    this.#defaults = options.defaults ?? {};
  }

  static #create(options: AsyncHTTPClientOptions): AsyncHTTPClient {
    const { forceInstance = false, ...rest } = options;
    const ioLoop = IOLoop.current();
    const existing = forceInstance ? undefined : shared.get(ioLoop);
    if (!forceInstance && Object.keys(rest).length > 0) {
      throw new TypeError(
        "Cannot give options to the client of the loop: use AsyncHTTPClient.configure, or forceInstance for one of your own",
      );
    }
    if (existing !== undefined) return existing;
    const Implementation = AsyncHTTPClient.configuredClass();
    const client = new Implementation(AsyncHTTPClient.withConfiguredOptions(options));
    if (!forceInstance) shared.set(ioLoop, client);
    return client;
  }

  /** The class at which the implementations begin: `AsyncHTTPClient` itself. */
  static override configurableBase(): typeof AsyncHTTPClient {
    return AsyncHTTPClient;
  }

  /** What `new AsyncHTTPClient()` creates unless another class is configured: {@linkcode SimpleAsyncHTTPClient}. */
  static override configurableDefault(): typeof AsyncHTTPClient {
    return SimpleAsyncHTTPClient;
  }

  /** Whether {@linkcode close} was called. */
  get closed(): boolean {
    return this.#closed;
  }

  /**
   * Ends the client: what is being fetched fails, connections are closed. A client of a loop is replaced by a new one when
   * it is asked for. Idempotent.
   */
  close(): void {
    this.#closed = true;
    if (shared.get(this.ioLoop) === this) shared.delete(this.ioLoop);
  }

  /** As {@linkcode close}. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** As the other form, for a response whose body is a stream. */
  fetch(target: FetchTarget, options: FetchOptions & { readonly streamResponse: true }): Promise<StreamedHTTPResponse>;
  /**
   * Fetches, and resolves when the whole response is there; with `streamResponse`, when its head is.
   *
   * @param target What to fetch.
   * @param options How; with an {@linkcode HTTPRequest}, which has its own, only `raiseError` and `retry`.
   * @returns The response.
   * @throws {HTTPClientError} if its code is not 200 to 299, unless `raiseError` is false
   * @throws {HTTPTimeoutError} if a time limit passed
   * @throws {HTTPStreamClosedError} if the connection ended too early
   * @throws {HTTPInputError} if the response is not HTTP, or larger than a limit
   * @throws {TypeError} if the request makes no sense
   * @throws {RetryError} if all attempts have failed
   * @throws the signal's reason if it is aborted
   * @throws what the host says about the connection: a `Deno.errors.ConnectionRefused` for instance
   */
  fetch(target: FetchTarget, options?: FetchOptions): Promise<HTTPResponse>;
  async fetch(target: FetchTarget, options: FetchOptions = NO_OPTIONS): Promise<HTTPResponse> {
    if (this.#closed) throw new Error("Cannot fetch: the client is closed");
    const { raiseError = true, retry } = options;
    const request = toRequest(target, options === NO_OPTIONS ? options : withoutBehavior(options));
    const settings = request.options === NO_OPTIONS
      ? this.#defaultSettings ??= requestSettings(this.#defaults, NO_OPTIONS)
      : requestSettings(this.#defaults, request.options);
    const response = retry === undefined
      ? await this.fetchImpl(request, settings)
      : await this.#fetchWithRetry(request, settings, { raiseError, retry });
    if (!raiseError || response.error === undefined) return response;
    throw response.stream === undefined ? response.error : (await withBody(response, response.stream)).error!;
  }

  #fetchWithRetry(
    request: HTTPRequest,
    settings: RequestSettings,
    { raiseError, retry }: Required<FetchBehavior>,
  ): Promise<HTTPResponse> {
    if (settings.streamingCallback !== undefined) {
      throw new TypeError(
        "Cannot retry a fetch with a streamingCallback, which may have been called: use streamResponse",
      );
    }
    const attempt = () => this.fetchImpl(request, settings);
    const { body, method, headers } = request;
    const isReplayable = body === undefined || typeof body === "string" || body instanceof Uint8Array;
    const context = {
      isRepeatable: isReplayable && isIdempotent(method, headers),
      raiseError,
      signal: settings.signal,
    };
    return retryFetch(attempt, retry, context);
  }

  /**
   * Makes one request, with its redirects; for implementations.
   *
   * @param _request The request, which must not be changed.
   * @param _settings Its options with all defaults.
   * @returns The response, whatever its code.
   */
  fetchImpl(_request: HTTPRequest, _settings: RequestSettings): Promise<HTTPResponse> {
    return Promise.reject(new TypeError(`Cannot fetch with ${this.constructor.name}: it does not define fetchImpl`));
  }

  /**
   * Fetches many targets, some at once, and yields how each ended as soon as it has. An error of one does not end the
   * others; the loop may be left at any time, which aborts what still runs.
   *
   * @param targets What to fetch; taken only when there is room, so it may be endless.
   * @param options How each is fetched, and how many at once.
   * @returns The outcomes, in the order in which the fetches end; `index` tells which target it was.
   */
  fetchMany<T extends FetchTarget>(
    targets: Iterable<T> | AsyncIterable<T>,
    options: FetchManyRequestOptions = {},
  ): AsyncGenerator<FetchOutcome<T>, void, undefined> {
    const { concurrency = 10, ...fetchOptions } = options;
    const fetchOne = (target: T, signal: AbortSignal): Promise<HTTPResponse> => {
      if (target instanceof HTTPRequest) return this.fetch(withSignal(target, signal), fetchOptions);
      return this.fetch(target, { ...fetchOptions, signal: anySignal(fetchOptions.signal, signal) });
    };
    return fetchMany(fetchOne, targets, { concurrency });
  }
}

/** Settings of a {@linkcode SimpleAsyncHTTPClient}. */
export interface SimpleAsyncHTTPClientOptions extends AsyncHTTPClientOptions, Omit<MessageParserOptions, "chunkSize"> {
  /** The most requests at once; more wait, in the order in which they came. @default 10 */
  readonly maxClients?: number;
  /**
   * Other hosts or addresses for some hosts: keys are `host`, `host:port` or `host:port:family`, as in
   * `OverrideResolver`. @default none
   */
  readonly hostnameMapping?: Readonly<Record<string, string | readonly [host: string, port: number]>>;
  /** Looks up names; it stays yours to close. @default one as configured */
  readonly resolver?: Resolver;
  /** The most bytes that may wait to be read on a connection. @default 104857600 (100 MiB) */
  readonly maxBufferSize?: number;
  /** The most bytes of a response's body, also when it is streamed, and after decompression. @default `maxBufferSize` */
  readonly maxBodySize?: number;
  /** How long a connection may wait for another request, in milliseconds; 0 for not at all. @default 30000 */
  readonly idleTimeoutMs?: number;
  /** The most connections that wait for another request. @default 100 */
  readonly maxIdleConnections?: number;
}

/**
 * The client on Denado's own streams. Tornado: `tornado.simple_httpclient.SimpleAsyncHTTPClient`, which opens a connection
 * for each request; here they are used again where that is safe.
 */
export class SimpleAsyncHTTPClient extends AsyncHTTPClient {
  readonly #connector: Connector;
  readonly #queue: RequestQueue;
  readonly #context: FetchContext;
  readonly #tcpClient: TCPClient;
  readonly #ownResolver: Resolver | undefined;
  /** An array, since a set that every request changes would keep old requests alive in its old tables. */
  readonly #tasks: FetchTask[] = [];

  /** A client of its own. @throws {RangeError} if a limit makes no sense */
  constructor(options: SimpleAsyncHTTPClientOptions = {}) {
    super(options);
    const { maxBufferSize = 104_857_600, hostnameMapping, idleTimeoutMs, maxIdleConnections } = options;
    this.#queue = new RequestQueue(options.maxClients ?? 10);
    this.#ownResolver = options.resolver === undefined ? new Resolver() : undefined;
    const resolver = options.resolver ?? this.#ownResolver!;
    this.#tcpClient = new TCPClient({
      resolver: hostnameMapping === undefined ? resolver : new OverrideResolver({ resolver, mapping: hostnameMapping }),
    });
    this.#connector = new Connector({
      ioLoop: this.ioLoop,
      tcpClient: this.#tcpClient,
      maxBufferSize,
      maxBodySize: options.maxBodySize ?? maxBufferSize,
      ...options.maxHeaderSize === undefined ? {} : { maxHeaderSize: options.maxHeaderSize },
      ...options.maxHeaderCount === undefined ? {} : { maxHeaderCount: options.maxHeaderCount },
      ...idleTimeoutMs === undefined ? {} : { idleTimeoutMs },
      ...maxIdleConnections === undefined ? {} : { maxIdle: maxIdleConnections },
    });
    this.#context = {
      ioLoop: this.ioLoop,
      connector: this.#connector,
      queue: this.#queue,
      onOver: this.#onOver,
    };
  }

  /** How many requests are being made. */
  get activeRequests(): number {
    return this.#queue.active;
  }

  /** How many requests wait for their turn. */
  get queuedRequests(): number {
    return this.#queue.waiting;
  }

  /** How many connections wait for another request. */
  get idleConnections(): number {
    return this.#connector.idleConnections;
  }

  /** Makes a request, with its redirects. */
  override fetchImpl(request: HTTPRequest, settings: RequestSettings): Promise<HTTPResponse> {
    const task = new FetchTask(this.#context, request, settings);
    task.place = this.#tasks.push(task) - 1;
    task.begin();
    return task.promise;
  }

  /** Ends the client: what is being fetched fails, connections are closed. */
  override close(): void {
    if (this.closed) return;
    super.close();
    for (const task of [...this.#tasks]) task.cancel(new HTTPStreamClosedError("Client closed"));
    this.#connector.close();
    this.#tcpClient.close();
    this.#ownResolver?.close();
  }

  /** The last task takes the place of the one that is over. */
  #onOver = (task: FetchTask): void => {
    const last = this.#tasks.pop()!;
    if (last === task) return;
    this.#tasks[task.place] = last;
    last.place = task.place;
  };
}

const NO_OPTIONS: FetchOptions = Object.freeze({});

function withoutBehavior(options: FetchOptions): HTTPRequestOptions {
  const { raiseError: _, retry: __, ...requestOptions } = options;
  return requestOptions;
}

function toRequest(target: FetchTarget, options: HTTPRequestOptions): HTTPRequest {
  if (!(target instanceof HTTPRequest)) {
    return target instanceof Request ? HTTPRequest.fromRequest(target, options) : new HTTPRequest(target, options);
  }
  const names = Object.keys(options);
  if (names.length === 0) return target;
  throw new TypeError(
    `Cannot fetch an HTTPRequest with options of a request, which it has itself: ${names.join(", ")}`,
  );
}

function withSignal(request: HTTPRequest, signal: AbortSignal): HTTPRequest {
  return new HTTPRequest(request.url, { ...request.options, signal: anySignal(request.options.signal, signal) });
}

function anySignal(one: AbortSignal | undefined, other: AbortSignal): AbortSignal {
  return one === undefined ? other : AbortSignal.any([one, other]);
}

/** The response with its body, which was to be streamed. */
async function withBody(
  response: HTTPResponse,
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
): Promise<HTTPResponse> {
  const { request, code, reason, headers, effectiveUrl, requestTimeMs, startTimeMs, timeInfo } = response;
  const body = await new Response(stream).bytes();
  return new HTTPResponse(request, {
    code,
    reason,
    headers,
    effectiveUrl,
    requestTimeMs,
    startTimeMs,
    timeInfo,
    body,
  });
}
