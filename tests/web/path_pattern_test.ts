import { HTTPInputError } from "@denado/denado/http";
import { PathPattern } from "@denado/denado/web";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { Random } from "../helpers/random.ts";

interface MatchCase {
  readonly pattern: string | RegExp;
  readonly path: string;
  /** `undefined` for no match. */
  readonly args: (string | undefined)[] | Record<string, string | undefined> | undefined;
}

const MATCHES: MatchCase[] = [
  // literal
  { pattern: "/", path: "/", args: [] },
  { pattern: "/", path: "/a", args: undefined },
  { pattern: "/a-b_c~d", path: "/a-b_c~d", args: [] },
  { pattern: "/a", path: "/A", args: undefined },
  { pattern: "", path: "", args: [] },
  // anchored as a whole
  { pattern: "/a|/b", path: "/axyz", args: undefined },
  { pattern: "/a|/b", path: "/xyz/b", args: undefined },
  { pattern: "/a|/b", path: "/b", args: [] },
  { pattern: "^/a$", path: "/a", args: [] },
  { pattern: "^/a|/b$", path: "/b", args: [] },
  { pattern: "/a\\$", path: "/a$", args: [] },
  { pattern: "/a\\\\$", path: "/a\\", args: [] },
  { pattern: "/a.*", path: "/a\nb", args: undefined },
  { pattern: "/a$", path: "/a\n", args: undefined },
  // escapes
  { pattern: "/a\\.html", path: "/a.html", args: [] },
  { pattern: "/a\\.html", path: "/axhtml", args: undefined },
  { pattern: /\/a\/b/, path: "/a/b", args: [] },
  { pattern: /\/a/i, path: "/A", args: [] },
  { pattern: /\/a/gy, path: "/a", args: [] },
  // groups
  { pattern: "/(.*)", path: "/x/y", args: ["x/y"] },
  { pattern: "/(\\d+)/([a-z]+)", path: "/12/ab", args: ["12", "ab"] },
  { pattern: "/(?:a|b)", path: "/b", args: [] },
  { pattern: "/a(/x)?", path: "/a", args: [undefined] },
  { pattern: "/a(/x)?", path: "/a/x", args: ["/x"] },
  { pattern: "/(?P<year>\\d+)-(?P<month>\\d+)", path: "/2026-11", args: { year: "2026", month: "11" } },
  { pattern: "/(?<name>.+)", path: "/x", args: { name: "x" } },
  { pattern: "/a(?P<name>b)?", path: "/a", args: { name: undefined } },
  // decoded after the match
  { pattern: "/([^/]+)", path: "/a%2Fb", args: ["a/b"] },
  { pattern: "/([^/]+)", path: "/%3F%25%20", args: ["?% "] },
  { pattern: "/(.*)", path: "/%C3%A4%e2%82%ac", args: ["ä€"] },
  { pattern: "/(.*)", path: "/\xc3\xa4", args: ["ä"] }, // sent as it is: UTF-8 as bytes
  { pattern: "/(.*)", path: "/a+b", args: ["a+b"] },
  { pattern: "/(.*)", path: "/%zz%4", args: ["%zz%4"] },
  { pattern: "/(.*)", path: "/%252F", args: ["%2F"] },
  { pattern: "/(?P<x>.*)", path: "/%41", args: { x: "A" } },
  { pattern: "/%41", path: "/%41", args: [] },
  { pattern: "/A", path: "/%41", args: undefined },
];

for (const { pattern, path, args } of MATCHES) {
  const name = `${typeof pattern === "string" ? JSON.stringify(pattern) : pattern} ${
    args === undefined ? "does not match" : "matches"
  } ${JSON.stringify(path)}`;
  Deno.test(`PathPattern ${name}`, () => {
    const match = new PathPattern(pattern).match(path);
    const expected = args === undefined
      ? undefined
      : Array.isArray(args)
      ? { pathArgs: args, pathKwargs: undefined }
      : { pathArgs: [], pathKwargs: args };
    assertEquals(match, expected);
  });
}

for (const path of ["/%ff", "/%C3", "/\xff", "/%C0%AF", "/%ED%A0%80"]) {
  Deno.test(`PathPattern refuses ${JSON.stringify(path)}, which is not UTF-8`, () => {
    const error = assertThrows(() => new PathPattern("/(.*)").match(path), HTTPInputError);
    assertEquals(error.status, 400);
    assertEquals(new PathPattern("/.*").match(path)?.pathArgs, []); // nobody asked for the value
  });
}

for (const pattern of ["/(", "/[a", "/(?P<a>x)(?P<a>y)", "/*(", "(?P=x", "/a{2,1}"]) {
  Deno.test(`PathPattern names the pattern ${JSON.stringify(pattern)}, which does not compile`, () => {
    const error = assertThrows(() => new PathPattern(pattern), SyntaxError);
    assert(error.message.startsWith(`Cannot compile route pattern ${JSON.stringify(pattern)}: `), error.message);
    assert(error.cause instanceof SyntaxError);
  });
}

for (const pattern of [undefined, null, 1, {}]) {
  Deno.test(`PathPattern names the value ${Deno.inspect(pattern)}, which is no pattern`, () => {
    assertThrows(() => new PathPattern(pattern as never), TypeError, `Cannot route ${Deno.inspect(pattern)}: `);
  });
}

Deno.test("PathPattern refuses groups with and without names", () => {
  const error = assertThrows(() => new PathPattern("/(a)(?P<name>b)?"), SyntaxError);
  assert(error.message.includes("either all of its groups have names, or none has"), error.message);
});

Deno.test("PathPattern knows which patterns are literal", () => {
  assertEquals(new PathPattern("/a/b-c").literal, "/a/b-c");
  assertEquals(new PathPattern("/favicon\\.ico").literal, "/favicon.ico");
  assertEquals(new PathPattern(/\/a\/b/).literal, "/a/b");
  assertEquals(new PathPattern("^/a$").literal, "/a");
  for (const pattern of ["/a.", "/(a)", "/a?", "/a|b", "/a*", "/a+", "/[a]", "/a{2}", "/a\\b"]) {
    assertEquals(new PathPattern(pattern).literal, undefined, pattern);
  }
  assertEquals(new PathPattern("/(?P<a>x)").source, "/(?P<a>x)");
});

Deno.test("PathPattern does not take the prototype for a group", () => {
  const { pathKwargs } = new PathPattern("/(?<constructor>.*)").match("/x")!;
  assertEquals(pathKwargs, { constructor: "x" });
});

// --- the way back ---

const REVERSALS: { pattern: string | RegExp; args: unknown[]; path: string }[] = [
  { pattern: "/", args: [], path: "/" },
  { pattern: "^/a\\.html$", args: [], path: "/a.html" },
  { pattern: "/([0-9]{4})/([a-z-]+)/", args: [2026, "news"], path: "/2026/news/" },
  { pattern: /\/x\/(.*)/, args: ["a"], path: "/x/a" },
  { pattern: "/(?P<a>.)-(?P<b>.)", args: ["x", "y"], path: "/x-y" },
  { pattern: "/(?P<a>.)-(?P<b>.)", args: [{ b: 1, a: 2 }], path: "/2-1" },
  { pattern: "/(.*)", args: ["a b/c?d&e=ä%"], path: "/a%20b/c%3Fd%26e%3D%C3%A4%25" },
  { pattern: "/(.*)", args: ["!'()*~_.-"], path: "/%21%27%28%29%2A~_.-" },
  { pattern: "/(.*)", args: [new Uint8Array([0x61, 0xff, 0x2f])], path: "/a%FF/" },
  { pattern: "/(.*)", args: ["\ud800"], path: "/%EF%BF%BD" },
  { pattern: "/(\\d+)\\.(?P<x>.)".replace("?P<x>", ""), args: [1, 2], path: "/1.2" },
];

for (const { pattern, args, path } of REVERSALS) {
  Deno.test(`PathPattern ${pattern} with ${Deno.inspect(args)} is ${path}`, () => {
    assertEquals(new PathPattern(pattern).reverse(...args), path);
  });
}

const NO_WAY_BACK: { pattern: string; args: unknown[]; message: string }[] = [
  { pattern: "/\\d", args: [], message: "it is not text and simple groups" },
  { pattern: "/(?:a)(b)", args: ["b"], message: "it is not text and simple groups" },
  { pattern: "/((a)b)", args: ["a", "b"], message: "it is not text and simple groups" },
  { pattern: "/a(b)?", args: ["b"], message: "it is not text and simple groups" },
  { pattern: "/a.b", args: [], message: "it is not text and simple groups" },
  { pattern: "/(a)", args: [], message: "it has 1 groups, but there are 0 values" },
  { pattern: "/", args: ["a"], message: "it has 0 groups, but there are 1 values" },
  { pattern: "/(?P<a>.)", args: [{ b: 1 }], message: "no value for a" },
];

for (const { pattern, args, message } of NO_WAY_BACK) {
  Deno.test(`PathPattern ${pattern} with ${Deno.inspect(args)} has no way back`, () => {
    assertThrows(() => new PathPattern(pattern).reverse(...args), TypeError, message);
  });
}

Deno.test("PathPattern of text and one simple group captures what its regular expression captures", () => {
  const random = new Random(7);
  const heads = ["/", "/a/", "/a\\.b/", "/a-", ""];
  const groups = ["[^/]+", "[^/]*", ".*", ".+", "\\d+", "[0-9]+"];
  for (const head of heads) {
    for (const group of groups) {
      for (const name of ["", "?P<id>"]) {
        const source = `${head}(${name}${group})`;
        const pattern = new PathPattern(source);
        const regex = new RegExp(`^(?:${source.replace("?P<", "?<")})$`);
        for (let count = 0; count < 200; count++) {
          const path = random.text(["/", "a", "/a/", "/a.b/", "/a-", "1", "23", ".", "\n", "\r", "b"], 5);
          const expected = regex.exec(path);
          const actual = pattern.match(path);
          const value = name === "" ? actual?.pathArgs[0] : actual?.pathKwargs?.id;
          assertEquals(
            [actual === undefined, value],
            [expected === null, expected?.[1]],
            `${source} ${JSON.stringify(path)}`,
          );
        }
      }
    }
  }
  assertEquals(new PathPattern("/(?P<id>.*)").match("/%C3%A9"), { pathArgs: [], pathKwargs: { id: "é" } });
});
