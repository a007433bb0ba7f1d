import { HTTPError, RequestHandler } from "@denado/denado";
import { DictLoader, TemplateError } from "@denado/denado/template";
import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { tracebackPage, wantsPage } from "../../web/traceback_page.ts";
import { TRACEBACK_STYLE } from "../../web/traceback_style.ts";
import { expectLog } from "../helpers/expect_log.ts";
import { header } from "../helpers/http_client.ts";
import { parsedRequest } from "../helpers/parsed_request.ts";
import { respond } from "../helpers/web_app.ts";

const HEAD = "GET /<script>?a=<b> HTTP/1.1\r\nHost: a\r\nX-<: 1\r\n".replace("X-<", "X-Mark") +
  "User-Agent: <img src=x>\r\nCookie: secret=1\r\nAuthorization: Basic c2VjcmV0\r\n\r\n";

function page(error: unknown): string {
  const request = parsedRequest(HEAD);
  return tracebackPage({ error, statusCode: 500, reason: "Internal <i>Error", request });
}

const ACCEPTS: [accept: string, wants: boolean][] = [
  ["text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", true],
  ["TEXT/HTML;q=0.1", true],
  ["text/html;q=0, */*", false],
  ["*/*", false],
  ["application/json", false],
  ["", false],
];

for (const [accept, wants] of ACCEPTS) {
  Deno.test(`wantsPage is ${wants} for ${JSON.stringify(accept)}`, () => assertEquals(wantsPage(accept), wants));
}

Deno.test("tracebackPage shows what was thrown, the source line with those around it, and the request", () => {
  const html = page(new TypeError("marked message")); // the line that is shown
  assert(html.includes("<h1>TypeError</h1>") && html.includes("marked message"));
  const line = html.split("\n").find((text) => text.includes('"line here"'))!;
  assertMatch(line, /class="line here"><i>\d+<\/i>.*marked message.*\/\/ the line that is shown/);
  assert(html.includes("traceback_page_test.ts"));
  assertEquals(html.match(/<details class="frame own" open>/g)?.length, 1);
  assert(html.includes("500 Internal &lt;i&gt;Error"));
  assert(html.includes("<th>X-Mark</th><td>1</td>"));
});

Deno.test("tracebackPage shows causes and the parts of an aggregate, each once", () => {
  const root = new RangeError("root");
  const error = new AggregateError([new Error("part 1", { cause: root }), "part 2"], "all", { cause: root });
  root.cause = error; // a circle
  const html = page(error);
  const titles = [...html.matchAll(/<section class="error">(?:<p class="relation">(.*?)<\/p>)?<h1>(.*?)<\/h1>/g)];
  assertEquals(titles.map(([, relation, title]) => [relation, title]), [
    [undefined, "AggregateError"],
    ["One of its errors", "Error"],
    ["Caused by", "RangeError"],
    ["One of its errors", "Thrown value"],
  ]);
});

Deno.test("tracebackPage shows the lines of templates that an error names, of those that can be had", () => {
  const loader = new DictLoader({
    "page.html": "<html>\n{% include 'part.html' %}",
    "part.html": "a\nb\n<li>{{ entry.author.name }}</li>\nc",
  });
  const error = assertThrows(() => loader.load("page.html").render({ entry: {} }), TemplateError);
  const pageOf = (templateSource?: (name: string) => string | undefined) =>
    tracebackPage({
      error,
      statusCode: 500,
      reason: "x",
      request: parsedRequest(HEAD),
      ...(templateSource && { templateSource }),
    });
  const html = pageOf((name) => loader.dict[name]);
  assert(html.includes('<span class="line here"><i>3</i>&lt;li&gt;{{ entry.author.name }}&lt;/li&gt;'));
  assert(html.includes('<span class="line here"><i>2</i>{% include &#x27;part.html&#x27; %}'));
  assertMatch(
    html,
    /<details class="frame own" open><summary><code>template<\/code> <span class="place">part\.html<i>:3/,
  );
  assert(pageOf(() => "too short").includes('<p class="frame own"><code>template</code>'));
  assert(pageOf().includes("part.html<i>:3</i>"));
});

for (const thrown of [undefined, null, "<b>text", 42, { a: "<b>" }, new Error("")]) {
  Deno.test(`tracebackPage shows ${Deno.inspect(thrown).split("\n")[0]}, which was thrown`, () => {
    const html = page(thrown);
    assert(html.includes(thrown instanceof Error ? "<h1>Error</h1>" : "<h1>Thrown value</h1>"));
    assert(!html.includes("<b>text") && !html.includes('"<b>"'));
  });
}

Deno.test("tracebackPage escapes everything, runs and loads nothing, and keeps credentials back", () => {
  class Evil extends Error {
    override name = "<script>name</script>";
  }
  const error = new Evil("<script>message</script>");
  error.stack = `x\n    at <script>f</script> (file:///<script>.ts:1:2)\n    at "><img (https://a/"><img>:1:2)`;
  const html = page(error);
  const allowed = new Set(
    "html head meta title style body header p b main section h1 h2 pre code span i details summary table tr th td footer"
      .split(" "),
  );
  for (const [tag, name] of html.replace(TRACEBACK_STYLE, "").matchAll(/<\/?([a-zA-Z0-9!]+)[^>]*>/g)) {
    assert(allowed.has(name!.toLowerCase()) || tag === "<!DOCTYPE html>", tag);
  }
  assert(!/secret|c2VjcmV0/.test(html.slice(html.indexOf("<h2>Headers"))));
  assert(!/https?:\/\/[^<]*"/.test(html.slice(0, html.indexOf("<main>"))));
});

class Failing extends RequestHandler {
  override get(): void {
    throw new Error("mine");
  }
  override post(): void {
    throw new HTTPError(409, "in the way");
  }
}

Deno.test("serveTraceback shows a page to browsers and text to others, neither of which is kept", () =>
  expectLog(
    [{ level: "error", pattern: "mine", times: 2 }, { level: "warning", pattern: "in the way", times: 1 }],
    async () => {
      const settings = { serveTraceback: true };
      const html = await respond(Failing, "GET /", "Accept: text/html,*/*;q=0.8\r\n", settings);
      assertEquals([html.status, header(html, "Content-Type")], [500, "text/html; charset=UTF-8"]);
      assertMatch(header(html, "Content-Security-Policy")!, /^default-src 'none'; style-src 'unsafe-inline'/);
      assert(html.body.includes("<h1>Error</h1>"));
      const text = await respond(Failing, "GET /", "Accept: */*\r\n", settings);
      assertEquals(header(text, "Content-Type"), "text/plain; charset=UTF-8");
      assert(text.body.startsWith("Error: mine\n    at "), text.body);
      for (const response of [html, text]) {
        assertEquals([header(response, "Vary"), header(response, "Cache-Control")], ["Accept", "no-store"]);
      }
      const known = await respond(Failing, "POST /", "Accept: text/html\r\n", settings);
      assertEquals(known.status, 409);
      assert(known.body.includes("HTTP 409: Conflict (in the way)"));
    },
  ));

Deno.test("serveTraceback off shows nothing internal to anybody", () =>
  expectLog([{ level: "error", pattern: "mine", times: 1 }], async () => {
    const response = await respond(Failing, "GET /", "Accept: text/html\r\n");
    assertEquals(
      response.body,
      "<html><title>500: Internal Server Error</title><body>500: Internal Server Error</body></html>",
    );
  }));
