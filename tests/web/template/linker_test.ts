import { ParseError } from "@denado/denado/template";
import { assertEquals, assertThrows } from "@std/assert";
import { type LinkedTemplate, linkTemplate } from "../../../web/template/linker.ts";
import type { TemplateFile } from "../../../web/template/nodes.ts";
import { parseTemplate } from "../../../web/template/parser.ts";

function link(texts: Record<string, string>): LinkedTemplate {
  const parse = (name: string): TemplateFile => {
    const text = texts[name];
    if (text === undefined) throw new RangeError("no such file");
    return parseTemplate(name, text, { autoescape: null, whitespace: "all" });
  };
  return linkTemplate(parse(Object.keys(texts)[0]!), parse);
}

Deno.test("linkTemplate finds the oldest parent, and the block of the youngest file", () => {
  const { root, blocks } = link({
    "c": "{% extends b %}{% block x %}{% end %}",
    "b": "{% extends a %}{% block x %}{% end %}{% block y %}{% end %}",
    "a": "{% block x %}{% end %}{% if 1 %}{% block y %}{% end %}{% block z %}{% end %}{% end %}{% include d %}",
    "d": "{% for x in y %}{% block z %}{% end %}{% end %}",
  });
  assertEquals(root.name, "a");
  assertEquals([...blocks].map(([name, { file }]) => `${name}:${file.name}`), ["x:c", "y:b", "z:d"]);
});

const ERRORS: { texts: Record<string, string>; message: string }[] = [
  { texts: { a: "\n{% extends b %}" }, message: 'Cannot extend "b": no such file at a:2' },
  { texts: { a: "\n{% include b %}" }, message: 'Cannot include "b": no such file at a:2' },
  { texts: { a: "{% include b %}", b: "\n{% include c %}" }, message: 'Cannot include "c": no such file at b:2' },
  { texts: { a: "{% extends b %}\n{% extends c %}", b: "", c: "" }, message: "extends stands twice at a:2" },
  {
    texts: { a: "\n{% include b %}", b: "{% extends c %}", c: "" },
    message: 'Cannot include "b": it extends another template at a:2',
  },
  { texts: { a: "{% include b %}", b: "{{" }, message: "Missing end expression }} at b:1" },
];

for (const { texts, message } of ERRORS) {
  Deno.test(`linkTemplate refuses ${JSON.stringify(texts)}`, () => {
    assertEquals(assertThrows(() => link(texts), ParseError).message, message);
  });
}

Deno.test("linkTemplate keeps what the loader threw as the cause", () => {
  const error = assertThrows(() => link({ a: "{% include b %}" }), ParseError);
  assertEquals((error.cause as Error).name, "RangeError");
});

Deno.test("linkTemplate refuses other files without a loader", () => {
  const file = parseTemplate("a", "{% include b %}", { autoescape: null, whitespace: "all" });
  assertThrows(
    () => linkTemplate(file, undefined),
    ParseError,
    'Cannot include "b": the template has no loader at a:1',
  );
});
