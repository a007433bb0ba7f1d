import { filterWhitespace, type WhitespaceMode } from "@denado/denado/template";
import { assertEquals, assertThrows } from "@std/assert";
import { defaultWhitespace } from "../../../web/template/whitespace.ts";
import { PYTHON, runPython } from "../../helpers/python_tornado.ts";

const TEXTS = [
  "",
  "a",
  " a  b ",
  "\t\n x \n\n y\r\n",
  "a\u00a0\u2003 b\ufeff c\x1c\x85d\u180e",
  " \n ",
  "\v\f\n\u2028",
];

const FILTER = `
import json, sys
from tornado.template import filter_whitespace
print(json.dumps([filter_whitespace(mode, text) for mode, text in json.load(sys.stdin)]))
`;

Deno.test("filterWhitespace filters as Tornado does, in every mode", PYTHON, async () => {
  const cases = (["all", "single", "oneline"] as const).flatMap((mode) => TEXTS.map((text) => [mode, text] as const));
  assertEquals(cases.map(([mode, text]) => filterWhitespace(mode, text)), await runPython(FILTER, cases));
});

Deno.test("filterWhitespace refuses a mode that does not exist", () => {
  assertThrows(
    () => filterWhitespace("double" as WhitespaceMode, ""),
    RangeError,
    'Cannot filter white space: mode "double" is not all, single or oneline',
  );
});

Deno.test("defaultWhitespace goes by the end of the name", () => {
  assertEquals(["a.html", "a.js", "a.txt", "html", "<string>"].map(defaultWhitespace), [
    "single",
    "single",
    "all",
    "all",
    "all",
  ]);
});
