import { xhtmlEscape } from "@denado/denado/escape";
import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";

const CASES: { text: string; escaped: string }[] = [
  { text: "", escaped: "" },
  { text: "<foo>", escaped: "&lt;foo&gt;" },
  { text: "<>&\"'", escaped: "&lt;&gt;&amp;&quot;&#x27;" },
  { text: "&amp;", escaped: "&amp;amp;" },
  { text: "<\u00e9>", escaped: "&lt;\u00e9&gt;" },
  { text: "a < b && c > d", escaped: "a &lt; b &amp;&amp; c &gt; d" },
  { text: "\u{1f600}'", escaped: "\u{1f600}&#x27;" },
  { text: "no end &", escaped: "no end &amp;" },
];

for (const { text, escaped } of CASES) {
  Deno.test(`xhtmlEscape escapes ${JSON.stringify(text)} as text and as bytes`, () => {
    assertEquals(xhtmlEscape(text), escaped);
    assertEquals(xhtmlEscape(new TextEncoder().encode(text)), escaped);
  });
}

Deno.test("xhtmlEscape returns text that needs no escape as it is", () => {
  assertStrictEquals(xhtmlEscape("plain / text = 1;"), "plain / text = 1;");
});

Deno.test("xhtmlEscape refuses bytes that are not UTF-8, and other types", () => {
  assertThrows(() => xhtmlEscape(new Uint8Array([0xff])), TypeError);
  assertThrows(
    () => xhtmlEscape(5 as unknown as string),
    TypeError,
    "Cannot escape: text or bytes expected, not 5",
  );
});
