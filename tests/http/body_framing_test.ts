import { assertEquals, assertThrows } from "@std/assert";
import { FramingFacts, isTransferEncodingChunked } from "../../http/body_framing.ts";
import { HTTPInputError } from "../../http/errors.ts";
import { HTTPHeaders } from "../../http/headers.ts";
import { latin1 } from "../helpers/parser_feed.ts";

/** Shows a field to the facts, at an odd place of an array. */
function show(facts: FramingFacts, name: string, value: string): boolean {
  const bytes = latin1(`??${name}:${value}??`);
  const valueStart = 2 + name.length + 1;
  return facts.field(bytes, 2, 2 + name.length, valueStart, valueStart + value.length, 1);
}

function factsOf(...fields: [string, string][]): FramingFacts {
  const facts = new FramingFacts();
  for (const [name, value] of fields) show(facts, name, value);
  return facts;
}

const LENGTHS: [value: string, expected: number | undefined, reason: string][] = [
  ["0", 0, "digits"],
  ["42", 42, "digits"],
  ["007", 7, "leading zeros are digits"],
  ["9007199254740991", 9007199254740991, "53 bits"],
  ["5,5", 5, "equal values"],
  ["5 , 5,\t5", 5, "equal values"],
  ["9007199254740992", undefined, "54 bits"],
  ["99999999999999999999999", undefined, "far too long"],
  ["", undefined, "empty"],
  ["5,", undefined, "empty element"],
  [",5", undefined, "empty element"],
  ["5,,5", undefined, "empty element"],
  ["5 5", undefined, "no comma"],
  ["5;5", undefined, "no comma"],
  ["5,6", undefined, "unequal"],
  ["5,05", undefined, "written differently"],
  ["+5", undefined, "sign"],
  ["-5", undefined, "sign"],
  ["0x5", undefined, "hexadecimal"],
  ["5_0", undefined, "underscore"],
  ["5.0", undefined, "point"],
  ["five", undefined, "letters"],
];

for (const [value, expected, reason] of LENGTHS) {
  Deno.test(`FramingFacts ${expected === undefined ? "refuses" : "reads"} Content-Length "${value}": ${reason}`, () => {
    if (expected !== undefined) assertEquals(factsOf(["Content-Length", value]).contentLength, expected);
    else assertThrows(() => factsOf(["Content-Length", value]), HTTPInputError, "Content-Length");
  });
}

Deno.test("FramingFacts compares several Content-Length fields", () => {
  assertEquals(factsOf(["content-length", "5"], ["CONTENT-LENGTH", "5"]).contentLength, 5);
  assertThrows(() => factsOf(["content-length", "5"], ["content-length", "6"]), HTTPInputError, "not equal");
  assertThrows(() => factsOf(["content-length", "0"], ["content-length", "00"]), HTTPInputError, "not equal");
});

Deno.test("FramingFacts accepts exactly one chunked as Transfer-Encoding", () => {
  assertEquals(factsOf(["Transfer-Encoding", "chunked"]).chunked, true);
  assertEquals(factsOf(["TRANSFER-ENCODING", "cHuNkEd"]).chunked, true);
  for (
    const value of [
      "",
      "gzip",
      "gzip, chunked",
      "chunked, gzip",
      "chunked, chunked",
      "chunked,",
      ",chunked",
      "chunke",
      "chunkedd",
      "xchunked",
      "identity",
    ]
  ) {
    assertThrows(() => factsOf(["Transfer-Encoding", value]), HTTPInputError, "Unsupported Transfer-Encoding", value);
  }
  assertThrows(() => factsOf(["Transfer-Encoding", "chunked"], ["Transfer-Encoding", "chunked"]), HTTPInputError);
});

Deno.test("FramingFacts.check refuses chunked with a length, in either order", () => {
  const one = factsOf(["Transfer-Encoding", "chunked"], ["Content-Length", "0"]);
  const other = factsOf(["Content-Length", "3"], ["Transfer-Encoding", "chunked"]);
  for (const facts of [one, other]) assertThrows(() => facts.check(1), HTTPInputError, "both");
});

Deno.test("FramingFacts.check refuses chunked in HTTP/1.0", () => {
  const facts = factsOf(["Transfer-Encoding", "chunked"]);
  facts.check(1);
  assertThrows(() => facts.check(0), HTTPInputError, "HTTP/1.0");
});

const CONNECTIONS: [value: string, close: boolean, keepAlive: boolean, upgrade: boolean][] = [
  ["close", true, false, false],
  ["Close", true, false, false],
  ["keep-alive", false, true, false],
  ["Keep-Alive", false, true, false],
  ["Upgrade", false, false, true],
  ["keep-alive, Upgrade", false, true, true],
  [",\t,close ,, upgrade\t", true, false, true],
  ["x-close, closex, close x, keep-aliv, upgrades", false, false, false],
  ["", false, false, false],
  ["TE, X-Other", false, false, false],
];

for (const [value, close, keepAlive, upgradeToken] of CONNECTIONS) {
  Deno.test(`FramingFacts reads Connection "${value}"`, () => {
    const facts = factsOf(["Connection", value.trim()]);
    assertEquals([facts.close, facts.keepAlive, facts.upgradeToken], [close, keepAlive, upgradeToken]);
  });
}

Deno.test("FramingFacts adds up several Connection fields", () => {
  const facts = factsOf(["Connection", "close"], ["Connection", "upgrade"]);
  assertEquals([facts.close, facts.upgradeToken], [true, true]);
});

Deno.test("FramingFacts reads Expect, Upgrade and Host", () => {
  const facts = factsOf(["EXPECT", "100-Continue"], ["Upgrade", "websocket"], ["hOST", "a.b"], ["Host", "cd"]);
  assertEquals([facts.expectContinue, facts.upgradeField, facts.hostCount], [true, true, 2]);
  assertEquals([facts.hostStart, facts.hostEnd], [6, 8]); // relative to base
  assertEquals(factsOf(["Expect", "100-continu"]).expectContinue, false);
  assertEquals(factsOf(["Expect", "100-continues"]).expectContinue, false);
  assertEquals(factsOf(["Upgrade", ""]).upgradeField, false);
});

Deno.test("FramingFacts says which fields frame the message", () => {
  const facts = new FramingFacts();
  assertEquals(show(facts, "Content-Length", "1"), true);
  assertEquals(show(facts, "Content-Lengti", "x"), false);
  assertEquals(show(facts, "Content-Type", "x"), false);
  assertEquals(show(facts, "Hose", "x"), false);
  assertEquals(facts.hostCount, 0);
});

Deno.test("FramingFacts.reset forgets everything", () => {
  const facts = factsOf(
    ["Host", "a"],
    ["Content-Length", "1"],
    ["Connection", "close, keep-alive, upgrade"],
    ["Upgrade", "x"],
    ["Expect", "100-continue"],
  );
  facts.reset();
  const { contentLength, chunked, hostCount, close, keepAlive, upgradeToken, upgradeField, expectContinue } = facts;
  assertEquals(
    [contentLength, chunked, hostCount, close, keepAlive, upgradeToken, upgradeField, expectContinue],
    [-1, false, 0, false, false, false, false, false],
  );
  show(facts, "Content-Length", "22");
  assertEquals(facts.contentLength, 22);
});

const CODINGS: [fields: Record<string, string | string[]>, expected: boolean | string][] = [
  [{}, false],
  [{ "Content-Length": "5" }, false],
  [{ "Transfer-Encoding": "chunked" }, true],
  [{ "transfer-encoding": "Chunked" }, true],
  [{ "Transfer-Encoding": "gzip" }, 'Unsupported Transfer-Encoding: "gzip"'],
  [{ "Transfer-Encoding": ["chunked", "chunked"] }, 'Unsupported Transfer-Encoding: "chunked,chunked"'],
  [{ "Transfer-Encoding": "" }, 'Unsupported Transfer-Encoding: ""'],
  [{ "Transfer-Encoding": "chunked", "Content-Length": "5" }, "both Transfer-Encoding and Content-Length"],
];

for (const [fields, expected] of CODINGS) {
  Deno.test(`isTransferEncodingChunked finds ${expected} in ${JSON.stringify(fields)}`, () => {
    const headers = new HTTPHeaders(fields);
    if (typeof expected === "boolean") assertEquals(isTransferEncodingChunked(headers), expected);
    else assertThrows(() => isTransferEncodingChunked(headers), HTTPInputError, expected);
  });
}
