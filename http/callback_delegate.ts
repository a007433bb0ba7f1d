/**
 * A function as the whole application: it is called with each request when all of it has arrived.
 *
 * Tornado: the `request_callback` of `HTTPServer`, and `_CallableAdapter`.
 *
 * @module
 */

import { appLog, describeError, genLog } from "../ioloop/mod.ts";
import { StreamClosedError } from "../tcp/mod.ts";
import type {
  HTTPConnection,
  HTTPMessageDelegate,
  HTTPServerConnectionDelegate,
  ServerConnection,
} from "./delegates.ts";
import { HTTPInputError } from "./errors.ts";
import { HTTPHeaders } from "./headers.ts";
import type { RequestHead } from "./message_parser.ts";
import { HTTPServerRequest } from "./server_request.ts";
import { reasonPhrase } from "./status.ts";

/**
 * A function that answers a request through `request.connection`. Its error, thrown or as a rejection, is logged and
 * answered with 500.
 */
export type RequestCallback = (request: HTTPServerRequest) => void | Promise<void>;

/**
 * A delegate as it is, a function as a delegate that calls it for each request.
 *
 * @throws {TypeError} if it is neither
 */
export function toConnectionDelegate(
  callback: HTTPServerConnectionDelegate | RequestCallback,
): HTTPServerConnectionDelegate {
  if (typeof callback === "function") {
    return { startRequest: (server, connection) => new CallbackDelegate(callback, connection, server) };
  }
  if (typeof callback?.startRequest === "function") return callback;
  throw new TypeError(
    `Cannot serve with ${Deno.inspect(callback)}: pass an Application, a delegate with startRequest, or a function`,
  );
}

/** Collects a request and calls a function with it. */
export class CallbackDelegate implements HTTPMessageDelegate {
  readonly #callback: RequestCallback;
  readonly #connection: HTTPConnection;
  readonly #serverConnection: ServerConnection | undefined;
  #head: RequestHead | undefined;
  #chunks: Uint8Array[] = [];

  /** For one request, which is answered through `connection`. */
  constructor(callback: RequestCallback, connection: HTTPConnection, serverConnection?: ServerConnection) {
    this.#callback = callback;
    this.#connection = connection;
    this.#serverConnection = serverConnection;
  }

  /** Keeps the head. */
  headersReceived(head: RequestHead): void {
    this.#head = head;
  }

  /** Keeps a part of the body. */
  dataReceived(chunk: Uint8Array): void {
    this.#chunks.push(chunk.slice());
  }

  /** Calls the function. */
  finish(): void {
    const request = new HTTPServerRequest(this.#head!, this.#connection, this.#serverConnection);
    request.body = concatChunks(this.#chunks);
    try {
      this.#callback(request)?.then(undefined, this.#fail);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Drops what has arrived. */
  onConnectionClose(): void {
    this.#chunks = [];
  }

  /**
   * Nobody will answer any more: 500, or what a malformed form deserves; if the answer has begun, the end of the
   * connection.
   */
  #fail = (callbackError: unknown): void => {
    if (callbackError instanceof StreamClosedError && (this.#connection.closed || this.#connection.signal.aborted)) {
      genLog.debug(`The client left during its response: ${callbackError.message}`);
      return;
    }
    let code = 500;
    if (callbackError instanceof HTTPInputError) {
      code = callbackError.status;
      genLog.info(`Malformed HTTP message from ${this.#connection.context.remoteIp}: ${callbackError.message}`);
    } else {
      appLog.error(`Uncaught exception in request callback\n${describeError(callbackError)}`);
    }
    const headers = new HTTPHeaders({ "Content-Length": "0", "Connection": "close" });
    try {
      this.#connection.respond({ code, reason: reasonPhrase(code) }, headers, new Uint8Array(0));
    } catch (error) {
      appLog.error(`Cannot answer with an error\n${describeError(error)}`);
      this.#connection.abort();
    }
  };
}

/** The parts of a body in one array. */
export function concatChunks(chunks: readonly Uint8Array[]): Uint8Array {
  if (chunks.length === 1) return chunks[0]!;
  const body = new Uint8Array(chunks.reduce((size, chunk) => size + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    body.set(chunk, at);
    at += chunk.length;
  }
  return body;
}
