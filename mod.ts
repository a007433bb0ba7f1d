/**
 * Denado: Tornado's architecture in TypeScript on Deno.
 *
 * An explicit IOLoop, streams and servers over `Deno.listen` sockets, HTTP/1.1
 * and a web framework, under the names that Tornado's users know.
 *
 * @example Hello, world
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
 *
 * @module
 */

export * from "./http/mod.ts";
export * from "./ioloop/mod.ts";
export * from "./tcp/mod.ts";
export * from "./web/mod.ts";
