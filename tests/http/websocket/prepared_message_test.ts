import { assert, assertEquals } from "@std/assert";
import { inflateRawSync } from "node:zlib";
import { PreparedMessage } from "@denado/denado/websocket";
import { concat, hex, readFrames, toBytes } from "../../helpers/websocket_frames.ts";

const LONG = "the quick brown fox ".repeat(200);

for (
  const [name, message] of [
    ["text", "grüße"],
    ["nothing", ""],
    ["long text", LONG],
    ["bytes", new Uint8Array([1, 2, 3])],
    ["many bytes", new Uint8Array(70_000).fill(5)],
  ] as const
) {
  Deno.test(`PreparedMessage of ${name} is one unmasked frame`, () => {
    const prepared = new PreparedMessage(message);
    const opcode = typeof message === "string" ? 1 : 2;
    const payload = toBytes(message);
    assertEquals(readFrames(prepared.plainFrame()), [{ fin: true, rsv: 0, opcode, masked: false, payload }]);
    assertEquals([prepared.size, prepared.binary], [payload.length, opcode === 2]);
  });
}

Deno.test("PreparedMessage is compressed once for each window", () => {
  const prepared = new PreparedMessage(LONG);
  for (const windowBits of [9, 15]) {
    const bytes = prepared.compressedFrame(windowBits);
    assert(bytes === prepared.compressedFrame(windowBits));
    const [frame] = readFrames(bytes);
    assertEquals([frame!.fin, frame!.rsv, frame!.opcode], [true, 4, 1]);
    assert(frame!.payload.length < 200);
    const text = inflateRawSync(concat([frame!.payload, hex("00 00 ff ff 01 00 00 ff ff")])).toString();
    assertEquals(text, LONG);
  }
});

Deno.test("PreparedMessage copies bytes", () => {
  const bytes = new Uint8Array([1, 2, 3]);
  const prepared = new PreparedMessage(bytes);
  bytes.fill(0);
  assertEquals(prepared.plainFrame(), hex("82 03 01 02 03"));
});
