import { assertEquals, assertThrows } from "@std/assert";
import { reUnescape } from "@denado/denado/ioloop";

const TEXTS = [
  "",
  "/favicon.ico",
  "index.html",
  "Hello, World!",
  "!$@#%;",
  "(a|b)*[c]{1,2}^$\\",
  "tab\t newline\n return\r feed\f vertical\v",
  "é ü 漢字 🦕",
  "line\u2028separator",
  "0123",
];

Deno.test("reUnescape undoes RegExp.escape", () => {
  for (const text of TEXTS) assertEquals(reUnescape(RegExp.escape(text)), text);
});

Deno.test("reUnescape undoes escapes that are written by hand", () => {
  const cases: [pattern: string, text: string][] = [
    [String.raw`/favicon\.ico`, "/favicon.ico"],
    [String.raw`\\`, "\\"],
    [String.raw`\ü\-\ `, "ü- "],
    [String.raw`\x41\u00e9\n`, "Aé\n"],
    ["\\\n", "\n"],
    ["a.b*", "a.b*"],
  ];
  for (const [pattern, text] of cases) assertEquals(reUnescape(pattern), text);
});

Deno.test("reUnescape refuses what stands for no single character", () => {
  for (const pattern of [...String.raw`\d \w \s \b \B \Z \0 \1 \cA \x4 \u12 \p{L} \k<a>`.split(" "), "end\\"]) {
    assertThrows(() => reUnescape(pattern), SyntaxError, "stands for no single character");
  }
});
