import { DecompressingAdapter, DecompressingDelegate } from "../../http/content_coding.ts";
import type { HTTPConnection, HTTPMessageDelegate, ServerConnection } from "../../http/delegates.ts";
import { HTTPInputError } from "../../http/errors.ts";
import { HTTPHeaders } from "../../http/headers.ts";
import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { deflateRawSync, deflateSync, gzipSync } from "node:zlib";

const encode = (text: string) => new TextEncoder().encode(text);
const TEXT = "Hello, world. ".repeat(100);
const GZIP = new Uint8Array(gzipSync(TEXT));
const DEFLATE = new Uint8Array(deflateSync(TEXT));

/** Writes down what it is told. */
class Recorder implements HTTPMessageDelegate<string> {
  text = "";
  readonly sizes: number[] = [];
  readonly ends: string[] = [];
  headers: HTTPHeaders | undefined;

  headersReceived(_head: string, headers: HTTPHeaders): void {
    this.headers = headers;
  }

  dataReceived(chunk: Uint8Array): void | Promise<void> {
    this.text += new TextDecoder().decode(chunk);
    this.sizes.push(chunk.length);
  }

  finish(): void {
    this.ends.push("finish");
  }

  onConnectionClose(): void {
    this.ends.push("close");
  }
}

interface Options {
  readonly coding?: string;
  readonly maxBodySize?: number;
  readonly chunkSize?: number;
  readonly recorder?: Recorder;
}

/** Delivers a message in pieces, as a connection does: after an error it tells the delegate of the close. */
async function deliver(chunks: Iterable<Uint8Array>, options: Options = {}): Promise<Recorder> {
  const { coding = "gzip", maxBodySize = 1e9, chunkSize, recorder = new Recorder() } = options;
  const decompress = chunkSize === undefined ? {} : { chunkSize };
  const delegate = new DecompressingDelegate<string>(recorder, { maxBodySize }, decompress);
  try {
    await delegate.headersReceived("head", new HTTPHeaders(coding === "" ? {} : { "Content-Encoding": coding }));
    for (const chunk of chunks) await delegate.dataReceived(chunk);
    await delegate.finish();
  } catch (error) {
    delegate.onConnectionClose();
    throw error;
  }
  return recorder;
}

const CODED: [coding: string, body: Uint8Array, reason: string][] = [
  ["gzip", GZIP, "gzip"],
  ["GZip", GZIP, "in any case"],
  ["x-gzip", GZIP, "its other name"],
  ["deflate", DEFLATE, "deflate"],
];

for (const [coding, body, reason] of CODED) {
  Deno.test(`DecompressingDelegate decodes ${coding}: ${reason}`, async () => {
    const recorder = await deliver([body], { coding });
    assertEquals([recorder.text, recorder.ends], [TEXT, ["finish"]]);
    assertEquals([...recorder.headers!.getAll()], [["X-Consumed-Content-Encoding", coding]]);
  });

  Deno.test(`DecompressingDelegate decodes ${coding} byte by byte`, async () => {
    const recorder = await deliver(Array.from(body, (byte) => Uint8Array.of(byte)), { coding });
    assertEquals([recorder.text, recorder.ends], [TEXT, ["finish"]]);
  });
}

for (const coding of ["", "br", "identity", "gzip, gzip", "deflate,gzip", "gzipx"]) {
  Deno.test(`DecompressingDelegate leaves the coding ${JSON.stringify(coding)} alone`, async () => {
    const recorder = await deliver([encode("a"), encode("b")], { coding });
    assertEquals([recorder.text, recorder.ends, recorder.sizes], ["ab", ["finish"], [1, 1]]);
    assertEquals(recorder.headers!.get("Content-Encoding", ""), coding);
  });
}

Deno.test("DecompressingDelegate accepts a coding without a body", async () => {
  assertEquals((await deliver([])).ends, ["finish"]);
});

Deno.test("DecompressingDelegate joins several members of gzip", async () => {
  assertEquals((await deliver([GZIP, GZIP])).text, TEXT + TEXT);
  assertEquals((await deliver([new Uint8Array([...GZIP, ...GZIP])])).text, TEXT + TEXT);
});

Deno.test("DecompressingDelegate overwrites X-Consumed-Content-Encoding of the client's", async () => {
  const recorder = new Recorder();
  const delegate = new DecompressingDelegate<string>(recorder, { maxBodySize: 1 });
  await delegate.headersReceived(
    "",
    new HTTPHeaders({ "X-Consumed-Content-Encoding": "x", "Content-Encoding": "gzip" }),
  );
  assertEquals(recorder.headers!.getList("X-Consumed-Content-Encoding"), ["gzip"]);
});

const flipped = GZIP.slice();
flipped[flipped.length - 6]! ^= 1; // in the checksum

const DAMAGED: [name: string, coding: string, chunks: Uint8Array[], message: string][] = [
  ["text", "gzip", [encode("Hello")], "incorrect header check"],
  ["gzip as deflate", "deflate", [GZIP], "incorrect header check"],
  ["deflate without its zlib header", "deflate", [new Uint8Array(deflateRawSync(TEXT))], ""],
  ["a wrong checksum", "gzip", [flipped], "incorrect data check"],
  ["a body that ends early", "gzip", [GZIP.subarray(0, -1)], "unexpected end of file"],
  ["a body of one byte", "gzip", [GZIP.subarray(0, 1)], "unexpected end of file"],
  ["garbage behind gzip", "gzip", [new Uint8Array([...GZIP, 1, 2, 3])], ""],
  ["garbage behind gzip, later", "gzip", [GZIP, new Uint8Array([1, 2, 3])], ""],
  ["zeros behind gzip", "gzip", [new Uint8Array([...GZIP, 0])], "something behind its end"],
  ["garbage behind deflate", "deflate", [new Uint8Array([...DEFLATE, 1])], "something behind its end"],
  ["garbage behind deflate, later", "deflate", [DEFLATE, new Uint8Array([1])], "something behind its end"],
];

for (const [name, coding, chunks, message] of DAMAGED) {
  Deno.test(`DecompressingDelegate refuses ${name}`, async () => {
    const recorder = new Recorder();
    const error = await assertRejects(() => deliver(chunks, { coding, recorder }), HTTPInputError, message);
    assertEquals([error.status, recorder.ends], [400, ["close"]]);
  });
}

Deno.test("DecompressingDelegate delivers pieces of at most chunkSize", async () => {
  assertEquals((await deliver([gzipSync(new Uint8Array(50))], { chunkSize: 16 })).sizes, [16, 16, 16, 2]);
  assertEquals((await deliver([gzipSync(new Uint8Array(2_500))], { chunkSize: 1000 })).sizes, [1000, 1000, 500]);
  assertEquals(Math.max(...(await deliver([gzipSync(new Uint8Array(1e6))])).sizes), 65536);
});

Deno.test("DecompressingDelegate counts what comes out against the limit", async () => {
  const maxBodySize = TEXT.length;
  assertEquals((await deliver([GZIP], { maxBodySize })).text, TEXT);
  const error = await assertRejects(
    () => deliver([GZIP], { maxBodySize: maxBodySize - 1 }),
    HTTPInputError,
    `more than ${maxBodySize - 1} bytes`,
  );
  assertEquals(error.status, 413);
  await assertRejects(
    () => deliver(Array.from(GZIP, (byte) => Uint8Array.of(byte)), { maxBodySize: 500 }),
    HTTPInputError,
  );
});

Deno.test("DecompressingDelegate stops at the limit, however much more there is", async () => {
  const recorder = new Recorder();
  const bomb = gzipSync(new Uint8Array(64 << 20));
  await assertRejects(() => deliver([bomb], { maxBodySize: 100_000, chunkSize: 1000, recorder }), HTTPInputError);
  assertEquals(recorder.sizes, Array(100).fill(1000));
});

Deno.test("DecompressingDelegate looks at the limit anew for each piece", async () => {
  const limit = { maxBodySize: 1 };
  const recorder = new Recorder();
  const delegate = new DecompressingDelegate<string>(recorder, limit);
  await delegate.headersReceived("", new HTTPHeaders({ "Content-Encoding": "gzip" }));
  limit.maxBodySize = TEXT.length; // as a handler does in prepare
  await delegate.dataReceived(GZIP);
  await delegate.finish();
  assertEquals(recorder.text, TEXT);
});

Deno.test("DecompressingDelegate inflates no further than its delegate takes", async () => {
  const waiting: (() => void)[] = [];
  const recorder = new class extends Recorder {
    override dataReceived(chunk: Uint8Array): Promise<void> {
      super.dataReceived(chunk);
      return new Promise((resolve) => waiting.push(resolve));
    }
  }();
  const delivered = deliver([gzipSync(new Uint8Array(5000))], { chunkSize: 1000, recorder });
  for (let pieces = 1; pieces <= 5; pieces++) {
    while (waiting.length === 0) await new Promise((resolve) => setTimeout(resolve, 0));
    assertEquals(recorder.sizes.length, pieces);
    assertEquals(recorder.ends, []);
    waiting.pop()!();
  }
  await delivered;
  assertEquals(recorder.ends, ["finish"]);
});

Deno.test("DecompressingDelegate delivers nothing after the close, and settles what waits", async () => {
  let taken = () => {};
  const recorder = new class extends Recorder {
    override dataReceived(chunk: Uint8Array): Promise<void> {
      super.dataReceived(chunk);
      return new Promise((resolve) => taken = resolve);
    }
  }();
  const delegate = new DecompressingDelegate<string>(recorder, { maxBodySize: 1e9 }, { chunkSize: 1000 });
  await delegate.headersReceived("", new HTTPHeaders({ "Content-Encoding": "gzip" }));
  const delivered = delegate.dataReceived(gzipSync(new Uint8Array(5000)));
  while (recorder.sizes.length === 0) await new Promise((resolve) => setTimeout(resolve, 0));
  delegate.onConnectionClose();
  taken();
  await delivered;
  await delegate.finish();
  assertEquals([recorder.sizes, recorder.ends], [[1000], ["close"]]);
});

Deno.test("DecompressingDelegate settles a write that was never begun when the connection closes", async () => {
  const recorder = new Recorder();
  const delegate = new DecompressingDelegate<string>(recorder, { maxBodySize: 1e9 });
  await delegate.headersReceived("", new HTTPHeaders({ "Content-Encoding": "gzip" }));
  const delivered = delegate.dataReceived(GZIP);
  delegate.onConnectionClose();
  await delivered;
  assertEquals([recorder.text, recorder.ends], ["", ["close"]]);
});

for (const method of ["dataReceived", "finish"] as const) {
  Deno.test(`DecompressingDelegate passes on what ${method} of its delegate throws`, async () => {
    const mine = new Error("mine");
    const recorder = new Recorder();
    recorder[method] = () => {
      throw mine;
    };
    assertStrictEquals(await assertRejects(() => deliver([GZIP], { recorder })), mine);
    assertEquals(recorder.ends, ["close"]);
  });
}

Deno.test("DecompressingDelegate passes the promises of its delegate on where there is no coding", () => {
  const later = Promise.resolve();
  const delegate = new DecompressingDelegate<string>({
    headersReceived: () => later,
    dataReceived: () => later,
    finish: () => later,
    onConnectionClose: () => {},
  }, { maxBodySize: 0 });
  assertStrictEquals(delegate.headersReceived("", new HTTPHeaders()), later);
  assertStrictEquals(delegate.dataReceived(new Uint8Array(9)), later);
  assertStrictEquals(delegate.finish(), later);
});

Deno.test("DecompressingAdapter makes a delegate for each request, limited by its connection", async () => {
  const recorder = new Recorder();
  const closed: unknown[] = [];
  const adapter = new DecompressingAdapter({
    startRequest: () => recorder as unknown as HTTPMessageDelegate,
    onClose: (connection) => closed.push(connection),
  }, { chunkSize: 1000 });
  const server = {} as ServerConnection;
  const delegate = adapter.startRequest(server, { maxBodySize: 1000 } as HTTPConnection);
  await delegate.headersReceived({} as never, new HTTPHeaders({ "Content-Encoding": "gzip" }));
  await assertRejects(async () => await delegate.dataReceived(GZIP), HTTPInputError, "more than 1000 bytes");
  assertEquals(recorder.sizes, [1000]);
  adapter.onClose(server);
  assertEquals(closed, [server]);
});

Deno.test("DecompressingAdapter drops at the close what was answered before its end", async () => {
  const recorder = new Recorder();
  const adapter = new DecompressingAdapter({ startRequest: () => recorder as unknown as HTTPMessageDelegate });
  const server = {} as ServerConnection;
  const delegate = adapter.startRequest(server, { maxBodySize: 1e9 } as HTTPConnection);
  await delegate.headersReceived({} as never, new HTTPHeaders({ "Content-Encoding": "gzip" }));
  await delegate.dataReceived(GZIP.subarray(0, 20));
  adapter.onClose(server);
  await delegate.dataReceived(GZIP.subarray(20));
  assertEquals([recorder.text.length < TEXT.length, recorder.ends], [true, []]);
});
