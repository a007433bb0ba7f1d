import { type Chunk, type HTTP1Connection, HTTPHeaders, HTTPOutputError } from "@denado/denado/http";
import { assert, assertEquals, assertInstanceOf, assertThrows } from "@std/assert";
import { connectionOf, serving } from "../helpers/http1_exchange.ts";
import { header } from "../helpers/http_client.ts";
import { withServer } from "../helpers/http_server.ts";
import { settle } from "../helpers/manual_clock.ts";

const OK = { code: 200, reason: "OK" };
const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const HEAD = GET.replace("GET", "HEAD");
const GET_1_0 = "GET / HTTP/1.0\r\n\r\n";

// --- framing of what is written ---

interface FramingCase {
  readonly name: string;
  readonly request: string;
  readonly headers: Record<string, string>;
  readonly chunks: Chunk[];
  readonly framing: "none" | "length" | "chunked" | "close";
  readonly body: string;
}

const FRAMINGS: FramingCase[] = [
  {
    name: "chunked without a length",
    request: GET,
    headers: {},
    chunks: ["ab", "", "cde"],
    framing: "chunked",
    body: "abcde",
  },
  { name: "chunked and empty", request: GET, headers: {}, chunks: [], framing: "chunked", body: "" },
  {
    name: "by length",
    request: GET,
    headers: { "Content-Length": "5" },
    chunks: ["ab", "cde"],
    framing: "length",
    body: "abcde",
  },
  {
    name: "text as UTF-8",
    request: GET,
    headers: { "Content-Length": "2" },
    chunks: ["ä"],
    framing: "length",
    body: "\xc3\xa4",
  },
  {
    name: "bytes",
    request: GET,
    headers: {},
    chunks: [new Uint8Array([0, 255])],
    framing: "chunked",
    body: "\x00\xff",
  },
  {
    name: "until the close in HTTP/1.0",
    request: GET_1_0,
    headers: {},
    chunks: ["ab", "c"],
    framing: "close",
    body: "abc",
  },
  { name: "no body for HEAD", request: HEAD, headers: {}, chunks: ["ab"], framing: "none", body: "" },
  {
    name: "no body for HEAD with a length",
    request: HEAD,
    headers: { "Content-Length": "5" },
    chunks: ["abcde"],
    framing: "none",
    body: "",
  },
];

for (const { name, request, headers, chunks, framing, body } of FRAMINGS) {
  Deno.test(`HTTP1Connection writes a body in parts: ${name}`, () =>
    withServer(
      serving(async (connection) => {
        await connection.writeHeaders(OK, new HTTPHeaders(headers));
        for (const chunk of chunks) await connection.write(chunk);
        connection.finish();
      }),
      async (server) => {
        const client = await server.connect();
        const response = await client.request(request);
        assertEquals([response.framing, response.body], [framing, body]);
        assertEquals(header(response, "Content-Length"), headers["Content-Length"]);
        if (framing === "close") return;
        assertEquals((await client.request(GET.replace("/", "/next"))).body, "next");
      },
    ));
}

Deno.test("HTTP1Connection writes a first part with the head", () =>
  withServer(
    serving((connection) => {
      connection.writeHeaders(OK, new HTTPHeaders({ "Content-Length": "3" }), "abc");
      connection.finish();
    }),
    async (server) => {
      assertEquals((await (await server.connect()).request(GET)).body, "abc");
    },
  ));

Deno.test("HTTP1Connection responds with a large body as it is", () => {
  const body = new Uint8Array(3_000_000).fill(0x61);
  return withServer(
    serving((connection) => {
      connection.respond(OK, new HTTPHeaders({ "Content-Length": String(body.length) }), body);
    }),
    async (server) => {
      const response = await (await server.connect()).request(GET);
      assert(response.body === "a".repeat(body.length));
    },
  );
});

for (const request of [GET, HEAD, GET_1_0]) {
  Deno.test(`HTTP1Connection responds with a prepared head and body to ${request.slice(0, 15)}`, () =>
    withServer(
      serving((connection) => {
        const head = new TextEncoder().encode("HTTP/1.1 200 OK\r\nX: y\r\n");
        const lines = "Content-Length: 3\r\n\r\n";
        connection.respondPrepared(head, lines + "abc", lines.length);
      }),
      async (server) => {
        const client = await server.connect();
        const response = await client.request(request);
        assertEquals(response.body, request === HEAD ? "" : "abc");
        assertEquals([header(response, "X"), header(response, "Content-Length")], ["y", "3"]);
        assertEquals(header(response, "Connection"), undefined);
        if (request !== GET_1_0) assertEquals((await client.request(GET)).status, 200);
        else await client.expectEnd();
      },
    ));
}

Deno.test("HTTP1Connection writes interim responses before the final one, but not in HTTP/1.0", () =>
  withServer(
    serving((connection) => {
      connection.writeInterim(103, new HTTPHeaders({ Link: "</a>" }));
      connection.respond(OK, new HTTPHeaders({ "Content-Length": "0" }), new Uint8Array(0));
      assertThrows(() => connection.writeInterim(103), Error, "the final one has begun");
    }),
    async (server) => {
      const client = await server.connect();
      const interim = await client.request(GET);
      assertEquals([interim.status, header(interim, "Link")], [103, "</a>"]);
      assertEquals((await client.read()).status, 200);
      assertEquals((await (await server.connect()).request(GET_1_0)).status, 200);
    },
  ));

// --- what contradicts the head ---

interface LengthCase {
  readonly name: string;
  readonly write: (connection: HTTP1Connection) => void;
  readonly message: string;
}

const FIVE = new HTTPHeaders({ "Content-Length": "5" });
const WRONG_LENGTHS: LengthCase[] = [
  {
    name: "a part that is too long",
    write: (c) => void c.writeHeaders(OK, FIVE, "abcdef"),
    message: "1 bytes too many",
  },
  {
    name: "parts that are too long together",
    write: (c) => {
      c.writeHeaders(OK, FIVE, "abc");
      c.write("def");
    },
    message: "1 bytes too many",
  },
  {
    name: "an end that comes too early",
    write: (c) => {
      c.writeHeaders(OK, FIVE, "abc");
      c.finish();
    },
    message: "2 bytes less than Content-Length",
  },
  {
    name: "a whole body that is too short",
    write: (c) => c.respond(OK, FIVE, new Uint8Array(1)),
    message: "4 bytes less",
  },
  {
    name: "a whole body that is too long",
    write: (c) => c.respond(OK, FIVE, new Uint8Array(9)),
    message: "4 bytes too many",
  },
];

for (const { name, write, message } of WRONG_LENGTHS) {
  Deno.test(`HTTP1Connection closes the connection and throws for ${name}`, () => {
    const outcome = Promise.withResolvers<unknown>();
    return withServer(
      serving((connection) => {
        try {
          write(connection);
          outcome.reject(new Error("nothing was thrown"));
        } catch (error) {
          outcome.resolve(error);
        }
      }),
      async (server) => {
        const client = await server.connect();
        await client.send(GET);
        const error = await outcome.promise;
        assertInstanceOf(error, HTTPOutputError);
        assert(error.message.includes(message), error.message);
        const { text } = await client.readToEnd();
        assert(text.length < 100 && !text.includes("abcde"), text);
      },
    );
  });
}

Deno.test("HTTP1Connection can still answer when the head was refused", () =>
  withServer(
    serving((connection) => {
      const bad = new HTTPHeaders({ "Content-Length": "foo" });
      assertThrows(() => connection.respond(OK, bad, new Uint8Array(0)), HTTPOutputError);
      assertThrows(() => connection.writeHeaders({ code: 200, reason: "a\r\nb" }, new HTTPHeaders()), TypeError);
      assertThrows(() => connection.writeHeaders({ code: 20, reason: "" }, new HTTPHeaders()), RangeError);
      connection.respond(OK, new HTTPHeaders({ "Content-Length": "0" }), new Uint8Array(0));
    }),
    async (server) => {
      assertEquals((await (await server.connect()).request(GET)).status, 200);
    },
  ));

// --- calls in the wrong order ---

Deno.test("HTTP1Connection refuses a second head, and a body or an end before the head", () =>
  withServer(
    serving((connection) => {
      assertThrows(() => connection.write("a"), Error, "no headers were written");
      assertThrows(() => connection.finish(), Error, "no headers were written");
      connection.writeHeaders(OK, new HTTPHeaders({ "Content-Length": "1" }));
      assertThrows(() => connection.writeHeaders(OK, new HTTPHeaders()), Error, "written already");
      assertThrows(() => connection.respond(OK, new HTTPHeaders(), new Uint8Array(0)), Error, "written already");
      assertThrows(() => connection.respondPrepared(new Uint8Array(0), "", 0), Error, "written already");
      connection.write("a");
      connection.finish();
      connection.finish(); // nothing more to do
    }),
    async (server) => {
      const client = await server.connect();
      assertEquals((await client.request(GET)).body, "a");
      assertEquals((await client.request(GET.replace("/", "/next"))).body, "next");
    },
  ));

Deno.test("HTTP1Connection keeps late parts of a finished response out of the next one", () => {
  let first: HTTP1Connection | undefined;
  return withServer((request) => {
    const connection = connectionOf(request);
    first ??= connection;
    connection.writeHeaders(OK, new HTTPHeaders());
    if (first === connection) return connection.finish();
    assertThrows(() => first!.write("late"), Error, "the response is finished");
    assertThrows(() => first!.respond(OK, new HTTPHeaders(), new Uint8Array(1)), Error, "written already");
    first.finish();
    connection.write("second");
    connection.finish();
  }, async (server) => {
    const client = await server.connect();
    assertEquals((await client.request(GET)).body, "");
    assertEquals((await client.request(GET)).body, "second");
  });
});

// --- breaking off ---

Deno.test("HTTP1Connection aborts a response so that it does not look whole", () =>
  withServer(
    serving(async (connection) => {
      await connection.writeHeaders(OK, new HTTPHeaders(), "begun");
      connection.abort();
      assert(connection.responseFinished);
    }),
    async (server) => {
      const client = await server.connect();
      await client.send(GET);
      const { text } = await client.readToEnd();
      assert(text.endsWith("5\r\nbegun\r\n"), text);
    },
  ));

// --- trailers ---

Deno.test("HTTP1Connection tells the trailers of a request when it has been read, and forgets them", () =>
  withServer(
    (request) => {
      const trailers = [...request.trailers?.getAll() ?? []].join(";");
      assert(request.headers.get("Checksum") === undefined, "trailers must not become headers");
      const body = new TextEncoder().encode(`${request.body.length} ${trailers}`);
      request.connection.respond(OK, new HTTPHeaders({ "Content-Length": String(body.length) }), body);
    },
    async (server) => {
      const client = await server.connect();
      const chunks = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n";
      assertEquals((await client.request(`${chunks}Checksum: 1\r\nB: 2\r\n\r\n`)).body, "3 Checksum,1;B,2");
      assertEquals((await client.request(`${chunks}\r\n`)).body, "3 ");
      assertEquals((await client.request(GET)).body, "0 ");
    },
  ));

Deno.test("HTTP1Connection writes trailers behind a chunked body, and nowhere else", () =>
  withServer(
    serving(async (connection, request) => {
      const length: Record<string, string> = request.path === "/length" ? { "Content-Length": "3" } : {};
      await connection.writeHeaders(OK, new HTTPHeaders({ Trailer: "Checksum", ...length }), "abc");
      connection.finish(new HTTPHeaders({ Checksum: "1" }));
    }),
    async (server) => {
      const client = await server.connect();
      await client.send(GET.replace("GET /", "GET /length"));
      assertEquals((await client.read()).body, "abc");
      await client.send(HEAD);
      assertEquals((await client.read("HEAD")).body, "");
      await client.send(GET.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n"));
      const { text } = await client.readToEnd();
      assert(text.endsWith("\r\n\r\n3\r\nabc\r\n0\r\nChecksum: 1\r\n\r\n"), text);
    },
  ));

Deno.test("HTTP1Connection refuses a trailer that belongs into the head, and can still finish", () =>
  withServer(
    serving((connection) => {
      connection.writeHeaders(OK, new HTTPHeaders(), "abc");
      assertThrows(
        () => connection.finish(new HTTPHeaders({ "Content-Type": "text/html" })),
        TypeError,
        "Content-Type",
      );
      connection.finish();
    }),
    async (server) => {
      const client = await server.connect();
      assertEquals((await client.request(GET)).body, "abc");
      assertEquals((await client.request(GET.replace("/", "/next"))).body, "next");
    },
  ));

// --- the rest ---

Deno.test("HTTP1Connection tells when the request began and who sent it", () =>
  withServer(
    serving((connection, request) => {
      assertEquals([connection.context.remoteIp, connection.context.protocol], ["127.0.0.1", "http"]);
      assertEquals(connection.startTimeMs, 1000);
      assertEquals(connection.request.path, request.path);
      assert(connection.requestRead && !connection.responseStarted && !connection.responseFinished);
      connection.respond(OK, new HTTPHeaders({ "Content-Length": "0" }), new Uint8Array(0));
    }),
    async (server) => {
      assertEquals((await (await server.connect()).request(GET)).status, 200);
    },
  ));

interface BodyCase {
  readonly name: string;
  readonly size: number;
  readonly limit: number | undefined;
  readonly status: number;
}

const BODY_LIMITS: BodyCase[] = [
  { name: "at the limit", size: 10, limit: undefined, status: 200 },
  { name: "over the limit", size: 11, limit: undefined, status: 413 },
  { name: "under a limit that was raised for it", size: 20, limit: 20, status: 200 },
  { name: "over a limit that was lowered for it", size: 6, limit: 5, status: 413 },
];

for (const { name, size, limit, status } of BODY_LIMITS) {
  for (const framing of ["length", "chunked"]) {
    Deno.test(`HTTP1Connection answers ${status} to a body (${framing}) ${name}, and the next limit is the usual one`, () => {
      let first = true;
      return withServer({
        startRequest: (_server, connection) => ({
          headersReceived() {
            if (first && limit !== undefined) connection.setMaxBodySize(limit);
            first = false;
          },
          dataReceived() {},
          finish: () => connection.respond(OK, new HTTPHeaders({ "Content-Length": "0" }), new Uint8Array(0)),
          onConnectionClose() {},
        }),
      }, async (server) => {
        const send = (bytes: number) =>
          framing === "length"
            ? `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${bytes}\r\n\r\n${"x".repeat(bytes)}`
            : `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${bytes.toString(16)}\r\n${
              "x".repeat(bytes)
            }\r\n0\r\n\r\n`;
        const client = await server.connect();
        assertEquals((await client.request(send(size))).status, status);
        if (status === 200) assertEquals((await client.request(send(11))).status, 413);
      }, { maxBodySize: 10 });
    });
  }
}

Deno.test("HTTP1Connection takes a time limit for one body", () => {
  let paths: string[] = [];
  return withServer({
    startRequest: (_server, connection) => ({
      headersReceived(head) {
        paths.push(head.path);
        if (head.path === "/short") connection.setBodyTimeoutMs(10);
      },
      dataReceived() {},
      finish: () => connection.respond(OK, new HTTPHeaders({ "Content-Length": "0" }), new Uint8Array(0)),
      onConnectionClose: () => paths = [...paths, "closed"],
    }),
  }, async (server) => {
    const client = await server.connect();
    const head = (path: string) =>
      `POST ${path} HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n`;
    assertEquals((await client.request(head("/long"))).status, 100);
    await server.clock.advance(1000);
    assertEquals((await client.request("a")).status, 200);
    assertEquals((await client.request(head("/short"))).status, 100);
    await server.clock.advance(10);
    assertEquals((await client.read()).status, 408);
    assertEquals(paths, ["/long", "/short", "closed"]);
  });
});

Deno.test("HTTP1Connection gives a delegate parts of at most chunkSize, one at a time", () => {
  const sizes: number[] = [];
  let active = 0;
  return withServer({
    startRequest: (_server, connection) => ({
      headersReceived() {},
      async dataReceived(chunk) {
        assertEquals(++active, 1);
        sizes.push(chunk.length);
        await settle();
        active--;
      },
      finish: () => connection.respond(OK, new HTTPHeaders({ "Content-Length": "0" }), new Uint8Array(0)),
      onConnectionClose() {},
    }),
  }, async (server) => {
    const client = await server.connect();
    await client.request(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 50\r\n\r\n${"x".repeat(50)}`);
    assertEquals(sizes, [16, 16, 16, 2]);
    sizes.length = 0;
    await client.request(
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" +
        `14\r\n${"x".repeat(20)}\r\n1e\r\n${"y".repeat(30)}\r\n0\r\n\r\n`,
    );
    assertEquals(sizes.reduce((sum, size) => sum + size), 50);
    assert(sizes.every((size) => size <= 16), String(sizes));
  }, { chunkSize: 16 });
});
