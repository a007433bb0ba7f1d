import { parseQueryArguments } from "../../http/form_data.ts";
import { qsToQsl, type QueryArguments, urlConcat } from "../../http/query_string.ts";
import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { PYTHON, runPython } from "../helpers/python_tornado.ts";

const YZ: QueryArguments = [["y", "y"], ["z", "z"]];

const CONCATENATIONS: [url: string, args: QueryArguments, expected: string, reason: string][] = [
  ["https://localhost/path", YZ, "https://localhost/path?y=y&z=z", "no query"],
  ["https://localhost/path", [["y", "/y"], ["z", "z"]], "https://localhost/path?y=%2Fy&z=z", "values are escaped"],
  ["https://localhost/path?", YZ, "https://localhost/path?y=y&z=z", "a question mark at the end"],
  ["https://localhost/path?x", YZ, "https://localhost/path?x=&y=y&z=z", "a bare name gets its equals sign"],
  ["https://localhost/path?x&", YZ, "https://localhost/path?x=&y=y&z=z", "an ampersand at the end"],
  ["https://localhost/path?a=1&b=2", YZ, "https://localhost/path?a=1&b=2&y=y&z=z", "a query"],
  ["https://localhost/path?r=1&t=2", [], "https://localhost/path?r=1&t=2", "no arguments"],
  ["https://localhost/path?r=1&t=2", null, "https://localhost/path?r=1&t=2", "null"],
  ["/?a%20&", undefined, "/?a%20&", "undefined leaves the query as it is"],
  ["https://localhost/path#tab", [["y", "y"]], "https://localhost/path?y=y#tab", "a fragment"],
  ["https://localhost/path", [["y", "y1"], ["y", "y2"]], "https://localhost/path?y=y1&y=y2", "a name twice"],
  ["https://localhost/path?r=1&r=2", [["y", "y"]], "https://localhost/path?r=1&r=2&y=y", "a name twice in the query"],
  ["https://localhost/path", { y: "y" }, "https://localhost/path?y=y", "an object"],
  ["https://localhost/path", { y: 1.5 }, "https://localhost/path?y=1.5", "a number"],
  ["https://localhost/path", new Map([["y", "z"]]), "https://localhost/path?y=z", "a map"],
  ["/p#f?x=1", { y: "y" }, "/p?y=y#f?x=1", "a question mark in the fragment"],
  ["/p?a?b=c", { y: "y" }, "/p?a%3Fb=c&y=y", "a second question mark"],
  ["/p??b=c", { y: "y" }, "/p?%3Fb=c&y=y", "two question marks"],
  ["/p?", [], "/p", "an empty query goes"],
  ["/p#", [], "/p", "an empty fragment goes"],
  ["", { a: "b" }, "?a=b", "an empty URL"],
  ["//h/p;x=1?a=b;c", { d: ";" }, "//h/p;x=1?a=b%3Bc&d=%3B", "semicolons"],
  ["/ä b?ü=%C3%A4", { é: "€" }, "/ä b?%C3%BC=%C3%A4&%C3%A9=%E2%82%AC", "Unicode; the path is not touched"],
  ["/?a=b+c&d=e%20f", { g: "h i" }, "/?a=b+c&d=e+f&g=h+i", "spaces"],
  ["/", { a: "~-._*!'()&=+#%/?:@" }, "/?a=~-._%2A%21%27%28%29%26%3D%2B%23%25%2F%3F%3A%40", "punctuation"],
  ["/?a=%zz&b=%", { c: "d" }, "/?a=%25zz&b=%25&c=d", "escapes that are none"],
  ["/?a=%ff", { c: "d" }, "/?a=%EF%BF%BD&c=d", "bytes that are not UTF-8"],
  ["/", { a: "b\r\nc\0" }, "/?a=b%0D%0Ac%00", "control characters"],
];

for (const [url, args, expected, reason] of CONCATENATIONS) {
  Deno.test(`urlConcat adds ${JSON.stringify(args)} to ${JSON.stringify(url)}: ${reason}`, () => {
    assertEquals(urlConcat(url, args), expected);
  });
}

Deno.test("urlConcat replaces a lone surrogate", () => {
  assertEquals(urlConcat("/", { a: "\ud800" }), "/?a=%EF%BF%BD");
});

for (const args of ["a=b", 1, true, Symbol("a"), () => {}]) {
  Deno.test(`urlConcat refuses ${Deno.inspect(args)} as arguments`, () => {
    const error = assertThrows(() => urlConcat("/", args as never), TypeError);
    assertStringIncludes(error.message, Deno.inspect(args));
  });
}

Deno.test("urlConcat takes long queries in its stride", () => {
  assertEquals(urlConcat(`/?${"a&".repeat(100_000)}`, []).length, 2 + 300_000 - 1);
});

Deno.test("urlConcat gives what Tornado gives", PYTHON, async () => {
  const cases = CONCATENATIONS.map((
    [url, args],
  ) => [url, args instanceof Map ? Object.fromEntries(args) : args ?? null]);
  const results = await runPython(
    `
import json, sys
from tornado.httputil import url_concat
cases = json.load(sys.stdin)
print(json.dumps([url_concat(url, [tuple(p) for p in args] if isinstance(args, list) else args) for url, args in cases]))
`,
    cases,
  );
  assertEquals(results, CONCATENATIONS.map(([, , expected]) => expected));
});

Deno.test("qsToQsl lists every value with its name", () => {
  assertEquals([...qsToQsl(parseQueryArguments("a=1&b=2&a=3"))], [["a", "1"], ["a", "3"], ["b", "2"]]);
  assertEquals([...qsToQsl([["a", []], ["b", [1]]])], [["b", 1]]);
});
