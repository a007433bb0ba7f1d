/**
 * What hostile framing must not do, end to end: raw bytes in, status and close out.
 *
 * Every request that is refused is followed by another one in the same bytes. It must not be served: where the first
 * message ends is exactly what the two sides might not agree upon (request smuggling, RFC 9112 11.2).
 *
 * @module
 */

import { HTTPHeaders, type HTTPServerOptions, type RequestCallback } from "@denado/denado/http";
import { assert, assertEquals } from "@std/assert";
import { expectLog } from "../helpers/expect_log.ts";
import { header } from "../helpers/http_client.ts";
import { withServer } from "../helpers/http_server.ts";

const HOST = "Host: a.example\r\n";
const SMUGGLED = `GET /smuggled HTTP/1.1\r\n${HOST}\r\n`;

const get = (fields: string) => `GET / HTTP/1.1\r\n${HOST}${fields}\r\n`;
const post = (fields: string, body = "") => `POST / HTTP/1.1\r\n${HOST}${fields}\r\n${body}`;
const chunked = (body: string) => post("Transfer-Encoding: chunked\r\n", body);
const line = (text: string) => `${text}\r\n${HOST}\r\n`;

interface Rule {
  readonly name: string;
  readonly sent: string;
  /** 200 means: served, and so is the request after it. */
  readonly status: number;
  readonly options?: HTTPServerOptions;
}

const CONTENT_LENGTH: Rule[] = [
  { name: "a length", sent: post("Content-Length: 3\r\n", "abc"), status: 200 },
  { name: "a length of 0", sent: post("Content-Length: 0\r\n"), status: 200 },
  { name: "a length with leading zeros", sent: post("Content-Length: 003\r\n", "abc"), status: 200 },
  { name: "the same length twice", sent: post("Content-Length: 3\r\nContent-Length: 3\r\n", "abc"), status: 200 },
  { name: "the same length in a list", sent: post("Content-Length: 3, 3\r\n", "abc"), status: 200 },
  { name: "two lengths", sent: post("Content-Length: 3\r\nContent-Length: 4\r\n", "abc"), status: 400 },
  { name: "two lengths in a list", sent: post("Content-Length: 3, 4\r\n", "abc"), status: 400 },
  ...["", "+3", "-3", "3.0", "0x3", "1_0", "3a", "abc", "3 4", "3,", "\u00b3", "9007199254740992", "9".repeat(400)].map(
    (value): Rule => ({
      name: `the length ${JSON.stringify(value.slice(0, 20))}`,
      sent: post(`Content-Length: ${value}\r\n`, "abc"),
      status: 400,
    }),
  ),
];

const TRANSFER_ENCODING: Rule[] = [
  { name: "chunks", sent: chunked("3\r\nabc\r\n0\r\n\r\n"), status: 200 },
  { name: "Chunked in capitals", sent: post("Transfer-Encoding: CHUNKED\r\n", "0\r\n\r\n"), status: 200 },
  {
    name: "a coding and a length",
    sent: post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n"),
    status: 400,
  },
  {
    name: "a length and a coding",
    sent: post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
    status: 400,
  },
  {
    name: "a coding in HTTP/1.0",
    sent: `POST / HTTP/1.0\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    status: 400,
  },
  { name: "chunked twice", sent: post("Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n"), status: 400 },
  {
    name: "two fields of it",
    sent: post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
    status: 400,
  },
  { name: "another coding", sent: post("Transfer-Encoding: gzip\r\n", "0\r\n\r\n"), status: NaN },
  {
    name: "another coding before chunked",
    sent: post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"),
    status: NaN,
  },
  ...["", "identity", "xchunked", "chunked;q=1", "\x0bchunked", '"chunked"', "chunked,"].map(
    (value): Rule => ({
      name: `the coding ${JSON.stringify(value)}`,
      sent: post(`Transfer-Encoding: ${value}\r\n`, "0\r\n\r\n"),
      status: NaN,
    }),
  ),
];

const CHUNKS: Rule[] = [
  { name: "sizes in either case", sent: chunked("a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n"), status: 200 },
  { name: "an extension", sent: chunked('3;a="b"\r\nabc\r\n0;c\r\n\r\n'), status: 200 },
  { name: "trailers", sent: chunked("0\r\nA: b\r\nContent-Length: 9\r\n\r\n"), status: 200 },
  ...["", "+3", "-3", "0x3", "3_", " 3", "g", "3 ", "3\t", "\n3", "10000000000000000", "0".repeat(100)].map(
    (size): Rule => ({
      name: `the size ${JSON.stringify(size.slice(0, 20))}`,
      sent: chunked(`${size}\r\nabc\r\n0\r\n\r\n`),
      status: NaN,
    }),
  ),
  { name: "a size line ended by LF", sent: chunked("3\nabc\r\n0\r\n\r\n"), status: 400 },
  { name: "data longer than its size", sent: chunked("3\r\nabcd\r\n0\r\n\r\n"), status: 400 },
  { name: "data ended by LF", sent: chunked("3\r\nabc\n0\r\n\r\n"), status: 400 },
  { name: "a bare CR in an extension", sent: chunked("3;a\rb\r\nabc\r\n0\r\n\r\n"), status: 400 },
  { name: "a bare LF in an extension", sent: chunked("3;a\nb\r\nabc\r\n0\r\n\r\n"), status: 400 },
  { name: "an extension without end", sent: chunked(`3;${"a".repeat(70_000)}`), status: 400 },
  { name: "a size line ended by CR", sent: chunked("3\rabc\r\n0\r\n\r\n"), status: 400 },
  { name: "a CR without LF behind data", sent: chunked("3\r\nabc\rX0\r\n\r\n"), status: 400 },
  { name: "two bytes in place of CRLF behind data", sent: chunked("3\r\nabcXX0\r\n\r\n"), status: 400 },
  {
    name: "a quoted CRLF in an extension",
    sent: chunked('3;a="\r\nabc\r\n0\r\n\r\n"\r\nabc\r\n0\r\n\r\n'),
    status: 400,
  },
  { name: "a last chunk ended by LF", sent: chunked("0\n\n"), status: 400 },
  { name: "a trailer ended by LF", sent: chunked("0\r\nA: b\n\r\n"), status: 400 },
  { name: "a trailer section ended by LF", sent: chunked("0\r\nA: b\r\n\n"), status: 400 },
  { name: "a folded trailer", sent: chunked("0\r\nA: b\r\n c\r\n\r\n"), status: 400 },
  { name: "a malformed trailer", sent: chunked("0\r\nA b\r\n\r\n"), status: 400 },
  { name: "trailers without end", sent: chunked(`0\r\n${"A: b\r\n".repeat(200)}`), status: 431 },
];

const FIELDS: Rule[] = [
  { name: "blanks around a value", sent: get("A: \t b \t\r\n"), status: 200 },
  { name: "an empty value", sent: get("A:\r\n"), status: 200 },
  { name: "bytes above 127", sent: get("A: \xe4\xff\r\n"), status: 200 },
  { name: "lines ended by LF", sent: "GET / HTTP/1.1\nHost: a\n\n", status: 200 },
  { name: "a space before the colon", sent: get("A : b\r\n"), status: 400 },
  { name: "a line without colon", sent: get("A\r\n"), status: 400 },
  { name: "no name", sent: get(": b\r\n"), status: 400 },
  { name: "a folded line", sent: get("A: b\r\n c\r\n"), status: 400 },
  { name: "a first line that is folded", sent: `GET / HTTP/1.1\r\n ${HOST}\r\n`, status: 400 },
  { name: "a bare CR in a value", sent: get("A: b\rc\r\n"), status: 400 },
  { name: "a bare CR as line end", sent: get("A: b\rContent-Length: 3\r\n"), status: 400 },
  ...["\0", "\x01", "\x08", "\x0b", "\x0c", "\x1f", "\x7f"].map(
    (character): Rule => ({
      name: `${JSON.stringify(character)} in a value`,
      sent: get(`A: b${character}c\r\n`),
      status: 400,
    }),
  ),
  ...["(", ",", "/", ";", "@", "[", "\\", "{", "\x7f", "\xe4", "\0", "\t"].map(
    (character): Rule => ({
      name: `${JSON.stringify(character)} in a name`,
      sent: get(`A${character}B: c\r\n`),
      status: 400,
    }),
  ),
];

const HOSTS: Rule[] = [
  { name: "a host with a port", sent: "GET / HTTP/1.1\r\nHost: a.example:80\r\n\r\n", status: 200 },
  { name: "an IPv6 host", sent: "GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", status: 200 },
  { name: "an empty host", sent: "GET / HTTP/1.1\r\nHost:\r\n\r\n", status: 200 },
  { name: "no host", sent: "GET / HTTP/1.1\r\n\r\n", status: 400 },
  { name: "two hosts", sent: `GET / HTTP/1.1\r\n${HOST}${HOST}\r\n`, status: 400 },
  ...["a b", "a/b", "a,b", "a@b", "a?b", "a#b", "<a>", "\xe4", "a\\b"].map(
    (host): Rule => ({
      name: `the host ${JSON.stringify(host)}`,
      sent: `GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
      status: 400,
    }),
  ),
];

const REQUEST_LINES: Rule[] = [
  { name: "an empty line first", sent: `\r\n${get("")}`, status: 200 },
  { name: "a token as method", sent: line("M-SEARCH!#$%&'*+.^_`|~ / HTTP/1.1"), status: 200 },
  { name: "absolute-form", sent: line("GET http://a.example/ HTTP/1.1"), status: 200 },
  { name: "asterisk-form", sent: line("OPTIONS * HTTP/1.1"), status: 200 },
  { name: "HTTP/1.2", sent: line("GET / HTTP/1.2"), status: 200 },
  ...[
    "GET  / HTTP/1.1",
    "GET /  HTTP/1.1",
    "GET / HTTP/1.1 ",
    " GET / HTTP/1.1",
    "GET\t/\tHTTP/1.1",
    "GET /a b HTTP/1.1",
  ].map(
    (text): Rule => ({ name: `the blanks of ${JSON.stringify(text)}`, sent: line(text), status: 400 }),
  ),
  ...[
    "GET",
    "GET /",
    "GET HTTP/1.1",
    "/ HTTP/1.1",
    "GET x HTTP/1.1",
    "GET * HTTP/1.1",
    "GET /\x01 HTTP/1.1",
    "GET /\x7f HTTP/1.1",
  ].map(
    (text): Rule => ({ name: JSON.stringify(text), sent: line(text), status: 400 }),
  ),
  ...["FOO,BAR", "G(ET", "GE\xe4T"].map((method): Rule => ({
    name: `the method ${method}`,
    sent: line(`${method} / HTTP/1.1`),
    status: 400,
  })),
  ...["HTTP/1", "http/1.1", "HTTP/1.1x", "HTTP/1.10", "HTTP/01.1", "HTTPS/1.1", "1.1"].map(
    (version): Rule => ({ name: `the version ${version}`, sent: line(`GET / ${version}`), status: 400 }),
  ),
  { name: "the version HTTP/2.0", sent: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", status: 505 },
  { name: "the version HTTP/3.0", sent: line("GET / HTTP/3.0"), status: 505 },
  { name: "a TLS greeting", sent: "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", status: 400 },
];

const LIMITS: Rule[] = [
  { name: "a head of nearly 64 KB", sent: get(`A: ${"b".repeat(65_000)}\r\n`), status: 200 },
  { name: "a head of more than 64 KB", sent: get(`A: ${"b".repeat(66_000)}\r\n`), status: 431 },
  { name: "a head that never ends", sent: `GET / HTTP/1.1\r\n${"A: b\r\n".repeat(50_000)}`, status: 431 },
  { name: "a target of nearly 64 KB", sent: line(`GET /${"a".repeat(65_000)} HTTP/1.1`), status: 200 },
  { name: "a target of more than 64 KB", sent: line(`GET /${"a".repeat(66_000)} HTTP/1.1`), status: 414 },
  { name: "100 fields", sent: get("A: b\r\n".repeat(99)), status: 200 },
  { name: "101 fields", sent: get("A: b\r\n".repeat(100)), status: 431 },
  {
    name: "a head at its own limit",
    sent: get(`A: ${"b".repeat(80)}\r\n`),
    status: 431,
    options: { maxHeaderSize: 100 },
  },
  {
    name: "a body over the limit",
    sent: post("Content-Length: 11\r\n", "x".repeat(11)),
    status: 413,
    options: { maxBodySize: 10 },
  },
  {
    name: "chunks over the limit",
    sent: chunked("6\r\nxxxxxx\r\n6\r\nxxxxxx\r\n0\r\n\r\n"),
    status: 413,
    options: { maxBodySize: 10 },
  },
  { name: "a chunk over the limit, not sent yet", sent: chunked("ffffffffff\r\n"), status: 413 },
  { name: "100,000 chunks of one byte", sent: chunked("1\r\nx\r\n".repeat(100_000) + "0\r\n\r\n"), status: 200 },
];

const TABLES: Record<string, Rule[]> = {
  "Content-Length": CONTENT_LENGTH,
  "Transfer-Encoding": TRANSFER_ENCODING,
  "chunked coding": CHUNKS,
  "field line": FIELDS,
  "Host": HOSTS,
  "request line": REQUEST_LINES,
  "limit": LIMITS,
};

/** Answers with what it was given, and remembers the paths. */
function recorder(): { paths: string[]; callback: RequestCallback } {
  const paths: string[] = [];
  const callback: RequestCallback = ({ path, connection }) => {
    paths.push(path);
    connection.respond(
      { code: 200, reason: "OK" },
      new HTTPHeaders({ "Content-Length": "2" }),
      new Uint8Array([111, 107]),
    );
  };
  return { paths, callback };
}

for (const [table, rules] of Object.entries(TABLES)) {
  for (const { name, sent, status, options = {} } of rules) {
    const refused = status !== 200;
    Deno.test(`HTTP framing ${refused ? "refuses" : "serves"} ${table}: ${name}`, () =>
      expectLog({ level: "info", pattern: "Malformed HTTP message from ", times: refused ? 1 : 0 }, async () => {
        const { paths, callback } = recorder();
        await withServer(callback, async (server) => {
          const client = await server.connect();
          const next = refused ? SMUGGLED : `GET /next HTTP/1.1\r\n${HOST}\r\n`;
          const sending = client.send(sent + next).then(() => {}, () => {}); // what is refused may be cut off
          const response = await client.read();
          if (refused) {
            // NaN: which of them is tests/http's business, that it is one of them is ours.
            if (Number.isNaN(status)) assert([400, 501, 505].includes(response.status), String(response.status));
            else assertEquals(response.status, status);
            assertEquals([header(response, "Connection"), response.body], ["close", ""]);
            await client.expectEnd();
            assertEquals(paths, []);
          } else {
            assertEquals([response.status, response.body], [200, "ok"]);
            assertEquals((await client.read()).body, "ok");
            assertEquals(paths.length, 2);
            assertEquals(paths[1], "/next");
          }
          await sending;
          client.close();
          await server.connectionsEnded();
        }, options);
      }));
  }
}
