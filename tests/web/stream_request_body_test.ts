import { HTTPError, RequestHandler, streamRequestBody } from "@denado/denado";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { gzipSync } from "node:zlib";
import { Application } from "@denado/denado";
import { type ExpectedLog, expectLog, expectNoLog } from "../helpers/expect_log.ts";
import type { RawClient } from "../helpers/http_client.ts";
import { withServer } from "../helpers/http_server.ts";
import { settle } from "../helpers/manual_clock.ts";
import { request, serve } from "../helpers/web_app.ts";

const decoder = new TextDecoder();

/** Tells in its response what was called, in order. */
class Recorder extends RequestHandler {
  static override readonly STREAM_REQUEST_BODY: boolean = true;
  readonly calls: string[] = [];

  override prepare(): void | Promise<void> {
    this.calls.push("prepare");
  }
  override dataReceived(chunk: Uint8Array): void | Promise<void> {
    this.calls.push(decoder.decode(chunk));
  }
  override post(): void | Promise<void> {
    this.write([...this.calls, `post ${this.request.body.length}`].join(","));
  }
}

/** Sends a chunk and gives the server time to read it before the next one goes. */
async function sendChunks(client: RawClient, ...chunks: string[]): Promise<void> {
  for (const chunk of chunks) {
    await client.send(`${chunk.length.toString(16)}\r\n${chunk}\r\n`);
    await settle();
    await new Promise((resolve) => setTimeout(resolve));
  }
}

const CHUNKED = "Transfer-Encoding: chunked\r\n";

for (const slow of [false, true]) {
  class Handler extends Recorder {
    override prepare(): void | Promise<void> {
      super.prepare();
      if (slow) return settle();
    }
    override post(): void | Promise<void> {
      if (!slow) return super.post();
      return settle().then(() => super.post());
    }
  }

  Deno.test(`streamRequestBody runs ${slow ? "a slow" : "a quick"} prepare, then gives the parts, then runs the method`, () =>
    expectNoLog(() =>
      serve(Handler, async (server) => {
        const client = await server.connect();
        for (let i = 0; i < 2; i++) {
          await client.send(request("POST /", "Content-Length: 4\r\n") + "abcd");
          assertEquals((await client.read()).body, "prepare,abcd,post 0");
        }
        await client.send(request("POST /", CHUNKED));
        await sendChunks(client, "1111", "2222");
        await client.send("0\r\n\r\n");
        assertEquals((await client.read()).body.replace("1111,2222", "11112222"), "prepare,11112222,post 0");
        assertEquals((await client.request(request("POST /"))).body, "prepare,post 0"); // without a body
        assertEquals((await client.request(request("PUT /", "Content-Length: 0\r\n"))).status, 405);
        assertEquals((await client.request(request("GET /again"))).body, "Hello");
      })
    ));
}

Deno.test("streamRequestBody holds the client back while dataReceived takes its time, and never overlaps", () =>
  expectNoLog(() => {
    let running = 0;
    let most = 0;
    let size = 0;
    let methodRan = false;
    return serve(
      class extends Recorder {
        override async dataReceived(chunk: Uint8Array): Promise<void> {
          most = Math.max(most, ++running);
          const before = chunk.slice();
          await settle();
          assertEquals(chunk, before); // it is the handler's own
          assert(!methodRan);
          size += chunk.length;
          running--;
        }
        override post(): void {
          methodRan = true;
          this.write(`${most} ${size}`);
        }
      },
      async (server) => {
        const client = await server.connect();
        const body = crypto.getRandomValues(new Uint8Array(60_000));
        const all = Uint8Array.from({ length: 600_000 }, (_, at) => body[at % body.length]!);
        await client.send(request("POST /", `Content-Length: ${all.length}\r\n`));
        await client.send(all);
        assertEquals((await client.read()).body, "1 600000");
      },
    );
  }));

interface EarlyCase {
  readonly name: string;
  readonly handler: typeof Recorder;
  readonly status: number;
  readonly log?: ExpectedLog;
}

const APP_ERROR: ExpectedLog = { level: "error", category: "denado.application", pattern: "mine", times: 1 };

const EARLY: EarlyCase[] = [
  {
    name: "prepare throws",
    handler: class extends Recorder {
      override prepare(): void {
        throw new HTTPError(401);
      }
    },
    status: 401,
  },
  {
    name: "prepare rejects",
    handler: class extends Recorder {
      override async prepare(): Promise<void> {
        await settle();
        throw new HTTPError(401);
      }
    },
    status: 401,
  },
  {
    name: "prepare finishes",
    handler: class extends Recorder {
      override prepare(): void {
        this.setStatus(202);
        this.finish();
      }
    },
    status: 202,
  },
  {
    name: "initialize throws",
    handler: class extends Recorder {
      override initialize(): void {
        throw new Error("mine");
      }
    },
    status: 500,
    log: APP_ERROR,
  },
  {
    name: "dataReceived throws",
    handler: class extends Recorder {
      override dataReceived(): void {
        throw new Error("mine");
      }
    },
    status: 500,
    log: APP_ERROR,
  },
  {
    name: "dataReceived rejects",
    handler: class extends Recorder {
      override async dataReceived(): Promise<void> {
        await settle();
        throw new HTTPError(409);
      }
    },
    status: 409,
  },
  {
    name: "dataReceived finishes",
    handler: class extends Recorder {
      override dataReceived(): void {
        this.setStatus(202);
        this.finish();
      }
    },
    status: 202,
  },
  {
    name: "there is no dataReceived",
    handler: class extends RequestHandler {
      static override readonly STREAM_REQUEST_BODY = true;
      override post(): void {
        throw new Error("not reached");
      }
    } as unknown as typeof Recorder,
    status: 500,
    log: { level: "error", pattern: "has no dataReceived", times: 1 },
  },
];

for (const { name, handler, status, log } of EARLY) {
  Deno.test(`streamRequestBody answers ${status} before the end of the body when ${name}`, () =>
    expectLog(log ?? [], () => {
      let late = 0;
      let finishes = 0;
      class Handler extends handler {
        override dataReceived(chunk: Uint8Array): void | Promise<void> {
          if (this.finished) late++;
          return super.dataReceived(chunk);
        }
        override post(): void {
          late++;
        }
        override onFinish(): void {
          finishes++;
        }
      }
      return serve(Handler, async (server) => {
        const client = await server.connect();
        await client.send(request("POST /", CHUNKED) + "4\r\nabcd\r\n");
        assertEquals((await client.read()).status, status);
        await client.send("4\r\nabcd\r\n");
        await client.expectEnd();
        assertEquals([late, finishes], [0, 1]);
      });
    }));
}

for (const waiting of [false, true]) {
  Deno.test(`streamRequestBody tells of a client that leaves ${waiting ? "during dataReceived" : "between two parts"}`, () => {
    const entered = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    const finished = Promise.withResolvers<void>();
    const calls: string[] = [];
    return expectNoLog(() =>
      serve(
        class extends Recorder {
          override async dataReceived(): Promise<void> {
            this.signal.addEventListener("abort", () => calls.push("abort"));
            entered.resolve();
            if (waiting) await gate.promise;
          }
          override post(): void {
            calls.push("post");
          }
          override onConnectionClose(): void {
            calls.push("onConnectionClose");
          }
          override onFinish(): void {
            calls.push("onFinish");
            finished.resolve();
          }
        },
        async (server) => {
          const client = await server.connect();
          await client.send(request("POST /", CHUNKED) + "4\r\nabcd\r\n");
          await entered.promise;
          client.close();
          gate.resolve(); // nothing is read before, so that it is noticed then
          await finished.promise;
          await server.connectionsEnded();
          assertEquals(calls, ["onConnectionClose", "onFinish", "abort"]);
        },
      )
    );
  });
}

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

for (const streams of [false, true]) {
  class Keeper extends RequestHandler {
    static override readonly STREAM_REQUEST_BODY: boolean = streams;
    readonly parts: Uint8Array[] = [];

    override dataReceived(part: Uint8Array): Promise<void> {
      this.parts.push(part);
      return settle();
    }
    override async post(): Promise<void> {
      const parts = streams ? this.parts : [this.request.body];
      this.write(await sha256(await new Blob(parts as BlobPart[]).bytes()));
    }
  }

  Deno.test(`${streams ? "streamRequestBody gives parts" : "A request has a body"} that can be kept while more arrives, also when large`, () =>
    serve(Keeper, async (server) => {
      const body = crypto.getRandomValues(new Uint8Array(65536));
      const whole = new Uint8Array(65536 * 40).map((_, at) => body[at % 65536]! ^ (at >> 16));
      const client = await server.connect();
      await client.send(request("POST /", `Content-Length: ${whole.length}\r\n`));
      await client.send(whole);
      assertEquals((await client.read()).body, await sha256(whole));
    }));
}

Deno.test("streamRequestBody lets prepare change the limit for the body", () => {
  class Limited extends Recorder {
    override prepare(): void {
      this.request.connection.setMaxBodySize(this.request.query === "small" ? 10 : 1000);
    }
    override dataReceived(): void {}
  }
  return expectLog(
    { level: "info", pattern: "Content-Length too long: 11 bytes", times: 1 },
    () =>
      withServer(new Application([["/", Limited]], { logFunction: () => {} }), async (server) => {
        const client = await server.connect();
        assertEquals(
          (await client.request(request("POST /", "Content-Length: 500\r\n") + "x".repeat(500))).status,
          200,
        );
        await client.send(request("POST /?small", "Content-Length: 11\r\n") + "x".repeat(11));
        assertEquals((await client.read()).status, 413);
      }, { maxBodySize: 100 }),
  );
});

Deno.test("streamRequestBody lets prepare refuse a body before the client sends it", () =>
  expectNoLog(() =>
    serve(
      class extends Recorder {
        override async prepare(): Promise<void> {
          await settle();
          if (this.request.query === "no") throw new HTTPError(401);
        }
      },
      async (server) => {
        const client = await server.connect();
        const expecting = "Content-Length: 3\r\nExpect: 100-continue\r\n";
        assertEquals((await client.request(request("POST /?yes", expecting))).status, 100);
        await client.send("abc");
        assertEquals((await client.read()).body, "abc,post 0");
        assertEquals((await client.request(request("POST /?no", expecting))).status, 401);
      },
    )
  ));

Deno.test("streamRequestBody gives the parts decompressed when the server does that", () =>
  expectNoLog(() =>
    withServer(new Application([["/", Recorder]], { logFunction: () => {} }), async (server) => {
      const body = gzipSync("abcdefgh");
      const client = await server.connect();
      await client.send(request("POST /", `Content-Encoding: gzip\r\nContent-Length: ${body.length}\r\n`));
      await client.send(body);
      const [prepare, ...parts] = (await client.read()).body.split(",");
      assertEquals([prepare, parts.pop(), parts.join("")], ["prepare", "post 0", "abcdefgh"]);
      assert(parts.every((part) => part.length <= 3), String(parts));
    }, { decompressRequest: true, chunkSize: 3 })
  ));

Deno.test("streamRequestBody decorates classes of handlers, and their subclasses inherit it", () => {
  @streamRequestBody
  class Decorated extends RequestHandler {}
  class Sub extends Decorated {}
  class Off extends Sub {
    static override readonly STREAM_REQUEST_BODY = false;
  }
  const streams = [RequestHandler, Decorated, Sub, Off].map((handler) => handler.STREAM_REQUEST_BODY);
  assertEquals(streams, [false, true, true, false]);
  assertThrows(() => streamRequestBody(Object as never), TypeError, "it is no RequestHandler");
});
