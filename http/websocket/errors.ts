/**
 * The errors of WebSocket connections that callers catch.
 *
 * ```text
 * Error
 * └─ WebSocketError                a connection could not be opened
 *    ├─ WebSocketClosedError       an operation on a connection that is closed or closing
 *    └─ WebSocketProtocolError     the peer broke the protocol; `closeCode` is what it is told
 * ```
 *
 * A wrong argument is a `TypeError` or `RangeError` instead.
 *
 * @module
 */

/**
 * A WebSocket connection could not be opened: the server answered with something else. The base class of the errors
 * of WebSocket connections. Tornado: `tornado.websocket.WebSocketError`.
 */
export class WebSocketError extends Error {
  /** The class name, stable under minification. */
  override readonly name: string = "WebSocketError";
  /** A stable code, for callers that must not depend on the message. */
  readonly code: string = "ERR_WEBSOCKET";
}

/**
 * The connection is closed, or its closing has begun, so that nothing can be sent any more.
 * Tornado: `tornado.websocket.WebSocketClosedError`.
 */
export class WebSocketClosedError extends WebSocketError {
  /** The class name, stable under minification. */
  override readonly name = "WebSocketClosedError";
  /** A stable code, for callers that must not depend on the message. */
  override readonly code = "ERR_WEBSOCKET_CLOSED";

  /** Creates the error. */
  constructor(message = "Cannot send: the WebSocket connection is closed", options?: ErrorOptions) {
    super(message, options);
  }
}

/**
 * The peer sent something that RFC 6455 or RFC 7692 forbids, or more than a limit allows. The connection ends with
 * {@linkcode WebSocketProtocolError.closeCode}.
 */
export class WebSocketProtocolError extends WebSocketError {
  /** The class name, stable under minification. */
  override readonly name = "WebSocketProtocolError";
  /** A stable code, for callers that must not depend on the message. */
  override readonly code = "ERR_WEBSOCKET_PROTOCOL";
  /** The code of the close frame that the peer gets (RFC 6455 7.4.1). */
  readonly closeCode: number;

  /**
   * Creates the error.
   *
   * @param message What was wrong, which is also the reason that the peer is told; at most 123 bytes.
   * @param closeCode The code of the close frame.
   */
  constructor(message: string, closeCode: number) {
    super(message);
    this.closeCode = closeCode;
  }
}
