import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { HTTPClientError, HTTPHeaders, HTTPInputError } from "@denado/denado/http";
import { IOStream, StreamClosedError } from "@denado/denado/tcp";
import { computeAcceptValue, WebSocketError } from "@denado/denado/websocket";
import { type ClientHandshake, shakeHands } from "../../../http/websocket/client_handshake.ts";
import { memoryChannels } from "../../helpers/memory_pair.ts";

/** Lets a server answer by a text in which `ACCEPT` stands for the right value; returns the request as well. */
async function shake(answer: string, options: Partial<ClientHandshake> = {}) {
  const [one, other] = memoryChannels();
  const [stream, server] = [new IOStream(one), new IOStream(other)];
  const handshake: ClientHandshake = {
    url: new URL("ws://a.example/chat?x=1#fragment"),
    headers: new HTTPHeaders(),
    subprotocols: [],
    compression: undefined,
    ...options,
  };
  const result = shakeHands(stream, handshake);
  result.catch(() => {});
  const request = new TextDecoder().decode(await server.readUntil("\r\n\r\n"));
  const key = /\r\nSec-WebSocket-Key: (.*)\r\n/.exec(request)![1]!;
  await server.write(answer.replace("ACCEPT", computeAcceptValue(key)));
  if (answer === "") server.close();
  try {
    return { request, result: await result, rest: stream.readBuffer.length };
  } finally {
    stream.close();
    server.close();
  }
}

const ACCEPTED = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
  "Sec-WebSocket-Accept: ACCEPT\r\n";

Deno.test("shakeHands sends a handshake, and leaves what follows the answer", async () => {
  const { request, result, rest } = await shake(`${ACCEPTED}X-Server: yes\r\n\r\n\x81\x00`);
  assertMatch(
    request,
    /^GET \/chat\?x=1 HTTP\/1\.1\r\nHost: a\.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n/,
  );
  assertMatch(request, /\r\nSec-WebSocket-Version: 13\r\n/);
  assert(!/Protocol:|Extensions|Authorization/.test(request), request);
  assertEquals([result.subprotocol, result.deflate, result.headers.get("X-Server"), rest], [
    undefined,
    undefined,
    "yes",
    3,
  ]);
});

Deno.test("shakeHands sends fields, subprotocols, an offer and credentials", async () => {
  const headers = new HTTPHeaders([["Cookie", "a=1"], ["host", "b.example"], ["Sec-WebSocket-Key", "mine"]]);
  const { request, result } = await shake(
    `${ACCEPTED}Sec-WebSocket-Protocol: two\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n`,
    { headers, subprotocols: ["one", "two"], compression: {}, url: new URL("ws://us%20er:p%C3%A4ss@a.example") },
  );
  assertMatch(request, /^GET \/ HTTP\/1\.1\r\nHost: b\.example\r\nCookie: a=1\r\n/);
  assertMatch(request, /\r\nSec-WebSocket-Protocol: one,two\r\n/);
  assertMatch(request, /\r\nSec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n/);
  assertMatch(request, /\r\nAuthorization: Basic dXMgZXI6cMOkc3M=\r\n/);
  assert(!request.includes("mine"));
  assertEquals([result.subprotocol, result.deflate?.clientMaxWindowBits], ["two", 15]);
});

Deno.test("shakeHands sends credentials with a stray percent sign as they are", async () => {
  const { request } = await shake(`${ACCEPTED}\r\n`, { url: new URL("ws://u:100%@a.example") });
  assertMatch(request, /\r\nAuthorization: Basic dToxMDAl\r\n/);
});

Deno.test("shakeHands waits for the final response", async () => {
  const early = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
  await shake(`${early}${ACCEPTED}\r\n`);
  await assertRejects(() => shake(early.repeat(20)), WebSocketError, "too many interim responses");
});

for (
  const [answer, type, message] of [
    ["HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", HTTPClientError, "HTTP 404: Not Found"],
    ["HTTP/1.1 301 Moved\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n", HTTPClientError, "HTTP 301: Moved"],
    ["HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", WebSocketError, "answered 200 OK"],
    ["HTTP/1.1 101 Yes\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n", WebSocketError, "key was not answered"],
    [`${ACCEPTED}Sec-WebSocket-Protocol: other\r\n\r\n`, WebSocketError, "not proposed"],
    [`${ACCEPTED}Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n`, WebSocketError, "not offered"],
    ["SSH-2.0-OpenSSH\r\n\r\n", HTTPInputError, ""],
    [`${ACCEPTED}X: ${"a".repeat(70_000)}\r\n\r\n`, HTTPInputError, "Head too large"],
    [`${ACCEPTED}${"X: a\r\n".repeat(200)}\r\n`, HTTPInputError, "100"],
    ["", StreamClosedError, ""],
  ] as const
) {
  Deno.test(`shakeHands refuses ${JSON.stringify(answer.slice(0, 60))}`, async () => {
    const error = await assertRejects(() => shake(answer), Error, message);
    assertEquals(error.name, type.name);
  });
}
