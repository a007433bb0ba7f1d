import { Application, HTTPServer, RequestHandler, Router } from "@denado/denado";
import type { HTTPMessageDelegate, HTTPServerRequest } from "@denado/denado/http";
import { assertEquals } from "@std/assert";
import { withServer } from "../helpers/http_server.ts";
import { request } from "../helpers/web_app.ts";

class Echo extends RequestHandler {
  override get(...args: unknown[]): void {
    this.write(`GET ${args}`);
  }
  override post(): void {
    this.write(this.request.body);
  }
}

class ByMethod extends Router {
  readonly seen: HTTPServerRequest[] = [];
  readonly #app = new Application();
  override findHandler(request: HTTPServerRequest): HTTPMessageDelegate | undefined {
    this.seen.push(request);
    if (request.method === "DELETE") return undefined;
    return this.#app.getHandlerDelegate(request, Echo, { pathArgs: [request.path] });
  }
}

Deno.test("Router serves by itself, and hands head, body and path arguments to what it finds", () => {
  const router = new ByMethod();
  return withServer(router, async (server) => {
    const client = await server.connect();
    assertEquals((await client.request(request("GET /x"))).body, "GET /x");
    assertEquals((await client.request(request("POST /", "Content-Length: 3\r\n") + "abc")).body, "abc");
    assertEquals(router.seen.map(({ method }) => method), ["GET", "POST"]);
    assertEquals(router.seen[0]!.serverConnection, router.seen[1]!.serverConnection);
  });
});

Deno.test("Router that finds nobody answers 404 without a body, and reads that of the request", () =>
  withServer(new ByMethod(), async (server) => {
    const client = await server.connect();
    const response = await client.request(request("DELETE /", "Content-Length: 3\r\n") + "abc");
    assertEquals([response.status, response.body], [404, ""]);
    assertEquals((await client.request(request("GET /x"))).status, 200);
  }));

Deno.test("Router tells what it found of a client that leaves", () => {
  let closed = 0;
  class Leaving extends Router {
    override findHandler(): HTTPMessageDelegate {
      return { headersReceived() {}, dataReceived() {}, finish() {}, onConnectionClose: () => void closed++ };
    }
  }
  return withServer(new Leaving(), async (server) => {
    const client = await server.connect();
    await client.send(request("GET /"));
    client.close();
    await server.connectionsEnded();
    assertEquals(closed, 1);
  });
});

Deno.test("Router is what an HTTPServer takes", () => {
  new HTTPServer(new ByMethod());
});
