import { assertEquals } from "@std/assert";
import { oneLine, quoteForLog } from "../../web/log_text.ts";

const TEXTS: [text: string, line: string][] = [
  ["", ""],
  ["a b ä €", "a b ä €"],
  ["a\r\nb\tc\0d\x1b[31m", "a\\u000d\\u000ab\\u0009c\\u0000d\\u001b[31m"],
  ["a\x7f\x85\x9b", "a\\u007f\\u0085\\u009b"],
  ["a\u2028b\u2029", "a\\u2028b\\u2029"],
  ["x".repeat(200), "x".repeat(200)],
  ["x".repeat(201), "x".repeat(200) + "…"],
];

for (const [text, line] of TEXTS) {
  Deno.test(`oneLine writes ${JSON.stringify(text).slice(0, 40)} as ${line.slice(0, 40)}`, () => {
    assertEquals(oneLine(text), line);
    assertEquals(quoteForLog(text), `"${line}"`);
  });
}

Deno.test("quoteForLog shows where a text ends that has quotes", () => {
  assertEquals(quoteForLog('a" b'), '"a\\" b"');
});
