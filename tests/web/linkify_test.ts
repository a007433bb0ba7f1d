import { linkify, type LinkifyOptions } from "@denado/denado/escape";
import { assert, assertEquals } from "@std/assert";
import { PYTHON, runPython } from "../helpers/python_tornado.ts";

type PlainOptions = Omit<LinkifyOptions, "extraParams"> & { readonly extraParams?: string };

/** Text and options; Tornado says what is expected. Many are from the tests of Tornado. */
const CASES: [text: string, options?: PlainOptions][] = [
  ["hello http://world.com/!"],
  ["hello http://world.com/with?param=true&stuff=yes"],
  [`http://url.com/w(${"a".repeat(40)}`],
  [`http://url.com/withmany${".".repeat(40)}`],
  [`http://url.com/withmany${"(".repeat(30)}a)`],
  ["(Something like http://foo.com/blah_blah_(wikipedia))"],
  ["http://foo.com/blah_(blah)_(wikipedia)_blah"],
  ["http://foo.com/blah_blah/., and (http://foo.com/a)"],
  ["<http://foo.com/blah_blah/>"],
  ["\"http://foo.com/a\", 'http://foo.com/b'"],
  ["http://www.example.com/wpstyle/?p=364."],
  ["rdar://1234 http://a", { permittedProtocols: ["http", "rdar"] }],
  ["rdar:/1234", { permittedProtocols: ["rdar"] }],
  ["http:////four http:///three http:/one http:none"],
  ["http://userid:password@example.com:8080"],
  ["message://%3c330e@mail.gmail.com%3e", { permittedProtocols: ["http", "message"] }],
  ["http://\u27a1.ws/\u4a39"],
  ["\u00e9http://a.example \u00e9-http://b.example -http://c.example"],
  ["\u{1f600}http://a.example/\u{1f600}"],
  ["<tag>http://example.com</tag>"],
  ["Just a www.example.com link. Awww.example.com"],
  ["Just a www.example.com link.", { requireProtocol: true }],
  ["javascript://%0aalert(1) data://x"],
  ["A http://reallylong.com/link/that/exceedsthelenglimit.html", { requireProtocol: true, shorten: true }],
  ["A http://reallylongdomainnamethatwillbetoolong.com/hi!", { shorten: true }],
  ["http://short.com/a www.short.com/a", { shorten: true }],
  ["www.reallylongdomainnamethatwillbetoolong.com/hi?a=b", { shorten: true }],
  ["http://example.com/?aaaaaaaaaaaa=b&c=d&e=f&g=h&i=j", { shorten: true }],
  ["http://a.example.com/abc?aaaa.html/bbbbbbbbbbbbbbbbbb", { shorten: true }],
  [`http://${"x".repeat(14)}&${"y".repeat(40)}`, { shorten: true }],
  [`http://${"\u{1f600}".repeat(50)}/b`, { shorten: true }],
  ["A file:///passwords.txt and http://web.com link"],
  ["A file:///passwords.txt and http://web.com link", { permittedProtocols: ["file"] }],
  ["www.external-link.com", { extraParams: ' rel="nofollow" class="external"  ' }],
  ["http://a\x1cb http://a\u00a0b http://a\u0085b http://a\u3000b"],
];

const LINKIFY = `
import html, json, sys
from tornado import escape
escape.xhtml_escape = lambda value: html.escape(escape.to_unicode(value))  # before 6.4: &#39;
names = {"extraParams": "extra_params", "requireProtocol": "require_protocol",
         "permittedProtocols": "permitted_protocols", "shorten": "shorten"}
print(json.dumps([escape.linkify(text, **{names[name]: value for name, value in options.items()})
                  for text, options in json.load(sys.stdin)]))
`;

Deno.test("linkify finds and shortens links as Tornado does", PYTHON, async () => {
  const expected = await runPython(LINKIFY, CASES.map(([text, options = {}]) => [text, options]));
  assertEquals(CASES.map(([text, options]) => linkify(text, options)), expected);
});

Deno.test("linkify makes links of escaped text", () => {
  assertEquals(
    linkify("<b>http://a.example/?b&c</b>"),
    '&lt;b&gt;<a href="http://a.example/?b&amp;c">http://a.example/?b&amp;c</a>&lt;/b&gt;',
  );
  assertEquals(linkify(new TextEncoder().encode("é www.a.é")), 'é <a href="http://www.a.é">www.a.é</a>');
});

Deno.test("linkify asks a function for the attributes of each link", () => {
  const extraParams = (href: string) =>
    href.startsWith("http://www.internal") ? '  class="internal" ' : 'rel="nofollow"';
  assertEquals(
    linkify("www.external.com and www.internal.com/blogs", { extraParams }),
    '<a href="http://www.external.com" rel="nofollow">www.external.com</a> and ' +
      '<a href="http://www.internal.com/blogs" class="internal">www.internal.com/blogs</a>',
  );
});

Deno.test("linkify takes linear time for text made to be slow", () => {
  for (
    const text of ["a-".repeat(100_000), "www.(".repeat(50_000), `a:/${"!".repeat(200_000)}`, "a:/&".repeat(50_000)]
  ) {
    assert(linkify(text).length >= text.length);
  }
});
