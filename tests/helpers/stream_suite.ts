/**
 * What every stream has to do, whatever it stands on; each transport's test runs all of it.
 *
 * The behaviours are those that Tornado's iostream tests pin, and Denado's own.
 *
 * @module
 */

import { assert, assertEquals, assertFalse, assertInstanceOf, AssertionError, assertRejects } from "@std/assert";
import { TimeoutError } from "@denado/denado/ioloop";
import {
  type BaseIOStream,
  type IOStreamOptions,
  StreamBufferFullError,
  StreamClosedError,
  UnsatisfiableReadError,
} from "@denado/denado/tcp";
import { expectLog, expectNoLog } from "./expect_log.ts";

/** Two streams that are joined. */
export interface StreamPair {
  readonly client: BaseIOStream;
  readonly server: BaseIOStream;
}

/** What a transport can do. */
export interface StreamTransport {
  /** In the names of the tests. */
  readonly name: string;
  /** Makes a pair; the options are for both ends, or for one. */
  connect(options: { client?: IOStreamOptions; server?: IOStreamOptions }): Promise<StreamPair>;
  /** Whether `closeWrite` reaches the peer while the other direction goes on. @default true */
  readonly halfClose?: boolean;
  /** An upper bound of what the transport itself holds while nobody reads, in bytes. */
  readonly transportBytes: number;
}

type Body = (pair: StreamPair, log: readonly { text: string }[]) => Promise<void>;

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** `size` bytes that repeat after 251, so that a lost or doubled piece shows. */
export function pattern(size: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: size }, (_, at) => at % 251);
}

/** Resolves when the stream is closed. */
export function closed(stream: BaseIOStream): Promise<void> {
  return new Promise((resolve) => stream.setCloseCallback(resolve));
}

/** Registers the tests of the suite for one transport. */
export function testStreams(transport: StreamTransport): void {
  const test = (name: string, body: Body, options: { client?: IOStreamOptions; server?: IOStreamOptions } = {}) => {
    Deno.test(`${transport.name} stream ${name}`, () =>
      expectNoLog(async (log) => {
        const pair = await transport.connect(options);
        try {
          await body(pair, log);
        } finally {
          pair.client.close();
          pair.server.close();
        }
      }));
  };

  // --- reading ---

  test("reads up to a delimiter and leaves the rest", async ({ client, server }) => {
    await client.write("one\r\ntwo\r\nrest");
    assertEquals(text(await server.readUntil("\r\n")), "one\r\n");
    assertEquals(text(await server.readUntil(new TextEncoder().encode("\r\n"))), "two\r\n");
    assertEquals(text(await server.readBytes(4)), "rest");
  });

  test("finds a delimiter that is cut between two packets", async ({ client, server }) => {
    await client.write("line\r");
    const line = server.readUntil("\r\n");
    await client.write("\nmore");
    assertEquals(text(await line), "line\r\n");
    assertEquals(text(await server.readBytes(4)), "more");
  });

  test("finds a delimiter in a small second packet that comes with the close", async ({ client, server }) => {
    await client.write("a".repeat(1000));
    const first = server.readUntil("\r\n\r\n");
    await client.write("b".repeat(100) + "\r\n\r\n");
    client.close();
    assertEquals((await first).length, 1104);
  });

  test("reads a match of a regular expression", async ({ client, server }) => {
    await client.write("GET / HTTP/1.1\r\nHost: \xe4\n\nrest");
    assertEquals(text(await server.readUntilRegex(/\r?\n\r?\n/)), "GET / HTTP/1.1\r\nHost: ä\n\n");
    assertEquals(text(await server.readUntilRegex("st")), "rest");
  });

  test("reads an exact number of bytes over several packets", async ({ client, server }) => {
    const read = server.readBytes(6);
    for (const part of ["ab", "cd", "efgh"]) await client.write(part);
    assertEquals(text(await read), "abcdef");
    assertEquals(text(await server.readBytes(2)), "gh");
  });

  test("reads no bytes at once, also between other reads", async ({ client, server }) => {
    assertEquals((await server.readBytes(0)).length, 0);
    await client.write("ab");
    assertEquals(text(await server.readBytes(1)), "a");
    assertEquals((await server.readBytes(0)).length, 0);
    assertEquals(text(await server.readBytes(1)), "b");
  });

  test("reads partially what is there and never more than asked", async ({ client, server }) => {
    await client.write("hello");
    assertEquals((await server.readBytes(3, { partial: true })).length <= 3, true);
    client.close();
    const rest = await server.readUntilClose();
    assert(rest.length >= 2);
    await assertRejects(() => server.readBytes(1, { partial: true }), StreamClosedError);
  });

  test("fills a buffer across writes, and leaves the rest", async ({ client, server }) => {
    const buffer = new Uint8Array(8);
    const read = server.readInto(buffer);
    await client.write("hello ");
    await client.write("world");
    assertEquals([await read, text(buffer)], [8, "hello wo"]);
    assertEquals(await server.readInto(buffer.subarray(0, 3)), 3);
    assertEquals(text(buffer.subarray(0, 3)), "rld");
  });

  test("fills a buffer partially, and an empty one at once", async ({ client, server }) => {
    assertEquals(await server.readInto(new Uint8Array(0)), 0);
    await client.write("hey");
    const buffer = new Uint8Array(10);
    const count = await server.readInto(buffer, { partial: true });
    assert(count >= 1 && count <= 3);
  });

  test("leaves what was received to be read when readInto fails", async ({ client, server }) => {
    await client.write("abc");
    client.close();
    await assertRejects(() => server.readInto(new Uint8Array(10)), StreamClosedError);
    assertEquals(text(await server.readBytes(3)), "abc");
  });

  test("keeps data intact through a mix of readBytes and readInto", async ({ client, server }) => {
    const sent = pattern(200_000);
    const writing = client.write(sent);
    const received = new Uint8Array(sent.length);
    let seed = 42;
    for (let at = 0; at < sent.length;) {
      seed = (seed * 1103515245 + 12345) & 0x7fffffff;
      const size = Math.min(1 + seed % 7000, sent.length - at);
      if (seed % 3 === 0) at += await server.readInto(received.subarray(at, at + size), { partial: seed % 2 === 0 });
      else {
        const piece = await server.readBytes(size, { partial: seed % 2 === 0 });
        received.set(piece, at);
        at += piece.length;
      }
    }
    await writing;
    assertEquals(received, sent);
  });

  test("reads everything until the peer closes", async ({ client, server }) => {
    const sent = pattern(300_000);
    const reading = server.readUntilClose();
    await client.write(sent);
    client.close();
    assertEquals(await reading, sent);
  });

  test("fails the next read after readUntilClose", async ({ client, server }) => {
    await client.write("1234");
    client.close();
    assertEquals(text(await server.readBytes(1)), "1");
    assertEquals(text(await server.readUntilClose()), "234");
    await assertRejects(() => server.readBytes(1), StreamClosedError);
  });

  test("lets data that came before the close be read in parts", async ({ client, server }) => {
    await client.write("hello world");
    client.close();
    assertEquals(text(await server.readUntil(" ")), "hello ");
    assertEquals(text(await server.readBytes(5)), "world");
    await assertRejects(() => server.readBytes(1), StreamClosedError);
    assert(server.closed);
  });

  test("fails a read for more than was sent, and keeps what was sent", async ({ client, server }) => {
    await client.write("abc");
    client.close();
    const error = await assertRejects(() => server.readBytes(4), StreamClosedError);
    assertEquals(error.realError, undefined);
    assertEquals(text(await server.readBytes(3)), "abc");
  });

  test("fails an unsatisfied readUntil at the close with StreamClosedError", async ({ client, server }) => {
    const read = server.readUntil("X", { maxBytes: 100 });
    await client.write("abc");
    client.close();
    const error = await assertRejects(() => read, StreamClosedError);
    assertEquals(error.realError, undefined);
  });

  test("refuses a second read while one is in progress", async ({ client, server }) => {
    const first = server.readUntil("\n");
    assert(server.reading);
    await assertRejects(() => server.readBytes(1), Error, "already reading");
    await client.write("x\n");
    assertEquals(text(await first), "x\n");
    assertFalse(server.reading);
  });

  for (const count of [-1, 1.5, NaN]) {
    test(`refuses to read ${count} bytes and stays usable`, async ({ client, server }) => {
      await assertRejects(() => server.readBytes(count), RangeError, `${count}`);
      await client.write("a");
      assertEquals(text(await server.readBytes(1)), "a");
    });
  }

  test("refuses an empty delimiter", async ({ server }) => {
    await assertRejects(() => server.readUntil(""), RangeError, "delimiter of no bytes");
    assertFalse(server.reading);
  });

  test("reads 4 MB up to a delimiter", async ({ client, server }) => {
    const sent = pattern(4 << 20);
    const read = server.readUntil(Uint8Array.of(255, 255));
    await client.write(sent);
    await client.write(Uint8Array.of(255, 255));
    assertEquals((await read).length, sent.length + 2);
  });

  // --- limits of a read ---

  test("accepts a delimiter that ends exactly at maxBytes", async ({ client, server }) => {
    await client.write("abcdef\r\n");
    assertEquals(text(await server.readUntil("\r\n", { maxBytes: 8 })), "abcdef\r\n");
    await client.write("abcdef\r\n");
    assertEquals(text(await server.readUntilRegex(/\r\n/, { maxBytes: 8 })), "abcdef\r\n");
  });

  for (
    const [name, read, sent] of [
      ["a delimiter is too far", (s) => s.readUntil("\r\n", { maxBytes: 4 }), "abcdef"],
      ["a regular expression matches too far", (s) => s.readUntilRegex(/def/, { maxBytes: 5 }), "abcdef"],
      ["a match in the packet ends one byte too far", (s) => s.readUntil("\r\n", { maxBytes: 7 }), "abcdef\r\n"],
    ] as [string, (stream: BaseIOStream) => Promise<unknown>, string][]
  ) {
    Deno.test(`${transport.name} stream closes with one line in the log when ${name}`, () =>
      expectLog(
        { level: "info", category: "denado.general", pattern: "Unsatisfiable read", times: 1 },
        async () => {
          const { client, server } = await transport.connect({});
          const reading = assertRejects(() => read(server), StreamClosedError);
          client.push(sent);
          const error = await reading;
          assertInstanceOf(error.realError, UnsatisfiableReadError);
          assert(server.closed);
          assertInstanceOf(server.error, UnsatisfiableReadError);
          client.close();
        },
      ));
  }

  test("reads much in small parts under a small maxBufferSize", async ({ client, server }) => {
    const sent = pattern(100 * 1024);
    const writing = client.write(sent);
    for (let at = 0; at < sent.length; at += 1024) {
      assertEquals(await server.readBytes(1024), sent.subarray(at, at + 1024));
    }
    await writing;
  }, { server: { maxBufferSize: 10 * 1024 } });

  test("reads as much as maxBufferSize at once", async ({ client, server }) => {
    const sent = pattern(10 * 1024);
    const writing = client.write(sent);
    assertEquals(await server.readBytes(sent.length), sent);
    await writing;
  }, { server: { maxBufferSize: 10 * 1024 } });

  Deno.test(`${transport.name} stream closes when a read needs more than maxBufferSize`, () =>
    expectLog({ level: "error", pattern: "Reached maximum read buffer size: 5000 bytes", times: 1 }, async () => {
      const { client, server } = await transport.connect({ server: { maxBufferSize: 5000 } });
      const reading = server.readUntil("never");
      client.push(new Uint8Array(20_000));
      const error = await assertRejects(() => reading, StreamClosedError);
      assertInstanceOf(error.realError, StreamBufferFullError);
      client.close();
    }));

  test("gives a read up when its signal is aborted, and keeps what came", async ({ client, server }) => {
    const controller = new AbortController();
    await client.write("abc");
    const read = server.readUntil("\n", { signal: controller.signal });
    const reason = new Error("enough");
    controller.abort(reason);
    assertEquals(await read.catch((error) => error), reason);
    await client.write("def\n");
    assertEquals(text(await server.readUntil("\n")), "abcdef\n");
  });

  test("refuses a read with a signal that is aborted already", async ({ client, server }) => {
    await client.write("a");
    const reason = new Error("too late");
    assertEquals(await server.readBytes(1, { signal: AbortSignal.abort(reason) }).catch((error) => error), reason);
    assertEquals(text(await server.readBytes(1)), "a");
  });

  test("gives a read up when its time is over, and the stream goes on", async ({ client, server }) => {
    await assertRejects(() => server.readBytes(1, { timeoutMs: 1 }), TimeoutError, "within 1 ms");
    await client.write("a");
    assertEquals(text(await server.readBytes(1, { timeoutMs: 60_000 })), "a");
  });

  // --- writing ---

  test("resolves a write when the bytes were handed over", async ({ client, server }) => {
    const write = client.write("hello");
    assert(client.writing);
    assertEquals(client.pendingWriteBytes, 5);
    await write;
    assertFalse(client.writing);
    assertEquals(text(await server.readBytes(5)), "hello");
  });

  test("resolves a write of nothing", async ({ client }) => {
    await client.write("");
    await client.write(new Uint8Array(0));
    assertFalse(client.writing);
  });

  test("writes the bytes of any view", async ({ client, server }) => {
    const words = Uint16Array.of(0x0102, 0x0304, 0x0506);
    await client.write(words.subarray(1));
    await client.write(new DataView(words.buffer, 1, 2));
    assertEquals((await server.readBytes(6)).length, 6);
  });

  test("writes text as UTF-8", async ({ client, server }) => {
    await client.write("ä€😀");
    assertEquals(text(await server.readBytes(9)), "ä€😀");
  });

  test("resolves every write of many writers", async ({ client, server }) => {
    const sent = pattern(100_000);
    const writes = Array.from({ length: 10 }, () => client.write(sent));
    const received = await server.readBytes(1_000_000);
    await Promise.all(writes);
    for (let at = 0; at < 10; at++) assertEquals(received.subarray(at * 100_000, (at + 1) * 100_000), sent);
  });

  test("fails a write beyond maxWriteBufferSize and keeps what is queued", async ({ client, server }) => {
    const first = client.write(new Uint8Array(900));
    const refused = [new Uint8Array(101), "ä".repeat(51)].map((data) =>
      assertRejects(() => client.write(data), StreamBufferFullError, "1000 bytes")
    );
    const second = client.write("ä".repeat(50));
    await Promise.all([first, second, ...refused]);
    assertEquals((await server.readBytes(1000)).length, 1000);
  }, { client: { maxWriteBufferSize: 1000 } });

  test("makes the writer wait for a reader that does not read, with bounded memory", async ({ client, server }) => {
    const total = 10 << 20;
    const block = new Uint8Array(1 << 20);
    let written = 0;
    const writing = (async () => {
      for (; written < total; written += block.length) await client.write(block);
    })();
    // The first byte is there when the transport has begun to fill; then it stands still.
    const first = await server.readBytes(1);
    assert(server.readBuffer.length <= 65536, `read ahead: ${server.readBuffer.length}`);
    assert(written <= transport.transportBytes + block.length, `written: ${written}`);
    let received = first.length;
    while (received < total) received += (await server.readBytes(1 << 16, { partial: true })).length;
    await writing;
    assertEquals(received, total);
  }, { server: { maxBufferSize: 5 << 20 } });

  test("sends what was corked when it is uncorked", async ({ client, server }) => {
    client.cork();
    client.push("one ");
    client.pushLatin1("two");
    assertFalse(client.writing);
    client.uncork();
    await client.flushed();
    assertEquals(text(await server.readBytes(7)), "one two");
  });

  test("sends what is pushed while a corked batch is on its way", async ({ client, server }) => {
    client.cork();
    client.push("one ");
    client.uncork();
    client.push("two");
    await client.flushed();
    assertEquals(text(await server.readBytes(7)), "one two");
  });

  // --- closing ---

  test("refuses to read and to write when it is closed", async ({ client }) => {
    client.close();
    client.close();
    assert(client.closed);
    await assertRejects(() => client.readBytes(1), StreamClosedError);
    await assertRejects(() => client.readUntilClose(), StreamClosedError);
    await assertRejects(() => client.write("x"), StreamClosedError);
  });

  test("fails the operations in progress when it is closed, with the reason", async ({ client, server }) => {
    const reason = new Error("enough");
    const read = server.readBytes(1);
    const write = server.write(new Uint8Array(64 << 20));
    server.close(reason);
    assertEquals((await assertRejects(() => read, StreamClosedError)).realError, reason);
    assertEquals((await assertRejects(() => write, StreamClosedError)).realError, reason);
    assertEquals(server.error, reason);
    client.close();
  });

  test("calls the close callback when the peer closes, while a read is pending", async ({ client, server }) => {
    const wasClosed = closed(server);
    const read = assertRejects(() => server.readBytes(1), StreamClosedError);
    client.close();
    await Promise.all([wasClosed, read]);
    assert(server.closed);
  });

  test("calls the close callback when the peer closes, while nobody reads", async ({ client, server }) => {
    const wasClosed = closed(server);
    client.close();
    await wasClosed;
  });

  test("calls the close callback after the data that came before could be read", async ({ client, server }) => {
    await client.write("hello");
    const order: string[] = [];
    server.setCloseCallback(() => order.push("closed"));
    client.close();
    order.push(text(await server.readBytes(5)));
    await assertRejects(() => server.readBytes(1), StreamClosedError);
    await closed(server);
    assertEquals(order, ["hello", "closed"]);
  });

  test("calls the close callback once, in a turn of its own", async ({ client }) => {
    let calls = 0;
    client.setCloseCallback(() => calls++);
    client.close();
    assertEquals(calls, 0);
    await closed(client);
    client.close();
    assertEquals(calls, 1);
  });

  test("forgets a close callback that is cleared", async ({ client }) => {
    client.setCloseCallback(() => {
      throw new AssertionError("called");
    });
    client.setCloseCallback(undefined);
    client.close();
    await closed(client);
  });

  test("notices while it writes that the peer has gone", async ({ client, server }) => {
    server.close();
    const block = new Uint8Array(1 << 20);
    await assertRejects(async () => {
      for (;;) await client.write(block);
    }, StreamClosedError);
    assert(client.closed);
  });

  test("sends queued output after the peer has finished sending", async ({ client, server }) => {
    if (transport.halfClose === false) return;
    const wasClosed = closed(server);
    const answer = pattern(2 << 20);
    await client.write("question");
    assertEquals(text(await server.readBytes(8)), "question");
    const writing = server.write(answer);
    await client.closeWrite();
    assertEquals(await client.readUntilClose(), answer);
    await Promise.all([writing, wasClosed]);
  });

  test("stays open for an answer that comes late, with allowHalfOpen", async ({ client, server }) => {
    if (transport.halfClose === false) return;
    await client.write("question");
    await client.closeWrite();
    assertEquals(text(await server.readUntilClose()), "question");
    assertFalse(server.closed);
    await server.write("late answer");
    server.close();
    assertEquals(text(await client.readUntilClose()), "late answer");
  }, { server: { allowHalfOpen: true } });

  test("refuses to write after closeWrite, and still reads", async ({ client, server }) => {
    if (transport.halfClose === false) return;
    client.push("last");
    const closing = client.closeWrite();
    const error = await assertRejects(() => client.write("more"), StreamClosedError);
    assert(String(error.realError).includes("closeWrite was called"));
    await closing;
    assertEquals(text(await server.readBytes(4)), "last");
    await server.write("answer");
    assertEquals(text(await client.readBytes(6)), "answer");
  }, { server: { allowHalfOpen: true } });

  test("is closed at the end of a block with await using", async ({ client, server }) => {
    {
      await using disposed = client;
      await disposed.write("x");
    }
    assert(client.closed);
    assertEquals(text(await server.readUntilClose()), "x");
  });

  // --- web streams ---

  test("is a pair of web streams", async ({ client, server }) => {
    if (transport.halfClose === false) return;
    const sent = pattern(300_000);
    const sending = new Blob([sent]).stream().pipeTo(client.writable as WritableStream<Uint8Array>);
    const received = new Uint8Array(await new Response(server.readable).arrayBuffer());
    await sending;
    assertEquals(received, sent);
    assertEquals(client.readable, client.readable);
    assertEquals(client.writable, client.writable);
  });

  test("is closed when its readable is cancelled or its writable aborted", async ({ client, server }) => {
    await client.readable.cancel();
    assert(client.closed);
    const reason = new Error("aborted");
    await server.writable.abort(reason);
    assert(server.closed);
  });

  // --- much and little ---

  test("survives a drip of single bytes", async ({ client, server }) => {
    const line = "the quick brown fox\r\n";
    const reading = server.readUntil("\r\n");
    for (const character of line) await client.write(character);
    assertEquals(text(await reading), line);
  });

  test("carries much in both directions at once", async ({ client, server }) => {
    const sent = pattern(5 << 20);
    const echo = (async () => {
      for (let count = 0; count < sent.length;) {
        const piece = await server.readBytes(65536, { partial: true });
        count += piece.length;
        await server.write(piece);
      }
    })();
    const [received] = await Promise.all([client.readBytes(sent.length), client.write(sent), echo]);
    assertEquals(received.length, sent.length);
    assert(received.every((byte, at) => byte === sent[at]));
  });
}
