/**
 * What every router is: an application that finds somebody else to answer each request.
 *
 * A router is a delegate that a server can serve with. When the head of a
 * request has arrived it asks {@linkcode Router.findHandler} who takes the
 * request, and from there on passes everything to that delegate.
 *
 * Tornado: `tornado.routing.Router`.
 *
 * @module
 */

import { appLog } from "../ioloop/mod.ts";
import {
  type HTTPConnection,
  HTTPHeaders,
  type HTTPMessageDelegate,
  type HTTPServerConnectionDelegate,
  HTTPServerRequest,
  type RequestHead,
  type ServerConnection,
} from "../http/mod.ts";
import type { PathParameters } from "./path_pattern.ts";

/** What a rule tells the target of a request about it. */
export interface TargetParameters extends Partial<PathParameters> {
  /** What the rule hands to `initialize`. */
  readonly targetKwargs?: unknown;
}

/**
 * Finds the delegate for each request.
 *
 * @example A router of one's own
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Application, HTTPServer, RequestHandler, Router } from "@denado/denado";
 * import type { HTTPMessageDelegate, HTTPServerRequest } from "@denado/denado/http";
 *
 * class Visitor extends RequestHandler {
 *   override get() {
 *     this.write("Welcome");
 *   }
 * }
 *
 * class ByAgent extends Router {
 *   readonly app = new Application();
 *   override findHandler(request: HTTPServerRequest): HTTPMessageDelegate | undefined {
 *     if (request.headers.has("User-Agent")) return this.app.getHandlerDelegate(request, Visitor);
 *     return undefined;
 *   }
 * }
 *
 * const server = new HTTPServer(new ByAgent());
 * server.listen(0, { address: "127.0.0.1" });
 * const response = await fetch(`http://127.0.0.1:${server.port}/`);
 * assertEquals(await response.text(), "Welcome");
 * server.stop();
 * await server.closeAllConnections();
 * ```
 */
export abstract class Router implements HTTPServerConnectionDelegate {
  /**
   * The delegate that answers a request whose head has arrived; `undefined` if this router has none.
   *
   * @param request The request; its body comes later.
   * @param parameters What a rule that led here found out, when this router is the target of another.
   */
  abstract findHandler(request: HTTPServerRequest, parameters?: TargetParameters): HTTPMessageDelegate | undefined;

  /** Called by the server for each request. */
  startRequest(serverConnection: ServerConnection, requestConnection: HTTPConnection): HTTPMessageDelegate {
    return new RoutingDelegate(this, serverConnection, requestConnection);
  }
}

/** A router that knows the way back: from the name of a rule to a path. Tornado: `tornado.routing.ReversibleRouter`. */
export abstract class ReversibleRouter extends Router {
  /**
   * The path of a named rule with its parameters filled in; `undefined` if there is no such rule.
   *
   * @param name The name of the rule.
   * @param args A value for each group of its pattern; for named groups one object with all of them will do.
   */
  abstract reverseUrl(name: string, ...args: unknown[]): string | undefined;

  /** As {@linkcode reverseUrl}, and `undefined` also where that throws because there is no such rule. */
  tryReverseUrl(name: string, ...args: unknown[]): string | undefined {
    return this.reverseUrl(name, ...args);
  }
}

/** Routes one request when its head has arrived. */
class RoutingDelegate implements HTTPMessageDelegate {
  readonly #router: Router;
  readonly #serverConnection: ServerConnection;
  readonly #connection: HTTPConnection;
  #target: HTTPMessageDelegate | undefined;

  constructor(router: Router, serverConnection: ServerConnection, connection: HTTPConnection) {
    this.#router = router;
    this.#serverConnection = serverConnection;
    this.#connection = connection;
  }

  headersReceived(head: RequestHead, headers: HTTPHeaders): void | Promise<void> {
    const request = new HTTPServerRequest(head, this.#connection, this.#serverConnection);
    let target = this.#router.findHandler(request);
    if (target === undefined) {
      appLog.debug(`No delegate found for ${request.method} ${request.uri}`);
      target = new NotFoundDelegate(this.#connection);
    }
    this.#target = target;
    return target.headersReceived(head, headers);
  }

  dataReceived(chunk: Uint8Array, owned?: boolean): void | Promise<void> {
    return this.#target!.dataReceived(chunk, owned);
  }

  finish(): void | Promise<void> {
    return this.#target!.finish();
  }

  onConnectionClose(): void {
    this.#target?.onConnectionClose();
  }
}

/** Answers 404 with nothing else: there is no application to make a page. */
class NotFoundDelegate implements HTTPMessageDelegate {
  readonly #connection: HTTPConnection;

  constructor(connection: HTTPConnection) {
    this.#connection = connection;
  }

  headersReceived(): void {}

  dataReceived(): void {}

  finish(): void {
    const headers = new HTTPHeaders({ "Content-Length": "0" });
    this.#connection.respond({ code: 404, reason: "Not Found" }, headers, new Uint8Array(0));
  }

  onConnectionClose(): void {}
}
