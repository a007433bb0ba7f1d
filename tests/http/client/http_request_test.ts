import { HTTPHeaders, HTTPRequest } from "@denado/denado/http";
import { assert, assertEquals, assertThrows } from "@std/assert";

Deno.test("HTTPRequest has a map of header fields of its own", () => {
  const headers = new HTTPHeaders({ A: "b" });
  const request = new HTTPRequest(new URL("http://a.example"), { headers });
  headers.set("A", "c");
  assertEquals([request.url, request.method, request.headers.get("A")], ["http://a.example/", "GET", "b"]);
});

for (const time of [new Date(1359312200503), 1359312200503]) {
  Deno.test(`HTTPRequest sets If-Modified-Since by ${typeof time}`, () => {
    const request = new HTTPRequest("http://a.example", {
      ifModifiedSince: time,
      headers: { "if-modified-since": "x" },
    });
    assertEquals(request.headers.get("If-Modified-Since"), "Sun, 27 Jan 2013 18:43:20 GMT");
  });
}

Deno.test("HTTPRequest refuses two bodies", () => {
  const options = { body: "x", bodyProducer: () => {} };
  assertThrows(() => new HTTPRequest("http://a.example", options), TypeError, "both body and bodyProducer");
});

Deno.test("HTTPRequest.fromRequest takes over what the platform's request says", async () => {
  const { signal } = new AbortController();
  const web = new Request("http://a.example/x", {
    method: "PROPFIND",
    body: "text",
    headers: { "X-A": "b" },
    redirect: "manual",
    signal,
  });
  const request = HTTPRequest.fromRequest(web, { connectTimeoutMs: 5 });
  assertEquals([request.url, request.method, request.headers.get("X-A")], ["http://a.example/x", "PROPFIND", "b"]);
  assertEquals(request.headers.get("Content-Type"), "text/plain;charset=UTF-8");
  const { followRedirects, allowNonstandardMethods, connectTimeoutMs } = request.options;
  assertEquals([followRedirects, allowNonstandardMethods, connectTimeoutMs], [false, true, 5]);
  assert(request.options.signal instanceof AbortSignal);
  assertEquals(await new Response(request.body as ReadableStream).text(), "text");
});

Deno.test("HTTPRequest.fromRequest follows redirects as the platform does, and has no body where there is none", () => {
  const request = HTTPRequest.fromRequest(new Request("http://a.example/"));
  assertEquals([request.options.followRedirects, request.body], [undefined, undefined]);
});
