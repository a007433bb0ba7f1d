import { assertEquals, assertThrows } from "@std/assert";
import { HTTPInputError } from "../../http/errors.ts";
import {
  bytesToByteString,
  byteStringToBytes,
  decodeByteString,
  parseQueryArguments,
  parseUrlEncoded,
} from "../../http/form_data.ts";
import { latin1 } from "../helpers/parser_feed.ts";

const QUERIES: [query: string, expected: [string, string[]][], reason: string][] = [
  ["", [], "nothing"],
  ["a=1", [["a", ["1"]]], "one field"],
  ["a=1&b=2&a=3", [["a", ["1", "3"]], ["b", ["2"]]], "repeated names, in order"],
  ["foo=&bar=", [["foo", [""]], ["bar", [""]]], "empty values are kept"],
  ["a&b=", [["a", [""]], ["b", [""]]], "no equals sign"],
  ["=1", [["", ["1"]]], "an empty name"],
  ["&&a=1&&b&", [["a", ["1"]], ["b", [""]]], "empty pieces"],
  ["a=b=c", [["a", ["b=c"]]], "an equals sign in the value"],
  ["a;b=1;c=2", [["a;b", ["1;c=2"]]], "a semicolon divides nothing"],
  ["a+b=c+d", [["a b", ["c d"]]], "plus is a space"],
  ["a%2Bb=%20%2b", [["a+b", [" +"]]], "escapes in either case"],
  ["a=%3d%26", [["a", ["=&"]]], "escaped separators"],
  ["a=%zz&b=%&c=%4&d=%%41", [["a", ["%zz"]], ["b", ["%"]], ["c", ["%4"]], ["d", ["%A"]]], "escapes that are none"],
  ["a=%C3%A9", [["a", ["\xc3\xa9"]]], "values stay bytes"],
  ["a=\xc3\xa9", [["a", ["\xc3\xa9"]]], "raw bytes stay bytes"],
  ["%C3%A9=1&\xc3\xa9=2", [["é", ["1", "2"]]], "names are UTF-8"],
  ["%E9=1", [["\xe9", ["1"]]], "names that are not UTF-8 stay bytes"],
  ["a=%00", [["a", ["\0"]]], "NUL"],
  ["__proto__=1&constructor=2", [["__proto__", ["1"]], ["constructor", ["2"]]], "names of object properties"],
  ["b&a=1", [["b", [""]], ["a", ["1"]]], "an equals sign in a later piece"],
];

for (const [query, expected, reason] of QUERIES) {
  Deno.test(`parseQueryArguments reads ${JSON.stringify(query)}: ${reason}`, () => {
    assertEquals([...parseQueryArguments(query)], expected);
    assertEquals([...parseUrlEncoded(latin1(query))], expected);
  });
}

Deno.test("parseQueryArguments accepts 1000 fields and refuses 1001", () => {
  assertEquals(parseQueryArguments("a=1&".repeat(1000)).get("a")!.length, 1000);
  assertThrows(() => parseQueryArguments("a=1&".repeat(1001)), HTTPInputError, "more than 1000");
  assertThrows(() => parseUrlEncoded(latin1("a&b&c"), { maxFields: 2 }), HTTPInputError, "more than 2");
  assertEquals(parseQueryArguments("a&b&c", { maxFields: 3 }).size, 3);
  assertEquals(parseQueryArguments("&".repeat(5000)).size, 0, "empty pieces are no fields");
});

Deno.test("parseQueryArguments takes long input in its stride", () => {
  const many = { maxFields: Infinity };
  assertEquals(parseQueryArguments("a&".repeat(100_000), many).get("a")!.length, 100_000);
  assertEquals(parseQueryArguments(`a=${"%".repeat(1_000_000)}`).get("a")![0]!.length, 1_000_000);
  assertEquals(parseQueryArguments(`a=${"%41".repeat(300_000)}`).get("a")![0], "A".repeat(300_000));
  assertEquals(parseQueryArguments("=".repeat(1_000_000)).get("")![0]!.length, 999_999);
});

Deno.test("decodeByteString decodes UTF-8 and nothing else", () => {
  assertEquals(decodeByteString("abc"), "abc");
  assertEquals(decodeByteString(""), "");
  assertEquals(decodeByteString("\xc3\xa9\xf0\x9f\x98\x80"), "é😀");
  assertEquals(decodeByteString("\xef\xbb\xbfa"), "\ufeffa", "a byte order mark is data");
  for (const invalid of ["\xe9", "\xc3", "\xc0\x80", "\xed\xa0\x80", "\xff", "a\x80"]) {
    assertEquals(decodeByteString(invalid), undefined);
  }
});

Deno.test("byteStringToBytes and bytesToByteString are inverse", () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
  assertEquals(byteStringToBytes(bytesToByteString(bytes)), bytes);
  assertEquals(bytesToByteString(bytes.subarray(0x80, 0x83)), "\x80\x81\x82");
});
