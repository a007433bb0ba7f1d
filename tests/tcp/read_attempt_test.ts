import { assertEquals, assertThrows } from "@std/assert";
import { UnsatisfiableReadError } from "../../tcp/errors.ts";
import { attemptBytes, attemptRegex, attemptUntil, type ReadAttempt } from "../../tcp/read_attempt.ts";
import { ReadBuffer } from "../../tcp/read_buffer.ts";

/** Feeds the text in pieces of `step` characters and tells what the attempt took, and after how many. */
const forever = { recycle: () => {}, surrender: () => false };

function feed(
  attempt: ReadAttempt<Uint8Array>,
  text: string,
  step: number,
): [taken: string, after: number] | undefined {
  const buffer = new ReadBuffer();
  for (let at = 0; at < text.length; at += step) {
    const piece = Uint8Array.from(text.slice(at, at + step), (character) => character.charCodeAt(0));
    buffer.append(piece, piece.length, forever);
    const taken = attempt(buffer);
    if (taken !== undefined) return [String.fromCharCode(...taken), at + piece.length];
  }
  return undefined;
}

interface Case {
  readonly name: string;
  readonly make: () => ReadAttempt<Uint8Array>;
  readonly input: string;
  readonly taken: string;
}

const CASES: Case[] = [
  { name: "a number of bytes", make: () => attemptBytes(4, false), input: "abcdef", taken: "abcd" },
  { name: "a delimiter of one byte", make: () => attemptUntil("\n", 10), input: "ab\ncd", taken: "ab\n" },
  {
    name: "a delimiter of several",
    make: () => attemptUntil("\r\n\r\n"),
    input: "a\r\nb\r\n\r\r\n\r\nc",
    taken: "a\r\nb\r\n\r\r\n\r\n",
  },
  { name: "a delimiter in UTF-8", make: () => attemptUntil("ä"), input: "a\xc3b\xc3\xa4c", taken: "a\xc3b\xc3\xa4" },
  {
    name: "a delimiter as bytes",
    make: () => attemptUntil(Uint8Array.of(0, 255)),
    input: "\0\0\xffz",
    taken: "\0\0\xff",
  },
  { name: "a regular expression", make: () => attemptRegex(/\r?\n\r?\n/), input: "ab\n\r\nc", taken: "ab\n\r\n" },
  { name: "a regular expression with flags", make: () => attemptRegex(/END/gi), input: "abendx", taken: "abend" },
  { name: "a regular expression as text", make: () => attemptRegex("b+c"), input: "abbbcd", taken: "abbbc" },
  {
    name: "Latin-1 in a regular expression",
    make: () => attemptRegex(/\xe4\x80/),
    input: "a\xe4\x80b",
    taken: "a\xe4\x80",
  },
];

for (const { name, make, input, taken } of CASES) {
  for (const step of [1, 2, 3, input.length]) {
    Deno.test(`read attempt takes up to ${name} when ${step} bytes arrive at a time`, () => {
      const result = feed(make(), input, step);
      assertEquals(result, [taken, Math.min(input.length, Math.ceil(taken.length / step) * step)]);
    });
  }
}

Deno.test("read attempt takes what is there when it is partial, and waits for the first byte", () => {
  const attempt = attemptBytes(4, true);
  assertEquals(attempt(new ReadBuffer()), undefined);
  assertEquals(feed(attempt, "abcdef", 3), ["abc", 3]);
  assertEquals(feed(attempt, "abcdef", 6), ["abcd", 6]);
});

const LIMITS: [name: string, make: () => ReadAttempt<Uint8Array>, input: string, ok: boolean][] = [
  ["a delimiter ends at maxBytes", () => attemptUntil("\r\n", 4), "ab\r\n", true],
  ["a delimiter ends behind maxBytes", () => attemptUntil("\r\n", 3), "ab\r\n", false],
  ["no delimiter is in sight at maxBytes", () => attemptUntil("\r\n", 4), "abcd", false],
  ["a match ends at maxBytes", () => attemptRegex(/c/, 3), "abc", true],
  ["a match ends behind maxBytes", () => attemptRegex(/c/, 2), "abc", false],
  ["no match is in sight at maxBytes", () => attemptRegex(/c/, 2), "ab", false],
];

for (const [name, make, input, ok] of LIMITS) {
  for (const step of [1, input.length]) {
    Deno.test(`read attempt ${ok ? "succeeds" : "fails"} when ${name}, ${step} at a time`, () => {
      if (ok) assertEquals(feed(make(), input, step)?.[0], input);
      else assertThrows(() => feed(make(), input, step), UnsatisfiableReadError);
    });
  }
}

Deno.test("read attempt for a delimiter looks at each byte once, or little more", () => {
  const attempt = attemptUntil("\r\n");
  const buffer = new ReadBuffer();
  const typedArray = Object.getPrototypeOf(Uint8Array.prototype) as Uint8Array;
  const search = typedArray.indexOf;
  let looked = 0;
  typedArray.indexOf = function (this: Uint8Array, value: number, from = 0) {
    looked += buffer.end - from;
    return search.call(this, value, from);
  };
  try {
    for (let round = 0; round < 50; round++) {
      buffer.append(new Uint8Array(1000), 1000, forever);
      assertEquals(attempt(buffer), undefined);
    }
  } finally {
    typedArray.indexOf = search;
  }
  assertEquals(looked, 50 * 1000 + 49);
});
