import { assertEquals, assertThrows } from "@std/assert";
import { encodeMessage, type WebSocketMessage, type WriteMessageOptions } from "@denado/denado/websocket";
import { toBytes } from "../../helpers/websocket_frames.ts";

const bytes = (text: string) => ({ bytes: toBytes(text), isText: false });

const MESSAGES: [
  name: string,
  message: WebSocketMessage,
  options: WriteMessageOptions | undefined,
  expected: unknown,
][] = [
  ["text", "grün", undefined, "grün"],
  ["text as bytes", "grün", { binary: true }, bytes("grün")],
  ["bytes", toBytes("abc"), undefined, bytes("abc")],
  ["bytes as text", toBytes("grün"), { binary: false }, { bytes: toBytes("grün"), isText: true }],
  ["an ArrayBuffer", toBytes("abc").slice().buffer, undefined, bytes("abc")],
  [
    "a view on a part of a buffer",
    new DataView(toBytes("abcde").slice().buffer, 1, 3) as never,
    undefined,
    bytes("bcd"),
  ],
  ["an object", { a: [1, "ü"] }, undefined, '{"a":[1,"ü"]}'],
  ["an object as bytes", { a: 1 }, { binary: true }, bytes('{"a":1}')],
  ["an object without a prototype", Object.assign(Object.create(null), { a: 1 }), undefined, '{"a":1}'],
];

for (const [name, message, options, expected] of MESSAGES) {
  Deno.test(`encodeMessage takes ${name}`, () => assertEquals(encodeMessage(message, options) as unknown, expected));
}

for (const message of [[1], null, undefined, 7, new Map(), Promise.resolve("x"), () => {}] as unknown[]) {
  Deno.test(`encodeMessage refuses ${Deno.inspect(message)}`, () => {
    assertThrows(
      () => encodeMessage(message as WebSocketMessage),
      TypeError,
      "a message is text, bytes or a plain object",
    );
  });
}

Deno.test("encodeMessage refuses bytes as text that are not UTF-8", () => {
  assertThrows(() => encodeMessage(new Uint8Array([0xff]), { binary: false }), TypeError, "not UTF-8");
});
