import { type HTTPConnection, HTTPHeaders } from "@denado/denado/http";
import { OutputTransform } from "@denado/denado/web";
import { assertEquals, assertRejects } from "@std/assert";
import { TransformedOutput } from "../../web/transformed_output.ts";

const text = new TextEncoder();
const decoder = new TextDecoder();

/** Takes as long as it is told to for each chunk, and puts a sign in front. */
class Slow extends OutputTransform {
  readonly gates: PromiseWithResolvers<void>[] = [];
  constructor() {
    super(undefined as never); // it does not look at the request
  }
  override transformChunk(chunk: Uint8Array): Promise<Uint8Array> {
    const gate = Promise.withResolvers<void>();
    this.gates.push(gate);
    return gate.promise.then(() => text.encode(`!${decoder.decode(chunk)}`));
  }
}

function makeOutput(transforms: OutputTransform[]) {
  const calls: string[] = [];
  const show = (chunk: Uint8Array) => decoder.decode(chunk);
  const connection = {
    respond: ({ code, reason }, _headers, body) => void calls.push(`respond ${code} ${reason} ${show(body)}`),
    writeHeaders: ({ code }, _headers, chunk) => {
      calls.push(`head ${code} ${show(chunk as Uint8Array)}`);
      return Promise.resolve();
    },
    write: (chunk) => {
      calls.push(`write ${show(chunk as Uint8Array)}`);
      return Promise.resolve();
    },
    finish: () => void calls.push("finish"),
    flushed: () => Promise.resolve(),
  } as Partial<HTTPConnection> as HTTPConnection;
  const owner = {
    onSentLate: () => void calls.push("sent late"),
    onSendError: (error: unknown) => void calls.push(`failed: ${(error as Error).message}`),
  };
  const output = new TransformedOutput(transforms, { connection, owner });
  const send = (chunk: string, begins: boolean, ends: boolean) =>
    output.send({
      startLine: { code: 200, reason: "Fine" },
      headers: new HTTPHeaders(),
      chunk: text.encode(chunk),
      begins,
      ends,
    });
  return { output, calls, send };
}

Deno.test("TransformedOutput sends at once what takes no time", async () => {
  const { output, calls, send } = makeOutput([new OutputTransform(undefined as never)]);
  send("whole", true, true);
  send("a", true, false);
  send("", false, false);
  send("b", false, true);
  assertEquals(calls, ["respond 200 Fine whole", "head 200 a", "write b", "finish"]);
  assertEquals(output.busy, false);
  await output.flushed();
});

Deno.test("TransformedOutput keeps the order of what takes time", async () => {
  const slow = new Slow();
  const { output, calls, send } = makeOutput([slow]);
  send("a", true, false); // the first chunk passes
  send("b", false, false);
  send("c", false, true);
  assertEquals([calls, slow.gates.length, output.busy], [["head 200 a"], 1, true]);
  const flushed = output.flushed().then(() => calls.push("flushed"));
  slow.gates[0]!.resolve();
  while (slow.gates.length < 2) await Promise.resolve();
  assertEquals(calls, ["head 200 a", "write !b"]);
  slow.gates[1]!.resolve();
  await flushed;
  assertEquals(calls, ["head 200 a", "write !b", "write !c", "finish", "sent late", "flushed"]);
  assertEquals(output.busy, false);
});

Deno.test("TransformedOutput tells its owner of a late failure, and whoever waits", async () => {
  const slow = new Slow();
  const { output, calls, send } = makeOutput([slow]);
  send("a", true, false);
  send("b", false, false);
  const flushed = output.flushed();
  slow.gates[0]!.reject(new Error("mine"));
  await assertRejects(() => flushed, Error, "mine");
  assertEquals(calls, ["head 200 a", "failed: mine"]);
});
