import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import {
  checkXsrfSettings,
  createXsrfToken,
  decodeXsrfToken,
  encodeXsrfToken,
  equalXsrfTokens,
  type XsrfSettings,
} from "../../web/xsrf.ts";

const text = (bytes: Uint8Array) => new TextDecoder("latin1").decode(bytes);

Deno.test("createXsrfToken makes 16 random bytes with the time in seconds", () => {
  const [a, b] = [createXsrfToken(), createXsrfToken()];
  assertEquals([a.bytes.length, a.version, Number.isInteger(a.seconds)], [16, undefined, true]);
  assert(Math.abs(a.seconds - Date.now() / 1000) < 5);
  assertNotEquals(a.bytes, b.bytes);
});

Deno.test("encodeXsrfToken masks a token anew each time in version 2, and not in version 1", () => {
  const token = createXsrfToken();
  const versions = [1, 2, 2].map((version) => encodeXsrfToken(token, version as 1 | 2));
  const [first, second, third] = versions as [string, string, string];
  assert(/^[0-9a-f]{32}$/.test(first), first);
  assert(new RegExp(`^2\\|[0-9a-f]{8}\\|[0-9a-f]{32}\\|${token.seconds}$`).test(second), second);
  assertNotEquals(second.split("|")[2], third.split("|")[2]);
  for (const encoded of versions) assertEquals(decodeXsrfToken(encoded)?.bytes, token.bytes);
  assertEquals(encodeXsrfToken(token, 1), first);
  assertEquals(decodeXsrfToken(second), { version: 2, bytes: token.bytes, seconds: token.seconds });
  assertThrows(() => encodeXsrfToken(token, 3 as never), RangeError, "Cannot write an XSRF token in version 3");
});

const DECODED: [sent: string, bytes: string | undefined, reason: string][] = [
  ["2|00000000|61626364|1300000000", "abcd", "no mask"],
  ["2|01020304|60606060|1", "abcd", "a mask"],
  ["2|0102030F|6060606B|0", "abcd", "capitals"],
  ["2|01020304|6060606064|1", "abcde", "a mask that is used again"],
  ["2|01020304||1", "", "no token"],
  ["deadbeef", "\xde\xad\xbe\xef", "version 1"],
  ["DEADbeef", "\xde\xad\xbe\xef", "version 1 in capitals"],
  ["xoxo", "xoxo", "version 1 that is not hexadecimal"],
  ["abc", "abc", "version 1 with a half byte"],
  ["a|b", "a|b", "a bar after no version"],
  ["02|a", "02|a", "a version with a zero in front"],
  ["", "", "nothing"],
  ["3|", undefined, "an unknown version"],
  ["12|01020304|60606060|1", undefined, "another unknown version"],
  ["1|61626364", undefined, "version 1 does not say so"],
  ["2|", undefined, "no fields"],
  ["2|01020304|60606060", undefined, "no time"],
  ["2|01020304|60606060|1|2", undefined, "a field too many"],
  ["2|010203|60606060|1", undefined, "a short mask"],
  ["2|0102030405|60606060|1", undefined, "a long mask"],
  ["2||60606060|1", undefined, "an empty mask"],
  ["2|0102030g|60606060|1", undefined, "a mask that is not hexadecimal"],
  ["2|01020304|6060606|1", undefined, "half a byte"],
  ["2|01020304|606060zz|1", undefined, "a token that is not hexadecimal"],
  ["2|01020304|60606060|", undefined, "an empty time"],
  ["2|01020304|60606060|1.5", undefined, "a time that is no whole number"],
  ["2|01020304|60606060|9999999999999999", undefined, "a time too far away"],
];

for (const [sent, bytes, reason] of DECODED) {
  Deno.test(`decodeXsrfToken ${bytes === undefined ? "refuses" : "reads"} ${JSON.stringify(sent)}: ${reason}`, () => {
    const token = decodeXsrfToken(sent);
    assertEquals(token === undefined ? undefined : text(token.bytes), bytes);
  });
}

Deno.test("equalXsrfTokens compares bytes, whatever the version, and never takes empty ones for equal", () => {
  const token = (sent: string) => decodeXsrfToken(sent)!;
  assert(equalXsrfTokens(token("61626364"), token("2|01020304|60606060|1")));
  assert(!equalXsrfTokens(token("61626364"), token("61626365")));
  assert(!equalXsrfTokens(token("61626364"), token("6162636465")));
  assert(!equalXsrfTokens(token(""), token("2|01020304||1")));
});

Deno.test("checkXsrfSettings takes settings whose cookie can be set, and all settings while it is switched off", () => {
  const good: XsrfSettings[] = [
    {},
    { xsrfCookies: true },
    { xsrfCookies: true, xsrfCookieName: "__Host-xsrf", xsrfCookieKwargs: { secure: true }, xsrfCookieVersion: 1 },
    { xsrfCookies: false, xsrfCookieName: "a b" },
  ];
  for (const settings of good) checkXsrfSettings(settings);
});

Deno.test("checkXsrfSettings refuses settings whose cookie can never be set", () => {
  const check = (settings: XsrfSettings) => () => checkXsrfSettings({ xsrfCookies: true, ...settings });
  assertThrows(check({ xsrfCookieName: "a b" }), TypeError, "invalid name");
  assertThrows(check({ xsrfCookieName: "__Host-xsrf" }), TypeError, "needs secure");
  assertThrows(check({ xsrfCookieKwargs: { path: "a;b" } }), TypeError, "invalid path");
  assertThrows(check({ xsrfCookieKwargs: { httponly: true } as never }), TypeError, "no option");
  assertThrows(check({ xsrfCookieVersion: 3 as never }), RangeError, "version 3");
});
