import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  equalsIgnoreCase,
  isFieldText,
  isHost,
  isToken,
  parseHexInt,
  parseInt10,
  regionEqualsIgnoreCase,
  trimBlanks,
} from "../../http/grammar.ts";

Deno.test("isToken accepts exactly the token characters", () => {
  const tchar = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]$/;
  for (let code = 0; code < 0x200; code++) {
    const character = String.fromCharCode(code);
    assertEquals(isToken(character), tchar.test(character), `U+${code.toString(16)}`);
    assertEquals(isToken(`a${character}b`), tchar.test(character), `U+${code.toString(16)}`);
  }
  assertEquals(isToken(""), false);
});

Deno.test("isFieldText accepts HTAB, SP, visible characters and obs-text", () => {
  for (let code = 0; code < 0x200; code++) {
    const legal = code === 9 || (code >= 0x20 && code <= 0xff && code !== 0x7f);
    assertEquals(isFieldText(String.fromCharCode(code)), legal, `U+${code.toString(16)}`);
  }
  assert(isFieldText(""));
});

const HOSTS: [text: string, legal: boolean][] = [
  ["", true],
  ["a", true],
  ["example.com", true],
  ["EXAMPLE.com:80", true],
  ["example.com:", true],
  ["127.0.0.1:8888", true],
  ["a_b-c~d!$&'()*+;=", true],
  ["%41%5f", true],
  ["[::1]", true],
  ["[::1]:80", true],
  ["[v1.a:b]", true],
  [":80", true],
  ["a:b", false],
  ["a:80:80", false],
  ["a:8 0", false],
  ["a:-1", false],
  ["::1", false],
  ["[]", false],
  ["[1]", false],
  ["[::1", false],
  ["::1]", false],
  ["[::1]a", false],
  ["[::1]:a", false],
  ["[::1/x]", false],
  ["[::%]", false],
  ["a[b]", false],
  ["a,b", false],
  ["a b", false],
  ["a/b", false],
  ["a?b", false],
  ["a#b", false],
  ["a@b", false],
  ["a\\b", false],
  ['"a"', false],
  ["<a>", false],
  ["%", false],
  ["%4", false],
  ["%4g", false],
  ["\xe9", false],
  ["\u0141", false], // Its low byte is "A".
  ["a\x00", false],
  ["a\r\n", false],
];

for (const [text, legal] of HOSTS) {
  Deno.test(`isHost ${legal ? "accepts" : "refuses"} ${JSON.stringify(text)}`, () => {
    assertEquals(isHost(text), legal);
  });
}

Deno.test("equalsIgnoreCase ignores the case of letters only", () => {
  assert(equalsIgnoreCase("Content-Length", "cONTENT-lENGTH"));
  assert(equalsIgnoreCase("", ""));
  assertEquals(equalsIgnoreCase("a", "ab"), false);
  for (let a = 0; a < 0x180; a++) {
    for (let b = 0; b < 0x80; b++) {
      const expected = a === b ||
        (a < 0x80 && String.fromCharCode(a).toLowerCase() === String.fromCharCode(b).toLowerCase());
      assertEquals(equalsIgnoreCase(String.fromCharCode(a), String.fromCharCode(b)), expected, `${a} ${b}`);
    }
  }
});

Deno.test("regionEqualsIgnoreCase compares at an offset and not past the end", () => {
  assert(regionEqualsIgnoreCase("xxHOSTxx", 2, "host"));
  assertEquals(regionEqualsIgnoreCase("xxHOS", 2, "host"), false);
});

Deno.test("trimBlanks removes SP and HTAB only", () => {
  assertEquals(trimBlanks(" \t a b\t "), "a b");
  assertEquals(trimBlanks(" \t "), "");
  assertEquals(trimBlanks(""), "");
  for (const kept of ["\xa0a\xa0", "\x85a", "\x0ba\x0c", "\ra\n", "\ufeffa", "\u2003a"]) {
    assertEquals(trimBlanks(kept), kept);
  }
});

Deno.test("parseInt10 accepts digits only", () => {
  assertEquals(parseInt10("0"), 0);
  assertEquals(parseInt10("0042"), 42);
  assertEquals(parseInt10("9007199254740991"), Number.MAX_SAFE_INTEGER);
  for (
    const text of ["", "+1", "-1", "1_0", " 1", "1 ", "1.0", "1e3", "0x1", "a", "\xb2", "٣", "9007199254740992", "1\n"]
  ) {
    assertThrows(() => parseInt10(text), RangeError, "nteger", text);
  }
});

Deno.test("parseHexInt accepts hexadecimal digits only", () => {
  assertEquals(parseHexInt("0"), 0);
  assertEquals(parseHexInt("fF"), 255);
  assertEquals(parseHexInt("1fffffffffffff"), Number.MAX_SAFE_INTEGER);
  for (const text of ["", "+a", "-a", "1_a", " a", "a ", "0xa", "g", "20000000000000", "a\n"]) {
    assertThrows(() => parseHexInt(text), RangeError, "nteger", text);
  }
});
