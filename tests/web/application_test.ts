import { Application, HostMatches, HTTPError, RequestHandler, RuleRouter } from "@denado/denado";
import { HTTPHeaders } from "@denado/denado/http";
import type { Route } from "@denado/denado/web";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { type ExpectedLog, expectLog, expectNoLog } from "../helpers/expect_log.ts";
import { ProgramFolder } from "../helpers/child_program.ts";
import { header } from "../helpers/http_client.ts";
import { withServer } from "../helpers/http_server.ts";
import { settle } from "../helpers/manual_clock.ts";

function request(line: string, fields = ""): string {
  return `${line} HTTP/1.1\r\nHost: a\r\n${fields}\r\n`;
}

/** Answers with its name, which is an option of its route, and with what the path holds. */
class Named extends RequestHandler {
  #name = "";
  override initialize(options: { name?: string }): void {
    this.#name = options.name ?? "nameless";
  }
  override get(...args: unknown[]): void {
    this.write([this.#name, ...args.map((arg) => JSON.stringify(arg))].join(" "));
  }
  override post(): void {
    this.write(this.request.body);
  }
}

const ROUTES: Route[] = [
  ["/", Named, { name: "root" }],
  ["/a/(\\d+)", Named, { name: "number" }],
  ["/a/12", Named, { name: "hidden by number" }],
  ["/b", Named, { name: "b" }],
  ["/(.)/(?:x|y)", Named, { name: "letter" }],
  ["/n/(?P<key>.+)", Named, { name: "key" }],
  [/\/REGEXP/i, Named],
  ["/utf8/(.*)", Named],
];

const REQUESTS: { target: string; status?: number; body?: string }[] = [
  { target: "/", body: "root" },
  { target: "/?a=b", body: "root" },
  { target: "/a/12", body: 'number "12"' },
  { target: "/b", body: "b" },
  { target: "/b/x", body: 'letter "b"' },
  { target: "/n/%2Fa", body: 'key {"key":"/a"}' },
  { target: "/regexp", body: "nameless" },
  { target: "http://other.example/b?x", body: "b" },
  { target: "http://other.example", body: "root" },
  { target: "/utf8/%C3%A4", body: 'nameless "\xc3\xa4"' },
  { target: "/utf8/%FF", status: 400 },
  { target: "/nothing", status: 404 },
  { target: "/b/", status: 404 },
  { target: "//b", status: 404 },
];

for (const { target, status = 200, body } of REQUESTS) {
  Deno.test(`Application answers ${status} to ${target}`, () => {
    const log: ExpectedLog[] = status === 400
      ? [{
        level: "warning",
        category: "denado.general",
        pattern: /^400 GET \/utf8\/%FF .*: Path is not UTF-8/,
        times: 1,
      }]
      : [];
    if (status !== 200) {
      log.push({ level: "warning", category: "denado.access", pattern: `${status} GET ${target} (`, times: 1 });
    }
    return expectLog(log, () =>
      withServer(new Application(ROUTES), async (server) => {
        const client = await server.connect();
        const response = await client.request(request(`GET ${target}`));
        assertEquals(response.status, status);
        if (body !== undefined) assertEquals(response.body, body);
        else assert(response.body.startsWith(`<html><title>${status}: `), response.body);
        assertEquals((await client.request(request("GET /"))).status, 200); // the connection goes on
      }));
  });
}

Deno.test("Application answers 404 to every method where there is no route", () =>
  expectLog(
    { level: "warning", category: "denado.access", pattern: "404", times: 3 },
    () =>
      withServer(new Application(), async (server) => {
        const client = await server.connect();
        for (const line of ["GET /", "POST /", "OPTIONS *"]) {
          assertEquals((await client.request(request(line, "Content-Length: 0\r\n"))).status, 404);
        }
      }),
  ));

Deno.test("Application gives a handler the whole body, however it came", () =>
  withServer(new Application([["/", Named]]), async (server) => {
    const client = await server.connect();
    const body = "x".repeat(200_000);
    const byLength = await client.request(request("POST /", "Content-Length: 200000\r\n") + body);
    assert(byLength.body === body);
    const chunks = `${(100_000).toString(16)};ext=1\r\n${body.slice(100_000)}\r\n`.repeat(2) +
      "0\r\nTrailer: x\r\n\r\n";
    const chunked = await client.request(request("POST /", "Transfer-Encoding: chunked\r\n") + chunks);
    assert(chunked.body === body);
  }));

// --- hosts, lists and names ---

const QUIET = { logFunction: () => {} };

/** The body of the answer of an application to a request for a host. */
async function ask(app: Application, host: string, target: string, fields = ""): Promise<string> {
  let answer = "";
  await withServer(app, async (server) => {
    const client = await server.connect();
    const response = await client.request(`GET ${target} HTTP/1.1\r\nHost: ${host}\r\n${fields}\r\n`);
    answer = response.status === 200 ? response.body : String(response.status);
  });
  return answer;
}

function hosted(settings: { defaultHost?: string } = {}): Application {
  const app = new Application([["/all", Named, { name: "all" }], ["/a", Named, { name: "any host" }]], {
    ...QUIET,
    ...settings,
  });
  app.addHandlers("a\\.example", [["/a", Named, { name: "a" }], ["/(\\d+)", Named, { name: "number" }, "number"]]);
  app.addHandlers(".*\\.example", [["/b", Named, { name: "b" }], ["/a", Named, { name: "later" }]]);
  return app;
}

const HOSTS: { host: string; target: string; answer: string; settings?: { defaultHost: string }; fields?: string }[] = [
  { host: "a.example", target: "/a", answer: "a" },
  { host: "A.Example:80", target: "/a", answer: "a" },
  { host: "b.example", target: "/a", answer: "later" },
  { host: "a.example", target: "/b", answer: "b" },
  { host: "a.example", target: "/7", answer: 'number "7"' },
  { host: "a.example", target: "/all", answer: "all" },
  { host: "xa.examplex", target: "/a", answer: "any host" },
  { host: "localhost", target: "/b", answer: "404" },
  { host: "localhost", target: "/b", answer: "b", settings: { defaultHost: "x.example" } },
  { host: "localhost", target: "/b", answer: "404", settings: { defaultHost: "elsewhere" } },
  {
    host: "localhost",
    target: "/b",
    answer: "404",
    settings: { defaultHost: "x.example" },
    fields: "X-Real-Ip: ::1\r\n",
  },
];

for (const { host, target, answer, settings, fields } of HOSTS) {
  Deno.test(`Application answers ${answer} for ${host}${target} with ${JSON.stringify(settings)} ${fields ?? ""}`, async () => {
    assertEquals(await ask(hosted(settings), host, target, fields), answer);
  });
}

Deno.test("Application leads through lists of rules, and on to the next rule where they lead nowhere", async () => {
  const app = new Application([
    [new HostMatches("a"), [["/x", Named, { name: "a" }], ["/n/.*", [["/n/(.)", Named, { name: "nested" }, "n"]]]]],
    ["/x", Named, { name: "all" }],
  ], QUIET);
  assertEquals(await ask(app, "a", "/x"), "a");
  assertEquals(await ask(app, "b", "/x"), "all");
  assertEquals(await ask(app, "a", "/n/1"), 'nested "1"');
  assertEquals(await ask(app, "a", "/n/12"), "404");
  assertEquals(app.reverseUrl("n", "z"), "/n/z");
});

Deno.test("Application leads to functions, other applications and bare routers", async () => {
  const app = new Application([
    ["/f/(.)", ({ connection }, { pathArgs }) => {
      const body = new TextEncoder().encode(`f ${pathArgs}`);
      connection.respond({ code: 200, reason: "OK" }, new HTTPHeaders({ "Content-Length": "3" }), body);
    }],
    ["/app", new Application([["/app", Named, { name: "inner" }]], QUIET)],
    ["/router", new RuleRouter([["/router", new Application([["/.*", Named, { name: "routed" }]], QUIET)]])],
  ], QUIET);
  assertEquals(await ask(app, "a", "/f/1"), "f 1");
  assertEquals(await ask(app, "a", "/app"), "inner");
  assertEquals(await ask(app, "a", "/router"), "routed");
});

Deno.test("Application answers by the default handler class where no route matches", async () => {
  const settings = { ...QUIET, defaultHandlerClass: Named, defaultHandlerArgs: { name: "default" } };
  assertEquals(await ask(new Application([], settings), "a", "/nothing"), "default");
});

Deno.test("Application reverses routes of every host, and names one that does not exist", () => {
  const app = hosted();
  assertEquals(app.reverseUrl("number", 7), "/7");
  assertThrows(() => app.reverseUrl("nobody"), RangeError, 'no route is named "nobody"');
  assertEquals([app.tryReverseUrl("number", 7), app.tryReverseUrl("nobody")], ["/7", undefined]);
});

// --- what is wrong with the program ---

const BAD_ROUTES: { route: unknown; error: typeof TypeError | typeof SyntaxError; message: string }[] = [
  { route: ["/(", Named], error: SyntaxError, message: 'Cannot compile route pattern "/("' },
  { route: ["/", {}], error: TypeError, message: 'Cannot route "/" to {}' },
  { route: ["/", [["/(", Named]]], error: SyntaxError, message: 'Cannot compile route pattern "/("' },
  { route: ["/", [undefined]], error: TypeError, message: "Cannot route undefined" },
];

for (const { route, error, message } of BAD_ROUTES) {
  Deno.test(`Application refuses the route ${Deno.inspect(route)} when it is made`, () => {
    assertThrows(() => new Application([["/ok", Named], route as Route]), error, message);
  });
}

Deno.test("Application refuses a server name that cannot be sent when it is made", () => {
  assertThrows(() => new Application([], { serverName: "a\r\nb" }), Error);
});

Deno.test("Application uses the setting serverName, and never writes to its settings", () => {
  const settings = Object.freeze({ serverName: "Mine/1" });
  const app = new Application([["/", Named]], settings);
  assertEquals(app.settings, settings);
  return expectLog({ level: "warning", pattern: "404" }, () =>
    withServer(app, async (server) => {
      const client = await server.connect();
      for (const target of ["/", "/nothing"]) {
        assertEquals(header(await client.request(request(`GET ${target}`)), "Server"), "Mine/1");
      }
    }));
});

Deno.test("Application serves on its own by listen", async () => {
  const server = new Application([["/", Named]]).listen(0, { address: "127.0.0.1", maxBodySize: 3 });
  const url = `http://127.0.0.1:${server.port}/`;
  assertEquals(await (await fetch(url)).text(), "nameless");
  const tooLarge = await fetch(url, { method: "POST", body: "four" });
  assertEquals(tooLarge.status, 413);
  await tooLarge.body?.cancel();
  server.stop();
  await server.closeAllConnections();
});

Deno.test("Application starts the program again after a change, with the setting debug", async () => {
  const app = new URL("../../web/application.ts", import.meta.url).href;
  await using folder = new ProgramFolder({
    "main.ts": `
      import { Application } from "${app}";
      import { enablePrettyLogging } from "denado:pretty_logging";
      enablePrettyLogging({ logging: "debug" }, { captureSourceLocation: false });
      const { settings } = new Application([], { debug: true });
      console.log(JSON.stringify(settings));
      setInterval(() => {}, 1000);`,
  });
  const program = folder.run(["-A", "main.ts"]);
  await program.line(/"serveTraceback":true/);
  await program.line(/autoreload watches \d+ files/);
});

// --- the access log ---

const LEVELS: { status: number; level: "info" | "warning" | "error" }[] = [
  { status: 200, level: "info" },
  { status: 302, level: "info" },
  { status: 400, level: "warning" },
  { status: 499, level: "warning" },
  { status: 500, level: "error" },
  { status: 599, level: "error" },
];

for (const { status, level } of LEVELS) {
  Deno.test(`Application logs a request with status ${status} at level ${level}`, () => {
    const app = new Application([[
      "/",
      class extends RequestHandler {
        override get(): void {
          this.setStatus(status);
        }
      },
    ]]);
    const pattern = new RegExp(`^${status} GET /\\?a=\\{b\\} \\(127\\.0\\.0\\.1\\) -?[\\d.]+ms$`);
    return expectLog({ level, category: "denado.access", pattern, times: 1 }, () =>
      withServer(app, async (server) => {
        await (await server.connect()).request(request("GET /?a={b}"));
      }));
  });
}

Deno.test("Application calls logFunction once for each request instead of logging, whatever its end", () => {
  const logged: string[] = [];
  class Ends extends RequestHandler {
    override async get(end: string): Promise<void> {
      if (end === "error") throw new HTTPError(403);
      await settle();
      if (end === "late") throw new HTTPError(404);
      if (end === "cut") {
        await this.flush();
        throw new HTTPError(500);
      }
    }
  }
  const app = new Application([["/(.*)", Ends]], {
    logFunction: (handler) => logged.push(`${handler.getStatus()} ${handler.request.path}`),
  });
  return expectLog(
    { level: "error", category: "denado.general", pattern: "after headers written", times: 1 },
    () =>
      withServer(app, async (server) => {
        const client = await server.connect();
        for (const path of ["/", "/error", "/late"]) await client.request(request(`GET ${path}`));
        await client.send(request("GET /cut"));
        await client.readToEnd();
        assertEquals(logged, ["200 /", "403 /error", "404 /late", "200 /cut"]);
      }),
  );
});

Deno.test("Application lets a subclass log requests", () => {
  const logged: number[] = [];
  class Logging extends Application {
    override logRequest(handler: RequestHandler): void {
      logged.push(handler.getStatus());
    }
  }
  return expectNoLog(() =>
    withServer(new Logging(), async (server) => {
      await (await server.connect()).request(request("GET /"));
      assertEquals(logged, [404]);
    })
  );
});

Deno.test("Application answers 500 when a handler's constructor throws, and logs the error", () =>
  expectLog({ level: "error", category: "denado.application", pattern: /Error: mine/, times: 1 }, () => {
    class Broken extends RequestHandler {
      field = (() => {
        throw new Error("mine");
      })();
    }
    const settings = { logFunction: () => {} };
    return withServer(new Application([["/broken", Broken], ["/", Named]], settings), async (server) => {
      const client = await server.connect();
      assertEquals((await client.request(request("GET /broken"))).status, 500);
      assertEquals((await client.request(request("GET /"))).status, 200);
    });
  }));
