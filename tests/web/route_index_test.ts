import { assertEquals } from "@std/assert";
import { PathPattern } from "../../web/path_pattern.ts";
import { RouteIndex } from "../../web/route_index.ts";

function index(...patterns: (string | RegExp | undefined)[]): RouteIndex {
  const made = new RouteIndex();
  patterns.forEach((pattern, at) => made.add(at, pattern === undefined ? undefined : new PathPattern(pattern)));
  return made;
}

const CASES: { patterns: (string | RegExp | undefined)[]; path: string; candidates: number[] }[] = [
  { patterns: [], path: "/", candidates: [] },
  { patterns: ["/"], path: "/", candidates: [0] },
  { patterns: ["/"], path: "/a", candidates: [] },
  { patterns: ["/a", "/a"], path: "/a", candidates: [0, 1] },
  // a rule that does not look at the path
  { patterns: ["/a", undefined, "/b"], path: "/b", candidates: [1, 2] },
  { patterns: ["/a", undefined], path: "/c", candidates: [1] },
  // the text before the first special character, in whole segments
  { patterns: ["/users/(\\d+)", "/posts/(\\d+)"], path: "/posts/1", candidates: [1] },
  { patterns: ["/users/x(\\d+)", "/users/(.*)"], path: "/users/1", candidates: [0, 1] },
  { patterns: ["/a/b/(.)", "/a/(.*)", "/(.*)", "/a/b/c"], path: "/a/b/c", candidates: [0, 1, 2, 3] },
  { patterns: ["/a/b/(.)", "/a/(.*)", "/(.*)"], path: "/a/x", candidates: [1, 2] },
  { patterns: ["/v1\\.0/(.)"], path: "/v1.0/x", candidates: [0] },
  { patterns: [/\/a\/(.)/], path: "/a/x", candidates: [0] },
  // where the text is not sure
  { patterns: ["/a/?"], path: "/a", candidates: [0] },
  { patterns: ["/a/*x"], path: "/ax", candidates: [0] },
  { patterns: ["/a/b/{0,1}(x)"], path: "/a/bx", candidates: [0] },
  { patterns: ["/a/(x)|/b"], path: "/b", candidates: [0] },
  { patterns: ["/a/(x|y)/[|]", "/b"], path: "/b", candidates: [1] },
  { patterns: [/\/A\/(.)/i], path: "/a/x", candidates: [0] },
  { patterns: ["/a+/(x)"], path: "/aa/x", candidates: [0] },
  { patterns: ["constructor"], path: "__proto__", candidates: [] },
];

for (const { patterns, path, candidates } of CASES) {
  Deno.test(`RouteIndex of ${patterns.map(String).join(" ") || "nothing"} tries ${candidates} for ${path}`, () => {
    const made = index(...patterns);
    assertEquals(made.candidates(path), candidates);
    assertEquals(made.candidates(path), candidates); // from memory
  });
}

Deno.test("RouteIndex never leaves out a pattern that matches", () => {
  const sources = [
    "/a",
    "/a/",
    "/a/?",
    "/a/(b)",
    "/a/b*",
    "/(a)/b",
    "/a|/b/a",
    "/a/(b|/c)",
    "/\\(a\\)/(b)",
    "/a/b/(?:c)",
  ];
  const paths = ["/", "/a", "/a/", "/a/b", "/a/bb", "/b/a", "/a//c", "/(a)/b", "/a/b/c", "//a/b"];
  const made = index(...sources);
  for (const path of paths) {
    sources.forEach((source, at) => {
      if (new PathPattern(source).match(path) === undefined) return;
      assertEquals(made.candidates(path).includes(at), true, `${source} for ${path}`);
    });
  }
});

Deno.test("RouteIndex tries few of thousands of rules", () => {
  const made = index(...Array.from({ length: 5000 }, (_, at) => at % 2 === 0 ? `/l${at}` : `/p${at}/(.*)`));
  for (let at = 0; at < 5000; at += 7) {
    assertEquals(made.candidates(at % 2 === 0 ? `/l${at}` : `/p${at}/x`), [at]);
  }
});

Deno.test("RouteIndex knows of a rule that was added after it was asked", () => {
  const made = index("/a");
  assertEquals(made.candidates("/a"), [0]);
  made.add(1, undefined);
  assertEquals(made.candidates("/a"), [0, 1]);
});
