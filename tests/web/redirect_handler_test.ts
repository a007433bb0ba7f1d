import { Application, RedirectHandler } from "@denado/denado";
import { assertEquals, assertThrows } from "@std/assert";
import { fillTemplate, keepsHost } from "../../web/redirect_handler.ts";
import { expectLog, expectNoLog } from "../helpers/expect_log.ts";
import { header } from "../helpers/http_client.ts";
import { withServer } from "../helpers/http_server.ts";

const app = new Application([
  ["/src", RedirectHandler, { url: "/dst" }],
  ["/temporary", RedirectHandler, { url: "/dst", permanent: false }],
  ["/query", RedirectHandler, { url: "/dst?foo=bar" }],
  ["/fragment", RedirectHandler, { url: "/dst#top" }],
  ["/swap/(.*?)/(.*?)/(.*)", RedirectHandler, { url: "/{1}/{0}/{2}" }],
  ["/named/(?P<a>[^/]*)/(?P<b>.*)", RedirectHandler, { url: "/{b}?a={a}" }],
  ["/rest(.*)", RedirectHandler, { url: "/new{0}" }],
  ["/open/(.*)", RedirectHandler, { url: "/{0}" }],
  ["/bare/(.*)", RedirectHandler, { url: "{0}" }],
  ["/away(.*)", RedirectHandler, { url: "https://b.example{0}" }],
  ["/missing", RedirectHandler, { url: "/{0}" }],
  ["/none", RedirectHandler],
], { logFunction: () => {} });

const REDIRECTS: [target: string, status: number, location: string][] = [
  ["/src", 301, "/dst"],
  ["/temporary", 302, "/dst"],
  ["/src?a=1&b=2&a=3", 301, "/dst?a=1&b=2&a=3"],
  ["/src?q=%C3%BC+%2F&x", 301, "/dst?q=%C3%BC+%2F&x"],
  ['/src?q=\xfc"', 301, '/dst?q=%fc"'],
  ["/query?foo2=bar2", 301, "/dst?foo=bar&foo2=bar2"],
  ["/fragment?a=1", 301, "/dst?a=1#top"],
  ["/swap/a/b/c", 301, "/b/a/c"],
  ["/swap/a/b/c/d?x=1", 301, "/b/a/c/d?x=1"],
  ["/named/x%26y/z", 301, "/z?a=x%26y"],
  ["/rest/a%20b%3Fc%23d%C3%BC%0D%0A", 301, "/new/a%20b%3Fc%23d%C3%BC%0D%0A"],
  ["/open/a:b@c", 301, "/a:b@c"],
  ["/bare/a/b", 301, "a/b"],
  ["/away/x", 301, "https://b.example/x"],
  ["/away", 301, "https://b.example"],
];

Deno.test("RedirectHandler sends GET and HEAD to its URL, with groups and query", () =>
  expectNoLog(() =>
    withServer(app, async (server) => {
      const client = await server.connect();
      for (const method of ["GET", "HEAD"]) {
        for (const [target, status, location] of REDIRECTS) {
          const response = await client.request(`${method} ${target} HTTP/1.1\r\nHost: a\r\n\r\n`);
          assertEquals([response.status, header(response, "Location")], [status, location], target);
          assertEquals(response.body, "");
        }
      }
    })
  ));

Deno.test("RedirectHandler never lets the request choose the host", () =>
  withServer(app, async (server) => {
    const client = await server.connect();
    for (
      const target of [
        "/open//evil.com",
        "/open/%2Fevil.com",
        "/bare///evil.com",
        "/bare/https://evil.com",
        "/bare/javascript:alert(1)",
        "/away.evil.com",
        "/away@evil.com",
        "/away:80@evil.com",
      ]
    ) {
      await expectLog({ level: "warning", pattern: "it may be another host", times: 1 }, async () => {
        const response = await client.request(`GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`);
        assertEquals([response.status, header(response, "Location")], [403, undefined], target);
      });
    }
  }));

Deno.test("RedirectHandler answers 405 to other methods, and 500 where its route is wrong", () =>
  withServer(app, async (server) => {
    const client = await server.connect();
    const ask = async (line: string) =>
      (await client.request(`${line} HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n`)).status;
    assertEquals(await ask("POST /src"), 405);
    await expectLog(
      { pattern: "the pattern has no group {0}" },
      async () => assertEquals(await ask("GET /missing"), 500),
    );
    await expectLog({ pattern: "the route has no url" }, async () => assertEquals(await ask("GET /none"), 500));
  }));

Deno.test("fillTemplate takes fields by position, in order and by name, and braces twice", () => {
  const values = { args: ["a", undefined, "c/d"], kwargs: { name: "x y" } };
  const table: [template: string, expected: string][] = [
    ["/plain", "/plain"],
    ["/{0}{1}/{2}", "/a/c/d"],
    ["/{}/{}{}", "/a/c/d"],
    ["/{name}/{name}", "/x%20y/x%20y"],
    ["/{{{0}}}/{{0}}", "/{a}/{0}"],
  ];
  for (const [template, expected] of table) assertEquals(fillTemplate(template, values), expected);
  for (const template of ["/{3}", "/{other}", "/{toString}", "/{}{}{}{}"]) {
    assertThrows(() => fillTemplate(template, values), RangeError, "no group");
  }
  for (const template of ["/{", "/}", "/{0!r}", "/{0:>5}", "/{a.b}"]) {
    assertThrows(() => fillTemplate(template, values), SyntaxError, "stands alone");
  }
});

Deno.test("keepsHost lets a template ask for another host, but no value", () => {
  const table: [template: string, url: string, expected: boolean][] = [
    ["/{0}", "/a", true],
    ["/{0}", "//a", false],
    ["/{0}", "/\\a", false],
    ["/{0}", "///a", false],
    ["{0}", "a", true],
    ["{0}", "https://a/", false],
    ["//cdn.example/{0}", "//cdn.example//a", true],
    ["https://b.example/{0}", "https://b.example//evil", true],
    ["https://b.example{0}", "https://b.example/x", true],
    ["https://b.example{0}", "https://b.example.evil/x", false],
    ["https://b.example{0}", "https://b.example@evil/x", false],
    ["https://b.example{0}/{1}", "https://b.example.evil/x", false],
    ["https://{0}.example/", "https://sub.example/", true],
    ["https://{0}/", "https://any/", true],
    ["mailto:a@b.example?subject={0}", "mailto:a@b.example?subject=x", true],
  ];
  for (const [template, url, expected] of table) assertEquals(keepsHost(template, url), expected, `${template} ${url}`);
});
