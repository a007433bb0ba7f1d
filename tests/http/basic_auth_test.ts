import { encodeUsernamePassword } from "../../http/basic_auth.ts";
import { assertEquals, assertThrows } from "@std/assert";

const encode = (text: string) => new TextEncoder().encode(text);

const CREDENTIALS: [username: string | Uint8Array, password: string | Uint8Array, expected: string, reason: string][] =
  [
    ["user", "pass", "user:pass", "ASCII"],
    ["user", "pa:ss", "user:pa:ss", "a colon in the password"],
    ["", "", ":", "nothing"],
    ["us\u0065\u0301r", "p\u00e4ss", "us\u00e9r:p\u00e4ss", "letters and their accents are put together"],
    ["\u1e9b\u0323", "\ufb01", "\u1e9b\u0323:\ufb01", "and nothing else is changed"],
    [encode("us\u0065\u0301r"), "p", "us\u0065\u0301r:p", "bytes are taken as they are"],
    ["u", encode("\u0065\u0301"), "u:\u0065\u0301", "also in the password"],
  ];

for (const [username, password, expected, reason] of CREDENTIALS) {
  Deno.test(`encodeUsernamePassword writes ${JSON.stringify(expected)}: ${reason}`, () => {
    assertEquals(encodeUsernamePassword(username, password), encode(expected));
  });
}

for (const username of ["a:b", ":", encode("a:b")]) {
  Deno.test(`encodeUsernamePassword refuses the name ${Deno.inspect(username)}`, () => {
    assertThrows(() => encodeUsernamePassword(username, "c"), TypeError, "must not hold a colon");
  });
}
