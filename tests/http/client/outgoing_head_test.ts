import { HTTPHeaders, type HTTPRequestOptions } from "@denado/denado/http";
import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  absoluteForm,
  basicAuthorization,
  BODY_METHODS,
  originForm,
  outgoingHeaders,
} from "../../../http/client/outgoing_head.ts";
import type { Hop } from "../../../http/client/redirect.ts";
import { requestSettings } from "../../../http/client/request_options.ts";

function hop(url: string, options: Partial<Hop> = {}): Hop {
  return {
    url: new URL(url),
    method: "GET",
    headers: new HTTPHeaders(),
    sendsBody: false,
    authenticates: true,
    ...options,
  };
}

function lines(of: Hop, options: HTTPRequestOptions = {}, contentLength = -1): string[] {
  const headers = outgoingHeaders(of, requestSettings({}, options), { contentLength });
  return headers.toString().trimEnd().split("\n");
}

const TARGETS = [
  ["http://a.example", "/", "http://a.example/"],
  ["http://u:p@a.example:80/x?y#z", "/x?y", "http://a.example/x?y"],
  ["https://a.example:8443/%20 \u00e9", "/%20%20%C3%A9", "https://a.example:8443/%20%20%C3%A9"],
  ["http://[::1]:81//x", "//x", "http://[::1]:81//x"],
] as const;

for (const [url, origin, absolute] of TARGETS) {
  Deno.test(`originForm and absoluteForm of ${url}`, () => {
    assertEquals([originForm(new URL(url)), absoluteForm(new URL(url))], [origin, absolute]);
  });
}

Deno.test("outgoingHeaders has the host first, and what HTTP asks for", () => {
  const accept = new HTTPHeaders([["Accept", "a"], ["accept", "b"]]);
  assertEquals(lines(hop("http://u:p@a.example:8080/", { headers: accept })), [
    "Host: a.example:8080",
    "Accept: a",
    "accept: b",
    "User-Agent: Denado/0.1.0",
    "Accept-Encoding: gzip, deflate",
  ]);
});

Deno.test("outgoingHeaders takes values with blanks around them", () => {
  assert(lines(hop("http://a.example/", { headers: new HTTPHeaders({ "X-A": " b\t" }) })).includes("X-A: b"));
});

Deno.test("outgoingHeaders lets the program have its own host, agent and coding", () => {
  const headers = new HTTPHeaders({ "User-Agent": "x", host: "b.example", "accept-encoding": "br" });
  assertEquals(lines(hop("http://a.example/", { headers })), [
    "Host: b.example",
    "User-Agent: x",
    "accept-encoding: br",
  ]);
  assert(lines(hop("http://a.example/", { headers }), { userAgent: "y" }).includes("User-Agent: y"));
  assert(!lines(hop("http://a.example/"), { decompressResponse: false }).join().includes("Accept-Encoding"));
  const range = new HTTPHeaders({ Range: "bytes=0-4" });
  assert(lines(hop("http://a.example/", { headers: range })).includes("Accept-Encoding: identity"));
});

Deno.test("outgoingHeaders says how long the body is, or that it comes in chunks", () => {
  const post = hop("http://a.example/", { method: "POST", sendsBody: true });
  assertEquals(lines(post, {}, 5).slice(-2), [
    "Content-Length: 5",
    "Content-Type: application/x-www-form-urlencoded",
  ]);
  assert(lines(post).includes("Transfer-Encoding: chunked"));
  const told = { ...post, headers: new HTTPHeaders({ "Content-Length": "7", "Content-Type": "a/b" }) };
  assertEquals(lines(told).slice(1, 3), ["Content-Length: 7", "Content-Type: a/b"]);
  assert(lines(told, {}, 5).includes("Content-Length: 5"));
  assert(!lines({ ...post, method: "PUT" }, {}, 5).join().includes("Content-Type"));
});

Deno.test("outgoingHeaders says that there is no body only where one is expected", () => {
  for (const method of ["GET", "DELETE", "POST", "PUT", "PATCH"]) {
    const of = hop("http://a.example/", { method });
    assertEquals(lines(of).includes("Content-Length: 0"), BODY_METHODS.has(method), method);
  }
});

Deno.test("outgoingHeaders says what the options ask for", () => {
  const settings = requestSettings({}, { keepAlive: false, expect100Continue: true });
  const headers = outgoingHeaders(hop("http://a.example/", { method: "PUT", sendsBody: true }), settings, {
    contentLength: 1,
    authorization: "Basic x",
    proxyAuthorization: "Basic y",
  });
  assertEquals([...headers.getAll()].slice(1, 4), [
    ["Connection", "close"],
    ["Authorization", "Basic x"],
    ["Proxy-Authorization", "Basic y"],
  ]);
  assertEquals(headers.get("Expect"), "100-continue");
});

const CREDENTIALS: readonly [url: string, HTTPRequestOptions, authenticates: boolean, expected: string | undefined][] =
  [
    ["http://a.example/", {}, true, undefined],
    [
      "http://a.example/",
      { authUsername: "Aladdin", authPassword: "open sesame" },
      true,
      "QWxhZGRpbjpvcGVuIHNlc2FtZQ==",
    ],
    ["http://a.example/", { authUsername: "u" }, true, "dTo="],
    ["http://a.example/", { authUsername: "\u0061\u0308", authPassword: "p" }, true, "w6Q6cA=="],
    ["http://a.example/", { authUsername: "u" }, false, undefined],
    ["http://u:p@a.example/", {}, true, "dTpw"],
    ["http://u:p@a.example/", {}, false, "dTpw"],
    ["http://u@a.example/", {}, true, "dTo="],
    ["http://:p@a.example/", {}, true, "OnA="],
    ["http://u%40b:p%3Aq@a.example/", {}, true, "dUBiOnA6cQ=="],
    ["http://u%:p@a.example/", {}, true, "dSU6cA=="],
    ["http://u:p@a.example/", { authUsername: "other", authPassword: "x" }, true, "b3RoZXI6eA=="],
  ];

for (const [url, options, authenticates, expected] of CREDENTIALS) {
  Deno.test(`basicAuthorization of ${url} with ${JSON.stringify(options)}${authenticates ? "" : " elsewhere"}`, () => {
    const value = basicAuthorization(hop(url, { authenticates }), requestSettings({}, options));
    assertEquals(value, expected === undefined ? undefined : `Basic ${expected}`);
  });
}

Deno.test("basicAuthorization refuses a colon in the user name", () => {
  const settings = requestSettings({}, { authUsername: "a:b" });
  assertThrows(() => basicAuthorization(hop("http://a.example/"), settings), TypeError, "colon");
});
