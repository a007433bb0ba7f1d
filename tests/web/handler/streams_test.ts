import { RequestHandler } from "@denado/denado";
import { StreamClosedError } from "@denado/denado/tcp";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { type ExpectedLog, expectLog, expectNoLog } from "../../helpers/expect_log.ts";
import { header } from "../../helpers/http_client.ts";
import { settle } from "../../helpers/manual_clock.ts";
import { request, respond, serve } from "../../helpers/web_app.ts";

Deno.test("StreamHandler.writeFrom sends a body piece by piece, of text, bytes and objects", () =>
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

Deno.test("StreamHandler.writeFrom makes no more than the client reads, and ends with the client, without an error", () => {
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

Deno.test("StreamHandler.writeFrom and writeEvents ask for nothing where HEAD wants no body", () =>
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

Deno.test("StreamHandler.writeFrom breaks the response off when the source fails", () =>
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

Deno.test("StreamHandler sends early hints before the response, to HTTP/1.1 clients", () =>
  expectNoLog(() =>
    serve(
      class extends RequestHandler {
        override async get(): Promise<void> {
          this.sendEarlyHints("</a.css>; rel=preload; as=style");
          this.sendEarlyHints(["</b.js>; rel=preload", "</c>; rel=preconnect"]);
          assertThrows(() => this.sendEarlyHints("a\r\nb"), TypeError);
          this.write("page");
          await this.flush();
          assertThrows(() => this.sendEarlyHints("<a>"), Error, "headers were sent");
        }
      },
      async (server) => {
        const client = await server.connect();
        const first = await client.request(request("GET /"));
        assertEquals([first.status, first.reason], [103, "Early Hints"]);
        assertEquals(header(first, "Link"), "</a.css>; rel=preload; as=style");
        assertEquals((await client.read()).headers.get("link"), ["</b.js>; rel=preload", "</c>; rel=preconnect"]);
        assertEquals((await client.read()).body, "page");
        assertEquals((await client.request("GET / HTTP/1.0\r\n\r\n")).status, 200);
      },
    )
  ));
