/**
 * An application behind a real server, for as long as a test runs.
 *
 * For `Deno.test` as well as for `@std/testing/bdd`: start it where the test begins, and `await using`, or `stop` in
 * `afterEach`, ends it with its connections.
 *
 * @module
 */

import {
  HTTPServer,
  type HTTPServerConnectionDelegate,
  type HTTPServerOptions,
  type RequestCallback,
} from "../../http/mod.ts";

/** What can be served: an `Application`, any other delegate of connections, or a function. */
export type TestTarget = HTTPServerConnectionDelegate | RequestCallback;

/** Options of {@linkcode HTTPTestServer.fetch}. */
export interface TestFetchOptions extends RequestInit {
  /** Whether a status from 400 on is an error. @default false */
  readonly raiseError?: boolean;
}

/**
 * A server on a free port of this machine.
 *
 * @example With Deno.test
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Application, RequestHandler } from "@denado/denado";
 * import { HTTPTestServer } from "@denado/denado/testing";
 *
 * class Hello extends RequestHandler {
 *   override get() {
 *     this.write("Hello, world");
 *   }
 * }
 *
 * Deno.test("the application says hello", async () => {
 *   await using server = new HTTPTestServer(new Application([["/", Hello]]));
 *   const response = await server.fetch("/");
 *   assertEquals(await response.text(), "Hello, world");
 * });
 * ```
 */
export class HTTPTestServer implements AsyncDisposable {
  /** The server. */
  readonly server: HTTPServer;
  readonly #protocol: string;
  readonly #client: Deno.HttpClient | undefined;

  /** Starts a server. @throws what `HTTPServer.listen` throws */
  constructor(target: TestTarget, options: HTTPServerOptions & { readonly client?: Deno.HttpClient } = {}) {
    const { client, ...serverOptions } = options;
    this.#protocol = options.sslOptions === undefined ? "http" : "https";
    this.#client = client;
    this.server = new HTTPServer(target, serverOptions);
    this.server.listen(0, { address: "127.0.0.1" });
  }

  /** The port. */
  get port(): number {
    return this.server.port!;
  }

  /** `http`, or `https` with the server option `sslOptions`. */
  get protocol(): string {
    return this.#protocol;
  }

  /** The URL of a path of the server. */
  url(path: string): string {
    return `${this.#protocol}://127.0.0.1:${this.port}${path}`;
  }

  /**
   * Asks the server, by the platform's `fetch`. The body of the response must be read or cancelled.
   *
   * @param path A path with its query, or a whole URL, which is taken as it is.
   * @throws {Error} with the response as `cause`, for a status from 400 on, if `raiseError` is set
   */
  async fetch(path: string, options: TestFetchOptions = {}): Promise<Response> {
    const { raiseError, ...init } = options;
    const url = /^https?:\/\//i.test(path) ? path : this.url(path);
    const response = await fetch(url, this.#client === undefined ? init : { client: this.#client, ...init });
    if (raiseError && response.status >= 400) {
      await response.body?.cancel();
      throw new Error(`HTTP ${response.status}: ${response.statusText} from ${url}`, { cause: response });
    }
    return response;
  }

  /** Stops the server, closes its connections, and the client if one was given. */
  async stop(): Promise<void> {
    this.server.stop();
    await this.server.closeAllConnections();
    this.#client?.close();
  }

  /** As {@linkcode stop}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}
