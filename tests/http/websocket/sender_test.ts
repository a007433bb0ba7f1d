import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  MessageDeflater,
  MessageInflater,
  PreparedMessage,
  Sender,
  WebSocketClosedError,
  type WebSocketRole,
} from "@denado/denado/websocket";
import { RecordingSink, toBytes } from "../../helpers/websocket_frames.ts";

const MESSAGES: [name: string, message: string | Uint8Array][] = [
  ["no text", ""],
  ["short text", "grüße"],
  ["text of 2048 characters of three bytes", "€".repeat(2048)],
  ["text of 2049 characters", "a".repeat(2049)],
  ["long text", "añ€😀".repeat(20_000)],
  ["half a character", "a\ud83db"],
  ["long text with half a character", "\ude00".repeat(3000)],
  ["no bytes", new Uint8Array(0)],
  ...[1, 125, 126, 2048, 2049, 16_383, 16_384, 65_535, 65_536, 100_000].map((size): [string, Uint8Array] => [
    `${size} bytes`,
    new Uint8Array(size).map((_, at) => at * 7),
  ]),
];

for (const role of ["server", "client"] as const) {
  for (const [name, message] of MESSAGES) {
    Deno.test(`Sender of a ${role} sends ${name} as one frame, and leaves the message as it is`, () => {
      const sink = new RecordingSink();
      const sender = new Sender(role, sink);
      const before = typeof message === "string" ? message : message.slice();
      if (typeof message === "string") sender.sendText(message);
      else sender.sendBinary(message);
      const opcode = typeof message === "string" ? 1 : 2;
      const [frame, ...more] = sink.takeFrames();
      assertEquals(more, []);
      assertEquals({ ...frame, payload: frame!.payload.length }, {
        fin: true,
        rsv: 0,
        opcode,
        masked: role === "client",
        payload: toBytes(message).length,
      });
      assertEquals(frame!.payload, toBytes(message));
      assertEquals(message, before);
    });
  }
}

Deno.test("Sender of a client takes another masking key for each frame", () => {
  const sink = new RecordingSink();
  const sender = new Sender("client", sink);
  const frames = new Set<string>();
  for (let count = 0; count < 50; count++) {
    sender.sendText("the same");
    frames.add(sink.take().join());
  }
  assertEquals(frames.size, 50);
});

Deno.test("Sender sends fragments, and control frames between them", () => {
  const sink = new RecordingSink();
  const sender = new Sender("server", sink);
  sender.sendFragment("a", { final: false, binary: false });
  assertEquals(sender.fragmented, true);
  sender.sendPing(toBytes("p"));
  sender.sendFragment("", { final: false, binary: false });
  sender.sendPong(toBytes("q"));
  assertThrows(() => sender.sendText("x"), WebSocketClosedError, "another one is being sent in fragments");
  assertThrows(() => sender.sendBinary(toBytes("x")), WebSocketClosedError);
  sender.sendFragment(toBytes("b"), { final: true, binary: false });
  assertEquals(sender.fragmented, false);
  sender.sendFragment(toBytes("c"), { final: true, binary: true });
  const frames = sink.takeFrames().map(({ fin, opcode, payload }) => [fin, opcode, String.fromCharCode(...payload)]);
  assertEquals(frames, [[false, 1, "a"], [true, 9, "p"], [false, 0, ""], [true, 10, "q"], [true, 0, "b"], [
    true,
    2,
    "c",
  ]]);
});

for (const method of ["sendPing", "sendPong"] as const) {
  Deno.test(`Sender.${method} takes 125 bytes and no more`, () => {
    const sink = new RecordingSink();
    const sender = new Sender("server", sink);
    sender[method](new Uint8Array(125));
    assertThrows(() => sender[method](new Uint8Array(126)), RangeError, "more than 125 bytes: 126");
    assertEquals(sink.takeFrames().map(({ payload }) => payload.length), [125]);
  });
}

function compressing(role: WebSocketRole, threshold: number) {
  const parameters = { windowBits: 15, noContextTakeover: false };
  const sink = new RecordingSink();
  const sender = new Sender(role, sink, { deflater: new MessageDeflater(parameters, { threshold }) });
  return { sink, sender, inflater: new MessageInflater(parameters) };
}

for (const role of ["server", "client"] as const) {
  Deno.test(`Sender of a ${role} compresses messages from the threshold on`, () => {
    const { sink, sender, inflater } = compressing(role, 10);
    const messages = [
      "",
      "123456789",
      "1234567890",
      "€€€",
      "€€€€",
      toBytes("123456789"),
      toBytes("1234567890"),
      "añ€".repeat(40_000),
    ];
    for (const message of messages) {
      if (typeof message === "string") sender.sendText(message);
      else sender.sendBinary(message);
    }
    const frames = sink.takeFrames();
    assertEquals(frames.map(({ rsv }) => rsv), [0, 0, 4, 0, 4, 0, 4, 4]);
    for (const [at, { rsv, payload }] of frames.entries()) {
      const size = rsv === 0 ? 0 : inflater.inflate(payload, 0, payload.length, 1e6);
      assertEquals(rsv === 0 ? payload : inflater.output.slice(0, size), toBytes(messages[at]!));
    }
    sender.close();
  });
}

Deno.test("Sender compresses no empty message and no fragments", () => {
  const { sink, sender } = compressing("server", 0);
  sender.sendText("");
  sender.sendBinary(new Uint8Array(0));
  sender.sendFragment("a".repeat(50), { final: false, binary: false });
  sender.sendFragment("", { final: true, binary: false });
  assertEquals(sink.takeFrames().map(({ rsv }) => rsv), [0, 0, 0, 0]);
  sender.close();
});

Deno.test("Sender sends a prepared message between its own, which a peer can follow", () => {
  const { sink, sender, inflater } = compressing("server", 10);
  const prepared = new PreparedMessage("a message for everybody ".repeat(3));
  const short = new PreparedMessage("short");
  const texts = [
    "a message for one ".repeat(3),
    prepared,
    "a message for one ".repeat(3),
    prepared,
    short,
    "again for one ".repeat(3),
  ];
  for (const text of texts) {
    if (typeof text === "string") sender.sendText(text);
    else sender.sendPrepared(text);
  }
  const received = sink.takeFrames().map(({ rsv, payload }) => {
    if (rsv === 0) return new TextDecoder().decode(payload);
    return new TextDecoder().decode(inflater.output.subarray(0, inflater.inflate(payload, 0, payload.length, 1e6)));
  });
  assertEquals(
    received,
    texts.map((text) =>
      typeof text === "string" ? text : text === short ? "short" : "a message for everybody ".repeat(3)
    ),
  );
  assert(prepared.compressedFrame(15).length < 40);
  sender.close();
});

Deno.test("Sender without compression sends a prepared message as it is", () => {
  const sink = new RecordingSink();
  new Sender("server", sink).sendPrepared(new PreparedMessage("x".repeat(5000)));
  assertEquals(sink.takeFrames().map(({ rsv, payload }) => [rsv, payload.length]), [[0, 5000]]);
});
