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
  dataReceived(chunk: Uint8Array, owned = false): void {
    this.#chunks.push(owned ? chunk : chunk.slice());
  }

  /** Calls the function. */
  finish(): void {
    const request = new HTTPServerRequest(this.#head!, this.#connection, this.#serverConnection);
    request.body = concatChunks(this.#chunks);
    try {
      this.#callback(request)?.then(undefined, (error) => answerFailure(request, error));
    } catch (error) {
      answerFailure(request, error);
    }
  }

  /** Drops what has arrived. */
  onConnectionClose(): void {
    this.#chunks = [];
  }
}

/**
 * Ends a request whose function has failed, so that nobody else will answer it: with 500 and the error in the log, or
 * with what a malformed form deserves. If the answer has begun, the connection ends. Nothing is said about a client that
 * has left.
 */
export function answerFailure(request: HTTPServerRequest, failure: unknown): void {
  const { connection } = request;
  if (failure instanceof StreamClosedError && (connection.closed || connection.signal.aborted)) {
    genLog.debug(`The client left during its response: ${failure.message}`);
    return;
  }
  let code = 500;
  if (request.isInputError(failure)) {
    code = failure.status;
    genLog.info(`Malformed HTTP message from ${connection.context.remoteIp}: ${failure.message}`);
  } else {
    appLog.error(`Uncaught exception in request callback for ${request}\n${describeError(failure)}`);
  }
  const headers = new HTTPHeaders({ "Content-Length": "0", "Connection": "close" });
  try {
    connection.respond({ code, reason: reasonPhrase(code) }, headers, new Uint8Array(0));
  } catch (error) {
    appLog.error(`Cannot answer with an error\n${describeError(error)}`);
    connection.abort();
  }
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
