import { HTTPClientError, HTTPHeaders, HTTPRequest, HTTPResponse, type HTTPResponseInit } from "@denado/denado/http";
import { assertEquals, assertInstanceOf, assertStrictEquals, assertThrows } from "@std/assert";

const TIMES = { queueMs: 0, redirectMs: 0, connectMs: 1, startTransferMs: 2, totalMs: 3, reused: false };
const request = new HTTPRequest("http://a.example/");

function response(init: Partial<HTTPResponseInit> & { text?: string } = {}): HTTPResponse {
  const { text = "", ...rest } = init;
  const body = new TextEncoder().encode(text);
  return new HTTPResponse(request, {
    code: 200,
    reason: "OK",
    body,
    requestTimeMs: 3,
    startTimeMs: 4,
    timeInfo: TIMES,
    ...rest,
  });
}

for (const code of [100, 199, 200, 204, 299, 300, 304, 404, 599]) {
  const isGood = code >= 200 && code < 300;
  Deno.test(`HTTPResponse with ${code} is ${isGood ? "good" : "an error"}`, () => {
    const got = response({ code, reason: "Why" });
    if (isGood) return got.rethrow();
    const error = assertThrows(() => got.rethrow(), HTTPClientError, `HTTP ${code}: Why`);
    assertStrictEquals(error.response, got);
    assertStrictEquals(error, got.error);
  });
}

Deno.test("HTTPResponse is of the request's URL, without fields and body, unless told otherwise", () => {
  const got = new HTTPResponse(request, { code: 200, reason: "", requestTimeMs: 0, startTimeMs: 0, timeInfo: TIMES });
  assertEquals([got.effectiveUrl, got.headers.fieldCount, got.body.length], ["http://a.example/", 0, 0]);
  assertEquals([got.stream, got.trailers], [undefined, undefined]);
});

const TEXTS: readonly [type: string | undefined, bytes: number[], text: string][] = [
  [undefined, [0xc3, 0xa4], "\u00e4"],
  ["text/plain", [0xc3, 0xa4], "\u00e4"],
  ["text/plain; charset=iso-8859-1", [0xe4], "\u00e4"],
  ['text/plain; charset="UTF-16LE"', [0xe4, 0], "\u00e4"],
  ["text/plain; charset", [0xe4], "\ufffd"],
  ["text/plain; charset=nonsense", [0xc3, 0xa4], "\u00e4"],
];

for (const [type, bytes, text] of TEXTS) {
  Deno.test(`HTTPResponse reads text of ${type}`, () => {
    const headers = new HTTPHeaders(type === undefined ? {} : { "Content-Type": type });
    assertEquals(response({ headers, body: new Uint8Array(bytes) }).text(), text);
  });
}

Deno.test("HTTPResponse reads JSON", () => {
  assertEquals(response({ text: '{"a": [1, "\u00e4"]}' }).json(), { a: [1, "\u00e4"] });
  assertThrows(() => response({ text: "{" }).json(), SyntaxError);
});

Deno.test("HTTPResponse becomes the platform's response", async () => {
  const headers = new HTTPHeaders([["Set-Cookie", "a=b"], ["Set-Cookie", "c=d"], ["Content-Length", "3"]]);
  const web = response({ code: 404, reason: "Gone", headers, text: "abc" }).toResponse();
  assertInstanceOf(web, Response);
  assertEquals([web.status, web.statusText, await web.text()], [404, "Gone", "abc"]);
  assertEquals(web.headers.getSetCookie(), ["a=b", "c=d"]);
  assertEquals(web.headers.get("Content-Length"), "3");
});

Deno.test("HTTPResponse becomes the platform's response with its stream, and without the length of what was coded", async () => {
  const stream = ReadableStream.from([new Uint8Array([65])]) as ReadableStream<Uint8Array<ArrayBuffer>>;
  const headers = new HTTPHeaders({ "X-Consumed-Content-Encoding": "gzip", "Content-Length": "30" });
  const web = response({ stream, headers }).toResponse();
  assertEquals([web.headers.get("Content-Length"), await web.text()], [null, "A"]);
});

for (const code of [101, 204, 205, 304]) {
  Deno.test(`HTTPResponse becomes the platform's response with ${code} and no body`, () => {
    assertEquals(response({ code }).toResponse().body, null);
  });
}

Deno.test("HTTPResponse does not become what the platform has no response for", () => {
  assertThrows(() => response({ code: 100 }).toResponse(), RangeError);
});
