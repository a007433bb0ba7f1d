import { assertEquals, assertThrows } from "@std/assert";
import {
  CloseCodes,
  encodeClose,
  FramingProtocol,
  PreparedMessage,
  ProtocolEvents,
  WebSocketClosedError,
  type WebSocketRole,
} from "@denado/denado/websocket";
import { concat, frame, hex, RecordingSink, toBytes } from "../../helpers/websocket_frames.ts";

/** One side, with what it has sent as pairs of opcode and payload. */
class Side {
  readonly sink = new RecordingSink();
  readonly protocol: FramingProtocol;

  constructor(role: WebSocketRole = "server") {
    this.protocol = new FramingProtocol(role, this.sink);
  }

  sent(): [opcode: number, payload: string][] {
    return this.sink.takeFrames().map(({ opcode, payload }) => [opcode, String.fromCharCode(...payload)]);
  }

  receive(bytes: Uint8Array): number[] {
    const events: number[] = [];
    for (let start = 0; start < bytes.length && !this.protocol.over; start += this.protocol.consumed) {
      const event = this.protocol.receive(bytes, start, bytes.length);
      events.push(event);
      if (event === ProtocolEvents.NEED_DATA) break;
    }
    return events;
  }
}

const { TEXT, BINARY, PING, PONG, CLOSE, FAILED, NEED_DATA } = ProtocolEvents;

Deno.test("FramingProtocol answers each ping with its payload, in order", () => {
  const side = new Side();
  const pings = Array.from({ length: 10 }, (_, at) => frame({ opcode: 9, payload: `ping ${at}` }));
  assertEquals(side.receive(concat(pings)), Array(10).fill(PING));
  assertEquals(side.sent(), Array.from({ length: 10 }, (_, at) => [10, `ping ${at}`]));
});

Deno.test("FramingProtocol ignores a pong that nobody asked for", () => {
  const side = new Side();
  assertEquals(side.receive(frame({ opcode: 10, payload: "x" })), [PONG]);
  assertEquals(side.sent(), []);
});

for (
  const [name, payload, code, reason] of [
    ["nothing", "", undefined, ""],
    ["a code", encodeClose(4321), 4321, ""],
    ["a code and a reason", encodeClose(1000, "grün"), 1000, "grün"],
    ["the longest reason", encodeClose(1001, "r".repeat(123)), 1001, "r".repeat(123)],
  ] as const
) {
  Deno.test(`FramingProtocol echoes the code of a close frame with ${name}`, () => {
    const side = new Side();
    assertEquals(side.receive(frame({ opcode: 8, payload })), [CLOSE]);
    assertEquals(side.sent(), [[8, code === undefined ? "" : String.fromCharCode(code >> 8, code & 255)]]);
    assertEquals(side.protocol.closeReceived, { code, reason });
    assertEquals([side.protocol.open, side.protocol.over, side.protocol.failure], [false, true, undefined]);
  });
}

for (
  const [name, payload, code] of [
    ["one byte", hex("00"), 1002],
    ["code 1005", hex("03 ed"), 1002],
    ["code 1006", hex("03 ee"), 1002],
    ["code 5000", hex("13 88"), 1002],
    ["a reason that is not UTF-8", hex("03 e8 ff"), 1007],
  ] as const
) {
  Deno.test(`FramingProtocol answers ${code} to a close frame with ${name}`, () => {
    const side = new Side();
    assertEquals(side.receive(frame({ opcode: 8, payload })), [FAILED]);
    assertEquals(side.sent().map(([opcode, sent]) => [opcode, sent.charCodeAt(0) * 256 + sent.charCodeAt(1)]), [[
      8,
      code,
    ]]);
    assertEquals([side.protocol.over, side.protocol.failure?.closeCode], [true, code]);
  });
}

for (
  const [name, bytes, code, reason] of [
    ["an unmasked frame", hex("81 00"), CloseCodes.PROTOCOL_ERROR, "frame is not masked"],
    ["a message that is too big", hex("82 ff 00 00 00 01 00 00 00 00 00 00 00 00"), 1009, "message too big"],
    ["text that is not UTF-8", frame({ opcode: 1, payload: hex("ff") }), 1007, "invalid UTF-8 in text message"],
  ] as const
) {
  Deno.test(`FramingProtocol tells a peer that sends ${name} what it did`, () => {
    const side = new Side();
    assertEquals(side.receive(concat([frame({ opcode: 1, payload: "ok" }), bytes])), [TEXT, FAILED]);
    assertEquals(side.sent(), [[8, String.fromCharCode(code >> 8, code & 255) + reason]]);
    assertEquals(side.protocol.failure?.closeCode, code);
  });
}

Deno.test("FramingProtocol waits for the peer's close frame after its own, and sends nothing more", () => {
  const side = new Side();
  side.protocol.close(1000, "bye");
  side.protocol.close(1001, "not twice");
  assertEquals(side.sent(), [[8, "\x03\xe8bye"]]);
  assertEquals([side.protocol.open, side.protocol.over], [false, false]);
  for (
    const send of [
      () => side.protocol.sendText("x"),
      () => side.protocol.sendBinary(toBytes("x")),
      () => side.protocol.sendPrepared(new PreparedMessage("x")),
      () => side.protocol.sendFragment("x", { final: true, binary: false }),
      () => side.protocol.sendPing(toBytes("x")),
      () => side.protocol.sendPong(toBytes("x")),
    ]
  ) assertThrows(send, WebSocketClosedError);
  const rest = concat([
    frame({ opcode: 9, payload: "late" }),
    frame({ opcode: 2 }),
    frame({ opcode: 8, payload: encodeClose(1000) }),
  ]);
  assertEquals(side.receive(rest), [PING, BINARY, CLOSE]);
  assertEquals(side.sent(), []);
  assertEquals([side.protocol.over, side.protocol.closeReceived?.code], [true, 1000]);
});

Deno.test("FramingProtocol closes within a fragmented message", () => {
  const side = new Side();
  side.protocol.sendFragment("a", { final: false, binary: false });
  assertEquals(side.protocol.fragmented, true);
  side.protocol.close(1001);
  assertEquals(side.sent(), [[1, "a"], [8, "\x03\xe9"]]);
});

Deno.test("FramingProtocol refuses codes and reasons that may not be sent, and stays open", () => {
  const side = new Side();
  assertThrows(() => side.protocol.close(1005), RangeError, "Cannot close with code 1005");
  assertThrows(() => side.protocol.close(1000, "x".repeat(124)), RangeError, "123 bytes");
  assertEquals([side.protocol.open, side.sent()], [true, []]);
});

Deno.test("FramingProtocol of a client and of a server understand each other, compressed", () => {
  const deflate = {
    serverNoContextTakeover: false,
    clientNoContextTakeover: true,
    serverMaxWindowBits: 10,
    clientMaxWindowBits: 12,
  };
  const sinks = { server: new RecordingSink(), client: new RecordingSink() };
  const options = { deflate, compression: { threshold: 0 } };
  const server = new FramingProtocol("server", sinks.server, options);
  const client = new FramingProtocol("client", sinks.client, options);
  const pass = (from: RecordingSink, to: FramingProtocol) => {
    const bytes = from.take();
    assertEquals(to.receive(bytes, 0, bytes.length), TEXT);
    return { text: to.text, size: bytes.length };
  };
  for (let round = 0; round < 5; round++) {
    const message = `round ${round}, as much as there was before, and before`;
    client.sendText(message);
    assertEquals(pass(sinks.client, server).text, message);
    server.sendText(message);
    const { text, size } = pass(sinks.server, client);
    assertEquals([text, round === 0 || size < 20], [message, true]);
  }
  server.dispose();
  client.dispose();
  assertThrows(() => server.sendText("x"), WebSocketClosedError);
});

Deno.test("FramingProtocol needs more for half a frame", () => {
  const side = new Side();
  assertEquals(side.receive(frame({ opcode: 1, payload: "abc" }).subarray(0, 8)), [NEED_DATA]);
});
