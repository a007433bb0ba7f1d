import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  CHUNK_END,
  CHUNKED_DATA,
  CHUNKED_LAST,
  CHUNKED_NEED_DATA,
  ChunkedDecoder,
  chunkHead,
  LAST_CHUNK,
  lastChunk,
  MAX_CHUNK_OVERHEAD,
  MOVE_LIMIT,
} from "../../http/chunked.ts";
import { HTTPInputError } from "../../http/errors.ts";
import { HTTPHeaders } from "../../http/headers.ts";
import { latin1 } from "../helpers/parser_feed.ts";

const LIMITS = { maxBodySize: 1e9, chunkSize: 65536 };

interface Decoded {
  data: string;
  end: "last" | "need data" | number;
  /** What is left in the window after the end. */
  rest: string;
}

function decode(pieces: string[], limits = LIMITS): Decoded & { events: number[] } {
  const decoder = new ChunkedDecoder();
  let data = "";
  const events: number[] = [];
  try {
    for (const [index, piece] of pieces.entries()) {
      const offset = index % 3;
      const bytes = latin1("?".repeat(offset) + piece);
      for (let start = offset;;) {
        const event = decoder.decode(bytes, start, bytes.length, limits);
        if (event === CHUNKED_DATA) {
          data += String.fromCharCode(...bytes.subarray(decoder.dataStart, decoder.dataEnd));
          events.push(decoder.dataEnd - decoder.dataStart);
        }
        start += decoder.consumed;
        if (event === CHUNKED_LAST) {
          return { data, end: "last", rest: piece.slice(start - offset) + pieces.slice(index + 1).join(""), events };
        }
        if (event === CHUNKED_NEED_DATA) {
          assertEquals(start, bytes.length, "everything is consumed");
          break;
        }
      }
    }
  } catch (error) {
    if (!(error instanceof HTTPInputError)) throw error;
    return { data, end: error.status, rest: "", events };
  }
  return { data, end: "need data", rest: "", events };
}

function decodeEveryWay(text: string, limits = LIMITS): Decoded {
  const { events: _, ...whole } = decode([text], limits);
  const cuts = [[...text], ...Array.from(text, (_, cut) => [text.slice(0, cut), text.slice(cut)])];
  for (const cut of cuts) {
    const { events: _, ...result } = decode(cut, limits);
    assertEquals(result, whole, JSON.stringify(cut));
  }
  return whole;
}

const BODIES: [name: string, text: string, expected: Partial<Decoded>][] = [
  ["one chunk", "3\r\nabc\r\n0\r\n", { data: "abc", end: "last" }],
  ["several chunks", "1\r\na\r\n2\r\nbc\r\n03\r\ndef\r\n0\r\n", { data: "abcdef", end: "last" }],
  ["sizes in either case", "a\r\n0123456789\r\nB\r\n0123456789a\r\n0\r\n", {
    data: "01234567890123456789a",
    end: "last",
  }],
  ["no data at all", "0\r\n", { data: "", end: "last" }],
  ["a last chunk of many zeros", "1\r\na\r\n0000\r\n", { data: "a", end: "last" }],
  ["what follows the last chunk", "0\r\nA: b\r\n\r\n", { end: "last", rest: "A: b\r\n\r\n" }],
  ["line ends in the data", "4\r\n\r\n\r\n\r\n0\r\n", { data: "\r\n\r\n", end: "last" }],
  ["an extension", "1;a=b\r\na\r\n0;c\r\n", { data: "a", end: "last" }],
  ["an extension with blanks", '1 \t;\ta = "b;c"\r\na\r\n0\r\n', { data: "a", end: "last" }],
  ["an empty extension", "1;\r\na\r\n0\r\n", { data: "a", end: "last" }],
  ["quotes in an extension", '1;a="b\\"c\\\\";d=""\r\na\r\n0\r\n', { data: "a", end: "last" }],
  ["an extension of obs-text", "1;\x80\r\na\r\n0\r\n", { data: "a", end: "last" }],
  ["an incomplete size", "12", { end: "need data" }],
  ["incomplete data", "5\r\nabc", { data: "abc", end: "need data" }],
  ["data without its line end", "1\r\na", { data: "a", end: "need data" }],
  ["no size", "\r\n", { end: 400 }],
  ["an extension without a size", ";a\r\n", { end: 400 }],
  ["a size that is no number", "g\r\n", { end: 400 }],
  ["a size with a sign", "+1\r\na\r\n", { end: 400 }],
  ["a negative size", "-1\r\na\r\n", { end: 400 }],
  ["a size with 0x", "0x1\r\na\r\n", { end: 400 }],
  ["a size with an underscore", "1_a\r\n", { end: 400 }],
  ["a blank before the size", " 1\r\na\r\n", { end: 400 }],
  ["a blank after the size", "1 \r\na\r\n", { end: 400 }],
  ["a blank inside the size", "1 1\r\na\r\n", { end: 400 }],
  ["LF after the size", "1\na\r\n", { end: 400 }],
  ["CR without LF after the size", "1\ra\r\n", { end: 400 }],
  ["LF in an extension", "1;a\nb\r\n", { end: 400 }],
  ["CR without LF in an extension", "1;a\rb\r\n", { end: 400 }],
  ["a line end in a quoted string", '1;a="b\r\na\r\n0\r\n', { end: 400 }],
  ["a line end behind an escaped quote", '1;a="b\\"\r\na\r\n0\r\n', { end: 400 }],
  ["an escaped line end in a quoted string", '1;a="b\\\r\n"\r\n', { end: 400 }],
  ["NUL in an extension", "1;\0\r\n", { end: 400 }],
  ["LF after the data", "1\r\na\n0\r\n", { data: "a", end: 400 }],
  ["CR without LF after the data", "1\r\na\rb", { data: "a", end: 400 }],
  ["more data than the size", "1\r\nab\r\n", { data: "a", end: 400 }],
  ["less data than the size", "3\r\na\r\n0\r\n", { data: "a\r\n", end: 400 }],
  ["a bad chunk after good ones", "1\r\na\r\n1\r\nb\r\nx", { data: "ab", end: 400 }],
  ["the largest size", "1fffffffffffff\r\n", { end: 413 }],
  ["a size above 53 bits", "20000000000000\r\n", { end: 400 }],
  ["a size of 17 digits", "10000000000000000\r\n", { end: 400 }],
  ["a size of 100 zeros", `${"0".repeat(100)}1\r\n`, { end: 400 }],
];

for (const [name, text, expected] of BODIES) {
  Deno.test(`ChunkedDecoder decodes ${name}`, () => {
    assertEquals(decodeEveryWay(text), { data: "", rest: "", ...expected });
  });
}

Deno.test("ChunkedDecoder answers 413 to more data than the limit, after the data before", () => {
  const limits = { ...LIMITS, maxBodySize: 3 };
  assertEquals(decodeEveryWay("3\r\nabc\r\n0\r\n", limits).end, "last");
  assertEquals(decodeEveryWay("2\r\nab\r\n2\r\ncd\r\n0\r\n", limits), { data: "ab", end: 413, rest: "" });
  assertEquals(decodeEveryWay("4\r\nabcd\r\n", limits), { data: "", end: 413, rest: "" });
});

Deno.test("ChunkedDecoder reports tiny chunks of a window as one piece", () => {
  const text = `${"1\r\nx\r\n".repeat(1000)}0\r\n`;
  assertEquals(decode([text]).events, [1000]);
  assertEquals(decode([text.slice(0, 3002), text.slice(3002)]).events, [500, 500]);
});

Deno.test("ChunkedDecoder merges chunks of every small size without changing the data", () => {
  const expected = Array.from({ length: 200 }, (_, size) => String.fromCharCode(33 + size % 90).repeat(size + 1));
  const text = expected.map((data) => chunkHead(data.length) + data + CHUNK_END).join("") + "0\r\n";
  const decoded = decode([text]);
  assertEquals(decoded.data, expected.join(""));
  assertEquals(decoded.events, [20100]);
});

Deno.test("ChunkedDecoder does not move large pieces", () => {
  const large = "L".repeat(MOVE_LIMIT);
  const text = `1\r\na\r\n${chunkHead(MOVE_LIMIT)}${large}\r\n1\r\nb\r\n0\r\n`;
  const decoded = decode([text]);
  assertEquals(decoded.events, [1, MOVE_LIMIT + 1]);
  assertEquals(decoded.data, `a${large}b`);
});

Deno.test("ChunkedDecoder reports at most chunkSize bytes at once", () => {
  const text = `14\r\n${"x".repeat(20)}\r\n1e\r\n${"y".repeat(30)}\r\n0\r\n`;
  const decoded = decode([text], { ...LIMITS, chunkSize: 16 });
  assertEquals(decoded.events, [16, 16, 16, 2]);
  assertEquals(decoded.data, "x".repeat(20) + "y".repeat(30));
});

Deno.test("ChunkedDecoder overwrites nothing but what it consumes", () => {
  const text = "1\r\na\r\n1\r\nb\r\n5\r\ncde";
  const bytes = latin1(`??${text}!!`);
  const decoder = new ChunkedDecoder();
  assertEquals(decoder.decode(bytes, 2, bytes.length - 2, LIMITS), CHUNKED_DATA);
  assertEquals(decoder.consumed, text.length);
  const shown = String.fromCharCode(...bytes);
  assert(shown.startsWith("??") && shown.endsWith("!!"), shown);
});

Deno.test("ChunkedDecoder caps what extensions cost in one message", () => {
  const chunk = (size: number): string => `1;${"x".repeat(size)}\r\na\r\n`;
  assertEquals(decode([`${chunk(MAX_CHUNK_OVERHEAD)}0\r\n`]).end, "last");
  assertEquals(decode([`${chunk(MAX_CHUNK_OVERHEAD + 1)}0\r\n`]).end, 400);
  const many = chunk(100).repeat(200);
  assertEquals(decode([many]).end, 400);
  assertEquals(decode([...many]).data, decode([many]).data);
});

Deno.test("ChunkedDecoder caps blanks before extensions and leading zeros", () => {
  assertEquals(decode([`1${" ".repeat(MAX_CHUNK_OVERHEAD + 1)};\r\na\r\n0\r\n`]).end, 400);
  const padded = `${"0".repeat(40)}1\r\na\r\n`;
  assertEquals(decode([padded.repeat(10)]).end, "need data");
  assertEquals(decode([padded.repeat(500)]).end, 400);
});

Deno.test("ChunkedDecoder does not count sizes of ordinary chunks as overhead", () => {
  const bytes = latin1(`0010\r\n${"x".repeat(16)}\r\n`);
  const decoder = new ChunkedDecoder();
  for (let i = 0; i < MAX_CHUNK_OVERHEAD / 2; i++) {
    assertEquals(decoder.decode(bytes, 0, bytes.length, LIMITS), CHUNKED_DATA);
  }
});

Deno.test("ChunkedDecoder.reset forgets the body before", () => {
  const decoder = new ChunkedDecoder();
  const bad = latin1(`1;${"x".repeat(10_000)}\r\na\r\n`);
  for (let i = 0; i < 5; i++) {
    decoder.reset();
    const bytes = bad.slice();
    assertEquals(decoder.decode(bytes, 0, bytes.length, { ...LIMITS, maxBodySize: 1 }), CHUNKED_DATA);
    assertEquals(decoder.total, 1);
  }
});

Deno.test("ChunkedDecoder reads each byte a bounded number of times", () => {
  // One-byte chunks, so that the moves are loops and not native calls.
  const text = "1\r\nx\r\n".repeat(2000);
  let reads = 0;
  const bytes = new Proxy(latin1(text), {
    get(target, key) {
      reads++;
      return Reflect.get(target, key);
    },
  });
  const decoder = new ChunkedDecoder();
  decoder.decode(bytes, 0, text.length, LIMITS);
  assertEquals(decoder.dataEnd - decoder.dataStart, 2000);
  assert(reads <= text.length * 2, `${reads} reads of ${text.length} bytes`);
});

Deno.test("chunkHead writes the size in hexadecimal", () => {
  assertEquals([1, 15, 16, 255, 65536].map(chunkHead), ["1\r\n", "f\r\n", "10\r\n", "ff\r\n", "10000\r\n"]);
});

Deno.test("chunkHead refuses a size that would end the body or is none", () => {
  for (const size of [0, -1, 1.5, NaN, Infinity]) assertThrows(() => chunkHead(size), RangeError, "Cannot write chunk");
});

Deno.test("lastChunk writes trailers", () => {
  assertEquals(LAST_CHUNK, "0\r\n\r\n");
  assertEquals(lastChunk(new HTTPHeaders()), LAST_CHUNK);
  assertEquals(lastChunk(new HTTPHeaders({ A: ["b", "c"] })), "0\r\nA: b\r\nA: c\r\n\r\n");
});
