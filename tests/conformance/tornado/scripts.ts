/**
 * What is sent to Tornado and to Denado, and where they may differ.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { deflateSync, gzipSync } from "node:zlib";

/** The servers that scripts are sent to, by their options, for Tornado and for Denado. */
export const SERVERS: Readonly<
  Record<string, { readonly tornado: unknown; readonly denado: Record<string, unknown> }>
> = {
  plain: { tornado: {}, denado: {} },
  closing: { tornado: { no_keep_alive: true }, denado: { noKeepAlive: true } },
  small: {
    tornado: { max_header_size: 1024, max_body_size: 1000, chunk_size: 16 },
    denado: { maxHeaderSize: 1024, maxBodySize: 1000, chunkSize: 16 },
  },
  proxied: {
    tornado: { xheaders: true, trusted_downstream: ["10.0.0.1", "2001:db8::1"] },
    denado: { xheaders: true, trustedDownstream: ["10.0.0.1", "2001:db8::1"] },
  },
  https: { tornado: { protocol: "https" }, denado: { protocol: "https" } },
  gzip: { tornado: { decompress_request: true }, denado: { decompressRequest: true } },
};

/** An intended difference. */
export interface Difference {
  /** The statuses of Denado's responses, in order; empty where it just closes. */
  readonly denado: string;
  /** The section that says so, or the reason. */
  readonly because: string;
}

/** One connection. */
export interface Script {
  readonly name: string;
  /** Latin-1; several pieces are several segments. */
  readonly send: string | readonly string[];
  /** @default "plain" */
  readonly server?: string;
  /**
   * What comes behind: another request, which must be answered if the ones before were fine; or nothing; or the client
   * says that it has sent everything. @default "next"
   */
  readonly then?: "next" | "nothing" | "half-close";
  /** The methods of the requests where one is HEAD. */
  readonly methods?: readonly string[];
  readonly differs?: Difference;
}

const H = "Host: a.example\r\n";
const get = (target: string, fields = "", version = "1.1") => `GET ${target} HTTP/${version}\r\n${H}${fields}\r\n`;
const post = (fields: string, body: string, target = "/") => `POST ${target} HTTP/1.1\r\n${H}${fields}\r\n${body}`;
const sized = (body: string, fields = "") => post(`${fields}Content-Length: ${body.length}\r\n`, body);
const chunked = (body: string, fields = "") => post(`${fields}Transfer-Encoding: chunked\r\n`, body);
const form = (body: string) => sized(body, "Content-Type: application/x-www-form-urlencoded\r\n");
const multipart = (...parts: string[]) =>
  sized(
    `${parts.map((part) => `--B\r\nContent-Disposition: form-data; ${part}\r\n`).join("")}--B--\r\n`,
    "Content-Type: multipart/form-data; boundary=B\r\n",
  );

/** One script for each of some texts. */
function each(
  name: string,
  texts: readonly string[],
  send: (text: string) => string,
  more: Partial<Script> = {},
): Script[] {
  return texts.map((text) => ({ name: `${name} ${JSON.stringify(text.slice(0, 40))}`, send: send(text), ...more }));
}

const because = (section: string, denado = "400"): Partial<Script> => ({ differs: { denado, because: section } });

const TARGETS: Script[] = [
  ...each(
    "target",
    [
      "/",
      "//x",
      "//x/y",
      "/a/../b",
      "/a//b",
      "/%41%zz%",
      "/a;b=c",
      "/?",
      "/?a",
      "/?a=",
      "/?a=b&c=d",
      "/?a=b&a=c",
      "/?a=b;c=d",
      "/?a=%20+%2B",
      "/?a=%e4%c3%a4",
      "/?a=b=c",
      "/?=b",
      "/?&&a=b&",
      "/?a=b?c=d",
      "/?a=/b/",
      "/?%61=b",
      "/a:b@c",
      "/!$&'()*+,;=:@-._~",
      "/*",
    ],
    (target) => get(target),
  ),
  ...each("target with characters that belong encoded", ['/[]{}|^`"<>\\', '/?a="<>'], (target) => get(target)),
  { name: "target with bytes above 127", send: get("/\xe4?a=\xe4") },
  { name: "target of 8000 characters", send: get(`/${"a".repeat(8000)}`) },
  {
    name: "asterisk-form",
    send: `OPTIONS * HTTP/1.1\r\n${H}\r\n`,
    ...because("RFC 9112 3.3: the URI of it is that of the host", "200 200"),
  },
  {
    name: "absolute-form",
    send: get("http://b.example/c?d=e"),
    ...because("RFC 9112 3.2.2: the target decides about host and path", "200 200"),
  },
  { name: "asterisk-form for GET", send: get("*"), ...because("RFC 9112 3.2.4: only for OPTIONS") },
  { name: "a relative target", send: get("a/b"), ...because("RFC 9112 3.2.1: begins with a slash") },
  { name: "authority-form for GET", send: get("a.example:80"), ...because("RFC 9112 3.2.3: only for CONNECT") },
  { name: "a target with a fragment", send: get("/a#b") },
];

const METHODS: Script[] = [
  ...each(
    "method",
    ["GET", "DELETE", "OPTIONS", "PUT", "PATCH", "TRACE", "FOO", "get", "M-SEARCH", "X!#$%&'*+.^_`|~"],
    (method) => `${method} / HTTP/1.1\r\n${H}\r\n`,
  ),
  { name: "method HEAD", send: `HEAD / HTTP/1.1\r\n${H}\r\n`, methods: ["HEAD"] },
  ...each("bad method", ["FOO,BAR", "G@T", "G(T", "G\xe4T"], (method) => `${method} / HTTP/1.1\r\n${H}\r\n`, {
    ...because("RFC 9110 5.6.2: a method is a token"),
  }),
];

const REQUEST_LINES: Script[] = [
  ...each(
    "request line",
    ["", "GET", "GET /", "GARBAGE", "GET / HTTP/1.1 x", "GET / FTP/1.1", "GET / HTTP/x.1"],
    (line) => `${line}\r\n${H}\r\n`,
    { then: "nothing" },
  ),
  ...each("request line with blanks", ["GET  / HTTP/1.1", "GET /  HTTP/1.1", "GET /a b HTTP/1.1", " GET / HTTP/1.1"], (
    line,
  ) => `${line}\r\n${H}\r\n`, because("RFC 9112 3: single spaces")),
  {
    name: "version HTTP/1.2",
    send: get("/", "", "1.2"),
    ...because("RFC 9110 2.5: a higher minor version is treated as 1.1", "200 200"),
  },
  { name: "version HTTP/2.0", send: get("/", "", "2.0"), ...because("RFC 9110 15.6.6: another major version", "505") },
  { name: "version HTTP/0.9", send: get("/", "", "0.9"), ...because("RFC 9110 15.6.6: another major version", "505") },
  { name: "version HTTP/1.10", send: get("/", "", "1.10"), ...because("RFC 9112 2.3: one digit") },
  { name: "a line break before the request", send: `\r\n${get("/")}` },
  { name: "a line break between requests", send: `${get("/")}\r\n${get("/")}` },
  { name: "lines ended by LF", send: get("/", "A: b\r\n").replaceAll("\r\n", "\n") },
  { name: "lines ended by LF, with a body", send: sized("abc").replaceAll("\r\n", "\n") },
  { name: "byte by byte", send: [...get("/?a=b", "A: b\r\n")] },
  { name: "cut in the line", send: [get("/").slice(0, 7), get("/").slice(7)] },
  { name: "cut between CR and LF", send: [get("/").slice(0, 15), get("/").slice(15)] },
  { name: "nothing", send: "", then: "half-close" },
  { name: "half a request", send: "GET / HT", then: "half-close" },
  { name: "half a head", send: `GET / HTTP/1.1\r\n${H}`, then: "half-close" },
  { name: "half a body", send: post("Content-Length: 5\r\n", "ab"), then: "half-close" },
];

const FIELDS: Script[] = [
  ...each("field", [
    "A: b",
    "a: b",
    "A:b",
    "A:",
    "A: ",
    "A:  b  ",
    "A:\tb\t",
    "A: b\tc",
    "A: b: c",
    'A: "b"',
    "A: \xe4\xff",
    "!#$%&'*+-.^_`|~: b",
    "X-Long-Name-With-Many-Parts: b",
    "x-MiXeD: b",
    "A: b\r\nA: c",
    "A: b\r\na: c\r\nB: d",
    `A: ${"b".repeat(5000)}`,
  ], (field) => get("/", `${field}\r\n`)),
  ...each("bad field", ["A", ": b", "A\tb: c", "A,B: c"], (field) => get("/", `${field}\r\n`), because("RFC 9112 5")),
  ...each(
    "a blank before the colon",
    ["A : b", "Host : b"],
    (field) => get("/", `${field}\r\n`),
    because("RFC 9112 5.1"),
  ),
  ...each(
    "control character in a value",
    ["\0", "\x01", "\x0b", "\x0c", "\x1f", "\x7f"],
    (character) => get("/", `A: b${character}c\r\n`),
    because("RFC 9110 5.5"),
  ),
  { name: "a CR in a value", send: get("/", "A: b\rc\r\n"), ...because("RFC 9112 2.2") },
  { name: "a folded line", send: get("/", "A: b\r\n c\r\n"), ...because("RFC 9112 5.2") },
  { name: "a first line that is folded", send: `GET / HTTP/1.1\r\n A: b\r\n${H}\r\n`, ...because("RFC 9112 2.2") },
  { name: "90 fields", send: get("/", Array.from({ length: 90 }, (_, at) => `A${at}: b\r\n`).join("")) },
  {
    name: "200 fields",
    send: get("/", Array.from({ length: 200 }, (_, at) => `A${at}: b\r\n`).join("")),
    ...because("RFC 6585 5: at most 100", "431"),
  },
];

const HOSTS: Script[] = [
  ...each(
    "host",
    ["a.example", "A.Example", "a:80", "127.0.0.1", "[::1]", "[::1]:80", "a-b.c_d"],
    (host) => `GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
  ),
  ...each(
    "bad host",
    ["a b", "a/b", "a,b", "a@b", "<a>", "a\\b"],
    (host) => `GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
    because("RFC 9112 3.2"),
  ),
  {
    name: "an empty host",
    send: "GET / HTTP/1.1\r\nHost:\r\n\r\n",
    ...because("RFC 9112 3.2: it stays empty, as in Tornado from 6.5 on", "200 200"),
  },
  { name: "no host in HTTP/1.1", send: "GET / HTTP/1.1\r\n\r\n", ...because("RFC 9112 3.2") },
  { name: "two hosts", send: `GET / HTTP/1.1\r\n${H}Host: b\r\n\r\n`, ...because("RFC 9112 3.2") },
  { name: "no host in HTTP/1.0", send: "GET / HTTP/1.0\r\n\r\n" },
  { name: "no host in HTTP/1.0 that is kept", send: "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n" },
];

const PERSISTENCE: Script[] = [
  ...["1.0", "1.1"].flatMap((version) =>
    ["close", "Close", "keep-alive", "Keep-Alive", "upgrade", ""].map((value): Script => ({
      name: `Connection: ${value} in HTTP/${version}`,
      send: get("/", `Connection: ${value}\r\n`, version),
    }))
  ),
  { name: "HTTP/1.0", send: get("/", "", "1.0") },
  {
    name: "close in a list",
    send: get("/", "Connection: a, close\r\n"),
    ...because("RFC 9110 7.6.1: Connection is a list", "200"),
  },
  { name: "two requests", send: get("/1") + get("/2") },
  { name: "twenty requests", send: get("/").repeat(20) },
  {
    name: "requests with bodies and without",
    send: sized("abc") + get("/") + chunked("3\r\nabc\r\n0\r\n\r\n") + get("/"),
  },
  { name: "a request behind one that closes", send: get("/", "Connection: close\r\n") + get("/") },
  { name: "a request behind a malformed one", send: `${get("/")}garbage\r\n\r\n${get("/")}` },
  {
    name: "two requests in pieces",
    send: [get("/1").slice(0, 20), get("/1").slice(20) + get("/2").slice(0, 9), get("/2").slice(9)],
  },
  { name: "with no_keep_alive", send: get("/"), server: "closing" },
  {
    name: "with no_keep_alive, HTTP/1.0",
    send: get("/", "Connection: keep-alive\r\n", "1.0"),
    server: "closing",
    ...because("RFC 9112 9.3: does not promise to keep what it closes", "200"),
  },
];

/** Where the response itself ends the connection. */
const UNLIKE: Readonly<Record<string, Partial<Script>>> = {
  "/chunks": because("RFC 9112 6.3: only the close ends the body", "200"),
  "/empty": because("RFC 9112 6.3: only the close ends the body", "200"),
  "/close": because("RFC 9112 9.6: who says close closes", "200"),
};

const RESPONSES: Script[] = ["/length", "/chunks", "/empty", "/204", "/304", "/close", "/418"].flatMap((path) => [
  { name: `${path} in HTTP/1.1`, send: get(path), ...(path === "/close" ? UNLIKE[path] : {}) },
  { name: `${path} in HTTP/1.1 that closes`, send: get(path, "Connection: close\r\n") },
  { name: `${path} in HTTP/1.0`, send: get(path, "", "1.0") },
  { name: `${path} in HTTP/1.0 that is kept`, send: get(path, "Connection: keep-alive\r\n", "1.0"), ...UNLIKE[path] },
  {
    name: `${path} for HEAD`,
    send: get(path).replace("GET", "HEAD"),
    methods: ["HEAD"],
    ...(path === "/close" ? UNLIKE[path] : {}),
  },
  { name: `${path} for HEAD in HTTP/1.0`, send: get(path, "", "1.0").replace("GET", "HEAD"), methods: ["HEAD"] },
]);

const BODIES: Script[] = [
  { name: "a body by length", send: sized("abc") },
  { name: "a body in pieces", send: [sized("abcdef").slice(0, -4), "cd", "ef"] },
  { name: "an empty body by length", send: sized("") },
  { name: "a body of GET", send: sized("abc").replace("POST", "GET") },
  {
    name: "a body with all bytes",
    send: sized(Array.from({ length: 256 }, (_, at) => String.fromCharCode(at)).join("")),
  },
  { name: "a body of 100 KB", send: sized("x".repeat(100_000)) },
  { name: "POST without a length", send: post("", "") },
  { name: "the same length twice", send: post("Content-Length: 3\r\nContent-Length: 3\r\n", "abc") },
  { name: "two lengths", send: post("Content-Length: 3\r\nContent-Length: 4\r\n", "abc"), ...because("RFC 9112 6.3") },
  { name: "a list of equal lengths", send: post("Content-Length: 3, 3\r\n", "abc") },
  ...each(
    "length",
    ["", "abc", "+3", "-3", "0x3", "1_0", "3.0", "\xb3", "9".repeat(30)],
    (length) => post(`Content-Length: ${length}\r\n`, "abc"),
    because("RFC 9110 8.6: digits"),
  ),
  { name: "chunks", send: chunked("3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n") },
  { name: "chunks byte by byte", send: [...chunked("3\r\nabc\r\n0\r\n\r\n")] },
  { name: "chunks with sizes in capitals and with zeros", send: chunked("00A\r\n0123456789\r\n0\r\n\r\n") },
  { name: "Chunked in capitals", send: post("Transfer-Encoding: Chunked\r\n", "3\r\nabc\r\n0\r\n\r\n") },
  { name: "no chunks", send: chunked("0\r\n\r\n") },
  { name: "chunks of 100 KB", send: chunked(`186a0\r\n${"x".repeat(100_000)}\r\n0\r\n\r\n`) },
  { name: "chunk extensions", send: chunked("3;a=b\r\nabc\r\n0\r\n\r\n"), ...because("RFC 9112 7.1.1", "200 200") },
  { name: "trailers", send: chunked("3\r\nabc\r\n0\r\nA: b\r\n\r\n"), ...because("RFC 9112 7.1.2", "200 200") },
  ...each("chunk size", ["", "g", "+3", "-3", "0x3", "1_0", "3 "], (size) => chunked(`${size}\r\nabc\r\n0\r\n\r\n`), {
    ...because("RFC 9112 7.1: hexadecimal digits"),
  }),
  { name: "data longer than its chunk", send: chunked("3\r\nabcd\r\n0\r\n\r\n"), ...because("RFC 9112 7.1") },
  {
    name: "chunked and a length",
    send: post("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n", "0\r\n\r\n"),
    ...because("RFC 9112 6.3"),
  },
  {
    name: "chunked in HTTP/1.0",
    send: chunked("3\r\nabc\r\n0\r\n\r\n").replace("1.1", "1.0"),
    ...because("RFC 9112 6.1"),
  },
  ...each(
    "transfer coding",
    ["gzip", "gzip, chunked", "chunked, chunked", "identity", "xchunked", "chunked;a"],
    (coding) => post(`Transfer-Encoding: ${coding}\r\n`, "0\r\n\r\n"),
    because("RFC 9112 6.1"),
  ),
  { name: "a body that is waited for", send: sized("abc", "Expect: 100-continue\r\n") },
  {
    name: "Expect in capitals",
    send: sized("abc", "Expect: 100-Continue\r\n"),
    ...because("RFC 9110 10.1.1: in any case", "100 200 200"),
  },
  { name: "another expectation", send: sized("abc", "Expect: something\r\n") },
  {
    name: "Expect without a body",
    send: get("/", "Expect: 100-continue\r\n"),
    ...because("RFC 9110 10.1.1: there is nothing to continue with", "200 200"),
  },
];

const MALFORMED: Partial<Script> = because("RFC 9110 15.5.1: Tornado logs it and closes");

const FORMS: Script[] = [
  ...each("form", ["a=b", "a=b&c=d", "a=b&a=c", "a=", "a", "a=%20+%2B", "a=%e4", "a=b=c", "", "&&"], form),
  { name: "form beside a query", send: form("a=b").replace("POST /", "POST /?a=c&d=e") },
  {
    name: "form with a charset",
    send: sized("a=b", "Content-Type: application/x-www-form-urlencoded; charset=UTF-8\r\n"),
  },
  { name: "another type", send: sized("a=b", "Content-Type: text/plain\r\n") },
  {
    name: "a form in a coding",
    send: sized("a=b", "Content-Type: application/x-www-form-urlencoded\r\nContent-Encoding: gzip\r\n"),
    ...MALFORMED,
  },
  { name: "parts", send: multipart('name="a"\r\n\r\nb', 'name="c"\r\n\r\nd') },
  { name: "a part without quotes", send: multipart("name=a\r\n\r\nb") },
  { name: "a file", send: multipart('name="f"; filename="a.txt"\r\nContent-Type: text/plain\r\n\r\nabc\r\n--') },
  { name: "a file without a type", send: multipart('name="f"; filename="a.bin"\r\n\r\n\0\xff') },
  { name: "an extended file name", send: multipart("name=f; filename=\"a\"; filename*=UTF-8''%C3%A4\r\n\r\nx") },
  { name: "an empty file name", send: multipart('name="f"; filename=""\r\n\r\n') },
  { name: "a quoted boundary", send: multipart('name="a"\r\n\r\nb').replace("boundary=B", 'boundary="B"') },
  { name: "a part without a name", send: multipart("x=y\r\n\r\nb"), ...MALFORMED },
  { name: "parts without an end", send: multipart('name="a"\r\n\r\nb').replace("--B--", "--B  "), ...MALFORMED },
  { name: "no boundary", send: multipart('name="a"\r\n\r\nb').replace("; boundary=B", ""), ...MALFORMED },
];

const COOKIES: Script[] = each("cookie", [
  "a=b",
  "a=b; c=d",
  "a=b;c=d",
  "a=b; a=c",
  "a",
  "=b",
  "a=",
  "a=b=c",
  'a="b c"',
  'a="b\\"c"',
  'a="\\344"',
  "a=b; ; c=d",
  "a b=c",
  "a=\xe4",
  "$Version=1; a=b",
  "a=b, c=d",
], (cookie) => get("/", `Cookie: ${cookie}\r\n`));
COOKIES.push({
  name: "two cookie fields",
  send: get("/", "Cookie: a=b\r\nCookie: c=d\r\n"),
  ...because("RFC 9113 8.2.3: joined by a semicolon", "200 200"),
});

const PROXIES: Script[] = [
  ...[
    "X-Real-Ip: 4.4.4.4",
    "X-Real-IP: 2620:0:1cfe:face:b00c::3",
    "X-Real-Ip: 4.4.4.4<script>",
    "X-Real-Ip: www.google.com",
    "X-Real-Ip: ",
    "X-Forwarded-For: 127.0.0.1, 4.4.4.4",
    "X-Forwarded-For: 4.4.4.4",
    "X-Forwarded-For: 4.4.4.4, 10.0.0.1",
    "X-Forwarded-For: 4.4.4.4,10.0.0.1,10.0.0.1",
    "X-Forwarded-For: 10.0.0.1",
    "X-Forwarded-For: 5.5.5.5, 4.4.4.4, 2001:db8::1",
    "X-Forwarded-For: 4.4.4.4, junk",
    "X-Forwarded-For: ::1",
    "X-Real-Ip: 4.4.4.4\r\nX-Forwarded-For: 5.5.5.5",
    "X-Scheme: https",
    "X-Scheme: HTTPS",
    "X-Scheme: ftp",
    "X-Forwarded-Proto: https",
    "X-Forwarded-Proto: https , http",
    "X-Forwarded-Proto: http, https",
    "X-Scheme: http\r\nX-Forwarded-Proto: https",
  ].map((field): Script => ({
    name: `proxy field ${JSON.stringify(field)}`,
    send: get("/", `${field}\r\n`),
    server: "proxied",
  })),
  { name: "proxy fields that are not asked for", send: get("/", "X-Real-Ip: 4.4.4.4\r\nX-Scheme: https\r\n") },
  {
    name: "proxy fields are those of one request",
    send: get("/", "X-Real-Ip: 4.4.4.4\r\n") + get("/"),
    server: "proxied",
  },
  { name: "a scheme that is given", send: get("/"), server: "https" },
];

const LIMITS: Script[] = [
  { name: "a head below its limit", send: get("/", `A: ${"b".repeat(900)}\r\n`), server: "small" },
  {
    name: "a head above its limit",
    send: get("/", `A: ${"b".repeat(1100)}\r\n`),
    server: "small",
    ...because("RFC 6585 5", "431"),
  },
  {
    name: "a target above the limit of the head",
    send: get(`/${"a".repeat(1100)}`),
    server: "small",
    ...because("RFC 9110 15.5.15", "414"),
  },
  { name: "a body at its limit", send: sized("x".repeat(1000)), server: "small" },
  {
    name: "chunks at the limit of the body",
    send: chunked(`3e8\r\n${"x".repeat(1000)}\r\n0\r\n\r\n`),
    server: "small",
  },
  {
    name: "a body above its limit",
    send: sized("x".repeat(1001)),
    server: "small",
    ...because("RFC 9110 15.5.14", "413"),
  },
  {
    name: "chunks above the limit of the body",
    send: chunked(`3e9\r\n${"x".repeat(1001)}\r\n0\r\n\r\n`),
    server: "small",
    ...because("RFC 9110 15.5.14", "413"),
  },
  { name: "a body in many pieces of chunk_size", send: sized("0123456789".repeat(50)), server: "small" },
];

const latin1 = (bytes: Uint8Array) => Buffer.from(bytes).toString("latin1");
const GZIP = latin1(gzipSync("Hello, world".repeat(10)));
const CODED = "Content-Encoding: gzip\r\n";

const CODINGS: Script[] = [
  { name: "gzip", send: sized(GZIP, CODED), server: "gzip" },
  { name: "GZIP in capitals", send: sized(GZIP, "Content-Encoding: GZIP\r\n"), server: "gzip" },
  {
    name: "gzip in chunks",
    send: chunked(`${GZIP.length.toString(16)}\r\n${GZIP}\r\n0\r\n\r\n`, CODED),
    server: "gzip",
  },
  { name: "gzip twice on a connection", send: sized(GZIP, CODED) + sized(GZIP, CODED), server: "gzip" },
  {
    name: "gzip, and a form in it",
    send: sized(latin1(gzipSync("a=b")), `${CODED}Content-Type: application/x-www-form-urlencoded\r\n`),
    server: "gzip",
  },
  { name: "no coding", send: sized("abc"), server: "gzip" },
  { name: "an unknown coding", send: sized("abc", "Content-Encoding: br\r\n"), server: "gzip" },
  { name: "gzip that nobody asked to decode", send: sized(GZIP, CODED) },
  {
    name: "deflate",
    send: sized(latin1(deflateSync("Hello")), "Content-Encoding: deflate\r\n"),
    server: "gzip",
    ...because("RFC 9110 8.4.1.2", "200 200"),
  },
  { name: "gzip that is damaged", send: sized("x".repeat(40), CODED), server: "gzip", ...because("RFC 9110 15.5.1") },
];

/** All scripts, by what they are about. */
export const SCRIPTS: Readonly<Record<string, readonly Script[]>> = {
  "request targets": TARGETS,
  "methods": METHODS,
  "request lines": REQUEST_LINES,
  "fields": FIELDS,
  "hosts": HOSTS,
  "persistence": PERSISTENCE,
  "responses": RESPONSES,
  "bodies": BODIES,
  "forms": FORMS,
  "cookies": COOKIES,
  "proxies": PROXIES,
  "limits": LIMITS,
  "content codings": CODINGS,
};
