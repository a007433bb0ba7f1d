import { assertEquals, assertThrows } from "@std/assert";
import { FramingFacts } from "../../http/body_framing.ts";
import { HTTPInputError } from "../../http/errors.ts";
import { FieldSectionScanner } from "../../http/field_section.ts";
import { type ResponseHead, ResponseHeadReader } from "../../http/response_head.ts";
import { latin1 } from "../helpers/parser_feed.ts";

function read(method: string, code: number, field = ""): ResponseHead {
  const reader = new ResponseHeadReader();
  reader.requestMethod = method;
  const bytes = latin1(`HTTP/1.1 ${code} x\r\n${field}\r\n`);
  const facts = new FramingFacts();
  const fields = new FieldSectionScanner({ maxFields: 9, allowFolding: true, strictLineEnds: false }, facts);
  const fieldsStart = reader.startLine.scan(bytes, 0, bytes.length, 0);
  const end = fields.scan(bytes, fieldsStart, bytes.length, 0);
  const head = reader.read(bytes, 0, end, facts, fields);
  assertEquals(reader.requestMethod, code < 200 ? method : "GET");
  return head;
}

const LENGTH = "Content-Length: 5\r\n";
const EMPTY = "Content-Length: 0\r\n";
const CHUNKED = "Transfer-Encoding: chunked\r\n";

// RFC 9112 6.3, in its order.
const FRAMINGS: [method: string, code: number, field: string, framing: string | undefined][] = [
  ["HEAD", 200, LENGTH, "none"],
  ["HEAD", 200, CHUNKED, "none"],
  ["HEAD", 200, "", "none"],
  ["GET", 304, LENGTH, "none"],
  ["GET", 304, CHUNKED, "none"],
  ["GET", 204, "", "none"],
  ["GET", 204, EMPTY, "none"],
  ["GET", 204, LENGTH, undefined],
  ["GET", 204, CHUNKED, undefined],
  ["GET", 100, "", "none"],
  ["GET", 100, EMPTY, undefined],
  ["GET", 103, CHUNKED, undefined],
  ["GET", 101, "", "none"],
  ["GET", 101, LENGTH, undefined],
  ["CONNECT", 200, LENGTH, "none"],
  ["CONNECT", 299, CHUNKED, "none"],
  ["CONNECT", 407, LENGTH, "length"],
  ["CONNECT", 302, "", "close"],
  ["GET", 200, CHUNKED, "chunked"],
  ["GET", 200, LENGTH, "length"],
  ["GET", 200, EMPTY, "none"],
  ["GET", 200, "", "close"],
  ["GET", 205, "", "close"],
  ["GET", 999, LENGTH, "length"],
];

for (const [method, code, field, framing] of FRAMINGS) {
  const shown = field === "" ? "no framing field" : field.trim();
  Deno.test(`ResponseHeadReader frames ${code} to ${method} with ${shown}: ${framing ?? "error"}`, () => {
    if (framing === undefined) assertThrows(() => read(method, code, field), HTTPInputError, "cannot have a body");
    else assertEquals(read(method, code, field).framing, framing);
  });
}

Deno.test("ResponseHeadReader tells that the protocol changes", () => {
  assertEquals(read("GET", 101).upgrade, true);
  assertEquals(read("CONNECT", 200).upgrade, true);
  assertEquals(read("CONNECT", 400).upgrade, false);
  assertEquals(read("GET", 200, "Connection: upgrade\r\nUpgrade: h2c\r\n").upgrade, false);
});

Deno.test("ResponseHeadReader joins folded lines by one space", () => {
  assertEquals([...read("GET", 200, "A: b \r\n \t c\r\nD: e\r\n").headers], [["A", "b c"], ["D", "e"]]);
});
