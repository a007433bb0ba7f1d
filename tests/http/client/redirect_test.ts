import { HTTPHeaders } from "@denado/denado/http";
import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { type Hop, nextHop } from "../../../http/client/redirect.ts";

const URL_A = "http://user:pass@a.example:8080/dir/page?query";

function hop(
  options: Partial<Omit<Hop, "url" | "headers">> & { url?: string; headers?: Record<string, string> } = {},
): Hop {
  const { url = URL_A, headers = {}, method = "GET", sendsBody = false, authenticates = true } = options;
  return { url: new URL(url), method, headers: new HTTPHeaders(headers), sendsBody, authenticates };
}

function answer(code: number, location?: string): { code: number; headers: HTTPHeaders } {
  return { code, headers: new HTTPHeaders(location === undefined ? {} : { Location: location }) };
}

// --- where to ---

const TARGETS: readonly [location: string, target: string | undefined][] = [
  ["/other", "http://user:pass@a.example:8080/other"],
  ["other", "http://user:pass@a.example:8080/dir/other"],
  ["?q", "http://user:pass@a.example:8080/dir/page?q"],
  ["", "http://user:pass@a.example:8080/dir/page?query"],
  ["#part", "http://user:pass@a.example:8080/dir/page?query#part"],
  ["//b.example/x", "http://b.example/x"],
  ["https://a.example:8080/", "https://a.example:8080/"],
  ["http://a.example/", "http://a.example/"],
  ["http://u2:p2@a.example:8080/", "http://u2:p2@a.example:8080/"],
  ["http://u2:p2@b.example/", "http://b.example/"],
  ["HTTP://A.EXAMPLE:8080/x", "http://a.example:8080/x"],
  ["/caf\u00c3\u00a9", "http://user:pass@a.example:8080/caf%C3%A9"],
  ["/caf\u00e9", "http://user:pass@a.example:8080/caf%C3%A9"],
  ["ftp://a.example/", undefined],
  ["file:///etc/passwd", undefined],
  ["javascript:alert(1)", undefined],
  ["http://", undefined],
  ["http://a.example:99999/", undefined],
];

for (const [location, target] of TARGETS) {
  Deno.test(`nextHop resolves ${JSON.stringify(location)}`, () => {
    assertEquals(nextHop(hop(), answer(302, location), true)?.url.href, target);
  });
}

Deno.test("nextHop takes the first of several locations, and none is no redirect", () => {
  const headers = new HTTPHeaders([["Location", "/1"], ["Location", "/2"]]);
  assertEquals(nextHop(hop(), { code: 302, headers }, true)?.url.pathname, "/1");
  assertEquals(nextHop(hop(), answer(302), true), undefined);
});

// --- what becomes of the method and the body ---

const METHODS: readonly [code: number, method: string, expected: string | undefined][] = [
  [301, "GET", "GET"],
  [301, "POST", "GET"],
  [301, "PUT", "PUT"],
  [301, "HEAD", "HEAD"],
  [302, "POST", "GET"],
  [302, "PATCH", "PATCH"],
  [303, "POST", "GET"],
  [303, "PUT", "GET"],
  [303, "DELETE", "GET"],
  [303, "HEAD", "HEAD"],
  [307, "POST", "POST"],
  [308, "PUT", "PUT"],
  [200, "GET", undefined],
  [300, "GET", undefined],
  [304, "GET", undefined],
  [305, "GET", undefined],
  [306, "GET", undefined],
  [404, "GET", undefined],
];

for (const [code, method, expected] of METHODS) {
  Deno.test(`nextHop after ${code} makes ${expected ?? "nothing"} of ${method}`, () => {
    const sendsBody = method[0] === "P";
    const next = nextHop(hop({ method, sendsBody }), answer(code, "/x"), true);
    assertEquals(next?.method, expected);
    assertEquals(next?.sendsBody, expected === undefined ? undefined : sendsBody && expected === method);
  });
}

Deno.test("nextHop drops the fields of a body with the body", () => {
  const headers = {
    Host: "other",
    "Content-Type": "a/b",
    "content-length": "5",
    "Content-Encoding": "gzip",
    "Content-Language": "de",
    "Transfer-Encoding": "chunked",
    Expect: "100-continue",
    Accept: "c/d",
  };
  const before = hop({ method: "POST", sendsBody: true, headers });
  assertEquals([...nextHop(before, answer(303, "/x"), true)!.headers.getAll()], [["Accept", "c/d"]]);
  const kept = nextHop(before, answer(307, "/x"), true)!.headers;
  assert(kept.has("Content-Type") && kept.has("Expect") && !kept.has("Host"));
  assertEquals(before.headers.fieldCount, 8);
});

Deno.test("nextHop follows nowhere when the body is gone, unless it is not needed", () => {
  const before = hop({ method: "POST", sendsBody: true });
  assertEquals(nextHop(before, answer(307, "/x"), false), undefined);
  assertStrictEquals(nextHop(before, answer(303, "/x"), false)?.method, "GET");
  assertStrictEquals(nextHop(hop(), answer(307, "/x"), false)?.method, "GET");
});

// --- credentials ---

const ORIGINS: readonly [location: string, isSame: boolean][] = [
  ["/x", true],
  ["http://a.example:8080/x", true],
  ["http://A.example:8080/x", true],
  ["http://a.example/x", false],
  ["https://a.example:8080/x", false],
  ["http://b.example:8080/x", false],
  ["http://a.example.b.example:8080/x", false],
  ["http://sub.a.example:8080/x", false],
];

for (const [location, isSame] of ORIGINS) {
  Deno.test(`nextHop ${isSame ? "keeps" : "drops"} credentials on the way to ${location}`, () => {
    const headers = { authorization: "x", COOKIE: "y", "Proxy-Authorization": "z", Accept: "a" };
    const next = nextHop(hop({ headers }), answer(302, location), true)!;
    assertEquals([...next.headers.keys()], isSame ? Object.keys(headers) : ["Accept"]);
    assertEquals(next.authenticates, isSame);
    if (!isSame) assertEquals(next.url.username + next.url.password, "");
  });
}

Deno.test("nextHop does not take credentials up again", () => {
  const away = nextHop(hop(), answer(302, "http://b.example/"), true)!;
  assertEquals(nextHop(away, answer(302, "/x"), true)?.authenticates, false);
});
