import { assertEquals, assertThrows } from "@std/assert";
import { encodeClose, fitReason, isCloseCode, parseClose, WebSocketProtocolError } from "@denado/denado/websocket";
import { hex, toBytes } from "../../helpers/websocket_frames.ts";

/** Autobahn 7.7 and 7.9, and what IANA has added since. */
const VALID = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999];
const INVALID = [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535, -1, 1000.5, NaN];

for (const code of VALID) {
  Deno.test(`isCloseCode accepts ${code}, and it survives the way there and back`, () => {
    assertEquals(isCloseCode(code), true);
    assertEquals(parseClose(encodeClose(code, "grün")), { code, reason: "grün" });
  });
}

for (const code of INVALID) {
  Deno.test(`isCloseCode refuses ${code}, sent and received`, () => {
    assertEquals(isCloseCode(code), false);
    assertThrows(() => encodeClose(code), RangeError, "Cannot close with code");
    if (code < 0 || !Number.isInteger(code)) return;
    const error = assertThrows(() => parseClose(new Uint8Array([code >> 8, code])), WebSocketProtocolError);
    assertEquals(error.closeCode, 1002);
  });
}

Deno.test("encodeClose writes nothing for neither code nor reason, and 1000 for a reason alone", () => {
  assertEquals(encodeClose(), new Uint8Array(0));
  assertEquals(encodeClose(undefined, ""), new Uint8Array(0));
  assertEquals(encodeClose(undefined, "bye"), hex("03 e8 62 79 65"));
});

Deno.test("encodeClose takes a reason of 123 bytes and no more", () => {
  assertEquals(encodeClose(1000, "é".repeat(61) + "x").length, 125);
  assertThrows(() => encodeClose(1000, "é".repeat(62)), RangeError, "more than 123 bytes: 124");
});

Deno.test("parseClose reads an empty payload, and refuses one byte", () => {
  assertEquals(parseClose(new Uint8Array(0)), { code: undefined, reason: "" });
  const error = assertThrows(() => parseClose(new Uint8Array(1)), WebSocketProtocolError);
  assertEquals(error.closeCode, 1002);
});

Deno.test("parseClose refuses a reason that is not UTF-8", () => {
  // Autobahn 7.5.1
  const payload = hex("03 e8 ce ba e1 bd b9 cf 83 ce bc ce b5 ed a0 80 65 64 69 74 65 64");
  assertEquals(assertThrows(() => parseClose(payload), WebSocketProtocolError).closeCode, 1007);
});

Deno.test("fitReason cuts between characters", () => {
  assertEquals(fitReason("short"), "short");
  assertEquals(toBytes(fitReason("€".repeat(50))).length, 123);
  assertEquals(toBytes(fitReason("é".repeat(100))).length, 122);
  assertEquals(toBytes(fitReason("😀".repeat(40))).length, 120);
});
