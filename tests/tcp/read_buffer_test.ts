import { assertEquals, assertNotStrictEquals, assertStrictEquals } from "@std/assert";
import { type Lender, ReadBuffer } from "@denado/denado/tcp";

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (buffer: ReadBuffer) => new TextDecoder().decode(buffer.bytes.subarray(buffer.start, buffer.end));

/** Memory that is lent, how often the loan was ended, and whether the borrower got the memory. */
class Loan implements Lender {
  ended = 0;
  surrendered = 0;
  constructor(readonly memory: Uint8Array<ArrayBuffer>, readonly surrenders: boolean = false) {}
  recycle(): void {
    this.ended++;
  }
  surrender(): boolean {
    if (this.surrenders) this.surrendered++;
    return this.surrenders;
  }
}

const loan = (content: string) => new Loan(bytes(content));
const forever: Lender = { recycle: () => {}, surrender: () => false };

function append(buffer: ReadBuffer, content: string): ReturnType<typeof loan> {
  const lent = loan(content);
  buffer.append(lent.memory, content.length, lent);
  return lent;
}

Deno.test("ReadBuffer shows lent memory without a copy", () => {
  const buffer = new ReadBuffer();
  const lent = append(buffer, "hello");
  assertStrictEquals(buffer.bytes, lent.memory);
  assertEquals([buffer.length, text(buffer), lent.ended], [5, "hello", 0]);
});

Deno.test("ReadBuffer shows only the bytes that arrived", () => {
  const buffer = new ReadBuffer();
  buffer.append(bytes("hello world"), 5, forever);
  assertEquals(text(buffer), "hello");
});

Deno.test("ReadBuffer ends a loan once, when the last byte is consumed", () => {
  const buffer = new ReadBuffer();
  const lent = append(buffer, "hello");
  buffer.consume(2);
  assertEquals([text(buffer), lent.ended], ["llo", 0]);
  buffer.consume(3);
  assertEquals([buffer.length, lent.ended], [0, 1]);
  buffer.consume(0);
  buffer.clear();
  assertEquals(lent.ended, 1);
});

Deno.test("ReadBuffer moves a rest into its own memory when more arrives", () => {
  const buffer = new ReadBuffer();
  const first = append(buffer, "hello ");
  buffer.consume(1);
  const second = append(buffer, "world");
  assertEquals([text(buffer), first.ended, second.ended], ["ello world", 1, 1]);
  first.memory.fill(0);
  second.memory.fill(0);
  assertEquals(text(buffer), "ello world");
});

Deno.test("ReadBuffer.own ends the loan and keeps the bytes", () => {
  const buffer = new ReadBuffer();
  const lent = append(buffer, "hello");
  buffer.consume(1);
  buffer.own();
  buffer.own();
  assertNotStrictEquals(buffer.bytes, lent.memory);
  lent.memory.fill(0);
  assertEquals([text(buffer), lent.ended, buffer.start], ["ello", 1, 0]);
});

Deno.test("ReadBuffer.own does nothing when nothing waits", () => {
  const buffer = new ReadBuffer();
  buffer.own();
  assertEquals([buffer.length, buffer.bytes.length], [0, 0]);
});

Deno.test("ReadBuffer grows by doubling", () => {
  const buffer = new ReadBuffer();
  append(buffer, "x");
  const capacities = new Set<number>();
  for (let round = 0; round < 100; round++) {
    append(buffer, "y".repeat(2000));
    capacities.add(buffer.bytes.length);
  }
  assertEquals(buffer.length, 200_001);
  assertEquals([...capacities], [2048, 16384, 65536, 131072, 262144]);
  assertEquals(text(buffer), "x" + "y".repeat(200_000));
});

Deno.test("ReadBuffer moves the rest to the front of its memory instead of growing when it is half empty", () => {
  const buffer = new ReadBuffer();
  append(buffer, "a".repeat(1000));
  append(buffer, "b".repeat(1000));
  const memory = buffer.bytes;
  buffer.consume(1900);
  append(buffer, "c".repeat(500));
  assertStrictEquals(buffer.bytes, memory);
  assertEquals([buffer.start, text(buffer)], [0, "b".repeat(100) + "c".repeat(500)]);
});

Deno.test("ReadBuffer lends again after its own memory was consumed", () => {
  const buffer = new ReadBuffer();
  append(buffer, "a");
  append(buffer, "b");
  buffer.consume(2);
  const lent = append(buffer, "c");
  assertStrictEquals(buffer.bytes, lent.memory);
});

Deno.test("ReadBuffer.take returns a copy", () => {
  const buffer = new ReadBuffer();
  const lent = append(buffer, "hello");
  const taken = buffer.take(2);
  lent.memory.fill(0);
  assertEquals(new TextDecoder().decode(taken), "he");
  assertEquals(buffer.length, 3);
});

Deno.test("ReadBuffer.take of everything returns bytes that nobody writes to afterwards", () => {
  const buffer = new ReadBuffer();
  append(buffer, "a".repeat(20_000));
  append(buffer, "b".repeat(20_000));
  const taken = buffer.take(40_000);
  append(buffer, "c".repeat(20_000));
  append(buffer, "d".repeat(20_000));
  assertEquals(new TextDecoder().decode(taken), "a".repeat(20_000) + "b".repeat(20_000));
});

Deno.test("ReadBuffer.takeInto fills what fits and keeps the rest", () => {
  const buffer = new ReadBuffer();
  append(buffer, "hello");
  const target = new Uint8Array(3);
  assertEquals([buffer.takeInto(target), new TextDecoder().decode(target), text(buffer)], [3, "hel", "lo"]);
  assertEquals([buffer.takeInto(target), new TextDecoder().decode(target), buffer.length], [2, "lol", 0]);
  assertEquals(buffer.takeInto(target), 0);
});

Deno.test("ReadBuffer.prepend puts bytes before what is lent and ends the loan", () => {
  const buffer = new ReadBuffer();
  const lent = append(buffer, "world");
  buffer.prepend(bytes("hello "));
  assertEquals([text(buffer), lent.ended], ["hello world", 1]);
});

Deno.test("ReadBuffer.clear drops everything and ends the loan", () => {
  const buffer = new ReadBuffer();
  const lent = append(buffer, "hello");
  buffer.clear();
  assertEquals([buffer.length, buffer.start, buffer.end, lent.ended], [0, 0, 0, 1]);
});

Deno.test("ReadBuffer may be appended to while a loan ends", () => {
  const buffer = new ReadBuffer();
  const next = loan("next");
  buffer.append(bytes("first"), 5, { ...forever, recycle: () => buffer.append(next.memory, 4, next) });
  buffer.consume(5);
  assertEquals([text(buffer), next.ended], ["next", 0]);
});

for (const surrenders of [true, false]) {
  Deno.test(`ReadBuffer.take of full memory returns ${surrenders ? "it, where" : "a copy, unless"} the lender lets it go`, () => {
    const buffer = new ReadBuffer();
    const lent = new Loan(new Uint8Array(16384).fill(7), surrenders);
    buffer.append(lent.memory, 16384, lent);
    const taken = buffer.take(16384);
    assertEquals([taken === lent.memory, lent.surrendered, lent.ended], surrenders ? [true, 1, 0] : [false, 0, 1]);
    assertEquals([taken, buffer.length, buffer.bytes.length], [lent.memory, 0, 0]);
  });
}

Deno.test("ReadBuffer.take copies where the memory holds more than is taken, or little", () => {
  for (const [size, count, taken] of [[16384, 16383, 16383], [16384, 16384, 16000], [1000, 1000, 1000]] as const) {
    const buffer = new ReadBuffer();
    const lent = new Loan(new Uint8Array(size), true);
    buffer.append(lent.memory, count, lent);
    assertNotStrictEquals(buffer.take(taken).buffer, lent.memory.buffer);
    assertEquals(lent.surrendered, 0);
  }
});

Deno.test("ReadBuffer.take of memory of its own that is full returns it, once", () => {
  const buffer = new ReadBuffer();
  for (const fill of [1, 2]) {
    const lent = new Loan(new Uint8Array(8192).fill(fill));
    buffer.append(lent.memory, 8192, lent);
  }
  const taken = buffer.take(16384);
  assertEquals([taken.length, taken[0], taken[16383], taken.buffer.byteLength], [16384, 1, 2, 16384]);
  append(buffer, "next");
  assertEquals([text(buffer), taken[0]], ["next", 1]);
});
