/**
 * Handlers of WebSockets.
 *
 * The handshake is a request like any other: routes, `prepare`, cookies, the user and error pages are there. With the
 * answer 101 the connection leaves HTTP, `open` is called, and messages go by instead.
 *
 * Tornado: `tornado.websocket.WebSocketHandler`.
 *
 * @module
 */

import { genLog, isThenable } from "../ioloop/mod.ts";
import type { IOStream } from "../tcp/mod.ts";
import {
  acceptOffer,
  checkCompressionOptions,
  checkUpgrade,
  CloseCodes,
  computeAcceptValue,
  type HandshakeRequest,
  isRefusal,
  MessageQueue,
  type MessageSource,
  parseHandshake,
  type PreparedMessage,
  type ReceivedMessage,
  SUPPORTED_VERSIONS,
  WebSocketClosedError,
  type WebSocketCompressionOptions,
  type WebSocketDelegate,
  type WebSocketMessage,
  WebSocketProtocol13,
  type WebSocketProtocolOptions,
  type WriteMessageOptions,
} from "../http/mod.ts";
import { HTTPError } from "./errors.ts";
import type { RedirectOptions, Writable } from "./handler/response.ts";
import type { HeaderValue } from "./header_value.ts";
import { type PathArgument, RequestHandler } from "./request_handler.ts";
import type { SetCookieOptions } from "./set_cookie.ts";
import { isSameHost } from "./websocket_origin.ts";

/** The most bytes of a message unless told otherwise. */
const DEFAULT_MAX_MESSAGE_SIZE = 10 * 1024 * 1024;

/**
 * Handles one WebSocket. Override `onMessage`, and what else you need of `open`, `onClose` and so on; or take the messages
 * in a loop.
 *
 * Pages of other sites are refused unless {@linkcode WebSocketHandler.checkOrigin} says otherwise.
 *
 * @example An echo, and a client for it
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Application, WebSocketHandler } from "@denado/denado";
 *
 * class EchoHandler extends WebSocketHandler {
 *   override onMessage(message: string | Uint8Array) {
 *     return this.writeMessage(message);
 *   }
 * }
 *
 * const server = new Application([["/echo", EchoHandler]]).listen(0, { address: "127.0.0.1" });
 * const socket = new WebSocket(`ws://127.0.0.1:${server.port}/echo`);
 * socket.onopen = () => socket.send("hello");
 * const message = await new Promise<MessageEvent>((resolve) => socket.onmessage = resolve);
 * assertEquals(message.data, "hello");
 * const closed = new Promise((resolve) => socket.onclose = resolve);
 * socket.close();
 * await closed;
 * await server.close();
 * ```
 *
 * @example The messages in a loop
 * ```ts
 * import { WebSocketHandler } from "@denado/denado/web";
 *
 * class UpperCaseHandler extends WebSocketHandler {
 *   override async open() {
 *     for await (const message of this) await this.writeMessage(String(message).toUpperCase());
 *   }
 * }
 * ```
 */
export abstract class WebSocketHandler extends RequestHandler implements AsyncIterable<ReceivedMessage> {
  /** The connection; `undefined` before the handshake is done, and when it is closed. */
  wsConnection: WebSocketProtocol13 | undefined;
  /** The code in the client's close frame, for `onClose`; `undefined` if it had none, or there was none. */
  closeCode: number | undefined;
  /** The reason in the client's close frame; `undefined` if there was none. */
  closeReason: string | undefined;
  #selectedSubprotocol: string | undefined;
  #upgraded = false;
  readonly #link = new HandlerLink(this);

  // --- to be overridden ---

  /** Called when the connection is open, with what the path holds. Messages wait for its promise. */
  open(..._pathArgs: PathArgument[]): unknown {
    return undefined;
  }

  /** Called for each message: text, or bytes in memory of their own. The next one waits for its promise. */
  onMessage(_message: ReceivedMessage): unknown {
    throw new Error(`Cannot take a message: ${this.constructor.name} has no onMessage`);
  }

  /** Called when a ping has arrived, which is answered already. */
  onPing(_data: Uint8Array): unknown {
    return undefined;
  }

  /** Called when a pong has arrived. */
  onPong(_data: Uint8Array): unknown {
    return undefined;
  }

  /** Called once when the connection is closed, however that came about; `closeCode` and `closeReason` tell more. */
  onClose(): unknown {
    return undefined;
  }

  /**
   * Whether a page of this origin may connect; called if the client says where it comes from, which all browsers do. Where
   * users are known by cookies, whoever is let in here acts in the name of the visitor.
   *
   * @default the host and port of the request only
   */
  checkOrigin(origin: string): boolean | Promise<boolean> {
    return isSameHost(origin, this.request.headers.get("Host") ?? "");
  }

  /**
   * Chooses one of the subprotocols that the client proposes. Called once, also without proposals.
   *
   * @default none
   */
  selectSubprotocol(_subprotocols: readonly string[]): string | null | undefined {
    return undefined;
  }

  /**
   * How messages are compressed, if the client wants that; `undefined` for not at all, `{}` for the defaults.
   *
   * @default not at all
   */
  getCompressionOptions(): WebSocketCompressionOptions | null | undefined {
    return undefined;
  }

  /** From one ping to the next, in milliseconds; 0 for no pings. @default the setting `websocketPingIntervalMs` */
  get pingIntervalMs(): number {
    return this.settings.websocketPingIntervalMs ?? 0;
  }

  /**
   * How long the client may be silent after a ping, in milliseconds, at most the interval; 0 for no limit.
   *
   * @default the setting `websocketPingTimeoutMs`, or the interval
   */
  get pingTimeoutMs(): number | undefined {
    return this.settings.websocketPingTimeoutMs;
  }

  /** The most bytes of a message, also decompressed; more closes with 1009. @default the setting `websocketMaxMessageSize` */
  get maxMessageSize(): number {
    return this.settings.websocketMaxMessageSize ?? DEFAULT_MAX_MESSAGE_SIZE;
  }

  /** Makes the connection; for one of one's own. */
  getWebsocketProtocol(
    stream: IOStream,
    delegate: WebSocketDelegate,
    options: WebSocketProtocolOptions,
  ): WebSocketProtocol13 {
    return new WebSocketProtocol13("server", stream, delegate, options);
  }

  // --- while it is open ---

  /** The subprotocol that was chosen; `undefined` for none. */
  get selectedSubprotocol(): string | undefined {
    return this.#selectedSubprotocol;
  }

  /**
   * Sends a message: text, bytes, or an object as JSON. The promise is the back pressure: it is kept at once while little
   * waits for the client to read. A failure that nobody looks at is silent.
   *
   * @throws {WebSocketClosedError} (as a rejection) if the connection is not open, or closed before all was written
   * @throws {TypeError} if the message is none of these
   */
  writeMessage(message: WebSocketMessage | PreparedMessage, options?: WriteMessageOptions): Promise<void> {
    return this.wsConnection?.writeMessage(message, options) ?? notOpen();
  }

  /**
   * Sends one large message in fragments, as fast as the client reads: text or bytes from a generator or a web stream.
   * Messages that are written meanwhile wait.
   *
   * @throws {WebSocketClosedError} (as a rejection) if the connection is not open, or closed before all was written
   * @throws what the source fails with; the connection is closed with 1011 then
   */
  writeStream(source: MessageSource, options?: WriteMessageOptions): Promise<void> {
    return this.wsConnection?.writeStream(source, options) ?? notOpen();
  }

  /** Sends a ping. @throws {WebSocketClosedError} if the connection is not open @throws {RangeError} above 125 bytes */
  ping(data: Uint8Array | string = ""): void {
    if (this.wsConnection === undefined) throw new WebSocketClosedError();
    this.wsConnection.writePing(data);
  }

  /**
   * Closes the connection. A reason alone implies 1000. If the client does not answer within 5 seconds it is cut off.
   *
   * @throws {RangeError} if the code may not be sent, or the reason has more than 123 bytes
   */
  close(code?: number, reason?: string): void {
    this.wsConnection?.close(code, reason);
  }

  /** Whether small messages leave at once, which is the default of the server. */
  setNodelay(enabled: boolean): void {
    this.wsConnection?.setNodelay(enabled);
  }

  /**
   * The messages, until the connection is closed. From the first call on they go here and not to `onMessage`, one at a
   * time, also while `open` is running.
   */
  [Symbol.asyncIterator](): AsyncIterator<ReceivedMessage> {
    const messages = this.#link.takeOver();
    this.wsConnection?.start();
    return messages[Symbol.asyncIterator]();
  }

  // --- the handshake ---

  /** Answers the handshake. */
  override get(...pathArgs: PathArgument[]): unknown {
    const refusal = checkUpgrade(this.request.headers);
    if (refusal !== undefined) return this.#refuse(refusal.status, refusal.message);
    if (this.request.version === "HTTP/1.0") return this.#refuse(400, "WebSocket needs HTTP/1.1");
    const origin = this.request.headers.get("Origin") ?? this.request.headers.get("Sec-WebSocket-Origin");
    const allowed = origin === undefined || this.checkOrigin(origin);
    if (typeof allowed === "boolean") return this.#upgradeIf(allowed, pathArgs);
    return allowed.then((isAllowed) => this.#upgradeIf(isAllowed, pathArgs));
  }

  /** A handshake is a GET (RFC 6455 4.1). */
  override head(): never {
    throw new HTTPError(405, { headers: { Allow: "GET" } });
  }

  #upgradeIf(isAllowed: boolean, pathArgs: PathArgument[]): void {
    if (!isAllowed) return this.#refuse(403, "Cross origin websockets not allowed");
    const request = parseHandshake(this.request.headers);
    if (isRefusal(request)) {
      if (request.status === 426) this.setHeader("Sec-WebSocket-Version", SUPPORTED_VERSIONS.join(", "));
      return this.#refuse(request.status, request.message);
    }
    this.#upgrade(request, pathArgs);
  }

  #refuse(status: number, message: string): void {
    genLog.debug(message);
    this.setStatus(status);
    this.finish(message);
  }

  #upgrade(request: HandshakeRequest, pathArgs: PathArgument[]): void {
    const subprotocol = this.selectSubprotocol(request.subprotocols) ?? undefined;
    if (subprotocol !== undefined && !request.subprotocols.includes(subprotocol)) {
      throw new TypeError(`Cannot select a subprotocol that was not proposed: ${JSON.stringify(subprotocol)}`);
    }
    const compression = this.getCompressionOptions() ?? undefined;
    if (compression !== undefined) checkCompressionOptions(compression);
    const accepted = compression === undefined ? undefined : acceptOffer(request.extensions, compression);
    const options: WebSocketProtocolOptions = {
      maxMessageSize: this.maxMessageSize,
      pingIntervalMs: this.pingIntervalMs,
      pingTimeoutMs: this.pingTimeoutMs,
      deflate: accepted?.parameters,
      compression,
    };

    this.clearHeader("Content-Type");
    this.setHeader("Upgrade", "websocket");
    this.setHeader("Connection", "Upgrade");
    this.setHeader("Sec-WebSocket-Accept", computeAcceptValue(request.key));
    if (subprotocol !== undefined) this.setHeader("Sec-WebSocket-Protocol", subprotocol);
    if (accepted !== undefined) this.setHeader("Sec-WebSocket-Extensions", accepted.answer);
    this.setStatus(101);
    this.beforeHead(); // cookies
    this.#selectedSubprotocol = subprotocol;
    const head = this.#head();
    const stream = this.detach();
    stream.pushLatin1(head);
    this.#upgraded = true;
    this.application.logRequest(this);
    this.request.leaveConnection();
    this.#open(stream, options, pathArgs);
  }

  #head(): string {
    const { responseHeaders: fields } = this;
    let text = "HTTP/1.1 101 Switching Protocols\r\n";
    for (let at = 0; at < fields.fieldCount; at++) text += `${fields.nameAt(at)}: ${fields.valueAt(at)}\r\n`;
    return `${text}\r\n`;
  }

  #open(stream: IOStream, options: WebSocketProtocolOptions, pathArgs: PathArgument[]): void {
    const connection = this.getWebsocketProtocol(stream, this.#link, options);
    connection.selectedSubprotocol = this.#selectedSubprotocol;
    this.wsConnection = connection;
    let opened: unknown;
    try {
      opened = this.pathKwargs === undefined ? this.open(...pathArgs) : this.open(this.pathKwargs);
    } catch (error) {
      return this.#onOpenFailed(error);
    }
    if (!isThenable(opened)) return connection.start();
    opened.then(() => connection.start(), (error) => this.#onOpenFailed(error));
  }

  #onOpenFailed(error: unknown): void {
    this.logException(error);
    this.close(CloseCodes.INTERNAL_ERROR);
  }

  /** Called when the connection is closed: remembers what the client said, and calls `onClose`. */
  onWsConnectionClose(code: number | undefined, reason: string | undefined): unknown {
    this.closeCode = code;
    this.closeReason = reason;
    return this.onClose();
  }

  // --- what HTTP has, and a WebSocket has not ---

  /** Adds to the body of a refusal. @throws {Error} after the handshake */
  override write(chunk: Writable): void {
    this.#checkHTTP("write");
    super.write(chunk);
  }

  /** Sends the client elsewhere instead of a handshake. @throws {Error} after the handshake */
  override redirect(url: string, options?: RedirectOptions): void {
    this.#checkHTTP("redirect");
    super.redirect(url, options);
  }

  /** Sets a header of the answer to the handshake. @throws {Error} after the handshake */
  override setHeader(name: string, value: HeaderValue): void {
    this.#checkHTTP("set a header");
    super.setHeader(name, value);
  }

  /** Sets a cookie with the answer to the handshake. @throws {Error} after the handshake */
  override setCookie(name: string, value: string, options?: SetCookieOptions): void {
    this.#checkHTTP("set a cookie");
    super.setCookie(name, value, options);
  }

  /** Sets the status of a refusal. @throws {Error} after the handshake */
  override setStatus(code: number, reason?: string): void {
    this.#checkHTTP("set the status");
    super.setStatus(code, reason);
  }

  /** Sends what was written so far of a refusal. @throws {Error} after the handshake */
  override flush(): Promise<void> {
    this.#checkHTTP("flush");
    return super.flush();
  }

  /** Ends a refusal. @throws {Error} after the handshake */
  override finish(chunk?: Writable): Promise<void> {
    this.#checkHTTP("finish");
    return super.finish(chunk);
  }

  #checkHTTP(action: string): void {
    if (this.#upgraded) throw new Error(`Cannot ${action}: not supported for WebSockets, the handshake is done`);
  }
}

/** Between a connection and its handler: messages go to the handler, or to whoever takes them in a loop. */
class HandlerLink implements WebSocketDelegate {
  readonly #handler: WebSocketHandler;
  #messages: MessageQueue | undefined;
  #closed = false;

  constructor(handler: WebSocketHandler) {
    this.#handler = handler;
  }

  /** From now on messages go to this queue. */
  takeOver(): MessageQueue {
    this.#messages ??= new MessageQueue();
    if (this.#closed) this.#messages.end();
    return this.#messages;
  }

  onMessage(message: ReceivedMessage): unknown {
    return this.#messages === undefined ? this.#handler.onMessage(message) : this.#messages.put(message);
  }

  onPing(data: Uint8Array): unknown {
    return this.#handler.onPing(data);
  }

  onPong(data: Uint8Array): unknown {
    return this.#handler.onPong(data);
  }

  onWsConnectionClose(code: number | undefined, reason: string | undefined): unknown {
    this.#closed = true;
    this.#handler.wsConnection = undefined;
    this.#messages?.end();
    return this.#handler.onWsConnectionClose(code, reason);
  }

  logException(error: unknown): void {
    this.#handler.logException(error);
  }
}

function notOpen(): Promise<never> {
  const failed = Promise.reject(new WebSocketClosedError("Cannot send: the WebSocket connection is not open"));
  failed.catch(() => {}); // onClose tells it too; awaiting it is optional
  return failed;
}
