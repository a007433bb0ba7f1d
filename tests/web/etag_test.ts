import { etagMatches, etagOf } from "@denado/denado/web";
import { assert, assertEquals } from "@std/assert";

Deno.test("etagOf is the SHA-1 of the body in quotes", () => {
  assertEquals(etagOf(new TextEncoder().encode("Hello")), '"f7ff9e8b7bb2e09b70935a5d785e0cc5d9d0abf0"');
});

/** RFC 9110 8.8.3.2 and 13.1.2: weak comparison. */
const CASES: { header: string; etag: string; matches: boolean }[] = [
  { header: '"a"', etag: '"a"', matches: true },
  { header: '"a"', etag: '"b"', matches: false },
  { header: 'W/"a"', etag: '"a"', matches: true },
  { header: '"a"', etag: 'W/"a"', matches: true },
  { header: 'W/"a"', etag: 'W/"a"', matches: true },
  { header: '"x", "a"', etag: '"a"', matches: true },
  { header: '"x" , W/"a","y"', etag: '"a"', matches: true },
  { header: '"x","y"', etag: '"a"', matches: false },
  { header: "*", etag: '"a"', matches: true },
  { header: " * ", etag: '"a"', matches: true },
  { header: "", etag: '"a"', matches: false },
  { header: "a", etag: '"a"', matches: false },
  { header: '"a', etag: '"a"', matches: false },
  { header: '"A"', etag: '"a"', matches: false },
  { header: '"x*y"', etag: '"a"', matches: false },
  { header: '"a,b"', etag: '"a,b"', matches: true },
  { header: '"*"', etag: '"a"', matches: false },
  { header: '""', etag: '""', matches: true },
];

for (const { header, etag, matches } of CASES) {
  Deno.test(`etagMatches ${matches ? "finds" : "does not find"} ${etag} in ${JSON.stringify(header)}`, () => {
    assertEquals(etagMatches(header, etag), matches);
  });
}

Deno.test("etagMatches looks once at each character of a header full of quotes", () => {
  assert(!etagMatches('W/"'.repeat(20_000), '"a"'));
});
