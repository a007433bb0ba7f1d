import { HTTPError, localTarget } from "@denado/denado/web";
import { assertEquals, assertThrows } from "@std/assert";
import { encodeLocation } from "../../web/redirect_target.ts";

const LOCATIONS: [url: string, sent: string][] = [
  ["/a?b=c#d", "/a?b=c#d"],
  ["https://example.com/", "https://example.com/"],
  ["//cdn.example/x", "//cdn.example/x"], // said by the application itself
  ["/%C3%A4%2F", "/%C3%A4%2F"],
  ["/ä/€?😀", "/%C3%A4/%E2%82%AC?%F0%9F%98%80"],
  ["", ""],
];

for (const [url, sent] of LOCATIONS) {
  Deno.test(`encodeLocation sends ${JSON.stringify(url)} as ${JSON.stringify(sent)}`, () => {
    assertEquals(encodeLocation(url), sent);
  });
}

for (const url of ["/a\r\nSet-Cookie: b", "/\n", "/\t/a", "/\0", "/\x7f", "/\ud800"]) {
  Deno.test(`encodeLocation refuses ${JSON.stringify(url)}`, () => {
    assertThrows(() => encodeLocation(url), TypeError, "Cannot redirect");
  });
}

for (const path of ["/", "/a", "/a//b", "/a/\\b", "/%2Fa", "/ä"]) {
  Deno.test(`localTarget accepts ${JSON.stringify(path)}`, () => assertEquals(localTarget(path), path));
}

for (const path of ["", "a", "//a", "/\\a", "\\\\a", "/\t/a", "/\n//a", "/a\r\nb", "https://a/", "javascript:1"]) {
  Deno.test(`localTarget answers 403 to ${JSON.stringify(path)}`, () => {
    assertEquals(assertThrows(() => localTarget(path), HTTPError).statusCode, 403);
  });
}

Deno.test("localTarget and encodeLocation write what a client sent on one line of the log", () => {
  const error = assertThrows(() => localTarget("//a\u2028\x9b"), HTTPError);
  assertEquals(error.getMessage(), 'Cannot redirect to "//a\\u2028\\u009b": it may be another host');
  assertThrows(() => encodeLocation("/\n\u2028"), TypeError, '"/\\u000a\\u2028"');
});
