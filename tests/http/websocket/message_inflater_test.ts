import { assert, assertEquals, assertThrows } from "@std/assert";
import { constants, createDeflateRaw, deflateRawSync } from "node:zlib";
import { CompressionPool, MessageInflater, WebSocketProtocolError } from "@denado/denado/websocket";
import { Random } from "../../helpers/random.ts";
import { concat, hex, toBytes } from "../../helpers/websocket_frames.ts";

const TAKEOVER = { windowBits: 15, noContextTakeover: false };
const NO_TAKEOVER = { windowBits: 15, noContextTakeover: true };
const LIMIT = 1 << 22;

function inflate(inflater: MessageInflater, payload: Uint8Array, maxSize = LIMIT): Uint8Array {
  const bytes = concat([hex("aa"), payload, hex("bb")]);
  const size = inflater.inflate(bytes, 1, bytes.length - 1, maxSize);
  return inflater.output.slice(0, size);
}

/** Payloads that stand for themselves. */
const PAYLOADS: [name: string, payload: Uint8Array, text: string][] = [
  ["a fixed Huffman block (7.2.3.1)", hex("f2 48 cd c9 c9 07 00"), "Hello"],
  ["no compression (7.2.3.3)", hex("00 05 00 fa ff 48 65 6c 6c 6f 00"), "Hello"],
  ["a block that is the last one (7.2.3.4)", hex("f3 48 cd c9 c9 07 00 00"), "Hello"],
  ["two blocks (7.2.3.5)", hex("f2 48 05 00 00 00 ff ff ca c9 c9 07 00"), "Hello"],
  ["an empty message (7.2.3.6)", hex("00"), ""],
];

for (const [name, payload, text] of PAYLOADS) {
  Deno.test(`MessageInflater reads the example of RFC 7692 with ${name}, again and again`, () => {
    for (const parameters of [TAKEOVER, NO_TAKEOVER]) {
      const inflater = new MessageInflater(parameters);
      for (let time = 0; time < 3; time++) {
        assertEquals(new TextDecoder().decode(inflate(inflater, payload)), text);
      }
      inflater.release();
    }
  });
}

Deno.test("MessageInflater keeps the window from message to message (7.2.3.2)", () => {
  const inflater = new MessageInflater(TAKEOVER);
  assertEquals(inflate(inflater, hex("f2 48 cd c9 c9 07 00")), toBytes("Hello"));
  assertEquals(inflate(inflater, hex("f2 00 11 00 00")), toBytes("Hello"));
  inflater.release();
  assertEquals(inflate(inflater, hex("f2 00 11 00 00")), toBytes("Hello"), "and after it has let go of zlib");
  inflater.release();
});

Deno.test("MessageInflater has no past where that was agreed on", () => {
  const inflater = new MessageInflater(NO_TAKEOVER);
  inflate(inflater, hex("f2 48 cd c9 c9 07 00"));
  const error = assertThrows(() => inflate(inflater, hex("f2 00 11 00 00")), WebSocketProtocolError);
  assertEquals(error.closeCode, 1007);
});

/** Messages as a peer with one compressor sends them. */
async function peerPayloads(messages: readonly Uint8Array[], windowBits: number): Promise<Uint8Array[]> {
  const deflate = createDeflateRaw({ windowBits });
  const payloads: Uint8Array[] = [];
  let chunks: Uint8Array[] = [];
  deflate.on("data", (chunk: Uint8Array) => chunks.push(chunk.slice()));
  for (const message of messages) {
    deflate.write(message);
    await new Promise<void>((resolve) => deflate.flush(constants.Z_SYNC_FLUSH, resolve));
    const payload = concat(chunks);
    assertEquals(payload.slice(-4), hex("00 00 ff ff"));
    payloads.push(payload.slice(0, -4));
    chunks = [];
  }
  deflate.close();
  return payloads;
}

for (const windowBits of [9, 12, 15]) {
  Deno.test(`MessageInflater follows a peer with a window of 2^${windowBits}, whoever takes its stream`, async () => {
    const random = new Random(windowBits);
    const words = Array.from({ length: 40 }, () => random.text("abcdefghij", 12));
    const messages = Array.from({ length: 120 }, () => toBytes(random.text(words, random.pick([1, 20, 900]))))
      .filter((message) => message.length > 0);
    const payloads = await peerPayloads(messages, windowBits);
    const pool = new CompressionPool({ maxStreams: 2 });
    const inflaters = Array.from({ length: 5 }, () => {
      return new MessageInflater({ windowBits, noContextTakeover: false }, { pool });
    });
    for (const [at, payload] of payloads.entries()) {
      for (const inflater of inflaters) assertEquals(inflate(inflater, payload), messages[at]!);
      if (random.below(4) === 0) random.pick(inflaters).release();
    }
    assertEquals(pool.size, 2);
  });
}

Deno.test("MessageInflater makes messages that are larger than its shared memory", () => {
  const inflater = new MessageInflater(NO_TAKEOVER);
  const random = new Random(3);
  for (const size of [65_535, 65_536, 65_537, 262_144, 1_000_000]) {
    const message = Uint8Array.from({ length: size }, () => random.below(4));
    const payload = deflateRawSync(message, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);
    assertEquals(inflate(inflater, new Uint8Array(payload)), message);
    assertEquals(inflater.outputShared, size <= 65_535);
  }
});

Deno.test("MessageInflater stops at the limit, however much more there is", () => {
  const bomb = new Uint8Array(deflateRawSync(new Uint8Array(64 << 20), { finishFlush: constants.Z_SYNC_FLUSH }));
  for (const limit of [0, 1, 100, 65_535, 65_536, 100_000, 1_000_000]) {
    const inflater = new MessageInflater(TAKEOVER);
    const error = assertThrows(
      () => inflate(inflater, bomb, limit),
      WebSocketProtocolError,
      "too big after decompression",
    );
    assertEquals(error.closeCode, 1009);
    assert(inflater.output.length <= Math.max(65_536, limit + 1), `${inflater.output.length}`);
  }
  const exact = new Uint8Array(
    deflateRawSync(new Uint8Array(1000), { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4),
  );
  assertEquals(inflate(new MessageInflater(TAKEOVER), exact, 1000).length, 1000);
  assertThrows(() => inflate(new MessageInflater(TAKEOVER), exact, 999), WebSocketProtocolError);
});

for (
  const [name, payload] of [
    ["an invalid block type", hex("06")],
    ["a wrong complement of a length", hex("00 05 00 00 00 48 65 6c 6c 6f 00")],
    ["a distance before the beginning", hex("f2 00 11 00 00")],
    ["text", toBytes("This is not deflate.")],
  ] as const
) {
  Deno.test(`MessageInflater refuses ${name}, and gives its stream back`, () => {
    const pool = new CompressionPool();
    const inflater = new MessageInflater(TAKEOVER, { pool });
    const error = assertThrows(() => inflate(inflater, payload), WebSocketProtocolError, "invalid compressed data");
    assertEquals([error.closeCode, pool.size], [1007, 0]);
  });
}

Deno.test("MessageInflater goes on after the end of a stream, with its past", () => {
  const inflater = new MessageInflater(TAKEOVER);
  const first = new Uint8Array(deflateRawSync(toBytes("one message")));
  assertEquals(inflate(inflater, concat([first, hex("00")])), toBytes("one message"));
  // refers to the first message, which is given to the new stream
  assertEquals(
    inflate(inflater, concat([first, new Uint8Array(deflateRawSync(toBytes("!"))), hex("00")])),
    toBytes("one message!"),
  );
  assertEquals(inflate(inflater, hex("f2 48 cd c9 c9 07 00")), toBytes("Hello"));
});

Deno.test("MessageInflater does not begin anew more than a few times in a message", () => {
  const ended = hex("03 00"); // an empty block that is the last one
  const inflater = new MessageInflater(TAKEOVER);
  assertEquals(inflate(inflater, concat([...Array(8).fill(ended), hex("00")])).length, 0);
  const error = assertThrows(
    () => inflate(inflater, concat([...Array(10).fill(ended), hex("00")])),
    WebSocketProtocolError,
  );
  assertEquals(error.closeCode, 1007);
});
