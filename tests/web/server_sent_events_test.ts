import { RequestHandler } from "@denado/denado";
import { formatEvent, type ServerSentEvent } from "@denado/denado/web";
import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { type ExpectedLog, expectLog, expectNoLog } from "../helpers/expect_log.ts";
import { header, type RawClient } from "../helpers/http_client.ts";
import { settle } from "../helpers/manual_clock.ts";
import { request, respond, serve } from "../helpers/web_app.ts";

const EVENTS: [event: ServerSentEvent | string, text: string][] = [
  ["hello", "data: hello\n\n"],
  ["", "data: \n\n"],
  ["a\nb\r\nc\rd", "data: a\ndata: b\ndata: c\ndata: d\n\n"],
  ["a\n", "data: a\ndata: \n\n"],
  [{ data: "x" }, "data: x\n\n"],
  [{ data: { a: "b\nc" } }, 'data: {"a":"b\\nc"}\n\n'],
  [{ data: null }, "data: null\n\n"],
  [{ data: 1 }, "data: 1\n\n"],
  [
    { event: "add", data: "x", id: "7", retryMs: 100, comment: "why" },
    ": why\nretry: 100\nevent: add\nid: 7\ndata: x\n\n",
  ],
  [{ id: "" }, "id: \n\n"],
  [{ comment: "a\ndata: b" }, ": a\n: data: b\n\n"],
  [{ retryMs: 0 }, "retry: 0\n\n"],
  [{}, "\n"],
  [{ data: "ä€\u2028" }, "data: ä€\u2028\n\n"],
];

for (const [event, text] of EVENTS) {
  Deno.test(`formatEvent writes ${JSON.stringify(event)}`, () => assertEquals(formatEvent(event), text));
}

const REFUSED: ServerSentEvent[] = [
  { event: "a\nb" },
  { event: "a\rdata: b" },
  { id: "a\n" },
  { id: "a\0" },
  { data: () => 1 },
  { data: Symbol("a") },
  { data: 1n },
  { retryMs: -1 },
  { retryMs: 1.5 },
  { retryMs: NaN },
];

for (const event of REFUSED) {
  Deno.test(`formatEvent refuses ${Deno.inspect(event)}`, () => {
    assertThrows(() => formatEvent(event));
  });
}

Deno.test("writeEvents sends what a source yields, as an event stream that nobody keeps", () =>
  expectNoLog(async () => {
    const response = await respond(
      class extends RequestHandler {
        override async get(): Promise<void> {
          await this.writeEvents(
            (async function* () {
              yield "one";
              yield { event: "two", data: 2 };
            })(),
            { retryMs: 3000 },
          );
          this.write(": after\n\n");
        }
      },
    );
    assertEquals(response.body, "retry: 3000\n\ndata: one\n\nevent: two\ndata: 2\n\n: after\n\n");
    assertEquals(header(response, "Content-Type"), "text/event-stream; charset=UTF-8");
    assertEquals([header(response, "Cache-Control"), header(response, "X-Accel-Buffering")], ["no-store", "no"]);
  }));

Deno.test("writeEvents sends each event at once, also compressed, and the head before the first", () =>
  expectNoLog(async () => {
    for (const fields of ["", "Accept-Encoding: gzip\r\n"]) {
      const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      await serve(
        class extends RequestHandler {
          override async get(): Promise<void> {
            await this.writeEvents(
              (async function* () {
                for (const gate of gates) {
                  await gate.promise;
                  yield "event ".repeat(100);
                }
              })(),
            );
          }
        },
        async (server) => {
          const client = await server.connect();
          await client.send(request("GET /", fields));
          let text = await client.readBytes(1);
          assertStringIncludes(text, "text/event-stream");
          for (const gate of gates) {
            gate.resolve();
            text += await client.readBytes(1);
          }
          if (!text.endsWith("0\r\n\r\n")) await readTo(client, "0\r\n\r\n");
        },
        { compressResponse: true },
      );
    }
  }));

Deno.test("writeEvents sends comments while nothing happens, and none when it is told so", () =>
  expectNoLog(() => {
    const gate = Promise.withResolvers<void>();
    const waiting = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    return serve(
      class extends RequestHandler {
        override async get(path: string): Promise<void> {
          const keepAliveMs = path === "never" ? 0 : 1000;
          await this.writeEvents(
            (async function* () {
              waiting[path === "never" ? 1 : 0]!.resolve();
              await gate.promise;
              yield "done";
            })(),
            { keepAliveMs },
          );
        }
      },
      async (server) => {
        const [often, never] = [await server.connect(), await server.connect()];
        await often.send(request("GET /"));
        await never.send(request("GET /never"));
        for (const it of waiting) await it.promise;
        await server.clock.advance(3500);
        gate.resolve();
        const heard = await readTo(often, "0\r\n\r\n");
        assertEquals(heard.split("3\r\n:\n\n\r\n").length - 1, 3);
        assertStringIncludes(heard, "data: done");
        assertEquals((await readTo(never, "0\r\n\r\n")).includes("\n:\n"), false);
      },
    );
  }));

for (const waiting of [true, false]) {
  Deno.test(`writeEvents ends its source when the client leaves ${waiting ? "while it waits" : "while it sends"}, quietly`, () =>
    expectNoLog(() => {
      const calls: string[] = [];
      const entered = Promise.withResolvers<void>();
      const finished = Promise.withResolvers<void>();
      return serve(
        class extends RequestHandler {
          override async get(): Promise<void> {
            await this.writeEvents(this.#events());
            calls.push("after");
          }
          async *#events(): AsyncGenerator<string> {
            try {
              entered.resolve();
              for (;;) {
                if (waiting) await aborted(this.signal);
                yield "x".repeat(100_000);
              }
            } finally {
              calls.push("source ended");
            }
          }
          override onFinish(): void {
            finished.resolve();
          }
        },
        async (server) => {
          const client = await server.connect();
          await client.send(request("GET /"));
          await entered.promise;
          await client.readBytes(1);
          client.close();
          await finished.promise;
          await settle();
          assertEquals(calls.sort(), ["after", "source ended"]);
        },
      );
    }));
}

const FAILURES: [name: string, source: () => AsyncGenerator<ServerSentEvent>, message: string][] = [
  ["fails", async function* () {
    yield { data: "x" };
    throw new Error("mine");
  }, "mine"],
  ["yields what cannot be sent", async function* () {
    yield { id: "a\nb" };
  }, "Cannot send an event"],
];

for (const [name, source, message] of FAILURES) {
  Deno.test(`writeEvents breaks the response off when the source ${name}`, () => {
    const log: ExpectedLog[] = [
      { level: "error", category: "denado.application", pattern: message, times: 1 },
      { level: "error", pattern: "after headers written", times: 1 },
    ];
    return expectLog(log, () =>
      serve(
        class extends RequestHandler {
          override async get(): Promise<void> {
            await this.writeEvents(source());
          }
        },
        async (server) => {
          const client = await server.connect();
          await client.send(request("GET /"));
          const { text } = await client.readToEnd();
          assertEquals(text.endsWith("0\r\n\r\n"), false);
        },
      ));
  });
}

Deno.test("writeEvents refuses wrong times, and headers that were sent", () =>
  expectNoLog(async () => {
    const response = await respond(
      class extends RequestHandler {
        override async get(): Promise<void> {
          for (const keepAliveMs of [-1, NaN]) {
            const error = await this.writeEvents([], { keepAliveMs }).catch((error) => error);
            assertEquals(error instanceof RangeError, true);
          }
          await this.flush();
          const error = await this.writeEvents([]).catch((error) => error);
          assertStringIncludes(error.message, "headers were sent already");
        }
      },
    );
    assertEquals(response.status, 200);
  }));

Deno.test("lastEventId is what the client has seen, in UTF-8", async () => {
  class Last extends RequestHandler {
    override get(): void {
      this.write({ id: this.lastEventId ?? null });
    }
  }
  assertEquals((await respond(Last)).body, '{"id":null}');
  assertEquals((await respond(Last, "GET /", "Last-Event-ID: 7\r\n")).body, '{"id":"7"}');
  assertEquals((await respond(Last, "GET /", "Last-Event-ID: \xc3\xa4\r\n")).body, '{"id":"\xc3\xa4"}');
});

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve()));
}

async function readTo(client: RawClient, end: string): Promise<string> {
  let text = "";
  while (!text.endsWith(end)) text += await client.readBytes(1);
  return text;
}
