import { assertEquals, assertThrows } from "@std/assert";
import { HTTPOutputError } from "../../http/errors.ts";
import { HTTPHeaders } from "../../http/headers.ts";
import { interimHead, MessageWriter, type ResponseTo } from "../../http/message_writer.ts";
import { feedPieces, latin1 } from "../helpers/parser_feed.ts";

type Fields = Record<string, string | string[]>;

const GET11: ResponseTo = { method: "GET", minorVersion: 1 };
const HEAD11: ResponseTo = { method: "HEAD", minorVersion: 1 };
const CLOSE11: ResponseTo = { method: "GET", minorVersion: 1, keepAlive: false };
const CONNECT11: ResponseTo = { method: "CONNECT", minorVersion: 1 };
const GET10: ResponseTo = { method: "GET", minorVersion: 0, keepAlive: false };
const KEEP10: ResponseTo = { method: "GET", minorVersion: 0, keepAlive: true };

interface Framing {
  chunked: boolean;
  remaining: number;
  closeAfter: boolean;
}

const NONE: Framing = { chunked: false, remaining: 0, closeAfter: false };
const CHUNKED: Framing = { chunked: true, remaining: -1, closeAfter: false };
/** What follows is not HTTP. */
const TUNNEL: Framing = { chunked: false, remaining: 0, closeAfter: true };
const CLOSE: Framing = { chunked: false, remaining: -1, closeAfter: true };

function length(remaining: number): Framing {
  return { chunked: false, remaining, closeAfter: false };
}

const RESPONSES: [
  name: string,
  code: number,
  fields: Fields,
  request: ResponseTo,
  lines: string[],
  framing: Framing,
][] = [
  ["by length", 200, { "Content-Length": "5" }, GET11, ["Content-Length: 5"], length(5)],
  ["by length 0", 200, { "content-length": "0" }, GET11, ["content-length: 0"], length(0)],
  ["chunked in HTTP/1.1", 200, { A: "b" }, GET11, ["A: b", "Transfer-Encoding: chunked"], CHUNKED],
  ["until the close in HTTP/1.0", 200, { A: "b" }, GET10, ["A: b"], CLOSE],
  ["until the close, although HTTP/1.0 asked for more", 200, {}, KEEP10, [], CLOSE],
  ["for an HTTP/1.0 client that goes on", 200, { "Content-Length": "1" }, KEEP10, [
    "Content-Length: 1",
    "Connection: Keep-Alive",
  ], length(1)],
  ["for an HTTP/1.0 client that closes", 200, { "Content-Length": "1" }, GET10, ["Content-Length: 1"], {
    ...length(1),
    closeAfter: true,
  }],
  ["for an HTTP/1.1 client that closes", 200, { "Content-Length": "1" }, CLOSE11, [
    "Content-Length: 1",
    "Connection: close",
  ], { ...length(1), closeAfter: true }],
  [
    "chunked for an HTTP/1.1 client that closes",
    200,
    {},
    CLOSE11,
    ["Transfer-Encoding: chunked", "Connection: close"],
    {
      ...CHUNKED,
      closeAfter: true,
    },
  ],
  ["for HEAD", 200, {}, HEAD11, [], NONE],
  ["for HEAD with a length", 200, { "Content-Length": "5" }, HEAD11, ["Content-Length: 5"], NONE],
  ["304 with a length", 304, { "Content-Length": "5", Etag: '"a"' }, GET11, ["Content-Length: 5", 'Etag: "a"'], NONE],
  ["304", 304, {}, GET11, [], NONE],
  ["204", 204, {}, GET11, [], NONE],
  ["204 with a length, which must not be sent", 204, { "Content-Length": "0" }, GET11, [], NONE],
  [
    "101",
    101,
    { Upgrade: "websocket", Connection: "Upgrade" },
    GET11,
    ["Upgrade: websocket", "Connection: Upgrade"],
    TUNNEL,
  ],
  ["101 to a client that asked to close", 101, { Connection: "Upgrade" }, CLOSE11, ["Connection: Upgrade"], TUNNEL],
  ["200 to CONNECT, with a length, which must not be sent", 200, { "Content-Length": "2" }, CONNECT11, [], TUNNEL],
  ["405 to CONNECT", 405, { "Content-Length": "2" }, CONNECT11, ["Content-Length: 2"], length(2)],
  ["with a coding of the application's, replaced", 200, { "Transfer-Encoding": "gzip" }, GET11, [
    "Transfer-Encoding: chunked",
  ], CHUNKED],
  ["with a coding and a length, which wins", 200, { "transfer-encoding": "chunked", "Content-Length": "2" }, GET11, [
    "Content-Length: 2",
  ], length(2)],
  ["with a coding in HTTP/1.0, dropped", 200, { "Transfer-Encoding": "chunked" }, GET10, [], CLOSE],
  ["with close of the application's", 200, { "Content-Length": "1", connection: "Close" }, GET11, [
    "Content-Length: 1",
    "Connection: close",
  ], { ...length(1), closeAfter: true }],
  ["with close in a list", 200, { "Content-Length": "1", connection: ["x", "close, y"] }, GET11, [
    "Content-Length: 1",
    "Connection: close",
  ], { ...length(1), closeAfter: true }],
  ["with another option of the application's", 200, { "Content-Length": "1", Connection: "keep-alive" }, GET11, [
    "Content-Length: 1",
    "Connection: keep-alive",
  ], length(1)],
  [
    "with a promise to a closing HTTP/1.0 client, dropped",
    200,
    { "Content-Length": "1", Connection: "keep-alive" },
    GET10,
    [
      "Content-Length: 1",
    ],
    { ...length(1), closeAfter: true },
  ],
  ["with repeated fields", 200, { "Content-Length": "1", "Set-Cookie": ["a=b", "c=d"] }, GET11, [
    "Content-Length: 1",
    "Set-Cookie: a=b",
    "Set-Cookie: c=d",
  ], length(1)],
  [
    "with fields whose names are as long as others",
    200,
    {
      "Content-Length": "1",
      "Keep-Alive": "x",
      "Accept-Patch": "y",
      "Content-Lengti": "z",
      "X-ransfer-Encodin": "w",
    },
    GET11,
    ["Content-Length: 1", "Keep-Alive: x", "Accept-Patch: y", "Content-Lengti: z", "X-ransfer-Encodin: w"],
    length(1),
  ],
];

for (const [name, code, fields, request, lines, framing] of RESPONSES) {
  Deno.test(`MessageWriter begins a response ${name}`, () => {
    const writer = new MessageWriter();
    const headers = new HTTPHeaders(fields);
    const before = [...headers.getAll()];
    const head = writer.startResponse({ code, reason: "Why not" }, headers, request);
    assertEquals(head.split("\r\n"), [`HTTP/1.1 ${code} Why not`, ...lines, "", ""]);
    const { chunked, remaining, closeAfter } = writer;
    assertEquals({ chunked, remaining, closeAfter }, framing);
    assertEquals([...headers.getAll()], before, "the headers are not changed");
    // The same writer, the same head: nothing of the last response is left.
    writer.startResponse({ code: 200, reason: "OK" }, new HTTPHeaders({ "Content-Length": "99" }), CLOSE11);
    assertEquals(writer.startResponse({ code, reason: "Why not" }, headers, request), head);
    assertEquals({ chunked: writer.chunked, remaining: writer.remaining, closeAfter: writer.closeAfter }, framing);
  });

  Deno.test(`MessageWriter begins a response ${name}, and the parser agrees`, () => {
    const writer = new MessageWriter();
    const head = writer.startResponse({ code, reason: "x" }, new HTTPHeaders(fields), request);
    const events = feedPieces("response", [latin1(head)], { methods: [request.method] });
    const first = events[0]!;
    if (first.type !== "head") throw new Error(JSON.stringify(events));
    const expected = framing.chunked
      ? "chunked"
      : framing.remaining > 0
      ? "length"
      : framing.remaining < 0
      ? "close"
      : "none";
    assertEquals(first.head.framing, expected);
    // An HTTP/1.0 client closes anyway, so that it is not told (as in Tornado).
    if (code !== 101 && request.minorVersion > 0) assertEquals(first.head.keepAlive, !framing.closeAfter);
  });
}

const REQUESTS: [name: string, method: string, fields: Fields, lines: string[], framing: Framing][] = [
  ["without a body", "GET", { Host: "a" }, ["Host: a"], NONE],
  ["by length", "POST", { "Content-Length": "3" }, ["Content-Length: 3"], length(3)],
  ["by length, whatever the method", "DELETE", { "Content-Length": "3" }, ["Content-Length: 3"], length(3)],
  ["chunked for POST", "POST", {}, ["Transfer-Encoding: chunked"], CHUNKED],
  ["chunked for PUT", "PUT", {}, ["Transfer-Encoding: chunked"], CHUNKED],
  ["chunked for PATCH", "PATCH", {}, ["Transfer-Encoding: chunked"], CHUNKED],
  ["chunked when asked for", "DELETE", { "Transfer-Encoding": "chunked" }, ["Transfer-Encoding: chunked"], CHUNKED],
  ["by length, although a coding is named", "POST", { "Transfer-Encoding": "chunked", "Content-Length": "1" }, [
    "Content-Length: 1",
  ], length(1)],
  ["that closes", "GET", { Connection: "close" }, ["Connection: close"], { ...NONE, closeAfter: true }],
];

for (const [name, method, fields, lines, framing] of REQUESTS) {
  Deno.test(`MessageWriter begins a request ${name}`, () => {
    const writer = new MessageWriter();
    const head = writer.startRequest({ method, path: "/x?y" }, new HTTPHeaders(fields));
    assertEquals(head.split("\r\n"), [`${method} /x?y HTTP/1.1`, ...lines, "", ""]);
    const { chunked, remaining, closeAfter } = writer;
    assertEquals({ chunked, remaining, closeAfter }, framing);
  });
}

Deno.test("MessageWriter refuses a method or target that would break the request line", () => {
  const start = (method: string, path: string): void => {
    new MessageWriter().startRequest({ method, path }, new HTTPHeaders());
  };
  for (const method of ["", "G T", "GET\r\n", "GÉT", "GET\0"]) {
    assertThrows(() => start(method, "/"), TypeError, "invalid method");
  }
  for (const path of ["", "/ x", "/\r\nA: b", "/\0", "/\t", "/\x7f", "/\u0100"]) {
    assertThrows(() => start("GET", path), TypeError, "invalid target");
  }
});

Deno.test("MessageWriter refuses a reason or status that would break the status line", () => {
  const start = (code: number, reason: string): void => {
    new MessageWriter().startResponse({ code, reason }, new HTTPHeaders(), GET11);
  };
  for (const reason of ["a\r\nb", "a\n", "a\r", "a\0", "\x7f", "\u0100"]) {
    assertThrows(() => start(200, reason), TypeError, "invalid reason");
  }
  for (const code of [0, 99, 1000, 200.5, NaN, -200]) assertThrows(() => start(code, "OK"), RangeError, "status");
});

Deno.test("MessageWriter refuses a Content-Length that is not one number", () => {
  for (const value of ["", "foo", "-1", "+1", "1.5", "1e3", "1,1", "1 1", "9007199254740992"]) {
    const headers = new HTTPHeaders({ "Content-Length": value });
    assertThrows(
      () => new MessageWriter().startResponse({ code: 200, reason: "OK" }, headers, GET11),
      HTTPOutputError,
      "Content-Length must be",
    );
    assertThrows(() => new MessageWriter().startRequest({ method: "GET", path: "/" }, headers), HTTPOutputError);
  }
  const twice = new HTTPHeaders({ "Content-Length": ["1", "1"] });
  assertThrows(() => new MessageWriter().startResponse({ code: 200, reason: "OK" }, twice, GET11), HTTPOutputError);
});

Deno.test("MessageWriter writes chunks and the last chunk", () => {
  const writer = new MessageWriter();
  writer.startResponse({ code: 200, reason: "OK" }, new HTTPHeaders(), GET11);
  assertEquals([writer.frame(3), writer.frame(0), writer.frame(31)], ["3\r\n", "", "1f\r\n"]);
  assertEquals(writer.finish(), "0\r\n\r\n");
  assertEquals(writer.finish(), "", "once only");
});

Deno.test("MessageWriter writes trailers after chunks only", () => {
  const writer = new MessageWriter();
  const trailers = new HTTPHeaders({ A: "b" });
  writer.startResponse({ code: 200, reason: "OK" }, new HTTPHeaders(), GET11);
  assertEquals(writer.finish(trailers), "0\r\nA: b\r\n\r\n");
  writer.startResponse({ code: 200, reason: "OK" }, new HTTPHeaders({ "Content-Length": "0" }), GET11);
  assertEquals(writer.finish(trailers), "");
});

Deno.test("MessageWriter counts bytes against Content-Length", () => {
  const writer = new MessageWriter();
  const start = () =>
    writer.startResponse({ code: 200, reason: "OK" }, new HTTPHeaders({ "Content-Length": "4" }), GET11);
  start();
  assertEquals([writer.frame(1), writer.frame(0), writer.frame(3), writer.finish()], ["", "", "", ""]);
  start();
  writer.frame(3);
  assertThrows(() => writer.frame(2), HTTPOutputError, "Tried to write more data than Content-Length");
  start();
  writer.frame(1);
  assertThrows(() => writer.finish(), HTTPOutputError, "Tried to write 3 bytes less than Content-Length");
});

Deno.test("MessageWriter lets nothing be written where there is no body", () => {
  const writer = new MessageWriter();
  const cases: [number, ResponseTo][] = [[204, GET11], [304, GET11], [101, GET11], [200, HEAD11]];
  for (const [code, request] of cases) {
    writer.startResponse({ code, reason: "x" }, new HTTPHeaders(), request);
    assertThrows(() => writer.frame(1), HTTPOutputError);
    assertEquals(writer.finish(), "");
  }
  writer.startRequest({ method: "GET", path: "/" }, new HTTPHeaders());
  assertThrows(() => writer.frame(1), HTTPOutputError);
});

Deno.test("MessageWriter writes any number of bytes until the close", () => {
  const writer = new MessageWriter();
  writer.startResponse({ code: 200, reason: "OK" }, new HTTPHeaders(), GET10);
  assertEquals([writer.frame(1e9), writer.frame(1), writer.finish()], ["", "", ""]);
});

Deno.test("MessageWriter.closeAfter is true when nothing else ends the body", () => {
  const writer = new MessageWriter();
  writer.startResponse({ code: 200, reason: "OK" }, new HTTPHeaders(), KEEP10);
  assertEquals(writer.closeAfter, true);
});

Deno.test("interimHead writes the head of an interim response", () => {
  assertEquals(interimHead(100), "HTTP/1.1 100 Continue\r\n\r\n");
  assertEquals(
    interimHead(103, new HTTPHeaders({ Link: ["</a>", "</b>"] })),
    "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nLink: </b>\r\n\r\n",
  );
});

Deno.test("interimHead refuses a final status", () => {
  for (const code of [99, 101, 200, 404]) assertThrows(() => interimHead(code), RangeError, "must be 1xx");
});

const PREPARED: [name: string, request: ResponseTo, connection: string, closeAfter: boolean][] = [
  ["nothing to an HTTP/1.1 client that goes on", GET11, "", false],
  ["close to an HTTP/1.1 client that does not", CLOSE11, "Connection: close\r\n", true],
  ["Keep-Alive to an HTTP/1.0 client that goes on", KEEP10, "Connection: Keep-Alive\r\n", false],
  ["nothing to an HTTP/1.0 client that does not", GET10, "", true],
];

for (const [name, request, connection, closeAfter] of PREPARED) {
  Deno.test(`MessageWriter.startPreparedResponse adds ${name}, as startResponse does`, () => {
    const writer = new MessageWriter();
    assertEquals(writer.startPreparedResponse(request), connection);
    assertEquals([writer.chunked, writer.remaining, writer.closeAfter], [false, 0, closeAfter]);
    const headers = new HTTPHeaders({ "Content-Length": "3" });
    const text = writer.startResponse({ code: 200, reason: "OK" }, headers, request);
    assertEquals(text, `HTTP/1.1 200 OK\r\nContent-Length: 3\r\n${connection}\r\n`);
    assertEquals(writer.closeAfter, closeAfter);
  });
}
