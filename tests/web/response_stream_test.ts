import { RequestHandler } from "@denado/denado";
import { StreamClosedError } from "@denado/denado/tcp";
import { type ChunkSource, drainSource } from "../../web/response_stream.ts";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { type ExpectedLog, expectLog, expectNoLog } from "../helpers/expect_log.ts";
import { settle } from "../helpers/manual_clock.ts";
import { request, respond, serve } from "../helpers/web_app.ts";

async function collect(source: ChunkSource<unknown>, signal = new AbortController().signal): Promise<unknown[]> {
  const pieces: unknown[] = [];
  await drainSource(source, {
    signal,
    deliver: async (piece) => {
      await settle();
      pieces.push(piece);
    },
  });
  return pieces;
}

const SOURCES: [name: string, source: () => ChunkSource<unknown>][] = [
  ["an array", () => ["a", "b"]],
  ["a generator", function* () {
    yield "a";
    yield "b";
  }],
  ["an async generator", async function* () {
    yield "a";
    await settle();
    yield "b";
  }],
  ["a ReadableStream", () => ReadableStream.from(["a", "b"])],
];

for (const [name, source] of SOURCES) {
  Deno.test(`drainSource takes ${name} to its end`, async () => assertEquals(await collect(source()), ["a", "b"]));
}

for (const source of ["text", new Uint8Array(1), null, undefined, 1, {}, new ArrayBuffer(1)]) {
  Deno.test(`drainSource refuses ${Deno.inspect(source)}`, async () => {
    await assertRejects(() => collect(source as never), TypeError, "Cannot stream from");
  });
}

Deno.test("drainSource asks for the next piece when the one before was taken, and tells when it waits", async () => {
  const calls: string[] = [];
  await drainSource(
    (async function* () {
      for (const piece of ["a", "b"]) {
        calls.push(`make ${piece}`);
        yield piece;
      }
    })(),
    {
      signal: new AbortController().signal,
      onWaiting: (waiting) => calls.push(String(waiting)),
      deliver: async (piece) => {
        await settle();
        calls.push(`took ${piece}`);
      },
    },
  );
  assertEquals(calls, "true,make a,false,took a,true,make b,false,took b,true,false,false".split(","));
});

for (const [name, kind] of [["an async generator", "generator"], ["a ReadableStream", "stream"]] as const) {
  Deno.test(`drainSource ends ${name} when nobody wants more, also while it is at work`, async () => {
    let ended: unknown;
    const controller = new AbortController();
    const gate = Promise.withResolvers<void>();
    const source = kind === "generator"
      ? (async function* () {
        try {
          await gate.promise;
          yield "late";
        } finally {
          ended = "returned";
        }
      })()
      : new ReadableStream({ cancel: (reason) => void (ended = reason) });
    const draining = collect(source, controller.signal);
    await settle();
    controller.abort("gone");
    assertEquals(await draining.catch((reason) => reason), "gone");
    gate.resolve();
    await settle();
    assertEquals(ended, kind === "generator" ? "returned" : "gone");
    assertEquals(await collect(["a"], controller.signal).catch((reason) => reason), "gone");
  });
}

Deno.test("drainSource ends the source when a piece cannot be taken, and passes on what the source fails with", async () => {
  let returned = false;
  const source = (function* () {
    try {
      yield "a";
    } finally {
      returned = true;
    }
  })();
  const { signal } = new AbortController();
  const failing = drainSource(source, { signal, deliver: () => Promise.reject(new Error("mine")) });
  await assertRejects(() => failing, Error, "mine");
  assert(returned);
  const broken = new ReadableStream({ pull: () => Promise.reject(new Error("theirs")) });
  await assertRejects(() => collect(broken), Error, "theirs");
});

Deno.test("writeFrom sends a body piece by piece, of text, bytes and objects", () =>
  expectNoLog(async () => {
    const response = await respond(
      class extends RequestHandler {
        override async get(): Promise<void> {
          await this.writeFrom(["a", new Uint8Array([98]), { c: 1 }]);
          this.write("d");
        }
      },
    );
    assertEquals([response.body, response.framing], ['ab{"c":1}d', "chunked"]);
  }));

Deno.test("writeFrom makes no more than the client reads, and ends with the client, without an error", () => {
  const finished = Promise.withResolvers<unknown>();
  let made = 0;
  let ended = false;
  const log: ExpectedLog = { level: "info", pattern: "Client left before the end", times: 1 };
  return expectLog(log, () =>
    serve(
      class extends RequestHandler {
        override async get(): Promise<void> {
          try {
            await this.writeFrom(this.#pieces());
          } catch (error) {
            finished.resolve(error);
            throw error;
          }
        }
        *#pieces(): Generator<Uint8Array> {
          try {
            for (;; made++) yield new Uint8Array(1_000_000);
          } finally {
            ended = true;
          }
        }
      },
      async (server) => {
        const client = await server.connect();
        await client.send(request("GET /"));
        await client.readBytes(1);
        for (let turns = 0; turns < 20; turns++) await new Promise((resolve) => setTimeout(resolve));
        assert(made < 20, `${made} MB made for a client that does not read`);
        client.close();
        assert(await finished.promise instanceof StreamClosedError);
        assert(ended);
        await server.connectionsEnded();
      },
    ));
});

Deno.test("writeFrom and writeEvents ask for nothing where HEAD wants no body", () =>
  expectNoLog(async () => {
    const ended: string[] = [];
    class Endless extends RequestHandler {
      override async get(path: string): Promise<void> {
        this.setHeader("X-A", "b");
        const cancel = () => void ended.push(path);
        const source = new ReadableStream<string>({ pull: (controller) => controller.enqueue("x"), cancel });
        await (path === "events" ? this.writeEvents(source) : this.writeFrom(source));
      }
    }
    for (const path of ["/events", "/chunks"]) {
      const response = await respond(Endless, `HEAD ${path}`);
      assertEquals([response.status, response.headers.get("x-a"), response.framing], [200, ["b"], "none"]);
    }
    assertEquals(ended, ["events", "chunks"]);
  }));

Deno.test("writeFrom breaks the response off when the source fails", () =>
  expectLog([
    { level: "error", category: "denado.application", pattern: "mine", times: 1 },
    { level: "error", pattern: "after headers written", times: 1 },
  ], () =>
    serve(
      class extends RequestHandler {
        override async get(): Promise<void> {
          await this.writeFrom((async function* () {
            yield "a";
            await settle();
            throw new Error("mine");
          })());
        }
      },
      async (server) => {
        const client = await server.connect();
        await client.send(request("GET /"));
        assertEquals((await client.readToEnd()).text.endsWith("1\r\na\r\n"), true);
      },
    )));
