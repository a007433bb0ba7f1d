import { assertEquals, assertThrows } from "@std/assert";
import { packEnvelope, unpackEnvelope } from "../../../http/websocket/room_envelope.ts";
import { concat, hex } from "../../helpers/websocket_frames.ts";

const sender = hex("01 02 03 04 05 06 07 08");

for (const message of ["", "grün", new Uint8Array(0), hex("00 ff"), "x".repeat(100_000)]) {
  Deno.test(`packEnvelope and unpackEnvelope agree on ${Deno.inspect(message).slice(0, 30)}`, () => {
    const packed = packEnvelope(message, { sender, except: 0xfedcba98 });
    assertEquals(unpackEnvelope(concat([hex("99"), packed]).subarray(1)), { sender, except: 0xfedcba98, message });
  });
}

Deno.test("packEnvelope takes objects and options as writeMessage does", () => {
  assertEquals(unpackEnvelope(packEnvelope({ a: 1 }, { sender, except: 0 }))?.message, '{"a":1}');
  assertEquals(unpackEnvelope(packEnvelope("a", { sender, except: 0, binary: true }))?.message, hex("61"));
  assertEquals(unpackEnvelope(packEnvelope(hex("61"), { sender, except: 0, binary: false }))?.message, "a");
  assertThrows(() => packEnvelope([] as never, { sender, except: 0 }), TypeError);
});

for (
  const [name, packed] of [
    ["nothing", hex("")],
    ["half a head", hex("01 00 01 02 03")],
    ["another version", concat([hex("02 00"), new Uint8Array(12)])],
    ["another kind", concat([hex("01 02"), new Uint8Array(12)])],
    ["text that is not UTF-8", concat([hex("01 00"), new Uint8Array(12), hex("ff")])],
  ] as const
) {
  Deno.test(`unpackEnvelope refuses ${name}`, () => assertEquals(unpackEnvelope(packed), undefined));
}
