import { Application, type ApplicationSettings, RequestHandler, StaticFileHandler } from "@denado/denado";
import type { StaticFileOptions } from "@denado/denado/web";
import { fetchInMemory } from "@denado/denado/testing";
import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";
import { expectLog, expectNoLog } from "../helpers/expect_log.ts";
import { header, type RawClient, type RawResponse } from "../helpers/http_client.ts";
import { type TestServer, withServer } from "../helpers/http_server.ts";
import { Random } from "../helpers/random.ts";

const ROBOTS = "User-agent: *\nDisallow: /\n";
const ROBOTS_HASH = createHash("sha512").update(ROBOTS).digest("hex");
const BIG_SIZE = 1_000_000;

/** A folder with files, and others around it which must not be served. */
class Files implements Disposable {
  readonly top = Deno.makeTempDirSync({ prefix: "denado_static_" });
  readonly root = `${this.top}/static`;

  constructor() {
    Deno.mkdirSync(`${this.root}/dir/empty`, { recursive: true });
    this.write("static/robots.txt", ROBOTS);
    this.write("static/empty.txt", "");
    this.write("static/sample.xml", "<a/>");
    this.write("static/sample.xml.gz", "gz");
    this.write("static/sample.xml.bz2", "bz2");
    this.write("static/dir/index.html", "this is the index\n");
    this.write("static/with space & ü?#%.txt", "odd");
    this.write("static/back\\slash.txt", "backslash");
    this.write("static_foo.txt", "outside");
    this.write("secret/key.txt", "secret");
    Deno.writeFileSync(`${this.root}/big.bin`, BIG);
    Deno.symlinkSync("robots.txt", `${this.root}/inside.txt`);
    Deno.symlinkSync("../static_foo.txt", `${this.root}/outside.txt`);
    Deno.symlinkSync(`${this.top}/secret`, `${this.root}/secrets`);
    Deno.symlinkSync("loop", `${this.root}/loop`);
    Deno.symlinkSync("missing", `${this.root}/dangling`);
    Deno.symlinkSync("static", `${this.top}/linked_root`);
    const past = new Date("2020-01-02T03:04:05.678Z");
    Deno.utimeSync(`${this.root}/robots.txt`, past, past);
  }

  write(path: string, text: string): void {
    const full = `${this.top}/${path}`;
    Deno.mkdirSync(full.slice(0, full.lastIndexOf("/")), { recursive: true });
    Deno.writeTextFileSync(full, text);
  }

  [Symbol.dispose](): void {
    StaticFileHandler.reset();
    Deno.removeSync(this.top, { recursive: true });
  }
}

const LAST_MODIFIED = "Thu, 02 Jan 2020 03:04:05 GMT";

const BIG = Uint8Array.from({ length: BIG_SIZE }, (_, index) => (index * 7 + (index >> 10)) & 0xff);

type Settings = Omit<ApplicationSettings, "staticPath">;

/** Serves the files by the setting `staticPath` and runs a test with a client. */
async function serving(
  test: (client: RawClient, files: Files, server: TestServer) => Promise<void>,
  settings: Settings | ((files: Files) => ApplicationSettings) = {},
  routes: (files: Files) => ConstructorParameters<typeof Application>[0] = () => [],
): Promise<void> {
  using files = new Files();
  const own = typeof settings === "function" ? settings(files) : settings;
  const app = new Application(routes(files), { logFunction: () => {}, staticPath: files.root, ...own });
  await withServer(app, async (server) => await test(await server.connect(), files, server));
}

function ask(client: RawClient, target: string, fields = "", method = "GET"): Promise<RawResponse> {
  return client.request(`${method} ${target} HTTP/1.1\r\nHost: a\r\n${fields}\r\n`);
}

/** The response to GET, of which the one to HEAD must be the head. */
async function getAndHead(client: RawClient, target: string, fields = ""): Promise<RawResponse> {
  const got = await ask(client, target, fields);
  const head = await ask(client, target, fields, "HEAD");
  assertEquals([head.status, head.body], [got.status, ""]);
  for (const name of [...got.headers.keys(), ...head.headers.keys()]) {
    if (name !== "date" && name !== "expires") assertEquals(head.headers.get(name), got.headers.get(name), name);
  }
  return got;
}

Deno.test("StaticFileHandler serves a file with its type, length, version and time", () =>
  serving(async (client) => {
    for (let round = 0; round < 2; round++) {
      const response = await getAndHead(client, "/static/robots.txt");
      assertEquals([response.status, response.body, response.framing], [200, ROBOTS, "length"]);
      assertEquals(header(response, "Content-Type"), "text/plain");
      assertEquals(header(response, "Content-Length"), "26");
      assertEquals(header(response, "Etag"), `"${ROBOTS_HASH}"`);
      assertEquals(header(response, "Last-Modified"), LAST_MODIFIED);
      assertEquals(header(response, "Accept-Ranges"), "bytes");
      assertEquals(header(response, "Cache-Control"), undefined);
    }
  }));

Deno.test("StaticFileHandler serves from memory what has not changed for a while", () =>
  serving(
    async (client) => {
      const license = await Deno.readTextFile(new URL("../../LICENSE", import.meta.url)); // older than this test
      const etag = `"${createHash("sha512").update(license).digest("hex")}"`;
      for (let round = 0; round < 3; round++) {
        const response = await getAndHead(client, "/top/LICENSE");
        assertEquals([response.status, response.body, header(response, "Etag")], [200, license, etag]);
        const part = await getAndHead(client, "/top/LICENSE", "Range: bytes=3-9\r\n");
        assertEquals([part.status, part.body], [206, license.slice(3, 10)]);
        assertEquals((await getAndHead(client, "/top/LICENSE", `If-None-Match: ${etag}\r\n`)).status, 304);
      }
    },
    {},
    () => [["/top/(.*)", StaticFileHandler, { path: new URL("../../", import.meta.url).pathname }]],
  ));

Deno.test("StaticFileHandler serves robots.txt and favicon.ico at the top, and nothing else of the folder", () =>
  serving(async (client, files) => {
    files.write("static/favicon.ico", "icon");
    assertEquals((await ask(client, "/robots.txt")).body, ROBOTS);
    assertEquals((await ask(client, "/favicon.ico")).body, "icon");
    assertEquals((await ask(client, "/sample.xml")).status, 404);
    assertEquals((await ask(client, "/robotsAtxt")).status, 404);
  }));

Deno.test("StaticFileHandler gives a URL with a version ten years", () =>
  serving(async (client) => {
    const response = await ask(client, "/robots.txt?v=12345");
    assertEquals(response.body, ROBOTS);
    assertEquals(header(response, "Cache-Control"), "max-age=315360000");
    const years = (Date.parse(header(response, "Expires")!) - Date.parse(header(response, "Date")!)) / 1000;
    assert(Math.abs(years - 315360000) <= 2, `${years}`);
  }));

const TYPES: Record<string, string> = {
  "sample.xml": "application/xml",
  "sample.xml.gz": "application/gzip",
  "sample.xml.bz2": "application/octet-stream",
  "dir/index.html": "text/html",
  "big.bin": "application/octet-stream",
};

Deno.test("StaticFileHandler knows the type by the name, and compressed files as what they are", () =>
  serving(async (client) => {
    for (const [name, type] of Object.entries(TYPES)) {
      assertEquals(header(await ask(client, `/static/${name}`), "Content-Type"), type, name);
    }
  }));

interface ConditionalCase {
  readonly fields: string;
  readonly status: number;
}

const LATER = "Thu, 02 Jan 2020 03:04:06 GMT";
const EARLIER = "Thu, 02 Jan 2020 03:04:04 GMT";
const CONDITIONS: ConditionalCase[] = [
  { fields: `If-Modified-Since: ${LAST_MODIFIED}`, status: 304 },
  { fields: `If-Modified-Since: ${LATER}`, status: 304 },
  { fields: `If-Modified-Since: ${EARLIER}`, status: 200 },
  { fields: "If-Modified-Since: Fri, 01 Jan 1960 00:00:00 GMT", status: 200 },
  { fields: "If-Modified-Since: !nv@l!d", status: 200 },
  { fields: `If-None-Match: "${ROBOTS_HASH}"`, status: 304 },
  { fields: `If-None-Match: W/"${ROBOTS_HASH}"`, status: 304 },
  { fields: `If-None-Match: "x", "${ROBOTS_HASH}"`, status: 304 },
  { fields: "If-None-Match: *", status: 304 },
  { fields: `If-None-Match: "MISMATCH"\r\nIf-Modified-Since: ${LAST_MODIFIED}`, status: 200 },
  { fields: `Range: bytes=1-4\r\nIf-None-Match: "${ROBOTS_HASH}"`, status: 304 },
  { fields: `If-Match: "${ROBOTS_HASH}"`, status: 200 },
  { fields: `If-Match: "x"\r\nIf-None-Match: "${ROBOTS_HASH}"`, status: 412 },
  { fields: `If-Unmodified-Since: ${EARLIER}`, status: 412 },
  { fields: `If-Unmodified-Since: ${LAST_MODIFIED}`, status: 200 },
];

Deno.test("StaticFileHandler keeps to the preconditions of a request", () =>
  serving(async (client) => {
    for (const { fields, status } of CONDITIONS) {
      const response = await getAndHead(client, "/static/robots.txt", `${fields}\r\n`);
      assertEquals(response.status, status, fields);
      if (status === 412) continue;
      assertEquals(header(response, "Etag"), `"${ROBOTS_HASH}"`, fields);
      assertEquals(response.body, status === 304 ? "" : ROBOTS, fields);
      if (status === 304) assertEquals(header(response, "Content-Length"), undefined, fields);
    }
  }));

interface RangeCase {
  readonly range: string;
  readonly status: number;
  readonly body?: string;
  readonly contentRange?: string;
  readonly ifRange?: string;
}

const RANGES: RangeCase[] = [
  { range: "bytes=0-9", status: 206, body: "User-agent", contentRange: "bytes 0-9/26" },
  { range: "bytes=0-", status: 200 },
  { range: "bytes=0-25", status: 200 },
  { range: "bytes=0-10000000", status: 200 },
  { range: "bytes=1-10000000", status: 206, body: ROBOTS.slice(1), contentRange: "bytes 1-25/26" },
  { range: "bytes=22-", status: 206, body: ": /\n", contentRange: "bytes 22-25/26" },
  { range: "bytes=-4", status: 206, body: ": /\n", contentRange: "bytes 22-25/26" },
  { range: "bytes=-1000000", status: 200 },
  { range: "bytes=25-25", status: 206, body: "\n", contentRange: "bytes 25-25/26" },
  { range: "bytes=0-1,4-5", status: 200 },
  { range: "asdf", status: 200 },
  { range: "lines=0-1", status: 200 },
  { range: "bytes=-0", status: 416, contentRange: "bytes */26" },
  { range: "bytes=26-", status: 416, contentRange: "bytes */26" },
  { range: "bytes=10-3", status: 416, contentRange: "bytes */26" },
  { range: "bytes=0-3", ifRange: `"${ROBOTS_HASH}"`, status: 206, body: "User", contentRange: "bytes 0-3/26" },
  { range: "bytes=0-3", ifRange: LAST_MODIFIED, status: 206, body: "User", contentRange: "bytes 0-3/26" },
  { range: "bytes=0-3", ifRange: '"other"', status: 200 },
  { range: "bytes=0-3", ifRange: LATER, status: 200 },
];

Deno.test("StaticFileHandler sends the range that is asked for", () =>
  serving(async (client) => {
    for (const { range, ifRange, status, body, contentRange } of RANGES) {
      const fields = `Range: ${range}\r\n${ifRange === undefined ? "" : `If-Range: ${ifRange}\r\n`}`;
      const response = await getAndHead(client, "/static/robots.txt", fields);
      const wanted = body ?? (status === 200 ? ROBOTS : "");
      assertEquals([response.status, response.body], [status, wanted], fields);
      assertEquals(header(response, "Content-Range"), contentRange, fields);
      assertEquals(header(response, "Content-Length"), String(wanted.length), fields);
      assertEquals(header(response, "Etag"), `"${ROBOTS_HASH}"`, fields);
    }
  }));

Deno.test("StaticFileHandler streams large files, whole and in part, and answers 416 for an empty one", () =>
  serving(async (client) => {
    const text = (start: number, end: number) => Buffer.from(BIG.subarray(start, end)).toString("latin1");
    for (let round = 0; round < 2; round++) {
      const whole = await getAndHead(client, "/static/big.bin");
      assertEquals(header(whole, "Etag"), `"${createHash("sha512").update(BIG).digest("hex")}"`);
      assert(whole.body === text(0, BIG_SIZE));
      const part = await getAndHead(client, "/static/big.bin", "Range: bytes=300000-899999\r\n");
      assertEquals([part.status, header(part, "Content-Length")], [206, "600000"]);
      assert(part.body === text(300000, 900000));
    }
    assertEquals((await getAndHead(client, "/static/empty.txt")).body, "");
    assertEquals((await getAndHead(client, "/static/empty.txt", "Range: bytes=0-\r\n")).status, 416);
  }));

/** Paths, the status, and what is logged. */
const REFUSED: [path: string, status: number, log?: string | RegExp][] = [
  ["blarg", 404],
  ["robots.txt/x", 404],
  ["dangling", 404],
  ["loop", 404],
  ["x".repeat(3000), 404],
  ["dir", 403, "is not a file"],
  ["dir/", 403, "is not a file"],
  ["", 403, "is not a file"],
  ["../static_foo.txt", 403, "is not in root static directory"],
  ["..%2fstatic_foo.txt", 403, "is not in root static directory"],
  ["%2e%2e%2fstatic_foo.txt", 403, "is not in root static directory"],
  ["dir/../../static_foo.txt", 403, "is not in root static directory"],
  ["%2fetc/passwd", 403, "is not in root static directory"],
  ["/etc/passwd", 403, "is not in root static directory"],
  ["outside.txt", 403, "is not in root static directory"],
  ["secrets/key.txt", 403, "is not in root static directory"],
  ["robots.txt%00", 404, "cannot be the name of a file"],
  ["robots.txt%00.png", 404, "cannot be the name of a file"],
  ["%2f%e2%80%a8%c2%9b", 403, /: "\/\\u2028\\u009b" is not in root static directory$/],
  ["%00%c2%85", 404, /: "\\u0000\\u0085" cannot be the name of a file$/],
  ["%ff\x9b", 400, /: Path is not UTF-8: "%ff\\u009b"$/],
  ["..%5cstatic_foo.txt", 404],
  ["..%5c..%5cstatic_foo.txt", 404],
  ["%252e%252e/static_foo.txt", 404],
  ["..%c0%afstatic_foo.txt", 400, "Path is not UTF-8"],
  ["CON", 404],
  ["NUL", 404],
  ["C:%5cboot.ini", 404],
  ["robots.txt::$DATA", 404],
];

Deno.test("StaticFileHandler serves regular files inside of the root only", () =>
  serving(async (client) => {
    for (const [path, status, pattern] of REFUSED) {
      await expectLog(pattern === undefined ? [] : { level: "warning", pattern, times: 2 }, async () => {
        assertEquals((await getAndHead(client, `/static/${path}`)).status, status, path);
      });
    }
    assertEquals((await ask(client, "/static/inside.txt")).body, ROBOTS);
    assertEquals((await ask(client, "/static/back%5cslash.txt")).body, "backslash");
    assertEquals((await ask(client, "/static/with%20space%20&%20%C3%BC%3F%23%25.txt")).body, "odd");
  }));

Deno.test("StaticFileHandler refuses pipes, which would never end", async () => {
  await serving(async (client, files) => {
    const made = new Deno.Command("mkfifo", { args: [`${files.root}/pipe`] }).outputSync();
    assert(made.success);
    await expectLog({ pattern: "is not a file" }, async () => {
      assertEquals((await ask(client, "/static/pipe")).status, 403);
    });
  });
});

Deno.test("StaticFileHandler answers other methods with 405", () =>
  serving(async (client) => {
    for (const method of ["POST", "PUT", "DELETE"]) {
      const response = await ask(client, "/static/robots.txt", "Content-Length: 0\r\n", method);
      assertEquals([response.status, header(response, "Allow")], [405, "GET, HEAD"]);
    }
  }));

Deno.test("StaticFileHandler serves a root that is a link, or the whole file system", () =>
  serving(
    async (client, files) => {
      assertEquals((await ask(client, "/static/robots.txt")).body, ROBOTS);
      assertEquals((await ask(client, `/all${files.root}/robots.txt`)).body, ROBOTS);
    },
    (files) => ({ staticPath: `${files.top}/linked_root` }),
    () => [["/all(/.*)", StaticFileHandler, { path: "/" }]],
  ));

Deno.test("StaticFileHandler serves the default file of a folder, and redirects to its slash", () =>
  serving(async (client) => {
    assertEquals((await ask(client, "/static/dir/")).body, "this is the index\n");
    const redirect = await ask(client, "/static/dir");
    assertEquals([redirect.status, header(redirect, "Location")], [301, "/static/dir/"]);
    assertEquals((await ask(client, "/static/dir/empty/")).status, 404);
    assertEquals((await ask(client, "/static/dir/empty")).status, 301);
  }, { staticHandlerArgs: { defaultFilename: "index.html" } }));

Deno.test("StaticFileHandler never redirects to what a browser takes for another host", () =>
  serving(
    async (client, files) => {
      for (const target of [`//evil.com/..${files.root}/dir`, "/\\evil.com/../dir"]) {
        await expectLog({ pattern: "it may be another host" }, async () => {
          const response = await ask(client, target);
          assertEquals([response.status, header(response, "Location")], [403, undefined], target);
        });
      }
    },
    { staticUrlPrefix: "/", staticHandlerArgs: { defaultFilename: "index.html" } },
  ));

Deno.test("StaticFileHandler takes its folder and default file from a route, by position or by name", () =>
  serving(
    async (client) => {
      assertEquals((await ask(client, "/foo/index.html")).body, "this is the index\n");
      assertEquals((await ask(client, "/named/index.html")).body, "this is the index\n");
      await expectLog({ pattern: "is not a file" }, async () => {
        assertEquals((await ask(client, "/foo/")).status, 403);
      });
    },
    {},
    (files) => [
      ["/foo/(.*)", StaticFileHandler, { path: `${files.root}/dir` }],
      ["/named/(?P<path>.*)", StaticFileHandler, { path: `${files.root}/dir` }],
    ],
  ));

Deno.test("StaticFileHandler says what is missing when a route has no path", async () => {
  const app = new Application([["/(.*)", StaticFileHandler]], { logFunction: () => {} });
  await withServer(app, async (server) => {
    await expectLog({ pattern: "Cannot serve static files: the route has no path" }, async () => {
      assertEquals((await ask(await server.connect(), "/a")).status, 500);
    });
  });
});

// --- changes ---

Deno.test("StaticFileHandler notices at once when a file changes, vanishes, or is replaced", () =>
  serving(async (client, files) => {
    const path = `${files.root}/robots.txt`;
    const etags = new Set<string>();
    const expect = async (body: string) => {
      for (let round = 0; round < 3; round++) {
        const response = await ask(client, "/static/robots.txt");
        assertEquals(response.body, body);
        etags.add(header(response, "Etag")!);
      }
    };
    await expect(ROBOTS);
    for (let change = 0; change < 5; change++) {
      Deno.writeTextFileSync(path, `change ${change}`); // of the same length, as fast as it goes
      await expect(`change ${change}`);
    }
    Deno.writeTextFileSync(`${path}.new`, "replaced");
    Deno.utimeSync(`${path}.new`, new Date(0), new Date(0));
    Deno.renameSync(`${path}.new`, path);
    await expect("replaced");
    assertEquals(etags.size, 7);
    Deno.removeSync(path);
    assertEquals((await ask(client, "/static/robots.txt")).status, 404);
    Deno.symlinkSync("../static_foo.txt", path);
    await expectLog({ pattern: "is not in root" }, async () => {
      assertEquals((await ask(client, "/static/robots.txt")).status, 403);
    });
  }));

Deno.test("StaticFileHandler breaks a response off when the file is cut short meanwhile", () =>
  serving(async (_client, files, server) => {
    const path = `${files.root}/huge.bin`;
    using file = Deno.openSync(path, { write: true, create: true });
    file.truncateSync(64 * 1024 * 1024);
    const client = await server.connect();
    const logged = [{ pattern: "Cannot read the file: it ended" }, { pattern: "after headers written" }];
    await expectLog(logged, async () => {
      await client.send("GET /static/huge.bin HTTP/1.1\r\nHost: a\r\n\r\n");
      await client.readBytes(1000); // it has begun, and cannot all be in the buffers of the socket
      file.truncateSync(1024 * 1024);
      const { text } = await client.readToEnd();
      assert(text.length < 64 * 1024 * 1024);
    });
  }));

Deno.test("StaticFileHandler serves files through a fetch handler as well", async () => {
  using files = new Files();
  const app = new Application([], { logFunction: () => {}, staticPath: files.root });
  const ask = (path: string, headers: HeadersInit = {}) => fetchInMemory(app, `/static/${path}`, { headers });
  for (let round = 0; round < 2; round++) {
    const small = await ask("robots.txt");
    assertEquals([small.status, await small.text(), small.headers.get("Content-Type")], [200, ROBOTS, "text/plain"]);
    assertEquals(new Uint8Array(await (await ask("big.bin")).arrayBuffer()), BIG);
  }
  const part = await ask("big.bin", { Range: "bytes=1000-699999" });
  assertEquals(part.status, 206);
  assertEquals(new Uint8Array(await part.arrayBuffer()), BIG.subarray(1000, 700_000));
  const missing = await ask("none");
  assertEquals(missing.status, 404);
  await missing.body?.cancel();
});

Deno.test("StaticFileHandler closes the file when the reader of a fetch handler leaves", async () => {
  using files = new Files();
  const ended = Promise.withResolvers<void>();
  class Watched extends StaticFileHandler {
    override async get(path?: string): Promise<void> {
      await Promise.resolve(super.get(path)).finally(ended.resolve);
    }
  }
  const app = new Application([], { logFunction: () => {}, staticPath: files.root, staticHandlerClass: Watched });
  const response = await fetchInMemory(app, "/static/big.bin");
  await response.body!.cancel();
  await ended.promise; // the file is closed now, or the sanitizers say so
});

Deno.test("StaticFileHandler serves others while a large file goes out, and reads no further than the client does", () =>
  serving(async (client, files, server) => {
    using file = Deno.openSync(`${files.root}/huge.bin`, { write: true, create: true });
    file.truncateSync(300 * 1024 * 1024); // too large to be hashed
    const before = Deno.memoryUsage().external;
    const slow = await server.connect();
    await slow.send("GET /static/huge.bin HTTP/1.1\r\nHost: a\r\n\r\n");
    await slow.readBytes(1000); // and no more
    for (let round = 0; round < 100; round++) assertEquals((await ask(client, "/static/robots.txt")).body, ROBOTS);
    assert(Deno.memoryUsage().external - before < 16 * 1024 * 1024);
  }));

Deno.test("StaticFileHandler gives nothing away to paths made at random", () =>
  serving(async (client, files) => {
    const pieces = [
      "..",
      ".",
      "/",
      "//",
      "%2e%2e",
      "%2E",
      "%2f",
      "%5c",
      "\\",
      "%00",
      "%",
      "%25",
      "a",
      "dir",
      "static",
      "secret",
      "key.txt",
      "static_foo.txt",
      "outside.txt",
      "secrets",
      "robots.txt",
      files.top,
      ";",
      "?",
      "~",
      "%c0%af",
      "\u00fc",
      "C:",
      " ",
      "/",
      "/",
      "/",
      "../",
      "../../",
    ];
    const random = new Random(20260101);
    const served = new Set([ROBOTS, "this is the index\n", "<a/>", "gz", "bz2", "", "odd", "backslash"]);
    await expectLog({ pattern: "" }, async () => {
      for (let count = 0; count < 1500; count++) {
        const path = random.text(pieces, 12);
        const target = `/static/${path}`.replaceAll(" ", "%20").replace(/[^\x21-\x7e]/g, encodeURIComponent);
        const response = await ask(client, target);
        assert([200, 301, 400, 403, 404].includes(response.status), `${response.status} ${target}`);
        assert(!/secret|outside/.test(response.body), target);
        if (response.status === 200) assert(served.has(response.body), target);
        assert(!/^[/\\]{2}/.test(header(response, "Location") ?? ""), target);
      }
    });
  }, { staticHandlerArgs: { defaultFilename: "index.html" } }));

Deno.test("StaticFileHandler lets go of the file when the client leaves", () => {
  const over = Promise.withResolvers<void>();
  class Watched extends StaticFileHandler {
    override onFinish(): void {
      over.resolve();
    }
  }
  return serving(async (_client, files, server) => {
    using file = Deno.openSync(`${files.root}/huge.bin`, { write: true, create: true });
    file.truncateSync(64 * 1024 * 1024);
    await expectNoLog(async () => {
      const client = await server.connect();
      await client.send("GET /static/huge.bin HTTP/1.1\r\nHost: a\r\n\r\n");
      await client.readBytes(1000);
      client.close();
      await over.promise; // and the sanitizers see whether the file is closed
    });
  }, { staticHandlerClass: Watched });
});

// --- compressed before ---

Deno.test("StaticFileHandler sends a compressed form of a file to those who accept it", () =>
  serving(async (client, files) => {
    files.write("static/style.css", "p { color: red }");
    files.write("static/style.css.br", "brotli");
    files.write("static/style.css.gz", "gzip");
    Deno.symlinkSync("../secret/key.txt", `${files.root}/style.css.zst`);
    const table: [accept: string | undefined, coding: string | undefined, body: string][] = [
      [undefined, undefined, "p { color: red }"],
      ["identity", undefined, "p { color: red }"],
      ["gzip", "gzip", "gzip"],
      ["gzip, br", "br", "brotli"],
      ["gzip, br;q=0", "gzip", "gzip"],
      ["zstd", undefined, "p { color: red }"], // its target is outside of the root
      ["gzip;q=0, *;q=0", undefined, "p { color: red }"],
    ];
    for (const [accept, coding, body] of table) {
      const fields = accept === undefined ? "" : `Accept-Encoding: ${accept}\r\n`;
      const response = await getAndHead(client, "/static/style.css", fields);
      assertEquals([response.status, response.body, header(response, "Content-Encoding")], [200, body, coding], accept);
      assertEquals([header(response, "Content-Type"), header(response, "Vary")], ["text/css", "Accept-Encoding"]);
      const etag = header(response, "Etag")!;
      assertEquals(etag, `"${createHash("sha512").update(body).digest("hex")}"`);
      assertEquals((await ask(client, "/static/style.css", `${fields}If-None-Match: ${etag}\r\n`)).status, 304);
    }
    const part = await ask(client, "/static/style.css", "Accept-Encoding: br\r\nRange: bytes=1-2\r\n");
    assertEquals([part.body, header(part, "Content-Range")], ["ro", "bytes 1-2/6"]);
    const plain = await ask(client, "/static/robots.txt", "Accept-Encoding: br\r\n");
    assertEquals([plain.body, header(plain, "Content-Encoding")], [ROBOTS, undefined]);
    const itself = await ask(client, "/static/style.css.gz");
    assertEquals([header(itself, "Content-Type"), header(itself, "Content-Encoding")], ["application/gzip", undefined]);
  }, { staticHandlerArgs: { precompressed: true } }));

Deno.test("StaticFileHandler leaves compressed forms alone unless it is told", () =>
  serving(async (client, files) => {
    files.write("static/style.css", "p {}");
    files.write("static/style.css.gz", "gzip");
    const response = await ask(client, "/static/style.css", "Accept-Encoding: gzip\r\n");
    assertEquals([response.body, header(response, "Vary")], ["p {}", undefined]);
  }));

Deno.test("StaticFileHandler has its responses compressed by the application, but not parts of files", () =>
  serving(async (client, files) => {
    files.write("static/long.css", "p { color: red }\n".repeat(1000));
    const whole = await ask(client, "/static/long.css", "Accept-Encoding: gzip\r\n");
    assertEquals([header(whole, "Content-Encoding"), header(whole, "Vary")], ["gzip", "Accept-Encoding"]);
    const text = gunzipSync(Buffer.from(whole.body, "latin1")).toString();
    assertEquals(text, "p { color: red }\n".repeat(1000));
    const part = await ask(client, "/static/long.css", "Accept-Encoding: gzip\r\nRange: bytes=0-3\r\n");
    assertEquals([part.status, part.body, header(part, "Content-Encoding")], [206, "p { ", undefined]);
    files.write("static/huge.css", "p { color: red }\n".repeat(100_000));
    const streamed = await ask(client, "/static/huge.css", "Accept-Encoding: gzip\r\n");
    assertEquals([header(streamed, "Content-Encoding"), header(streamed, "Content-Length")], ["gzip", undefined]);
    assertEquals(gunzipSync(Buffer.from(streamed.body, "latin1")).length, 1_700_000);
  }, { compressResponse: true }));

// --- URLs ---

class StaticUrl extends RequestHandler {
  override get(path: string): void {
    const includeVersion = this.request.query === "";
    const { staticHandlerClass = StaticFileHandler } = this.settings;
    this.write(staticHandlerClass.makeStaticUrl(this.settings, path, includeVersion));
  }
}

Deno.test("makeStaticUrl adds the version, which follows the file", () => {
  using files = new Files();
  const settings = { staticPath: files.root };
  assertEquals(StaticFileHandler.makeStaticUrl(settings, "robots.txt"), `/static/robots.txt?v=${ROBOTS_HASH}`);
  assertEquals(StaticFileHandler.makeStaticUrl(settings, "robots.txt", false), "/static/robots.txt");
  assertEquals(
    StaticFileHandler.makeStaticUrl({ ...settings, staticUrlPrefix: "/s/" }, "robots.txt", false),
    "/s/robots.txt",
  );
  files.write("static/robots.txt", "other");
  const version = createHash("sha512").update("other").digest("hex");
  assertEquals(StaticFileHandler.makeStaticUrl(settings, "robots.txt"), `/static/robots.txt?v=${version}`);
  assertStringIncludes(
    StaticFileHandler.makeStaticUrl(settings, "with space & ü?#%.txt"),
    "/static/with%20space%20&%20%C3%BC%3F%23%25.txt?v=",
  );
  assertStringIncludes(StaticFileHandler.makeStaticUrl(settings, "big.bin"), "?v=");
  assertThrows(() => StaticFileHandler.makeStaticUrl({}, "robots.txt"), TypeError, "staticPath");
});

Deno.test("makeStaticUrl makes no version of what is missing or outside of the root", async () => {
  using files = new Files();
  const settings = { staticPath: files.root };
  for (const path of ["missing", "dir", "../static_foo.txt", "/etc/passwd", "outside.txt", "robots.txt\0"]) {
    await expectLog({ level: "error", pattern: "Could not open static file" }, () => {
      assert(!StaticFileHandler.makeStaticUrl(settings, path).includes("?"), path);
    });
  }
});

// --- subclasses ---

/** Content from elsewhere, under URLs of its own, as in Tornado's tests. */
class CustomFiles extends StaticFileHandler {
  static readonly asked: [number | undefined, number | undefined][] = [];

  static override makeStaticUrl(settings: ApplicationSettings, path: string): string {
    const dot = path.lastIndexOf(".");
    return `/static/${path.slice(0, dot)}.${this.getVersion(settings, path)}${path.slice(dot)}`;
  }

  override parseUrlPath(urlPath: string): string {
    return urlPath.replace(/\.[^.]*(\.[^.]*)$/, "$1");
  }

  static override getAbsolutePath(_root: string, path: string): string {
    return `Custom:${path}`;
  }

  override validateAbsolutePath(_root: string, absolutePath: string): Promise<string> {
    return Promise.resolve(absolutePath);
  }

  static override getContent(path: string, start?: number, end?: number): Uint8Array {
    assertEquals(path, "Custom:foo.txt");
    this.asked.push([start, end]);
    return new TextEncoder().encode("bar").subarray(start, end);
  }

  override getContentSize(): Promise<number> {
    return Promise.resolve(3);
  }

  override getModifiedTime(): undefined {}

  static override getVersion(_settings: ApplicationSettings, _path: string): string {
    return "42";
  }
}

Deno.test("StaticFileHandler can be given another way to the content, and other URLs", () =>
  serving(
    async (client) => {
      assertEquals((await ask(client, "/static_url/foo.txt")).body, "/static/foo.42.txt");
      CustomFiles.asked.length = 0;
      const response = await ask(client, "/static/foo.42.txt");
      assertEquals([response.status, response.body], [200, "bar"]);
      assertEquals(header(response, "Etag"), `"${createHash("sha512").update("bar").digest("hex")}"`);
      assertEquals(header(response, "Last-Modified"), undefined);
      const part = await ask(client, "/static/foo.42.txt", "Range: bytes=1-\r\n");
      assertEquals([part.status, part.body], [206, "ar"]);
      // the version, the whole, the part: the version is asked once
      assertEquals(CustomFiles.asked, [[undefined, undefined], [undefined, undefined], [1, 3]]);
      CustomFiles.reset();
      await ask(client, "/static/foo.42.txt", "", "HEAD");
      assertEquals(CustomFiles.asked.length, 4);
    },
    { staticHandlerClass: CustomFiles },
    () => [["/static_url/(.*)", StaticUrl]],
  ));

/** Pieces that come over time, and a version that fails at first. */
class StreamedContent extends StaticFileHandler {
  static failures = 1;

  override validateAbsolutePath(_root: string, absolutePath: string): string {
    return absolutePath;
  }

  static override async *getContent(): AsyncGenerator<Uint8Array> {
    for (const text of ["one ", "two ", "three"]) yield await Promise.resolve(new TextEncoder().encode(text));
  }

  static override getContentVersion(path: string): string | Promise<string> {
    if (this.failures-- > 0) return Promise.reject(new Error("not yet"));
    return super.getContentVersion(path);
  }

  override getContentSize(): number {
    return 13;
  }

  override getModifiedTime(): undefined {}

  override getContentType(): string {
    return "";
  }

  override getCacheTime(): number {
    return 60;
  }

  override setExtraHeaders(path: string): void {
    this.setHeader("X-Path", path);
  }
}

/** Always the whole file, kept for a minute, under a tag of its own: the hooks of caching. */
class OwnCaching extends StaticFileHandler {
  static override readonly CACHE_MAX_AGE = 60;

  override shouldReturn304(): boolean {
    return false;
  }

  override setEtagHeader(): void {
    this.setHeader("Etag", '"own"');
  }
}

Deno.test("StaticFileHandler goes by the hooks of caching of a subclass, each time", () =>
  serving(async (client) => {
    for (const method of ["GET", "HEAD", "GET"]) {
      const response = await ask(client, "/static/robots.txt", 'If-None-Match: "own"\r\n', method);
      const body = method === "GET" ? ROBOTS : "";
      assertEquals([response.status, response.body, header(response, "Etag")], [200, body, '"own"']);
    }
    const large = await ask(client, "/static/big.bin", 'If-None-Match: "own"\r\n');
    assertEquals([large.status, large.body.length], [200, BIG_SIZE]);
    const response = await ask(client, "/static/robots.txt?v=1");
    assertEquals(header(response, "Cache-Control"), "max-age=60");
  }, { staticHandlerClass: OwnCaching }));

Deno.test("StaticFileHandler takes content and versions that come over time, and goes without a version that fails", () =>
  serving(async (client, files) => {
    const settings = { staticPath: files.root };
    await expectLog({ level: "error", pattern: "not yet" }, async () => {
      const response = await ask(client, "/static/a");
      assertEquals([response.body, header(response, "Etag")], ["one two three", undefined]);
      assertEquals([header(response, "X-Path"), header(response, "Cache-Control")], ["a", "max-age=60"]);
    });
    assertEquals(StreamedContent.makeStaticUrl(settings, "b"), "/static/b"); // it is being found out
    const etag = header(await ask(client, "/static/b"), "Etag");
    assertEquals(etag, `"${createHash("sha512").update("one two three").digest("hex")}"`);
    assertEquals(StreamedContent.makeStaticUrl(settings, "b"), `/static/b?v=${etag!.slice(1, -1)}`);
  }, { staticHandlerClass: StreamedContent }));

/** Files, with a version that is counted. */
class Counted extends StaticFileHandler {
  static count = 0;

  static override getContentVersion(): string {
    return `v${++this.count}`;
  }
}

Deno.test("StaticFileHandler asks a subclass for a version once, or each time where staticHashCache is off", async () => {
  for (const [staticHashCache, expected] of [[true, ['"v1"', '"v1"']], [false, ['"v1"', '"v2"']]] as const) {
    Counted.count = 0;
    await serving(async (client) => {
      for (const etag of expected) {
        assertEquals(header(await ask(client, "/static/robots.txt"), "Etag"), etag);
      }
    }, { staticHandlerClass: Counted, staticHashCache });
  }
});

Deno.test("getContent and getContentVersion work on files by themselves", async () => {
  using files = new Files();
  const pieces = async (start?: number, end?: number) => {
    let text = "";
    for await (
      const piece of StaticFileHandler.getContent(`${files.root}/robots.txt`, start, end) as AsyncIterable<Uint8Array>
    ) {
      text += new TextDecoder().decode(piece);
    }
    return text;
  };
  assertEquals([await pieces(), await pieces(5), await pieces(5, 10)], [ROBOTS, ROBOTS.slice(5), "agent"]);
  assertEquals(StaticFileHandler.getContentVersion(`${files.root}/robots.txt`), ROBOTS_HASH);
  const options: StaticFileOptions = { path: files.root };
  assertEquals(options.defaultFilename, undefined);
});
