import { Application, TemplateHandler } from "@denado/denado";
import { DictLoader } from "@denado/denado/template";
import { assertEquals } from "@std/assert";
import { expectLog } from "../helpers/expect_log.ts";
import { header } from "../helpers/http_client.ts";
import { withServer } from "../helpers/http_server.ts";

const app = new Application([
  ["/plain", TemplateHandler, { template: "plain.html" }],
  ["/named/(?P<name>[^/]*)(?:/(?P<more>.*))?", TemplateHandler, {
    template: "named.html",
    namespace: { name: "x", x: 1 },
  }],
  ["/list/([^/]*)/(.*)", TemplateHandler, { template: "list.txt", contentType: "text/plain" }],
  ["/missing", TemplateHandler, { template: "missing.html" }],
  ["/none", TemplateHandler],
], {
  logFunction: () => {},
  templateLoader: new DictLoader({
    "plain.html": "<p>{{ request.path }}</p>",
    "named.html": "{{ name }} {{ x }} {{ more is None }}",
    "list.txt": "{% autoescape None %}{{ path_args[1] }} {{ path_args[0] }}",
  }),
});

Deno.test("TemplateHandler renders its template with what the route captured", () =>
  withServer(app, async (server) => {
    const client = await server.connect();
    const table: [target: string, body: string, type: string][] = [
      ["/plain", "<p>/plain</p>", "text/html; charset=UTF-8"],
      ["/named/%3Cb%3E", "&lt;b&gt; 1 true", "text/html; charset=UTF-8"],
      ["/list/a/%3Cb%3E", "<b> a", "text/plain"],
    ];
    for (const [target, body, type] of table) {
      const response = await client.request(`GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`);
      assertEquals([response.status, response.body, header(response, "Content-Type")], [200, body, type], target);
      const head = await client.request(`HEAD ${target} HTTP/1.1\r\nHost: a\r\n\r\n`);
      assertEquals([head.body, header(head, "Content-Length")], ["", String(body.length)]);
    }
  }));

Deno.test("TemplateHandler answers other methods with 405, and a route that is wrong with 500", () =>
  withServer(app, async (server) => {
    const client = await server.connect();
    const ask = async (line: string) =>
      (await client.request(`${line} HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n`)).status;
    assertEquals(await ask("POST /plain"), 405);
    await expectLog({ pattern: "missing.html" }, async () => assertEquals(await ask("GET /missing"), 500));
    await expectLog({ pattern: "the route has no template" }, async () => assertEquals(await ask("GET /none"), 500));
  }));
