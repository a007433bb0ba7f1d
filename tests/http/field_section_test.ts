import { assertEquals, assertThrows } from "@std/assert";
import { HTTPInputError } from "../../http/errors.ts";
import { type FieldObserver, type FieldSectionOptions, FieldSectionScanner } from "../../http/field_section.ts";
import { latin1 } from "../helpers/parser_feed.ts";

const REQUEST: FieldSectionOptions = { maxFields: 100, allowFolding: false, strictLineEnds: false };
const RESPONSE: FieldSectionOptions = { ...REQUEST, allowFolding: true };
const TRAILERS: FieldSectionOptions = { ...REQUEST, strictLineEnds: true };

type Result = { fields: [string, string][]; end: number; folded: boolean } | { status: number };

/** Scans the text cut at the given points, in windows that lie elsewhere each time. */
function scan(text: string, options: FieldSectionOptions, cuts: number[]): Result {
  const scanner = new FieldSectionScanner(options);
  let from = 0;
  try {
    for (const [index, to] of [...cuts, text.length].entries()) {
      const base = index % 4;
      const bytes = latin1("\x00".repeat(base) + text.slice(0, to));
      const end = scanner.scan(bytes, base + from, base + to, base);
      from = to;
      if (end < 0) continue;
      const fields: [string, string][] = [];
      for (let i = 0; i < scanner.count; i++) {
        const [a, b, c, d] = scanner.offsets.slice(i * 4, i * 4 + 4) as [number, number, number, number];
        fields.push([text.slice(a, b), text.slice(c, d)]);
      }
      return { fields, end: end - base, folded: scanner.folded };
    }
  } catch (error) {
    if (error instanceof HTTPInputError) return { status: error.status };
    throw error;
  }
  return { fields: [], end: -1, folded: false };
}

function scanEveryWay(text: string, options: FieldSectionOptions): Result {
  const whole = scan(text, options, []);
  const every = Array.from(text, (_, i) => i).slice(1);
  assertEquals(scan(text, options, every), whole, "byte by byte");
  for (const cut of every) assertEquals(scan(text, options, [cut]), whole, `cut at ${cut}`);
  return whole;
}

const ACCEPTED: [name: string, text: string, options: FieldSectionOptions, fields: [string, string][]][] = [
  ["an empty section", "\r\n", REQUEST, []],
  ["an empty section ended by LF", "\n", REQUEST, []],
  ["several fields", "A: b\r\nC-d: e f\r\n\r\n", REQUEST, [["A", "b"], ["C-d", "e f"]]],
  ["line ends mixed", "A: b\nC: d\r\n\n", REQUEST, [["A", "b"], ["C", "d"]]],
  ["blanks around values", "A:\t b \t \r\n\r\n", REQUEST, [["A", "b"]]],
  ["values of blanks only", "A: \t \r\nB:\r\n\r\n", REQUEST, [["A", ""], ["B", ""]]],
  ["obs-text", "A: \x80\xff\r\n\r\n", REQUEST, [["A", "\x80\xff"]]],
  ["folded lines of a response", "A: b\r\n c\r\n\td\r\nE: f\r\n\r\n", RESPONSE, [["A", "b\r\n c\r\n\td"], ["E", "f"]]],
  ["trailers", "A: b\r\n\r\n", TRAILERS, [["A", "b"]]],
];

for (const [name, text, options, fields] of ACCEPTED) {
  Deno.test(`FieldSectionScanner accepts ${name}`, () => {
    assertEquals(scanEveryWay(text, options), { fields, end: text.length, folded: name.startsWith("folded") });
    assertEquals(scan(`${text}X: y\r\n`, options, []), scan(text, options, []), "with trailing data");
  });
}

const REFUSED: [name: string, text: string, options: FieldSectionOptions, status: number][] = [
  ["a folded line of a request", "A: b\r\n c\r\n\r\n", REQUEST, 400],
  ["a folded line of a trailer section", "A: b\r\n c\r\n\r\n", TRAILERS, 400],
  ["a folded first line", " A: b\r\n\r\n", RESPONSE, 400],
  ["LF in a trailer section", "A: b\n\r\n", TRAILERS, 400],
  ["LF at the end of a trailer section", "A: b\r\n\n", TRAILERS, 400],
  ["a CR alone", "A: b\rC: d\r\n\r\n", REQUEST, 400],
  ["a CR alone at the end", "A: b\r\n\rX", REQUEST, 400],
  ["no colon", "A\r\n\r\n", REQUEST, 400],
  ["an empty name", ": b\r\n\r\n", REQUEST, 400],
  ["a blank before the colon", "A : b\r\n\r\n", REQUEST, 400],
  ["NUL in a name", "A\0: b\r\n\r\n", REQUEST, 400],
  ["NUL in a value", "A: \0\r\n\r\n", REQUEST, 400],
  ["DEL in a value", "A: \x7f\r\n\r\n", REQUEST, 400],
  ["too many lines", "A: b\r\n".repeat(101), REQUEST, 431],
];

for (const [name, text, options, status] of REFUSED) {
  Deno.test(`FieldSectionScanner refuses ${name}`, () => {
    assertEquals(scanEveryWay(text, options), { status });
  });
}

Deno.test("FieldSectionScanner needs more bytes until the empty line", () => {
  const text = "A: b\r\nC: d\r\n\r\n";
  for (let count = 0; count < text.length; count++) {
    assertEquals(scan(text.slice(0, count), REQUEST, []), { fields: [], end: -1, folded: false });
  }
});

Deno.test("FieldSectionScanner shows its observer each line once", () => {
  const text = "Host: a\r\nB:\r\n\r\n";
  const seen: [string, string, number][] = [];
  const observer: FieldObserver = {
    field(bytes, nameStart, nameEnd, valueStart, valueEnd, base) {
      const cut = (from: number, to: number) => String.fromCharCode(...bytes.subarray(from, to));
      seen.push([cut(nameStart, nameEnd), cut(valueStart, valueEnd), base]);
      return false;
    },
  };
  const scanner = new FieldSectionScanner(REQUEST, observer);
  const bytes = latin1(`xx${text}`);
  for (let i = 3; i <= bytes.length; i++) scanner.scan(bytes, i - 1, i, 2);
  assertEquals(seen, [["Host", "a", 2], ["B", "", 2]]);
});

Deno.test("FieldSectionScanner does not let a folded line continue a field that frames the message", () => {
  const scanner = new FieldSectionScanner(RESPONSE, { field: () => true });
  const bytes = latin1("Content-Length: 1\r\n 2\r\n\r\n");
  assertThrows(() => scanner.scan(bytes, 0, bytes.length, 0), HTTPInputError);
});

Deno.test("FieldSectionScanner.reset forgets everything", () => {
  const scanner = new FieldSectionScanner(RESPONSE);
  const folded = latin1("A: b\r\n c\r\n\r\n");
  scanner.scan(folded, 0, folded.length, 0);
  scanner.reset();
  const empty = latin1("\r\n");
  assertEquals(scanner.scan(empty, 0, 2, 0), 2);
  assertEquals([scanner.count, scanner.folded], [0, false]);
  scanner.reset();
  const startsFolded = latin1(" x\r\n");
  assertThrows(() => scanner.scan(startsFolded, 0, 4, 0), HTTPInputError);
});
