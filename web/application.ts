/**
 * The application: it finds the handler for each request.
 *
 * It is the router that an `HTTPServer` serves with: routes for some hosts, then
 * routes for all of them, then a page that says 404.
 *
 * Tornado: `tornado.web.Application`.
 *
 * @module
 */

import { accessLog, autoreload } from "../ioloop/mod.ts";
import {
  HTTPHeaders,
  HTTPInputError,
  type HTTPMessageDelegate,
  HTTPServer,
  type HTTPServerOptions,
  type HTTPServerRequest,
} from "../http/mod.ts";
import type { BindOptions } from "../tcp/mod.ts";
import { contentEncoding } from "./content_encoding.ts";
import { logAccess } from "./access_log.ts";
import { withDebugDefaults } from "./debug_settings.ts";
import { ErrorHandler } from "./error_handler.ts";
import { HTTPError } from "./errors.ts";
import { type HandlerClass, isHandlerClass } from "./handler_class.ts";
import { HandlerDelegate } from "./handler_delegate.ts";
import { DefaultHostMatches, HostMatches } from "./matcher.ts";
import { type OutputTransformClass, type ShortBodies, shortBodiesOf } from "./output_transform.ts";
import type { RequestHandler } from "./request_handler.ts";
import { ReversibleRouter, type TargetParameters } from "./router.ts";
import { Rule, type RuleLike, RuleRouter, type RuleTarget } from "./rule_router.ts";
import type { ApplicationSettings } from "./settings.ts";
import { StaticFileHandler, type StaticFileHandlerClass } from "./static_file_handler.ts";
import { staticRoutes } from "./static_routes.ts";
import { checkXsrfSettings } from "./xsrf.ts";

/** A route of an {@linkcode Application}: a pattern and who answers, what its `initialize` is given, and a name. */
export type Route = RuleLike;

/** A new configuration of the log counts for good requests after this time at the latest. */
const LOG_CHECK_MS = 5;

/** Where to listen, and the settings of the server. */
export interface ApplicationListenOptions extends BindOptions, HTTPServerOptions {}

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
export class Application extends ReversibleRouter {
  /** The settings, with what `debug` stands for; never written to. */
  readonly settings: ApplicationSettings;
  readonly #routes: ApplicationRouter;
  /** Routes for some hosts only, which go first. */
  readonly #hosts: ApplicationRouter;
  readonly #transforms: OutputTransformClass[] = [];
  #shortBodies: ShortBodies | undefined;
  #infoCheckedAtMs = NaN;
  #infoEnabled = false;

  /**
   * An application with its routes; the first one that matches a request and has somebody to answer it is used.
   *
   * @throws {SyntaxError} if a pattern does not compile
   * @throws {TypeError} if a route is no array, its target none of the kinds there are, or the setting `serverName`
   * cannot be sent
   */
  constructor(routes: readonly Route[] = [], settings: ApplicationSettings = {}) {
    super();
    this.settings = withDebugDefaults(settings);
    if (settings.serverName !== undefined) new HTTPHeaders({ "Server": settings.serverName }); // throws if it is not legal
    const { transforms, compressResponse } = settings;
    if (transforms !== undefined) transforms.forEach((transform) => this.addTransform(transform));
    else if (compressResponse) this.addTransform(contentEncoding(compressResponse === true ? {} : compressResponse));
    checkXsrfSettings(settings);
    this.#hosts = new ApplicationRouter(this);
    this.#routes = new ApplicationRouter(this);
    this.#routes.addRules([...staticRoutes(settings), ...routes]);
    if (this.settings.autoreload) autoreload.start();
  }

  /** The class of handlers for static files, which makes their URLs. */
  get staticHandlerClass(): StaticFileHandlerClass {
    return this.settings.staticHandlerClass ?? StaticFileHandler;
  }

  /** The transforms of every response, in the order in which they are applied. */
  get transforms(): readonly OutputTransformClass[] {
    return this.#transforms;
  }

  /** Adds a class of transforms, whose work comes after that of those before it. */
  addTransform(transform: OutputTransformClass): void {
    this.#transforms.push(transform);
    this.#shortBodies = shortBodiesOf(this.#transforms);
  }

  /** What the transforms do to short bodies, if they are not needed for them. */
  get shortBodies(): ShortBodies | undefined {
    return this.#shortBodies;
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

  /**
   * Adds routes for hosts: a regular expression over the host in lower case and without its port, anchored as a whole.
   * They are tried before the routes that the application was made with, in the order in which they were added; and
   * after those, if the setting `defaultHost` is one of the hosts, for requests to any host that do not come through a
   * proxy.
   *
   * @throws {SyntaxError} if a pattern does not compile
   * @throws {TypeError} as the constructor does
   */
  addHandlers(hostPattern: string | RegExp, rules: readonly RuleLike[]): void {
    const host = new HostMatches(hostPattern);
    this.#hosts.addRules([[host, rules]]);
    const { defaultHost } = this.settings;
    if (defaultHost !== undefined) this.#routes.addRules([[new DefaultHostMatches(defaultHost, host), rules]]);
  }

  /** The delegate that answers a request: that of the first route that matches, else one that answers 404. */
  override findHandler(request: HTTPServerRequest): HTTPMessageDelegate {
    try {
      const delegate = (this.#hosts.rules.length === 0 ? undefined : this.#hosts.findHandler(request)) ??
        this.#routes.findHandler(request);
      if (delegate !== undefined) return delegate;
    } catch (error) {
      if (!(error instanceof HTTPInputError)) throw error;
      const badPath = new HTTPError(400, { logMessage: error.message, cause: error });
      return this.getHandlerDelegate(request, ErrorHandler, { targetKwargs: { error: badPath } });
    }
    const { defaultHandlerClass = ErrorHandler, defaultHandlerArgs } = this.settings;
    return this.getHandlerDelegate(request, defaultHandlerClass, { targetKwargs: defaultHandlerArgs });
  }

  /** The delegate that collects a request and runs a handler with it; for routers of one's own. */
  getHandlerDelegate(
    request: HTTPServerRequest,
    handlerClass: HandlerClass,
    parameters: TargetParameters = {},
  ): HTTPMessageDelegate {
    return new HandlerDelegate(this, request, handlerClass, parameters);
  }

  /**
   * The path of a named route with its parameters filled in, percent-encoded.
   *
   * @param name The name of the route.
   * @param args A value for each group of its pattern; for named groups one object with all of them will do.
   * @throws {RangeError} if there is no route of this name. Tornado: `KeyError`
   * @throws {TypeError} if its pattern has no way back, or needs other values
   */
  override reverseUrl(name: string, ...args: unknown[]): string {
    const url = this.tryReverseUrl(name, ...args);
    if (url === undefined) throw new RangeError(`Cannot reverse a URL, no route is named ${JSON.stringify(name)}`);
    return url;
  }

  /** As {@linkcode reverseUrl}, but `undefined` if there is no route of this name. */
  override tryReverseUrl(name: string, ...args: unknown[]): string | undefined {
    return this.#hosts.reverseUrl(name, ...args) ?? this.#routes.reverseUrl(name, ...args);
  }

  /** Writes an access log entry for a finished request, or calls the setting `logFunction`. */
  logRequest(handler: RequestHandler): void {
    if (this.settings.logFunction !== undefined) return this.settings.logFunction(handler);
    const status = handler.getStatus();
    if (status < 400 && !this.#logsInfo(handler.request.startTimeMs)) return;
    logAccess(status, handler.request);
  }

  /** Whether good requests are logged; asked anew when some time has passed, since asking costs more than routing. */
  #logsInfo(nowMs: number): boolean {
    const sinceMs = nowMs - this.#infoCheckedAtMs;
    if (sinceMs >= 0 && sinceMs < LOG_CHECK_MS) return this.#infoEnabled;
    this.#infoCheckedAtMs = nowMs;
    return this.#infoEnabled = accessLog.isEnabledFor("info");
  }
}

/** Leads to handlers too, and makes routers of lists. Tornado: `tornado.web._ApplicationRouter`. */
class ApplicationRouter extends RuleRouter {
  readonly #application: Application;

  constructor(application: Application) {
    super();
    this.#application = application;
  }

  override processRule(rule: Rule): Rule {
    const { target, matcher, targetKwargs, name } = rule;
    if (!Array.isArray(target)) return rule;
    const nested = new ApplicationRouter(this.#application);
    nested.addRules(target);
    return new Rule(matcher, nested, { kwargs: targetKwargs, ...(name === undefined ? {} : { name }) });
  }

  override getTargetDelegate(
    target: RuleTarget,
    request: HTTPServerRequest,
    parameters: TargetParameters,
  ): HTTPMessageDelegate | undefined {
    if (isHandlerClass(target)) return this.#application.getHandlerDelegate(request, target, parameters);
    return super.getTargetDelegate(target, request, parameters);
  }
}
