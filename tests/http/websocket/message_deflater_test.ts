import { assert, assertEquals } from "@std/assert";
import { inflateRawSync } from "node:zlib";
import { CompressionPool, MessageDeflater } from "@denado/denado/websocket";
import { Random } from "../../helpers/random.ts";
import { concat, hex, toBytes } from "../../helpers/websocket_frames.ts";

const END = hex("00 00 ff ff 01 00 00 ff ff");

function compress(deflater: MessageDeflater, message: Uint8Array | string): Uint8Array<ArrayBuffer> {
  const bytes = concat([new Uint8Array(3), toBytes(message)]);
  const end = deflater.compress(bytes, 3, bytes.length);
  return deflater.output.slice(deflater.outputStart, end);
}

Deno.test("MessageDeflater makes the examples of RFC 7692 7.2.3", () => {
  const deflater = new MessageDeflater({ windowBits: 15, noContextTakeover: false });
  assertEquals(compress(deflater, "Hello"), hex("f2 48 cd c9 c9 07 00"));
  assertEquals(compress(deflater, "Hello"), hex("f2 00 11 00 00"));
  deflater.forget();
  const forgetful = new MessageDeflater({ windowBits: 15, noContextTakeover: true });
  for (let time = 0; time < 3; time++) assertEquals(compress(forgetful, "Hello"), hex("f2 48 cd c9 c9 07 00"));
});

Deno.test("MessageDeflater compresses messages of any size", () => {
  const random = new Random(1951);
  const deflater = new MessageDeflater({ windowBits: 15, noContextTakeover: true });
  for (const size of [1, 100, 65_000, 65_536, 70_000, 300_000, 1_200_000]) {
    const bytes = Uint8Array.from({ length: size }, () => random.below(256));
    assertEquals(new Uint8Array(inflateRawSync(concat([compress(deflater, bytes), END]))), bytes);
  }
});

Deno.test("MessageDeflater begins anew when its stream is taken away, and a peer does not notice", () => {
  const pool = new CompressionPool({ maxStreams: 1 });
  const deflaters = Array.from({ length: 3 }, () => {
    return new MessageDeflater({ windowBits: 12, noContextTakeover: false }, { pool });
  });
  const sent = deflaters.map((): Uint8Array[] => []);
  const messages: string[] = [];
  for (let round = 0; round < 5; round++) {
    const message = `the message of round ${round}`;
    messages.push(message);
    for (const [at, deflater] of deflaters.entries()) sent[at]!.push(compress(deflater, message), hex("00 00 ff ff"));
  }
  for (const pieces of sent) {
    const text = new TextDecoder().decode(inflateRawSync(concat([...pieces, END.subarray(4)])));
    assertEquals(text, messages.join(""));
  }
  assertEquals(pool.size, 1);
});

Deno.test("MessageDeflater refers back no further than its window", () => {
  const random = new Random(9);
  const noise = Uint8Array.from({ length: 600 }, () => random.below(256));
  const near = new MessageDeflater({ windowBits: 9, noContextTakeover: false });
  const far = new MessageDeflater({ windowBits: 10, noContextTakeover: false });
  const again = [near, far].map((deflater) => {
    compress(deflater, noise);
    return compress(deflater, noise).length;
  });
  assert(again[0]! > 500 && again[1]! < 50, String(again));
});

Deno.test("MessageDeflater knows its threshold", () => {
  const parameters = { windowBits: 15, noContextTakeover: false };
  assertEquals(new MessageDeflater(parameters).threshold, 1024);
  assertEquals(new MessageDeflater(parameters, { threshold: 0 }).threshold, 0);
});
