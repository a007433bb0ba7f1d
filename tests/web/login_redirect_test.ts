import { assertEquals } from "@std/assert";
import { loginRedirectUrl, sameOriginTarget } from "../../web/login_redirect.ts";

const ORIGIN = "https://a.example";

const LOGINS: [loginUrl: string, target: string, url: string][] = [
  ["/login", "/a", "/login?next=%2Fa"],
  ["/login", "/a?b=c+d&e=%20", "/login?next=%2Fa%3Fb%3Dc%2Bd%26e%3D%2520"],
  ["/login?from=here", "/a", "/login?from=here"],
  ["login", "/a", "login?next=%2Fa"],
  ["https://id.example/login", "/a", "https://id.example/login?next=https%3A%2F%2Fa.example%2Fa"],
  [
    "https://id.example/login",
    "//evil.example/a",
    "https://id.example/login?next=https%3A%2F%2Fa.example%2Fevil.example%2Fa",
  ],
  ["//id.example/login", "/a", "//id.example/login?next=%2Fa"],
  ["/login", "//evil.example", "/login?next=%2Fevil.example"],
  ["/login", "/\\evil.example", "/login?next=%2Fevil.example"],
  ["/login", "\\/\\evil.example", "/login?next=%2Fevil.example"],
  ["/login", "*", "/login?next=%2F%2A"],
  ["/login#top", "/a", "/login?next=%2Fa#top"],
  ["/login", "", "/login?next=%2F"],
];

for (const [loginUrl, target, url] of LOGINS) {
  Deno.test(`loginRedirectUrl sends from ${target} by ${loginUrl} to ${url}`, () => {
    assertEquals(loginRedirectUrl(loginUrl, { target, origin: ORIGIN }), url);
  });
}

const TARGETS: [target: string, url: string | undefined][] = [
  ["/", "/"],
  ["/a?b=c#d", "/a?b=c#d"],
  ["/a/../b", "/b"],
  ["/ä b", "/%C3%A4%20b"],
  ["/login?next=//evil.example", "/login?next=//evil.example"],
  ["https://a.example/a", "/a"],
  ["https://A.EXAMPLE:443/a?b", "/a?b"],
  ["", undefined],
  ["a", undefined],
  ["?a", undefined],
  ["//evil.example", undefined],
  ["///evil.example", undefined],
  ["/\\evil.example", undefined],
  ["\\\\evil.example", undefined],
  ["\\/evil.example", undefined],
  ["/\t/evil.example", undefined],
  ["/\n\\evil.example", undefined],
  ["/.//evil.example", undefined],
  ["/a/..//evil.example", undefined],
  ["/%2e//evil.example", undefined],
  ["http://a.example/", undefined],
  ["https://a.example:444/", undefined],
  ["https://a.example.evil.example/", undefined],
  ["https://a.example@evil.example/", undefined],
  ["https://user:password@a.example/", undefined],
  ["https:evil.example", "/evil.example"],
  ["https:/evil.example", "/evil.example"],
  ["https:///evil.example", undefined],
  ["https://[", undefined],
  ["javascript:alert(1)", undefined],
  ["data:text/html,a", undefined],
  [" //evil.example", undefined],
  [" javascript:alert(1)", undefined],
];

for (const [target, url] of TARGETS) {
  Deno.test(`sameOriginTarget ${url === undefined ? "refuses" : "takes"} ${JSON.stringify(target)}`, () => {
    assertEquals(sameOriginTarget(target, ORIGIN), url);
    // Wherever it leads in a browser, it is this host.
    if (url !== undefined) assertEquals(new URL(url, ORIGIN).origin, ORIGIN);
  });
}

Deno.test("sameOriginTarget takes nothing where the origin is none", () => {
  assertEquals(sameOriginTarget("/a", "nothing"), undefined);
});
