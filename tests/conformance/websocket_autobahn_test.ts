/**
 * The cases of the Autobahn test suite by their numbers: what it sends to an echo, and what it accepts as an answer in its
 * strict reading. The suite itself needs Python 2 (`deno task autobahn` runs it); these are its rules, with the protocol as the echo, whole and byte by byte.
 *
 * Sections 1 to 7 and 10 are one table, section 9 has what it sends without its times (see the bench for those), and of 12
 * and 13, compressed messages of all sizes and parameters, there is a table here and one with another implementation as the
 * peer (`websocket_deflate_test.ts`).
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import {
  acceptOffer,
  type FramingOptions,
  FramingProtocol,
  parseAnswer,
  parseExtensions,
  ProtocolEvents,
} from "@denado/denado/websocket";
import { Buffer } from "node:buffer";
import {
  concat,
  frame,
  type FrameParts,
  hex,
  readFrame,
  readFrames,
  RecordingSink,
  toBytes,
} from "../helpers/websocket_frames.ts";
import { failures } from "./websocket_autobahn.ts";

/** What comes back: opcode and payload of a message or a pong, or the code of a close frame. */
type Answer = [opcode: number, payload: string] | number;

type Case = [numbers: string, sent: (FrameParts | Uint8Array)[], expected: Answer[]];

const [CONT, TEXT, BINARY, CLOSE, PING, PONG] = [0, 1, 2, 8, 9, 10];
const text = (payload: string | Uint8Array, more: Partial<FrameParts> = {}): FrameParts => ({
  opcode: TEXT,
  payload,
  ...more,
});
const part = (payload: string | Uint8Array, fin = false): FrameParts => ({ opcode: CONT, payload, fin });
const close = (payload: string | Uint8Array = ""): FrameParts => ({ opcode: CLOSE, payload });
const code = (value: number, reason = ""): Uint8Array => concat([new Uint8Array([value >> 8, value]), toBytes(reason)]);
const NONE = 1005; // a close frame without a code
const latin1 = (bytes: Uint8Array) => bytes.reduce((result, byte) => result + String.fromCharCode(byte), "");

const KOSME = hex("ce ba e1 bd b9 cf 83 ce bc ce b5");

const CASES: Case[] = [
  ...[0, 125, 126, 127, 128, 65_535, 65_536].flatMap((size): Case[] => [
    ["1.1", [text("*".repeat(size)), close()], [[TEXT, "*".repeat(size)], NONE]],
    ["1.2", [{ opcode: BINARY, payload: "\xfe".repeat(size / 2) }, close()], [
      [BINARY, latin1(toBytes("\xfe".repeat(size / 2)))],
      NONE,
    ]],
  ]),
  ["2.1", [{ opcode: PING }, close()], [[PONG, ""], NONE]],
  ["2.2", [{ opcode: PING, payload: "Hello, world!" }, close()], [[PONG, "Hello, world!"], NONE]],
  ["2.3", [{ opcode: PING, payload: hex("00 ff fe fd fc fb 00 ff") }, close()], [
    [PONG, "\x00\xff\xfe\xfd\xfc\xfb\x00\xff"],
    NONE,
  ]],
  ["2.4", [{ opcode: PING, payload: "\x7e".repeat(125) }, close()], [[PONG, "\x7e".repeat(125)], NONE]],
  ["2.5", [{ opcode: PING, payload: "\x7e".repeat(126) }], [1002]],
  ["2.7", [{ opcode: PONG }, close()], [NONE]],
  ["2.8", [{ opcode: PONG, payload: "unsolicited" }, close()], [NONE]],
  ["2.9", [{ opcode: PONG, payload: "unsolicited" }, { opcode: PING, payload: "ping" }, close()], [
    [PONG, "ping"],
    NONE,
  ]],
  ["2.10", [...Array.from({ length: 10 }, (_, at) => ({ opcode: PING, payload: `${at}` })), close()], [
    ...Array.from({ length: 10 }, (_, at): Answer => [PONG, `${at}`]),
    NONE,
  ]],
  ["3.1", [text("x", { rsv: 1 })], [1002]],
  ["3.2", [text("small"), text("x", { rsv: 2 }), { opcode: PING }], [[TEXT, "small"], 1002]],
  ["3.4", [text("small"), text("x", { rsv: 4 }), { opcode: PING }], [[TEXT, "small"], 1002]],
  ["3.5", [{ opcode: BINARY, payload: "x", rsv: 5 }], [1002]],
  ["3.6", [{ opcode: PING, payload: "x", rsv: 6 }], [1002]],
  ["3.7", [{ opcode: CLOSE, rsv: 7 }], [1002]],
  ...[3, 4, 5, 6, 7].map((opcode): Case => ["4.1", [text("small"), { opcode, payload: "x" }], [[TEXT, "small"], 1002]]),
  ...[11, 12, 13, 14, 15].map((
    opcode,
  ): Case => ["4.2", [text("small"), { opcode }, { opcode: PING }], [[TEXT, "small"], 1002]]),
  ["5.1", [{ opcode: PING, fin: false, payload: "a" }, part("b", true)], [1002]],
  ["5.2", [{ opcode: PONG, fin: false, payload: "a" }, part("b", true)], [1002]],
  ["5.3", [text("frag", { fin: false }), part("ment", true), close()], [[TEXT, "fragment"], NONE]],
  ["5.6", [text("frag", { fin: false }), { opcode: PING, payload: "p" }, part("ment", true), close()], [
    [PONG, "p"],
    [TEXT, "fragment"],
    NONE,
  ]],
  ["5.9", [part("non-continuation", true), text("Hello")], [1002]],
  ["5.12", [part("non-continuation"), text("Hello")], [1002]],
  ["5.15", [text("a", { fin: false }), part("b", true), part("c"), text("d")], [[TEXT, "ab"], 1002]],
  ["5.18", [text("a", { fin: false }), text("b")], [1002]],
  ["5.19", [
    text("1", { fin: false }),
    part("2"),
    { opcode: PING, payload: "p1" },
    part("3"),
    part("4"),
    { opcode: PING, payload: "p2" },
    part("5", true),
    close(),
  ], [[PONG, "p1"], [PONG, "p2"], [TEXT, "12345"], NONE]],
  ["6.1.1", [text(""), close()], [[TEXT, ""], NONE]],
  ["6.1.2", [text("", { fin: false }), part(""), part("", true), close()], [[TEXT, ""], NONE]],
  ["6.1.3", [text("", { fin: false }), part("middle"), part("", true), close()], [[TEXT, "middle"], NONE]],
  ["6.2", [text("Hello-µ@ßöäüàá-UTF-8!!"), close()], [[TEXT, latin1(toBytes("Hello-µ@ßöäüàá-UTF-8!!"))], NONE]],
  ["6.2.3", [
    ...Array.from(
      KOSME,
      (byte, at) => at === 0 ? text(new Uint8Array([byte]), { fin: false }) : part(new Uint8Array([byte])),
    ),
    part("", true),
    close(),
  ], [
    [TEXT, latin1(KOSME)],
    NONE,
  ]],
  ["6.3", [text(concat([KOSME, hex("ed a0 80 65 64 69 74 65 64")]))], [1007]],
  ["6.4.1", [text(KOSME, { fin: false }), part(hex("f4 90 80 80")), part("edited", true)], [1007]],
  ["6.4.3", [frame(text(concat([KOSME, hex("f4 90")]))).subarray(0, 19)], [1007]], // before the frame is whole
  ["7.1.1", [text("Hello"), close()], [[TEXT, "Hello"], NONE]],
  ["7.1.2", [close(), close()], [NONE]],
  ["7.1.3", [close(), { opcode: PING }], [NONE]],
  ["7.1.4", [close(), text("too late")], [NONE]],
  ["7.1.5", [text("frag", { fin: false }), close(), part("ment", true)], [NONE]],
  ["7.1.6", [text("B".repeat(262_144)), text("Hello"), close(), { opcode: PING }], [
    [TEXT, "B".repeat(262_144)],
    [TEXT, "Hello"],
    NONE,
  ]],
  ["7.3.1", [close()], [NONE]],
  ["7.3.2", [close("a")], [1002]],
  ["7.3.3", [close(code(1000))], [1000]],
  ["7.3.4", [close(code(1000, "Hello, world!"))], [1000]],
  ["7.3.5", [close(code(1000, "*".repeat(123)))], [1000]],
  ["7.3.6", [close(code(1000, "*".repeat(124)))], [1002]],
  ["7.5.1", [close(concat([code(1000), KOSME, hex("ed a0 80 65")]))], [1007]],
  ...[1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999].map((value): Case => [
    "7.7",
    [close(code(value))],
    [value],
  ]),
  ...[0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999].map((value): Case => ["7.9", [close(code(value))], [1002]]),
  ...[5000, 65_535].map((value): Case => ["7.13", [close(code(value))], [1002]]),
  ["10.1", [
    text("*".repeat(1300), { fin: false }),
    ...Array.from({ length: 49 }, () => part("*".repeat(1300))),
    part("*".repeat(536), true),
    close(),
  ], [[TEXT, "*".repeat(65_536)], NONE]],
];

/** Runs an echo over input that arrives in pieces, and gives what it answered. */
function echoBytes(input: Uint8Array, pieceSize: number, options: FramingOptions = {}): Uint8Array {
  const sink = new RecordingSink();
  const protocol = new FramingProtocol("server", sink, options);
  const memory = input.slice();
  let start = 0;
  for (let end = 0; end < memory.length && !protocol.over;) {
    end = Math.min(memory.length, end + pieceSize);
    while (start < end && !protocol.over) {
      const event = protocol.receive(memory, start, end);
      start += protocol.consumed;
      if (event === ProtocolEvents.NEED_DATA) break;
      if (event === ProtocolEvents.TEXT) protocol.sendText(protocol.text);
      if (event === ProtocolEvents.BINARY) protocol.sendBinary(protocol.bytes);
    }
  }
  return sink.take();
}

/** The same, read as frames. */
function echo(input: Uint8Array, pieceSize: number): Answer[] {
  return readFrames(echoBytes(input, pieceSize)).map(({ opcode, payload }) => {
    if (opcode !== CLOSE) return [opcode, latin1(payload)];
    return payload.length === 0 ? NONE : payload[0]! * 256 + payload[1]!;
  });
}

for (const [at, [number, sent, expected]] of CASES.entries()) {
  Deno.test(`echo passes case ${number} of Autobahn (row ${at + 1})`, () => {
    const input = concat(sent.map((one) => one instanceof Uint8Array ? one : frame(one)));
    assertEquals(echo(input, input.length), expected);
    assertEquals(echo(input, input.length < 5000 ? 1 : 997), expected);
  });
}

/** Autobahn 9: how messages are sent, of how many bytes. */
const KB = 1024, MB = 1024 * KB;
const LARGE: [number: string, size: number, fragmentSize: number, pieceSize: number][] = [
  ...[64 * KB, 256 * KB, 1 * MB, 4 * MB, 8 * MB, 16 * MB].map((
    size,
  ): [string, number, number, number] => ["9.1 and 9.2", size, size, 64 * KB]),
  ...[64, 256, KB, 4 * KB, 16 * KB, 64 * KB, 256 * KB, MB, 4 * MB].map((
    size,
  ): [string, number, number, number] => ["9.3 and 9.4", 4 * MB, size, 64 * KB]),
  ...[64, 128, 256, 512, KB, 2 * KB].map((
    size,
  ): [string, number, number, number] => ["9.5 and 9.6", 1 * MB, 1 * MB, size]),
];

for (const [number, size, fragmentSize, pieceSize] of LARGE) {
  Deno.test(`echo passes the cases ${number} of Autobahn: ${size} in fragments of ${fragmentSize}, cut at ${pieceSize}`, () => {
    for (const opcode of [TEXT, BINARY]) {
      const payload = new Uint8Array(size).map((_, at) => opcode === TEXT ? 97 + at % 26 : at * 7);
      const frames: Uint8Array[] = [];
      for (let start = 0; start < size; start += fragmentSize) {
        const fin = start + fragmentSize >= size;
        const part = payload.subarray(start, start + fragmentSize);
        frames.push(frame({ opcode: start === 0 ? opcode : CONT, fin, payload: part }));
      }
      const answer = readFrame(echoBytes(concat(frames), pieceSize, { maxMessageSize: size }))!.frame;
      assertEquals([answer.opcode, answer.fin, answer.payload.length], [opcode, true, size]);
      assertEquals(Buffer.compare(answer.payload, payload), 0);
    }
  });
}

/** Autobahn 13: what a client offers, and whether the server shall agree. */
const OFFERS: [offer: string, accepted: boolean][] = [
  ["permessage-deflate", true],
  ["permessage-deflate; server_no_context_takeover", true],
  ["permessage-deflate; server_max_window_bits=9", true],
  ["permessage-deflate; server_max_window_bits=15", true],
  ["permessage-deflate; server_no_context_takeover; server_max_window_bits=9", true],
  ["permessage-deflate; server_no_context_takeover; server_max_window_bits=15", true],
  ["permessage-deflate; server_no_context_takeover; server_max_window_bits=9, permessage-deflate", true],
  ["permessage-deflate; client_max_window_bits; client_no_context_takeover", true],
  ["permessage-deflate; server_max_window_bits=7", false],
];

for (const [offer, accepted] of OFFERS) {
  Deno.test(`echo passes the cases 12 and 13 of Autobahn with the offer ${offer}`, () => {
    const agreed = acceptOffer(parseExtensions(offer)!, {});
    assertEquals(agreed !== undefined, accepted);
    if (agreed === undefined) return;
    parseAnswer(parseExtensions(agreed.answer)!, {});
    const sinks = [new RecordingSink(), new RecordingSink()] as const;
    const options = { deflate: agreed.parameters, compression: { threshold: 0 } };
    const client = new FramingProtocol("client", sinks[0], options);
    const server = new FramingProtocol("server", sinks[1], options);
    for (const size of [16, 64, 256, 1024, 4096, 8192, 16_384, 32_768, 65_536, 131_072]) {
      for (let count = 0; count < 4; count++) {
        const message = JSON.stringify({ size, count, filler: `${"abcdefgh".repeat(size / 8)}` });
        client.sendText(message);
        pass(sinks[0], server, size === 131_072 ? 1024 : Infinity); // 12.x.11 and later: in pieces
        server.sendText(server.text);
        pass(sinks[1], client, Infinity);
        assertEquals(client.text, message);
      }
    }
    client.dispose();
    server.dispose();
  });
}

function pass(sink: RecordingSink, to: FramingProtocol, pieceSize: number): void {
  const bytes = sink.take();
  let event;
  let start = 0;
  for (let end = 0; end < bytes.length;) {
    end = Math.min(bytes.length, end + pieceSize);
    event = to.receive(bytes, start, end);
    start += to.consumed;
  }
  assertEquals(event, ProtocolEvents.TEXT);
}

Deno.test("failures names what the suite did not let pass, in its order", () => {
  const ok = { behavior: "OK", behaviorClose: "OK" };
  assertEquals(
    failures({
      "10.1.1": { behavior: "OK", behaviorClose: "UNCLEAN" },
      "2.10": { behavior: "UNIMPLEMENTED", behaviorClose: "OK" },
      "2.9": { behavior: "FAILED", behaviorClose: "WRONG CODE" },
      "2.1": ok,
      "7.1.6": { behavior: "INFORMATIONAL", behaviorClose: "INFORMATIONAL" },
      "3.2": { behavior: "NON-STRICT", behaviorClose: "OK" },
    }),
    ["2.9: FAILED, close WRONG CODE", "2.10: UNIMPLEMENTED, close OK", "10.1.1: OK, close UNCLEAN"],
  );
});
