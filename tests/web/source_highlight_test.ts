import { highlightSource } from "../../web/source_highlight.ts";
import { assertEquals } from "@std/assert";
import { xhtmlEscape } from "@denado/denado/web";

const c = (text: string) => `<span class="c">${xhtmlEscape(text)}</span>`;
const s = (text: string) => `<span class="s">${xhtmlEscape(text)}</span>`;
const k = (text: string) => `<span class="k">${text}</span>`;
const n = (text: string) => `<span class="n">${text}</span>`;

const SOURCES: [source: string, html: string][] = [
  ["", ""],
  ["x", "x"],
  ["const x = 1;", `${k("const")} x = ${n("1")};`],
  ["a < b && c > 'd'", `a &lt; b &amp;&amp; c &gt; ${s("'d'")}`],
  ["// <b>", c("// <b>")],
  ["a / b / c", "a / b / c"],
  ["f(1) / 2", `f(${n("1")}) / ${n("2")}`],
  ['x = /[/<]"/gi; y', `x = ${s('/[/<]"/gi')}; y`],
  ["return /a/", `${k("return")} ${s("/a/")}`],
  ["'it\\'s' + \"\\\"\"", `${s("'it\\'s'")} + ${s('"\\""')}`],
  ["'open", s("'open")],
  ["constant classes", "constant classes"],
  ["this.#field", `${k("this")}.#field`],
  ["0x1f 1_000n 1.5e3", `${n("0x1f")} ${n("1_000n")} ${n("1.5e3")}`],
  ["ä € 😀", "ä € 😀"],
  ["@d class", `@d ${k("class")}`],
];

for (const [source, html] of SOURCES) {
  Deno.test(`highlightSource colours ${JSON.stringify(source)}`, () => assertEquals(highlightSource(source), [html]));
}

Deno.test("highlightSource keeps lines, also within comments and templates", () => {
  assertEquals(highlightSource("/* a\n b */\r\nz"), [c("/* a"), c(" b */"), "z"]);
  assertEquals(highlightSource("`a\nb`;\nc"), [s("`a"), `${s("b`")};`, "c"]);
  assertEquals(highlightSource("/* open\nx"), [c("/* open"), c("x")]);
});

Deno.test("highlightSource has the lines of a real source, and its text", async () => {
  const source = await Deno.readTextFile(new URL("../../web/source_highlight.ts", import.meta.url));
  const lines = highlightSource(source);
  assertEquals(lines.length, source.split("\n").length);
  const text = lines.map((line) => line.replace(/<\/?span[^>]*>/g, "")).join("\n");
  assertEquals(text, xhtmlEscape(source));
});
