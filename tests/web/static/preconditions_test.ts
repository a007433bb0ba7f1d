import { HTTPHeaders } from "@denado/denado/http";
import { assertEquals } from "@std/assert";
import { isPreconditionFailed, isRangeApplicable, isUnmodifiedSince } from "../../../web/static/preconditions.ts";

const ETAG = '"abc"';
const WEAK = 'W/"abc"';
const MODIFIED = new Date("1994-11-06T08:49:37Z");
const SAME = "Sun, 06 Nov 1994 08:49:37 GMT";
const EARLIER = "Sun, 06 Nov 1994 08:49:36 GMT";
const LATER = "Sunday, 06-Nov-94 08:49:38 GMT";
const NEITHER = { etag: undefined, modified: undefined };

Deno.test("isPreconditionFailed compares If-Match strongly, and If-Unmodified-Since only without it", () => {
  const table: [headers: Record<string, string>, expected: boolean, etag?: string][] = [
    [{}, false],
    [{ "If-Match": "*" }, false],
    [{ "If-Match": '"abc"' }, false],
    [{ "If-Match": '"x", "abc"' }, false],
    [{ "If-Match": '"x,abc"' }, true],
    [{ "If-Match": '"x"' }, true],
    [{ "If-Match": "" }, true],
    [{ "If-Match": WEAK }, true],
    [{ "If-Match": '"abc"' }, true, WEAK],
    [{ "If-Match": WEAK }, true, WEAK],
    [{ "If-Unmodified-Since": SAME }, false],
    [{ "If-Unmodified-Since": LATER }, false],
    [{ "If-Unmodified-Since": EARLIER }, true],
    [{ "If-Unmodified-Since": "never" }, false],
    [{ "If-Match": '"abc"', "If-Unmodified-Since": EARLIER }, false],
  ];
  for (const [headers, expected, etag = ETAG] of table) {
    const validators = { etag, modified: MODIFIED };
    assertEquals(isPreconditionFailed(new HTTPHeaders(headers), validators), expected, JSON.stringify(headers));
  }
  assertEquals(isPreconditionFailed(new HTTPHeaders({ "If-Match": ETAG }), NEITHER), true);
  assertEquals(isPreconditionFailed(new HTTPHeaders({ "If-Unmodified-Since": EARLIER }), NEITHER), false);
});

Deno.test("isUnmodifiedSince takes the three forms of a date, and ignores what is none", () => {
  const table: [value: string | undefined, expected: boolean][] = [
    [undefined, false],
    [SAME, true],
    [LATER, true],
    [EARLIER, false],
    ["Sun Nov  6 08:49:37 1994", true],
    ["", false],
    ["tomorrow", false],
    ["1994-11-06", false],
  ];
  for (const [value, expected] of table) {
    const headers = new HTTPHeaders(value === undefined ? {} : { "If-Modified-Since": value });
    assertEquals(isUnmodifiedSince(headers, MODIFIED), expected, value);
    assertEquals(isUnmodifiedSince(headers, undefined), false);
  }
});

Deno.test("isRangeApplicable wants exactly this version in If-Range", () => {
  const table: [value: string | undefined, expected: boolean, etag?: string][] = [
    [undefined, true],
    [ETAG, true],
    ['"x"', false],
    [WEAK, false],
    [WEAK, false, WEAK],
    [SAME, true],
    [EARLIER, false],
    [LATER, false],
    ["abc", false],
  ];
  for (const [value, expected, etag = ETAG] of table) {
    const headers = new HTTPHeaders(value === undefined ? {} : { "If-Range": value });
    assertEquals(isRangeApplicable(headers, { etag, modified: MODIFIED }), expected, value);
    assertEquals(isRangeApplicable(headers, NEITHER), value === undefined);
  }
});
