import {
  AsyncHTTPClient,
  type AsyncHTTPClientOptions,
  HTTPClientError,
  HTTPHeaders,
  HTTPInputError,
  HTTPRequest,
  HTTPResponse,
  HTTPServer,
  type HTTPServerOptions,
  type RequestCallback,
  type RequestSettings,
  SimpleAsyncHTTPClient,
} from "@denado/denado/http";
import { IOLoop } from "@denado/denado/ioloop";
import { bindUnixSocket } from "@denado/denado/tcp";
import { assert, assertEquals, assertInstanceOf, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { gzipSync } from "node:zlib";
import { answering, response, withClient } from "../../helpers/client_scene.ts";
import { expectNoLog } from "../../helpers/expect_log.ts";
import { certificates } from "../../helpers/tls_certificates.ts";
import { settle } from "../../helpers/manual_clock.ts";
import { NGINX, startNginx } from "../../helpers/nginx.ts";
import { PYTHON, PythonServer } from "../../helpers/python_tornado.ts";

// --- instances ---

/** Remembers what it is asked for, and answers itself. */
class FakeClient extends AsyncHTTPClient {
  readonly fetched: [HTTPRequest, RequestSettings][] = [];
  readonly name: string;
  constructor(options: AsyncHTTPClientOptions & { name?: string } = {}) {
    super(options);
    this.name = options.name ?? "unnamed";
  }
  override fetchImpl(request: HTTPRequest, settings: RequestSettings): Promise<HTTPResponse> {
    this.fetched.push([request, settings]);
    const timeInfo = { queueMs: 0, redirectMs: 0, connectMs: 0, startTransferMs: 0, totalMs: 0, reused: false };
    const code = Number(new URL(request.url).pathname.slice(1) || "200");
    return Promise.resolve(
      new HTTPResponse(request, { code, reason: "Fake", requestTimeMs: 0, startTimeMs: 0, timeInfo }),
    );
  }
}

Deno.test("AsyncHTTPClient is one client for each loop, until it is closed", async () => {
  const client = new AsyncHTTPClient();
  assertInstanceOf(client, SimpleAsyncHTTPClient);
  assertStrictEquals(new AsyncHTTPClient(), client);
  assertStrictEquals(client.ioLoop, IOLoop.current());
  const loop = new IOLoop({ makeCurrent: false });
  const other = await loop.run(() => Promise.resolve(new AsyncHTTPClient()));
  assert(other !== client && other.ioLoop === loop);
  other.close();
  loop.close();
  client.close();
  assert(client.closed);
  const next = new AsyncHTTPClient();
  assert(next !== client);
  client.close();
  assertStrictEquals(new AsyncHTTPClient(), next);
  next.close();
});

Deno.test("AsyncHTTPClient is another one with forceInstance", () => {
  using one = new AsyncHTTPClient({ forceInstance: true });
  using other = new AsyncHTTPClient({ forceInstance: true });
  using direct = new SimpleAsyncHTTPClient();
  using shared = new AsyncHTTPClient();
  assertEquals(new Set([one, other, direct, shared]).size, 4);
});

Deno.test("AsyncHTTPClient takes no options for the client of the loop", () => {
  assertThrows(() => new AsyncHTTPClient({ defaults: {} }), TypeError, "Cannot give options to the client of the loop");
});

Deno.test("AsyncHTTPClient is of the class, and with the options, that are configured", () => {
  using _saved = AsyncHTTPClient.saveConfiguration();
  AsyncHTTPClient.configure(FakeClient, { name: "configured" });
  using client = new AsyncHTTPClient({ forceInstance: true });
  assertInstanceOf(client, FakeClient);
  assertEquals(client.name, "configured");
  assertThrows(() => AsyncHTTPClient.configure(HTTPServer as never), TypeError);
});

Deno.test("SimpleAsyncHTTPClient makes 10 requests at once unless it is configured otherwise", () => {
  using _saved = AsyncHTTPClient.saveConfiguration();
  const waiting = (client: SimpleAsyncHTTPClient): number => {
    for (let i = 0; i < 12; i++) client.fetch("http://127.0.0.1:1/").catch(() => {});
    const { queuedRequests } = client;
    client.close();
    return queuedRequests;
  };
  // The requests begin in a microtask of their own, and none has ended by then.
  assertEquals(waiting(new SimpleAsyncHTTPClient()), 2);
  assertEquals(waiting(new SimpleAsyncHTTPClient({ maxClients: 11 })), 1);
  AsyncHTTPClient.configure(SimpleAsyncHTTPClient, { maxClients: 9 });
  assertEquals(waiting(new AsyncHTTPClient({ forceInstance: true }) as SimpleAsyncHTTPClient), 3);
});

// --- fetch ---

Deno.test("fetch makes a request of a URL or of the platform's request, and takes one that is there", async () => {
  using client = new FakeClient();
  const request = new HTTPRequest("http://a.example/", { userAgent: "r" });
  await client.fetch("http://a.example/", { userAgent: "s" });
  await client.fetch(new URL("http://a.example/"), { userAgent: "u" });
  await client.fetch(request);
  await client.fetch(new Request("http://a.example/", { method: "PUT", body: "x" }), { userAgent: "w" });
  assertEquals(client.fetched.map(([, settings]) => settings.userAgent), ["s", "u", "r", "w"]);
  assertStrictEquals(client.fetched[2]![0], request);
  assertEquals(client.fetched[3]![0].method, "PUT");
});

Deno.test("fetch takes no options of a request for a request that has its own", async () => {
  using client = new FakeClient();
  const request = new HTTPRequest("http://a.example/404");
  await assertRejects(() => client.fetch(request, { userAgent: "x" }), TypeError, "which it has itself: userAgent");
  assertEquals((await client.fetch(request, { raiseError: false })).code, 404);
});

Deno.test("fetch merges what the client and the request choose, without changing either", async () => {
  using client = new FakeClient({ defaults: { userAgent: "client", maxRedirects: 1 } });
  const headers = new HTTPHeaders({ A: "b" });
  await client.fetch("http://a.example/", { userAgent: "request", headers });
  await client.fetch("http://a.example/");
  assertEquals(client.fetched.map(([, { userAgent, maxRedirects }]) => [userAgent, maxRedirects]), [
    ["request", 1],
    ["client", 1],
  ]);
  assertEquals([...headers.getAll()], [["A", "b"]]);
});

Deno.test("fetch fails for codes outside of 200 to 299, unless it is told not to", async () => {
  using client = new FakeClient();
  for (const code of [200, 204, 299]) assertEquals((await client.fetch(`http://a.example/${code}`)).code, code);
  for (const code of [199, 300, 304, 403, 500]) {
    const error = await assertRejects(() => client.fetch(`http://a.example/${code}`), HTTPClientError);
    assertEquals([error.message, error.code, error.response?.code], [`HTTP ${code}: Fake`, code, code]);
    assertEquals((await client.fetch(`http://a.example/${code}`, { raiseError: false })).error?.code, code);
  }
});

Deno.test("fetch does not make an answer of what failed without one, also without raiseError", () =>
  withClient(() => {}, async ({ client, url }) => {
    await assertRejects(() => client.fetch(url, { raiseError: false }), HTTPClientError, "Connection closed");
  }));

Deno.test("fetch fails on a closed client, and without an implementation", async () => {
  class Unfinished extends AsyncHTTPClient {}
  const client = new Unfinished();
  await assertRejects(() => client.fetch("http://a.example/"), TypeError, "Unfinished: it does not define fetchImpl");
  client.close();
  await assertRejects(() => client.fetch("http://a.example/"), Error, "Cannot fetch: the client is closed");
});

Deno.test("fetch makes the platform's request, and its response becomes one of the platform's", () =>
  withClient(async (peer) => {
    const head = await peer.readHead();
    assert(head.startsWith("DELETE /x HTTP/1.1\r\n"), head);
    await peer.send(response(await peer.readUntil("0\r\n\r\n"), { headers: "A: b\r\n" }));
    await peer.ended();
  }, async ({ client, url }) => {
    const request = new Request(`${url}/x`, { method: "DELETE", body: "text", headers: { C: "d" } });
    const web = (await client.fetch(request)).toResponse();
    assertEquals([web.status, web.headers.get("A"), await web.text()], [200, "b", "4\r\ntext\r\n0\r\n\r\n"]);
  }));

Deno.test("fetch follows no redirect of the platform's request that says so", () =>
  withClient(answering(response("", { code: 302, headers: "Location: /b\r\n" })), async ({ client, url, server }) => {
    const request = new Request(url, { redirect: "manual" });
    assertEquals((await client.fetch(request, { raiseError: false })).code, 302);
    assertEquals(server.heads.length, 1);
  }));

// --- with Denado's own server ---

interface Served {
  readonly client: SimpleAsyncHTTPClient;
  readonly server: HTTPServer;
  readonly url: string;
}

async function withDenado(
  callback: RequestCallback,
  body: (served: Served) => Promise<void>,
  options: HTTPServerOptions = {},
): Promise<void> {
  await expectNoLog(async () => {
    const server = new HTTPServer(callback, options);
    server.listen(0, { address: "127.0.0.1" });
    const client = new SimpleAsyncHTTPClient();
    try {
      await body({ client, server, url: `http://127.0.0.1:${server.port}` });
    } finally {
      client.close();
      server.stop();
      await server.closeAllConnections();
      await settle(); // the loop's last turn may be on its way
    }
  });
}

const respond: RequestCallback = (request) => {
  const text = `${request.method} ${request.uri} ${request.headers.get("Content-Type") ?? "-"} ${
    new TextDecoder().decode(request.body)
  }`;
  const bytes = new TextEncoder().encode(text);
  const headers = new HTTPHeaders({ "Content-Length": `${bytes.length}` });
  request.connection.respond({ code: 200, reason: "OK" }, headers, bytes);
};

Deno.test("SimpleAsyncHTTPClient and HTTPServer: methods and bodies", () =>
  withDenado(respond, async ({ client, server, url }) => {
    const form = "application/x-www-form-urlencoded";
    assertEquals((await client.fetch(`${url}/a?b=c`)).text(), "GET /a?b=c - ");
    assertEquals((await client.fetch(url, { method: "HEAD" })).text(), "");
    assertEquals(
      (await client.fetch(url, { method: "POST", body: "\u00e9=\u20ac" })).text(),
      `POST / ${form} \u00e9=\u20ac`,
    );
    assertEquals((await client.fetch(url, { method: "PUT", body: new Uint8Array([65]) })).text(), "PUT / - A");
    assertEquals((await client.fetch(url, { method: "PATCH", body: "" })).text(), "PATCH / - ");
    for (const method of ["DELETE", "OPTIONS"]) {
      assertEquals((await client.fetch(url, { method })).text(), `${method} / - `);
    }
    async function* lines() {
      yield "one ";
      yield "two";
    }
    assertEquals((await client.fetch(url, { method: "PUT", body: lines() })).text(), "PUT / - one two");
    const waiting = { method: "PUT", body: "waited", expect100Continue: true };
    assertEquals((await client.fetch(url, waiting)).text(), "PUT / - waited");
    assertEquals([server.connectionCount, client.idleConnections], [1, 1]);
  }));

Deno.test("SimpleAsyncHTTPClient and HTTPServer: chunks, gzip, large bodies both ways", () => {
  const large = new Uint8Array(3_000_000).map((_, at) => at * 7);
  return withDenado(async (request) => {
    const { connection } = request;
    if (request.path === "/gzip") {
      const headers = new HTTPHeaders({ "Content-Encoding": "gzip" });
      return connection.respond({ code: 200, reason: "OK" }, headers, gzipSync(large));
    }
    connection.writeHeaders({ code: 200, reason: "OK" }, new HTTPHeaders());
    for (let at = 0; at < request.body.length; at += 100_000) {
      await connection.write(request.body.subarray(at, at + 100_000));
    }
    connection.finish();
  }, async ({ client, url }) => {
    assertEquals((await client.fetch(`${url}/gzip`)).body, large);
    assertEquals((await client.fetch(url, { method: "PUT", body: large })).body, large);
    const streamed = await client.fetch(`${url}/gzip`, { streamResponse: true });
    assertEquals(await new Response(streamed.stream).bytes(), large);
  });
});

Deno.test("SimpleAsyncHTTPClient and HTTPServer: TLS, Unix sockets", async () => {
  const { ca, localhost } = certificates();
  await withDenado(respond, async ({ client, server }) => {
    const url = `https://localhost:${server.port}/secure`;
    const sslOptions = { caCerts: [ca] };
    for (let i = 0; i < 2; i++) assertEquals((await client.fetch(url, { sslOptions })).text(), "GET /secure - ");
    assertEquals(server.connectionCount, 1);
  }, { sslOptions: localhost });
  await withDenado(respond, async ({ client, server }) => {
    const path = `${Deno.makeTempDirSync()}/s`;
    server.addSocket(bindUnixSocket(path));
    assertEquals((await client.fetch("http://localhost/unix", { unixSocket: path })).text(), "GET /unix - ");
  });
});

Deno.test("SimpleAsyncHTTPClient and HTTPServer: a server that ends idle connections", () =>
  withDenado(respond, async ({ client, server, url }) => {
    await client.fetch(url);
    await server.closeAllConnections();
    assertEquals((await client.fetch(url)).code, 200);
  }));

// --- with Tornado's server ---

Deno.test("SimpleAsyncHTTPClient and Tornado's server", PYTHON, async (t) => {
  const file = new URL("../../helpers/tornado_http_server.py", import.meta.url);
  await using tornado = await PythonServer.start<number>(file, null);
  const url = `http://127.0.0.1:${tornado.ready}`;
  using client = new SimpleAsyncHTTPClient();
  const json = async (path: string, options = {}) =>
    (await client.fetch(url + path, options)).json() as Record<string, string>;

  await t.step("echoes methods and bodies", async () => {
    assertEquals((await json("/echo")).agent, "Denado/0.1.0");
    for (const method of ["POST", "PUT", "PATCH"]) {
      assertEquals(await json("/echo", { method, body: "\u00e9" }).then(({ method, body }) => [method, body]), [
        method,
        "\u00e9",
      ]);
    }
    for (const method of ["DELETE", "OPTIONS"]) assertEquals((await json("/echo", { method })).method, method);
  });
  await t.step("sees credentials, and a host without them", async () => {
    const { auth, host } = await json("/echo", { authUsername: "Aladdin", authPassword: "open sesame" });
    assertEquals([auth, host], ["Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", url.slice(7)]);
    const inUrl = await client.fetch(`${url.replace("//", "//me:secret@")}/echo`);
    assertEquals((inUrl.json() as Record<string, string>).auth, "Basic bWU6c2VjcmV0");
    assertEquals((inUrl.json() as Record<string, string>).host, url.slice(7));
  });
  await t.step("redirects", async () => {
    for (const [code, method] of [[301, "GET"], [302, "GET"], [303, "GET"], [307, "POST"], [308, "POST"]] as const) {
      assertEquals((await json(`/redirect/${code}`, { method: "POST", body: "x" })).method, method);
    }
    assertEquals((await json("/redirect/307", { method: "PUT", body: "kept" })).body, "kept");
    const limited = await client.fetch(`${url}/countdown/5`, { maxRedirects: 3, raiseError: false });
    assertEquals([limited.code, limited.effectiveUrl], [302, `${url}/countdown/2`]);
    assert(limited.headers.get("Location")!.endsWith("countdown/1"));
    assertEquals((await client.fetch(`${url}/countdown/5`)).text(), "Zero");
  });
  await t.step("sends chunks in gzip", async () => {
    const got = await client.fetch(`${url}/chunks`);
    assertEquals([got.text(), got.headers.get("X-Consumed-Content-Encoding")], ["x".repeat(5000), "gzip"]);
  });
  await t.step("answers with an error, and without a length", async () => {
    const error = await assertRejects(() => client.fetch(`${url}/missing`), HTTPClientError, "HTTP 403: Forbidden");
    assert(error.response!.text().includes("403"));
    assertEquals((await client.fetch(`${url}/nolength`)).text(), "until the close");
  });
  await t.step("takes an upload piece by piece, after it said to continue", async () => {
    const bodyProducer = async (write: (chunk: Uint8Array) => Promise<void>) => {
      for (let i = 0; i < 20; i++) await write(new Uint8Array(100_000));
    };
    const options = { method: "POST", bodyProducer, expect100Continue: true, expectTimeoutMs: 0 };
    assertEquals((await client.fetch(`${url}/upload`, options)).text(), "2000000");
    let asked = false;
    await assertRejects(
      () =>
        client.fetch(`${url}/upload`, {
          ...options,
          bodyProducer: () => void (asked = true),
          headers: { "X-Refuse": "1" },
        }),
      HTTPClientError,
      "403",
    );
    assertEquals(asked, false);
  });
  await t.step("sees one connection for several requests", async () => {
    const connections = new Set<string>();
    for (let i = 0; i < 5; i++) connections.add((await client.fetch(`${url}/echo`)).headers.get("X-Connection")!);
    assertEquals(connections.size, 1);
  });
});

// --- with nginx ---

Deno.test("SimpleAsyncHTTPClient and nginx", NGINX, async (t) => {
  const text = "nginx serves this ".repeat(1000);
  await using nginx = await startNginx({ "page.txt": text, "bomb.txt": "0".repeat(300_000) }, "keepalive_requests 3;");
  const url = `http://127.0.0.1:${nginx.port}`;
  using client = new SimpleAsyncHTTPClient({ maxBodySize: 200_000 });

  await t.step("serves a file in gzip, and as it is", async () => {
    const got = await client.fetch(`${url}/page.txt`);
    assertEquals([got.text(), got.headers.get("X-Consumed-Content-Encoding")], [text, "gzip"]);
    const plain = await client.fetch(`${url}/page.txt`, { decompressResponse: false });
    assertEquals([plain.text(), plain.headers.get("Content-Length")], [text, `${text.length}`]);
  });
  await t.step("ends a connection after three requests, and the next request has another one", async () => {
    const reused: boolean[] = [];
    for (let i = 0; i < 7; i++) {
      reused.push((await client.fetch(`${url}/page.txt`, { method: "HEAD" })).timeInfo.reused);
    }
    assertEquals(reused, [true, false, true, true, false, true, true]);
  });
  await t.step("says not modified, partial, not found", async () => {
    const { headers } = await client.fetch(`${url}/page.txt`);
    const since = new Date(headers.get("Last-Modified")!);
    const same = await client.fetch(`${url}/page.txt`, { ifModifiedSince: since, raiseError: false });
    assertEquals([same.code, same.body.length], [304, 0]);
    const part = await client.fetch(`${url}/page.txt`, { headers: { Range: "bytes=0-4" } });
    assertEquals([part.code, part.text()], [206, "nginx"]);
    await assertRejects(() => client.fetch(`${url}/missing`), HTTPClientError, "HTTP 404: Not Found");
  });
  await t.step("cannot send more than the limit by compressing it", async () => {
    await assertRejects(() => client.fetch(`${url}/bomb.txt`), HTTPInputError, "too large when decompressed");
  });
});
