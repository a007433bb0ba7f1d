/**
 * An application as a fetch handler: for `deno serve`, `Deno.serve`, Deno Deploy
 * and everything else that turns a web `Request` into a `Response`.
 *
 * The other way round, a fetch handler inside an application, is
 * {@linkcode fetchFallback}.
 *
 * @module
 */

import { appLog, describeError, genLog } from "../ioloop/mod.ts";
import {
  HTTPHeaders,
  HTTPInputError,
  type HTTPMessageDelegate,
  type HTTPServerConnectionDelegate,
  reasonPhrase,
  type RequestHead,
} from "../http/mod.ts";
import { FetchConnection } from "./fetch_connection.ts";

/** What a server tells about a request besides the request: `Deno.ServeHandlerInfo` has this shape. */
export interface FetchInfo {
  /** The client's address. */
  readonly remoteAddr?: Deno.Addr;
}

/** Answers a web `Request`. */
export type FetchHandler = (request: Request, info?: FetchInfo) => Promise<Response>;

/** Settings of {@linkcode toFetchHandler}. */
export interface FetchHandlerOptions {
  /** The limit for bodies of requests, in bytes: 413. @default 104857600 (100 MB) */
  readonly maxBodySize?: number;
}

/**
 * Makes a fetch handler of an `Application`, or of any other delegate.
 *
 * Bodies are streamed in both directions, with back pressure. What belongs to the connection belongs to the server that
 * calls the handler: time limits, keep-alive, interim responses, trailers; and an upgrade to WebSocket is not possible.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Application, RequestHandler, toFetchHandler } from "@denado/denado";
 *
 * class MainHandler extends RequestHandler {
 *   override get() {
 *     this.write("Hello, world");
 *   }
 * }
 *
 * const app = new Application([["/", MainHandler]]);
 * const server = { fetch: toFetchHandler(app) }; // `export default` this for `deno serve`
 *
 * const response = await server.fetch(new Request("http://localhost/"));
 * assertEquals(await response.text(), "Hello, world");
 * ```
 */
export function toFetchHandler(
  target: HTTPServerConnectionDelegate,
  options: FetchHandlerOptions = {},
): FetchHandler {
  return async (request, info = {}) => {
    const { remoteAddr } = info;
    const url = new URL(request.url);
    const connection = new FetchConnection({
      context: {
        remoteIp: remoteAddr !== undefined && "hostname" in remoteAddr ? remoteAddr.hostname : "0.0.0.0",
        protocol: url.protocol.slice(0, -1),
        ...(remoteAddr === undefined ? {} : { address: remoteAddr }),
      },
      method: request.method,
      ...options,
      // Deno.serve aborts the signal of a request that was answered, too, and warns those who would hear it
      onEnd: () => request.signal.removeEventListener("abort", onAbort),
    });
    const serverConnection = { context: connection.context, close: () => connection.response.then(() => {}) };
    const onAbort = () => connection.clientLeft();
    request.signal.addEventListener("abort", onAbort, { once: true });
    try {
      const delegate = target.startRequest(serverConnection, connection);
      connection.setCloseCallback(() => delegate.onConnectionClose());
      deliver(request, url, delegate, connection).catch((error) => fail(connection, delegate, error));
    } catch (error) {
      fail(connection, undefined, error);
    }
    return await connection.response;
  };
}

/** Gives a request to a delegate, its body as fast as the delegate takes it. */
async function deliver(
  request: Request,
  url: URL,
  delegate: HTTPMessageDelegate,
  connection: FetchConnection,
): Promise<void> {
  const head = headOf(request, url);
  const headersTaken = delegate.headersReceived(head, head.headers);
  if (request.body === null) {
    if (headersTaken !== undefined) await headersTaken;
    return await delegate.finish();
  }
  await headersTaken;
  const reader = request.body.getReader();
  const limit = limitTime(reader, connection.bodyTimeoutMs);
  try {
    for (let size = 0;;) {
      const { done, value } = await reader.read();
      limit.check();
      if (done) break;
      size += value.length;
      if (size > connection.maxBodySize) {
        throw new HTTPInputError(`Body longer than ${connection.maxBodySize} bytes`, { status: 413 });
      }
      const taken = delegate.dataReceived(value);
      if (taken !== undefined) await taken;
      if (connection.responseFinished || connection.closed) return void await reader.cancel();
    }
  } finally {
    limit.end();
  }
  await delegate.finish();
}

/** Ends the reading of a body after a time. */
function limitTime(
  reader: ReadableStreamDefaultReader,
  timeoutMs: number | undefined,
): { check(): void; end(): void } {
  let isOver = false;
  const timer = timeoutMs === undefined ? undefined : setTimeout(() => {
    isOver = true;
    reader.cancel().catch(() => {}); // the read that waits tells what there is to tell
  }, timeoutMs);
  return {
    check: () => {
      if (isOver) throw new HTTPInputError(`Body took longer than ${timeoutMs} ms`, { status: 408 });
    },
    end: () => clearTimeout(timer),
  };
}

function headOf(request: Request, url: URL): RequestHead {
  const headers = new HTTPHeaders(request.headers);
  const length = headers.get("Content-Length");
  const contentLength = length !== undefined && /^\d+$/.test(length) ? Number(length) : -1;
  return {
    method: request.method,
    path: url.pathname + url.search,
    version: "HTTP/1.1",
    minorVersion: 1,
    headers,
    host: headers.get("Host") ?? url.host,
    keepAlive: true,
    framing: request.body === null ? "none" : contentLength >= 0 ? "length" : "chunked",
    contentLength,
    expectContinue: false,
    upgrade: false,
  };
}

/** Answers for a delegate that failed, or a request that cannot be taken. */
function fail(connection: FetchConnection, delegate: HTTPMessageDelegate | undefined, error: unknown): void {
  if (connection.closed) return; // the client has left, which its reading ended with as well
  let status = 500;
  if (error instanceof HTTPInputError) {
    genLog.info(`Malformed request from ${connection.context.remoteIp}: ${error.message}`);
    status = error.status;
  } else {
    appLog.error(`Uncaught exception in a request delegate\n${describeError(error)}`);
  }
  try {
    const headers = new HTTPHeaders({ "Content-Length": "0" });
    if (!connection.responseFinished) {
      connection.respond({ code: status, reason: reasonPhrase(status) }, headers, new Uint8Array(0));
    }
  } catch {
    connection.abort(); // a part of the response is out
  }
  delegate?.onConnectionClose();
}
