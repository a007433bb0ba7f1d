/**
 * A fetch handler as part of an application: a Hono app, say, behind a route.
 *
 * The handler gets a web `Request` as soon as its head has arrived, and its body
 * as a stream; its `Response` is sent as fast as the client takes it.
 *
 * The other way round, an application as a fetch handler, is
 * {@linkcode toFetchHandler}. Tornado: `tornado.wsgi.WSGIContainer`.
 *
 * @module
 */

import { clearImmediate, setImmediate } from "node:timers";
import { appLog, describeError, VERSION } from "../ioloop/mod.ts";
import {
  currentHttpDate,
  type HTTPConnection,
  HTTPHeaders,
  type HTTPMessageDelegate,
  type HTTPServerConnectionDelegate,
  HTTPServerRequest,
  type RequestHead,
  type ServerConnection,
} from "../http/mod.ts";
import { StreamClosedError } from "../tcp/mod.ts";
import { logAccess } from "./access_log.ts";

/** What a {@linkcode FetchContainer} tells its handler besides the request; a `Deno.ServeHandlerInfo` in its essence. */
export interface ContainedInfo {
  /** The client's address, behind a trusted proxy the one that it tells. */
  readonly remoteAddr: Deno.Addr;
}

/** A function of the web platform's kind: it answers a `Request` with a `Response`. */
export type WebHandler = (request: Request, info: ContainedInfo) => Response | Promise<Response>;

const METHODS_THE_WEB_LACKS = new Set(["CONNECT", "TRACE", "TRACK"]);
/** Fields about the connection, which belong to this server (RFC 9110 7.6.1). */
const CONNECTION_FIELDS = ["Keep-Alive", "Proxy-Connection", "Transfer-Encoding", "Upgrade"];
const EMPTY = new Uint8Array(0);

/**
 * Serves with a fetch handler: the target of a route, or the whole application of an `HTTPServer`.
 *
 * What the response lacks of `Server` and `Date` is added. An error of the handler, or something that is no `Response`,
 * is logged and answered with 500. Each request gets its line in the access log.
 */
export class FetchContainer implements HTTPServerConnectionDelegate {
  readonly #handler: WebHandler;

  /** For a handler, such as the `fetch` of a Hono app. @throws {TypeError} if it is not a function */
  constructor(handler: WebHandler) {
    if (typeof handler !== "function") {
      throw new TypeError(`Cannot contain ${Deno.inspect(handler)}: a fetch handler is a function`);
    }
    this.#handler = handler;
  }

  /** Called by the server or a router for each request. */
  startRequest(serverConnection: ServerConnection, connection: HTTPConnection): HTTPMessageDelegate {
    return new ContainedRequest(this.#handler, serverConnection, connection);
  }
}

/**
 * A fetch handler as the target of a route.
 *
 * @example A Hono-like app below a path
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Application, fetchFallback } from "@denado/denado";
 *
 * const api = (request: Request) => Response.json({ path: new URL(request.url).pathname });
 *
 * const app = new Application([["/api/.*", fetchFallback(api)]]);
 * const server = app.listen(0, { address: "127.0.0.1" });
 * const response = await fetch(`http://127.0.0.1:${server.port}/api/users`);
 * assertEquals(await response.json(), { path: "/api/users" });
 * server.stop();
 * await server.closeAllConnections();
 * ```
 */
export function fetchFallback(handler: WebHandler): FetchContainer {
  return new FetchContainer(handler);
}

/** One request that a handler answers. */
class ContainedRequest implements HTTPMessageDelegate {
  readonly #handler: WebHandler;
  readonly #serverConnection: ServerConnection;
  readonly #connection: HTTPConnection;
  readonly #abort = new AbortController();
  #body: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>> | undefined;
  /** Lets the rest of the body come; set while the handler has not taken what came before. */
  #resumeReading: (() => void) | undefined;
  #over = false;

  constructor(handler: WebHandler, serverConnection: ServerConnection, connection: HTTPConnection) {
    this.#handler = handler;
    this.#serverConnection = serverConnection;
    this.#connection = connection;
  }

  headersReceived(head: RequestHead): void {
    const request = new HTTPServerRequest(head, this.#connection, this.#serverConnection);
    this.#answer(request, head).then(undefined, (error) => this.#fail(request, error));
  }

  dataReceived(chunk: Uint8Array, owned = false): void | Promise<void> {
    const body = this.#body;
    if (body === undefined || this.#over) return; // nobody will read it
    body.enqueue(owned ? chunk as Uint8Array<ArrayBuffer> : chunk.slice());
    if (body.desiredSize! <= 0) return new Promise((resolve) => this.#resumeReading = resolve);
  }

  finish(): void {
    if (this.#over) return;
    this.#body?.close();
    this.#body = undefined;
  }

  onConnectionClose(): void {
    const error = new StreamClosedError();
    this.#body?.error(error);
    this.#end();
    this.#abort.abort(error);
  }

  async #answer(request: HTTPServerRequest, head: RequestHead): Promise<void> {
    if (METHODS_THE_WEB_LACKS.has(request.method)) {
      return this.#respond(request, 501, "Not Implemented");
    }
    const response: unknown = await this.#handler(this.#toRequest(request, head), infoOf(request));
    if (!(response instanceof Response)) {
      throw new TypeError(`Cannot answer with ${Deno.inspect(response)}: the fetch handler returned no Response`);
    }
    if (response.status < 200) {
      throw new TypeError(`Cannot answer with status ${response.status} through a fetch handler`);
    }
    await sendResponse(response, this.#connection, this.#abort.signal);
    this.#end();
    logAccess(response.status, request);
  }

  #toRequest(request: HTTPServerRequest, head: RequestHead): Request {
    const hasBody = head.framing !== "none" && request.method !== "GET" && request.method !== "HEAD";
    const body = hasBody
      ? new ReadableStream<Uint8Array<ArrayBuffer>>({
        start: (controller) => void (this.#body = controller),
        pull: () => this.#resume(),
        cancel: () => this.#end(),
      }, { highWaterMark: 0 })
      : null;
    return new Request(request.fullUrl(), {
      method: request.method,
      headers: request.headers.toHeaders(),
      body,
      signal: this.#abort.signal,
    });
  }

  #fail(request: HTTPServerRequest, error: unknown): void {
    const { closed } = this.#connection;
    this.#end();
    if (closed) return; // the client left, and the handler may say that it was aborted
    appLog.error(`Uncaught exception in a fetch handler ${request.method} ${request.uri}\n${describeError(error)}`);
    this.#respond(request, 500, "Internal Server Error");
  }

  #respond(request: HTTPServerRequest, code: number, reason: string): void {
    this.#end();
    try {
      const headers = completed(new HTTPHeaders({ "Content-Length": "0" }));
      this.#connection.respond({ code, reason }, headers, EMPTY);
    } catch (error) {
      appLog.error(`Cannot answer with an error\n${describeError(error)}`);
      this.#connection.abort(); // a part of the response is out
    }
    logAccess(code, request);
  }

  /** Nobody reads the body any more: what still comes of it is dropped. */
  #end(): void {
    this.#over = true;
    this.#resume();
  }

  #resume(): void {
    const resume = this.#resumeReading;
    this.#resumeReading = undefined;
    resume?.();
  }
}

function infoOf(request: HTTPServerRequest): ContainedInfo {
  const { address, remoteIp } = request.connection.context;
  if (address === undefined || !("hostname" in address)) {
    return { remoteAddr: address ?? { transport: "tcp", hostname: remoteIp, port: 0 } };
  }
  return { remoteAddr: { ...address, hostname: remoteIp } as Deno.Addr };
}

function completed(headers: HTTPHeaders): HTTPHeaders {
  if (!headers.has("Server")) headers.set("Server", `DenadoServer/${VERSION}`);
  if (!headers.has("Date")) headers.set("Date", currentHttpDate(Date.now()));
  return headers;
}

/**
 * Sends a web `Response`, as fast as the client takes it. A body that comes in one piece is sent with its length,
 * another one in chunks.
 *
 * @throws what reading the body failed with, or `StreamClosedError` if the client left; the body is cancelled then
 */
async function sendResponse(response: Response, connection: HTTPConnection, signal: AbortSignal): Promise<void> {
  const headers = completed(new HTTPHeaders(response.headers));
  for (const name of CONNECTION_FIELDS) headers.delete(name);
  const startLine = { code: response.status, reason: response.statusText };
  if (response.body === null) return sendWhole(startLine, headers, EMPTY, connection);

  const reader = response.body.getReader();
  const onAbort = () => void reader.cancel(signal.reason).catch(() => {}); // its source is told; nobody waits for it
  signal.addEventListener("abort", onAbort);
  try {
    let piece = await reader.read();
    let next = reader.read();
    if (piece.done) return sendWhole(startLine, headers, EMPTY, connection);
    const end = await resultSoon(next);
    if (end?.done) return sendWhole(startLine, headers, piece.value, connection);
    await connection.writeHeaders(startLine, headers, piece.value);
    while (!(piece = await next).done) {
      next = reader.read();
      next.catch(() => {}); // awaited in the next round
      await connection.write(piece.value);
    }
    connection.finish();
  } catch (error) {
    await reader.cancel(error).catch(() => {}); // the first error is the one that is told
    throw error;
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

function sendWhole(
  startLine: { code: number; reason: string },
  headers: HTTPHeaders,
  body: Uint8Array,
  connection: HTTPConnection,
): void {
  const isBodiless = startLine.code === 204 || startLine.code === 304;
  if (!isBodiless && !headers.has("Content-Length")) headers.set("Content-Length", String(body.length));
  connection.respond(startLine, headers, body);
}

/** What `promise` resolves to, if the host need not be waited for longer than for one turn of its loop. */
async function resultSoon<T>(promise: Promise<T>): Promise<T | undefined> {
  const { promise: turn, resolve } = Promise.withResolvers<undefined>();
  const immediate = setImmediate(() => resolve(undefined));
  try {
    return await Promise.race([promise, turn]);
  } finally {
    clearImmediate(immediate);
  }
}
