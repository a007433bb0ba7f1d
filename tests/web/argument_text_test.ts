import { assertEquals } from "@std/assert";
import { cleanArgument } from "../../web/argument_text.ts";

const TEXTS: [text: string, stripped: string, kept: string, reason: string][] = [
  ["abc", "abc", "abc", "nothing to do"],
  ["", "", "", "empty"],
  ["  a b\t\r\n", "a b", "  a b\t\r\n", "blanks at the ends"],
  ["a\tb\nc\vd\fe\rf", "a\tb\nc\vd\fe\rf", "a\tb\nc\vd\fe\rf", "white space stays inside"],
  ["a\x00b\x08c\x0ed\x1fe", "a b c d e", "a b c d e", "control characters become blanks"],
  ["\x00\x1ba\x1c", "a", "  a ", "which are then dropped at the ends"],
  ["a\x7fb\x80", "a\x7fb\x80", "a\x7fb\x80", "DEL and C1 stay, as in Tornado"],
  ["\x85\xa0\u2003a\u3000\u2028", "a", "\x85\xa0\u2003a\u3000\u2028", "blanks of Unicode, NEL too"],
  ["\ufeffa\u200b", "\ufeffa\u200b", "\ufeffa\u200b", "a byte order mark and a zero-width space are none"],
  [" \t ", "", " \t ", "blanks only"],
  ["\u{1f600} ", "\u{1f600}", "\u{1f600} ", "a surrogate pair"],
];

for (const [text, stripped, kept, reason] of TEXTS) {
  Deno.test(`cleanArgument turns ${JSON.stringify(text)} into ${JSON.stringify(stripped)}: ${reason}`, () => {
    assertEquals(cleanArgument(text, true), stripped);
    assertEquals(cleanArgument(text, false), kept);
  });
}

Deno.test("cleanArgument takes a million blanks in its stride", () => {
  const blanks = " \x00".repeat(500_000);
  assertEquals(cleanArgument(`${blanks}a${blanks}b${blanks}`, true).length, 1_000_002);
});
