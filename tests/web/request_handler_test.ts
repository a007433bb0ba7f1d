import { Application, Finish, HTTPError, RequestHandler } from "@denado/denado";
import type { ErrorInfo, HandlerClass } from "@denado/denado/web";
import { HTTPHeaders, HTTPInputError } from "@denado/denado/http";
import { StreamClosedError } from "@denado/denado/tcp";
import { assert, assertEquals } from "@std/assert";
import { type ExpectedLog, expectLog, expectNoLog } from "../helpers/expect_log.ts";
import { header } from "../helpers/http_client.ts";
import { withServer } from "../helpers/http_server.ts";
import { settle } from "../helpers/manual_clock.ts";
import { Hello, request, respond, serve } from "../helpers/web_app.ts";

const APP_ERROR: ExpectedLog = { level: "error", category: "denado.application", pattern: /Error: mine/, times: 1 };
const mine = () => new Error("mine");

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
    name: "another server has sent what is no HTTP",
    handler: class extends RequestHandler {
      override async get(): Promise<void> {
        await Promise.reject(new HTTPInputError("upstream"));
      }
    },
    log: { level: "error", pattern: "HTTPInputError: upstream", times: 1 },
    status: 500,
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
      assertEquals(
        header(response, "Content-Type"),
        serveTraceback ? "text/plain; charset=UTF-8" : "text/html; charset=UTF-8",
      );
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
