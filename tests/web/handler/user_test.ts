import { Application, RequestHandler } from "@denado/denado";
import type { ApplicationSettings, HandlerClass } from "@denado/denado/web";
import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { type ExpectedLog, expectLog, expectNoLog } from "../../helpers/expect_log.ts";
import type { RawClient, RawResponse } from "../../helpers/http_client.ts";
import { withServer } from "../../helpers/http_server.ts";
import { formPost, request, requestWithBody, serve } from "../../helpers/web_app.ts";

// --- the user ---

interface User {
  readonly name: string;
}

Deno.test("UserHandler knows nobody", () =>
  serve(
    class extends RequestHandler {
      override get(): void {
        this.write(String(this.currentUser));
      }
    },
    async (server) => {
      assertEquals((await (await server.connect()).request(request("GET /"))).body, "undefined");
    },
  ));

Deno.test("UserHandler asks for the user once in a request, when it is needed", () => {
  const asked: string[] = [];
  return serve(
    class extends RequestHandler {
      override getCurrentUser(): User | undefined {
        asked.push(this.request.path);
        return this.request.path === "/nobody" ? undefined : { name: "Ann" };
      }
      override get(path: string): void {
        if (path === "unused") return;
        const user: User | undefined = this.currentUser;
        assert(user === this.currentUser);
        this.write(user?.name ?? "nobody");
      }
    },
    async (server) => {
      const client = await server.connect();
      assertEquals((await client.request(request("GET /a"))).body, "Ann");
      assertEquals((await client.request(request("GET /nobody"))).body, "nobody");
      await client.request(request("GET /unused"));
      assertEquals(asked, ["/a", "/nobody"]);
    },
  );
});

Deno.test("UserHandler takes a user that is set, also none", () =>
  serve(
    class extends RequestHandler {
      override getCurrentUser(): User | null {
        return { name: "asked" };
      }
      override get(): void {
        this.currentUser = null;
        const none = this.currentUser;
        this.currentUser = { name: "set" };
        this.write({ none, name: this.currentUser?.name });
      }
    },
    async (server) => {
      assertEquals((await (await server.connect()).request(request("GET /"))).body, '{"none":null,"name":"set"}');
    },
  ));

Deno.test("UserHandler refuses a promise for a user", () =>
  serve(
    class extends RequestHandler {
      override getCurrentUser(): Promise<void> {
        return Promise.resolve();
      }
      override get(): void {
        assertThrows(() => this.currentUser, TypeError, "Cannot use a promise as current user");
        assertThrows(() => this.currentUser = Promise.resolve(5), TypeError, "Cannot use a promise as current user");
      }
    },
    async (server) => {
      assertEquals((await (await server.connect()).request(request("GET /"))).status, 200);
    },
  ));

Deno.test("UserHandler tells where to go after a login, on this host only", () =>
  serve(
    class extends RequestHandler {
      override get(): void {
        this.write(`${this.getNextUrl()} ${this.getNextUrl("/home")}`);
      }
    },
    async (server) => {
      const client = await server.connect();
      const next = async (query: string) => (await client.request(request(`GET /${query}`))).body;
      assertEquals(await next("?next=%2Fb%3Fc"), "/b?c /b?c");
      assertEquals(await next("?next=http%3A%2F%2Fa%2Fb"), "/b /b");
      for (const query of ["", "?next=", "?next=%2F%2Fevil.example", "?next=https%3A%2F%2Fa%2Fb", "?next=b"]) {
        assertEquals(await next(query), "/ /home", query);
      }
    },
  ));

// --- cross-site request forgery ---

class Form extends RequestHandler {
  override prepare(): void {
    if (this.request.path === "/prepared") this.write("prepared ");
  }
  override get(): void {
    this.write(this.xsrfToken);
  }
  override post(): void {
    this.write("ok");
  }
  override put(): void {
    this.write("ok");
  }
  override delete(): void {
    this.write("ok");
  }
  override patch(): void {
    this.write("ok");
  }
  override options(): void {
    this.write("ok");
  }
}

const SETTINGS: ApplicationSettings = { xsrfCookies: true };

/** A token of the page, and the cookie as the client would send it back. */
interface Page {
  readonly token: string;
  /** A Cookie field line. */
  readonly cookie: string;
  readonly fields: readonly string[];
}

async function getPage(client: RawClient, token?: string, name = "_xsrf"): Promise<Page> {
  const response = await client.request(request("GET /", token === undefined ? "" : cookie(token, name)));
  return {
    token: response.body,
    cookie: cookie(response.body, name),
    fields: response.headers.get("set-cookie") ?? [],
  };
}

function cookie(token: string, name = "_xsrf"): string {
  return `Cookie: ${name}=${token}\r\n`;
}

function serveForm(
  test: (client: RawClient) => Promise<void>,
  settings: ApplicationSettings = SETTINGS,
  handler: HandlerClass = Form,
): Promise<void> {
  return serve(handler, async (server) => test(await server.connect()), settings);
}

const encode = encodeURIComponent;

Deno.test("UserHandler sets the XSRF cookie to the token of the page, once, and keeps it", () =>
  expectNoLog(() =>
    serveForm(async (client) => {
      const first = await getPage(client);
      assert(/^2\|[0-9a-f]{8}\|[0-9a-f]{32}\|\d{10}$/.test(first.token), first.token);
      assertEquals(first.fields, [`_xsrf=${first.token}; Path=/`]);
      const second = await getPage(client, first.token);
      assertEquals(second.fields, []);
      assertNotEquals(second.token, first.token);
      assertEquals((await client.request(formPost("/", `_xsrf=${encode(second.token)}`, first.cookie))).body, "ok");
      assertEquals((await client.request(formPost("/", `_xsrf=${encode(first.token)}`, second.cookie))).body, "ok");
    })
  ));

interface PostCase {
  readonly name: string;
  readonly post: (page: Page, other: Page) => string;
  /** What the log says where it is refused. */
  readonly log?: string;
}

const MISSING = "'_xsrf' argument missing from POST";
const INVALID = "'_xsrf' argument has invalid format";
const MISMATCH = "XSRF cookie does not match POST argument";
const POSTS: PostCase[] = [
  { name: "no token at all", post: () => formPost("/", ""), log: MISSING },
  { name: "a cookie and no field", post: ({ cookie }) => formPost("/", "", cookie), log: MISSING },
  { name: "an empty field", post: ({ cookie }) => formPost("/", "_xsrf=", cookie), log: MISSING },
  { name: "a field and no cookie", post: ({ token }) => formPost("/", `_xsrf=${encode(token)}`), log: MISMATCH },
  {
    name: "a cookie of an unknown version",
    post: ({ token }) => formPost("/", `_xsrf=${encode(token)}`, cookie("3|")),
    log: MISMATCH,
  },
  { name: "a field of an unknown version", post: ({ cookie }) => formPost("/", "_xsrf=3%7C", cookie), log: INVALID },
  {
    name: "empty tokens that are equal",
    post: () => formPost("/", "_xsrf=2%7C01020304%7C%7C1", cookie("2|01020304||1")),
    log: INVALID,
  },
  {
    name: "the field of another user",
    post: ({ cookie }, { token }) => formPost("/", `_xsrf=${encode(token)}`, cookie),
    log: MISMATCH,
  },
  {
    name: "a cookie of another user",
    post: ({ token }, { cookie }) => formPost("/", `_xsrf=${encode(token)}`, cookie),
    log: MISMATCH,
  },
  {
    name: "a header that does not match",
    post: ({ cookie }) => formPost("/", "", `X-Xsrftoken: abc\r\n${cookie}`),
    log: MISMATCH,
  },
  {
    name: "a token in the body of another type",
    post: ({ token, cookie }) => requestWithBody("POST /", `_xsrf=${token}`, `Content-Type: text/plain\r\n${cookie}`),
    log: MISSING,
  },
  { name: "PUT without a token", post: () => request("PUT /"), log: MISSING },
  { name: "DELETE without a token", post: () => request("DELETE /"), log: MISSING },
  { name: "PATCH without a token", post: () => request("PATCH /"), log: MISSING },
  {
    name: "a form that is none, before anything is done",
    post: () => requestWithBody("POST /", "x", "Content-Type: multipart/form-data\r\n"),
    log: "no boundary",
  },
  { name: "a field of the body", post: ({ token, cookie }) => formPost("/", `_xsrf=${encode(token)}`, cookie) },
  { name: "a field of the query", post: ({ token, cookie }) => formPost(`/?_xsrf=${encode(token)}`, "", cookie) },
  {
    name: "the header X-Xsrftoken",
    post: ({ token, cookie }) => formPost("/", "", `X-XSRFToken: ${token}\r\n${cookie}`),
  },
  {
    name: "the header X-Csrftoken",
    post: ({ token, cookie }) => formPost("/", "", `X-Csrftoken: ${token}\r\n${cookie}`),
  },
  { name: "a short token", post: () => formPost("/", "_xsrf=deadbeef", cookie("deadbeef")) },
  { name: "a token that is not hexadecimal", post: () => formPost("/", "_xsrf=xoxo", cookie("xoxo")) },
  {
    name: "a field of multipart/form-data",
    post: ({ token, cookie }) =>
      requestWithBody(
        "POST /",
        `--x\r\nContent-Disposition: form-data; name="_xsrf"\r\n\r\n${token}\r\n--x--\r\n`,
        `Content-Type: multipart/form-data; boundary=x\r\n${cookie}`,
      ),
  },
  { name: "PUT with a header", post: ({ token, cookie }) => request("PUT /", `X-Xsrftoken: ${token}\r\n${cookie}`) },
  { name: "OPTIONS without a token", post: () => request("OPTIONS /") },
];

for (const { name, post, log } of POSTS) {
  Deno.test(`UserHandler ${log === undefined ? "takes" : "refuses"} ${name}`, () => {
    const expected: ExpectedLog[] = log === undefined ? [] : [{ level: "warning", pattern: log, times: 1 }];
    return expectLog(expected, () =>
      serveForm(async (client) => {
        const response = await client.request(post(await getPage(client), await getPage(client)));
        const refused = log === "no boundary" ? 400 : 403;
        assertEquals(response.status, log === undefined ? 200 : refused);
        if (log === undefined) assertEquals(response.body, "ok");
      }));
  });
}

Deno.test("UserHandler checks the token before prepare, not for GET and HEAD, and only if it is told to", () =>
  expectLog({ level: "warning", pattern: MISSING, times: 1 }, async () => {
    await serveForm(async (client) => {
      assert(!(await client.request(formPost("/prepared", ""))).body.includes("prepared"));
      assertEquals((await client.request(request("GET /prepared"))).status, 200);
      assertEquals((await client.request(request("HEAD /prepared"))).status, 200);
    });
    await serveForm(async (client) => {
      assertEquals((await client.request(formPost("/", ""))).body, "ok");
    }, {});
  }));

Deno.test("UserHandler lets a handler do without the check", () =>
  serveForm(
    async (client) => assertEquals((await client.request(formPost("/", ""))).body, "ok"),
    SETTINGS,
    class extends Form {
      override checkXsrfCookie(): void {}
    },
  ));

Deno.test("Application answers 404 to POST where there is nothing, with xsrfCookies too", () =>
  withServer(new Application([["/form", Form]], { ...SETTINGS, logFunction: () => {} }), async (server) => {
    assertEquals((await (await server.connect()).request(formPost("/", ""))).status, 404);
  }));

Deno.test("UserHandler writes version 1 if it is told to, and reads both", () =>
  expectNoLog(async () => {
    let old!: Page;
    await serveForm(async (client) => {
      old = await getPage(client);
      assert(/^[0-9a-f]{32}$/.test(old.token), old.token);
      assertEquals((await getPage(client, old.token)).token, old.token);
    }, { ...SETTINGS, xsrfCookieVersion: 1 });
    await serveForm(async (client) => {
      const page = await getPage(client, old.token);
      assertEquals([page.token.slice(0, 2), page.fields], ["2|", []]);
      assertNotEquals((await getPage(client, old.token)).token, page.token);
      assertEquals((await client.request(formPost("/", `_xsrf=${encode(page.token)}`, old.cookie))).body, "ok");
      assertEquals((await client.request(formPost("/", `_xsrf=${old.token}`, page.cookie))).body, "ok");
    });
  }));

Deno.test("UserHandler names the cookie as it is told, and the field _xsrf always", () => {
  const settings: ApplicationSettings = {
    xsrfCookies: true,
    xsrfCookieName: "__Host-xsrf",
    xsrfCookieKwargs: { secure: true, httpOnly: true, sameSite: "Strict" },
  };
  return expectLog({ level: "warning", pattern: MISMATCH, times: 1 }, () =>
    serveForm(async (client) => {
      const { token, cookie: field, fields } = await getPage(client, undefined, "__Host-xsrf");
      assertEquals(fields, [`__Host-xsrf=${token}; HttpOnly; Path=/; SameSite=Strict; Secure`]);
      assertEquals((await client.request(formPost("/", `_xsrf=${encode(token)}`, field))).body, "ok");
      assertEquals((await client.request(formPost("/", `_xsrf=${encode(token)}`, cookie(token)))).status, 403);
    }, settings));
});

for (
  const [user, kwargs, days] of [["Ann", {}, 30], ["Ann", { expiresDays: 2 }, 2], [undefined, {}, undefined]] as const
) {
  Deno.test(`UserHandler keeps the XSRF cookie of ${user ?? "nobody"} for ${days ?? "no"} days, and settings as they are`, () => {
    const settings: ApplicationSettings = { ...SETTINGS, xsrfCookieKwargs: Object.freeze(kwargs) };
    return serveForm(
      async (client) => {
        const [field] = (await getPage(client)).fields;
        const expires = /; expires=([^;]+);/.exec(field!)?.[1];
        if (days === undefined) return assertEquals(expires, undefined);
        assert(Math.abs(Date.parse(expires!) - Date.now() - days * 86_400_000) < 10_000, field);
      },
      settings,
      class extends Form {
        override getCurrentUser(): string | undefined {
          return user;
        }
      },
    );
  });
}

Deno.test("UserHandler has one token for all forms of a page", () =>
  serve(
    class extends RequestHandler {
      override get(): void {
        const html = `<input type="hidden" name="_xsrf" value="${this.xsrfToken}"/>`;
        assertEquals(this.xsrfFormHtml(), html);
        this.write(this.xsrfFormHtml());
      }
    },
    async (server) => {
      const response: RawResponse = await (await server.connect()).request(request("GET /"));
      assert(/value="2\|[0-9a-f|]+"\/>$/.test(response.body), response.body);
    },
  ));

Deno.test("UserHandler refuses to make a token that it can no longer set", () =>
  serve(
    class extends RequestHandler {
      override async get(): Promise<void> {
        await this.flush();
        assertThrows(() => this.xsrfToken, Error, "the headers were sent already");
      }
    },
    async (server) => {
      assertEquals((await (await server.connect()).request(request("GET /"))).status, 200);
    },
  ));
