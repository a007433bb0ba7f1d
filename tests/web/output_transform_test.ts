import { Application, RequestHandler } from "@denado/denado";
import { HTTPHeaders, type HTTPServerRequest } from "@denado/denado/http";
import { type FirstChunk, type HandlerClass, OutputTransform, type OutputTransformClass } from "@denado/denado/web";
import { assert, assertEquals } from "@std/assert";
import { shortBodiesOf, TransformChain } from "../../web/output_transform.ts";
import { type ExpectedLog, expectLog, expectNoLog } from "../helpers/expect_log.ts";
import { header } from "../helpers/http_client.ts";
import { type TestServer, withServer } from "../helpers/http_server.ts";
import { settle } from "../helpers/manual_clock.ts";
import { Hello, request } from "../helpers/web_app.ts";

const text = new TextEncoder();

/** Puts a letter and the length around each chunk; tells what it was called with. */
class Marks extends OutputTransform {
  static calls: string[] = [];
  static slow = false;

  override transformFirstChunk(first: FirstChunk, finishing: boolean): FirstChunk | Promise<FirstChunk> {
    Marks.calls.push(`first ${first.statusCode} ${first.chunk.length} ${finishing}`);
    first.headers.set("X-Marks", String(first.headers.get("Content-Length")));
    const chunk = mark("<", first.chunk);
    if (finishing) first.headers.set("Content-Length", String(chunk.length));
    return later({ ...first, chunk });
  }

  override transformChunk(chunk: Uint8Array, finishing: boolean): Uint8Array | Promise<Uint8Array> {
    Marks.calls.push(`chunk ${chunk.length} ${finishing}`);
    return later(mark(finishing ? ">" : "|", chunk));
  }

  override close(): void {
    Marks.calls.push("close");
  }
}

function later<T>(value: T): T | Promise<T> {
  return Marks.slow ? settle().then(() => value) : value;
}

function mark(sign: string, chunk: Uint8Array): Uint8Array {
  return text.encode(`${sign}${new TextDecoder().decode(chunk)}`);
}

async function serveMarked(
  handler: HandlerClass,
  test: (server: TestServer) => Promise<void>,
  transforms: OutputTransformClass[] = [Marks],
): Promise<void> {
  const app = new Application([["/again", Hello], ["/(.*)", handler]], { logFunction: () => {} });
  for (const transform of transforms) app.addTransform(transform);
  Marks.calls = [];
  await withServer(app, test);
}

for (const slow of [false, true]) {
  const when = slow ? "after a while" : "at once";

  Deno.test(`OutputTransform that answers ${when} sees a whole response once, with its length`, () =>
    expectNoLog(() => {
      Marks.slow = slow;
      let finishes = 0;
      class Counted extends Hello {
        override onFinish(): void {
          finishes++;
        }
      }
      return serveMarked(Counted, async (server) => {
        const client = await server.connect();
        const response = await client.request(request("GET /"));
        assertEquals([response.body, response.framing, header(response, "X-Marks")], ["<Hello", "length", "5"]);
        assertEquals([Marks.calls, finishes], [["first 200 5 true", "close"], 1]);
        await client.send(request("GET /") + request("HEAD /") + request("GET /"));
        assertEquals((await client.read()).body, "<Hello");
        assertEquals((await client.read("HEAD")).body, "");
        assertEquals((await client.read()).body, "<Hello");
      });
    }));

  Deno.test(`OutputTransform that answers ${when} sees a streamed response in order, whoever waits`, () =>
    expectNoLog(() => {
      Marks.slow = slow;
      return serveMarked(
        class extends RequestHandler {
          override get(): void {
            this.write("a");
            this.flush();
            this.flush();
            this.write("b");
            this.flush();
            this.setStatus(500); // too late
            this.finish("c");
          }
          override async post(): Promise<void> {
            for (const piece of ["a", "b"]) {
              this.write(piece);
              await this.flush();
            }
          }
          override async put(): Promise<void> {
            await this.finish("a");
            assertEquals(Marks.calls, ["first 200 1 true", "close"]);
          }
        },
        async (server) => {
          const client = await server.connect();
          const streamed = await client.request(request("GET /"));
          assertEquals([streamed.status, streamed.body], [200, "<a|b>c"]);
          assertEquals(Marks.calls, ["first 200 1 false", "chunk 1 false", "chunk 1 true", "close"]);
          assertEquals((await client.request(request("POST /"))).body, "<a|b>");
          Marks.calls = [];
          assertEquals((await client.request(request("PUT /"))).body, "<a");
        },
      );
    }));

  Deno.test(`OutputTransform that fails ${when} on the first chunk ${slow ? "breaks the response off" : "is answered with 500"}`, () => {
    class Failing extends Marks {
      override transformFirstChunk(first: FirstChunk, finishing: boolean): FirstChunk | Promise<FirstChunk> {
        const fail = () => {
          throw new Error("mine");
        };
        if (first.statusCode === 200) return slow ? settle().then(fail) : fail();
        return super.transformFirstChunk(first, finishing);
      }
    }
    Marks.slow = false;
    const log: ExpectedLog = { level: "error", category: "denado.application", pattern: "mine", times: 1 };
    let finishes = 0;
    class Counted extends Hello {
      override onFinish(): void {
        finishes++;
      }
    }
    return expectLog(log, () =>
      serveMarked(Counted, async (server) => {
        const client = await server.connect();
        if (slow) {
          await client.send(request("GET /"));
          assertEquals((await client.readToEnd()).text, "");
        } else {
          const response = await client.request(request("GET /"));
          assertEquals([response.status, response.body.startsWith("<<html>")], [500, true]);
        }
        await settle();
        assertEquals(finishes, 1);
        assertEquals(Marks.calls.filter((call) => call === "close").length, slow ? 1 : 2); // the first one was dropped
      }, [Failing]));
  });

  Deno.test(`OutputTransform that fails ${when} on a later chunk breaks the response off, and the flush rejects`, () => {
    class Failing extends Marks {
      override transformChunk(): Promise<Uint8Array> | Uint8Array {
        if (slow) return settle().then(() => Promise.reject(new Error("mine")));
        throw new Error("mine");
      }
    }
    Marks.slow = false;
    const outcome = Promise.withResolvers<unknown>();
    const log: ExpectedLog[] = [{ level: "error", pattern: "mine" }];
    if (!slow) log.push({ level: "error", pattern: "after headers written", times: 1 });
    return expectLog(log, () =>
      serveMarked(
        class extends RequestHandler {
          override async get(): Promise<void> {
            this.write("a");
            await this.flush();
            this.write("b");
            try {
              await this.flush();
            } catch (error) {
              outcome.resolve(error);
              throw error;
            }
          }
        },
        async (server) => {
          const client = await server.connect();
          await client.send(request("GET /"));
          const { text } = await client.readToEnd();
          assert(text.includes("<a") && !text.endsWith("0\r\n\r\n"), text);
          assertEquals(((await outcome.promise) as Error).message, "mine");
        },
        [Failing],
      ));
  });
}

Deno.test("OutputTransform that takes time hides no error of what comes after the response", () => {
  Marks.slow = true;
  const logFunction = () => {
    throw new Error("mine");
  };
  return expectLog({ level: "error", category: "denado.application", pattern: "mine", times: 2 }, () =>
    withServer(
      new Application([["/", Hello]], { logFunction, transforms: [Marks] }),
      async (server) => {
        const client = await server.connect();
        for (let i = 0; i < 2; i++) assertEquals((await client.request(request("GET /"))).body, "<Hello");
        await settle();
      },
    ));
});

Deno.test("OutputTransform may change the status and the entity tag, which conditional requests go by", () =>
  expectNoLog(() => {
    class Changing extends OutputTransform {
      override transformFirstChunk(first: FirstChunk): FirstChunk {
        return first.statusCode === 200 ? { ...first, statusCode: 203 } : first;
      }
      override transformEtag(etag: string): string {
        return etag.replace(/"$/, '-changed"');
      }
    }
    return serveMarked(
      Hello,
      async (server) => {
        const client = await server.connect();
        const response = await client.request(request("GET /"));
        assertEquals([response.status, response.reason], [203, "Non-Authoritative Information"]);
        const tag = header(response, "Etag")!.replace(/"$/, '-changed-changed"');
        const again = await client.request(request("GET /", `If-None-Match: ${tag}\r\n`));
        assertEquals([again.status, header(again, "Etag")], [304, tag]);
      },
      [Changing, Changing],
    );
  }));

Deno.test("OutputTransform is made with the request, and changes nothing by itself", () =>
  serveMarked(
    Hello,
    async (server) => {
      const client = await server.connect();
      const response = await client.request(request("GET /path"));
      assertEquals([response.body, header(response, "X-Path")], ["Hello", "/path"]);
    },
    [
      OutputTransform,
      class extends OutputTransform {
        #path: string;
        constructor(request: HTTPServerRequest) {
          super(request);
          this.#path = request.path;
        }
        override transformFirstChunk(first: FirstChunk): FirstChunk {
          first.headers.set("X-Path", this.#path);
          return first;
        }
      },
    ],
  ));

Deno.test("shortBodiesOf counts for one transform, and for the class that says so itself", () => {
  class Says extends OutputTransform {
    static readonly shortBodies = { below: 10, vary: "X" };
  }
  class Inherits extends Says {}
  assertEquals(shortBodiesOf([Says]), { below: 10, vary: "X" });
  for (const transforms of [[], [Inherits], [Says, OutputTransform], [OutputTransform]]) {
    assertEquals(shortBodiesOf(transforms), undefined);
  }
  const app = new Application([], { transforms: [Says] });
  assertEquals(app.shortBodies, { below: 10, vary: "X" });
  app.addTransform(OutputTransform);
  assertEquals(app.shortBodies, undefined);
});

Deno.test("TransformChain applies one transform after the other, promises or not", async () => {
  class Append extends OutputTransform {
    constructor(readonly sign: string, readonly slow: boolean) {
      super(undefined as never); // it does not look at the request
    }
    override transformChunk(chunk: Uint8Array): Uint8Array | Promise<Uint8Array> {
      const result = text.encode(new TextDecoder().decode(chunk) + this.sign);
      return this.slow ? Promise.resolve(result) : result;
    }
  }
  const decoder = new TextDecoder();
  const chain = new TransformChain([new Append("a", false), new Append("b", true), new Append("c", false)]);
  const first = { statusCode: 200, headers: new HTTPHeaders(), chunk: text.encode("x") };
  assertEquals(chain.transformFirstChunk(first, true), first);
  assertEquals(decoder.decode(await chain.transformChunk(first.chunk, false)), "xabc");
  const quick = new TransformChain([new Append("a", false), new Append("c", false)]).transformChunk(first.chunk, true);
  assert(quick instanceof Uint8Array);
  assertEquals(decoder.decode(quick), "xac");
  assertEquals(new TransformChain([]).transformEtag('"x"', first.headers), '"x"');
});

Deno.test("OutputTransform by the setting transforms takes the place of compression", async () => {
  const settings = { transforms: [Marks], compressResponse: true, logFunction: () => {} };
  const app = new Application([["/", Hello]], settings);
  app.addTransform(OutputTransform);
  assertEquals(app.transforms, [Marks, OutputTransform]);
  assertEquals(settings.transforms, [Marks]);
  Marks.slow = false;
  await withServer(app, async (server) => {
    const client = await server.connect();
    const response = await client.request(request("GET /", "Accept-Encoding: gzip\r\n"));
    assertEquals([response.body, response.headers.has("vary")], ["<Hello", false]);
  });
});
