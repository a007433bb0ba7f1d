import { assert, assertEquals, assertThrows } from "@std/assert";
import { HTTPInputError, MessageParser, type MessageParserOptions, ParseEvents } from "@denado/denado/http";
import { latin1 } from "../helpers/parser_feed.ts";

let unique = 0;

/** Fields that no other test sends, some kilobytes of them. */
function fields(extra = "", size = 2000): string {
  return `Host: h${++unique}.example\r\nCookie: a=${"x".repeat(size)}\r\n${extra}X-Last: \xe4 ${unique}\r\n\r\n`;
}

/** What a parser makes of requests, one after the other on a connection. */
function parse(parser: MessageParser<"request">, text: string): unknown {
  const bytes = latin1(text);
  assertEquals(parser.parse(bytes, 0, bytes.length), ParseEvents.HEAD);
  const { head, consumed } = parser;
  while (parser.parse(bytes, consumed, consumed) !== ParseEvents.END);
  const { headers, ...rest } = head;
  return { ...rest, consumed, headers: [...headers.getAll()] };
}

const LINES = ["GET / HTTP/1.1\r\n", "POST /longer/target HTTP/1.1\r\n", "HEAD /%20 HTTP/1.0\r\n"];
const EXTRAS = [
  "",
  "Connection: close\r\n",
  "Connection: keep-alive, upgrade\r\nUpgrade: websocket\r\n",
  "Content-Length: 0\r\n",
];

for (const extra of EXTRAS) {
  Deno.test(`MessageParser finds in a section that is known what it finds in a new one, with ${JSON.stringify(extra)}`, () => {
    const section = fields(extra);
    const scanned = LINES.map((line) => parse(new MessageParser("request"), line + section));
    const parser = new MessageParser("request");
    for (let round = 0; round < 4; round++) {
      assertEquals(LINES.map((line) => parse(parser, line + section)), scanned);
    }
    assertEquals(LINES.map((line) => parse(new MessageParser("request"), line + section)), scanned); // shared by now
  });
}

Deno.test("MessageParser tells a section from a known one that differs in one byte, wherever it is", () => {
  const section = fields();
  const parser = new MessageParser("request");
  for (let round = 0; round < 4; round++) parse(parser, LINES[0]! + section);
  for (let at = section.indexOf("xx"); at < section.lastIndexOf("xx"); at += 7) {
    const other = section.slice(0, at) + "y" + section.slice(at + 1);
    assertEquals(parse(parser, LINES[0]! + other), parse(new MessageParser("request"), LINES[0]! + other));
  }
});

Deno.test("MessageParser refuses a field that a known section does not have", () => {
  const section = fields();
  const parser = new MessageParser("request");
  for (let round = 0; round < 4; round++) parse(parser, LINES[0]! + section);
  const bytes = latin1(LINES[0]! + section.replace("xx", "x\0"));
  assertThrows(() => parser.parse(bytes, 0, bytes.length), HTTPInputError, "Invalid character in field value");
});

Deno.test("MessageParser takes a known section that comes in pieces, and what follows it", () => {
  const section = fields();
  const text = LINES[0]! + section;
  const parser = new MessageParser("request");
  const expected = parse(parser, text);
  for (let round = 0; round < 4; round++) parse(parser, text);
  const bytes = latin1(text + text);
  for (let at = 0; at < text.length; at += 11) assertEquals(parser.parse(bytes, 0, at), ParseEvents.NEED_DATA);
  assertEquals(parse(parser, text + text), expected);
});

const LIMITS: [name: string, options: MessageParserOptions, status: number][] = [
  ["maxHeaderCount", { maxHeaderCount: 2 }, 431],
  ["maxHeaderSize", { maxHeaderSize: 1000 }, 431],
];
for (const [name, options, status] of LIMITS) {
  Deno.test(`MessageParser holds a known section to its own ${name}`, () => {
    const text = LINES[0]! + fields();
    const lenient = new MessageParser("request");
    for (let round = 0; round < 4; round++) parse(lenient, text);
    const bytes = latin1(text);
    const error = assertThrows(
      () => new MessageParser("request", options).parse(bytes, 0, bytes.length),
      HTTPInputError,
    );
    assertEquals(error.status, status);
  });
}

Deno.test("MessageParser gives each request headers of its own, also from a known section", () => {
  const text = LINES[0]! + fields();
  const parser = new MessageParser("request");
  const heads = Array.from({ length: 5 }, () => {
    parse(parser, text);
    return parser.head;
  });
  heads[3]!.headers.set("X-Last", "changed");
  heads[3]!.headers.add("X-More", "1");
  assert(!heads[4]!.headers.has("X-More"));
  assertEquals(heads[4]!.headers.get("X-Last"), heads[0]!.headers.get("X-Last"));
});

Deno.test("MessageParser keeps no more than a few sections, and goes on", () => {
  const parser = new MessageParser("request");
  for (let count = 0; count < 40; count++) {
    const text = LINES[0]! + fields("", 600 + count * 500);
    const expected = parse(new MessageParser("request"), text);
    for (let round = 0; round < 3; round++) assertEquals(parse(parser, text), expected);
  }
});
