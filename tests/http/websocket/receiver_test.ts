import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { constants, deflateRawSync } from "node:zlib";
import {
  MessageInflater,
  ReceiveEvents,
  Receiver,
  type ReceiverOptions,
  WebSocketProtocolError,
  type WebSocketRole,
} from "@denado/denado/websocket";
import { Random } from "../../helpers/random.ts";
import { concat, cuts, frame, type FrameParts, hex, toBytes } from "../../helpers/websocket_frames.ts";

/** What a receiver made of some input: messages and control frames, and the code that it ended with. */
type Found = (string | number[] | { ping?: string; pong?: string; close?: string; error?: number })[];

interface Case {
  readonly name: string;
  readonly input: readonly (FrameParts | Uint8Array)[];
  readonly expected: Found;
  readonly role?: WebSocketRole;
  readonly options?: ReceiverOptions;
  /** Whether compression was agreed on. */
  readonly deflate?: boolean;
}

const TEXT = 1, BINARY = 2, CLOSE = 8, PING = 9, PONG = 10, CONT = 0;
const latin1 = (bytes: Uint8Array) => String.fromCharCode(...bytes);

function receive(test: Case, input: Uint8Array, ends: readonly number[]): Found {
  const inflater = test.deflate ? new MessageInflater({ windowBits: 15, noContextTakeover: false }) : undefined;
  const receiver = new Receiver(test.role ?? "server", { ...test.options, inflater });
  const found: Found = [];
  let window = new Uint8Array(0);
  let start = 0;
  try {
    for (const end of ends) {
      // another place in memory each time, and other bytes around
      window = concat([window, input.slice(start, end)]);
      start = end;
      for (;;) {
        const memory = concat([hex("ff 81"), window, hex("88 80")]);
        const event = receiver.receive(memory, 2, 2 + window.length);
        const { consumed } = receiver;
        if (event === ReceiveEvents.TEXT) found.push(receiver.text);
        else if (event === ReceiveEvents.BINARY) found.push([...receiver.bytes]);
        else if (event === ReceiveEvents.PING) found.push({ ping: latin1(receiver.bytes) });
        else if (event === ReceiveEvents.PONG) found.push({ pong: latin1(receiver.bytes) });
        else if (event === ReceiveEvents.CLOSE) found.push({ close: latin1(receiver.bytes) });
        window = window.slice(consumed);
        if (event === ReceiveEvents.NEED_DATA) break;
      }
    }
  } catch (error) {
    assert(error instanceof WebSocketProtocolError, String(error));
    found.push({ error: error.closeCode });
  }
  receiver.close();
  return found;
}

function checkEveryCut(test: Case): void {
  const input = concat(test.input.map((part) => part instanceof Uint8Array ? part : frame(part)));
  for (const ends of cuts(input.length, 120)) assertEquals(receive(test, input, ends), test.expected, `cut at ${ends}`);
}

const compressed = (text: string) =>
  new Uint8Array(deflateRawSync(toBytes(text), { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4));
const LONG = "añ€😀".repeat(60);

const CASES: Case[] = [
  // --- 5.2, 5.6: data frames of each length (Autobahn 1) ---
  ...[0, 1, 125, 126, 127, 128, 700].map((size): Case => ({
    name: `takes text and bytes of ${size} bytes`,
    input: [{ opcode: TEXT, payload: "*".repeat(size) }, { opcode: BINARY, payload: new Uint8Array(size).fill(0xfe) }],
    expected: ["*".repeat(size), Array(size).fill(0xfe)],
  })),
  {
    name: "takes the masked example of RFC 6455 5.7",
    input: [hex("81 85 37 fa 21 3d 7f 9f 4d 51 58")],
    expected: ["Hello"],
  },
  {
    name: "takes the unmasked examples of RFC 6455 5.7 as a client",
    role: "client",
    input: [hex("81 05 48 65 6c 6c 6f"), hex("01 03 48 65 6c"), hex("80 02 6c 6f"), hex("89 05 48 65 6c 6c 6f")],
    expected: ["Hello", "Hello", { ping: "Hello" }],
  },
  {
    name: "takes a masking key of zeros",
    input: [{ opcode: TEXT, payload: "zero", mask: [0, 0, 0, 0] }, { opcode: PING, mask: [0, 0, 0, 0] }],
    expected: ["zero", { ping: "" }],
  },
  // --- 5.4: fragmentation (Autobahn 5) ---
  {
    name: "joins fragments, empty ones among them",
    input: [
      { opcode: TEXT, fin: false },
      { opcode: CONT, fin: false, payload: "frag" },
      { opcode: CONT, fin: false },
      { opcode: CONT, payload: "ments" },
      { opcode: BINARY, fin: false, payload: hex("01 02") },
      { opcode: CONT, payload: hex("03") },
      { opcode: TEXT, fin: false },
      { opcode: CONT },
    ],
    expected: ["fragments", [1, 2, 3], ""],
  },
  {
    name: "takes control frames between fragments",
    input: [
      { opcode: TEXT, fin: false, payload: "a" },
      { opcode: PING, payload: "1" },
      { opcode: CONT, fin: false, payload: "b" },
      { opcode: PONG, payload: "2" },
      { opcode: CONT, payload: "c" },
    ],
    expected: [{ ping: "1" }, { pong: "2" }, "abc"],
  },
  { name: "refuses a continuation of nothing", input: [{ opcode: CONT, payload: "x" }], expected: [{ error: 1002 }] },
  {
    name: "refuses an unfinished continuation of nothing",
    input: [{ opcode: CONT, fin: false, payload: "x" }, { opcode: TEXT, payload: "y" }],
    expected: [{ error: 1002 }],
  },
  {
    name: "refuses a continuation behind a whole message",
    input: [{ opcode: TEXT, payload: "x" }, { opcode: CONT, payload: "y" }],
    expected: ["x", { error: 1002 }],
  },
  ...[TEXT, BINARY].map((opcode): Case => ({
    name: `refuses a new message with opcode ${opcode} within a fragmented one`,
    input: [{ opcode: TEXT, fin: false, payload: "x" }, { opcode, payload: "y" }],
    expected: [{ error: 1002 }],
  })),
  // --- 5.2: reserved bits and opcodes (Autobahn 3 and 4) ---
  ...[1, 2, 3, 4, 5, 6, 7].flatMap((rsv) =>
    [TEXT, BINARY, PING, CLOSE].map((opcode): Case => ({
      name: `refuses reserved bits ${rsv} with opcode ${opcode}`,
      input: [{ opcode: TEXT, payload: "before" }, { opcode, rsv, payload: "x" }],
      expected: ["before", { error: 1002 }],
    }))
  ),
  ...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map((opcode): Case => ({
    name: `refuses the reserved opcode ${opcode}`,
    input: [{ opcode: TEXT, payload: "before" }, { opcode, payload: "x" }],
    expected: ["before", { error: 1002 }],
  })),
  // --- 5.1: masking ---
  {
    name: "refuses an unmasked frame as a server",
    input: [{ opcode: TEXT, payload: "x", mask: null }],
    expected: [{ error: 1002 }],
  },
  { name: "refuses an unmasked ping as a server", input: [{ opcode: PING, mask: null }], expected: [{ error: 1002 }] },
  {
    name: "refuses a masked frame as a client",
    role: "client",
    input: [{ opcode: TEXT, payload: "x" }],
    expected: [{ error: 1002 }],
  },
  // --- 5.2: lengths ---
  {
    name: "refuses 125 in a length of two bytes",
    input: [{ opcode: TEXT, payload: "x".repeat(125), lengthBytes: 2 }],
    expected: [{ error: 1002 }],
  },
  {
    name: "refuses 126 in a length of eight bytes",
    input: [{ opcode: TEXT, payload: "x".repeat(126), lengthBytes: 8 }],
    expected: [{ error: 1002 }],
  },
  { name: "refuses 2^63", input: [{ opcode: BINARY, length: 1n << 63n }], expected: [{ error: 1002 }] },
  {
    name: "refuses a length of two bytes in a control frame",
    input: [{ opcode: PING, payload: "x", lengthBytes: 2 }],
    expected: [{ error: 1002 }],
  },
  // --- 5.5: control frames (Autobahn 2) ---
  {
    name: "takes control frames of 0 to 125 bytes",
    input: [
      { opcode: PING },
      { opcode: PING, payload: "p".repeat(125) },
      { opcode: PONG, payload: hex("00 ff fe fd") },
      { opcode: CLOSE, payload: concat([hex("03 e8"), toBytes("bye")]) },
    ],
    expected: [{ ping: "" }, { ping: "p".repeat(125) }, { pong: "\x00\xff\xfe\xfd" }, { close: "\x03\xe8bye" }],
  },
  ...[PING, PONG, CLOSE].flatMap((opcode): Case[] => [
    {
      name: `refuses a control frame with opcode ${opcode} of 126 bytes`,
      input: [{ opcode, payload: "x".repeat(126) }],
      expected: [{ error: 1002 }],
    },
    {
      name: `refuses a fragmented control frame with opcode ${opcode}`,
      input: [{ opcode, fin: false, payload: "x" }],
      expected: [{ error: 1002 }],
    },
  ]),
  // --- 8.1: UTF-8 (Autobahn 6) ---
  { name: "takes text of every width", input: [{ opcode: TEXT, payload: LONG }], expected: [LONG] },
  {
    name: "takes text that is cut within characters",
    input: [
      { opcode: TEXT, fin: false, payload: toBytes(LONG).subarray(0, 2) },
      { opcode: CONT, fin: false, payload: toBytes(LONG).subarray(2, 8) },
      { opcode: CONT, payload: toBytes(LONG).subarray(8) },
    ],
    expected: [LONG],
  },
  {
    name: "keeps a byte order mark and NUL",
    input: [{ opcode: TEXT, payload: "\ufeffa\0b" }],
    expected: ["\ufeffa\0b"],
  },
  {
    name: "refuses text that is not UTF-8",
    input: [{ opcode: TEXT, payload: hex("ce ba e1 bd b9 ed a0 80") }],
    expected: [{ error: 1007 }],
  },
  {
    name: "refuses text that ends within a character",
    input: [{ opcode: TEXT, payload: hex("61 e2 82") }],
    expected: [{ error: 1007 }],
  },
  {
    name: "refuses fragmented text that ends within a character",
    input: [{ opcode: TEXT, fin: false, payload: hex("61 e2") }, { opcode: CONT, payload: hex("82") }],
    expected: [{ error: 1007 }],
  },
  {
    name: "takes bytes that are not UTF-8",
    input: [{ opcode: BINARY, payload: hex("ed a0 80") }],
    expected: [[0xed, 0xa0, 0x80]],
  },
  // --- limits ---
  {
    name: "takes messages of exactly maxMessageSize",
    options: { maxMessageSize: 10 },
    input: [
      { opcode: TEXT, payload: "0123456789" },
      { opcode: TEXT, fin: false, payload: "01234" },
      { opcode: CONT, payload: "56789" },
      { opcode: PING, payload: "not counted" },
    ],
    expected: ["0123456789", "0123456789", { ping: "not counted" }],
  },
  {
    name: "refuses one byte more in a frame",
    options: { maxMessageSize: 10 },
    input: [{ opcode: BINARY, payload: "0123456789a" }],
    expected: [{ error: 1009 }],
  },
  {
    name: "refuses one byte more in fragments",
    options: { maxMessageSize: 10 },
    input: [{ opcode: TEXT, fin: false, payload: "0123456789" }, { opcode: CONT, payload: "a" }],
    expected: [{ error: 1009 }],
  },
  {
    name: "refuses any message with a limit of 0, but an empty one",
    options: { maxMessageSize: 0 },
    input: [{ opcode: TEXT }, { opcode: TEXT, payload: "a" }],
    expected: ["", { error: 1009 }],
  },
  {
    name: "refuses a frame that announces 2^62 bytes before they come",
    input: [{ opcode: BINARY, length: 1n << 62n }],
    expected: [{ error: 1009 }],
  },
  // --- RFC 7692 ---
  {
    name: "inflates messages, and takes others as they are",
    deflate: true,
    input: [
      { opcode: TEXT, rsv: 4, payload: compressed(LONG) },
      { opcode: TEXT, payload: "plain" },
      { opcode: BINARY, rsv: 4, payload: compressed("bytes") },
      { opcode: TEXT, rsv: 4, payload: hex("00") },
    ],
    expected: [LONG, "plain", [...toBytes("bytes")], ""],
  },
  {
    name: "inflates fragments, whose continuation has no RSV1",
    deflate: true,
    input: [
      { opcode: TEXT, rsv: 4, fin: false, payload: compressed("Hello").subarray(0, 3) },
      { opcode: PING, payload: "p" },
      { opcode: CONT, fin: false },
      { opcode: CONT, payload: compressed("Hello").subarray(3) },
    ],
    expected: [{ ping: "p" }, "Hello"],
  },
  {
    name: "refuses RSV1 in a continuation",
    deflate: true,
    input: [{ opcode: TEXT, rsv: 4, fin: false, payload: compressed("Hello") }, { opcode: CONT, rsv: 4 }],
    expected: [{ error: 1002 }],
  },
  ...[PING, PONG, CLOSE].map((opcode): Case => ({
    name: `refuses RSV1 in a control frame with opcode ${opcode}`,
    deflate: true,
    input: [{ opcode, rsv: 4 }],
    expected: [{ error: 1002 }],
  })),
  ...[1, 2, 3, 5, 6, 7].map((rsv): Case => ({
    name: `refuses reserved bits ${rsv} also where RSV1 is agreed on`,
    deflate: true,
    input: [{ opcode: TEXT, rsv, payload: compressed("Hello") }],
    expected: [{ error: 1002 }],
  })),
  {
    name: "refuses compressed text that is not UTF-8",
    deflate: true,
    input: [{
      opcode: TEXT,
      rsv: 4,
      payload: new Uint8Array(deflateRawSync(hex("61 ff"), { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4)),
    }],
    expected: [{ error: 1007 }],
  },
  {
    name: "refuses what deflate did not make",
    deflate: true,
    input: [{ opcode: TEXT, rsv: 4, payload: "nonsense" }],
    expected: [{ error: 1007 }],
  },
  {
    name: "refuses a message that is larger than the limit when it is inflated",
    deflate: true,
    options: { maxMessageSize: 100 },
    input: [{ opcode: TEXT, rsv: 4, payload: compressed("a".repeat(100)) }, {
      opcode: BINARY,
      rsv: 4,
      payload: compressed("b".repeat(101)),
    }],
    expected: ["a".repeat(100), { error: 1009 }],
  },
];

for (const test of CASES) {
  Deno.test(`Receiver ${test.name}`, () => checkEveryCut(test));
}

/** Errors are found before the rest has come: what is given is all that the peer ever sends. */
const EARLY: [name: string, input: Uint8Array, closeCode: number][] = [
  ["a reserved bit in two bytes", hex("c1 80"), 1002],
  ["an unmasked frame in two bytes", hex("81 05"), 1002],
  ["a control frame of 126 bytes in two bytes", hex("89 fe"), 1002],
  ["a continuation of nothing in two bytes", hex("80 fe"), 1002],
  ["a length above the limit without payload", hex("82 ff 00 00 00 00 10 00 00 00 01 02 03 04"), 1009],
  ["text that cannot be UTF-8 within a frame", concat([hex("81 fe 10 00 00 00 00 00"), hex("ce ba e1 bd ff")]), 1007],
  ["a surrogate at its second byte", concat([hex("81 fe 10 00 00 00 00 00"), hex("ed a0")]), 1007],
  ["bad UTF-8 in the first fragment", concat([hex("01 81 00 00 00 00"), hex("f5")]), 1007],
];

for (const [name, input, closeCode] of EARLY) {
  Deno.test(`Receiver refuses ${name}`, () => {
    const receiver = new Receiver("server");
    const error = assertThrows(() => receiver.receive(input, 0, input.length), WebSocketProtocolError);
    assertEquals(error.closeCode, closeCode);
    const again = assertThrows(() => receiver.receive(input, 0, input.length), WebSocketProtocolError);
    assertStrictEquals(again, error);
  });
}

Deno.test("Receiver hands over bytes in memory of their own", () => {
  const receiver = new Receiver("server");
  const input = frame({ opcode: BINARY, payload: "abc" });
  assertEquals(receiver.receive(input, 0, input.length), ReceiveEvents.BINARY);
  const { bytes } = receiver;
  input.fill(0);
  assertEquals(bytes, toBytes("abc"));
});

Deno.test("Receiver says whether a message is in progress", () => {
  const receiver = new Receiver("server");
  assertEquals(receiver.idle, true);
  const first = frame({ opcode: TEXT, fin: false, payload: "a" });
  receiver.receive(first, 0, first.length);
  assertEquals(receiver.idle, false);
  const last = frame({ opcode: CONT, payload: "b" });
  receiver.receive(last, 0, last.length);
  assertEquals([receiver.idle, receiver.text], [true, "ab"]);
});

Deno.test("Receiver collects a large message that comes in pieces", () => {
  const payload = new Uint8Array(1_000_003).map((_, at) => at * 7);
  const input = frame({ opcode: BINARY, payload });
  const receiver = new Receiver("server");
  let event;
  for (let start = 0; start < input.length; start += receiver.consumed) {
    event = receiver.receive(input, start, Math.min(start + 65_536, input.length));
  }
  assertEquals(event, ReceiveEvents.BINARY);
  assertEquals(receiver.bytes, payload);
});

for (const size of [16_383, 16_384, 16_387, 20_001, 65_535]) {
  Deno.test(`Receiver joins large text from pieces of ${size} bytes, and of few, in frames of any size`, () => {
    const payload = toBytes("añ€😀".repeat(20_000));
    const random = new Random(size);
    for (const frames of [1, 3, 7]) {
      const parts: Uint8Array[] = [];
      for (let at = 0; at < frames; at++) {
        const from = Math.floor(payload.length * at / frames);
        const to = Math.floor(payload.length * (at + 1) / frames);
        parts.push(frame({ opcode: at === 0 ? TEXT : CONT, fin: at === frames - 1, payload: payload.slice(from, to) }));
      }
      const input = concat([...parts, frame({ opcode: TEXT, payload: "next" })]);
      const receiver = new Receiver("server", { maxMessageSize: payload.length });
      const texts: string[] = [];
      let start = 0;
      for (let end = 0; end < input.length;) {
        end = Math.min(input.length, end + random.pick([size, size, 1, 5, 1000]));
        while (receiver.receive(input, start, end) === ReceiveEvents.TEXT) {
          texts.push(receiver.text);
          start += receiver.consumed;
        }
        start += receiver.consumed;
      }
      assertEquals(texts.length, 2);
      assertEquals([texts[0] === new TextDecoder().decode(payload), texts[1]], [true, "next"]);
    }
  });
}

Deno.test("Receiver refuses large text that goes on too long or wrong, in any piece", () => {
  const payload = toBytes("€".repeat(30_000));
  const wrong = concat([payload, hex("e2 82"), payload]);
  for (
    const [bytes, limit, closeCode] of [[payload, 89_999, 1009], [wrong, 1e6, 1007], [
      payload.slice(0, -1),
      1e6,
      1007,
    ]] as const
  ) {
    const receiver = new Receiver("server", { maxMessageSize: limit });
    const input = concat([
      frame({ opcode: TEXT, fin: false, payload: bytes.slice(0, 50_000) }),
      frame({ opcode: CONT, payload: bytes.slice(50_000) }),
    ]);
    const error = assertThrows(() => {
      for (let start = 0; start < input.length; start += receiver.consumed) {
        receiver.receive(input, start, Math.min(start + 20_000, input.length));
      }
    }, WebSocketProtocolError);
    assertEquals(error.closeCode, closeCode);
  }
});
