import { Application, type ApplicationSettings, Finish, HTTPError, RequestHandler } from "@denado/denado";
import type { ErrorInfo, HandlerClass } from "@denado/denado/web";
import { HTTPHeaders } from "@denado/denado/http";
import { StreamClosedError } from "@denado/denado/tcp";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { type ExpectedLog, expectLog, expectNoLog } from "../helpers/expect_log.ts";
import { header, type RawResponse } from "../helpers/http_client.ts";
import { type TestServer, withServer } from "../helpers/http_server.ts";
import { settle } from "../helpers/manual_clock.ts";

class Hello extends RequestHandler {
  override get(): void {
    this.write("Hello");
  }
}

/** Serves one handler at every path but `/again`, with the access log switched off. */
function serve(
  handler: HandlerClass,
  test: (server: TestServer) => Promise<void>,
  settings: ApplicationSettings = {},
): Promise<void> {
  const app = new Application([["/again", Hello], ["/(.*)", handler]], { logFunction: () => {}, ...settings });
  return withServer(app, test);
}

function request(line: string, fields = ""): string {
  return `${line} HTTP/1.1\r\nHost: a\r\n${fields}\r\n`;
}

/** The response of a handler to one request, on a connection that must go on afterwards. */
async function respond(handler: HandlerClass, line = "GET /", fields = "", settings?: ApplicationSettings) {
  let response!: RawResponse;
  await serve(handler, async (server) => {
    const client = await server.connect();
    response = await client.request(request(line, fields));
    assertEquals((await client.request(request("GET /again"))).body, "Hello");
  }, settings);
  return response;
}

const APP_ERROR: ExpectedLog = { level: "error", category: "denado.application", pattern: /Error: mine/, times: 1 };
const mine = () => new Error("mine");

// --- the ordinary response ---

Deno.test("RequestHandler sends the default headers", async () => {
  const response = await respond(Hello);
  assertEquals([response.status, response.reason, response.body], [200, "OK", "Hello"]);
  assertEquals([...response.headers.keys()].sort(), ["content-length", "content-type", "date", "etag", "server"]);
  assertEquals(header(response, "Server"), "DenadoServer/0.1.0");
  assertEquals(header(response, "Content-Type"), "text/html; charset=UTF-8");
  assertEquals(header(response, "Etag"), '"f7ff9e8b7bb2e09b70935a5d785e0cc5d9d0abf0"');
  assert(Math.abs(Date.parse(header(response, "Date")!) - Date.now()) < 5000);
});

interface BodyCase {
  readonly name: string;
  readonly write: (handler: RequestHandler) => void;
  readonly body: string;
  readonly type?: string;
}

const HTML = "text/html; charset=UTF-8";
const JSON_TYPE = "application/json; charset=UTF-8";
const BODIES: BodyCase[] = [
  { name: "nothing", write: () => {}, body: "" },
  { name: "texts", write: (h) => ["a", "b"].forEach((text) => h.write(text)), body: "ab" },
  { name: "text that is not ASCII", write: (h) => h.write("ä€"), body: "\xc3\xa4\xe2\x82\xac" },
  { name: "bytes", write: (h) => h.write(new Uint8Array([1, 255])), body: "\x01\xff" },
  { name: "text and bytes", write: (h) => (h.write("ä"), h.write(new Uint8Array([1]))), body: "\xc3\xa4\x01" },
  { name: "a long text", write: (h) => h.write("x".repeat(100_000)), body: "x".repeat(100_000) },
  { name: "large bytes", write: (h) => h.write(new Uint8Array(100_000).fill(120)), body: "x".repeat(100_000) },
  {
    name: "an object",
    write: (h) => h.write({ a: [1], b: "</script>" }),
    body: '{"a":[1],"b":"<\\/script>"}',
    type: JSON_TYPE,
  },
  { name: "an object without prototype", write: (h) => h.write(Object.create(null)), body: "{}", type: JSON_TYPE },
  { name: "a last chunk", write: (h) => (h.write("a"), h.finish("b")), body: "ab" },
  { name: "a last object", write: (h) => h.finish({ a: 1 }), body: '{"a":1}', type: JSON_TYPE },
];

for (const { name, write, body, type = HTML } of BODIES) {
  class Writer extends RequestHandler {
    override get(): void {
      write(this);
    }
    override async post(): Promise<void> {
      await settle();
      write(this);
    }
    override put(): void {
      this.setHeader("X-A", "b"); // not the short way
      write(this);
    }
  }

  for (const method of ["GET", "HEAD", "POST", "PUT"]) {
    Deno.test(`RequestHandler answers ${method} with ${name}`, () =>
      expectNoLog(async () => {
        const response = await respond(Writer, `${method} /`);
        assert(response.body === (method === "HEAD" ? "" : body));
        assertEquals(header(response, "Content-Length"), String(body.length));
        assertEquals(header(response, "Content-Type"), type);
        assertEquals(response.headers.has("etag"), method === "GET" || method === "HEAD");
      }));
  }
}

const NOT_WRITABLE: unknown[] = [
  ["a"],
  1,
  true,
  null,
  undefined,
  new Map(),
  Promise.resolve("a"),
  new ArrayBuffer(1),
  new Uint16Array(1),
  () => "a",
];

for (const value of NOT_WRITABLE) {
  Deno.test(`RequestHandler refuses to write ${Deno.inspect(value)}`, () =>
    expectNoLog(async () => {
      const response = await respond(
        class extends RequestHandler {
          override get(): void {
            assertThrows(() => this.write(value as string), TypeError, "Cannot write ");
            this.write("ok");
          }
        },
      );
      assertEquals(response.body, "ok");
    }));
}

// --- status ---

Deno.test("RequestHandler sends status and reason", async () => {
  const withStatus = (code: number, reason?: string) =>
    class extends RequestHandler {
      override get(): void {
        this.setStatus(code, reason);
        assertEquals(this.getStatus(), code);
      }
    };
  const statusLine = async (code: number, reason?: string) => {
    const response = await respond(withStatus(code, reason));
    return `${response.status} ${response.reason}`;
  };
  assertEquals(await statusLine(201), "201 Created");
  assertEquals(await statusLine(435), "435 Unknown");
  assertEquals(await statusLine(200, "Foo"), "200 Foo");
  assertEquals(await statusLine(200, ""), "200 ");
});

for (const reason of ["a\r\nSet-Cookie: b", "a\nb", "a\0", "<script>", "\x7f", "€"]) {
  Deno.test(`RequestHandler sends Unknown instead of the reason ${JSON.stringify(reason)}`, () =>
    expectNoLog(async () => {
      const response = await respond(
        class extends RequestHandler {
          override get(): void {
            this.setStatus(400, reason);
          }
          override post(): void {
            throw new HTTPError(400, { reason });
          }
        },
      );
      assertEquals([response.reason, response.headers.size], ["Unknown", 4]);
    }));
}

Deno.test("RequestHandler refuses a status that has not three digits", () =>
  serve(
    class extends RequestHandler {
      override get(): void {
        for (const code of [0, 99, 1000, 200.5, NaN]) {
          assertThrows(() => this.setStatus(code), RangeError, String(code));
        }
      }
    },
    async (server) => assertEquals((await (await server.connect()).request(request("GET /"))).status, 200),
  ));

for (const code of [204, 304]) {
  Deno.test(`RequestHandler sends ${code} without a body and without headers about one`, () =>
    expectNoLog(async () => {
      const response = await respond(
        class extends RequestHandler {
          override get(): void {
            this.setStatus(code);
            this.setHeader("Content-Encoding", "gzip");
            this.setHeader("Content-Language", "en");
            this.setHeader("X-A", "b");
          }
        },
      );
      assertEquals(response.status, code);
      assertEquals([...response.headers.keys()].sort(), ["date", "server", "x-a"]);
    }));
}

Deno.test("RequestHandler answers 500 when 204 is given a body", () =>
  expectLog({ level: "error", pattern: "Cannot send a body with status 204", times: 1 }, async () => {
    const response = await respond(
      class extends RequestHandler {
        override get(): void {
          this.setStatus(204);
          this.write("body");
        }
      },
    );
    assertEquals(response.status, 500);
  }));

// --- headers ---

Deno.test("RequestHandler sets, adds and clears headers", async () => {
  const date = new Date(Date.UTC(2026, 0, 2, 3, 4, 5, 678));
  const response = await respond(
    class extends RequestHandler {
      override get(): void {
        this.setHeader("X-Text", "a");
        this.setHeader("x-text", "b");
        this.setHeader("X-Number", 42);
        this.setHeader("X-Date", date);
        this.setHeader("X-Empty", "");
        this.setHeader("X-Latin", "\xe4\tb");
        this.addHeader("X-Many", "1");
        this.addHeader("X-Many", 2);
        this.setHeader("X-Gone", "a");
        this.clearHeader("X-Gone");
        this.clearHeader("X-Never");
        this.clearHeader("Server");
        assertEquals(this.responseHeaders.get("x-number"), "42");
      }
    },
  );
  assertEquals(header(response, "X-Text"), "b");
  assertEquals(header(response, "X-Number"), "42");
  assertEquals(header(response, "X-Date"), "Fri, 02 Jan 2026 03:04:05 GMT");
  assertEquals(header(response, "X-Empty"), "");
  assertEquals(header(response, "X-Latin"), "\xe4\tb");
  assertEquals(response.headers.get("x-many"), ["1", "2"]);
  assertEquals(response.headers.has("x-gone") || response.headers.has("server"), false);
});

const BAD_HEADERS: [string, unknown][] = [
  ["X-A", "a\r\nb: c"],
  ["X-A", "a\nb"],
  ["X-A", "a\0"],
  ["X-A", "€"],
  ["X-A\r\nB", "a"],
  ["X A", "a"],
  ["", "a"],
  ["Content-Type", "a\r\nb: c"],
  ["X-A", 1.5],
  ["X-A", NaN],
  ["X-A", null],
  ["X-A", ["a"]],
];

for (const [name, value] of BAD_HEADERS) {
  Deno.test(`RequestHandler refuses the header ${JSON.stringify(name)}: ${Deno.inspect(value)}`, () =>
    expectNoLog(async () => {
      const response = await respond(
        class extends RequestHandler {
          override get(): void {
            assertThrows(() => this.setHeader(name, value as string), Error);
            assertThrows(() => this.addHeader(name, value as string), Error);
          }
        },
      );
      assertEquals([response.status, response.headers.size], [200, 5]);
    }));
}

for (const type of ["text/plain", "text/plain; x=\xe4"]) {
  Deno.test(`RequestHandler sends the type ${type}, set before or after other headers`, async () => {
    for (const before of [true, false]) {
      const response = await respond(
        class extends RequestHandler {
          override get(): void {
            if (before) this.setHeader("Content-Type", type);
            this.setHeader("X-A", "b");
            if (!before) this.setHeader("Content-Type", type);
            this.write("x");
          }
        },
      );
      assertEquals(response.headers.get("content-type"), [type]);
    }
    const alone = await respond(
      class extends RequestHandler {
        override get(): void {
          this.setHeader("Content-Type", type);
        }
      },
    );
    assertEquals(alone.headers.get("content-type"), [type]);
  });
}

Deno.test("RequestHandler sets default headers for every response, also for errors, with the fields of the class", () =>
  expectLog(APP_ERROR, () =>
    serve(
      class extends RequestHandler {
        #policy = "none";
        override setDefaultHeaders(): void {
          this.setHeader("X-Policy", this.#policy);
          this.setHeader("Server", "Mine");
        }
        override get(): void {
          this.setHeader("X-Get", "a");
        }
        override post(): void {
          this.setHeader("X-Post", "a");
          throw mine();
        }
      },
      async (server) => {
        const client = await server.connect();
        for (const [line, status] of [["GET /", 200], ["POST /", 500], ["PUT /", 405]] as const) {
          const response = await client.request(request(line));
          assertEquals([response.status, header(response, "X-Policy")], [status, "none"]);
          assertEquals(header(response, "Server"), "Mine");
          assertEquals(response.headers.has("x-post"), false); // dropped by the error
        }
      },
    )));

Deno.test("RequestHandler begins anew when it is cleared", async () => {
  const response = await respond(
    class extends RequestHandler {
      override get(): void {
        this.setStatus(400);
        this.setHeader("X-A", "b");
        this.setHeader("Content-Type", "text/plain");
        this.write("dropped");
        this.clear();
        this.write("kept");
      }
    },
  );
  assertEquals([response.status, response.body, response.headers.size], [200, "kept", 5]);
  assertEquals(header(response, "Content-Type"), HTML);
});

// --- methods ---

Deno.test("RequestHandler runs initialize, prepare, the method and onFinish, in this order", () =>
  expectNoLog(async () => {
    for (const slow of [false, true]) {
      const calls: string[] = [];
      class Recorder extends RequestHandler {
        override initialize(options: { a: number }): void {
          calls.push(`initialize ${options.a}`);
        }
        override prepare(): void | Promise<void> {
          calls.push(`prepare ${this.pathArgs}`);
          if (slow) return settle();
        }
        override get(path: string): void | Promise<void> {
          calls.push(`get ${path}`);
          if (slow) return settle().then(() => this.write("x"));
          this.write("x");
        }
        override onFinish(): void {
          calls.push(`onFinish ${this.finished}`);
        }
      }
      const app = new Application([["/(.*)", Recorder, { a: 1 }]]);
      await withServer(app, async (server) => {
        assertEquals((await (await server.connect()).request(request("GET /p"))).body, "x");
        await settle();
      });
      assertEquals(calls, ["initialize 1", "prepare p", "get p", "onFinish true"]);
    }
  }));

for (const slow of [false, true]) {
  Deno.test(`RequestHandler does not call the method when prepare${slow ? ", after a while," : ""} finishes`, async () => {
    const response = await respond(
      class extends RequestHandler {
        override async prepare(): Promise<void> {
          if (slow) await settle();
          this.finish("prepared");
        }
        override get(): void {
          throw mine();
        }
      },
    );
    assertEquals(response.body, "prepared");
  });
}

const METHODS = ["GET", "HEAD", "POST", "DELETE", "PATCH", "PUT", "OPTIONS"];

for (const method of METHODS) {
  Deno.test(`RequestHandler answers 405 with Allow to ${method} without a method for it`, () =>
    expectNoLog(async () => {
      const response = await respond(class extends RequestHandler {}, `${method} /`);
      assertEquals([response.status, header(response, "Allow")], [405, ""]);
    }));
}

Deno.test("RequestHandler lists in Allow what its class and those above answer", () =>
  expectNoLog(async () => {
    class Posts extends Hello {
      override post(): void {}
    }
    for (const line of ["PUT /", "FOO /", "get /", "TRACE /"]) {
      const response = await respond(Posts, line);
      assertEquals([response.status, header(response, "Allow")], [405, "GET, HEAD, POST"]);
    }
  }));

Deno.test("RequestHandler answers HEAD by its own method where it has one", async () => {
  const response = await respond(
    class extends Hello {
      override head(): void {
        this.setHeader("X-Head", "own");
      }
    },
    "HEAD /",
  );
  assertEquals([header(response, "X-Head"), header(response, "Content-Length")], ["own", "0"]);
});

Deno.test("RequestHandler answers methods that SUPPORTED_METHODS names, and no others", () =>
  expectNoLog(async () => {
    class Other extends RequestHandler {
      static override readonly SUPPORTED_METHODS = [...RequestHandler.SUPPORTED_METHODS, "OTHER", "MISSING"];
      other(): void {
        this.write("other");
      }
      hidden(): void {
        this.write("hidden");
      }
    }
    assertEquals((await respond(Other, "OTHER /")).body, "other");
    for (const method of ["HIDDEN", "FINISH", "CONSTRUCTOR", "MISSING", "other"]) {
      const response = await respond(Other, `${method} /`);
      assertEquals([response.status, header(response, "Allow")], [405, "OTHER"], method);
    }
    assertEquals((await respond(Hello, "OTHER /")).status, 405);
  }));

Deno.test("RequestHandler gives named groups as one object, and none as no argument", () => {
  const seen: unknown[] = [];
  class Seen extends RequestHandler {
    override get(...args: unknown[]): void {
      seen.push(args);
    }
  }
  const app = new Application([["/named/(?P<a>.)(?P<b>.)?", Seen], ["/two/(.)(.)?", Seen], ["/none", Seen]]);
  return withServer(app, async (server) => {
    const client = await server.connect();
    for (const path of ["/named/x", "/two/x", "/none"]) await client.request(request(`GET ${path}`));
    assertEquals(seen, [[{ a: "x", b: undefined }], ["x", undefined], []]);
  });
});

// --- entity tags ---

const HELLO_TAG = '"f7ff9e8b7bb2e09b70935a5d785e0cc5d9d0abf0"';
const CONDITIONS: { value: string; status: number }[] = [
  { value: HELLO_TAG, status: 304 },
  { value: `W/${HELLO_TAG}`, status: 304 },
  { value: `"x", ${HELLO_TAG}`, status: 304 },
  { value: "*", status: 304 },
  { value: '"x"', status: 200 },
  { value: "", status: 200 },
];

for (const { value, status } of CONDITIONS) {
  for (const method of ["GET", "HEAD"]) {
    Deno.test(`RequestHandler answers ${status} to ${method} with If-None-Match: ${value}`, async () => {
      const response = await respond(Hello, `${method} /`, `If-None-Match: ${value}\r\n`);
      assertEquals([response.status, header(response, "Etag")], [status, HELLO_TAG]);
      assertEquals(header(response, "Content-Length"), status === 304 ? undefined : "5");
    });
  }
}

Deno.test("RequestHandler makes no entity tag for other methods and statuses, or when it is told to make none", async () => {
  class Other extends Hello {
    override post(): void {
      this.write("Hello");
    }
    override put(): void {
      this.setStatus(201);
    }
  }
  class None extends Hello {
    override computeEtag(): undefined {}
  }
  assertEquals((await respond(Other, "POST /", "If-None-Match: *\r\n")).status, 200);
  for (const [handler, line] of [[Other, "POST /"], [Other, "PUT /"], [None, "GET /"]] as const) {
    assertEquals((await respond(handler, line)).headers.has("etag"), false);
  }
  assertEquals((await respond(None, "GET /", "If-None-Match: *\r\n")).status, 200);
});

Deno.test("RequestHandler uses an entity tag of one's own", async () => {
  class Own extends Hello {
    override computeEtag(body: Uint8Array): string {
      return `W/"${body.length}"`;
    }
  }
  assertEquals(header(await respond(Own), "Etag"), 'W/"5"');
  assertEquals((await respond(Own, "GET /", 'If-None-Match: "5"\r\n')).status, 304);
  class Set extends Hello {
    override get(): void {
      this.setHeader("Etag", '"set"');
    }
  }
  assertEquals((await respond(Set, "GET /", 'If-None-Match: "set"\r\n')).status, 304);
});

// --- flush ---

class Flusher extends RequestHandler {
  override async get(): Promise<void> {
    this.setHeader("X-A", "b");
    await this.flush();
    this.write("one ");
    await this.flush();
    await this.flush();
    this.write("two");
  }
}

Deno.test("RequestHandler streams what is flushed, in chunks, without an entity tag", async () => {
  const response = await respond(Flusher);
  assertEquals([response.framing, response.body, header(response, "X-A")], ["chunked", "one two", "b"]);
  assertEquals(response.headers.has("etag"), false);
});

Deno.test("RequestHandler flushes no body for HEAD", async () => {
  const response = await respond(Flusher, "HEAD /");
  assertEquals([response.status, response.headers.has("transfer-encoding")], [200, false]);
});

Deno.test("RequestHandler streams by length where it is set, and until the close in HTTP/1.0", () =>
  serve(
    class extends RequestHandler {
      override async get(path: string): Promise<void> {
        if (path === "length") this.setHeader("Content-Length", 4);
        for (const text of ["a", "b", "c", "d"]) {
          this.write(text);
          await this.flush();
        }
      }
    },
    async (server) => {
      const client = await server.connect();
      const byLength = await client.request(request("GET /length"));
      assertEquals([byLength.framing, byLength.body], ["length", "abcd"]);
      const untilClose = await client.request("GET / HTTP/1.0\r\n\r\n");
      assertEquals([untilClose.framing, untilClose.body], ["close", "abcd"]);
    },
  ));

// --- finish ---

Deno.test("RequestHandler refuses to write or finish after the end", () =>
  expectNoLog(async () => {
    const response = await respond(
      class extends RequestHandler {
        override async get(): Promise<void> {
          this.finish("once");
          assertThrows(() => this.write("more"), Error, "Cannot write: the response is finished");
          assertThrows(() => this.finish(), Error, "finished already");
          assertThrows(() => this.finish("more"), Error, "finished already");
          await this.flush();
        }
      },
    );
    assertEquals(response.body, "once");
  }));

for (const flushed of [false, true]) {
  for (const [length, message] of [[3, "more data than Content-Length"], [9, "less than Content-Length"]] as const) {
    Deno.test(`RequestHandler closes the connection when a ${flushed ? "streamed" : "whole"} body has ${message}`, () => {
      const finished: number[] = [];
      const expected: ExpectedLog[] = [{ level: "error", pattern: message, times: 1 }];
      if (flushed) expected.push({ level: "error", pattern: "after headers written", times: 1 });
      return expectLog(expected, () =>
        serve(
          class extends RequestHandler {
            override async get(): Promise<void> {
              this.setHeader("Content-Length", length);
              if (flushed) await this.flush();
              this.write("12345");
            }
            override onFinish(): void {
              finished.push(this.getStatus());
            }
          },
          async (server) => {
            const client = await server.connect();
            await client.send(request("GET /"));
            const { text } = await client.readToEnd();
            assert(!text.includes("12345"), text);
            assertEquals(finished.length, 1);
          },
        ));
    });
  }
}

Deno.test("RequestHandler answers 500 when Content-Length is no number", () =>
  expectLog({ level: "error", pattern: 'Content-Length must be one decimal number: "foo"', times: 2 }, () =>
    serve(
      class extends RequestHandler {
        override async get(path: string): Promise<void> {
          this.setHeader("Content-Length", "foo");
          this.write("x");
          if (path === "flush") await this.flush();
        }
      },
      async (server) => {
        const client = await server.connect();
        for (const path of ["/", "/flush"]) assertEquals((await client.request(request(`GET ${path}`))).status, 500);
      },
    )));

// --- errors ---

interface FailureCase {
  readonly name: string;
  readonly handler: HandlerClass;
  readonly log: ExpectedLog | ExpectedLog[];
  readonly status: number;
  /** @default the page of the status */
  readonly body?: string;
}

const page = (title: string) => `<html><title>${title}</title><body>${title}</body></html>`;
const INTERNAL = page("500: Internal Server Error");

const FAILURES: FailureCase[] = [
  {
    name: "initialize throws",
    handler: class extends Hello {
      override initialize(): void {
        throw mine();
      }
    },
    log: APP_ERROR,
    status: 500,
  },
  {
    name: "prepare throws",
    handler: class extends Hello {
      override prepare(): void {
        throw mine();
      }
    },
    log: APP_ERROR,
    status: 500,
  },
  {
    name: "prepare rejects",
    handler: class extends Hello {
      override prepare(): Promise<void> {
        return settle().then(() => Promise.reject(mine()));
      }
    },
    log: APP_ERROR,
    status: 500,
  },
  {
    name: "the method throws after it wrote",
    handler: class extends RequestHandler {
      override get(): void {
        this.setHeader("X-A", "b");
        this.write("dropped");
        throw mine();
      }
    },
    log: APP_ERROR,
    status: 500,
  },
  {
    name: "the method rejects",
    handler: class extends RequestHandler {
      override async get(): Promise<void> {
        await settle();
        throw mine();
      }
    },
    log: APP_ERROR,
    status: 500,
  },
  {
    name: "the method rejects after an asynchronous prepare",
    handler: class extends RequestHandler {
      override prepare(): Promise<void> {
        return settle();
      }
      override get(): Promise<void> {
        return Promise.reject(mine());
      }
    },
    log: APP_ERROR,
    status: 500,
  },
  {
    name: "the method throws what is no error",
    handler: class extends RequestHandler {
      override get(): void {
        // deno-lint-ignore no-throw-literal -- somebody will
        throw "text";
      }
    },
    log: { level: "error", pattern: 'Thrown value: "text"', times: 1 },
    status: 500,
  },
  {
    name: "the method rejects with undefined",
    handler: class extends RequestHandler {
      override get(): Promise<void> {
        return Promise.reject(undefined);
      }
    },
    log: { level: "error", pattern: "Thrown value: undefined", times: 1 },
    status: 500,
  },
  {
    name: "the method throws after it finished",
    handler: class extends RequestHandler {
      override get(): void {
        this.finish("done");
        throw mine();
      }
    },
    log: APP_ERROR,
    status: 200,
    body: "done",
  },
  {
    name: "onFinish throws",
    handler: class extends Hello {
      override onFinish(): void {
        throw mine();
      }
    },
    log: APP_ERROR,
    status: 200,
    body: "Hello",
  },
  {
    name: "onFinish rejects",
    handler: class extends Hello {
      override onFinish(): Promise<void> {
        return Promise.reject(mine());
      }
    },
    log: APP_ERROR,
    status: 200,
    body: "Hello",
  },
  {
    name: "logException throws",
    handler: class extends RequestHandler {
      override get(): void {
        throw new Error("other");
      }
      override logException(): void {
        throw mine();
      }
    },
    log: APP_ERROR,
    status: 500,
  },
  {
    name: "writeError throws",
    handler: class extends RequestHandler {
      override get(): void {
        throw new HTTPError(403);
      }
      override writeError(): void {
        this.write("dropped");
        throw mine();
      }
    },
    log: APP_ERROR,
    status: 403,
    body: "",
  },
  {
    name: "writeError rejects",
    handler: class extends RequestHandler {
      override get(): void {
        throw new HTTPError(403);
      }
      override writeError(): Promise<void> {
        return Promise.reject(mine());
      }
    },
    log: APP_ERROR,
    status: 403,
    body: "",
  },
  {
    name: "computeEtag throws",
    handler: class extends Hello {
      override computeEtag(): string {
        throw mine();
      }
    },
    log: APP_ERROR,
    status: 500,
  },
  {
    name: "an HTTPError has no log message",
    handler: class extends RequestHandler {
      override get(): void {
        throw new HTTPError(403);
      }
    },
    log: [],
    status: 403,
    body: page("403: Forbidden"),
  },
  {
    name: "an HTTPError has a log message, which the client does not see",
    handler: class extends RequestHandler {
      override get(): void {
        throw new HTTPError(403, { logMessage: "secret {x}" });
      }
    },
    log: {
      level: "warning",
      category: "denado.general",
      pattern: /^403 GET \/ \(127\.0\.0\.1\): secret \{x\}$/,
      times: 1,
    },
    status: 403,
    body: page("403: Forbidden"),
  },
  {
    name: "an HTTPError has a reason and headers",
    handler: class extends RequestHandler {
      override get(): void {
        throw new HTTPError(401, { reason: "Who & What", headers: { "WWW-Authenticate": "Basic" } });
      }
    },
    log: [],
    status: 401,
    body: page("401: Who &amp; What"),
  },
  {
    name: "an HTTPError has a header that cannot be sent",
    handler: class extends RequestHandler {
      override get(): void {
        throw new HTTPError(401, { headers: { "X-A": "a\r\nb" } });
      }
    },
    log: { level: "error", pattern: "writeError", times: 1 },
    status: 401,
    body: "",
  },
  {
    name: "the arguments are too many",
    handler: class extends RequestHandler {
      override get(): void {
        this.write(String(this.request.queryArguments.size));
      }
      override prepare(): void {
        Object.defineProperty(this.request, "query", { value: "a=1&".repeat(1001) });
      }
    },
    log: { level: "warning", category: "denado.general", pattern: /^400 GET/, times: 1 },
    status: 400,
    body: page("400: Bad Request"),
  },
  {
    name: "Finish is thrown",
    handler: class extends RequestHandler {
      override get(): void {
        this.setStatus(403);
        this.write("kept ");
        throw new Finish("end");
      }
    },
    log: [],
    status: 403,
    body: "kept end",
  },
  {
    name: "Finish is thrown by an asynchronous prepare, with an object",
    handler: class extends RequestHandler {
      override async prepare(): Promise<void> {
        await settle();
        throw new Finish({ a: 1 });
      }
    },
    log: [],
    status: 200,
    body: '{"a":1}',
  },
  {
    name: "Finish is thrown after the end",
    handler: class extends RequestHandler {
      override get(): void {
        this.finish("end");
        throw new Finish();
      }
    },
    log: [],
    status: 200,
    body: "end",
  },
  {
    name: "Finish has what cannot be written",
    handler: class extends RequestHandler {
      override async get(): Promise<void> {
        await settle();
        throw new Finish(["a"] as never);
      }
    },
    log: { level: "error", pattern: "Cannot write", times: 1 },
    status: 500,
  },
];

for (const { name, handler, log, status, body = INTERNAL } of FAILURES) {
  Deno.test(`RequestHandler answers ${status} when ${name}`, () =>
    expectLog(log, () =>
      serve(handler, async (server) => {
        const client = await server.connect();
        const response = await client.request(request("GET /"));
        assertEquals([response.status, response.body], [status, body]);
        assertEquals(response.headers.has("x-a"), false);
        assertEquals(header(response, "WWW-Authenticate"), status === 401 && body !== "" ? "Basic" : undefined);
        await settle(); // what is rejected late would end the process
        assertEquals((await client.request(request("GET /again"))).body, "Hello"); // the connection goes on
      })));
}

for (const slow of [false, true]) {
  Deno.test(`RequestHandler cuts a streamed response off when the method ${slow ? "rejects" : "throws"}`, () => {
    let finishes = 0;
    return expectLog([APP_ERROR, {
      level: "error",
      pattern: "Cannot send error response after headers written",
      times: 1,
    }], () =>
      serve(
        class extends RequestHandler {
          override get(): void | Promise<void> {
            this.write("begun");
            this.flush();
            if (!slow) throw mine();
            return settle().then(() => Promise.reject(mine()));
          }
          override onFinish(): void {
            finishes++;
          }
        },
        async (server) => {
          const client = await server.connect();
          await client.send(request("GET /"));
          const { text } = await client.readToEnd();
          assert(!text.endsWith("0\r\n\r\n"), text);
          assertEquals(finishes, 1);
        },
      ));
  });
}

Deno.test("RequestHandler survives a logFunction and an onFinish that throw, whatever the response", () =>
  expectLog([
    { level: "error", category: "denado.application", pattern: /log failed/ },
    { level: "error", category: "denado.general", pattern: "after headers written", times: 1 },
  ], () => {
    class Failing extends RequestHandler {
      override get(): void {
        this.write("ok");
      }
      override async post(): Promise<void> {
        await settle();
        throw new HTTPError(403);
      }
      override async put(): Promise<void> {
        await this.flush();
        throw new Error("log failed, too");
      }
    }
    const logFunction = () => {
      throw new Error("log failed");
    };
    return serve(Failing, async (server) => {
      const client = await server.connect();
      assertEquals((await client.request(request("GET /"))).body, "ok");
      assertEquals((await client.request(request("POST /"))).status, 403);
      await client.send(request("PUT /"));
      await client.readToEnd();
      await settle();
    }, { logFunction });
  }));

Deno.test("RequestHandler writes error pages of one's own, and tells them what was thrown", () =>
  expectLog(APP_ERROR, async () => {
    const response = await respond(
      class extends RequestHandler {
        override get(): void {
          throw mine();
        }
        override writeError(code: number, info: ErrorInfo): void {
          this.setHeader("X-Own", "a");
          this.write({ code, message: (info.error as Error).message });
        }
      },
    );
    assertEquals([response.body, header(response, "X-Own")], ['{"code":500,"message":"mine"}', "a"]);
  }));

Deno.test("RequestHandler sends an error when it is asked to", () =>
  expectNoLog(async () => {
    const response = await respond(
      class extends RequestHandler {
        override get(): void {
          this.write("dropped");
          this.sendError(418, { reason: "I'm a <teapot>" });
        }
      },
    );
    assertEquals([response.status, response.reason, response.body], [418, "Unknown", page("418: Unknown")]);
  }));

for (const serveTraceback of [false, true]) {
  Deno.test(`RequestHandler ${serveTraceback ? "shows" : "does not show"} the stack when serveTraceback is ${serveTraceback}`, () =>
    expectLog(APP_ERROR, async () => {
      const response = await respond(
        class extends RequestHandler {
          override get(): void {
            throw mine();
          }
        },
        "GET /",
        "",
        { serveTraceback },
      );
      assertEquals(response.body.includes("Error: mine\n    at "), serveTraceback);
      assertEquals(header(response, "Content-Type"), serveTraceback ? "text/plain; charset=UTF-8" : HTML);
    }));
}

// --- clients that leave ---

for (const kind of ["quietly", "with an error", "with a rejection"]) {
  Deno.test(`RequestHandler hears once of a client that left, and takes it ${kind}`, () =>
    expectLog(kind === "quietly" ? [] : APP_ERROR, () => {
      const calls: string[] = [];
      const entered = Promise.withResolvers<void>();
      const gone = Promise.withResolvers<void>();
      const done = Promise.withResolvers<void>();
      return serve(
        class extends RequestHandler {
          override async get(): Promise<void> {
            entered.resolve();
            await gone.promise;
            this.write("too late");
          }
          override onConnectionClose(): void | Promise<void> {
            calls.push("onConnectionClose");
            gone.resolve();
            if (kind === "with an error") throw mine();
            if (kind === "with a rejection") return Promise.reject(mine());
          }
          override onFinish(): void {
            calls.push("onFinish");
            done.resolve();
          }
        },
        async (server) => {
          const client = await server.connect();
          await client.send(request("GET /"));
          await entered.promise;
          client.close();
          await done.promise;
          await server.connectionsEnded();
          assertEquals(calls, ["onConnectionClose", "onFinish"]);
        },
      );
    }));
}

Deno.test("RequestHandler does not hear of a client that leaves with its answer", () =>
  expectNoLog(() => {
    let calls = 0;
    return serve(
      class extends Hello {
        override onConnectionClose(): void {
          calls++;
        }
      },
      async (server) => {
        const client = await server.connect();
        await client.request(request("GET /"));
        client.close();
        await server.connectionsEnded();
        assertEquals(calls, 0);
      },
    );
  }));

Deno.test("RequestHandler is quiet about a client that leaves during a streamed response, and closes its own books", () => {
  const finished = Promise.withResolvers<number>();
  return expectLog({
    level: "info",
    category: "denado.general",
    pattern: /^Client left before the end of .*GET \//,
    times: 1,
  }, () =>
    serve(
      class extends RequestHandler {
        override async get(): Promise<void> {
          for (;;) {
            this.write(new Uint8Array(100_000));
            await this.flush();
          }
        }
        override onFinish(): void {
          finished.resolve(this.getStatus());
        }
      },
      async (server) => {
        const client = await server.connect();
        await client.send(request("GET /"));
        await client.readBytes(1);
        client.close();
        assertEquals(await finished.promise, 200);
        await server.connectionsEnded();
      },
    ));
});

Deno.test("RequestHandler logs a closed stream that is not its own as any other error", () =>
  expectLog({ level: "error", category: "denado.application", pattern: "StreamClosedError", times: 1 }, async () => {
    const response = await respond(
      class extends RequestHandler {
        override get(): void {
          throw new StreamClosedError(undefined);
        }
      },
    );
    assertEquals(response.status, 500);
  }));

Deno.test("RequestHandler shares nothing between requests", () =>
  serve(
    class extends RequestHandler {
      override get(path: string): void {
        if (path === "set") {
          this.setStatus(201);
          this.setHeader("X-A", "b");
          this.responseHeaders.add("X-B", "c");
          this.write("set");
        }
        assert(this.responseHeaders instanceof HTTPHeaders);
      }
    },
    async (server) => {
      const client = await server.connect();
      await client.request(request("GET /set"));
      const response = await client.request(request("GET /"));
      assertEquals([response.status, response.body, response.headers.size], [200, "", 5]);
    },
  ));

Deno.test("RequestHandler dates a response that took long by its end", () => {
  const gate = Promise.withResolvers<void>();
  return serve(
    class extends RequestHandler {
      override async get(): Promise<void> {
        await gate.promise;
        this.write("x");
      }
    },
    async (server) => {
      const client = await server.connect();
      await client.send(request("GET /"));
      gate.resolve();
      const date = header(await client.read(), "Date")!;
      assert(Math.abs(Date.parse(date) - Date.now()) < 5000, date);
    },
  );
});
