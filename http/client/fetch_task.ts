/**
 * A fetch from the queue to the response: it waits for a slot, gets a connection, makes the exchange, follows redirects,
 * and tries again where a connection from the pool turned out to be closed.
 *
 * However it ends, by a response, an error, a time limit or an abort, it ends once: the promise is settled, the slot is
 * given back, timers and listeners are gone, and the connection is in the pool or closed. A response that is streamed
 * holds its slot until the body is over.
 *
 * Sources: RFC 9110 9.2.2 (idempotent methods), RFC 9112 9.3.1 (retrying), 9.6 (tear-down).
 *
 * @module
 */

import { appLog, describeError, type IOLoop, type TimerHandle } from "../../ioloop/mod.ts";
import type { HTTPHeaders } from "../headers.ts";
import type { ResponseHead } from "../message_parser.ts";
import { type BodySink, CallbackSink, CollectingSink, DroppingSink, StreamSink } from "./body_sink.ts";
import { parseChallenges } from "./challenge.ts";
import { HTTPStreamClosedError, HTTPTimeoutError } from "./client_errors.ts";
import type { ClientConnection, Connector, Route } from "./connector.ts";
import { digestAuthorization, digestChallenge } from "./digest_auth.ts";
import { Exchange, isConnectionFailure } from "./exchange.ts";
import type { HTTPRequest } from "./http_request.ts";
import { isIdempotent } from "./idempotent.ts";
import { HTTPResponse } from "./http_response.ts";
import { originOf } from "./origin.ts";
import { OutgoingBody } from "./outgoing_body.ts";
import {
  absoluteForm,
  basicAuthorization,
  BODY_METHODS,
  credentialsOf,
  originForm,
  outgoingHeaders,
} from "./outgoing_head.ts";
import { type Hop, nextHop } from "./redirect.ts";
import type { RequestQueue } from "./request_queue.ts";
import type { RequestSettings } from "./request_options.ts";
import { proxyAuthorization } from "./tunnel.ts";

/** What all fetches of a client share. */
export interface FetchContext {
  /** The loop of the client. */
  readonly ioLoop: IOLoop;
  /** Gets connections. */
  readonly connector: Connector;
  /** Hands out slots. */
  readonly queue: RequestQueue;
  /** Told when the fetch is over. */
  readonly onOver: (task: FetchTask) => void;
}

const METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"]);
/** One for each request of a chain of redirects, and some more for numbers that are too old. */
const MAX_CHALLENGES = 10;
/** Reading so much of a body that nobody wants costs about as much as a new connection. */
const MAX_DROPPED_BYTES = 65536;

/** One fetch. */
export class FetchTask {
  /** The response, as soon as there is one to give. */
  readonly promise: Promise<HTTPResponse>;
  /** Where it stands among the tasks of its client; for the client. */
  place = -1;
  readonly #context: FetchContext;
  readonly #request: HTTPRequest;
  readonly #settings: RequestSettings;
  readonly #resolve: (response: HTTPResponse) => void;
  readonly #reject: (error: unknown) => void;
  #over = false;
  /** What ended the fetch early. */
  #endedBy: unknown;
  #leaveQueue: (() => void) | undefined;
  #hasWaited = false;
  #hasSlot = false;
  #timer: TimerHandle | undefined;
  #connecting: AbortController | undefined;
  #connection: ClientConnection | undefined;
  #sink: BodySink | undefined;
  #body: OutgoingBody | undefined;

  readonly #createdMs: number;
  #startedMs = 0;
  #hopMs = 0;
  #hopWallMs = 0;
  #connectedMs = 0;
  #headMs = 0;
  #redirects = 0;
  #challenges = 0;

  /** A fetch that has not begun. */
  constructor(context: FetchContext, request: HTTPRequest, settings: RequestSettings) {
    this.#context = context;
    this.#request = request;
    this.#settings = settings;
    this.#startedMs = this.#createdMs = context.ioLoop.time();
    const { promise, resolve, reject } = Promise.withResolvers<HTTPResponse>();
    this.promise = promise;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  /** Begins: checks the request, and waits for a slot. */
  begin(): void {
    const { signal, connectTimeoutMs, requestTimeoutMs } = this.#settings;
    let hop: Hop;
    try {
      signal?.throwIfAborted();
      hop = this.#firstHop();
    } catch (error) {
      return this.cancel(error);
    }
    signal?.addEventListener("abort", this.#onAbort);
    const { queue, ioLoop } = this.#context;
    const entry = queue.add(() => this.#onSlot(hop));
    if (entry === undefined) return;
    this.#hasWaited = true;
    this.#leaveQueue = () => queue.remove(entry);
    const limitMs = shorter(connectTimeoutMs, requestTimeoutMs);
    if (limitMs > 0) this.#timer = ioLoop.callLater(limitMs, this.#onTimeout, "in request queue");
  }

  /** Ends the fetch with an error, at whatever point it is. Does nothing when it is over. */
  cancel(error: unknown): void {
    if (this.#over) return;
    this.#endedBy = error;
    this.#reject(error);
    this.#connecting?.abort(error);
    this.#connection?.close(error);
    this.#sink?.fail(error);
    this.#end();
  }

  #firstHop(): Hop {
    const { url, method, headers, body } = this.#request;
    const settings = this.#settings;
    if (!settings.allowNonstandardMethods) {
      if (!METHODS.has(method)) {
        throw new TypeError(`Cannot fetch: unknown method ${method} (see allowNonstandardMethods)`);
      }
      checkBody(method, body !== undefined || settings.bodyProducer !== undefined);
    }
    if (method === "CONNECT") {
      throw new TypeError("Cannot fetch with CONNECT: a proxy is asked for a tunnel by proxyHost");
    }
    if (settings.authMode !== "basic" && settings.authMode !== "digest") {
      throw new TypeError(`Cannot fetch: unsupported authMode ${settings.authMode}`);
    }
    if (body !== undefined || settings.bodyProducer !== undefined) {
      this.#body = new OutgoingBody(body, settings.bodyProducer);
    }
    return { url: new URL(url), method, headers, sendsBody: this.#body !== undefined, authenticates: true };
  }

  #onSlot(hop: Hop): void {
    this.#hasSlot = true;
    this.#leaveQueue = undefined;
    const { ioLoop } = this.#context;
    const { requestTimeoutMs } = this.#settings;
    this.#timer?.cancel();
    this.#startedMs = ioLoop.time();
    this.#timer = requestTimeoutMs > 0
      ? ioLoop.callLater(requestTimeoutMs, this.#onTimeout, "during request")
      : undefined;
    this.#run(hop).then(this.#onResponse, this.#onFailure);
  }

  // --- hops ---

  /** Makes requests until one leads to a response that is not redirected. */
  async #run(first: Hop): Promise<HTTPResponse> {
    for (let hop = first;;) {
      this.#hopMs = hop === first ? this.#startedMs : this.#context.ioLoop.time();
      this.#hopWallMs = Date.now();
      const outcome = await this.#makeHop(hop);
      if (outcome instanceof HTTPResponse) return outcome;
      if (this.#over) throw this.#endedBy;
      hop = outcome;
    }
  }

  /** One request: its response, or the next request if it is redirected. */
  async #makeHop(hop: Hop): Promise<HTTPResponse | Hop> {
    const { connector } = this.#context;
    const route = connector.route(originOf(hop.url), this.#settings);
    const pooled = this.#settings.keepAlive ? connector.take(route) : undefined;
    if (pooled === undefined) return await this.#exchange(hop, route, await this.#connect(route));
    this.#connectedMs = this.#hopMs;
    try {
      return await this.#exchange(hop, route, pooled);
    } catch (error) {
      if (this.#over || !isConnectionFailure(error) || pooled.responseStarted || !this.#mayRepeat(hop)) throw error;
    }
    return await this.#exchange(hop, route, await this.#connect(route));
  }

  /** Whether a request that the server may or may not have seen can be sent again without harm. */
  #mayRepeat(hop: Hop): boolean {
    if (hop.sendsBody && !this.#body!.isReplayable) return false;
    return isIdempotent(hop.method, hop.headers);
  }

  async #connect(route: Route): Promise<ClientConnection> {
    const { ioLoop, connector } = this.#context;
    const { connectTimeoutMs } = this.#settings;
    const controller = this.#connecting = new AbortController();
    const timer = connectTimeoutMs > 0
      ? ioLoop.callLater(connectTimeoutMs, this.#onTimeout, "while connecting")
      : undefined;
    try {
      const connection = await connector.open(route, controller.signal);
      if (this.#over) {
        connection.close();
        throw this.#endedBy;
      }
      this.#connectedMs = ioLoop.time();
      return connection;
    } finally {
      timer?.cancel();
      this.#connecting = undefined;
    }
  }

  async #exchange(hop: Hop, route: Route, connection: ClientConnection): Promise<HTTPResponse | Hop> {
    this.#connection = connection;
    const settings = this.#settings;
    const body = hop.sendsBody ? this.#body : undefined;
    let next: Hop | undefined;
    let head: ResponseHead | undefined;
    let streamed: HTTPResponse | undefined;
    const target = route.forwarder === undefined ? originForm(hop.url) : absoluteForm(hop.url);
    const exchange = new Exchange(connection, {
      method: hop.method,
      target,
      headers: outgoingHeaders(hop, settings, {
        contentLength: body?.contentLength ?? -1,
        authorization: hop.authorization ?? basicAuthorization(hop, settings),
        proxyAuthorization: route.forwarder === undefined ? undefined : proxyAuthorization(route.forwarder),
      }),
      body,
      expectTimeoutMs: body !== undefined && settings.expect100Continue ? settings.expectTimeoutMs : undefined,
      decompress: settings.decompressResponse,
      onHead: (received) => {
        head = received;
        this.#headMs = this.#arrivalMs();
        next = this.#redirected(hop, received) ?? this.#authenticated(hop, received, target);
        this.#sink = next === undefined ? this.#sinkFor(received) : this.#droppingSink(received);
        if (this.#sink instanceof StreamSink) {
          streamed = this.#response(hop, received, { connection });
          this.#resolve(streamed);
        }
        return this.#sink;
      },
    });
    try {
      await exchange.run();
    } catch (error) {
      // A redirect whose body was too long to be worth the reading.
      if (next === undefined || this.#over || !(error instanceof BodyDropped)) throw error;
    }
    this.#connection = undefined;
    this.#context.connector.release(connection, keepAliveTimeoutMs(head!));
    return next ?? streamed ?? this.#response(hop, head!, { connection, trailers: exchange.trailers });
  }

  #redirected(hop: Hop, head: ResponseHead): Hop | undefined {
    const { followRedirects, maxRedirects } = this.#settings;
    if (!followRedirects || this.#redirects >= maxRedirects) return undefined;
    const next = nextHop(hop, head, this.#body?.isReplayable ?? true);
    if (next !== undefined) this.#redirects++;
    return next;
  }

  /** The same request with the answer to the challenge that it met. */
  #authenticated(hop: Hop, head: ResponseHead, target: string): Hop | undefined {
    const { authMode } = this.#settings;
    if (authMode !== "digest" || head.code !== 401 || (hop.sendsBody && !this.#body!.isReplayable)) return undefined;
    const credentials = credentialsOf(hop, this.#settings);
    const challenge = digestChallenge(parseChallenges(head.headers.getList("WWW-Authenticate")));
    if (credentials === undefined || challenge === undefined || this.#challenges >= MAX_CHALLENGES) return undefined;
    // A second challenge means that the password is wrong, unless only the server's number was too old.
    if (hop.authorization !== undefined && challenge.parameters.get("stale")?.toLowerCase() !== "true") {
      return undefined;
    }
    this.#challenges++;
    return { ...hop, authorization: digestAuthorization(challenge, { method: hop.method, target, credentials }) };
  }

  #droppingSink(head: ResponseHead): BodySink {
    const drop = () => this.#connection!.close(new BodyDropped());
    if (head.framing === "close" || (head.framing === "length" && head.contentLength > MAX_DROPPED_BYTES)) drop();
    return new DroppingSink(MAX_DROPPED_BYTES, drop);
  }

  #sinkFor(head: ResponseHead): BodySink {
    const { headerCallback, streamingCallback, streamResponse } = this.#settings;
    if (headerCallback !== undefined) callWithLines(headerCallback, head);
    if (streamingCallback !== undefined) return new CallbackSink(streamingCallback);
    if (!streamResponse) return new CollectingSink();
    return new StreamSink((reason) => this.cancel(reason ?? new HTTPStreamClosedError("Response body cancelled")));
  }

  #response(
    hop: Hop,
    head: ResponseHead,
    { connection, trailers }: { readonly connection: ClientConnection; readonly trailers?: HTTPHeaders | undefined },
  ): HTTPResponse {
    const now = this.#arrivalMs();
    const sink = this.#sink;
    return new HTTPResponse(this.#request, {
      code: head.code,
      reason: head.reason,
      headers: head.headers,
      body: sink instanceof CollectingSink ? sink.body : undefined,
      stream: sink instanceof StreamSink ? sink.stream : undefined,
      trailers,
      effectiveUrl: hop.url.href,
      requestTimeMs: now - this.#hopMs,
      startTimeMs: this.#hopWallMs,
      timeInfo: {
        queueMs: this.#startedMs - this.#createdMs,
        redirectMs: this.#hopMs - this.#startedMs,
        connectMs: this.#connectedMs - this.#hopMs,
        startTransferMs: this.#headMs - this.#hopMs,
        totalMs: now - this.#hopMs,
        reused: connection.uses > 0,
      },
    });
  }

  /** When the latest bytes came: the beginning of the loop's turn, which costs nothing to ask. */
  #arrivalMs(): number {
    return Math.max(this.#context.ioLoop.eventLoop.turnTime, this.#hopMs);
  }

  // --- ends ---

  #onTimeout = (when: string): void => {
    const phase = when === "during request" && this.#connecting !== undefined ? "while connecting" : when;
    this.cancel(new HTTPTimeoutError(`Timeout ${phase}`));
  };

  /** The slot is given back before the program hears of it. */
  #onResponse = (response: HTTPResponse): void => {
    this.#end();
    if (this.#sink instanceof StreamSink) this.#sink.end();
    this.#resolve(response);
  };

  #onAbort = (): void => this.cancel(this.#settings.signal!.reason);

  #onFailure = (error: unknown): void => {
    if (!this.#over) return this.cancel(error);
    // What follows from the cancellation is no news; anything else would be lost.
    if (isConnectionFailure(error) || error === this.#endedBy) return;
    appLog.error(`Exception after a fetch was over\n${describeError(error)}`);
  };

  #end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#timer?.cancel();
    this.#settings.signal?.removeEventListener("abort", this.#onAbort);
    this.#leaveQueue?.();
    if (this.#hasSlot) this.#context.queue.release();
    this.#context.onOver(this);
  }
}

/** Closes the connection of a body that nobody wants. */
class BodyDropped extends Error {
  override readonly name = "BodyDropped";
}

function checkBody(method: string, hasBody: boolean): void {
  if (BODY_METHODS.has(method) === hasBody) return;
  const rule = hasBody ? "must not have" : "must have";
  throw new TypeError(`Cannot fetch: a request with the method ${method} ${rule} a body (see allowNonstandardMethods)`);
}

/** The shorter of two limits, of which 0 is none. */
function shorter(one: number, other: number): number {
  return one === 0 || other === 0 ? Math.max(one, other) : Math.min(one, other);
}

function callWithLines(callback: (line: string) => void, head: ResponseHead): void {
  callback(`${head.version} ${head.code} ${head.reason}\r\n`);
  for (const [name, value] of head.headers.getAll()) callback(`${name}: ${value}\r\n`);
  callback("\r\n");
}

/** What the server says in `Keep-Alive: timeout=5`; a second less, so that a request does not meet its close. */
function keepAliveTimeoutMs(head: ResponseHead): number | undefined {
  const field = head.headers.get("Keep-Alive");
  if (field === undefined) return undefined;
  const match = /(?:^|[,\s])timeout=(\d{1,9})/i.exec(field);
  return match === null ? undefined : (Number(match[1]) - 1) * 1000;
}
