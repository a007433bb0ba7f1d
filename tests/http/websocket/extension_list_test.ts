import { assertEquals } from "@std/assert";
import { type Extension, listHasToken, parseExtensions, parseSubprotocols } from "@denado/denado/websocket";

const extension = (name: string, ...parameters: [string, string | true][]): Extension => ({ name, parameters });

const EXTENSIONS: [text: string, expected: Extension[] | undefined][] = [
  ["", []],
  ["foo", [extension("foo")]],
  [" foo , bar\t", [extension("foo"), extension("bar")]],
  [",, foo,,bar,", [extension("foo"), extension("bar")]],
  ["foo; a; b=1;c = 2", [extension("foo", ["a", true], ["b", "1"], ["c", "2"])]],
  ['foo; a="1"; b="x\\y"', [extension("foo", ["a", "1"], ["b", "xy"])]],
  ["foo; a=1; a=2", [extension("foo", ["a", "1"], ["a", "2"])]],
  ["foo; a=1, foo; a=2", [extension("foo", ["a", "1"]), extension("foo", ["a", "2"])]],
  ["permessage-deflate;client_max_window_bits", [extension("permessage-deflate", ["client_max_window_bits", true])]],
  ["foo;", undefined],
  ["foo;;a", undefined],
  [";a", undefined],
  ["foo; =1", undefined],
  ["foo; a=", undefined],
  ["foo; a==1", undefined],
  ["foo; a=1 2", undefined],
  ["foo bar", undefined],
  ['foo; a=""', undefined],
  ['foo; a="1', undefined],
  ['foo; a="1 2"', undefined],
  ['foo; a=" 1"', undefined],
  ['foo; a="1\\', undefined],
  ['"foo"', undefined],
  ["f\u00f6o", undefined],
  ["foo/bar", undefined],
  [Array(65).fill("foo").join(","), undefined],
  [`foo${"; a".repeat(65)}`, undefined],
];

for (const [text, expected] of EXTENSIONS) {
  Deno.test(`parseExtensions ${expected === undefined ? "refuses" : "reads"} ${JSON.stringify(text.slice(0, 50))}`, () => {
    assertEquals(parseExtensions(text), expected);
  });
}

Deno.test("parseExtensions and parseSubprotocols take time in proportion to their input", () => {
  // What made others look back again and again (CVE-2021-32640): a million characters would take hours.
  for (const text of [" ".repeat(1e6), "a".repeat(1e6), "foo;" + " ".repeat(1e6), '"'.repeat(1e6), "\\".repeat(1e6)]) {
    parseExtensions(text);
    parseExtensions(`foo; a="${text}`);
    parseSubprotocols(text);
  }
  assertEquals(parseExtensions(`foo; a="${"b".repeat(1e6)}"`)?.length, 1);
});

const SUBPROTOCOLS: [text: string, expected: string[] | undefined][] = [
  ["", []],
  ["chat", ["chat"]],
  ["chat, superchat", ["chat", "superchat"]],
  [" v10.stomp\t,,v11.stomp ", ["v10.stomp", "v11.stomp"]],
  ["chat, chat", undefined],
  ["a b", undefined],
  ["a;b", undefined],
  ['"chat"', undefined],
  [Array.from({ length: 65 }, (_, at) => `p${at}`).join(), undefined],
];

for (const [text, expected] of SUBPROTOCOLS) {
  Deno.test(`parseSubprotocols ${expected === undefined ? "refuses" : "reads"} ${JSON.stringify(text.slice(0, 50))}`, () => {
    assertEquals(parseSubprotocols(text), expected);
  });
}

Deno.test("listHasToken finds a token in any case, and no part of one", () => {
  assertEquals(listHasToken("keep-alive, Upgrade", "upgrade"), true);
  assertEquals(listHasToken("upgraded, up grade", "upgrade"), false);
  assertEquals(listHasToken("", "upgrade"), false);
});
