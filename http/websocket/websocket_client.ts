/**
 * The client of WebSockets.
 *
 * Tornado: `tornado.websocket.websocket_connect`, `WebSocketClientConnection`.
 *
 * @module
 */

import { appLog, describeError, IOLoop, TimeoutError } from "../../ioloop/mod.ts";
import { type IOStream, StreamClosedError } from "../../tcp/mod.ts";
import { HTTPRequest } from "../client/http_request.ts";
import { originOf } from "../client/origin.ts";
import { openOriginStream, type OriginStreamOptions } from "../client/origin_stream.ts";
import { HTTPHeaders } from "../headers.ts";
import { type ClientHandshakeResult, shakeHands } from "./client_handshake.ts";
import { CloseCodes } from "./close_code.ts";
import type { WebSocketDelegate } from "./delegate.ts";
import { WebSocketError } from "./errors.ts";
import { parseSubprotocols } from "./extension_list.ts";
import type { WebSocketMessage, WriteMessageOptions } from "./message.ts";
import { MessageQueue, type ReceivedMessage } from "./message_queue.ts";
import type { MessageSource } from "./message_source.ts";
import { checkCompressionOptions, type WebSocketCompressionOptions } from "./permessage_deflate.ts";
import { upgradeRequest } from "./upgrade_request.ts";
import { WebSocketProtocol13 } from "./websocket_protocol13.ts";

/** Settings of {@linkcode websocketConnect}; those of the stream say how to reach the server. */
export interface WebSocketConnectOptions extends Omit<OriginStreamOptions, "timeoutMs" | "signal"> {
  /** How long it may take until the connection is open, in milliseconds; 0 for no limit. @default 20000 */
  readonly connectTimeoutMs?: number;
  /** Header fields of the handshake, such as `Origin` or `Cookie`. */
  readonly headers?: HTTPHeaders | HeadersInit;
  /** Subprotocols to propose, the one that is preferred first. @default none */
  readonly subprotocols?: readonly string[];
  /** Offers compression. @default none */
  readonly compressionOptions?: WebSocketCompressionOptions;
  /** Gets the messages, and `null` when the connection is closed; the next message waits for its promise. */
  readonly onMessageCallback?: (message: ReceivedMessage | null) => unknown;
  /** Called when a ping has arrived, which is answered already. */
  readonly onPing?: (data: Uint8Array) => unknown;
  /** Called when a pong has arrived. */
  readonly onPong?: (data: Uint8Array) => unknown;
  /** From one ping to the next, in milliseconds. @default 0, no pings */
  readonly pingIntervalMs?: number;
  /** How long the server may be silent after a ping, in milliseconds, at most the interval. @default the interval */
  readonly pingTimeoutMs?: number;
  /** The most bytes of a message, also decompressed; more closes with 1009. @default 10485760 (10 MiB) */
  readonly maxMessageSize?: number;
  /** Gives up connecting when it is aborted, and later closes the connection with 1001. */
  readonly signal?: AbortSignal;
}

const DEFAULT_CONNECT_TIMEOUT_MS = 20_000;

/**
 * Opens a WebSocket.
 *
 * @param target A `ws` or `wss` URL; credentials in it are sent as Basic authentication. Or a request (GET) for one, whose
 *   headers, credentials, connect timeout, proxy, TLS settings and signal are used.
 * @param options How. What is here wins over the request.
 * @returns A promise of an open connection.
 * @throws {TypeError} if the URL, the request, a subprotocol or a header cannot be used
 * @throws {HTTPClientError} if the server answers with an error or a redirect, which is not followed
 * @throws {WebSocketError} if it answers with anything else than a WebSocket
 * @throws {TimeoutError} if the time is up
 * @throws the signal's reason if it is aborted; what the host says: a `Deno.errors.ConnectionRefused` for instance
 *
 * @example A message there and back
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Application, websocketConnect, WebSocketHandler } from "@denado/denado";
 *
 * class EchoHandler extends WebSocketHandler {
 *   override onMessage(message: string | Uint8Array) {
 *     return this.writeMessage(message);
 *   }
 * }
 *
 * const server = new Application([["/echo", EchoHandler]]).listen(0, { address: "127.0.0.1" });
 * const connection = await websocketConnect(`ws://127.0.0.1:${server.port}/echo`);
 * await connection.writeMessage("hello");
 * assertEquals(await connection.readMessage(), "hello");
 * connection.close();
 * assertEquals(await connection.readMessage(), null);
 * await server.close();
 * ```
 */
export async function websocketConnect(
  target: string | URL | HTTPRequest,
  options: WebSocketConnectOptions = {},
): Promise<WebSocketClientConnection> {
  if (!(target instanceof HTTPRequest)) return await connect(new URL(target), options);
  const request = upgradeRequest(target);
  return await connect(request.url, { ...request.options, ...options });
}

async function connect(url: URL, options: WebSocketConnectOptions): Promise<WebSocketClientConnection> {
  const origin = originOf(url);
  const { subprotocols = [], compressionOptions: compression, headers } = options;
  if (parseSubprotocols(subprotocols.join())?.length !== subprotocols.length) {
    throw new TypeError(
      `Cannot propose subprotocols that are not tokens, or come twice: ${JSON.stringify(subprotocols)}`,
    );
  }
  if (compression !== undefined) checkCompressionOptions(compression);
  const fields = headers instanceof HTTPHeaders
    ? headers
    : new HTTPHeaders(headers === undefined ? [] : [...new Headers(headers)]);
  using limit = new ConnectLimit(url, options);
  const stream = await openOriginStream(origin, { ...streamOptions(options), signal: limit.signal });
  const onAbort = () => stream.close(limit.signal.reason);
  limit.signal.addEventListener("abort", onAbort);
  try {
    stream.setNodelay(true);
    const result = await shakeHands(stream, { url, headers: fields, subprotocols, compression });
    limit.signal.throwIfAborted();
    return new WebSocketClientConnection(stream, result, options);
  } catch (error) {
    stream.close(error);
    limit.signal.throwIfAborted();
    if (!(error instanceof StreamClosedError)) throw error;
    throw error.realError ??
      new WebSocketError("Cannot open WebSocket: the server closed the connection", { cause: error });
  } finally {
    limit.signal.removeEventListener("abort", onAbort);
  }
}

function streamOptions(options: WebSocketConnectOptions): OriginStreamOptions {
  const {
    connectTimeoutMs: _1,
    headers: _2,
    subprotocols: _3,
    compressionOptions: _4,
    onMessageCallback: _5,
    ...rest
  } = options;
  const { onPing: _6, onPong: _7, pingIntervalMs: _8, pingTimeoutMs: _9, maxMessageSize: _10, signal: _11, ...stream } =
    rest;
  return stream;
}

/**
 * An open connection to a server. Take its messages by {@linkcode WebSocketClientConnection.readMessage}, in a loop, or by
 * a callback; as long as nobody takes them, the server has to wait.
 *
 * Tornado: `tornado.websocket.WebSocketClientConnection`.
 */
export class WebSocketClientConnection implements AsyncIterable<ReceivedMessage>, AsyncDisposable {
  /** The fields of the server's answer. */
  readonly headers: HTTPHeaders;
  /** The subprotocol that the server chose; `undefined` for none. */
  readonly selectedSubprotocol: string | undefined;
  /** The code in the server's close frame; `undefined` before, if it had none, or if there was none. */
  closeCode: number | undefined;
  /** The reason in the server's close frame; `undefined` if there was none. */
  closeReason: string | undefined;
  readonly #protocol: WebSocketProtocol13;
  readonly #messages: MessageQueue | undefined;
  readonly #closed = Promise.withResolvers<void>();

  /** Made by {@linkcode websocketConnect} after the handshake. */
  constructor(stream: IOStream, result: ClientHandshakeResult, options: WebSocketConnectOptions) {
    const { onMessageCallback, onPing, onPong, pingIntervalMs, pingTimeoutMs, maxMessageSize, signal } = options;
    this.headers = result.headers;
    this.selectedSubprotocol = result.subprotocol;
    const messages = onMessageCallback === undefined ? new MessageQueue() : undefined;
    this.#messages = messages;
    const onAbort = () => this.close(CloseCodes.GOING_AWAY);
    const delegate: WebSocketDelegate = {
      onMessage: (message) => messages === undefined ? onMessageCallback!(message) : messages.put(message),
      onPing: (data) => onPing?.(data),
      onPong: (data) => onPong?.(data),
      onWsConnectionClose: (code, reason) => {
        this.closeCode = code;
        this.closeReason = reason;
        signal?.removeEventListener("abort", onAbort);
        messages?.end();
        this.#closed.resolve();
        return onMessageCallback?.(null);
      },
      logException: (error) => appLog.error(`Uncaught exception in a WebSocket callback\n${describeError(error)}`),
    };
    this.#protocol = new WebSocketProtocol13("client", stream, delegate, {
      pingIntervalMs,
      pingTimeoutMs,
      deflate: result.deflate,
      compression: options.compressionOptions,
      ...(maxMessageSize === undefined ? {} : { maxMessageSize }),
    });
    signal?.addEventListener("abort", onAbort);
    this.#protocol.start();
  }

  /** Resolves when the connection is closed, however that came about. */
  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  /** Whether nothing can be sent any more: the closing has begun, or is done. */
  get isClosing(): boolean {
    return this.#protocol.isClosing;
  }

  /**
   * The next message: text, or bytes in memory of their own; `null` when the connection is closed.
   *
   * @throws {Error} if there is an `onMessageCallback`, which gets them
   */
  async readMessage(): Promise<ReceivedMessage | null> {
    return await this.#queue().take() ?? null;
  }

  /** The messages until the connection is closed. @throws {Error} if there is an `onMessageCallback` */
  [Symbol.asyncIterator](): AsyncIterator<ReceivedMessage> {
    return this.#queue()[Symbol.asyncIterator]();
  }

  #queue(): MessageQueue {
    if (this.#messages === undefined) throw new Error("Cannot read messages: onMessageCallback gets them");
    return this.#messages;
  }

  /**
   * Sends a message: text, bytes, or an object as JSON. The promise is the back pressure, as that of
   * {@linkcode WebSocketProtocol13.writeMessage}.
   *
   * @throws {WebSocketClosedError} (as a rejection) if the connection is closed or closing
   * @throws {TypeError} if the message is none of these
   */
  writeMessage(message: WebSocketMessage, options?: WriteMessageOptions): Promise<void> {
    return this.#protocol.writeMessage(message, options);
  }

  /** Sends one large message in fragments; see {@linkcode WebSocketProtocol13.writeStream}. */
  writeStream(source: MessageSource, options?: WriteMessageOptions): Promise<void> {
    return this.#protocol.writeStream(source, options);
  }

  /** Sends a ping. @throws {WebSocketClosedError} if the connection is closed @throws {RangeError} above 125 bytes */
  ping(data: Uint8Array | string = ""): void {
    this.#protocol.writePing(data);
  }

  /**
   * Closes the connection; a server that does not answer within 5 seconds is cut off. A message that nobody has taken can
   * still be read.
   *
   * @throws {RangeError} if the code may not be sent, or the reason has more than 123 bytes
   */
  close(code?: number, reason?: string): void {
    this.#protocol.close(code, reason);
  }

  /** Closes the connection and waits until that is done, as `await using` does at the end of a block. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await this.closed;
  }
}

/** The time limit and the caller's signal as one signal, until the connection is open. */
class ConnectLimit implements Disposable {
  readonly #controller = new AbortController();
  readonly #outer: AbortSignal | undefined;
  readonly #timer: { cancel(): void } | undefined;

  constructor(url: URL, options: WebSocketConnectOptions) {
    const { signal, connectTimeoutMs: limitMs = DEFAULT_CONNECT_TIMEOUT_MS, ioLoop = IOLoop.current() } = options;
    signal?.throwIfAborted();
    this.#outer = signal;
    signal?.addEventListener("abort", this.#onAbort);
    if (limitMs === 0 || limitMs === Infinity) return;
    const error = new TimeoutError(`Cannot open WebSocket to ${url.host} within ${limitMs} ms`);
    this.#timer = ioLoop.callLater(limitMs, () => this.#controller.abort(error));
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  [Symbol.dispose](): void {
    this.#outer?.removeEventListener("abort", this.#onAbort);
    this.#timer?.cancel();
  }

  #onAbort = (): void => this.#controller.abort(this.#outer!.reason);
}
