/**
 * Requests made at random, of pieces that have broken other frameworks, to an application with everything in it.
 *
 * Whatever comes, nobody is sent to another host, no file outside of the folder is read, no markup of the client's is
 * on a page, nothing is in a header or a log line that a client began, and no request is answered with 500. The rules
 * are those of the web table in the project's list of advisories; each has tests of its own where it is implemented.
 *
 * @module
 */

import { addslash, Application, RedirectHandler, removeslash, RequestHandler, StaticFileHandler } from "@denado/denado";
import { authenticated, Template } from "@denado/denado/web";
import { assert, assertEquals } from "@std/assert";
import { z } from "npm:zod@^4.2.0";
import { expectLog, type LoggedMessage } from "../helpers/expect_log.ts";
import type { RawResponse } from "../helpers/http_client.ts";
import { withServer } from "../helpers/http_server.ts";
import { Random } from "../helpers/random.ts";

const REQUESTS = 4000;
const SECRET = "the content of a secret file";

const PAGE = new Template('<p title="{{ text }}">{{ text }}</p>{{ agent }}{% raw form %}', { name: "page.html" });
const QUERY = z.strictObject({ a: z.string(), page: z.coerce.number().int().optional() });

class Everything extends RequestHandler {
  override getCurrentUser(): string | undefined {
    return this.getSignedCookieText("user");
  }
  override async get(): Promise<void> {
    switch (/^\/[a-z]*/.exec(this.request.path)?.[0]) {
      case "/page":
        this.write(PAGE.render({
          text: this.getArgument("a", "none"),
          agent: this.request.headers.get("User-Agent") ?? "",
          form: this.xsrfFormHtml(),
        }));
        break;
      case "/typed":
        this.write({
          page: this.getArgument("page", { type: "integer", default: 1, once: true }),
          order: this.getArguments("a", { type: ["x", "y"] }),
          date: String(this.getArgument("date", { type: "date", default: null })),
        });
        break;
      case "/schema":
        this.write(await this.validateQuery(QUERY, { lists: ["page"] as never }));
        break;
      case "/logout":
        this.clearAllCookies();
        break;
      case "/next":
        this.redirect(this.getNextUrl());
        break;
      default:
        this.write({ path: this.request.path, cookies: Object.fromEntries(this.cookies) });
    }
  }
  override async post(): Promise<void> {
    if (this.request.path === "/schema") this.write({ body: await this.validateJsonBody(z.json()) });
    else this.write({ fields: this.getBodyArguments("a"), files: this.request.files.size });
  }
  override checkXsrfCookie(): void {
    if (!/^\/(?:api|schema)/.test(this.request.path)) super.checkXsrfCookie();
  }
}

class Private extends Everything {
  @authenticated
  override get(): Promise<void> {
    return super.get();
  }
}

class Slash extends RequestHandler {
  @addslash
  override get(): void {}
}

class NoSlash extends RequestHandler {
  @removeslash
  override get(): void {}
}

function application(folder: string): Application {
  return new Application([
    ["/files/(.*)", StaticFileHandler, { path: folder, defaultFilename: "index.html" }],
    ["(?:.*)/private(?:.*)", Private],
    ["/moved/(.*)", RedirectHandler, { url: "/{0}" }],
    ["/away/(.*?)/(.*)", RedirectHandler, { url: "{1}/{0}" }],
    ["(.*)/slash/?", Slash],
    ["(.*)/noslash/*", NoSlash],
    ["(.*)", Everything],
  ], {
    cookieSecret: { 0: "old", 3: "new" },
    keyVersion: 3,
    loginUrl: "/login",
    xsrfCookies: true,
    staticPath: folder,
    compressResponse: true,
    requestId: true,
  });
}

// --- what is sent ---

const METHODS = ["GET", "GET", "GET", "GET", "HEAD", "POST", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"];
const PATHS = [
  ...[
    "/",
    "/page",
    "/typed",
    "/schema",
    "/logout",
    "/next",
    "/private",
    "//evil.example/private",
    "/\\evil.example/private",
    "/api/a",
    "/moved/",
    "/away/",
  ],
  ...["/files/", "/files/index.html", "/files/folder", "/files/link", "/static/index.html", "/slash", "/noslash/"],
];
const PATH_PIECES = [
  ...[
    "/",
    "//",
    "\\",
    "/../",
    "..",
    "/.",
    "%2e%2e",
    "%2E%2e/",
    "%2f",
    "%5c",
    "%00",
    "%0d%0aX-Injected:%201",
    "%09",
    "%",
  ],
  ...["evil.example", "@evil.example", "//evil.example/slash", "/\\evil.example/slash", "secret.txt", "../secret.txt"],
  ...[
    "%ff",
    "%C3%A4",
    "<script>",
    "'",
    '"',
    "{0}",
    "{{text}}",
    "~",
    ":",
    ";",
    "index.html",
    "C:",
    "CON",
    "a".repeat(300),
  ],
];
const ARGUMENTS = [
  "a",
  "page",
  "date",
  "next",
  "next",
  "%0aERROR%e2%80%a8",
  "_xsrf",
  "v",
  "__proto__",
  "constructor",
  "%61",
  "a[]",
  "",
];
const VALUES = [
  ...["1", "-1", "1e999", "9".repeat(30), "x", "%00", "%ff", "%0d%0aX-Injected:%201", "<script>alert(1)</script>"],
  ...[
    "%3Cscript%3E%22%27",
    "//evil.example",
    "%2F%2Fevil.example",
    "/%09/evil.example",
    "/%5Cevil.example",
    "https:evil",
  ],
  ...[
    "javascript:alert(1)",
    "http://evil.example",
    "2026-11-31",
    "%E2%80%A8",
    "2%7C01020304%7C%7C1",
    "3%7C",
    "%2e%2e%2f",
  ],
];
const COOKIES = [
  ...[
    "a=b",
    "__Host-a=b",
    "__Secure-b=c",
    "path=/",
    "a b=c",
    '_xsrf="2|01020304|60606060|1"',
    "_xsrf=xoxo",
    "_xsrf=",
    ";",
  ],
  ...[
    "user=2|1:0|10:1300000000|4:user|4:YQ==|00",
    "user=YQ==|1|00",
    "user=2|1:9|",
    "__proto__=x",
    'q="\\015\\012"',
    "é=\xff",
  ],
];
const FIELDS = [
  ...[
    "Accept: application/json",
    "Accept: text/html",
    "Accept-Encoding: gzip;q=x, br",
    "Range: bytes=0-",
    "Range: bytes=-0",
  ],
  ...[
    "If-None-Match: *",
    'If-None-Match: "',
    "If-Modified-Since: never",
    "X-Forwarded-For: <script>",
    "X-Xsrftoken: xoxo",
  ],
  ...[
    "X-Request-Id: a<b>",
    "X-Request-Id: ok-1",
    "User-Agent: <script>alert(1)</script>",
    "Upgrade: websocket",
    "X-\xe9: a",
  ],
  ...["Content-Encoding: gzip", "Referer: //evil.example", "Origin: null"],
];
const BODIES: [type: string, body: string][] = [
  ["application/x-www-form-urlencoded", "a=%ff&_xsrf=xoxo"],
  ["application/x-www-form-urlencoded", "_xsrf=xoxo&a=<script>"],
  ["application/x-www-form-urlencoded", "&&&=&=&a"],
  [
    "multipart/form-data; boundary=x",
    '--x\r\nContent-Disposition: form-data; name="a"; filename="../\xff"\r\n\r\n1\r\n--x--\r\n',
  ],
  ["multipart/form-data; boundary=x", "--x\r\n\r\n--x--"],
  ["multipart/form-data", "--x--"],
  ["application/json", '{"__proto__": {"admin": true}}'],
  ["application/json", '{"a": "<script>"}'],
  ["application/json", "[".repeat(2000)],
  ["application/json; charset=utf-16", "[]"],
  ["text/plain", "a=b"],
];

function randomRequest(random: Random): string {
  const query = () => {
    const pairs = Array.from({ length: random.below(4) }, () => `${random.pick(ARGUMENTS)}=${random.text(VALUES, 2)}`);
    return pairs.length === 0 ? "" : `?${pairs.join("&")}`;
  };
  const origin = random.below(12) === 0
    ? random.pick(["http://evil.example", "http://a.example:80", "//evil.example"])
    : "";
  const target = origin + random.pick(PATHS) + random.text(PATH_PIECES, random.below(4)) + query();
  let fields = "";
  if (random.below(2) === 0) fields += `Cookie: ${random.text(COOKIES.map((cookie) => `${cookie}; `), 5)}\r\n`;
  for (let count = random.below(4); count > 0; count--) fields += `${random.pick(FIELDS)}\r\n`;
  let body = "";
  const method = random.pick(METHODS);
  if (method.startsWith("P")) {
    const [type, text] = random.pick(BODIES);
    body = text;
    fields += `Content-Type: ${type}\r\nContent-Length: ${text.length}\r\n`;
  }
  return `${method} ${target} HTTP/1.1\r\nHost: a.example\r\n${fields}\r\n${body}`;
}

// --- what must hold ---

function check(request: string, { status, headers, body }: RawResponse): void {
  assert(status < 500, request);
  for (const location of headers.get("location") ?? []) {
    assert(/^[\x21-\x7e]*$/.test(location), request);
    const url = new URL(location, "http://a.example/x/y");
    assertEquals(url.host, "a.example", `${request}${location}`);
    // Where the login page would lead, which is what the next page believes.
    const next = url.pathname === "/login" ? url.searchParams.get("next") : null;
    if (next !== null) assertEquals(new URL(next, url).host, "a.example", `${request}${location}`);
  }
  assert(!headers.has("x-injected"), request);
  for (const field of headers.get("set-cookie") ?? []) {
    assert(/^(?:_xsrf|a|__Host-a|__Secure-b|__proto__|user|q)=[\x21-\x7e ]*$/.test(field), `${request}\n${field}`);
    if (/^__/.test(field) && !field.startsWith("__proto__")) assert(/; Secure/.test(field), field);
  }
  assert(!body.includes(SECRET), request);
  const type = headers.get("content-type")?.[0] ?? "";
  if (type.startsWith("text/html") && !headers.has("content-encoding")) {
    assert(!/<script|"'|onerror/i.test(body), `${request}\n${body}`);
    assert(!/\bat file:|\/web\/|node:/.test(body), `Something internal is shown\n${request}\n${body}`);
  }
}

function checkLog(messages: readonly LoggedMessage[]): void {
  for (const { level, text } of messages) {
    assert(level !== "error" && level !== "fatal", text);
    // deno-lint-ignore no-control-regex -- a client must not begin a line
    assert(!/[\x00-\x1f\x7f-\x9f\u2028\u2029]/.test(text), JSON.stringify(text));
    assert(text.length < 3000, text);
  }
}

Deno.test(`Application withstands ${REQUESTS} hostile requests`, async () => {
  const outer = await Deno.makeTempDir();
  try {
    const folder = `${outer}/public`;
    await Deno.mkdir(`${folder}/folder`, { recursive: true });
    await Deno.writeTextFile(`${outer}/secret.txt`, SECRET);
    await Deno.writeTextFile(`${folder}/index.html`, "<p>index</p>");
    await Deno.symlink(`${outer}/secret.txt`, `${folder}/link`);
    const statuses = new Map<number, number>();
    await expectLog(
      { level: "warning", pattern: /./ },
      (messages) =>
        withServer(application(folder), async (server) => {
          const random = new Random(20261125);
          let client = await server.connect();
          for (let count = 0; count < REQUESTS; count++) {
            const request = randomRequest(random);
            const response = await client.request(request);
            check(request, response);
            statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
            if (response.headers.get("connection")?.includes("close")) {
              client.close();
              client = await server.connect();
            }
          }
          checkLog(messages);
        }),
    );
    // Each kind of answer is among them, so that what is checked is not always the same error.
    for (const status of [200, 301, 302, 304, 400, 403, 404, 405]) assert((statuses.get(status) ?? 0) > 5, `${status}`);
  } finally {
    await Deno.remove(outer, { recursive: true });
  }
});
