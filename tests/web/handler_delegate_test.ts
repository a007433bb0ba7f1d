import { Application, RequestHandler } from "@denado/denado";
import { assertEquals } from "@std/assert";
import { HandlerDelegate } from "../../web/handler_delegate.ts";
import { withServer } from "../helpers/http_server.ts";
import { parsedRequest } from "../helpers/parsed_request.ts";
import { request } from "../helpers/web_app.ts";

const seen: unknown[] = [];

class Seen extends RequestHandler {
  override initialize(options: unknown): void {
    seen.push(options, this.pathArgs, this.pathKwargs);
  }
  override post(): void {
    this.write(this.request.body);
  }
}

Deno.test("HandlerDelegate makes the handler when the request is complete, with what the route found out", () => {
  seen.length = 0;
  const routed = parsedRequest("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n");
  const parameters = { pathArgs: ["a"], pathKwargs: { b: "c" }, targetKwargs: { d: 1 } };
  const delegate = new HandlerDelegate(new Application(), routed, Seen, parameters);
  delegate.headersReceived();
  delegate.dataReceived(new Uint8Array([1]));
  assertEquals(seen, []);
  delegate.onConnectionClose();
  assertEquals(seen, []);
});

Deno.test("HandlerDelegate gives initialize an object where the route has no options", () => {
  seen.length = 0;
  return withServer(new Application([["/(?P<b>.)", Seen], ["/", Seen, { d: 1 }]]), async (server) => {
    const client = await server.connect();
    const body = "Content-Length: 3\r\n";
    assertEquals((await client.request(request("POST /c", body) + "abc")).body, "abc");
    assertEquals((await client.request(request("POST /", body) + "abc")).body, "abc");
    assertEquals(seen, [{}, [], { b: "c" }, { d: 1 }, [], undefined]);
  });
});
