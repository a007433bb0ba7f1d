import { Application, HTTPError, RequestHandler, UIModule } from "@denado/denado";
import { type BaseLoader, DictLoader } from "@denado/denado/template";
import { Locale } from "@denado/denado/locale";
import { type ApplicationSettings, type HandlerClass, isAbsolute, type Route } from "@denado/denado/web";
import { assert, assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import { type ExpectedLog, expectLog, expectNoLog } from "../../helpers/expect_log.ts";
import { header, type RawResponse } from "../../helpers/http_client.ts";
import { withServer } from "../../helpers/http_server.ts";
import { settle } from "../../helpers/manual_clock.ts";
import { request } from "../../helpers/web_app.ts";

/** The responses of an application with these templates to requests for these targets. */
async function responses(
  routes: readonly Route[],
  templates: Record<string, string>,
  targets: readonly string[],
  settings: ApplicationSettings & { readonly fields?: string } = {},
): Promise<RawResponse[]> {
  const { fields, ...rest } = settings;
  const loader = new DictLoader(templates);
  const app = new Application(routes, Object.freeze({ logFunction: () => {}, templateLoader: loader, ...rest }));
  const all: RawResponse[] = [];
  await withServer(app, async (server) => {
    const client = await server.connect();
    for (const target of targets) all.push(await client.request(request(`GET ${target}`, fields)));
  });
  return all;
}

async function page(
  handler: HandlerClass,
  templates: Record<string, string>,
  settings?: ApplicationSettings & { readonly fields?: string },
): Promise<string> {
  const [response] = await responses([["/", handler]], templates, ["/"], settings);
  return response!.body;
}

/** Renders `page.html` with what it is given. */
function rendering(namespace?: Record<string, unknown>): HandlerClass {
  return class extends RequestHandler {
    override get(): void {
      this.render("page.html", namespace);
    }
  };
}

// --- templates ---

Deno.test("PageHandler renders a template as the response, and escapes", () =>
  expectNoLog(async () => {
    const [response] = await responses([["/", rendering({ name: "<ä>" })]], { "page.html": "Hello, {{ name }}" }, [
      "/",
    ]);
    assertEquals(response!.body, "Hello, &lt;\xc3\xa4&gt;");
    assertEquals(header(response!, "Content-Type"), "text/html; charset=UTF-8");
    assert(response!.headers.has("etag"));
  }));

const NAMES: [template: string, expected: string | RegExp][] = [
  ["{{ request.path }} {{ handler.getStatus() }}", "/ 200"],
  ["{{ current_user }} {{ currentUser }}", "Ann Ann"],
  ["{{ locale.code }} {{ _('text') }} {{ _('one', 'many', 2) }}", "en_US text many"],
  ["{{ reverse_url('item', 'a b') }} {{ reverseUrl('item', 1) }}", "/item/a%20b /item/1"],
  ["{% raw xsrf_form_html() %}", /^<input type="hidden" name="_xsrf" value="2\|.*"\/>$/],
  ["{% module xsrf_form_html() %}", /^<input type="hidden" name="_xsrf" value="2\|.*"\/>$/],
  ["{% module linkify('http://a.b <') %}", '<a href="http://a.b">http://a.b</a> &lt;'],
  ["{% module linkify('http://a.b', extraParams='x') %}", '<a href="http://a.b" x>http://a.b</a>'],
  ["{% module Template('part.html', x=1) %}", "part 1"],
  ["{% raw modules.Template('part.html', {x: 2}) %}", "part 2"],
  ["{{ method(3) }}", "method 3 of /"],
  ["{{ own }} {{ given }}", "own given"],
  ["{{ typeof nothing }}", "undefined"],
  ["{{ typeof process }} {{ typeof Deno }} {{ typeof globalThis }}", "undefined undefined undefined"],
];

class Named extends RequestHandler {
  override getCurrentUser(): string {
    return "Ann";
  }
  override getTemplateNamespace(): Record<string, unknown> {
    return { ...super.getTemplateNamespace(), own: "own", given: "overridden" };
  }
  override get(): void {
    this.render("page.html", { given: "given" });
  }
}

for (const [template, expected] of NAMES) {
  Deno.test(`PageHandler gives templates what ${template} needs`, async () => {
    const routes: Route[] = [["/", Named], ["/item/(.*)", Named, {}, "item"]];
    const templates = { "page.html": template, "part.html": "part {{ x }}" };
    const uiMethods = { method: (handler: RequestHandler, x: number) => `method ${x} of ${handler.request.path}` };
    const [response] = await responses(routes, templates, ["/"], { uiMethods });
    if (typeof expected === "string") assertEquals(response!.body, expected);
    else assertMatch(response!.body, expected);
  });
}

Deno.test("PageHandler lets names of the page win over its own, whatever they are called", () =>
  expectNoLog(async () => {
    const names = { locale: "l", current_user: "c", handler: "h", _: "u", request: "r" };
    const template = "{{ locale }}{{ current_user }}{{ handler }}{{ _ }}{{ request }}";
    assertEquals(await page(rendering(names), { "page.html": template }), "lchur");
  }));

Deno.test("PageHandler takes the names of an override, whichever way it adds them", async () => {
  class Own extends RequestHandler {
    override getTemplateNamespace(): Record<string, unknown> {
      if (this.request.path === "/only") return { own: 1, request: { path: "mine" } };
      const names = super.getTemplateNamespace();
      names.own = 1;
      names.request = { path: "mine" };
      return this.request.path === "/copy" ? { ...names } : names;
    }
    override get(): void {
      this.render("page.html", { given: 2 });
    }
  }
  const templates = { "page.html": "{{ own }} {{ given }} {{ request.path }} {{ handler.request.path }}" };
  const all = await responses([["/.*", Own]], templates, ["/only", "/set", "/copy"]);
  assertEquals(all.map(({ body }) => body), ["1 2 mine /only", "1 2 mine /set", "1 2 mine /copy"]);
});

Deno.test("PageHandler finds out user and locale only where a template uses them", async () => {
  class Lazy extends RequestHandler {
    override getCurrentUser(): unknown {
      throw new Error("not asked for");
    }
    override getUserLocale(): Locale {
      throw new Error("not asked for");
    }
    override get(): void {
      this.render("page.html", {});
    }
  }
  assertEquals(await page(Lazy, { "page.html": "{{ request.path }}" }), "/");
});

Deno.test("PageHandler returns templates as text, also with what the page does not bring along", async () => {
  const body = await page(
    class extends RequestHandler {
      override get(): void {
        this.write(this.renderString("part.html", { x: "<" }) + this.renderTemplate("part.html", { x: 1 }));
      }
    },
    { "part.html": "[{{ x }}]" },
  );
  assertEquals(body, "[&lt;][1]");
});

for (const kind of ["returned", "not returned", "not returned by an async method"] as const) {
  Deno.test(`PageHandler waits for a template that awaits, whose promise is ${kind}`, () =>
    expectNoLog(async () => {
      const calls: string[] = [];
      class Slow extends RequestHandler {
        override get(): unknown {
          const rendered = this.render("page.html", { later: () => settle().then(() => "late") });
          if (kind === "returned") return rendered;
          return kind === "not returned" ? undefined : Promise.resolve();
        }
        override onFinish(): void {
          calls.push("onFinish");
        }
      }
      assertEquals(await page(Slow, { "page.html": "{{ await later() }}" }), "late");
      assertEquals(calls, ["onFinish"]);
    }));
}

Deno.test("PageHandler waits for a page that prepare has begun, and does not call the method", () =>
  expectNoLog(async () => {
    class Prepared extends RequestHandler {
      override prepare(): void {
        this.render("page.html", { later: () => settle().then(() => "late") });
      }
      override get(): void {
        this.write("not reached");
      }
    }
    assertEquals(await page(Prepared, { "page.html": "{{ await later() }}" }), "late");
  }));

const FAILURES: [name: string, template: string, log: string][] = [
  ["throws", "a\n{{ fail() }}", "Cannot render page.html:2: mine"],
  ["rejects", "a\n{{ await later() }}", "Cannot render page.html:2: mine"],
  ["lacks a name", "{{ nobody }}", "nobody is not defined"],
  ["is none", "{% if %}", "page.html:1"],
  ["includes what is not there", "{% include 'nothing.html' %}", "nothing.html"],
  ["uses an unknown module", "{% module Nothing() %}", "Nothing is not a function"],
];

for (const [name, template, pattern] of FAILURES) {
  Deno.test(`PageHandler answers 500 when a template ${name}`, () => {
    const names = {
      fail: () => {
        throw new Error("mine");
      },
      later: () => settle().then(() => Promise.reject(new Error("mine"))),
    };
    const log: ExpectedLog = { level: "error", category: "denado.application", pattern, times: 1 };
    return expectLog(log, async () => {
      const [response] = await responses([["/", rendering(names)]], { "page.html": template }, ["/"]);
      assertEquals(response!.status, 500);
      assertStringIncludes(response!.body, "500: Internal Server Error");
    });
  });
}

Deno.test("PageHandler answers with the status of an HTTPError that a template throws", () =>
  expectNoLog(async () => {
    const fail = () => {
      throw new HTTPError(404);
    };
    const [response] = await responses([["/", rendering({ fail })]], { "page.html": "{{ fail() }}" }, ["/"]);
    assertEquals(response!.status, 404);
  }));

Deno.test("PageHandler renders error pages, also those that take time, and does without one that fails", () => {
  class Failing extends RequestHandler {
    override get(kind: string): void {
      throw new HTTPError(kind === "lost" ? 410 : 404, { reason: kind });
    }
    override writeError(code: number): Promise<void> {
      const later = () => settle().then(() => code === 410 ? Promise.reject(new Error("mine")) : code);
      return this.render(code === 410 || this.getReason() === "slow" ? "slow.html" : "quick.html", { code, later });
    }
  }
  const templates = { "quick.html": "error {{ code }}", "slow.html": "error {{ await later() }}" };
  const targets = ["/quick", "/slow", "/lost"];
  return expectLog({ level: "error", pattern: "Uncaught exception in writeError", times: 1 }, async () => {
    const all = await responses([["/(.*)", Failing]], templates, targets);
    assertEquals(all.map(({ status, body }) => [status, body]), [[404, "error 404"], [404, "error 404"], [410, ""]]);
  });
});

Deno.test("PageHandler breaks a response off whose late error page cannot be sent, and the process goes on", () => {
  class Failing extends RequestHandler {
    override get(): void {
      throw new HTTPError(404);
    }
    override async writeError(): Promise<void> {
      await settle();
      this.setHeader("Content-Length", "foo");
      this.write("page");
    }
  }
  return expectLog(
    { level: "error", pattern: "Cannot send an error response", times: 1 },
    () =>
      withServer(new Application([["/", Failing]], { logFunction: () => {} }), async (server) => {
        const client = await server.connect();
        await client.send(request("GET /"));
        assertEquals((await client.readToEnd()).text, "");
      }),
  );
});

Deno.test("PageHandler answers with an error where a page that is the answer to a part of the body fails", () =>
  expectLog({ level: "error", pattern: "mine", times: 1 }, () => {
    class Streamed extends RequestHandler {
      static override readonly STREAM_REQUEST_BODY = true;
      override dataReceived(): void {
        this.render("page.html", { later: () => settle().then(() => Promise.reject(new Error("mine"))) });
      }
      override post(): void {
        this.write("not reached");
      }
    }
    const templateLoader = new DictLoader({ "page.html": "{{ await later() }}" });
    const app = new Application([["/", Streamed]], { logFunction: () => {}, templateLoader });
    return withServer(app, async (server) => {
      const client = await server.connect();
      await client.send(request("POST /", "Content-Length: 3\r\n"));
      await client.send("abc");
      assertEquals((await client.read()).status, 500);
    });
  }));

/** Whatever writes to it fails. */
function deepFreeze<T extends object>(value: T): T {
  for (const part of Object.values(value)) if (typeof part === "object" && part !== null) deepFreeze(part);
  return Object.freeze(value);
}

Deno.test("PageHandler and all below it leave the settings as they are", () =>
  expectNoLog(async () => {
    const templates = {
      "page.html": "<head></head>{% module Entry('x') %}{{ method() }}{% raw xsrf_form_html() %}</body>",
    };
    const settings: ApplicationSettings = deepFreeze({
      compressResponse: { minLength: 1 },
      cookieSecret: { 1: "secret" },
      keyVersion: 1,
      debug: false,
      requestId: {},
      uiModules: [MODULES],
      uiMethods: { method: () => "m" },
      xsrfCookies: true,
      xsrfCookieKwargs: { secure: true },
    });
    class Everything extends RequestHandler {
      override getCurrentUser(): string {
        return "Ann";
      }
      override get(): void {
        this.setSignedCookie("a", "b");
        this.render("page.html");
      }
    }
    const fields = "Accept-Encoding: gzip\r\n";
    const all = await responses([["/", Everything]], templates, ["/", "/"], { ...settings, fields });
    assertEquals(all.map(({ status, headers }) => [status, headers.get("set-cookie")?.length]), [[200, 2], [200, 2]]);
    assert(Object.isFrozen(settings.xsrfCookieKwargs));
  }));

Deno.test("PageHandler refuses to render after the end, and a template that awaits where text is wanted", () =>
  expectNoLog(async () => {
    const body = await page(
      class extends RequestHandler {
        override get(): void {
          assertThrows(() => this.renderString("slow.html"), TypeError, "it awaits");
          this.finish("ok");
          assertThrows(() => this.render("page.html"), Error, "Cannot render page.html: the response is finished");
        }
      },
      { "page.html": "", "slow.html": "{{ await 1 }}" },
    );
    assertEquals(body, "ok");
  }));

// --- loaders ---

Deno.test("PageHandler reads templates from templatePath, once, or each time without compiledTemplateCache", async () => {
  const folder = await Deno.makeTempDir();
  try {
    for (const [compiledTemplateCache, second] of [[true, "one"], [false, "two"]] as const) {
      await Deno.writeTextFile(`${folder}/page.html`, "one");
      const app = new Application([["/", rendering()]], {
        logFunction: () => {},
        templatePath: folder,
        compiledTemplateCache,
      });
      await withServer(app, async (server) => {
        const client = await server.connect();
        assertEquals((await client.request(request("GET /"))).body, "one");
        await Deno.writeTextFile(`${folder}/page.html`, "two");
        assertEquals((await client.request(request("GET /"))).body, second);
      });
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("PageHandler makes loaders with the settings, and lets classes have their own", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/page.html`, "{{ '<' }}  \n  x");
    const made: string[] = [];
    class Own extends RequestHandler {
      override getTemplatePath(): string {
        return "own path";
      }
      override createTemplateLoader(path: string): BaseLoader {
        made.push(path);
        return new DictLoader({ "page.html": "own" });
      }
      override get(): void {
        this.render("page.html");
      }
    }
    const app = new Application([["/", rendering()], ["/own", Own]], {
      logFunction: () => {},
      templatePath: folder,
      autoescape: null,
      templateWhitespace: "oneline",
    });
    await withServer(app, async (server) => {
      const client = await server.connect();
      for (let i = 0; i < 2; i++) {
        assertEquals((await client.request(request("GET /"))).body, "< x");
        assertEquals((await client.request(request("GET /own"))).body, "own");
      }
    });
    assertEquals(made, ["own path"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("PageHandler says which setting templates need", () =>
  expectLog(
    { level: "error", pattern: "Cannot use templates: it needs the setting templatePath", times: 1 },
    async () => {
      const app = new Application([["/", rendering()]], { logFunction: () => {} });
      await withServer(app, async (server) => {
        assertEquals((await (await server.connect()).request(request("GET /"))).status, 500);
      });
    },
  ));

// --- modules ---

class Entry extends UIModule {
  #uses = 0;
  override render(title: string, options: { count?: number } = {}): string {
    this.#uses++;
    return `<p>${title} ${
      options.count ?? ""
    } ${this.#uses} ${this.request.path} ${this.currentUser} ${this.locale.code}</p>`;
  }
  override embeddedJavascript(): string {
    return "entry();";
  }
  override javascriptFiles(): string[] {
    return ["/a.js", "https://b.example/b.js?x&y", "/a.js"];
  }
  override embeddedCss(): string {
    return ".entry {}";
  }
  override cssFiles(): string {
    return "/a.css";
  }
  override htmlHead(): string {
    return "<meta name=entry>";
  }
  override htmlBody(): string {
    return "<!-- entry -->";
  }
}

class Other extends UIModule {
  override render(): Uint8Array {
    return new TextEncoder().encode("<i>other</i>");
  }
  override embeddedJavascript(): string {
    return "other();";
  }
  override javascriptFiles(): string {
    return "/other.js";
  }
}

class Plain extends UIModule {
  override render(path: string): string {
    return this.renderString(path, { x: "<" });
  }
}

const MODULES = { Entry, Other, Plain, notAModule: () => 1, number: 2 };

Deno.test("PageHandler inserts modules unescaped, and what they bring along once, in order", () =>
  expectNoLog(async () => {
    const template = "<html><head><title>x</title></head><body>{% module Entry('<b>', count=2) %}{% module Other() %}" +
      "{% module Entry('c') %}{% module Plain('part.html') %}</body></html>";
    const body = await page(rendering(), { "page.html": template, "part.html": "[{{ x }}]" }, { uiModules: MODULES });
    assertEquals(
      body,
      `<html><head><title>x</title><link href="/a.css" type="text/css" rel="stylesheet"/>
<style type="text/css">
.entry {}
</style>
<meta name=entry>
</head><body><p><b> 2 1 / undefined en_US</p><i>other</i><p>c  2 / undefined en_US</p>[&lt;]` +
        `<script src="/a.js" type="text/javascript"></script>` +
        `<script src="https://b.example/b.js?x&amp;y" type="text/javascript"></script>` +
        `<script src="/other.js" type="text/javascript"></script>
<script type="text/javascript">
//<![CDATA[
entry();
other();
//]]>
</script>
<!-- entry -->
</body></html>`,
    );
  }));

Deno.test("PageHandler keeps modules of one request apart from those of the next", async () => {
  const template = "{% if request.path == '/with' %}{% module Other() %}{% end %}<body></body>";
  const all = await responses([["/.*", rendering()]], { "page.html": template }, ["/with", "/", "/with"], {
    uiModules: [{ Other: Entry }, MODULES], // the later one wins
  });
  assertEquals(all.map(({ body }) => body.split("<script").length - 1), [2, 0, 2]);
});

Deno.test("PageHandler says what a page lacks for what its modules bring along", () =>
  expectLog({ level: "error", pattern: "the page has no </body>", times: 1 }, async () => {
    const templates = { "page.html": "<head></head>{% module Other() %}" };
    const [response] = await responses([["/", rendering()]], templates, ["/"], { uiModules: MODULES });
    assertEquals(response!.status, 500);
  }));

Deno.test("PageHandler lets handlers render links and scripts in their own way", async () => {
  class Own extends RequestHandler {
    override renderLinkedJs(files: readonly string[]): string {
      return `JS ${files}`;
    }
    override renderEmbedJs(scripts: readonly string[]): string {
      return `EMBED ${scripts}`;
    }
    override get(): void {
      this.render("page.html");
    }
  }
  const body = await page(Own, { "page.html": "{% module Other() %}</body>" }, { uiModules: MODULES });
  assertEquals(body, "<i>other</i>JS /other.js\nEMBED other();\n</body>");
});

Deno.test("PageHandler lets a module take time where the template awaits it", async () => {
  class Late extends UIModule {
    override async render(): Promise<string> {
      await settle();
      return "<late>";
    }
    override htmlBody(): string {
      return "!";
    }
  }
  const template = "{% module await Late() %}</body>";
  assertEquals(await page(rendering(), { "page.html": template }, { uiModules: { Late } }), "<late>!\n</body>");
});

Deno.test("PageHandler lets a user be set, and modules see it", async () => {
  class Set extends RequestHandler {
    override prepare(): void {
      this.currentUser = "Bob";
    }
    override get(): void {
      this.render("page.html");
    }
  }
  const templates = { "page.html": "<head></head>{% module Entry('x') %}</body>" };
  assertStringIncludes(await page(Set, templates, { uiModules: MODULES }), "<p>x  1 / Bob en_US</p>");
});

// --- URLs ---

Deno.test("PageHandler makes static URLs with version and host as it is told", () =>
  expectLog({ pattern: "Could not open static file", times: 6 }, async () => {
    const folder = await Deno.makeTempDir();
    await Deno.writeTextFile(`${folder}/a b.css`, "x");
    try {
      class Urls extends RequestHandler {
        override get(): void {
          this.write([
            this.staticUrl("a b.css"),
            this.staticUrl("a b.css", { includeVersion: false }),
            this.staticUrl("missing.css", { includeHost: true }),
            this.renderString("page.html"),
          ].join("\n"));
        }
      }
      class WithHost extends Urls {
        override readonly includeHost = true;
      }
      const templates = {
        "page.html": "{{ static_url('x', include_host=False) }} {{ staticUrl('x', {includeHost: true}) }}",
      };
      const settings = { staticPath: folder, staticUrlPrefix: "/s/" };
      const [plain, host] = await responses([["/", Urls], ["/host", WithHost]], templates, ["/", "/host"], settings);
      const lines = plain!.body.split("\n");
      assertMatch(lines[0]!, /^\/s\/a%20b\.css\?v=[0-9a-f]+$/);
      assertEquals(lines.slice(1), ["/s/a%20b.css", "http://a/s/missing.css", "/s/x http://a/s/x"]);
      assert(host!.body.startsWith(`http://a${lines[0]}\n`));
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  }));

Deno.test("PageHandler says which setting static URLs need, and makes them with the class of the settings", async () => {
  class Urls extends RequestHandler {
    override get(): void {
      assertThrows(() => this.staticUrl("a"), TypeError, "Cannot use static URLs: it needs the setting staticPath");
      this.write("ok");
    }
  }
  assertEquals(await page(Urls, {}), "ok");
});

Deno.test("isAbsolute tells URLs and absolute paths from other paths", () => {
  for (const path of ["/a", "//a", "http://a", "https://a"]) assert(isAbsolute(path), path);
  for (const path of ["a", "", "ftp://a", "httpx", "a/b"]) assert(!isAbsolute(path), path);
});

// --- language ---

class Language extends RequestHandler {
  override getUserLocale(): Locale | undefined {
    const code = this.request.query;
    return code === "" ? undefined : Locale.get(code);
  }
  override get(): void {
    const { locale } = this;
    assert(this.locale === locale);
    this.write(this.locale.code);
  }
}

Deno.test("PageHandler takes the language of the user, or else of the browser", async () => {
  const routes: Route[] = [["/", Language]];
  const fields = "Accept-Language: xx, en-US;q=0.5\r\n";
  const all = await responses(routes, {}, ["/?en_US", "/"], { fields });
  assertEquals(all.map(({ body }) => body), ["en_US", "en_US"]);
});

Deno.test("PageHandler lets the language be set", async () => {
  class Set extends RequestHandler {
    override get(): void {
      const before = this.locale;
      const own = Object.create(before, { code: { value: "own" } }) as Locale;
      this.locale = own;
      this.render("page.html");
    }
  }
  assertEquals(await page(Set, { "page.html": "{{ locale.code }}" }), "own");
});
