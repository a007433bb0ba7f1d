import { Application, RequestHandler } from "@denado/denado";
import {
  type CompressionOptions,
  type ContentCoding,
  contentEncoding,
  GZipContentEncoding,
  negotiateCoding,
} from "@denado/denado/web";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { decode, encodeText, latin1Bytes, repeatedText } from "../helpers/content_codings.ts";
import { expectNoLog } from "../helpers/expect_log.ts";
import { header, type RawResponse } from "../helpers/http_client.ts";
import { withServer } from "../helpers/http_server.ts";
import { Random } from "../helpers/random.ts";
import { request, respond, serve } from "../helpers/web_app.ts";

const COMPRESS = { compressResponse: true };
const TEXT = repeatedText(5000);

class Page extends RequestHandler {
  override get(): void {
    this.write(TEXT);
  }
  override post(): void {
    this.get();
  }
}

function decoded(response: RawResponse): string {
  const coding = header(response, "Content-Encoding")!;
  return new TextDecoder().decode(decode(coding, latin1Bytes(response.body)));
}

// --- negotiation ---

const ALL: ContentCoding[] = ["zstd", "br", "gzip"];
const NEGOTIATIONS: [accept: string, offered: ContentCoding[], coding: ContentCoding | undefined][] = [
  ["", ALL, undefined],
  ["gzip", ALL, "gzip"],
  ["GZIP", ALL, "gzip"],
  ["x-gzip", ALL, "gzip"],
  ["gzip, deflate, br, zstd", ALL, "zstd"],
  ["gzip, deflate, br, zstd", ["gzip", "br"], "gzip"],
  ["br;q=0.9, gzip;q=1.0", ALL, "gzip"],
  ["gzip;q=0", ALL, undefined],
  ["gzip;q=0, *", ["gzip"], undefined],
  ["*", ALL, "zstd"],
  ["zstd;q=0, *;q=0.5", ALL, "br"],
  ["*;q=0", ALL, undefined],
  ["identity", ALL, undefined],
  ["identity, gzip;q=0.5", ALL, undefined],
  ["identity;q=0.5, gzip", ALL, "gzip"],
  ["identity;q=0, gzip;q=0.1", ALL, "gzip"],
  ["gzip;q=x", ALL, undefined],
  ["nogzip, gzipped", ALL, undefined],
];

for (const [accept, offered, coding] of NEGOTIATIONS) {
  Deno.test(`negotiateCoding chooses ${coding} of ${offered} for ${JSON.stringify(accept)}`, () => {
    assertEquals(negotiateCoding(accept, offered), coding);
  });
}

// --- what is compressed ---

for (const coding of ALL) {
  Deno.test(`ContentEncoding answers in ${coding}, with the length of that`, () =>
    expectNoLog(async () => {
      const response = await respond(Page, "GET /", `Accept-Encoding: ${coding}\r\n`, COMPRESS);
      assertEquals([response.status, header(response, "Content-Encoding")], [200, coding]);
      assertEquals([decoded(response), response.framing], [TEXT, "length"]);
      assert(response.body.length < TEXT.length / 4);
      assertEquals(header(response, "Vary"), "Accept-Encoding");
      assertEquals(header(response, "Content-Type"), "text/html; charset=UTF-8");
      const head = await respond(Page, "HEAD /", `Accept-Encoding: ${coding}\r\n`, COMPRESS);
      for (const name of ["Content-Length", "Content-Encoding", "Etag", "Vary"]) {
        assertEquals(header(head, name), header(response, name), name);
      }
    }));
}

Deno.test("ContentEncoding compresses large bodies elsewhere, and keeps the order of the connection", () =>
  expectNoLog(() => {
    const large = repeatedText(400_000);
    return serve(
      class extends RequestHandler {
        override get(): void {
          this.write(large);
        }
      },
      async (server) => {
        const client = await server.connect();
        const line = request("GET /", "Accept-Encoding: gzip\r\n");
        await client.send(line + request("GET /again") + line);
        assertEquals(decoded(await client.read()), large);
        assertEquals((await client.read()).body, "Hello");
        assertEquals(decoded(await client.read()), large);
      },
      COMPRESS,
    );
  }));

interface PlainCase {
  readonly name: string;
  readonly handler: (handler: RequestHandler) => void;
  readonly fields?: string;
  readonly compressResponse?: boolean | CompressionOptions;
  readonly vary?: string;
}

const PLAIN: PlainCase[] = [
  { name: "the client accepts none", handler: (h) => h.write(TEXT), fields: "" },
  { name: "the client refuses it", handler: (h) => h.write(TEXT), fields: "Accept-Encoding: gzip;q=0\r\n" },
  { name: "the body is short", handler: (h) => h.write(repeatedText(1023)) },
  { name: "the type is not text", handler: (h) => (h.setHeader("Content-Type", "image/png"), h.write(TEXT)) },
  { name: "there is no type", handler: (h) => (h.clearHeader("Content-Type"), h.write(TEXT)) },
  { name: "it is encoded", handler: (h) => (h.setHeader("Content-Encoding", "br"), h.write(TEXT)) },
  {
    name: "it is a part",
    handler: (h) => {
      h.setStatus(206);
      h.setHeader("Content-Range", "bytes 0-4999/9999");
      h.write(TEXT);
    },
  },
  { name: "it may not", handler: (h) => (h.setHeader("Cache-Control", "public, No-Transform"), h.write(TEXT)) },
  { name: "the option says so", handler: (h) => h.write(TEXT), compressResponse: { isCompressible: () => false } },
  { name: "minLength is larger", handler: (h) => h.write(TEXT), compressResponse: { minLength: 5001 } },
  {
    name: "only another coding is offered",
    handler: (h) => h.write(TEXT),
    compressResponse: { codings: ["br"] },
  },
  {
    name: "Vary is there",
    handler: (h) => (h.setHeader("Vary", "Accept-Language"), h.write("x")),
    vary: "Accept-Language, Accept-Encoding",
  },
  {
    name: "Vary is there already",
    handler: (h) => (h.setHeader("Vary", "accept-encoding"), h.write("x")),
    vary: "accept-encoding",
  },
  { name: "Vary is *", handler: (h) => (h.setHeader("Vary", "*"), h.write("x")), vary: "*" },
];

for (const { name, handler, fields, compressResponse = true, vary } of PLAIN) {
  Deno.test(`ContentEncoding leaves a response as it is when ${name}`, () =>
    expectNoLog(async () => {
      class Handler extends RequestHandler {
        override get(): void {
          handler(this);
        }
      }
      const lines = fields ?? "Accept-Encoding: gzip\r\n";
      const response = await respond(Handler, "GET /", lines, { compressResponse });
      const plain = await respond(Handler, "GET /", lines);
      assertEquals(response.body, plain.body);
      assertEquals(header(response, "Vary"), vary ?? "Accept-Encoding");
      for (const field of ["Content-Encoding", "Etag", "Content-Length", "Content-Type"]) {
        assertEquals(header(response, field), header(plain, field), field);
      }
    }));
}

for (const size of [0, 5, 1023, 1024]) {
  Deno.test(`ContentEncoding sends the same headers of ${size} bytes by the short way and by the long one`, () =>
    expectNoLog(async () => {
      class Long extends RequestHandler {
        override get(way: string): void {
          if (way === "long") this.addHeader("Server", "X");
          this.setHeader("Content-Type", "text/plain");
          this.write(repeatedText(size));
        }
        override post(way: string): void {
          this.get(way);
        }
      }
      for (const method of ["GET", "HEAD", "POST"]) {
        for (const accepted of ["gzip", "identity"]) {
          const [short, long] = await Promise.all(
            ["short", "long"].map((way) =>
              respond(Long, `${method} /${way}`, `Accept-Encoding: ${accepted}\r\n`, COMPRESS)
            ),
          );
          for (const name of ["content-encoding", "content-length", "content-type", "etag", "vary"]) {
            assertEquals(short!.headers.get(name), long!.headers.get(name), name);
          }
          assertEquals([short!.body, header(short!, "Vary")], [long!.body, "Accept-Encoding"]);
          assertEquals(header(short!, "Content-Encoding"), size === 1024 && accepted === "gzip" ? "gzip" : undefined);
        }
      }
    }));
}

const COMPRESSED_TYPES = [
  "text/plain",
  "text/css; charset=utf-8",
  "application/json",
  "application/ld+json",
  "image/svg+xml",
  "Application/JavaScript",
  "font/ttf",
];

for (const type of COMPRESSED_TYPES) {
  Deno.test(`ContentEncoding compresses ${type}`, async () => {
    const response = await respond(
      class extends Page {
        override setDefaultHeaders(): void {
          this.setHeader("Content-Type", type);
        }
      },
      "GET /",
      "Accept-Encoding: gzip\r\n",
      COMPRESS,
    );
    assertEquals(decoded(response), TEXT);
  });
}

Deno.test("ContentEncoding compresses answers to POST and long error pages, too", async () => {
  class Failing extends Page {
    override put(): void {
      this.sendError(418);
    }
    override writeError(): void {
      this.write(TEXT);
    }
  }
  for (const line of ["POST /", "PUT /"]) {
    assertEquals(decoded(await respond(Failing, line, "Accept-Encoding: gzip\r\n", COMPRESS)), TEXT);
  }
});

for (const code of [204, 304]) {
  Deno.test(`ContentEncoding adds nothing but Vary to ${code}`, async () => {
    const response = await respond(
      class extends RequestHandler {
        override get(): void {
          this.setStatus(code);
        }
      },
      "GET /",
      "Accept-Encoding: gzip\r\n",
      COMPRESS,
    );
    assertEquals([...response.headers.keys()].sort(), ["date", "server", "vary"]);
  });
}

// --- entity tags ---

Deno.test("ContentEncoding gives a compressed response its own entity tag, by which it is found again", () =>
  expectNoLog(async () => {
    const get = (fields: string) => respond(Page, "GET /", fields, COMPRESS);
    const plain = header(await get(""), "Etag")!;
    const gzip = header(await get("Accept-Encoding: gzip\r\n"), "Etag")!;
    const br = header(await get("Accept-Encoding: br\r\n"), "Etag")!;
    assertEquals([gzip, br], [plain.replace(/"$/, '-gzip"'), plain.replace(/"$/, '-br"')]);

    const conditional = async (tags: string, coding: string) => {
      const response = await get(`If-None-Match: ${tags}\r\nAccept-Encoding: ${coding}\r\n`);
      assertEquals(header(response, "Vary"), "Accept-Encoding");
      return [response.status, header(response, "Etag")];
    };
    assertEquals(await conditional(gzip, "gzip"), [304, gzip]);
    assertEquals(await conditional(`W/${gzip}`, "gzip"), [304, gzip]);
    assertEquals(await conditional("*", "gzip"), [304, gzip]);
    assertEquals(await conditional(plain, "gzip"), [304, plain]); // what the client has is as good
    assertEquals(await conditional(`${plain}, ${gzip}`, "gzip"), [304, gzip]);
    assertEquals(await conditional(gzip, "br"), [200, br]);
    assertEquals(await conditional(gzip, "identity"), [200, plain]);
    assertEquals(await conditional(plain, "identity"), [304, plain]);
  }));

Deno.test("ContentEncoding leaves weak entity tags as they are", async () => {
  class Weak extends Page {
    override computeEtag(): string {
      return 'W/"1"';
    }
  }
  const response = await respond(Weak, "GET /", "Accept-Encoding: gzip\r\n", COMPRESS);
  assertEquals([header(response, "Etag"), decoded(response)], ['W/"1"', TEXT]);
  const fields = 'Accept-Encoding: gzip\r\nIf-None-Match: "1"\r\n';
  assertEquals((await respond(Weak, "GET /", fields, COMPRESS)).status, 304);
});

Deno.test("ContentEncoding names what the client has in a 304 that the handler sets itself, and sends no false length", () =>
  expectNoLog(async () => {
    class Own extends RequestHandler {
      override get(): void {
        this.setHeader("Etag", '"own"');
        if (this.checkEtagHeader()) return this.setStatus(304);
        this.setHeader("Content-Length", TEXT.length);
        if (this.request.method !== "HEAD") this.write(TEXT);
      }
    }
    const respondTo = (line: string, fields: string) =>
      respond(Own, line, `Accept-Encoding: gzip\r\n${fields}`, COMPRESS);
    assertEquals(decoded(await respondTo("GET /", "")), TEXT);
    const head = await respondTo("HEAD /", "");
    assertEquals([header(head, "Etag"), header(head, "Content-Length")], ['"own-gzip"', undefined]);
    const again = await respondTo("GET /", 'If-None-Match: "own-gzip"\r\n');
    assertEquals([again.status, header(again, "Etag")], [304, '"own-gzip"']);
  }));

// --- streams ---

for (const coding of ALL) {
  Deno.test(`ContentEncoding sends in ${coding} with each flush all that was written, and keeps the order`, () =>
    expectNoLog(async () => {
      const step = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      await serve(
        class extends RequestHandler {
          override async get(): Promise<void> {
            this.setHeader("Content-Length", 9999); // of what is not compressed
            this.setHeader("Etag", '"x"');
            this.write("first");
            await this.flush();
            await step[0]!.promise;
            this.write(" second");
            this.flush(); // nobody waits, and the order must be kept
            this.write(" third");
            this.flush();
            await this.flush();
            await step[1]!.promise;
            this.write(" last");
          }
        },
        async (server) => {
          const client = await server.connect();
          await client.send(request("GET /", `Accept-Encoding: ${coding}\r\n`));
          let raw = "";
          const until = async (text: string) => {
            while (decodeChunks(coding, raw) !== text) raw += await client.readBytes(1);
          };
          await until("first");
          step[0]!.resolve();
          await until("first second third");
          step[1]!.resolve();
          await until("first second third last");
          while (!raw.endsWith("\r\n0\r\n\r\n")) raw += await client.readBytes(1);
          const head = raw.slice(0, raw.indexOf("\r\n\r\n"));
          assert(!head.includes("Content-Length"), head);
          assert(head.includes(`\r\nEtag: "x-${coding}"`), head);
          assertEquals((await client.request(request("GET /again"))).body, "Hello");
        },
        COMPRESS,
      );
    }));
}

Deno.test("ContentEncoding streams no body for HEAD, and says what GET would say", () =>
  expectNoLog(async () => {
    class Stream extends RequestHandler {
      override async get(): Promise<void> {
        this.write("x");
        await this.flush();
        this.write("y");
      }
    }
    const response = await respond(Stream, "HEAD /", "Accept-Encoding: gzip\r\n", COMPRESS);
    assertEquals([header(response, "Content-Encoding"), response.framing], ["gzip", "none"]);
  }));

Deno.test("ContentEncoding stops with a client that leaves", () =>
  expectNoLog(() => {
    const finished = Promise.withResolvers<void>();
    return serve(
      class extends RequestHandler {
        override async get(): Promise<void> {
          const noise = new Uint8Array(100_000);
          for (;;) {
            crypto.getRandomValues(noise.subarray(0, 65536));
            this.write(noise);
            await this.flush();
          }
        }
        override onFinish(): void {
          finished.resolve();
        }
      },
      async (server) => {
        const client = await server.connect();
        await client.send(request("GET /", "Accept-Encoding: gzip\r\n"));
        await client.readBytes(1);
        client.close();
        await finished.promise;
        await server.connectionsEnded();
      },
      COMPRESS,
    );
  }));

type Step = { readonly write?: string | Uint8Array; readonly flush?: "wait" | "go on" };

/** A response in random steps: small and large pieces of text and bytes, flushed or not, waited for or not. */
function randomSteps(random: Random): Step[] {
  return Array.from({ length: random.below(8) }, () => {
    const size = random.below(4) === 0 ? random.below(150_000) : random.below(300);
    const text = repeatedText(size) + random.below(1000);
    const write = random.below(2) === 0 ? text : encodeText(text);
    const flush = (["wait", "go on", undefined] as const)[random.below(3)];
    return { ...(random.below(5) > 0 && { write }), ...(flush && { flush }) };
  });
}

for (const accepted of ["identity", ...ALL]) {
  Deno.test(`ContentEncoding gives back in ${accepted} what was written, in whatever steps`, () =>
    expectNoLog(() => {
      const random = new Random(accepted.length);
      const programs = Array.from({ length: 40 }, () => randomSteps(random));
      return serve(
        class extends RequestHandler {
          override async get(at: string): Promise<void> {
            for (const { write, flush } of programs[Number(at)]!) {
              if (write !== undefined) this.write(write);
              if (flush === "wait") await this.flush();
              else if (flush === "go on") this.flush();
            }
            if (Number(at) % 2 === 0) await this.finish("end");
          }
        },
        async (server) => {
          const client = await server.connect();
          for (const at of programs.keys()) {
            await client.send(request(`GET /${at}`, `Accept-Encoding: ${accepted}\r\n`));
          }
          for (const [at, steps] of programs.entries()) {
            const response = await client.read();
            const coding = header(response, "Content-Encoding");
            const body = coding === undefined ? latin1Bytes(response.body) : decode(coding, latin1Bytes(response.body));
            const text = steps.map(({ write = "" }) =>
              typeof write === "string" ? write : new TextDecoder().decode(write)
            );
            const expected = text.join("") + (at % 2 === 0 ? "end" : "");
            assert(new TextDecoder().decode(body) === expected, `${at}: ${Deno.inspect(steps)}`);
            if (accepted === "identity") assertEquals(coding, undefined);
          }
        },
        COMPRESS,
      );
    }));
}

// --- settings ---

Deno.test("GZipContentEncoding offers gzip alone, with Tornado's figures", async () => {
  assertEquals([GZipContentEncoding.GZIP_LEVEL, GZipContentEncoding.MIN_LENGTH], [6, 1024]);
  const app = new Application([["/", Page]], { logFunction: () => {} });
  app.addTransform(GZipContentEncoding);
  await withServer(app, async (server) => {
    const client = await server.connect();
    const response = await client.request(request("GET /", "Accept-Encoding: br, zstd, gzip;q=0.5\r\n"));
    assertEquals([header(response, "Content-Encoding"), decoded(response)], ["gzip", TEXT]);
  });
});

Deno.test("contentEncoding refuses codings that do not exist, and lengths that are none", () => {
  assertThrows(() => contentEncoding({ codings: ["deflate" as ContentCoding] }), RangeError, '"deflate"');
  assertThrows(() => contentEncoding({ minLength: -1 }), RangeError, "-1");
  assertThrows(() => contentEncoding({ minLength: NaN }), RangeError, "NaN");
  assertThrows(() => new Application([], { compressResponse: { minLength: -1 } }), RangeError);
});

/** What a client makes of a chunked response as far as it has come. */
function decodeChunks(coding: ContentCoding, raw: string): string | undefined {
  const start = raw.indexOf("\r\n\r\n");
  if (start < 0) return undefined;
  let body = "";
  for (let at = start + 4;;) {
    const end = raw.indexOf("\r\n", at);
    if (end < 0) break;
    const size = parseInt(raw.slice(at, end), 16);
    body += raw.slice(end + 2, end + 2 + size);
    at = end + 2 + size + 2;
    if (size === 0 || at >= raw.length) break;
  }
  return new TextDecoder().decode(decode(coding, latin1Bytes(body), { unfinished: true }));
}
