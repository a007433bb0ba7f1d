import { type HTTPConnection, HTTPInputError, HTTPServerRequest, MessageParser } from "@denado/denado/http";
import { assert, assertEquals, assertThrows } from "@std/assert";

/** A request as the parser delivers it, with a connection that is only looked at. */
function parse(head: string, body = ""): HTTPServerRequest {
  const parser = new MessageParser("request");
  const bytes = new TextEncoder().encode(head + "\r\n\r\n");
  parser.parse(bytes, 0, bytes.length);
  const connection = { context: { remoteIp: "192.0.2.1", protocol: "https" }, startTimeMs: performance.now() };
  const request = new HTTPServerRequest(parser.head, connection as unknown as HTTPConnection);
  request.body = new TextEncoder().encode(body);
  return request;
}

const TARGETS: { line: string; path: string; query: string; fullUrl: string }[] = [
  { line: "GET /", path: "/", query: "", fullUrl: "https://a.example/" },
  { line: "GET /a/b?c=d", path: "/a/b", query: "c=d", fullUrl: "https://a.example/a/b?c=d" },
  { line: "GET /a?b?c", path: "/a", query: "b?c", fullUrl: "https://a.example/a?b?c" },
  { line: "GET /?", path: "/", query: "", fullUrl: "https://a.example/?" },
  { line: "GET //host/x", path: "//host/x", query: "", fullUrl: "https://a.example//host/x" },
  { line: "GET /%2F%41", path: "/%2F%41", query: "", fullUrl: "https://a.example/%2F%41" },
  {
    line: "GET /a?u=http://b.example/",
    path: "/a",
    query: "u=http://b.example/",
    fullUrl: "https://a.example/a?u=http://b.example/",
  },
  // absolute-form, RFC 9112 3.2.2: the host of the target counts
  { line: "GET http://b.example:81/x?y=z", path: "/x", query: "y=z", fullUrl: "https://b.example:81/x?y=z" },
  { line: "GET http://b.example", path: "/", query: "", fullUrl: "https://b.example/" },
  { line: "GET http://b.example?y=/z", path: "/", query: "y=/z", fullUrl: "https://b.example/?y=/z" },
  // asterisk-form, RFC 9112 3.2.4
  { line: "OPTIONS *", path: "*", query: "", fullUrl: "https://a.example" },
];

for (const { line, path, query, fullUrl } of TARGETS) {
  Deno.test(`HTTPServerRequest tells path, query and URL of ${line}`, () => {
    const request = parse(`${line} HTTP/1.1\r\nHost: a.example`);
    assertEquals([request.path, request.query, request.fullUrl()], [path, query, fullUrl]);
    assertEquals(request.uri, line.slice(line.indexOf(" ") + 1));
  });
}

const HOSTS: { head: string; host: string; hostName: string }[] = [
  { head: "GET / HTTP/1.1\r\nHost: A.Example", host: "A.Example", hostName: "a.example" },
  { head: "GET / HTTP/1.1\r\nHost: a.example:8080", host: "a.example:8080", hostName: "a.example" },
  { head: "GET / HTTP/1.1\r\nHost: [2001:DB8::1]:80", host: "[2001:DB8::1]:80", hostName: "[2001:db8::1]" },
  { head: "GET / HTTP/1.1\r\nHost: [::1]", host: "[::1]", hostName: "[::1]" },
  { head: "GET / HTTP/1.1\r\nHost:", host: "", hostName: "" },
  { head: "GET / HTTP/1.0", host: "127.0.0.1", hostName: "127.0.0.1" },
];

for (const { head, host, hostName } of HOSTS) {
  Deno.test(`HTTPServerRequest tells the host of ${JSON.stringify(head)}`, () => {
    const request = parse(head);
    assertEquals([request.host, request.hostName], [host, hostName]);
  });
}

Deno.test("HTTPServerRequest tells method, version, headers, peer and scheme", () => {
  const request = parse("POST / HTTP/1.0\r\nX-One: 1", "body");
  assertEquals([request.method, request.version, request.headers.get("x-one")], ["POST", "HTTP/1.0", "1"]);
  assertEquals([request.remoteIp, request.protocol, request.body.length], ["192.0.2.1", "https", 4]);
  assert(request.requestTime() >= 0);
});

Deno.test("HTTPServerRequest has no body and no arguments where none were sent", () => {
  const request = parse("GET / HTTP/1.1\r\nHost: a");
  assertEquals([request.body.length, request.arguments.size, request.cookies.size], [0, 0, 0]);
});

const FORM = "POST /?a=1&b=2 HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded; charset=utf-8";

Deno.test("HTTPServerRequest merges the arguments of query and body, in this order", () => {
  const request = parse(FORM, "b=3&c=%C3%A4");
  assertEquals([...request.queryArguments], [["a", ["1"]], ["b", ["2"]]]);
  assertEquals(request.bodyArguments.get("b"), ["3"]);
  assertEquals(request.arguments.get("b"), ["2", "3"]);
  assertEquals(request.arguments.get("c"), ["\xc3\xa4"]); // a byte string
  assertEquals(request.queryArguments.get("b"), ["2"]); // not changed by the merge
});

Deno.test("HTTPServerRequest does not read a body of another type as a form", () => {
  assertEquals(parse("POST / HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain", "a=1").bodyArguments.size, 0);
});

Deno.test("HTTPServerRequest refuses more arguments than the limit", () => {
  const many = Array.from({ length: 1001 }, (_, at) => `a${at}=1`).join("&");
  const error = assertThrows(() => parse(`GET /?${many} HTTP/1.1\r\nHost: a`).queryArguments, HTTPInputError);
  assertEquals(error.status, 400);
  assertThrows(() => parse(FORM, many).bodyArguments, HTTPInputError);
});

Deno.test("HTTPServerRequest reads cookies", () => {
  const request = parse("GET / HTTP/1.1\r\nHost: a\r\nCookie: a=1; b=2; a=3");
  assertEquals([...request.cookies], [["a", "3"], ["b", "2"]]);
  const several = parse("GET / HTTP/1.1\r\nHost: a\r\nCookie: a=1\r\nCookie: b=2; c=3");
  assertEquals([several.getCookie("a"), several.getCookie("b"), several.getCookie("c")], ["1", "2", "3"]);
  assertEquals([...several.cookies], [["a", "1"], ["b", "2"], ["c", "3"]]);
  // As Tornado: names that a server could not have set are left out.
  const odd = parse("GET / HTTP/1.1\r\nHost: a\r\nCookie: unnamed; =b; c d=e; f:g=h; $i=j; \xe4=k; __proto__=l");
  assertEquals([...odd.cookies], [["f:g", "h"], ["$i", "j"], ["__proto__", "l"]]);
});

Deno.test("HTTPServerRequest leaves cookies out whose names no server could have set", () => {
  const request = parse(
    "GET / HTTP/1.1\r\nHost: a\r\nCookie: /=a; b c=d; nameless; path=e; Expires=f; é=g; h=i; __proto__=j",
  );
  assertEquals([...request.cookies], [["h", "i"], ["__proto__", "j"]]);
});

Deno.test("HTTPServerRequest shows no header in its description", () => {
  const text = String(parse("GET /x HTTP/1.1\r\nHost: a\r\nAuthorization: secret"));
  assertEquals(text, "HTTPServerRequest(GET /x HTTP/1.1, from 192.0.2.1)");
});

const MULTIPART = "POST /?a=1 HTTP/1.1\r\nHost: a.example\r\nContent-Type: multipart/form-data; boundary=b";
const PARTS = [
  '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n2\r\n',
  '--b\r\nContent-Disposition: form-data; name="f"; filename="g.txt"\r\n\r\nhi\r\n--b--\r\n',
].join("");

Deno.test("HTTPServerRequest reads arguments and files of a multipart body", () => {
  const request = parse(MULTIPART, PARTS);
  assertEquals(request.arguments.get("a"), ["1", "2"]);
  assertEquals([...request.bodyArguments], [["a", ["2"]]]);
  const [file] = request.files.get("f")!;
  assertEquals([file!.filename, file!.contentType], ["g.txt", "application/unknown"]);
  assertEquals(new TextDecoder().decode(file!.body), "hi");
  assertEquals([...parse(MULTIPART).files], [], "where the body is streamed there are none");
});

Deno.test("HTTPServerRequest refuses a form that is damaged or encoded", () => {
  assertThrows(() => parse(MULTIPART, "junk").files, HTTPInputError, "no final boundary");
  assertThrows(() => parse(MULTIPART, "junk").arguments, HTTPInputError, "no final boundary");
  assertThrows(() => parse(`${FORM}\r\nContent-Encoding: gzip`, "a=1").bodyArguments, HTTPInputError, '"gzip"');
});

Deno.test("HTTPServerRequest knows its own errors from those of others", () => {
  const request = parse(MULTIPART, "junk");
  const other = parse(MULTIPART, "junk");
  for (const read of [() => request.files, () => request.bodyArguments, () => request.arguments]) {
    const error = assertThrows(read, HTTPInputError);
    assertEquals([request.isInputError(error), other.isInputError(error)], [true, false]);
  }
  const many = "a&".repeat(1001);
  const long = parse(`GET /?${many} HTTP/1.1\r\nHost: a`);
  assertEquals(long.isInputError(assertThrows(() => long.queryArguments, HTTPInputError)), true);
  for (const error of [new HTTPInputError("x"), new Error("x"), undefined, "x"]) {
    assertEquals(request.isInputError(error), false);
  }
});

Deno.test("HTTPServerRequest does not look at a body before it is asked for its arguments", () => {
  const request = parse(MULTIPART, "junk");
  assertEquals([request.queryArguments.get("a"), request.body.length], [["1"], 4]);
});

Deno.test("HTTPServerRequest knows no certificate of the client's", () => {
  assertEquals(parse("GET / HTTP/1.1\r\nHost: a").getSslCertificate(), undefined);
});

Deno.test("HTTPServerRequest turns into a web Request", async () => {
  const request = parse("POST /a%20b?c=d HTTP/1.1\r\nHost: a.example\r\nX-Two: 1\r\nX-Two: 2", "body").toRequest();
  assertEquals([request.method, request.url], ["POST", "https://a.example/a%20b?c=d"]);
  assertEquals([...request.headers], [["host", "a.example"], ["x-two", "1, 2"]]);
  assertEquals(await request.text(), "body");
  assertEquals(parse("GET / HTTP/1.1\r\nHost: a").toRequest().body, null);
  const form = await parse(MULTIPART, PARTS).toRequest().formData();
  assertEquals([form.get("a"), (form.get("f") as File).name], ["2", "g.txt"]);
});

Deno.test("HTTPServerRequest gives its web Request a signal", () => {
  const controller = new AbortController();
  const { signal } = parse("GET / HTTP/1.1\r\nHost: a").toRequest({ signal: controller.signal });
  controller.abort();
  assert(signal.aborted);
});

for (const line of ["TRACE / HTTP/1.1\r\nHost: a", "GET / HTTP/1.1\r\nHost:"]) {
  Deno.test(`HTTPServerRequest cannot turn ${JSON.stringify(line)} into a web Request`, () => {
    assertThrows(() => parse(line).toRequest(), TypeError);
  });
}
