import { assertEquals, assertStrictEquals } from "@std/assert";
import { resolve } from "node:path";
import type { KnownFile } from "../../../web/static/file_cache.ts";
import { isVeryPlainPath, plainFilePath, prepareResponse } from "../../../web/static/prepared_response.ts";

Deno.test("isVeryPlainPath is true of paths that can only be below the root", () => {
  for (const path of ["a", "a.txt", "a/b/c.min.js", "A-1_2/x", "a..b", "-"]) {
    assertEquals(isVeryPlainPath(path), true, path);
  }
  for (
    const path of [
      "",
      "/",
      "/a",
      "a/",
      "a//b",
      ".",
      "..",
      "../a",
      "a/..",
      "a/../b",
      "a/./b",
      ".a",
      "a/.b",
      "a b",
      "a\\b",
      "ü",
      "a\0",
    ]
  ) assertEquals(isVeryPlainPath(path), false, path);
});

Deno.test("plainFilePath joins a path to its root", () => {
  assertEquals(plainFilePath("/srv/www", "a/b"), "/srv/www/a/b");
  assertEquals(plainFilePath("/srv/www", "c"), "/srv/www/c");
  assertEquals(plainFilePath("/srv/www/", "a"), "/srv/www/a");
  assertEquals(plainFilePath("/", "etc"), "/etc");
  assertEquals(plainFilePath("tests", "a"), resolve("tests/a"));
});

Deno.test("prepareResponse keeps field lines and content together with the file", () => {
  const known: KnownFile = {
    info: { mtime: new Date("1994-11-06T08:49:37.999Z") } as Deno.FileInfo,
    version: "v1",
    content: new TextEncoder().encode("body"),
  };
  prepareResponse(known, "/srv/a.txt", "/srv");
  const response = known.response!;
  assertEquals([response.root, response.contentType], ["/srv", "text/plain"]);
  assertEquals(
    new TextDecoder().decode(response.bytes),
    'Accept-Ranges: bytes\r\nEtag: "v1"\r\nLast-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Length: 4\r\n\r\nbody',
  );
  assertEquals(new TextDecoder().decode(response.bytes.subarray(response.bodyStart)), "body");
  prepareResponse(known, "/srv/a.txt", "/srv");
  assertStrictEquals(known.response, response);
  prepareResponse({ ...known, info: { mtime: null } as Deno.FileInfo }, "/srv/a.txt", "/other");
});
