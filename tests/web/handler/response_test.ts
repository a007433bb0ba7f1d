import { HTTPError, RequestHandler } from "@denado/denado";
import type { RedirectOptions } from "@denado/denado/web";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { type ExpectedLog, expectLog, expectNoLog } from "../../helpers/expect_log.ts";
import { header } from "../../helpers/http_client.ts";
import { settle } from "../../helpers/manual_clock.ts";
import { Hello, request, respond, serve } from "../../helpers/web_app.ts";

const APP_ERROR: ExpectedLog = { level: "error", category: "denado.application", pattern: /Error: mine/, times: 1 };
const mine = () => new Error("mine");

// --- the ordinary response ---

Deno.test("ResponseHandler sends the default headers", async () => {
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
    Deno.test(`ResponseHandler answers ${method} with ${name}`, () =>
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
  Deno.test(`ResponseHandler refuses to write ${Deno.inspect(value)}`, () =>
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

Deno.test("ResponseHandler sends status and reason", async () => {
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
  Deno.test(`ResponseHandler sends Unknown instead of the reason ${JSON.stringify(reason)}`, () =>
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

Deno.test("ResponseHandler refuses a status that has not three digits, or is not final", () =>
  serve(
    class extends RequestHandler {
      override get(): void {
        for (const code of [0, 99, 100, 103, 199, 1000, 200.5, NaN]) {
          assertThrows(() => this.setStatus(code), RangeError, String(code));
        }
      }
    },
    async (server) => assertEquals((await (await server.connect()).request(request("GET /"))).status, 200),
  ));

for (const code of [204, 304]) {
  Deno.test(`ResponseHandler sends ${code} without a body and without headers about one`, () =>
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

Deno.test("ResponseHandler answers 500 when 204 is given a body", () =>
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

Deno.test("ResponseHandler sets, adds and clears headers", async () => {
  const date = new Date(Date.UTC(2026, 0, 2, 3, 4, 5, 678));
  const response = await respond(
    class extends RequestHandler {
      override get(): void {
        this.setHeader("X-Text", "a");
        this.setHeader("x-text", "b");
        this.setHeader("X-Number", 42);
        this.setHeader("X-Big", 12345678901234567890n);
        this.setHeader("X-Bytes", new Uint8Array([0xe4, 0x62]));
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
  assertEquals(header(response, "X-Big"), "12345678901234567890");
  assertEquals(header(response, "X-Bytes"), "\xe4b");
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
  ["X-A", new Uint8Array([13, 10])],
  ["X-A", new ArrayBuffer(1)],
];

for (const [name, value] of BAD_HEADERS) {
  Deno.test(`ResponseHandler refuses the header ${JSON.stringify(name)}: ${Deno.inspect(value)}`, () =>
    expectNoLog(async () => {
      const response = await respond(
        class extends RequestHandler {
          override get(): void {
            assertThrows(() => this.setHeader(name, value as string), TypeError);
            assertThrows(() => this.addHeader(name, value as string), TypeError);
            if (typeof value === "string") assertThrows(() => this.responseHeaders.add(name, value), TypeError);
          }
        },
      );
      assertEquals([response.status, response.headers.size], [200, 5]);
    }));
}

for (const type of ["text/plain", "text/plain; x=\xe4"]) {
  Deno.test(`ResponseHandler sends the type ${type}, set before or after other headers`, async () => {
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

Deno.test("ResponseHandler sets default headers for every response, also for errors, with the fields of the class", () =>
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

Deno.test("ResponseHandler begins anew when it is cleared", async () => {
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
    Deno.test(`ResponseHandler answers ${status} to ${method} with If-None-Match: ${value}`, async () => {
      const response = await respond(Hello, `${method} /`, `If-None-Match: ${value}\r\n`);
      assertEquals([response.status, header(response, "Etag")], [status, HELLO_TAG]);
      assertEquals(header(response, "Content-Length"), status === 304 ? undefined : "5");
    });
  }
}

Deno.test("ResponseHandler makes no entity tag for other methods and statuses, or when it is told to make none", async () => {
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

Deno.test("ResponseHandler uses an entity tag of one's own", async () => {
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

Deno.test("ResponseHandler streams what is flushed, in chunks, without an entity tag", async () => {
  const response = await respond(Flusher);
  assertEquals([response.framing, response.body, header(response, "X-A")], ["chunked", "one two", "b"]);
  assertEquals(response.headers.has("etag"), false);
});

Deno.test("ResponseHandler flushes no body for HEAD", async () => {
  const response = await respond(Flusher, "HEAD /");
  assertEquals([response.status, response.headers.has("transfer-encoding")], [200, false]);
});

Deno.test("ResponseHandler streams by length where it is set, and until the close in HTTP/1.0", () =>
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

Deno.test("ResponseHandler refuses to write or finish after the end", () =>
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
    Deno.test(`ResponseHandler closes the connection when a ${flushed ? "streamed" : "whole"} body has ${message}`, () => {
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

Deno.test("ResponseHandler answers 500 when Content-Length is no number", () =>
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

Deno.test("ResponseHandler names the setting that something cannot do without", async () => {
  const response = await respond(
    class extends RequestHandler {
      override get(): void {
        assertThrows(
          () => this.requireSetting("logFunction", "my page"),
          TypeError,
          "my page: it needs the setting log",
        );
        assertThrows(() => this.requireSetting("serverName"), TypeError, "Cannot use this feature");
        this.write(String(this.requireSetting("serveTraceback")));
      }
    },
    "GET /",
    "",
    { logFunction: undefined as never, serverName: "", serveTraceback: true },
  );
  assertEquals(response.body, "true");
});

Deno.test("ResponseHandler keeps the promises of finish and flush when everything was handed to the kernel", () =>
  expectNoLog(() =>
    serve(
      class extends RequestHandler {
        override async get(): Promise<void> {
          this.write("a");
          assertEquals(await this.flush(), undefined);
          assertEquals(await this.flush(), undefined);
          assertEquals(await this.finish("b".repeat(100_000)), undefined);
        }
        override async post(): Promise<void> {
          await this.finish("whole");
        }
        override put(): Promise<void> {
          return this.finish("returned");
        }
      },
      async (server) => {
        const client = await server.connect();
        assertEquals((await client.request(request("GET /"))).body, "a" + "b".repeat(100_000));
        await client.send(request("POST /") + request("PUT /"));
        assertEquals((await client.read()).body, "whole");
        assertEquals((await client.read()).body, "returned");
      },
    )
  ));

Deno.test("ResponseHandler calls a finish of one's own at the end", async () => {
  const response = await respond(
    class extends RequestHandler {
      override get(): void {
        this.write("a");
      }
      override finish(chunk?: string): Promise<void> {
        this.write("b");
        return super.finish(chunk);
      }
    },
  );
  assertEquals(response.body, "ab");
});

// --- redirect ---

const REDIRECTS: [options: RedirectOptions | undefined, status: number][] = [
  [undefined, 302],
  [{}, 302],
  [{ permanent: true }, 301],
  [{ status: 307 }, 307],
  [{ status: 303, permanent: true }, 303],
];

for (const [options, status] of REDIRECTS) {
  Deno.test(`ResponseHandler redirects with ${status} by ${Deno.inspect(options)}`, () =>
    expectNoLog(async () => {
      const response = await respond(
        class extends RequestHandler {
          override get(): void {
            this.redirect("/ä?b=c", options);
          }
        },
      );
      assertEquals([response.status, header(response, "Location"), response.body], [status, "/%C3%A4?b=c", ""]);
      assertEquals(header(response, "Content-Length"), "0");
    }));
}

Deno.test("ResponseHandler refuses a redirect that cannot be sent, and can send another answer then", () =>
  expectNoLog(async () => {
    const response = await respond(
      class extends RequestHandler {
        override async get(): Promise<void> {
          for (const status of [200, 299, 400, NaN]) {
            assertThrows(() => this.redirect("/", { status }), RangeError, String(status));
          }
          assertThrows(() => this.redirect("/\r\nX-A: b"), TypeError, "Cannot redirect");
          this.write("ok");
          await this.flush();
          assertThrows(() => this.redirect("/"), Error, "headers were sent");
        }
      },
    );
    assertEquals([response.status, response.body], [200, "ok"]);
  }));

// --- streams of one's own ---

Deno.test("ResponseHandler hands the stream over when it is detached, and says nothing more", () =>
  expectNoLog(() => {
    const taken = Promise.withResolvers<void>();
    return serve(
      class extends RequestHandler {
        override get(path: string): void {
          if (path === "late") {
            this.flush();
            assertThrows(() => this.detach(), Error, "headers were sent");
            return;
          }
          const stream = this.detach();
          assert(this.finished);
          assertThrows(() => this.write("x"), Error, "finished");
          (async () => {
            const line = new TextDecoder().decode(await stream.readUntil(new TextEncoder().encode("\n")));
            await stream.write(`echo ${line}`);
            stream.close();
            taken.resolve();
          })();
        }
      },
      async (server) => {
        const client = await server.connect();
        assertEquals((await client.request(request("GET /late"))).status, 200);
        await client.send(request("GET /") + "early\n");
        assertEquals(await client.readToEnd(), { text: "echo early\n", end: "end" });
        await taken.promise;
      },
    );
  }));
