/**
 * Tests as classes, each with a server of its own.
 *
 * Tornado: `tornado.testing.AsyncHTTPTestCase`, `AsyncHTTPSTestCase`.
 *
 * @module
 */

import { AsyncHTTPClient, type HTTPServer, type HTTPServerOptions } from "../../http/mod.ts";
import type { SSLOptions } from "../../tcp/mod.ts";
import { AsyncTestCase } from "./async_test_case.ts";
import { HTTPTestServer, type TestFetchOptions, type TestTarget } from "./http_test_server.ts";
import { SELF_SIGNED_CERTIFICATE, SELF_SIGNED_KEY } from "./self_signed_certificate.ts";

/**
 * A test case that serves an application on a free port.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Application, RequestHandler } from "@denado/denado";
 * import { AsyncHTTPTestCase, runTests } from "@denado/denado/testing";
 *
 * class Hello extends RequestHandler {
 *   override get() {
 *     this.write("Hello, world");
 *   }
 * }
 *
 * class HelloTest extends AsyncHTTPTestCase {
 *   override getApp() {
 *     return new Application([["/", Hello]]);
 *   }
 *
 *   async testHomepage() {
 *     const response = await this.fetch("/");
 *     assertEquals([response.status, await response.text()], [200, "Hello, world"]);
 *   }
 * }
 *
 * const tests: (() => Promise<void>)[] = [];
 * runTests(HelloTest, (_name, test) => tests.push(test)); // without a second argument: Deno.test
 * for (const test of tests) await test();
 * ```
 */
export abstract class AsyncHTTPTestCase extends AsyncTestCase {
  #server: HTTPTestServer | undefined;
  #httpClient: AsyncHTTPClient | undefined;

  /** What is served: an `Application`, usually. */
  abstract getApp(): TestTarget;

  /** Settings of the server. @default none */
  getHttpserverOptions(): HTTPServerOptions {
    return {};
  }

  /** What {@linkcode fetch} asks with; closed after the test. @default the platform's default */
  getFetchClient(): Deno.HttpClient | undefined {
    return undefined;
  }

  /** Makes {@linkcode httpClient}. */
  getHttpClient(): AsyncHTTPClient {
    return new AsyncHTTPClient({ forceInstance: true });
  }

  /**
   * A client of Tornado's kind, for what the platform's `fetch` cannot do; made when it is first used, and closed after
   * the test.
   */
  get httpClient(): AsyncHTTPClient {
    return this.#httpClient ??= this.getHttpClient();
  }

  /** Makes the loop and starts the server. */
  override async setUp(): Promise<void> {
    await super.setUp();
    const client = this.getFetchClient();
    const options = { ...this.getHttpserverOptions(), ioLoop: this.ioLoop };
    this.#server = new HTTPTestServer(this.getApp(), client === undefined ? options : { ...options, client });
  }

  /** Stops the server and closes its connections. */
  override async tearDown(): Promise<void> {
    this.#httpClient?.close();
    this.#httpClient = undefined;
    await this.#server?.stop();
    this.#server = undefined;
    await super.tearDown();
  }

  /** The server. @throws {Error} before {@linkcode setUp} */
  getHttpServer(): HTTPServer {
    return this.#running.server;
  }

  /** The port of the server. */
  getHttpPort(): number {
    return this.#running.port;
  }

  /** `http` or `https`. */
  getProtocol(): string {
    return this.#running.protocol;
  }

  /** The URL of a path of the server. */
  getUrl(path: string): string {
    return this.#running.url(path);
  }

  /** Asks the server; see {@linkcode HTTPTestServer.fetch}. */
  fetch(path: string, options: TestFetchOptions = {}): Promise<Response> {
    return this.#running.fetch(path, options);
  }

  get #running(): HTTPTestServer {
    if (this.#server === undefined) {
      throw new Error("Cannot use the server of a test before setUp: call super.setUp() first");
    }
    return this.#server;
  }
}

/** A test case that serves with TLS, by a certificate that signed itself and that `fetch` trusts. */
export abstract class AsyncHTTPSTestCase extends AsyncHTTPTestCase {
  /** Certificate and key of the server. */
  getSslOptions(): SSLOptions {
    return AsyncHTTPSTestCase.defaultSslOptions();
  }

  /** The certificate that signed itself, and its key. */
  static defaultSslOptions(): SSLOptions {
    return { cert: SELF_SIGNED_CERTIFICATE, key: SELF_SIGNED_KEY };
  }

  /** The settings for TLS. */
  override getHttpserverOptions(): HTTPServerOptions {
    return { ...super.getHttpserverOptions(), sslOptions: this.getSslOptions() };
  }

  /** A client that trusts the certificate. */
  override getFetchClient(): Deno.HttpClient {
    return Deno.createHttpClient({ caCerts: [SELF_SIGNED_CERTIFICATE] });
  }

  /** A client that trusts every certificate. */
  override getHttpClient(): AsyncHTTPClient {
    return new AsyncHTTPClient({ forceInstance: true, defaults: { validateCert: false } });
  }
}
