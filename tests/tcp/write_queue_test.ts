import { assert, assertEquals, assertNotStrictEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { COPY_BELOW, WriteQueue } from "@denado/denado/tcp";

const bytes = (text: string) => new TextEncoder().encode(text);

/** Writes everything, `step` bytes at a time, and returns it. */
function drain(queue: WriteQueue, step = Infinity): Uint8Array {
  const written: number[] = [];
  while (queue.size > 0) {
    const front = queue.front().subarray(0, step);
    written.push(...front);
    queue.advance(front.length);
  }
  return Uint8Array.from(written);
}

const text = (queue: WriteQueue) => new TextDecoder().decode(drain(queue));

Deno.test("WriteQueue joins small writes into one piece", () => {
  const queue = new WriteQueue();
  queue.push(bytes("one "));
  queue.pushText("two ");
  queue.pushLatin1("three");
  assertEquals([queue.size, queue.total, queue.written], [13, 13, 0]);
  assertEquals(new TextDecoder().decode(queue.front()), "one two three");
});

Deno.test("WriteQueue copies small arrays at once", () => {
  const queue = new WriteQueue();
  const data = bytes("unchanged");
  queue.push(data);
  data.fill(0);
  assertEquals(text(queue), "unchanged");
});

Deno.test("WriteQueue does not copy large arrays", () => {
  const queue = new WriteQueue();
  const large = new Uint8Array(COPY_BELOW);
  queue.push(large);
  assertStrictEquals(queue.front().buffer, large.buffer);
});

Deno.test("WriteQueue keeps the order of small and large writes", () => {
  const queue = new WriteQueue();
  queue.push(bytes("a"));
  queue.push(new Uint8Array(COPY_BELOW).fill(98));
  queue.push(bytes("c"));
  queue.push(bytes("d"));
  assertEquals(text(queue), "a" + "b".repeat(COPY_BELOW) + "cd");
});

Deno.test("WriteQueue counts what was written", () => {
  const queue = new WriteQueue();
  queue.push(bytes("hello"));
  queue.front();
  queue.advance(2);
  assertEquals([queue.size, queue.total, queue.written], [3, 5, 2]);
  assertEquals(new TextDecoder().decode(queue.front()), "llo");
});

for (const step of [1, 7, 1000, Infinity]) {
  Deno.test(`WriteQueue gives back every byte in order when ${step} are written at a time`, () => {
    const queue = new WriteQueue();
    let expected = "";
    for (let round = 0; round < 40; round++) {
      const piece = String.fromCharCode(97 + round % 26).repeat(round * 37 % 900);
      queue.push(bytes(piece));
      expected += piece;
    }
    assertEquals(new TextDecoder().decode(drain(queue, step)), expected);
    assertEquals(queue.written, expected.length);
  });
}

Deno.test("WriteQueue leaves the bytes in flight where they are while more is pushed", () => {
  const queue = new WriteQueue();
  queue.push(bytes("in flight"));
  const front = queue.front();
  for (let round = 0; round < 100; round++) queue.push(new Uint8Array(1000).fill(120));
  assertEquals(new TextDecoder().decode(front), "in flight");
  queue.advance(front.length);
  assertEquals(queue.size, 100_000);
});

Deno.test("WriteQueue.clear does not give memory in flight to somebody else", () => {
  const queue = new WriteQueue();
  queue.push(bytes("in flight"));
  const front = queue.front();
  queue.clear();
  const other = new WriteQueue();
  for (let round = 0; round < 40; round++) {
    other.push(new Uint8Array(2048).fill(120));
    assertNotStrictEquals(other.front().buffer === front.buffer && other.front().byteOffset === front.byteOffset, true);
    other.advance(2048);
  }
  assertEquals(new TextDecoder().decode(front), "in flight");
});

Deno.test("WriteQueue.clear forgets what was not written", () => {
  const queue = new WriteQueue();
  queue.push(bytes("hello"));
  queue.front();
  queue.advance(2);
  queue.clear();
  assertEquals([queue.size, queue.total, queue.written, queue.front().length], [0, 2, 2, 0]);
  queue.push(bytes("again"));
  assertEquals(text(queue), "again");
});

Deno.test("WriteQueue takes an empty write as nothing", () => {
  const queue = new WriteQueue();
  queue.push(new Uint8Array(0));
  queue.pushLatin1("");
  assertEquals([queue.pushText(""), queue.size, queue.front().length], [0, 0, 0]);
  queue.advance(0);
  queue.push(bytes("x"));
  assertEquals(text(queue), "x");
});

const TEXTS: [name: string, value: string][] = [
  ["ASCII", "hello"],
  ["two bytes a character", "äöü".repeat(300)],
  ["three bytes a character", "€".repeat(2000)],
  ["four bytes a character", "😀".repeat(1500)],
  ["ASCII with one character beyond at the end", "a".repeat(2047) + "€"],
  ["mixed and longer than a buffer", "a€😀ä".repeat(4000)],
  ["so long that it is encoded on its own", "€".repeat(30_000)],
];

for (const [name, value] of TEXTS) {
  Deno.test(`WriteQueue.pushText encodes text as UTF-8: ${name}`, () => {
    const queue = new WriteQueue();
    queue.pushText("<");
    const expected = bytes(value);
    assertEquals(queue.pushText(value), expected.length);
    queue.pushText(">");
    assertEquals(queue.size, expected.length + 2);
    assertEquals(text(queue), `<${value}>`);
  });
}

Deno.test("WriteQueue.pushText replaces a lone surrogate as TextEncoder does", () => {
  const queue = new WriteQueue();
  queue.pushText("a\ud800b");
  assertEquals(drain(queue), bytes("a\ud800b"));
});

Deno.test("WriteQueue.pushLatin1 writes one byte for each character up to U+00FF", () => {
  const all = String.fromCharCode(...Array.from({ length: 256 }, (_, code) => code));
  const queue = new WriteQueue();
  queue.pushLatin1(all);
  assertEquals([...drain(queue)], Array.from({ length: 256 }, (_, code) => code));
});

Deno.test("WriteQueue.pushLatin1 writes text that is longer than a buffer", () => {
  const queue = new WriteQueue();
  queue.pushLatin1("é".repeat(70_000));
  assert(drain(queue).every((byte) => byte === 0xe9));
  assertEquals(queue.written, 70_000);
});

Deno.test("WriteQueue.pushLatin1 refuses a character beyond U+00FF and queues nothing of the text", () => {
  const queue = new WriteQueue();
  queue.push(bytes("before "));
  assertThrows(() => queue.pushLatin1("abc€"), TypeError, 'Cannot write text as Latin-1: "€"');
  queue.push(bytes("after"));
  assertEquals(queue.size, 12);
  assertEquals(text(queue), "before after");
});

Deno.test("WriteQueue.pushLatin1 refuses text in an empty queue and stays usable", () => {
  const queue = new WriteQueue();
  assertThrows(() => queue.pushLatin1("€"), TypeError);
  assertEquals([queue.size, queue.front().length], [0, 0]);
  queue.advance(0);
  queue.pushLatin1("fine");
  assertEquals(text(queue), "fine");
});

Deno.test("WriteQueue keeps what was reserved in one piece", () => {
  const queue = new WriteQueue();
  queue.push(new Uint8Array(2000));
  queue.reserve(20_000);
  queue.push(new Uint8Array(10));
  queue.pushText("x".repeat(19_000));
  queue.reserve(100_000); // more than a piece can hold changes nothing
  assertEquals(queue.front().length, 2000);
  queue.advance(2000);
  assertEquals(queue.front().length, 19_010);
  queue.clear();
});

Deno.test("WriteQueue takes bytes that never change as they are, unless something waits before them", () => {
  const queue = new WriteQueue();
  const bytes = new Uint8Array([1, 2, 3]);
  queue.push(bytes, true);
  queue.push(bytes, true);
  queue.push(new Uint8Array(0), true);
  assertEquals([queue.size, queue.total, queue.front().buffer === bytes.buffer], [6, 6, true]);
  queue.advance(3);
  assertEquals([[...queue.front()], queue.front().buffer === bytes.buffer], [[1, 2, 3], false]);
  queue.advance(3);
  assertEquals(queue.size, 0);
});
