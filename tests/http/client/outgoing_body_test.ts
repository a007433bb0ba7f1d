import { type Chunk, HTTP1ClientConnection, HTTPHeaders } from "@denado/denado/http";
import { IOStream } from "@denado/denado/tcp";
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { OutgoingBody } from "../../../http/client/outgoing_body.ts";
import { memoryChannels } from "../../helpers/memory_pair.ts";

async function sent(body: OutgoingBody, headers: Record<string, string>): Promise<string> {
  const [here, there] = memoryChannels();
  await using server = new IOStream(there);
  await using stream = new IOStream(here);
  const connection = new HTTP1ClientConnection(stream);
  connection.startRequest({ method: "PUT", path: "/" }, new HTTPHeaders(headers));
  await body.send(connection);
  assertEquals(connection.requestFinished, true);
  await connection.stream.closeWrite();
  const text = new TextDecoder().decode(await server.readUntilClose());
  return text.slice(text.indexOf("\r\n\r\n") + 4);
}

async function* pieces(): AsyncGenerator<Chunk> {
  yield "\u00e4";
  await Promise.resolve();
  yield new Uint8Array([65]);
}

const CASES: readonly [name: string, body: () => OutgoingBody, length: number, isWhole: boolean][] = [
  ["text", () => new OutgoingBody("\u00e4A", undefined), 3, true],
  ["bytes", () => new OutgoingBody(new Uint8Array([0xc3, 0xa4, 65]), undefined), 3, true],
  ["no text", () => new OutgoingBody("", undefined), 0, true],
  ["an async iterable", () => new OutgoingBody(pieces(), undefined), -1, false],
  [
    "a producer",
    () =>
      new OutgoingBody(undefined, async (write) => {
        for await (const piece of pieces()) await write(piece);
      }),
    -1,
    false,
  ],
];

for (const [name, make, length, isWhole] of CASES) {
  Deno.test(`OutgoingBody sends ${name}`, async () => {
    const body = make();
    assertEquals([body.contentLength, body.isWhole, body.isReplayable], [length, isWhole, true]);
    const text = length === 0 ? "" : "\u00e4A";
    const headers = { "Content-Length": length === 0 ? "0" : "3" };
    assertEquals(await sent(body, headers), text);
    assertEquals(body.isReplayable, name !== "an async iterable");
  });
}

Deno.test("OutgoingBody sends chunks where the length is not told", async () => {
  assertEquals(await sent(new OutgoingBody(pieces(), undefined), {}), "2\r\n\u00e4\r\n1\r\nA\r\n0\r\n\r\n");
});

Deno.test("OutgoingBody fails with the error of its source", async () => {
  // deno-lint-ignore require-yield -- it fails before
  async function* failing(): AsyncGenerator<Chunk> {
    await Promise.resolve();
    throw new Error("no more");
  }
  await assertRejects(() => sent(new OutgoingBody(failing(), undefined), {}), Error, "no more");
});

for (const body of [5, null, {}, [1]]) {
  Deno.test(`OutgoingBody refuses ${JSON.stringify(body)}`, () => {
    assertThrows(() => new OutgoingBody(body as unknown as string, undefined), TypeError, "neither text, nor bytes");
  });
}
