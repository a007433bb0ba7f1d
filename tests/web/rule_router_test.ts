import {
  AnyMatches,
  Application,
  HostMatches,
  PathMatches,
  RequestHandler,
  ReversibleRuleRouter,
  Router,
  Rule,
  RuleRouter,
} from "@denado/denado";
import type { HTTPMessageDelegate, HTTPServerConnectionDelegate, HTTPServerRequest } from "@denado/denado/http";
import { HTTPHeaders } from "@denado/denado/http";
import type { RuleLike, TargetParameters } from "@denado/denado/web";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { expectLog } from "../helpers/expect_log.ts";
import { withServer } from "../helpers/http_server.ts";
import { parsedRequest } from "../helpers/parsed_request.ts";
import { request } from "../helpers/web_app.ts";

class Named extends RequestHandler {
  #name = "";
  override initialize(options: { name?: string }): void {
    this.#name = options.name ?? "nameless";
  }
  override get(...args: unknown[]): void {
    this.write([this.#name, ...args].join(" "));
  }
}

function reply(request: HTTPServerRequest, text: string): void {
  const headers = new HTTPHeaders({ "Content-Length": String(text.length) });
  request.connection.respond({ code: 200, reason: "OK" }, headers, new TextEncoder().encode(text));
}

const delegate: HTTPServerConnectionDelegate = {
  startRequest: (_server, connection) => ({
    headersReceived() {},
    dataReceived() {},
    finish: () => connection.respond({ code: 204, reason: "No Content" }, new HTTPHeaders(), new Uint8Array(0)),
    onConnectionClose() {},
  }),
};

const inner = new Application([["/in/(.)", Named, { name: "inner" }, "deep"], ["/x", Named]], {
  logFunction: () => {},
});
const nothing = new RuleRouter();

const RULES: RuleLike[] = [
  [new HostMatches("other"), inner],
  ["/none", nothing],
  ["/none", (request) => reply(request, "the next one")],
  ["/in/.*", inner],
  ["/call/(.)", (request, { pathArgs }) => reply(request, `called ${pathArgs} ${request.body.length}`)],
  [
    "/named/(?P<a>.)",
    (request, { pathKwargs, targetKwargs }) => reply(request, JSON.stringify([pathKwargs, targetKwargs])),
    { k: 1 },
  ],
  [/\/delegate/, delegate],
  [new PathMatches("/rule"), (request) => reply(request, "matcher")],
  new Rule("/made", (request) => reply(request, "rule"), { name: "made" }),
  ["/way/(.)/x", (request) => reply(request, ""), undefined, "way"],
];

const REQUESTS: { target: string; host?: string; status?: number; body?: string }[] = [
  { target: "/x", host: "other", body: "nameless" },
  { target: "/none", body: "the next one" },
  { target: "/in/1", body: "inner 1" },
  { target: "/call/a", body: "called a 3" },
  { target: "/named/b", body: '[{"a":"b"},{"k":1}]' },
  { target: "/delegate", status: 204, body: "" },
  { target: "/rule", body: "matcher" },
  { target: "/made", body: "rule" },
  { target: "/nothing", status: 404, body: "" },
];

for (const { target, host = "a", status = 200, body } of REQUESTS) {
  Deno.test(`RuleRouter leads ${host}${target} to ${status} ${body}`, () =>
    withServer(new RuleRouter(RULES), async (server) => {
      const client = await server.connect();
      const method = target.startsWith("/call") ? "POST" : "GET";
      const fields = method === "POST" ? "Content-Length: 3\r\n" : "";
      const response = await client.request(
        `${method} ${target} HTTP/1.1\r\nHost: ${host}\r\n${fields}\r\n${method === "POST" ? "abc" : ""}`,
      );
      assertEquals([response.status, response.body], [status, body]);
    }));
}

Deno.test("RuleRouter tells a nested router what the rule found out", () => {
  const seen: (TargetParameters | undefined)[] = [];
  class Spy extends Router {
    override findHandler(_request: HTTPServerRequest, parameters?: TargetParameters): HTTPMessageDelegate | undefined {
      seen.push(parameters);
      return undefined;
    }
  }
  const spy = new Spy();
  new RuleRouter([["/(.)", spy, { k: 1 }], ["/a", spy]]).findHandler(
    parsedRequest("GET /a HTTP/1.1\r\nHost: a\r\n\r\n"),
  );
  assertEquals(seen, [
    { pathArgs: ["a"], pathKwargs: undefined, targetKwargs: { k: 1 } },
    { pathArgs: [], pathKwargs: undefined },
  ]);
});

Deno.test("RuleRouter tries rules in order, whether they are literal or not", () => {
  const order: string[] = [];
  const target = (name: string) =>
    new (class extends Router {
      override findHandler(): undefined {
        order.push(name);
      }
    })();
  const router = new RuleRouter([
    ["/a/(.*)", target("first")],
    ["/a/b", target("second")],
    [new AnyMatches(), target("third")],
    ["/c", target("never")],
    ["/a/b", target("fourth")],
  ]);
  assertEquals(router.findHandler(parsedRequest("GET /a/b HTTP/1.1\r\nHost: a\r\n\r\n")), undefined);
  assertEquals(order, ["first", "second", "third", "fourth"]);
});

// --- the way back ---

Deno.test("RuleRouter reverses named rules, its own and those of routers below it", () => {
  const router = new RuleRouter(RULES);
  assertEquals(router.reverseUrl("way", "a/b c"), "/way/a/b%20c/x");
  assertEquals(new RuleRouter([["/.*", new RuleRouter(RULES)]]).reverseUrl("way", 1), "/way/1/x");
  assertEquals(router.reverseUrl("nobody"), undefined);
  assertEquals(new RuleRouter([[new AnyMatches(), delegate, undefined, "any"]]).reverseUrl("any"), undefined);
});

Deno.test("RuleRouter logs a name that comes twice, and takes the last rule", () =>
  expectLog(
    { level: "warning", category: "denado.application", pattern: /Multiple rules named twice/, times: 1 },
    () => {
      const router = new RuleRouter([["/a", delegate, undefined, "twice"], ["/b", delegate, undefined, "twice"]]);
      assertEquals(router.reverseUrl("twice"), "/b");
    },
  ));

Deno.test("RuleRouter lets a subclass change rules, and is reversible under Tornado's name", () => {
  class Prefixed extends ReversibleRuleRouter {
    override processRule(rule: Rule): Rule {
      const { pattern } = rule.matcher as PathMatches;
      return new Rule(`/v1${pattern.source}`, rule.target, { name: "changed" });
    }
  }
  const router = new Prefixed([["/a", delegate]]);
  assertEquals(router.reverseUrl("changed"), "/v1/a");
  assert(router instanceof RuleRouter);
});

// --- what is wrong with the program ---

class NoHandler {}
const BAD_RULES: { rule: unknown; error: typeof TypeError | typeof SyntaxError; message: string }[] = [
  { rule: ["/(", delegate], error: SyntaxError, message: 'Cannot compile route pattern "/("' },
  { rule: ["/", NoHandler], error: TypeError, message: 'Cannot route "/" to [class NoHandler]: a handler is a class' },
  { rule: ["/", RequestHandler], error: TypeError, message: 'Cannot route "/" to [class RequestHandler]' },
  { rule: ["/", {}], error: TypeError, message: 'Cannot route "/" to {}' },
  { rule: ["/", undefined], error: TypeError, message: 'Cannot route "/" to undefined' },
  { rule: ["/", "module.Handler"], error: TypeError, message: 'Cannot route "/" to "module.Handler"' },
  { rule: ["/"], error: TypeError, message: 'Cannot route "/" to undefined' },
  { rule: [1, delegate], error: TypeError, message: "Cannot route 1: a pattern is text, a RegExp or a URLPattern" },
  { rule: "/", error: TypeError, message: 'Cannot route "/": a route is [pattern, target, options, name]' },
  { rule: undefined, error: TypeError, message: "Cannot route undefined: a route is" },
  {
    rule: ["/", Named],
    error: TypeError,
    message: "Cannot route to [class Named] here: handlers and lists of rules need",
  },
  {
    rule: ["/", [["/", delegate]]],
    error: TypeError,
    message: "here: handlers and lists of rules need an Application",
  },
];

for (const { rule, error, message } of BAD_RULES) {
  Deno.test(`RuleRouter refuses the rule ${Deno.inspect(rule, { compact: true, breakLength: Infinity })}`, () => {
    assertThrows(() => new RuleRouter([rule as RuleLike]), error, message);
  });
}

Deno.test("RuleRouter refuses a delegate of connections for a request that came on none", () => {
  const router = new RuleRouter([["/", delegate]]);
  assertThrows(
    () => router.findHandler(parsedRequest("GET / HTTP/1.1\r\nHost: a\r\n\r\n")),
    TypeError,
    "did not come on one",
  );
});

Deno.test("RuleRouter answers a request whose callback fails with 500, and logs it", () =>
  expectLog({ level: "error", pattern: /request callback for .*\nError: mine/, times: 1 }, () => {
    const router = new RuleRouter([["/", () => Promise.reject(new Error("mine"))]]);
    return withServer(router, async (server) => {
      assertEquals((await (await server.connect()).request(request("GET /"))).status, 500);
    });
  }));
