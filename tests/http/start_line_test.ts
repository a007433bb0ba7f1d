import { assert, assertEquals, assertThrows } from "@std/assert";
import { HTTPInputError } from "../../http/errors.ts";
import {
  excerpt,
  parseRequestStartLine,
  parseResponseStartLine,
  RequestLineScanner,
  StatusLineScanner,
  targetHost,
} from "../../http/start_line.ts";
import { latin1 } from "../helpers/parser_feed.ts";

Deno.test("parseRequestStartLine returns the parts", () => {
  assertEquals(parseRequestStartLine("GET /foo HTTP/1.1"), { method: "GET", path: "/foo", version: "HTTP/1.1" });
  assertEquals(parseRequestStartLine("X / HTTP/1.0"), { method: "X", path: "/", version: "HTTP/1.0" });
});

const BAD_REQUEST_LINES: [line: string, status: number][] = [
  ["", 400],
  ["GET", 400],
  ["GET /", 400],
  ["GET / ", 400],
  ["GET  / HTTP/1.1", 400],
  [" GET / HTTP/1.1", 400],
  ["GET / HTTP/1.1 ", 400],
  ["GET / HTTP/1.1\r", 400],
  ["GET / HTTP/1.1\r\n", 400],
  ["GET / HTTP/1.1\nA: b", 400],
  ["\nGET / HTTP/1.1", 400],
  ["GET / HTTP/1", 400],
  ["GET / HTTP/11", 400],
  ["GET / http/1.1", 400],
  ["GET / HTTP/x.1", 400],
  ["G(T / HTTP/1.1", 400],
  ["GET /\u0100 HTTP/1.1", 400],
  ["GET x HTTP/1.1", 400],
  ["GET / HTTP/2.0", 505],
];

for (const [line, status] of BAD_REQUEST_LINES) {
  Deno.test(`parseRequestStartLine refuses ${JSON.stringify(line)}`, () => {
    assertEquals(assertThrows(() => parseRequestStartLine(line), HTTPInputError).status, status);
  });
}

Deno.test("parseResponseStartLine returns the parts", () => {
  assertEquals(parseResponseStartLine("HTTP/1.1 200 OK"), { version: "HTTP/1.1", code: 200, reason: "OK" });
  assertEquals(parseResponseStartLine("HTTP/1.0 404 Not  Found\t\xe9"), {
    version: "HTTP/1.0",
    code: 404,
    reason: "Not  Found\t\xe9",
  });
  assertEquals(parseResponseStartLine("HTTP/1.1 200 "), { version: "HTTP/1.1", code: 200, reason: "" });
});

for (
  const line of [
    "",
    "HTTP/1.1",
    "HTTP/1.1 ",
    "HTTP/1.1 200",
    "HTTP/1.1  200 OK",
    "HTTP/1.1 2000 OK",
    "HTTP/1.1 20 OK",
    "HTTP/1.1 -20 OK",
    "HTTP/1.1 000 OK",
    "HTTP/1.1 200\tOK",
    "HTTP/1.1 200 O\x00K",
    "HTTP/1.1 200 OK\r",
    "HTTP/2.0 200 OK",
    "http/1.1 200 OK",
  ]
) {
  Deno.test(`parseResponseStartLine refuses ${JSON.stringify(line)}`, () => {
    assertThrows(() => parseResponseStartLine(line), HTTPInputError);
  });
}

Deno.test("RequestLineScanner goes on where it stopped, wherever the window lies", () => {
  const line = "\r\nOPTIONS * HTTP/1.1\r\n";
  const scanner = new RequestLineScanner();
  for (let count = 1; count <= line.length; count++) {
    const base = count % 5;
    const bytes = latin1("\x00".repeat(base) + line.slice(0, count));
    const end = scanner.scan(bytes, base + count - 1, base + count, base);
    assertEquals(end, count === line.length ? base + line.length : -1);
  }
  assertEquals([scanner.start, scanner.methodEnd, scanner.targetEnd, scanner.minor], [2, 9, 11, 1]);
});

Deno.test("StatusLineScanner goes on where it stopped, wherever the window lies", () => {
  const line = "\nHTTP/1.0 307 See there\r\n";
  const scanner = new StatusLineScanner();
  for (let round = 0; round < 2; round++) {
    for (let count = 1; count <= line.length; count++) {
      const base = count % 5;
      const bytes = latin1("\x00".repeat(base) + line.slice(0, count));
      const end = scanner.scan(bytes, base + count - 1, base + count, base);
      assertEquals(end, count === line.length ? base + line.length : -1);
    }
    assertEquals([scanner.start, scanner.minor, scanner.code], [1, 0, 307]);
    assertEquals(line.slice(scanner.reasonStart, scanner.reasonEnd), "See there");
    scanner.reset();
  }
});

Deno.test("targetHost returns the authority of absolute-form and authority-form", () => {
  assertEquals(targetHost("GET", "/a"), undefined);
  assertEquals(targetHost("OPTIONS", "*"), undefined);
  assertEquals(targetHost("GET", "http://a:1/b"), "a:1");
  assertEquals(targetHost("OPTIONS", "http://a"), "a");
  assertEquals(targetHost("GET", "x+y-z.1://[::1]#"), "[::1]");
  assertEquals(targetHost("CONNECT", "a:1"), "a:1");
});

Deno.test("targetHost refuses a form that the method does not allow", () => {
  const refused = [
    ["GET", "*"],
    ["GET", ""],
    ["GET", "a:1"],
    ["GET", "http:/a"],
    ["GET", "1a://b"],
    ["GET", "://a"],
    [
      "CONNECT",
      "http://a:1",
    ],
    ["CONNECT", "*"],
    ["CONNECT", "[::1]"],
    ["CONNECT", "a:1/"],
  ];
  for (const [method, target] of refused) {
    assertThrows(() => targetHost(method!, target!), HTTPInputError, "Request target not allowed", target);
  }
});

Deno.test("excerpt escapes control characters and is bounded", () => {
  assertEquals(excerpt(latin1('a"\x1b\x7f\x9b\r\n'), 0, 7), '"a\\"\\u001b\\u007f\\u009b\\r\\n"');
  assert(excerpt(new Uint8Array(5000).fill(65), 0, 5000).length <= 82);
  assertEquals(excerpt(latin1("abc"), 1, 2), '"b"');
});
