import { assert, assertEquals, assertMatch, assertNotEquals, assertThrows } from "@std/assert";
import { HTTPHeaders } from "@denado/denado/http";
import {
  checkUpgrade,
  computeAcceptValue,
  isRefusal,
  newHandshakeKey,
  parseHandshake,
  parseHandshakeAnswer,
  WebSocketError,
} from "@denado/denado/websocket";

const KEY = "dGhlIHNhbXBsZSBub25jZQ==";
const REQUEST = {
  "Upgrade": "websocket",
  "Connection": "Upgrade",
  "Sec-WebSocket-Key": KEY,
  "Sec-WebSocket-Version": "13",
};

/** The fields of a request; `null` takes one away. */
function headers(base: Record<string, string>, changes: Record<string, string | null> = {}): HTTPHeaders {
  const fields = { ...base, ...changes };
  return new HTTPHeaders(Object.entries(fields).filter((field): field is [string, string] => field[1] !== null));
}

Deno.test("checkUpgrade accepts a handshake, in any case and with more in the list", () => {
  assertEquals(checkUpgrade(headers(REQUEST)), undefined);
  assertEquals(checkUpgrade(headers(REQUEST, { Upgrade: "WebSocket", Connection: "keep-alive, upgrade" })), undefined);
});

for (
  const [name, changes, message] of [
    ["Upgrade is missing", { Upgrade: null }, 'Can "Upgrade" only to "WebSocket".'],
    ["Upgrade is h2c", { Upgrade: "h2c" }, 'Can "Upgrade" only to "WebSocket".'],
    ["Connection is missing", { Connection: null }, '"Connection" must be "Upgrade".'],
    ["Connection is keep-alive", { Connection: "keep-alive" }, '"Connection" must be "Upgrade".'],
  ] as const
) {
  Deno.test(`checkUpgrade answers 400 where ${name}`, () => {
    assertEquals(checkUpgrade(headers(REQUEST, changes)), { status: 400, message });
  });
}

Deno.test("parseHandshake reads key, subprotocols and extensions", () => {
  const request = parseHandshake(headers(REQUEST, {
    "Sec-WebSocket-Protocol": "chat, superchat",
    "Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits, x-test",
  }));
  assert(!isRefusal(request));
  assertEquals([request.key, request.subprotocols], [KEY, ["chat", "superchat"]]);
  assertEquals(request.extensions.map(({ name }) => name), ["permessage-deflate", "x-test"]);
});

for (const version of ["7", "8", "13"]) {
  Deno.test(`parseHandshake takes version ${version}`, () => {
    assert(!isRefusal(parseHandshake(headers(REQUEST, { "Sec-WebSocket-Version": version }))));
  });
}

for (
  const [field, value, status] of [
    ["Sec-WebSocket-Version", null, 426],
    ["Sec-WebSocket-Version", "12", 426],
    ["Sec-WebSocket-Version", "013", 426],
    ["Sec-WebSocket-Key", null, 400],
    ["Sec-WebSocket-Key", "", 400],
    ["Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ", 400],
    ["Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZR==", 400],
    ["Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==dGhlIHNhbXBsZSBub25jZQ==", 400],
    ["Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25_ZQ==", 400],
    ["Sec-WebSocket-Protocol", "a, a", 400],
    ["Sec-WebSocket-Protocol", "a b", 400],
    ["Sec-WebSocket-Extensions", "permessage-deflate; =", 400],
  ] as const
) {
  Deno.test(`parseHandshake answers ${status} to ${field} ${JSON.stringify(value)}`, () => {
    const result = parseHandshake(headers(REQUEST, { [field]: value }));
    assert(isRefusal(result));
    assertEquals(result.status, status);
  });
}

Deno.test("computeAcceptValue computes the example of RFC 6455 1.3", () => {
  assertEquals(computeAcceptValue(KEY), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
});

Deno.test("newHandshakeKey is 16 random bytes in base64", () => {
  const key = newHandshakeKey();
  assertMatch(key, /^[A-Za-z0-9+/]{22}==$/);
  assertNotEquals(key, newHandshakeKey());
  assert(!isRefusal(parseHandshake(headers(REQUEST, { "Sec-WebSocket-Key": key }))));
});

const ANSWER = { "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Accept": computeAcceptValue(KEY) };
const SENT = { key: KEY, subprotocols: ["chat"] };

Deno.test("parseHandshakeAnswer reads what the server accepted", () => {
  assertEquals(parseHandshakeAnswer(headers(ANSWER), SENT), { subprotocol: undefined, extensions: [] });
  const answer = headers(ANSWER, {
    "Sec-WebSocket-Protocol": "chat",
    "Sec-WebSocket-Extensions": "permessage-deflate",
  });
  assertEquals(parseHandshakeAnswer(answer, SENT), {
    subprotocol: "chat",
    extensions: [{ name: "permessage-deflate", parameters: [] }],
  });
});

for (
  const [field, value] of [
    ["Upgrade", null],
    ["Upgrade", "h2c"],
    ["Connection", null],
    ["Connection", "close"],
    ["Sec-WebSocket-Accept", null],
    ["Sec-WebSocket-Accept", computeAcceptValue("another key")],
    ["Sec-WebSocket-Protocol", "Chat"],
    ["Sec-WebSocket-Protocol", "chat, chat"],
    ["Sec-WebSocket-Extensions", ";"],
  ] as const
) {
  Deno.test(`parseHandshakeAnswer refuses ${field} ${JSON.stringify(value)}`, () => {
    const error = assertThrows(() => parseHandshakeAnswer(headers(ANSWER, { [field]: value }), SENT), WebSocketError);
    assertMatch(error.message, new RegExp(`Cannot open WebSocket.*${field}`));
  });
}
