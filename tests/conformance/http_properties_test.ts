/**
 * What must hold for every request, response, form and cookie there is, shown on random ones by fast-check.
 *
 * To look further: `deno test -A tests/conformance/http_properties_test.ts -- 100000` runs each that often.
 *
 * @module
 */

import {
  encodeHeaderParameters,
  HTTPHeaders,
  HTTPInputError,
  HTTPServer,
  type HTTPServerRequest,
  MessageWriter,
  parseBodyArguments,
  parseCookie,
  parseHeaderParameters,
  parseQueryArguments,
  parseRequestRange,
  quoteCookie,
  urlConcat,
} from "@denado/denado/http";
import { ByteChannel, IOLoop } from "@denado/denado/ioloop";
import { IOStream } from "@denado/denado/tcp";
import { assert, assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import fc from "npm:fast-check@4.10.2";
import { memoryHosts } from "../helpers/memory_pair.ts";
import { type FedEvent, feedPieces, latin1 } from "../helpers/parser_feed.ts";

const RUNS = { numRuns: Number(Deno.args[0] ?? 100) };

// --- what is generated ---

const TOKEN = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const token = fc.string({ unit: fc.constantFrom(...TOKEN), minLength: 1, maxLength: 20 });
const fieldValue = fc
  .string({
    unit: fc.integer({ min: 0x20, max: 0xff }).filter((code) => code !== 0x7f).map((code) => String.fromCharCode(code)),
  })
  .map((text) => text.replace(/^[ \t]+|[ \t]+$/g, ""));
/** Fields that mean nothing to the connection. */
const fields = fc.array(fc.tuple(token.map((name) => `X-${name}`), fieldValue), { maxLength: 8 });
const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array).toString("latin1"));
const target = fc
  .string({ unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)), maxLength: 40 })
  .map((text) => `/${text}`);
const method = token.filter((name) => name !== "CONNECT");

interface Body {
  readonly framing: "none" | "length" | "chunked";
  readonly chunks: readonly string[];
  readonly trailers: readonly (readonly [string, string])[];
}

const body: fc.Arbitrary<Body> = fc.record({
  framing: fc.constantFrom("none", "length", "chunked"),
  chunks: fc.array(bytes.filter((chunk) => chunk !== ""), { maxLength: 5 }),
  trailers: fields,
});

interface Generated {
  readonly method: string;
  readonly target: string;
  readonly fields: readonly (readonly [string, string])[];
  readonly body: Body;
}

const request: fc.Arbitrary<Generated> = fc.record({ method, target, fields, body });

const lines = (fields: Generated["fields"]) => fields.map(([name, value]) => `${name}: ${value}\r\n`).join("");

function framed({ framing, chunks, trailers }: Body): { field: string; text: string } {
  const text = chunks.join("");
  if (framing === "none") return { field: "", text: "" };
  if (framing === "length") return { field: `Content-Length: ${text.length}\r\n`, text };
  const coded = chunks.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join("");
  return { field: "Transfer-Encoding: chunked\r\n", text: `${coded}0\r\n${lines(trailers)}\r\n` };
}

function write(request: Generated): string {
  const { field, text } = framed(request.body);
  return `${request.method} ${request.target} HTTP/1.1\r\nHost: a\r\n${field}${lines(request.fields)}\r\n${text}`;
}

function sent({ framing, chunks }: Body): string {
  return framing === "none" ? "" : chunks.join("");
}

/** Pieces of a text, and where it was cut. */
const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 10 });

function cutAt(text: string, at: readonly number[]): string[] {
  const places = [...new Set(at.map((part) => Math.floor(part * text.length)))].sort((a, b) => a - b);
  return [...places, text.length].map((end, index) => text.slice(places[index - 1] ?? 0, end)).filter((piece) =>
    piece !== ""
  );
}

// --- messages ---

Deno.test("MessageParser reads every legal request as it was written, however it is cut", () => {
  fc.assert(
    fc.property(fc.array(request, { minLength: 1, maxLength: 4 }), cuts, (requests, at) => {
      const events = feedPieces("request", cutAt(requests.map(write).join(""), at).map(latin1));
      const heads = events.filter((event) => event.type === "head").map(({ head }) => head);
      assertEquals(
        heads.map(({ method, path }) => [method, path]),
        requests.map(({ method, target }) => [method, target]),
      );
      for (const [number, head] of heads.entries()) {
        const own = (head.headers as [string, string][]).filter(([name]) => name.startsWith("X-"));
        assertEquals(own, requests[number]!.fields.map(([name, value]) => [name, value]));
      }
      const bodies = requests.map(({ body }) => sent(body)).filter((text) => text !== "");
      assertEquals(events.filter((event) => event.type === "data").map(({ data }) => data), bodies);
      const trailers = requests.filter(({ body }) => body.framing === "chunked" && body.trailers.length > 0);
      assertEquals(
        events.filter((event) => event.type === "trailers").map(({ fields }) => fields),
        trailers.map(({ body }) => body.trailers.map(([name, value]) => [name, value])),
      );
      assertEquals(events.at(-1), { type: "eof", state: "idle" });
    }),
    RUNS,
  );
});

Deno.test("MessageParser gives nothing but events and HTTPInputError for any bytes, whole or cut", () => {
  // Bytes that mean something are more frequent than others.
  const piece = fc.oneof(
    bytes,
    fc.constantFrom("GET / HTTP/1.1\r\n", "HTTP/1.1 200 OK\r\n", "Host: a\r\n", "\r\n", "\n", "Content-Length: 3\r\n"),
    fc.constantFrom("Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n", "0\r\n\r\n", ":", " ", "a"),
  );
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 12 }),
      cuts,
      fc.constantFrom("request", "response"),
      (pieces, at, role) => {
        const text = pieces.join("");
        assertEquals(feedPieces(role, cutAt(text, at).map(latin1)), feedPieces(role, [latin1(text)]));
      },
    ),
    RUNS,
  );
});

Deno.test("MessageWriter writes responses that MessageParser reads back", () => {
  const code = fc.integer({ min: 200, max: 999 });
  fc.assert(
    fc.property(code, fields, body, fc.constantFrom("GET", "HEAD", "POST"), (code, fields, body, method) => {
      const writer = new MessageWriter();
      const headers = new HTTPHeaders();
      for (const [name, value] of fields) headers.add(name, value);
      const text = sent(body);
      if (body.framing === "length") headers.set("Content-Length", String(text.length));
      let written = writer.startResponse({ code, reason: "Reason" }, headers, { method, minorVersion: 1 });
      const bodyless = method === "HEAD" || code === 204 || code === 304;
      if (!bodyless && body.framing !== "none") {
        for (const chunk of body.chunks) written += writer.frame(chunk.length) + chunk + (writer.chunked ? "\r\n" : "");
      }
      written += writer.finish();
      const events = feedPieces("response", [latin1(written)], { methods: [method] });
      const [head] = events as [FedEvent & { type: "head" }];
      assertEquals(head.head.code, code);
      const own = (head.head.headers as [string, string][]).filter(([name]) => name.startsWith("X-"));
      assertEquals(own, fields.map(([name, value]) => [name, value]));
      const data = events.filter((event) => event.type === "data").map(({ data }) => data).join("");
      assertEquals(data, bodyless ? "" : text);
      assertEquals(events.at(-1), { type: "eof", state: "idle" });
    }),
    RUNS,
  );
});

// --- the whole server ---

Deno.test("HTTPServer hands every legal request to the application, and answers in order", async () => {
  const ioLoop = new IOLoop({ makeCurrent: false });
  let seen: unknown[] = [];
  const server = new HTTPServer(async (request: HTTPServerRequest) => {
    const { connection, method, uri, body, trailers } = request;
    seen.push([method, uri, Buffer.from(body).toString("latin1"), [...trailers?.getAll() ?? []]]);
    if (seen.length % 2 === 0) await Promise.resolve();
    const text = new TextEncoder().encode(String(seen.length));
    connection.respond({ code: 200, reason: "OK" }, new HTTPHeaders({ "Content-Length": "1" }), text);
  }, { ioLoop });
  await fc.assert(
    fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 9 }), cuts, async (requests, at) => {
      seen = [];
      const [near, far] = memoryHosts();
      server.handleStream(new IOStream(new ByteChannel(far), { ioLoop }));
      for (const piece of cutAt(requests.map(write).join(""), at)) await near.write(latin1(piece));
      const answers = requests.map(({ method }, number) =>
        `HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n${method === "HEAD" ? "" : number + 1}`
      ).join("");
      let text = "";
      while (text.length < answers.length) {
        const buffer = new Uint8Array(65536);
        const count = await near.read(buffer);
        assert(count !== null, `ended after ${text}`);
        text += Buffer.from(buffer.buffer, 0, count).toString("latin1");
      }
      near.close();
      assertEquals(text, answers);
      assertEquals(
        seen,
        requests.map(({ method, target, body }) => [
          method,
          target,
          sent(body),
          body.framing === "chunked" ? body.trailers.map(([name, value]) => [name, value]) : [],
        ]),
      );
    }),
    RUNS,
  );
  await server.close();
  ioLoop.close();
});

// --- forms, cookies and the rest ---

const name = fc.string({ unit: "grapheme", maxLength: 10 });

Deno.test("parseQueryArguments reads what URLSearchParams writes", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(name, name), { maxLength: 8 }), (pairs) => {
      const expected: Record<string, string[]> = Object.create(null);
      for (const [name, value] of pairs) (expected[name] ??= []).push(Buffer.from(value).toString("latin1"));
      const query = String(new URLSearchParams(pairs.map(([name, value]) => [name, value])));
      const read = [...parseQueryArguments(query)].filter(([name]) => name !== "");
      assertEquals(read.sort(byName), Object.entries(expected).filter(([name]) => name !== "").sort(byName));
    }),
    RUNS,
  );
});

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

Deno.test("parseBodyArguments reads the parts and files that FormData writes", async () => {
  // A backslash before a quote is an escape for us, as for Tornado; browsers do not escape it.
  const name = fc.string({ unit: "grapheme", maxLength: 10 }).map((text) => text.replaceAll("\\", ""));
  const file = fc.record({
    name,
    filename: name.filter((text) => text !== ""),
    content: fc.uint8Array({ maxLength: 200 }),
  });
  const field = fc.tuple(name, name.map((text) => text.replace(/\r\n?|\n/g, "\r\n")));
  await fc.assert(
    fc.asyncProperty(fc.array(field, { maxLength: 5 }), fc.array(file, { maxLength: 3 }), async (pairs, files) => {
      const form = new FormData();
      for (const [name, value] of pairs) form.append(`f${name}`, value);
      for (const { name, filename, content } of files) form.append(`g${name}`, new File([content], filename));
      const sent = new Response(form);
      const type = sent.headers.get("Content-Type")!;
      const read = parseBodyArguments(type, new Uint8Array(await sent.arrayBuffer()));
      const values = [...read.arguments.values()].flat().sort();
      assertEquals(values, pairs.map(([, value]) => Buffer.from(value).toString("latin1")).sort());
      const contents = [...read.files.values()].flat().map(({ body }) => Buffer.from(body).toString("latin1")).sort();
      assertEquals(contents, files.map(({ content }) => Buffer.from(content).toString("latin1")).sort());
    }),
    RUNS,
  );
});

Deno.test("parseCookie reads the values that quoteCookie writes", () => {
  const value = fc.string({ unit: fc.integer({ min: 0, max: 0xff }).map((code) => String.fromCharCode(code)) });
  fc.assert(
    fc.property(token, value, (name, value) => {
      assertEquals(
        [...parseCookie(`first=1; ${name}=${quoteCookie(value)}; last=2`)].find(([key]) => key === name)?.[1],
        value,
      );
    }),
    RUNS,
  );
});

Deno.test("parseHeaderParameters reads what encodeHeaderParameters writes", () => {
  const parameters = fc.dictionary(
    token.map((name) => name.toLowerCase().replaceAll("*", "")).filter((name) => name !== ""),
    fieldValue,
  );
  fc.assert(
    fc.property(token, parameters, (value, parameters) => {
      const read = parseHeaderParameters(encodeHeaderParameters(value, parameters));
      assertEquals([...read.parameters].sort(byName), Object.entries(parameters).sort(byName));
    }),
    RUNS,
  );
});

Deno.test("HTTPHeaders reads its own text back", () => {
  fc.assert(
    fc.property(fields, (fields) => {
      const headers = new HTTPHeaders();
      for (const [name, value] of fields) headers.add(name, value);
      assertEquals([...HTTPHeaders.parse(String(headers)).getAll()], [...headers.getAll()]);
    }),
    RUNS,
  );
});

/** Parsers of what a client sends; for any text they return, or throw HTTPInputError. */
const PARSERS: Record<string, (text: string) => unknown> = {
  parseQueryArguments,
  parseCookie,
  parseHeaderParameters,
  parseRequestRange: (text) => parseRequestRange(`bytes=${text}`),
  "parseBodyArguments with a form": (text) => parseBodyArguments("application/x-www-form-urlencoded", latin1(text)),
  "parseBodyArguments with parts": (text) =>
    parseBodyArguments("multipart/form-data; boundary=B", latin1(`--B\r\n${text}`)),
  "parseBodyArguments with a type": (text) =>
    parseBodyArguments(`multipart/form-data;${text}`, latin1("--B\r\n\r\n--B--")),
  "HTTPHeaders.parse": (text) => HTTPHeaders.parse(text),
  "urlConcat": (text) => urlConcat(`/${text}`, { a: text }),
};

for (const [name, parse] of Object.entries(PARSERS)) {
  Deno.test(`${name} returns or throws HTTPInputError for any text`, () => {
    const piece = fc.oneof(
      bytes,
      fc.constantFrom(
        "\r\n",
        "--B",
        "--B--",
        "--B\r\n",
        "Content-Disposition: form-data; ",
        'name="a"',
        "filename*=UTF-8''%",
      ),
      fc.constantFrom("boundary=", '"', "\\", ";", "=", "&", "%", "%41", "-", ",", "5-9", "*0=", ": ", "\\012"),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 10 }), (pieces) => {
        try {
          parse(pieces.join(""));
        } catch (error) {
          assert(error instanceof HTTPInputError, `${error}`);
        }
      }),
      RUNS,
    );
  });
}
