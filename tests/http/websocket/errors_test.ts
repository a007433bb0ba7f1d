import { assert, assertEquals } from "@std/assert";
import { WebSocketClosedError, WebSocketError, WebSocketProtocolError } from "@denado/denado/websocket";

Deno.test("errors of WebSocket connections have one base, stable names and codes", () => {
  const closed = new WebSocketClosedError();
  const violated = new WebSocketProtocolError("reserved bits are set", 1002);
  assert(closed instanceof WebSocketError && violated instanceof WebSocketError);
  assertEquals([closed.name, closed.code], ["WebSocketClosedError", "ERR_WEBSOCKET_CLOSED"]);
  assertEquals([violated.name, violated.code, violated.closeCode], [
    "WebSocketProtocolError",
    "ERR_WEBSOCKET_PROTOCOL",
    1002,
  ]);
  assertEquals([new WebSocketError("x").name, new WebSocketError("x").code], ["WebSocketError", "ERR_WEBSOCKET"]);
});
