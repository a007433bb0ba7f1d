/**
 * What is left of a request's connection after it has gone over to another protocol: the facts, and nothing to write to.
 *
 * A WebSocket lives long, and there may be many. Its request is kept for what it says, and must not keep what has answered
 * it.
 *
 * @module
 */

import type { IOStream } from "../tcp/mod.ts";
import type { ConnectionContext, HTTPConnection } from "./delegates.ts";
import type { HTTPHeaders } from "./headers.ts";

/** A connection that has left HTTP: whatever is done with it is a mistake. */
export class DetachedConnection implements HTTPConnection {
  /** What is known about the peer. */
  context: ConnectionContext;
  /** When the request arrived, in milliseconds of the loop's clock. */
  readonly startTimeMs: number;
  /** Nothing that is written as HTTP arrives. */
  readonly closed = true;
  /** Of no interest any more. */
  readonly requestTrailers: HTTPHeaders | undefined = undefined;
  /** There will be no body. */
  readonly maxBodySize = 0;

  /** What is left of a connection. */
  constructor(connection: Pick<HTTPConnection, "context" | "startTimeMs">) {
    this.context = connection.context;
    this.startTimeMs = connection.startTimeMs;
  }

  /** A signal that is never aborted: the request has been answered. */
  get signal(): AbortSignal {
    return new AbortController().signal;
  }

  /** @throws {Error} always */
  writeHeaders(): never {
    throw gone();
  }

  /** @throws {Error} always */
  write(): never {
    throw gone();
  }

  /** @throws {Error} always */
  finish(): never {
    throw gone();
  }

  /** @throws {Error} always */
  writeInterim(): never {
    throw gone();
  }

  /** @throws {Error} always */
  respond(): never {
    throw gone();
  }

  /** @throws {Error} always */
  detach(): IOStream {
    throw gone();
  }

  /** Nothing is under way. */
  flushed(): Promise<void> {
    return Promise.resolve();
  }

  /** Does nothing: the stream belongs to somebody else. */
  abort(): void {}

  /** Does nothing: whoever has the stream hears of its end. */
  setCloseCallback(): void {}

  /** Does nothing: there is no body. */
  setMaxBodySize(): void {}

  /** Does nothing: there is no body. */
  setBodyTimeoutMs(): void {}

  /** Does nothing: there is no body. */
  setMinBodyRate(): void {}
}

function gone(): Error {
  return new Error("Cannot use the connection of a request: it has gone over to another protocol");
}
