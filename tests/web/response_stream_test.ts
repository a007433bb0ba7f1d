import { type ChunkSource, drainSource } from "../../web/response_stream.ts";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { settle } from "../helpers/manual_clock.ts";

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
