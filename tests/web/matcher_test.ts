import {
  AnyMatches,
  DefaultHostMatches,
  HostMatches,
  type Matcher,
  PathMatches,
  URLPatternMatches,
} from "@denado/denado";
import type { HTTPServerRequest } from "@denado/denado/http";
import type { TargetParameters } from "@denado/denado/web";
import { assertEquals, assertThrows } from "@std/assert";
import { parsedRequest } from "../helpers/parsed_request.ts";

const NOTHING = { pathArgs: [], pathKwargs: undefined };

interface MatcherCase {
  readonly name: string;
  readonly matcher: Matcher;
  readonly request: HTTPServerRequest;
  readonly expected: TargetParameters | undefined;
}

const to = (host: string, path = "/", fields = "") =>
  parsedRequest(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n${fields}\r\n`);
const url = (init: URLPatternInit) => new URLPatternMatches(new URLPattern(init));

const CASES: MatcherCase[] = [
  { name: "AnyMatches any request", matcher: new AnyMatches(), request: to("a", "/x"), expected: NOTHING },
  { name: "HostMatches a host", matcher: new HostMatches("a\\.example"), request: to("a.example"), expected: NOTHING },
  { name: "HostMatches in lower case", matcher: new HostMatches("a"), request: to("A:80"), expected: NOTHING },
  { name: "HostMatches the whole", matcher: new HostMatches("a|b"), request: to("ax"), expected: undefined },
  { name: "HostMatches a RegExp", matcher: new HostMatches(/.*\.a/), request: to("b.a"), expected: NOTHING },
  {
    name: "PathMatches groups",
    matcher: new PathMatches("/(.+)"),
    request: to("a", "/%41?x"),
    expected: { pathArgs: ["A"], pathKwargs: undefined },
  },
  { name: "PathMatches no other path", matcher: new PathMatches("/a"), request: to("a", "/b"), expected: undefined },
  {
    name: "URLPatternMatches names",
    matcher: url({ pathname: "/:a/:b" }),
    request: to("h", "/x/%C3%A4"),
    expected: { pathArgs: [], pathKwargs: { a: "x", b: "ä" } },
  },
  {
    name: "URLPatternMatches groups",
    matcher: url({ pathname: "/(\\d+)/*" }),
    request: to("h", "/12/x"),
    expected: { pathArgs: ["12", "x"], pathKwargs: undefined },
  },
  {
    name: "URLPatternMatches a host",
    matcher: url({ hostname: ":tenant.example" }),
    request: to("b.example", "/x"),
    expected: { pathArgs: [], pathKwargs: { tenant: "b" } },
  },
  {
    name: "URLPatternMatches no other host",
    matcher: url({ hostname: "a.example" }),
    request: to("b.example"),
    expected: undefined,
  },
  { name: "URLPatternMatches plain text", matcher: url({ pathname: "/a" }), request: to("h", "/a"), expected: NOTHING },
  {
    name: "URLPatternMatches no URL at all",
    matcher: url({ pathname: "/a" }),
    request: parsedRequest("OPTIONS * HTTP/1.1\r\nHost: \r\n\r\n"),
    expected: undefined,
  },
];

for (const { name, matcher, request, expected } of CASES) {
  Deno.test(`${name}: ${request.host}${request.uri}`, () => {
    assertEquals(matcher.match(request), expected);
  });
}

Deno.test("DefaultHostMatches any host, if the default host is one that the pattern is for, and no proxy is in front", () => {
  const matches = (defaultHost: string, fields = "") =>
    new DefaultHostMatches(defaultHost, new HostMatches("a\\.example")).match(to("b", "/", fields));
  assertEquals(matches("A.example"), NOTHING);
  assertEquals(matches("b.example"), undefined);
  assertEquals(matches("a.example", "X-Real-Ip: 10.0.0.1\r\n"), undefined);
});

Deno.test("Matcher has no way back, unless it is one of paths", () => {
  assertEquals(new AnyMatches().reverse(), undefined);
  assertEquals(new HostMatches("a").reverse(), undefined);
  assertEquals(new PathMatches("/(.)/x").reverse("a b"), "/a%20b/x");
});

Deno.test("HostMatches and PathMatches refuse a pattern that does not compile", () => {
  assertThrows(() => new HostMatches("("), SyntaxError);
  assertThrows(() => new PathMatches("/("), SyntaxError);
});
