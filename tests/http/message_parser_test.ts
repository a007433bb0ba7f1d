import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { HTTPInputError } from "../../http/errors.ts";
import { MessageParser, ParseEvents } from "../../http/message_parser.ts";
import { type FedEvent, feedEveryWay, feedPieces, feedWithTrailingData, latin1 } from "../helpers/parser_feed.ts";

/** A request with a legal head around the interesting lines. */
function request(fields: string, line = "POST / HTTP/1.1"): string {
  return `${line}\r\nHost: a\r\n${fields}\r\n`;
}

function heads(events: FedEvent[]): Record<string, unknown>[] {
  return events.flatMap((event) => event.type === "head" ? [event.head] : []);
}

function body(events: FedEvent[]): string {
  return events.map((event) => event.type === "data" ? event.data : "").join("");
}

function types(events: FedEvent[]): string {
  return events.map((event) => event.type === "eof" ? event.state : event.type).join(" ");
}

function errorStatus(events: FedEvent[]): number | undefined {
  const last = events.at(-1);
  return last?.type === "error" ? last.status : undefined;
}

Deno.test("MessageParser reports every fact of a request head", () => {
  const events = feedWithTrailingData(
    "request",
    "POST /a/b?c=d HTTP/1.1\r\nHost: Example.com:80\r\nContent-Length: 3\r\nExpect: 100-Continue\r\n" +
      "Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nX-Empty:\r\nX-Blank: \t a b\t \r\n\r\nabc",
  );
  assertEquals(events, [
    {
      type: "head",
      head: {
        method: "POST",
        path: "/a/b?c=d",
        version: "HTTP/1.1",
        headers: [
          ["Host", "Example.com:80"],
          ["Content-Length", "3"],
          ["Expect", "100-Continue"],
          ["Connection", "keep-alive, Upgrade"],
          ["Upgrade", "websocket"],
          ["X-Empty", ""],
          ["X-Blank", "a b"],
        ],
        minorVersion: 1,
        host: "Example.com:80",
        keepAlive: true,
        framing: "length",
        contentLength: 3,
        expectContinue: true,
        upgrade: true,
      },
    },
    { type: "data", data: "abc" },
    { type: "end" },
    { type: "eof", state: "idle" },
  ]);
});

Deno.test("MessageParser reports every fact of a response head", () => {
  const events = feedEveryWay("response", "HTTP/1.0 404 Not  here\r\nA: b\r\n\r\ngone");
  assertEquals(events, [
    {
      type: "head",
      head: {
        version: "HTTP/1.0",
        code: 404,
        reason: "Not  here",
        headers: [["A", "b"]],
        minorVersion: 0,
        keepAlive: false,
        framing: "close",
        contentLength: -1,
        upgrade: false,
      },
    },
    { type: "data", data: "gone" },
    { type: "eof", state: "end" },
  ]);
});

const REFUSED_HEADS: [name: string, input: string, status: number][] = [
  // Request line: RFC 9112 3.
  ["an empty method", " / HTTP/1.1\r\n", 400],
  ["two spaces before the target", "GET  / HTTP/1.1\r\n", 400],
  ["two spaces before the version", "GET /  HTTP/1.1\r\n", 400],
  ["a tab in the request line", "GET\t/ HTTP/1.1\r\n", 400],
  ["a space after the version", "GET / HTTP/1.1 \r\n", 400],
  ["no version", "GET /\r\n", 400],
  ["garbage", "asdf\r\n\r\n", 400],
  ["a TLS client hello", "\x16\x03\x01\x02\x00", 400],
  ["a comma in the method", "FOO,BAR / HTTP/1.1\r\nHost: a\r\n\r\n", 400],
  ["a byte above ASCII in the method", "G\xcbT / HTTP/1.1\r\n", 400],
  ["a control character in the target", "GET /\x01 HTTP/1.1\r\n", 400],
  ["DEL in the target", "GET /\x7f HTTP/1.1\r\n", 400],
  ["NUL in the target", "GET /\0 HTTP/1.1\r\n", 400],
  ["a lower-case version", "GET / http/1.1\r\n", 400],
  ["a version of one digit", "GET / HTTP/1\r\n", 400],
  ["a version of three digits", "GET / HTTP/1.10\r\n", 400],
  ["a bare CR after the request line", "GET / HTTP/1.1\rHost: a\r\n\r\n", 400],
  ["HTTP/2.0", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505],
  ["HTTP/0.9 with a version", "GET / HTTP/0.9\r\n\r\n", 505],
  ["the HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505],
  ["two empty lines before the request line", "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400],
  ["a CR before the request line", "\rGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400],
  // Request target: RFC 9112 3.2.
  ["a target without a slash", "GET a HTTP/1.1\r\nHost: a\r\n\r\n", 400],
  ["asterisk-form with GET", "GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400],
  ["authority-form with GET", "GET a:80 HTTP/1.1\r\nHost: a\r\n\r\n", 400],
  ["origin-form with CONNECT", "CONNECT /a HTTP/1.1\r\nHost: a\r\n\r\n", 400],
  ["CONNECT without a port", "CONNECT a HTTP/1.1\r\nHost: a\r\n\r\n", 400],
  ["CONNECT with an empty port", "CONNECT a: HTTP/1.1\r\nHost: a\r\n\r\n", 400],
  ["CONNECT without a host", "CONNECT :80 HTTP/1.1\r\nHost: a\r\n\r\n", 400],
  ["absolute-form without a host", "GET http:///a HTTP/1.1\r\nHost: a\r\n\r\n", 400],
  ["absolute-form with credentials", "GET http://u:p@a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400],
  // Host: RFC 9112 3.2, RFC 9110 7.2.
  ["no Host in HTTP/1.1", "GET / HTTP/1.1\r\n\r\n", 400],
  ["two equal Hosts", request("Host: a\r\n"), 400],
  ["two Hosts in HTTP/1.0", request("Host: b\r\n", "GET / HTTP/1.0"), 400],
  ["two Hosts joined by a comma", "GET / HTTP/1.1\r\nHost: a,b\r\n\r\n", 400],
  ["a blank in Host", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400],
  ["a path in Host", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400],
  ["credentials in Host", "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", 400],
  ["a port that is no number", "GET / HTTP/1.1\r\nHost: a:b\r\n\r\n", 400],
  ["an IPv6 address without brackets", "GET / HTTP/1.1\r\nHost: ::1\r\n\r\n", 400],
  ["an escape that is none in Host", "GET / HTTP/1.1\r\nHost: a%zz\r\n\r\n", 400],
  ["a byte above ASCII in Host", "GET / HTTP/1.1\r\nHost: \xe9\r\n\r\n", 400],
  ["no Host beside absolute-form", "GET http://a/ HTTP/1.1\r\n\r\n", 400],
  // Field lines: RFC 9112 5, RFC 9110 5.5.
  ["a line without a colon", request("asdf\r\n"), 400],
  ["a space before the colon", request("A : b\r\n"), 400],
  ["a tab before the colon", request("A\t: b\r\n"), 400],
  ["an empty name", request(": b\r\n"), 400],
  ["a blank before the first field", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400],
  ["a folded line", request("A: b\r\n c\r\n"), 400],
  ["a folded line of blanks", request("A: b\r\n \r\n"), 400],
  ["a folded line begun by a tab", request("A: b\r\n\tc\r\n"), 400],
  ["NUL in a value", request("A: b\0c\r\n"), 400],
  ["a bare CR in a value", request("A: b\rc\r\n"), 400],
  ["two CRs before LF", request("A: b\r\r\n"), 400],
  ["a vertical tab in a value", request("A: \x0bb\r\n"), 400],
  ["a form feed in a value", request("A: \x0cb\r\n"), 400],
  ["DEL in a value", request("A: b\x7f\r\n"), 400],
  ["a byte above ASCII in a name", request("\xe9: b\r\n"), 400],
  ["a parenthesis in a name", request("A(b): c\r\n"), 400],
  ["a CR without LF at the end", request("A: b\r\n\rx"), 400],
  // Content-Length: RFC 9112 6.3, RFC 9110 8.6.
  ["a length that is no number", request("Content-Length: foo\r\n"), 400],
  ["an empty length", request("Content-Length:\r\n"), 400],
  ["a signed length", request("Content-Length: +10\r\n"), 400],
  ["a negative length", request("Content-Length: -1\r\n"), 400],
  ["a length with an underscore", request("Content-Length: 1_0\r\n"), 400],
  ["a hexadecimal length", request("Content-Length: 0x10\r\n"), 400],
  ["a fractional length", request("Content-Length: 1.0\r\n"), 400],
  ["a length with a blank inside", request("Content-Length: 1 0\r\n"), 400],
  ["a length above 53 bits", request("Content-Length: 9007199254740993\r\n"), 400],
  ["a length of 400 digits", request(`Content-Length: ${"9".repeat(400)}\r\n`), 400],
  ["a length in other digits", request("Content-Length: \xb2\r\n"), 400],
  ["two lengths", request("Content-Length: 1\r\nContent-Length: 2\r\n"), 400],
  ["two lengths in one field", request("Content-Length: 1, 2\r\n"), 400],
  ["equal lengths written differently", request("Content-Length: 1, 01\r\n"), 400],
  ["a list of lengths with an empty element", request("Content-Length: 1,,1\r\n"), 400],
  ["a list of lengths that ends with a comma", request("Content-Length: 1,\r\n"), 400],
  // Transfer-Encoding: RFC 9112 6.1 and 6.3.
  ["length and chunked", request("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n"), 400],
  ["chunked and length", request("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n"), 400],
  ["length 0 and chunked", request("Content-Length: 0\r\nTransfer-Encoding: chunked\r\n"), 400],
  ["chunked twice", request("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), 400],
  ["chunked twice in one field", request("Transfer-Encoding: chunked, chunked\r\n"), 400],
  ["gzip before chunked", request("Transfer-Encoding: gzip, chunked\r\n"), 400],
  ["gzip after chunked", request("Transfer-Encoding: chunked, gzip\r\n"), 400],
  ["gzip only", request("Transfer-Encoding: gzip\r\n"), 400],
  ["identity", request("Transfer-Encoding: identity\r\n"), 400],
  ["an empty coding", request("Transfer-Encoding:\r\n"), 400],
  ["an empty element before chunked", request("Transfer-Encoding: ,chunked\r\n"), 400],
  ["chunked with a parameter", request("Transfer-Encoding: chunked;q=1\r\n"), 400],
  ["chunked with a vertical tab", request("Transfer-Encoding: \x0bchunked\r\n"), 400],
  ["chunked in quotes", request('Transfer-Encoding: "chunked"\r\n'), 400],
  ["NBSP before chunked", request("Transfer-Encoding: \xa0chunked\r\n"), 400],
  ["chunked in HTTP/1.0", request("Transfer-Encoding: chunked\r\n", "POST / HTTP/1.0"), 400],
];

for (const [name, input, status] of REFUSED_HEADS) {
  Deno.test(`MessageParser refuses a request with ${name}`, () => {
    const events = feedEveryWay("request", input);
    assertEquals(types(events), "error");
    assertEquals(errorStatus(events), status);
  });
}

const ACCEPTED_HEADS: [name: string, input: string, expected: Record<string, unknown>][] = [
  ["line ends of LF only", "GET / HTTP/1.1\nHost: a\nA: b\n\n", { host: "a", path: "/" }],
  ["one empty line before the request line", `\r\n${request("")}`, { path: "/", method: "POST" }],
  ["one empty LF line before the request line", `\n${request("")}`, { path: "/", method: "POST" }],
  ["an unknown method", request("", "FOO / HTTP/1.1"), { method: "FOO" }],
  ["a method of symbols", request("", "M-SEARCH!#$%&'*+.^_`|~ / HTTP/1.1"), { method: "M-SEARCH!#$%&'*+.^_`|~" }],
  ["a lower-case method", request("", "get / HTTP/1.1"), { method: "get" }],
  ["a later minor version", request("", "GET / HTTP/1.2"), { version: "HTTP/1.2", minorVersion: 1 }],
  ["a target of odd characters", request("", 'GET /"<>\\^`{|}#[]% HTTP/1.1'), { path: '/"<>\\^`{|}#[]%' }],
  ["bytes above ASCII in the target", request("", "GET /\xc3\xa9\x85 HTTP/1.1"), { path: "/\xc3\xa9\x85" }],
  ["a target of two slashes", request("", "GET //x HTTP/1.1"), { path: "//x", host: "a" }],
  ["asterisk-form", request("", "OPTIONS * HTTP/1.1"), { path: "*", host: "a" }],
  ["absolute-form", request("", "GET http://b:81/x?y HTTP/1.1"), { path: "http://b:81/x?y", host: "b:81" }],
  ["absolute-form without a path", request("", "GET HTTPS://[::1] HTTP/1.1"), { host: "[::1]" }],
  ["absolute-form with a query only", request("", "GET http://b?x HTTP/1.1"), { host: "b" }],
  ["authority-form", request("", "CONNECT b:443 HTTP/1.1"), { path: "b:443", host: "b:443" }],
  ["authority-form with IPv6", request("", "CONNECT [::1]:443 HTTP/1.1"), { host: "[::1]:443" }],
  ["an empty Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", { host: "" }],
  ["an IPv6 Host", "GET / HTTP/1.1\r\nhost: [::1]:80\r\n\r\n", { host: "[::1]:80" }],
  ["an escaped Host", "GET / HTTP/1.1\r\nHOST: %41.b_c\r\n\r\n", { host: "%41.b_c" }],
  ["no Host in HTTP/1.0", "GET / HTTP/1.0\r\n\r\n", { host: undefined, keepAlive: false, minorVersion: 0 }],
  ["bytes above ASCII in a value", request("A: \x80\x85\xa0\xff\r\n"), {
    headers: [["Host", "a"], ["A", "\x80\x85\xa0\xff"]],
  }],
  ["colons in a value", request("A: b:c: d\r\n"), { headers: [["Host", "a"], ["A", "b:c: d"]] }],
  ["no blank after the colon", request("A:b\r\n"), { headers: [["Host", "a"], ["A", "b"]] }],
  ["names that only look known", request("Hosv: x\r\nConnectiom: close\r\nContent-Lengtj: x\r\n"), {
    keepAlive: true,
    contentLength: -1,
  }],
  ["length 0", request("Content-Length: 0\r\n"), { contentLength: 0, framing: "none" }],
  ["neither length nor chunked", request(""), { contentLength: -1, framing: "none" }],
  ["Connection: close", request("Connection: close\r\n"), { keepAlive: false }],
  ["close in a list", request("Connection: , foo ,CLOSE\t,\r\n"), { keepAlive: false }],
  ["close in a second Connection", request("Connection: x\r\nConnection: close\r\n"), { keepAlive: false }],
  ["closed in Connection", request("Connection: closed, clos\r\n"), { keepAlive: true }],
  ["keep-alive in HTTP/1.0", request("Connection: Keep-Alive\r\n", "GET / HTTP/1.0"), { keepAlive: true }],
  ["keep-alive and close in HTTP/1.0", request("Connection: keep-alive, close\r\n", "GET / HTTP/1.0"), {
    keepAlive: false,
  }],
  ["keep-alive in an unbounded HTTP/1.0 POST", request("Connection: keep-alive\r\n", "POST / HTTP/1.0"), {
    keepAlive: false,
  }],
  [
    "keep-alive in a bounded HTTP/1.0 POST",
    request(
      "Connection: keep-alive\r\nContent-Length: 0\r\n",
      "POST / HTTP/1.0",
    ),
    { keepAlive: true },
  ],
  ["an unknown expectation", request("Expect: 200-ok\r\n"), { expectContinue: false }],
  ["an expectation in HTTP/1.0", request("Expect: 100-continue\r\n", "POST / HTTP/1.0"), { expectContinue: false }],
  ["Upgrade without Connection", request("Upgrade: h2c\r\n"), { upgrade: false }],
  ["Connection: upgrade without Upgrade", request("Connection: upgrade\r\n"), { upgrade: false }],
  ["Upgrade in HTTP/1.0", request("Connection: upgrade\r\nUpgrade: h2c\r\n", "GET / HTTP/1.0"), { upgrade: false }],
];

for (const [name, input, expected] of ACCEPTED_HEADS) {
  Deno.test(`MessageParser accepts a request with ${name}`, () => {
    const events = feedWithTrailingData("request", input);
    assertEquals(types(events), "head end idle");
    const [head] = heads(events);
    for (const [key, value] of Object.entries(expected)) assertEquals(head![key], value, key);
  });
}

Deno.test("MessageParser accepts equal lengths in one field and in several", () => {
  for (const fields of ["Content-Length: 2, 2\r\n", "Content-Length: 2 ,\t2\r\n", "Content-Length: 2\r\n".repeat(2)]) {
    const events = feedWithTrailingData("request", `${request(fields)}ab`);
    assertEquals(types(events), "head data end idle");
    assertEquals(heads(events)[0]!.contentLength, 2);
    // RFC 9110 8.6: one value in their place, for whoever reads the fields.
    const lengths = (heads(events)[0]!.headers as [string, string][]).filter(([name]) => name === "Content-Length");
    assertEquals(lengths, [["Content-Length", "2"]]);
  }
});

Deno.test("MessageParser makes one length of several in a response", () => {
  const events = feedWithTrailingData(
    "response",
    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nab",
  );
  assertEquals(heads(events)[0]!.headers, [["Content-Length", "2"]]);
});

Deno.test("MessageParser reads chunked bodies", () => {
  for (const coding of ["chunked", "Chunked", "CHUNKED", " chunked\t"]) {
    const events = feedWithTrailingData(
      "request",
      `${request(`Transfer-Encoding:${coding}\r\n`)}3\r\nabc\r\n0A\r\n0123456789\r\n0\r\n\r\n`,
    );
    assertEquals(types(events), "head data end idle");
    assertEquals(body(events), "abc0123456789");
    assertEquals(heads(events)[0]!.framing, "chunked");
  }
});

Deno.test("MessageParser reports trailers", () => {
  const events = feedWithTrailingData(
    "request",
    `${request("Transfer-Encoding: chunked\r\n")}1\r\na\r\n0;x=y\r\nX-Sum: 1\r\nHost: b\r\nContent-Length: 7\r\n\r\n`,
  );
  assertEquals(types(events), "head data trailers end idle");
  assertEquals(events[2], {
    type: "trailers",
    fields: [["X-Sum", "1"], ["Host", "b"], ["Content-Length", "7"]],
  });
});

Deno.test("MessageParser forgets trailers with the next message", () => {
  const bytes = latin1(`${request("Transfer-Encoding: chunked\r\n")}0\r\nA: b\r\n\r\n${request("")}`);
  const parser = new MessageParser("request");
  let at = 0;
  const seen: (string | undefined)[] = [];
  while (at < bytes.length) {
    parser.parse(bytes, at, bytes.length);
    at += parser.consumed;
    seen.push(parser.trailers?.get("a"));
  }
  assertEquals(seen, [undefined, "b", "b", undefined]);
});

const REFUSED_TRAILERS: [name: string, trailers: string][] = [
  ["a bare LF", "A: b\n\r\n"],
  ["a bare LF at the end", "\n"],
  ["a folded line", "A: b\r\n c\r\n\r\n"],
  ["no colon", "A\r\n\r\n"],
  ["another chunk", "\x00"],
  ["a CR without LF", "\rx"],
];

for (const [name, trailers] of REFUSED_TRAILERS) {
  Deno.test(`MessageParser refuses a trailer section with ${name}`, () => {
    const events = feedEveryWay("request", `${request("Transfer-Encoding: chunked\r\n")}1\r\na\r\n0\r\n${trailers}`);
    assertEquals(types(events), "head data error");
    assertEquals(errorStatus(events), 400);
  });
}

Deno.test("MessageParser parses pipelined requests of all kinds one after the other", () => {
  const input = request("Content-Length: 3\r\n") + "abc" + "\r\n" + request("Transfer-Encoding: chunked\r\n") +
    "2\r\nde\r\n0\r\n\r\n" + request("", "GET /2 HTTP/1.1") + "GET /3 HTTP/1.1\nHost: c\n\n";
  const events = feedEveryWay("request", input);
  assertEquals(types(events), "head data end head data end head end head end idle");
  assertEquals(heads(events).map((head) => head.path), ["/", "/", "/2", "/3"]);
  assertEquals(body(events), "abcde");
});

const CUT_OFF: [name: string, input: string, expected: string][] = [
  ["nothing was sent", "", "idle"],
  ["a message is complete", request(""), "head end idle"],
  ["the request line is cut off", "GET / HT", "incomplete"],
  ["the head is cut off", request("").slice(0, -2), "incomplete"],
  ["the body is cut off", `${request("Content-Length: 3\r\n")}ab`, "head data incomplete"],
  ["the body is missing", request("Content-Length: 3\r\n"), "head incomplete"],
  ["a chunk is cut off", `${request("Transfer-Encoding: chunked\r\n")}3\r\na`, "head data incomplete"],
  ["the last chunk is missing", `${request("Transfer-Encoding: chunked\r\n")}1\r\na\r\n`, "head data incomplete"],
  ["trailers are cut off", `${request("Transfer-Encoding: chunked\r\n")}0\r\nA: b\r\n`, "head incomplete"],
];

for (const [name, input, expected] of CUT_OFF) {
  Deno.test(`MessageParser.parseEndOfStream tells that ${name}`, () => {
    assertEquals(types(feedEveryWay("request", input)), expected);
  });
}

Deno.test("MessageParser accepts a head of exactly the limit and answers 431 above", () => {
  const input = request(`A: ${"x".repeat(50)}\r\n`);
  const events = feedWithTrailingData("request", input, { maxHeaderSize: input.length });
  assertEquals(types(events), "head end idle");
  assertEquals(errorStatus(feedEveryWay("request", input, { maxHeaderSize: input.length - 1 })), 431);
});

Deno.test("MessageParser answers 431 while the head arrives", () => {
  const endless = "GET / HTTP/1.1\r\nHost: a\r\nA: " + "x".repeat(1000);
  assertEquals(errorStatus(feedEveryWay("request", endless, { maxHeaderSize: 512 })), 431);
});

Deno.test("MessageParser answers 414 when the request target alone is over the limit", () => {
  const events = feedEveryWay("request", `GET /${"x".repeat(600)} HTTP/1.1\r\nHost: a\r\n\r\n`, { maxHeaderSize: 512 });
  assertEquals(errorStatus(events), 414);
});

Deno.test("MessageParser applies the head limit to each message", () => {
  const input = request("", "GET / HTTP/1.1");
  const events = feedEveryWay("request", input.repeat(5), { maxHeaderSize: input.length });
  assertEquals(heads(events).length, 5);
});

Deno.test("MessageParser prefers an error in the head to its size, in the order of the bytes", () => {
  const badThenLong = `GET / HTTP/1.1\r\nA b: ${"x".repeat(200)}\r\n\r\n`;
  assertEquals(errorStatus(feedEveryWay("request", badThenLong, { maxHeaderSize: 64 })), 400);
  const longThenBad = `GET / HTTP/1.1\r\nA: ${"x".repeat(200)}\x00\r\n\r\n`;
  assertEquals(errorStatus(feedEveryWay("request", longThenBad, { maxHeaderSize: 64 })), 431);
});

Deno.test("MessageParser answers 431 to more field lines than allowed", () => {
  const lines = (count: number) => request("A: b\r\n".repeat(count - 1));
  assertEquals(types(feedWithTrailingData("request", lines(5), { maxHeaderCount: 5 })), "head end idle");
  assertEquals(errorStatus(feedEveryWay("request", lines(6), { maxHeaderCount: 5 })), 431);
  assertEquals(types(feedPieces("request", [latin1(lines(100))])), "head end idle");
  assertEquals(errorStatus(feedPieces("request", [latin1(lines(101))])), 431);
});

Deno.test("MessageParser answers 431 to a trailer section over a limit", () => {
  const chunked = request("Transfer-Encoding: chunked\r\n");
  const long = `${chunked}0\r\nA: ${"x".repeat(200)}\r\n\r\n`;
  assertEquals(errorStatus(feedEveryWay("request", long, { maxHeaderSize: 128 })), 431);
  const many = `${chunked}0\r\n${"A: b\r\n".repeat(6)}\r\n`;
  assertEquals(errorStatus(feedEveryWay("request", many, { maxHeaderCount: 5 })), 431);
});

Deno.test("MessageParser answers 413 to a length over the limit before any of the body", () => {
  const events = feedEveryWay("request", `${request("Content-Length: 4\r\n")}abcd`, { maxBodySize: 3 });
  assertEquals(types(events), "head error");
  assertEquals(errorStatus(events), 413);
});

Deno.test("MessageParser answers 413 to a length over the limit without waiting for the body", () => {
  const bytes = latin1(request("Content-Length: 4\r\n"));
  const parser = new MessageParser("request", { maxBodySize: 3 });
  assertEquals(parser.parse(bytes, 0, bytes.length), ParseEvents.HEAD);
  assertEquals(assertThrows(() => parser.checkBodySize(), HTTPInputError).status, 413);
  const error = assertThrows(() => parser.parse(bytes, bytes.length, bytes.length), HTTPInputError);
  assertEquals(error.status, 413);
});

Deno.test("MessageParser accepts a body of exactly the limit", () => {
  const events = feedWithTrailingData("request", `${request("Content-Length: 3\r\n")}abc`, { maxBodySize: 3 });
  assertEquals(body(events), "abc");
  const chunks = "1\r\na\r\n2\r\nbc\r\n0\r\n\r\n";
  const chunked = feedWithTrailingData("request", request("Transfer-Encoding: chunked\r\n") + chunks, {
    maxBodySize: 3,
  });
  assertEquals(types(chunked), "head data end idle");
});

Deno.test("MessageParser answers 413 to chunks over the limit, after the data before them", () => {
  const chunks = "1\r\na\r\n2\r\nbc\r\n1\r\nd\r\n0\r\n\r\n";
  const events = feedEveryWay("request", request("Transfer-Encoding: chunked\r\n") + chunks, { maxBodySize: 3 });
  assertEquals(types(events), "head data error");
  assertEquals(body(events), "abc");
  assertEquals(errorStatus(events), 413);
});

Deno.test("MessageParser.setMaxBodySize holds for one message", () => {
  const one = `${request("Content-Length: 4\r\n")}abcd`;
  let heads = 0;
  const events = feedEveryWay("request", one, { maxBodySize: 3, onHead: (parser) => parser.setMaxBodySize(4) });
  assertEquals(types(events), "head data end idle");
  const twice = feedPieces("request", [latin1(one + one)], {
    maxBodySize: 3,
    onHead: (parser) => heads++ === 0 && parser.setMaxBodySize(4),
  });
  assertEquals(types(twice), "head data end head error");
});

Deno.test("MessageParser reports a million as the length without overflow", () => {
  const events = feedPieces("request", [latin1(request("Content-Length: 9007199254740991\r\n"))], {
    maxBodySize: Number.MAX_SAFE_INTEGER,
  });
  assertEquals(heads(events)[0]!.contentLength, Number.MAX_SAFE_INTEGER);
});

Deno.test("MessageParser divides data by chunkSize", () => {
  const fifty = "x".repeat(50);
  const sizes = (input: string, role: "request" | "response" = "request"): number[] => {
    const bytes = latin1(input);
    const parser = new MessageParser<"request" | "response">(role, { chunkSize: 16 });
    const seen: number[] = [];
    for (let at = 0;; at += parser.consumed) {
      const event = parser.parse(bytes, at, bytes.length);
      if (event === ParseEvents.DATA) seen.push(parser.dataEnd - parser.dataStart);
      if (event === ParseEvents.NEED_DATA) return seen;
    }
  };
  assertEquals(sizes(request("Content-Length: 50\r\n") + fifty), [16, 16, 16, 2]);
  const chunks = `14\r\n${"x".repeat(20)}\r\n1e\r\n${"x".repeat(30)}\r\n0\r\n\r\n`;
  assertEquals(sizes(request("Transfer-Encoding: chunked\r\n") + chunks), [16, 16, 16, 2]);
  assertEquals(sizes(`HTTP/1.1 200 OK\r\n\r\n${fifty}`, "response"), [16, 16, 16, 2]);
});

Deno.test("MessageParser throws the same error again after an error", () => {
  const bytes = latin1("GET\r\n");
  const parser = new MessageParser("request");
  const first = assertThrows(() => parser.parse(bytes, 0, bytes.length), HTTPInputError);
  const good = latin1(request(""));
  const second = assertThrows(() => parser.parse(good, 0, good.length), HTTPInputError);
  assertStrictEquals(second, first);
});

Deno.test("MessageParser makes a new head for each message", () => {
  const bytes = latin1(request("A: 1\r\n") + request("A: 2\r\n"));
  const parser = new MessageParser("request");
  assertEquals(parser.parse(bytes, 0, bytes.length), ParseEvents.HEAD);
  const first = parser.head;
  let at = parser.consumed;
  assertEquals(parser.parse(bytes, at, bytes.length), ParseEvents.END);
  at += parser.consumed;
  assertEquals(parser.parse(bytes, at, bytes.length), ParseEvents.HEAD);
  bytes.fill(0);
  assertEquals(first.headers.get("a"), "1");
  assertEquals(parser.head.headers.get("a"), "2");
});

Deno.test("MessageParser has no head before the first", () => {
  const parser = new MessageParser("request");
  assertThrows(() => parser.head, Error, "Cannot get the head");
});

Deno.test("MessageParser is idle until a byte of a message was looked at", () => {
  const bytes = latin1(request(""));
  const parser = new MessageParser("request");
  assert(parser.idle);
  parser.parse(bytes, 0, 0);
  assert(parser.idle);
  parser.parse(bytes, 0, 1);
  assert(!parser.idle);
  parser.parse(bytes, 0, bytes.length);
  assert(!parser.idle);
  parser.parse(bytes, bytes.length, bytes.length);
  assert(parser.idle);
});

// Responses: RFC 9112 6.3.
const RESPONSES: [name: string, method: string, input: string, expected: string, data: string][] = [
  ["by length", "GET", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab", "head data end idle", "ab"],
  [
    "by chunks",
    "GET",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
    "head data end idle",
    "a",
  ],
  ["without a body, for HEAD", "HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", "head end idle", ""],
  [
    "without a body, for HEAD with chunks",
    "HEAD",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    "head end idle",
    "",
  ],
  ["without a body, for 304", "GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\n", "head end idle", ""],
  ["without a body, for 204", "GET", "HTTP/1.1 204 No Content\r\n\r\n", "head end idle", ""],
  [
    "without a body, for 204 with length 0",
    "GET",
    "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n",
    "head end idle",
    "",
  ],
  ["without a body, for 101", "GET", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", "head end idle", ""],
  ["without a body, for CONNECT", "CONNECT", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", "head end idle", ""],
  [
    "with a body, for a refused CONNECT",
    "CONNECT",
    "HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nab",
    "head data end idle",
    "ab",
  ],
  [
    "after interim responses",
    "GET",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nA: b\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na",
    "head end head end head data end idle",
    "a",
  ],
  [
    "after an interim response, for HEAD",
    "HEAD",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n",
    "head end head end idle",
    "",
  ],
  ["with an empty reason", "GET", "HTTP/1.1 299 \r\nContent-Length: 0\r\n\r\n", "head end idle", ""],
  ["with line ends of LF only", "GET", "HTTP/1.1 200 OK\nContent-Length: 1\n\na", "head data end idle", "a"],
]; // deno-fmt-ignore

for (const [name, method, input, expected, data] of RESPONSES) {
  Deno.test(`MessageParser reads a response ${name}`, () => {
    const events = feedWithTrailingData("response", input, { methods: [method] });
    assertEquals(types(events), expected);
    assertEquals(body(events), data);
  });
}

const REFUSED_RESPONSES: [name: string, input: string][] = [
  ["no space after the code", "HTTP/1.1 200\r\n\r\n"],
  ["a code of two digits", "HTTP/1.1 20 OK\r\n\r\n"],
  ["a code of four digits", "HTTP/1.1 2000 OK\r\n\r\n"],
  ["a code below 100", "HTTP/1.1 099 OK\r\n\r\n"],
  ["a control character in the reason", "HTTP/1.1 200 O\x01K\r\n\r\n"],
  ["another version", "HTTP/2.0 200 OK\r\n\r\n"],
  ["no version", "ICY 200 OK\r\n\r\n"],
  ["both length and chunked", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"],
  ["204 and a length", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n"],
  ["204 and chunked", "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n"],
  ["100 and a length", "HTTP/1.1 100 Continue\r\nContent-Length: 0\r\n\r\n"],
  ["chunked in HTTP/1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"],
  ["unequal lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"],
  ["a folded length", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n 2\r\n\r\n"],
  ["a folded first field", "HTTP/1.1 200 OK\r\n A: b\r\n\r\n"],
];

for (const [name, input] of REFUSED_RESPONSES) {
  Deno.test(`MessageParser refuses a response with ${name}`, () => {
    assertEquals(types(feedEveryWay("response", input)), "error");
  });
}

Deno.test("MessageParser joins folded lines of a response by one space", () => {
  const events = feedWithTrailingData(
    "response",
    "HTTP/1.1 204 x\r\nA: b\r\n \t c\r\nD: e\r\n f \n\tg\r\nH:\r\n i\r\nJ: k\r\n \r\n\r\n",
  );
  assertEquals(types(events), "head end idle");
  assertEquals(heads(events)[0]!.headers, [["A", "b c"], ["D", "e f g"], ["H", "i"], ["J", "k"]]);
});

Deno.test("MessageParser reads a response without length until the close", () => {
  const events = feedEveryWay("response", "HTTP/1.1 200 OK\r\n\r\nall of this\r\n");
  assertEquals(types(events), "head data end");
  assertEquals(body(events), "all of this\r\n");
  assertEquals(heads(events)[0]!.keepAlive, false);
  assertEquals(types(feedEveryWay("response", "HTTP/1.1 200 OK\r\n\r\n")), "head end");
});

Deno.test("MessageParser limits a response that runs until the close", () => {
  const events = feedEveryWay("response", "HTTP/1.1 200 OK\r\n\r\nabcd", { maxBodySize: 3 });
  assertEquals(types(events), "head data error");
  assertEquals(body(events), "abc");
  assertEquals(errorStatus(events), 413);
});

Deno.test("MessageParser tells whether a response leaves the connection usable", () => {
  const keepAlive = (head: string): unknown =>
    heads(feedPieces("response", [latin1(`${head}Content-Length: 0\r\n\r\n`)]))[0]!.keepAlive;
  assertEquals(keepAlive("HTTP/1.1 200 OK\r\n"), true);
  assertEquals(keepAlive("HTTP/1.1 200 OK\r\nConnection: close\r\n"), false);
  assertEquals(keepAlive("HTTP/1.0 200 OK\r\n"), false);
  assertEquals(keepAlive("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n"), true);
});

Deno.test("MessageParser expects the response to a GET again after another response", () => {
  const one = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n";
  const parser = new MessageParser("response");
  const bytes = latin1(`${one}${one}a`);
  parser.expectResponseTo("HEAD");
  let at = 0;
  const seen: number[] = [];
  for (let i = 0; i < 5; i++) {
    seen.push(parser.parse(bytes, at, bytes.length));
    at += parser.consumed;
  }
  const { HEAD, DATA, END } = ParseEvents;
  assertEquals(seen, [HEAD, END, HEAD, DATA, END]);
});

/** Counts how often an element of the array is read. */
function counting(bytes: Uint8Array): { bytes: Uint8Array; reads: () => number } {
  let reads = 0;
  const proxy = new Proxy(bytes, {
    get(target, key) {
      if (typeof key === "string" && key.charCodeAt(0) >= 0x30 && key.charCodeAt(0) <= 0x39) reads++;
      const value = Reflect.get(target, key);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  return { bytes: proxy, reads: () => reads };
}

const SLOW_INPUTS: [name: string, input: string][] = [
  ["a long target", `GET /${"x".repeat(20_000)}`],
  ["a long method", "G".repeat(20_000)],
  ["a long value", `${request("").slice(0, -2)}A: ${"x".repeat(20_000)}`],
  ["a long value of blanks", `${request("").slice(0, -2)}A: ${" ".repeat(20_000)}`],
  ["a value of words and blanks", `${request("").slice(0, -2)}A: ${"x ".repeat(10_000)}`],
  ["a long name", `${request("").slice(0, -2)}${"x".repeat(20_000)}`],
  ["many fields", `${request("").slice(0, -2)}${"A: b\r\n".repeat(3_000)}`],
  ["many lists of lengths", `${request("").slice(0, -2)}${"Content-Length: 1, 1\r\n".repeat(900)}`],
];

for (const [name, input] of SLOW_INPUTS) {
  Deno.test(`MessageParser looks at each byte a bounded number of times with ${name}`, () => {
    const { bytes, reads } = counting(latin1(input));
    const parser = new MessageParser("request", { maxHeaderCount: 10_000 });
    for (let end = 1; end <= input.length; end++) {
      assertEquals(parser.parse(bytes, 0, end), ParseEvents.NEED_DATA);
      assertEquals(parser.consumed, 0);
    }
    // A byte is classified, then compared; a value is read again when it is trimmed and understood.
    assert(reads() <= input.length * 6, `${reads()} reads of ${input.length} bytes`);
  });
}

Deno.test("MessageParser gives a repeated head headers of its own", () => {
  const one = `${request("Content-Length: 1\r\nConnection: close\r\n")}a`;
  const events = feedEveryWay("request", one.repeat(3));
  assertEquals(types(events), "head data end head data end head data end idle");
  assertEquals(heads(events)[2], heads(events)[0]);

  const bytes = latin1(one.repeat(2));
  const parser = new MessageParser("request");
  parser.parse(bytes, 0, bytes.length);
  const first = parser.head;
  first.headers.delete("Host");
  first.headers.add("X-New", "x");
  let at = parser.consumed;
  while (parser.parse(bytes, at, bytes.length) !== ParseEvents.HEAD) at += parser.consumed;
  assertEquals([...parser.head.headers.keys()], ["Host", "Content-Length", "Connection"]);
  assertEquals(parser.head.keepAlive, false);
});

Deno.test("MessageParser does not take a similar head for the last one", () => {
  const first = request("A: bb\r\n");
  const others = [request("A: bc\r\n"), request("A: b\r\n"), request("A: bb\r\nC: d\r\n"), request("A: bb \r\n")];
  for (const other of others) {
    const [one, two, three] = heads(feedEveryWay("request", first + other + first));
    assertEquals(two, heads(feedPieces("request", [latin1(other)]))[0]);
    assertEquals(three, one);
  }
});

Deno.test("MessageParser checks the limits of a repeated head's body again", () => {
  const one = `${request("Content-Length: 4\r\n")}abcd`;
  let count = 0;
  const events = feedPieces("request", [latin1(one + one)], {
    maxBodySize: 3,
    onHead: (parser) => count++ === 0 && parser.setMaxBodySize(9),
  });
  assertEquals(types(events), "head data end head error");
});
