import { assert, assertEquals, assertRejects } from "@std/assert";
import { PipeChannel } from "@denado/denado/ioloop";
import { type IOStreamOptions, PipeIOStream, StreamClosedError } from "@denado/denado/tcp";
import { expectNoLog } from "../helpers/expect_log.ts";
import { testStreams } from "../helpers/stream_suite.ts";

/** Holds some bytes, which it copies, as the system's pipes do. */
function pipe(): TransformStream<Uint8Array, Uint8Array> {
  const copy: Transformer<Uint8Array, Uint8Array> = {
    transform: (chunk, controller) => controller.enqueue(chunk.slice()),
  };
  return new TransformStream(copy, undefined, { highWaterMark: 65536, size: (chunk) => chunk.length });
}

testStreams({
  name: "Pipe",
  halfClose: false,
  transportBytes: 1 << 20,
  connect({ client, server }: { client?: IOStreamOptions; server?: IOStreamOptions }) {
    const there = pipe();
    const back = pipe();
    return Promise.resolve({
      client: new PipeIOStream({ readable: back.readable, writable: there.writable }, client),
      server: new PipeIOStream(new PipeChannel({ readable: there.readable, writable: back.writable }), server),
    });
  },
});

Deno.test("PipeIOStream talks to a child", () =>
  expectNoLog(async () => {
    const child = new Deno.Command("cat", { stdin: "piped", stdout: "piped" }).spawn();
    const input = new PipeIOStream({ writable: child.stdin });
    const output = new PipeIOStream({ readable: child.stdout });
    await input.write("one\ntwo\n");
    assertEquals(new TextDecoder().decode(await output.readUntil("\n")), "one\n");
    input.close();
    assertEquals(new TextDecoder().decode(await output.readUntilClose()), "two\n");
    await assertRejects(() => output.readBytes(1), StreamClosedError);
    assert((await child.status).success);
  }));
