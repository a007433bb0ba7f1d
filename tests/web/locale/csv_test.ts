import { assertEquals } from "@std/assert";
import { parseCSV } from "../../../web/locale/csv.ts";
import { PYTHON, runPython } from "../../helpers/python_tornado.ts";

const TEXTS = [
  "",
  "a,b\nc,d",
  "a,b\r\nc,d\r\n",
  "a\rb\r",
  "\n\na\n\n",
  '"a","b"\n',
  '"a,b","c""d",""\n',
  '"multi\nline\r\nfield",b\nc',
  'a"b,c""d',
  '"a"b,"c" d\n',
  '"open\nfield,',
  "a,",
  ",",
  ",,\n,",
  " a , b ",
  '""""',
  'a,"b"\n"c',
  "\u00e9\u2028,\u{1f600}\v\f",
];

const CSV = `
import csv, io, json, sys
print(json.dumps([list(csv.reader(io.StringIO(text, newline=""))) for text in json.load(sys.stdin)]))
`;

Deno.test("parseCSV reads what Python's csv module reads", PYTHON, async () => {
  assertEquals(
    TEXTS.map((text) => Array.from(parseCSV(text), ({ fields }) => fields)),
    await runPython(CSV, TEXTS),
  );
});

Deno.test("parseCSV numbers the lines that rows begin at", () => {
  const rows = Array.from(parseCSV('a\r\n\n"b\n\r\nc",d\re'), ({ fields, line }) => [line, fields.length]);
  assertEquals(rows, [[1, 1], [2, 0], [3, 2], [6, 1]]);
});
