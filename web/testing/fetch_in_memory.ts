/**
 * Requests to an application without a socket.
 *
 * @module
 */

import type { HTTPServerConnectionDelegate } from "../../http/mod.ts";
import { toFetchHandler } from "../fetch_adapter.ts";

/**
 * Asks an application, as `fetch` asks a server, but without a connection: the fastest way to test handlers. What
 * belongs to connections (time limits, keep-alive, interim responses) needs an {@linkcode HTTPTestServer}.
 *
 * @param target An `Application`, or any other delegate of connections.
 * @param path A path with its query, which is one of `http://localhost`, or a whole URL.
 * @param init Method, headers, body and so on.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Application, RequestHandler } from "@denado/denado";
 * import { fetchInMemory } from "@denado/denado/testing";
 *
 * class Double extends RequestHandler {
 *   override post() {
 *     this.write(String(2 * Number(this.getBodyArgument("n"))));
 *   }
 * }
 *
 * const app = new Application([["/double", Double]], { logFunction: () => {} });
 * const response = await fetchInMemory(app, "/double", { method: "POST", body: new URLSearchParams({ n: "21" }) });
 * assertEquals(await response.text(), "42");
 * ```
 */
export function fetchInMemory(
  target: HTTPServerConnectionDelegate,
  path: string,
  init: RequestInit = {},
): Promise<Response> {
  return toFetchHandler(target)(new Request(new URL(path, "http://localhost"), init));
}
