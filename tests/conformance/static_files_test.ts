/**
 * Static files as Tornado serves them: the same requests to both, status, header fields and body compared.
 *
 * What is left out on purpose, because Denado follows a standard or closes a hole there, is in MIGRATING.md and has its
 * tests in tests/web/static_file_handler_test.ts.
 *
 * @module
 */

import { Application, RedirectHandler, StaticFileHandler } from "@denado/denado";
import { assertEquals } from "@std/assert";
import { createHash } from "node:crypto";
import { expectLog } from "../helpers/expect_log.ts";
import { withServer } from "../helpers/http_server.ts";
import { PYTHON, runPython } from "../helpers/python_tornado.ts";

const SCRIPT = `
import asyncio, json, logging, sys
import tornado.web, tornado.httpserver, tornado.netutil
logging.disable(logging.CRITICAL)
job = json.load(sys.stdin)
async def main():
    app = tornado.web.Application([
        (r"/plain/(.*)", tornado.web.StaticFileHandler, {"path": job["root"]}),
        (r"/src", tornado.web.RedirectHandler, {"url": "/dst?a=b"}),
        (r"/swap/(.*?)/(.*?)/(.*)", tornado.web.RedirectHandler, {"url": "/{1}/{0}/{2}", "permanent": False}),
    ], static_path=job["root"], static_handler_args={"default_filename": "index.html"})
    sockets = tornado.netutil.bind_sockets(0, "127.0.0.1")
    server = tornado.httpserver.HTTPServer(app)
    server.add_sockets(sockets)
    port = sockets[0].getsockname()[1]
    answers = []
    for request in job["requests"]:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request.encode("latin1"))
        answers.append((await reader.read()).decode("latin1"))
        writer.close()
    print(json.dumps(answers))
asyncio.run(main())
`;

const TEXT = "User-agent: *\nDisallow: /\n";
const ETAG = `"${createHash("sha512").update(TEXT).digest("hex")}"`;
const MODIFIED = "Thu, 02 Jan 2020 03:04:05 GMT";
const LATER = "Thu, 02 Jan 2020 03:04:06 GMT";
const EARLIER = "Thu, 02 Jan 2020 03:04:04 GMT";

const TARGETS = [
  "/robots.txt",
  "/favicon.ico",
  "/static/robots.txt",
  "/static/robots.txt?v=123",
  "/static/robots.txt?v=",
  "/static/robots.txt?w=1",
  "/static/robots.txt/",
  "/static/./robots.txt",
  "/static/dir/../robots.txt",
  "/static//robots.txt",
  "/static/big.json",
  "/static/page.html",
  "/static/style.css",
  "/static/script.js",
  "/static/archive.tar.gz",
  "/static/archive.bz2",
  "/static/empty",
  "/static/with%20space.txt",
  "/static/%C3%BC.txt",
  "/static/plus+plus.txt",
  "/static/dir",
  "/static/dir/",
  "/static/dir/none",
  "/static/dir/none/",
  "/static/",
  "/static",
  "/static/missing",
  "/static/missing/index.html",
  "/static/../secret.txt",
  "/static/..%2fsecret.txt",
  "/static/%2e%2e/secret.txt",
  "/static/../static2/x",
  "/static/..",
  "/static/%2Fetc/passwd",
  "/static/robots.txt%00",
  "/plain/robots.txt",
  "/plain/dir/",
  "/plain/",
  "/plain/inside.txt",
  "/src",
  "/src?c=d&e=f",
  "/swap/a/b/c",
  "/swap/a/b/c?x=%C3%BC",
  "/nowhere",
];

const RANGES = [
  "bytes=0-9",
  "bytes=0-",
  "bytes=0-25",
  "bytes=0-26",
  "bytes=0-99999",
  "bytes=1-99999",
  "bytes=22-",
  "bytes=25-25",
  "bytes=26-",
  "bytes=26-30",
  "bytes=-4",
  "bytes=-26",
  "bytes=-99999",
  "bytes=-0",
  "bytes=10-3",
  "bytes=",
  "bytes=-",
  "bytes",
  "bytes=a-b",
  "bytes=0-1,3-4",
  "lines=0-1",
  "bytes = 3 - 5",
  "",
];

const CONDITIONS = [
  `If-None-Match: ${ETAG}`,
  `If-None-Match: W/${ETAG}`,
  `If-None-Match: "a", ${ETAG}`,
  "If-None-Match: *",
  'If-None-Match: "a"',
  "If-None-Match: ",
  `If-Modified-Since: ${MODIFIED}`,
  `If-Modified-Since: ${LATER}`,
  `If-Modified-Since: ${EARLIER}`,
  "If-Modified-Since: Fri, 01 Jan 1960 00:00:00 GMT",
  `If-None-Match: "a"\r\nIf-Modified-Since: ${MODIFIED}`,
  `If-None-Match: ${ETAG}\r\nIf-Modified-Since: ${EARLIER}`,
  `Range: bytes=1-4\r\nIf-None-Match: ${ETAG}`,
  `Range: bytes=1-4\r\nIf-None-Match: "a"`,
  `Range: bytes=99-\r\nIf-Modified-Since: ${MODIFIED}`,
];

function makeFiles(root: string): void {
  const write = (name: string, content: string | Uint8Array) => {
    const path = `${root}/${name}`;
    Deno.mkdirSync(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    Deno.writeFileSync(path, typeof content === "string" ? new TextEncoder().encode(content) : content);
    const modified = new Date("2020-01-02T03:04:05.678Z");
    Deno.utimeSync(path, modified, modified);
  };
  write("robots.txt", TEXT);
  write("big.json", new Uint8Array(300_000).fill(32));
  write("page.html", "<p>");
  write("style.css", "p{}");
  write("script.js", "1");
  write("archive.tar.gz", "gz");
  write("archive.bz2", "bz2");
  write("empty", "");
  write("with space.txt", "space");
  write("ü.txt", "umlaut");
  write("plus+plus.txt", "plus");
  write("dir/index.html", "index");
  write("dir/none/other", "other");
  write("../secret.txt", "secret");
  write("../static2/x", "secret");
  Deno.symlinkSync("robots.txt", `${root}/inside.txt`);
}

interface Answer {
  readonly status: number;
  readonly fields: Record<string, string>;
  readonly body: string;
}

/** What differs between two servers anyway, or with the second in which they answer. */
const UNEQUAL = new Set(["server", "date", "expires", "connection"]);

function parse(text: string): Answer {
  const end = text.indexOf("\r\n\r\n");
  const [status, ...lines] = text.slice(0, end).split("\r\n");
  const fields: Record<string, string> = {};
  for (const line of lines.sort()) {
    const [name, ...value] = line.split(":");
    fields[name!.toLowerCase()] = UNEQUAL.has(name!.toLowerCase()) ? "…" : value.join(":").trim();
  }
  return { status: Number(status!.split(" ")[1]), fields, body: text.slice(end + 4) };
}

Deno.test("static files, ranges, preconditions and redirects are answered as by Tornado", PYTHON, async () => {
  const top = await Deno.makeTempDir({ prefix: "denado_static_conformance_" });
  const root = `${top}/static`;
  makeFiles(root);
  const lines = [
    ...TARGETS.map((target) => [target, ""]),
    ...RANGES.flatMap((range) =>
      ["robots.txt", "empty", "big.json"].map((name) => [`/static/${name}`, `Range: ${range}\r\n`])
    ),
    ...CONDITIONS.map((fields) => ["/static/robots.txt", `${fields}\r\n`]),
  ];
  const requests = ["GET", "HEAD", "POST"].flatMap((method) =>
    lines.map(([target, fields]) =>
      `${method} ${target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${
        method === "POST" ? "Content-Length: 0\r\n" : ""
      }${fields}\r\n`
    )
    // Tornado has no HEAD of a redirect (405); here it is GET without a body
  ).filter((request) => !/^HEAD \/(src|swap)/.test(request));
  const expected = await runPython(SCRIPT, { root, requests }) as string[];

  const app = new Application([
    ["/plain/(.*)", StaticFileHandler, { path: root }],
    ["/src", RedirectHandler, { url: "/dst?a=b" }],
    ["/swap/(.*?)/(.*?)/(.*)", RedirectHandler, { url: "/{1}/{0}/{2}", permanent: false }],
  ], {
    logFunction: () => {},
    staticPath: root,
    staticHandlerArgs: { defaultFilename: "index.html" },
  });
  await withServer(app, async (server) => {
    await expectLog({ pattern: "" }, async () => {
      for (const [index, request] of requests.entries()) {
        const client = await server.connect();
        await client.send(request);
        const answer = parse((await client.readToEnd()).text);
        const tornado = parse(expected[index]!);
        delete answer.fields["allow"]; // of a 405, where Tornado has none
        assertEquals(answer, tornado, request);
      }
    });
  });
  await Deno.remove(top, { recursive: true });
});
