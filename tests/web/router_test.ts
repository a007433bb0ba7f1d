import { RouteTable } from "@denado/denado/web";
import { assertEquals, assertThrows } from "@std/assert";

function table(...patterns: (string | RegExp)[]): RouteTable<string> {
  const routes = new RouteTable<string>();
  for (const pattern of patterns) routes.add(pattern, String(pattern));
  return routes;
}

const CASES: { patterns: (string | RegExp)[]; path: string; target: string | undefined }[] = [
  { patterns: [], path: "/", target: undefined },
  { patterns: ["/"], path: "/", target: "/" },
  { patterns: ["/"], path: "/a", target: undefined },
  // the first rule wins, be it literal or not
  { patterns: ["/a", "/(.*)"], path: "/a", target: "/a" },
  { patterns: ["/(.*)", "/a"], path: "/a", target: "/(.*)" },
  { patterns: ["/(b)", "/a", "/(.*)"], path: "/a", target: "/a" },
  { patterns: ["/(b)", "/a", "/(.*)"], path: "/b", target: "/(b)" },
  { patterns: ["/(b)", "/a", "/(.*)"], path: "/c", target: "/(.*)" },
  { patterns: ["/x.", "/xa", "/x(.)"], path: "/xa", target: "/x." },
  { patterns: [/\/A/i, "/a"], path: "/a", target: "/\\/A/i" },
  // names of Object.prototype are paths like others
  { patterns: ["/a"], path: "constructor", target: undefined },
  { patterns: ["/a"], path: "__proto__", target: undefined },
];

for (const { patterns, path, target } of CASES) {
  Deno.test(`RouteTable of ${patterns.join(" ") || "nothing"} leads ${path} to ${target}`, () => {
    assertEquals(table(...patterns).match(path)?.target, target);
  });
}

Deno.test("RouteTable uses the first of two literal rules for the same path", () => {
  const routes = new RouteTable<number>();
  routes.add("/a", 1);
  routes.add("/a", 2);
  assertEquals(routes.match("/a")?.target, 1);
  assertEquals(routes.rules.map((rule) => rule.target), [1, 2]);
});

Deno.test("RouteTable hands on what the pattern captured", () => {
  const routes = table("/(a)/(b)", "/(?P<x>c)");
  assertEquals(routes.match("/a/b"), { target: "/(a)/(b)", pathArgs: ["a", "b"], pathKwargs: undefined });
  assertEquals(routes.match("/c"), { target: "/(?P<x>c)", pathArgs: [], pathKwargs: { x: "c" } });
});

Deno.test("RouteTable finds each of thousands of rules, and tries only the patterns before a literal hit", () => {
  const routes = new RouteTable<number>();
  for (let at = 0; at < 5000; at++) routes.add(at % 10 === 0 ? `/p${at}/(.*)` : `/l${at}`, at);
  for (let at = 0; at < 5000; at += 7) {
    assertEquals(routes.match(at % 10 === 0 ? `/p${at}/x` : `/l${at}`)?.target, at);
  }
  let tried = 0;
  const spy = /\/never/;
  const counting = new RouteTable<string>();
  counting.add("/literal", "literal");
  counting.add(spy, "pattern");
  const { pattern } = counting.rules[1]!;
  const match = pattern.match.bind(pattern);
  pattern.match = (path) => (tried++, match(path));
  assertEquals(counting.match("/literal")?.target, "literal");
  assertEquals(tried, 0);
  assertEquals(counting.match("/other"), undefined);
  assertEquals(tried, 1);
});

Deno.test("RouteTable refuses a pattern that does not compile", () => {
  assertThrows(() => table("/("), SyntaxError, '"/("');
});
