/**
 * The application: it finds the handler for each request.
 *
 * It is the delegate that an `HTTPServer` serves with. For each request it
 * collects the body, finds the route, makes the handler and runs it.
 *
 * Tornado: `tornado.web.Application`.
 *
 * @module
 */

import { accessLog } from "../ioloop/mod.ts";
import {
  concatChunks,
  type HTTPConnection,
  HTTPHeaders,
  HTTPInputError,
  type HTTPMessageDelegate,
  HTTPServer,
  type HTTPServerConnectionDelegate,
  type HTTPServerOptions,
  HTTPServerRequest,
  type RequestHead,
  type ServerConnection,
} from "../http/mod.ts";
import type { BindOptions } from "../tcp/mod.ts";
import { HTTPError } from "./errors.ts";
import { type InitializeOptions, RequestHandler } from "./request_handler.ts";
import { RouteTable } from "./router.ts";
import type { ApplicationSettings } from "./settings.ts";

/** A subclass of {@linkcode RequestHandler}. */
export type HandlerClass = new (application: Application, request: HTTPServerRequest) => RequestHandler;

/** A route: a pattern, a handler class and what its `initialize` is given. */
export type Route = readonly [pattern: string | RegExp, handler: HandlerClass, options?: InitializeOptions];

/** Where to listen, and the settings of the server. */
export interface ApplicationListenOptions extends BindOptions, HTTPServerOptions {}

interface Target {
  readonly handler: HandlerClass;
  readonly options: InitializeOptions;
}

/**
 * A web application.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Application, RequestHandler } from "@denado/denado";
 *
 * class MainHandler extends RequestHandler {
 *   override get() {
 *     this.write("Hello, world");
 *   }
 * }
 *
 * const app = new Application([["/", MainHandler]]);
 * const server = app.listen(0, { address: "127.0.0.1" });
 * const response = await fetch(`http://127.0.0.1:${server.port}/`);
 * assertEquals(await response.text(), "Hello, world");
 * server.stop();
 * await server.closeAllConnections();
 * ```
 */
export class Application implements HTTPServerConnectionDelegate {
  /** The settings; never written to. */
  readonly settings: ApplicationSettings;
  readonly #routes = new RouteTable<Target>();
  #infoCheckedAtMs = NaN;
  #infoEnabled = false;

  /**
   * An application with its routes; the first one that matches is used.
   *
   * @throws {SyntaxError} if a pattern does not compile
   * @throws {TypeError} if a handler is not a subclass of {@linkcode RequestHandler}, a route is not an array, or the
   * setting `serverName` cannot be sent
   */
  constructor(routes: readonly Route[] = [], settings: ApplicationSettings = {}) {
    this.settings = settings;
    if (settings.serverName !== undefined) new HTTPHeaders({ "Server": settings.serverName }); // throws if it is not legal
    for (const route of routes) {
      if (!Array.isArray(route)) {
        throw new TypeError(`Cannot route ${Deno.inspect(route)}: a route is [pattern, handler, options]`);
      }
      const [pattern, handler, options = {}] = route as Route;
      if (typeof handler !== "function" || !(handler.prototype instanceof RequestHandler)) {
        throw new TypeError(
          `Cannot route ${JSON.stringify(String(pattern))} to ${Deno.inspect(handler)}: ` +
            "a handler is a class that extends RequestHandler",
        );
      }
      this.#routes.add(pattern, { handler, options });
    }
  }

  /**
   * Starts an HTTP server for this application on a port, and returns it.
   *
   * @throws what `bindSockets` throws, when the port cannot be had
   */
  listen(port: number, options: ApplicationListenOptions = {}): HTTPServer {
    const server = new HTTPServer(this, options);
    server.listen(port, options);
    return server;
  }

  /** Called by the server for each request. */
  startRequest(_serverConnection: ServerConnection, requestConnection: HTTPConnection): HTTPMessageDelegate {
    return new HandlerDelegate(this, requestConnection);
  }

  /** The handler for a request, initialized and with what the path holds. */
  findHandler(request: HTTPServerRequest): RequestHandler {
    let match;
    try {
      match = this.#routes.match(request.path);
    } catch (error) {
      if (!(error instanceof HTTPInputError)) throw error;
      return this.#errorHandler(request, new HTTPError(400, { logMessage: error.message }));
    }
    if (match === undefined) return this.#errorHandler(request, new HTTPError(404));
    const { handler: Handler, options } = match.target;
    let handler;
    try {
      handler = new Handler(this, request);
    } catch (error) {
      return this.#errorHandler(request, error);
    }
    handler.pathArgs = match.pathArgs;
    handler.pathKwargs = match.pathKwargs;
    handler.initializeWith(options);
    return handler;
  }

  /** Writes an access log entry for a finished request, or calls the setting `logFunction`. */
  logRequest(handler: RequestHandler): void {
    if (this.settings.logFunction !== undefined) return this.settings.logFunction(handler);
    const status = handler.getStatus();
    const level = status < 400 ? "info" : status < 500 ? "warning" : "error";
    if (level === "info" ? !this.#logsInfo(handler.request.startTimeMs) : !accessLog.isEnabledFor(level)) return;
    const { request } = handler;
    const summary = `${request.method} ${request.uri} (${request.remoteIp})`;
    accessLog.write(level, `${status} ${summary} ${request.requestTime().toFixed(2)}ms`);
  }

  /** Whether good requests are logged; asked once for all requests that began in the same turn of the loop. */
  #logsInfo(turnTimeMs: number): boolean {
    if (turnTimeMs !== this.#infoCheckedAtMs) {
      this.#infoCheckedAtMs = turnTimeMs;
      this.#infoEnabled = accessLog.isEnabledFor("info");
    }
    return this.#infoEnabled;
  }

  #errorHandler(request: HTTPServerRequest, error: unknown): RequestHandler {
    const handler = new ErrorHandler(this, request);
    handler.initializeWith({ error });
    return handler;
  }
}

/** Answers every method with one error. */
class ErrorHandler extends RequestHandler {
  #error: unknown;

  override initialize(options: { error: unknown }): void {
    this.#error = options.error;
  }

  override prepare(): void {
    throw this.#error;
  }
}

/** Collects one request and runs its handler. */
class HandlerDelegate implements HTTPMessageDelegate {
  readonly #application: Application;
  readonly #connection: HTTPConnection;
  #head: RequestHead | undefined;
  #chunks: Uint8Array[] | undefined;
  #handler: RequestHandler | undefined;

  constructor(application: Application, connection: HTTPConnection) {
    this.#application = application;
    this.#connection = connection;
  }

  headersReceived(head: RequestHead): void {
    this.#head = head;
  }

  dataReceived(chunk: Uint8Array): void {
    (this.#chunks ??= []).push(chunk.slice());
  }

  finish(): void {
    const request = new HTTPServerRequest(this.#head!, this.#connection);
    if (this.#chunks !== undefined) request.body = concatChunks(this.#chunks);
    this.#chunks = undefined;
    this.#handler = this.#application.findHandler(request);
    this.#handler.execute();
  }

  onConnectionClose(): void {
    this.#chunks = undefined;
    this.#handler?.connectionClosed();
  }
}
