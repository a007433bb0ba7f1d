/**
 * What helps to test applications, with `Deno.test` or `@std/testing/bdd`.
 *
 * - {@linkcode HTTPTestServer} serves an application for as long as a test runs; {@linkcode fetchInMemory} asks one
 *   without a socket, and {@linkcode memoryStreams} are two ends of a connection without one.
 * - {@linkcode AsyncHTTPTestCase} and its relatives are Tornado's classes; {@linkcode runTests} registers their tests.
 * - {@linkcode ExpectLog} expects messages in the log, {@linkcode ManualClock} makes time pass, {@linkcode genTest}
 *   limits it.
 *
 * Tornado: `tornado.testing`.
 *
 * With `describe` and `it` the server is made in `beforeEach` and ended in `afterEach`:
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Application, RedirectHandler } from "@denado/denado";
 * import { HTTPTestServer } from "@denado/denado/testing";
 *
 * let server: HTTPTestServer;
 * const setUp = () => { // beforeEach(setUp)
 *   server = new HTTPTestServer(new Application([["/old", RedirectHandler, { url: "/new" }]]));
 * };
 * const tearDown = () => server.stop(); // afterEach(tearDown)
 *
 * setUp();
 * const response = await server!.fetch("/old", { redirect: "manual" });
 * assertEquals(response.headers.get("Location"), "/new");
 * await response.body?.cancel();
 * await tearDown();
 * ```
 *
 * @module
 */

export * from "./testing/async_http_test_case.ts";
export * from "./testing/async_test_case.ts";
export * from "./testing/bind_unused_port.ts";
export * from "./testing/expect_log.ts";
export * from "./testing/fetch_in_memory.ts";
export * from "./testing/gen_test.ts";
export * from "./testing/http_test_server.ts";
export * from "./testing/manual_clock.ts";
export * from "./testing/memory_streams.ts";
export * from "./testing/run_tests.ts";
export * from "./testing/test_timeout.ts";
