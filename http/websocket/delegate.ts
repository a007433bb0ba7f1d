/**
 * How a connection reaches those who use it: `WebSocketHandler` on the server, `WebSocketClientConnection` on the client.
 *
 * @module
 */

/** What is told to the user of a connection. A promise that it returns holds the next event back. */
export interface WebSocketDelegate {
  /** A message has arrived: text, or bytes in memory of their own. The next one waits for the promise. */
  onMessage(message: string | Uint8Array): unknown;
  /** A ping has arrived, and was answered. */
  onPing(data: Uint8Array): unknown;
  /** A pong has arrived. */
  onPong(data: Uint8Array): unknown;
  /**
   * The connection is closed; called once, last.
   *
   * @param code What the peer's close frame said; `undefined` if it had no code, or there was none.
   * @param reason The reason in it; `undefined` if there was no close frame.
   */
  onWsConnectionClose(code: number | undefined, reason: string | undefined): unknown;
  /** One of the methods above has failed; the connection is being closed with 1011. */
  logException(error: unknown): void;
}
