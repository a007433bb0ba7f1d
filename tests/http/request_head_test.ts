import { assert, assertEquals, assertThrows } from "@std/assert";
import { FramingFacts } from "../../http/body_framing.ts";
import { HTTPInputError } from "../../http/errors.ts";
import { FieldSectionScanner } from "../../http/field_section.ts";
import { type RequestHead, RequestHeadReader } from "../../http/request_head.ts";
import { latin1 } from "../helpers/parser_feed.ts";

// The rules themselves are tested through the parser; here is what only shows close up.

function read(reader: RequestHeadReader, bytes: Uint8Array, start = 0): RequestHead {
  const facts = new FramingFacts();
  const fields = new FieldSectionScanner({ maxFields: 9, allowFolding: false, strictLineEnds: false }, facts);
  const fieldsStart = reader.startLine.scan(bytes, start, bytes.length, start);
  const end = fields.scan(bytes, fieldsStart, bytes.length, start);
  return reader.read(bytes, start, end, facts, fields);
}

const HEAD = "GET /a HTTP/1.1\r\nHost: b\r\n\r\n";

Deno.test("RequestHeadReader recognises the bytes of the last head at any place", () => {
  const reader = new RequestHeadReader();
  const first = read(reader, latin1(HEAD));
  const again = latin1(`??${HEAD}more`);
  assertEquals(reader.repeated(again, 2, again.length), HEAD.length);
  assertEquals(reader.repeated(again, 0, again.length), 0);
  const second = reader.repeat();
  assertEquals({ ...second, headers: [...second.headers] }, { ...first, headers: [...first.headers] });
  assert(second !== first && second.headers !== first.headers);
});

Deno.test("RequestHeadReader does not take a part of the last head for it", () => {
  const reader = new RequestHeadReader();
  read(reader, latin1(HEAD));
  const bytes = latin1(HEAD);
  assertEquals(reader.repeated(bytes, 0, HEAD.length - 1), 0);
  assertEquals(new RequestHeadReader().repeated(bytes, 0, 0), 0);
});

Deno.test("RequestHeadReader does not repeat a head that was refused", () => {
  const reader = new RequestHeadReader();
  read(reader, latin1(HEAD));
  const bad = latin1("GET /a HTTP/1.1\r\n\r\n");
  assertThrows(() => read(reader, bad), HTTPInputError, "Missing Host");
  assertEquals(reader.repeated(latin1(HEAD), 0, HEAD.length), 0);
  assertEquals(reader.repeated(bad, 0, bad.length), 0);
});

Deno.test("RequestHeadReader does not keep long heads for comparison", () => {
  const reader = new RequestHeadReader();
  const long = latin1(`GET /${"a".repeat(600)} HTTP/1.1\r\nHost: b\r\n\r\n`);
  read(reader, long);
  assertEquals(reader.repeated(long, 0, long.length), 0);
});

Deno.test("RequestHeadReader.inTarget is true between method and end of the target", () => {
  const reader = new RequestHeadReader();
  const bytes = latin1("GET /a HTTP");
  const seen: boolean[] = [];
  for (let i = 1; i <= bytes.length; i++) {
    reader.startLine.scan(bytes, i - 1, i, 0);
    seen.push(reader.inTarget);
  }
  assertEquals(seen.map(Number).join(""), "00011100000");
});
