import {
  type FetchOptions,
  HTTPHeaders,
  HTTPRequest,
  HTTPStreamClosedError,
  HTTPTimeoutError,
} from "@denado/denado/http";
import { Resolver } from "@denado/denado/tcp";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { answering, response, withClient } from "../../helpers/client_scene.ts";
import { settle } from "../../helpers/manual_clock.ts";
import { CountingAbortController } from "../../helpers/manual_loop.ts";
import { type Script, ScriptedServer } from "../../helpers/scripted_server.ts";

/** Resolves when the condition holds, which an event of the system brings about. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 0));
}

/** Answers by the path of the request. */
function routing(answers: Readonly<Record<string, string>>): Script {
  return async (peer) => {
    for (;;) {
      const { head } = await peer.readRequest();
      const path = head.split(" ")[1]!;
      await peer.send(answers[path] ?? response("", { code: 404 }));
    }
  };
}

function redirect(location: string, code = 302): string {
  return response("ignored", { code, headers: `Location: ${location}\r\n` });
}

/** The lines of a head, without those that every request has. */
function linesOf(head: string): string[] {
  return head.trimEnd().split("\r\n").filter((line) => !/^(?:Host|User-Agent|Accept-Encoding):/.test(line));
}

// --- the response ---

Deno.test("FetchTask resolves to the response, and says how long what took", () =>
  withClient(answering(response("Hello", { headers: "A: b\r\n" })), async ({ client, url }) => {
    const request = new HTTPRequest(`${url}/path`, { headers: { A: "b" } });
    const got = await client.fetch(request);
    assertEquals([got.code, got.reason, got.text(), got.headers.get("a")], [200, "Reason", "Hello", "b"]);
    assertEquals([got.effectiveUrl, got.error], [`${url}/path`, undefined]);
    assert(got.request === request);
    assertEquals(got.timeInfo.reused, false);
    assertEquals((await client.fetch(got.request)).timeInfo.reused, true);
    assertEquals([...request.headers.getAll()], [["A", "b"]]);
    assert(Math.abs(got.startTimeMs - Date.now()) < 60_000);
  }));

// --- redirects ---

Deno.test("FetchTask follows redirects, relative ones too, and keeps to one connection where it can", () =>
  withClient(
    routing({
      "/a": redirect("b", 301),
      "/b": redirect("/c?x=y", 302),
      "/c?x=y": redirect("?z", 303),
      "/c?z": response("end"),
    }),
    async ({ client, url, server }) => {
      const got = await client.fetch(`${url}/a#fragment`);
      assertEquals([got.code, got.text(), got.effectiveUrl], [200, "end", `${url}/c?z`]);
      assertEquals([server.connections, got.request.url], [1, `${url}/a#fragment`]);
    },
  ));

Deno.test("FetchTask returns the response with 3xx when its location is none", () =>
  withClient(
    routing({ "/a": redirect("http://"), "/b": redirect("ftp://a.example/"), "/c": response("", { code: 302 }) }),
    async ({ client, url }) => {
      for (const path of ["/a", "/b", "/c"]) {
        const got = await client.fetch(url + path, { raiseError: false });
        assertEquals([got.code, got.effectiveUrl], [302, url + path]);
      }
    },
  ));

Deno.test("FetchTask returns the response with 3xx when it may not follow", () =>
  withClient(routing({ "/a": redirect("/b"), "/b": redirect("/c"), "/c": redirect("/d") }), async ({ client, url }) => {
    const cases: readonly [FetchOptions, string][] = [
      [{ followRedirects: false }, "/a"],
      [{ maxRedirects: 0 }, "/a"],
      [{ maxRedirects: 1 }, "/b"],
      [{ maxRedirects: 2 }, "/c"],
    ];
    for (const [options, path] of cases) {
      const got = await client.fetch(`${url}/a`, { ...options, raiseError: false });
      assertEquals([got.code, got.effectiveUrl], [302, `${url}${path}`]);
      assertEquals(got.text(), "ignored");
    }
    assertEquals(client.idleConnections, 1);
  }));

Deno.test("FetchTask does not follow a circle for ever", () =>
  withClient(routing({ "/": redirect("/") }), async ({ client, url, server }) => {
    const got = await client.fetch(url, { raiseError: false });
    assertEquals([got.code, server.heads.length], [302, 6]);
  }));

Deno.test("FetchTask needs no second slot for a redirect", () =>
  withClient(routing({ "/a": redirect("/b"), "/b": response("there") }), async ({ client, url }) => {
    const all = await Promise.all([1, 2, 3].map(() => client.fetch(`${url}/a`)));
    assertEquals(all.map((got) => got.text()), ["there", "there", "there"]);
  }, { maxClients: 1 }));

Deno.test("FetchTask sends the body again after 307 and 308, and makes a GET of a POST otherwise", () =>
  withClient(
    routing({
      "/301": redirect("/end", 301),
      "/303": redirect("/end", 303),
      "/307": redirect("/end", 307),
      "/end": response(""),
    }),
    async ({ client, url, server }) => {
      for (const code of [301, 303, 307]) {
        await client.fetch(`${url}/${code}`, {
          method: "POST",
          body: "b",
          userAgent: "u",
        });
      }
      const ends = server.heads.filter((head) => head.includes(" /end ")).map(linesOf);
      assertEquals(ends.slice(0, 2), [["GET /end HTTP/1.1"], ["GET /end HTTP/1.1"]]);
      assertEquals(ends[2], [
        "POST /end HTTP/1.1",
        "Content-Length: 1",
        "Content-Type: application/x-www-form-urlencoded",
      ]);
    },
  ));

Deno.test("FetchTask calls a producer again for a redirect, but cannot send a stream twice", () =>
  withClient(async (peer) => {
    await peer.readUntil("0\r\n\r\n");
    await peer.send(redirect("/end", 307));
    await peer.readUntil("0\r\n\r\n");
    await peer.send(response("end"));
  }, async ({ client, url }) => {
    const bodyProducer = (write: (chunk: string) => unknown) => void write("x");
    assertEquals((await client.fetch(url, { method: "POST", bodyProducer })).text(), "end");
    const body = ReadableStream.from([new Uint8Array(3)]) as ReadableStream<Uint8Array>;
    const got = await client.fetch(url, { method: "POST", body, raiseError: false });
    assertEquals(got.code, 307);
  }));

Deno.test("FetchTask leaves credentials behind when a redirect leads to another origin, and does not take them up again", async () => {
  const SECRETS = ["Authorization", "Cookie"];
  const hasSecrets = (head: string) => SECRETS.some((name) => head.includes(`\r\n${name}:`));
  let back = "";
  await using other = new ScriptedServer(async (peer) => {
    await peer.readHead();
    await peer.send(redirect(back));
    await peer.ended();
  });
  await withClient(async (peer) => {
    for (;;) {
      const head = await peer.readHead();
      const path = head.split(" ")[1];
      await peer.send(
        path === "/same" ? redirect("/other") : path === "/other" ? redirect(`${other.url}/x`) : response("end"),
      );
    }
  }, async ({ client, url, server }) => {
    back = `${url.replace("//", "//user:secret@")}/back`;
    const headers = { Cookie: "a=b", "X-Kept": "yes" };
    const got = await client.fetch(`${url}/same`, { headers, authUsername: "u", authPassword: "p" });
    assertEquals(got.effectiveUrl, `${url}/back`);
    const [same, toOther, returned] = server.heads;
    assertEquals([same!, toOther!, other.heads[0]!, returned!].map(hasSecrets), [true, true, false, false]);
    assert([other.heads[0]!, returned!].every((head) => head.includes("X-Kept: yes")));
  });
});

Deno.test("FetchTask reads a short body of a redirect, and closes the connection for a long one", () =>
  withClient(async (peer) => {
    const head = await peer.readHead();
    if (head.startsWith("GET /end")) return await peer.send(response("end"));
    const isLong = head.startsWith("GET /long");
    await peer.send(
      `HTTP/1.1 302 Found\r\nLocation: /end\r\n${
        isLong ? "Content-Length: 1000000" : "Transfer-Encoding: chunked"
      }\r\n\r\n`,
    );
    for (let i = 0; i < 1000; i++) await peer.send(isLong ? "x".repeat(1000) : `3e8\r\n${"x".repeat(1000)}\r\n`);
    await peer.ended();
  }, async ({ client, url, server }) => {
    assertEquals((await client.fetch(`${url}/long`)).text(), "end");
    assertEquals((await client.fetch(`${url}/chunked`)).text(), "end");
    assertEquals(server.connections, 4);
  }));

// --- the queue ---

Deno.test("FetchTask waits for a slot, first come, first served", () => {
  const seen: string[] = [];
  const go = Promise.withResolvers<void>();
  return withClient(async (peer) => {
    for (;;) {
      const head = await peer.readHead();
      seen.push(head.split(" ")[1]!);
      await go.promise;
      await peer.send(response(""));
    }
  }, async ({ client, url }) => {
    const all = ["/1", "/2", "/3", "/4"].map((path) => client.fetch(url + path));
    assertEquals([client.activeRequests, client.queuedRequests], [2, 2]);
    await until(() => seen.length === 2);
    go.resolve();
    const responses = await Promise.all(all);
    assertEquals(seen.slice(2), ["/3", "/4"]);
    assertEquals(responses.map((got) => got.request.url), ["/1", "/2", "/3", "/4"].map((path) => url + path));
  }, { maxClients: 2 });
});

const QUEUE_LIMITS: readonly [FetchOptions, ms: number | undefined][] = [
  [{ connectTimeoutMs: 1000, requestTimeoutMs: 2000 }, 1000],
  [{ connectTimeoutMs: 2000, requestTimeoutMs: 1000 }, 1000],
  [{ connectTimeoutMs: 0, requestTimeoutMs: 1000 }, 1000],
  [{ connectTimeoutMs: 1000, requestTimeoutMs: 0 }, 1000],
  [{ connectTimeoutMs: 0, requestTimeoutMs: 0 }, undefined],
];

for (const [options, ms] of QUEUE_LIMITS) {
  Deno.test(`FetchTask waits in the queue with ${JSON.stringify(options)} for ${ms ?? "ever"}`, () => {
    const go = Promise.withResolvers<void>();
    return withClient(async (peer) => {
      for (;;) {
        await peer.readHead();
        await go.promise;
        await peer.send(response(""));
      }
    }, async ({ client, url, clock }) => {
      const first = client.fetch(url, { requestTimeoutMs: 0, connectTimeoutMs: 0 });
      const second = client.fetch(url, options);
      const outcome = second.then(() => "response", (error) => `${error.name}: ${error.message}`);
      await clock.advance(999);
      assertEquals(client.queuedRequests, 1);
      await clock.advance(ms === undefined ? 1e9 : 1);
      assertEquals(client.queuedRequests, ms === undefined ? 1 : 0);
      go.resolve();
      await first;
      assertEquals(await outcome, ms === undefined ? "response" : "HTTPTimeoutError: Timeout in request queue");
    }, { maxClients: 1 });
  });
}

Deno.test("FetchTask begins its time limit when it leaves the queue", () => {
  const go = Promise.withResolvers<void>();
  return withClient(async (peer) => {
    for (;;) {
      await peer.readHead();
      await go.promise;
      await peer.send(response(""));
    }
  }, async ({ client, url, clock }) => {
    const first = client.fetch(url, { requestTimeoutMs: 0 });
    const second = client.fetch(url, { requestTimeoutMs: 1000 });
    await clock.advance(900);
    go.resolve();
    await first;
    clock.jump(clock.now() + 900);
    const got = await second;
    assert(got.timeInfo.queueMs >= 900);
    assert(got.requestTimeMs < 1000);
  }, { maxClients: 1 });
});

// --- time limits and aborts ---

/** Answers after a moment that the test chooses. */
class SlowResolver extends Resolver {
  override resolve(): Promise<never> {
    return new Promise(() => {});
  }
}

for (
  const options of [{ connectTimeoutMs: 1000 }, { requestTimeoutMs: 1000 }, {
    connectTimeoutMs: 0,
    requestTimeoutMs: 1000,
  }]
) {
  Deno.test(`FetchTask gives up connecting with ${JSON.stringify(options)}`, () =>
    withClient(() => {}, async ({ client, clock }) => {
      const failed = assertRejects(
        () => client.fetch("http://a.example/", options),
        HTTPTimeoutError,
        "Timeout while connecting",
      );
      await clock.advance(1000);
      await failed;
    }, { resolver: new SlowResolver() }));
}

Deno.test("FetchTask gives up a response, and the time limit covers redirects", () => {
  const waiting = Promise.withResolvers<void>();
  return withClient(async (peer) => {
    await peer.readHead();
    await peer.send(redirect("/b"));
    await peer.readHead();
    waiting.resolve();
    await peer.ended();
  }, async ({ client, url, clock }) => {
    const failed = assertRejects(
      () => client.fetch(url, { requestTimeoutMs: 1000 }),
      HTTPTimeoutError,
      "Timeout during request",
    );
    await waiting.promise;
    await clock.advance(1000);
    await failed;
    assertEquals(client.idleConnections, 0);
  });
});

Deno.test("FetchTask gives up although a callback has not returned", () =>
  withClient(answering(response("body")), async ({ client, url, clock }) => {
    const called = Promise.withResolvers<void>();
    const streamingCallback = () => {
      called.resolve();
      return new Promise<void>(() => {});
    };
    const failed = assertRejects(() => client.fetch(url, { streamingCallback }), HTTPTimeoutError);
    await called.promise;
    await clock.advance(20_000);
    await failed;
  }));

Deno.test("FetchTask waits without limit where both are 0", () => {
  const go = Promise.withResolvers<void>();
  return withClient(async (peer) => {
    await peer.readHead();
    await go.promise;
    await peer.send(response("late"));
  }, async ({ client, url, clock }) => {
    const fetching = client.fetch(url, { connectTimeoutMs: 0, requestTimeoutMs: 0 });
    await until(() => client.activeRequests === 1);
    await clock.advance(1e9);
    go.resolve();
    assertEquals((await fetching).text(), "late");
  });
});

Deno.test("FetchTask is aborted before it begins, in the queue, while connecting, and while waiting", () =>
  withClient((peer) => peer.ended(), async ({ client, url, server }) => {
    const reason = new Error("enough");
    await assertRejects(() => client.fetch(url, { signal: AbortSignal.abort(reason) }), Error, "enough");
    assertEquals(server.connections, 0);

    const [waiting, queued] = [new CountingAbortController(), new CountingAbortController()];
    const first = assertRejects(() => client.fetch(url, { signal: waiting.signal }), Error, "enough");
    const second = assertRejects(() => client.fetch(url, { signal: queued.signal }), Error, "enough");
    queued.abort(reason);
    await second;
    await until(() => server.connections === 1);
    waiting.abort(reason);
    await first;
    assertEquals([waiting.listenerCount, queued.listenerCount], [0, 0]);

    const connecting = new AbortController();
    const third = assertRejects(() => client.fetch(url, { signal: connecting.signal }), Error, "enough");
    connecting.abort(reason);
    await third;
  }, { maxClients: 1 }));

Deno.test("FetchTask fails a stream that is aborted or too slow", () =>
  withClient(async (peer) => {
    await peer.readHead();
    await peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\npart");
    await peer.ended();
  }, async ({ client, url, clock }) => {
    const controller = new AbortController();
    const aborted = await client.fetch(url, { streamResponse: true, signal: controller.signal });
    controller.abort(new Error("enough"));
    await assertRejects(() => aborted.toResponse().text(), Error, "enough");
    const slow = await client.fetch(url, { streamResponse: true, requestTimeoutMs: 1000 });
    assertEquals(client.activeRequests, 1);
    await clock.advance(1000);
    assertEquals(client.activeRequests, 0);
    await assertRejects(() => slow.toResponse().text(), HTTPTimeoutError);
  }));

Deno.test("FetchTask logs what fails after it was aborted", () =>
  withClient(answering(response("body")), async ({ client, url }) => {
    const controller = new AbortController();
    const called = Promise.withResolvers<void>();
    const fail = Promise.withResolvers<void>();
    const streamingCallback = () => {
      called.resolve();
      return fail.promise;
    };
    const failed = assertRejects(
      () => client.fetch(url, { streamingCallback, signal: controller.signal }),
      DOMException,
    );
    await called.promise;
    controller.abort();
    await failed;
    fail.reject(new Error("late"));
    await settle();
  }, { logs: [{ level: "error", pattern: "Exception after a fetch was over\nError: late" }] }));

// --- connections that are used again ---

Deno.test("FetchTask uses a connection again, also after HEAD, 204, 304, chunks, a redirect and a bad status", () =>
  withClient(async (peer) => {
    for (;;) {
      const head = await peer.readHead();
      const path = head.split(" ")[1];
      if (path === "/head") await peer.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n");
      else if (path === "/204") await peer.send("HTTP/1.1 204 No Content\r\n\r\n");
      else if (path === "/304") await peer.send("HTTP/1.1 304 Not Modified\r\nContent-Length: 100\r\n\r\n");
      else if (path === "/chunked") {
        await peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n");
      } else if (path === "/302") await peer.send(redirect("/"));
      else if (path === "/103") await peer.send("HTTP/1.1 103 Early Hints\r\n\r\n" + response(""));
      else await peer.send(response("", path === "/500" ? { code: 500 } : {}));
    }
  }, async ({ client, url, server }) => {
    await client.fetch(`${url}/head`, { method: "HEAD" });
    for (const path of ["/204", "/304", "/chunked", "/302", "/103", "/500", "/"]) {
      await client.fetch(url + path, { raiseError: false });
    }
    assertEquals([server.connections, client.idleConnections], [1, 1]);
  }));

const NOT_REUSED: readonly [why: string, answer: string, options?: FetchOptions][] = [
  ["the server says close", response("", { headers: "Connection: close\r\n" })],
  ["the server says close among other things", response("", { headers: "Connection: x, Close\r\n" })],
  ["the server speaks HTTP/1.0", response("").replace("1.1", "1.0")],
  [
    "the server speaks HTTP/1.0 with keep-alive",
    response("", { headers: "Connection: keep-alive\r\n" }).replace("1.1", "1.0"),
  ],
  ["something follows the response", response("") + "HTTP/1.1 200 OK\r\n"],
  ["a line break follows the response", response("") + "\r\n"],
  ["the request says so", response(""), { keepAlive: false }],
  ["the request says so in a field", response(""), { headers: { Connection: "close" } }],
  ["the server will not wait", response("", { headers: "Keep-Alive: timeout=1\r\n" })],
];

for (const [why, answer, options] of NOT_REUSED) {
  Deno.test(`FetchTask does not use a connection again when ${why}`, () =>
    withClient(async (peer) => {
      await peer.readHead();
      await peer.send(answer);
      await peer.ended();
    }, async ({ client, url, server }) => {
      for (let i = 0; i < 2; i++) await client.fetch(url, { ...options });
      assertEquals([server.connections, client.idleConnections], [2, 0]);
      if (options !== undefined) assert(server.heads[0]!.includes("\r\nConnection: close\r\n"));
    }));
}

Deno.test("FetchTask reads a body that runs until the close, and does not use the connection again", () =>
  withClient(async (peer) => {
    await peer.readHead();
    await peer.send("HTTP/1.1 200 OK\r\n\r\nall of it");
  }, async ({ client, url }) => {
    assertEquals((await client.fetch(url)).text(), "all of it");
    assertEquals(client.idleConnections, 0);
  }));

Deno.test("FetchTask does not use a connection again on which something came while it waited", () =>
  withClient(async (peer) => {
    await peer.readHead();
    await peer.send(response("first"));
    await sent.promise;
    await peer.send(response("not asked for", { code: 408 }));
    more.resolve();
    await peer.ended();
  }, async ({ client, url, server }) => {
    await client.fetch(url);
    sent.resolve();
    await more.promise;
    // The bytes have left the server; the client's side of the socket sees them in a moment.
    await new Promise((resolve) => setTimeout(resolve, 10));
    assertEquals((await client.fetch(url)).text(), "first");
    assertEquals(server.connections, 2);
  }));
const sent = Promise.withResolvers<void>();
const more = Promise.withResolvers<void>();

Deno.test("FetchTask forgets a connection that the server closes while it waits", () =>
  withClient(async (peer) => {
    await peer.readHead();
    await peer.send(response("once"));
  }, async ({ client, url, server }) => {
    await client.fetch(url);
    await until(() => client.idleConnections === 0);
    await client.fetch(url);
    assertEquals(server.connections, 2);
  }));

/** Serves one request on each connection; closes the first one when a second request has come. */
const closingOnSecond: Script = async (peer) => {
  await peer.readRequest();
  await peer.send(response("first"));
  await peer.read(1);
  if (peer.index > 0) await peer.send(response("again"));
};

for (const method of ["GET", "PUT"]) {
  Deno.test(`FetchTask sends ${method} again when its connection turns out to be closed`, () =>
    withClient(closingOnSecond, async ({ client, url, server }) => {
      await client.fetch(url);
      const got = await client.fetch(url, method === "PUT" ? { method, body: "x" } : {});
      assertEquals([got.text(), got.timeInfo.reused, server.connections], ["first", false, 2]);
    }));
}

Deno.test("FetchTask does not send again what may have had an effect", () =>
  withClient(closingOnSecond, async ({ client, url, server }) => {
    await client.fetch(url);
    await assertRejects(() => client.fetch(url, { method: "POST", body: "x" }), HTTPStreamClosedError);
    assertEquals(server.connections, 1);
  }));

Deno.test("FetchTask sends a POST again that has a key by which the server knows it", () =>
  withClient(closingOnSecond, async ({ client, url, server }) => {
    await client.fetch(url);
    const got = await client.fetch(url, { method: "POST", body: "x", headers: { "Idempotency-Key": "1" } });
    assertEquals([got.code, server.connections], [200, 2]);
  }));

Deno.test("FetchTask does not send again a body that can be read once", () =>
  withClient(closingOnSecond, async ({ client, url }) => {
    await client.fetch(url);
    const body = ReadableStream.from([new Uint8Array(1)]) as ReadableStream<Uint8Array>;
    await assertRejects(() => client.fetch(url, { method: "PUT", body }), HTTPStreamClosedError);
  }));

Deno.test("FetchTask does not send again when a part of the response has come, or on a new connection", () =>
  withClient(async (peer) => {
    if (peer.index > 0) return void await peer.readHead();
    await peer.readHead();
    await peer.send(response("first"));
    await peer.readHead();
    await peer.send("HTTP/1.1 2");
  }, async ({ client, url, server }) => {
    await client.fetch(url);
    await assertRejects(() => client.fetch(url), HTTPStreamClosedError);
    assertEquals(server.connections, 1);
    await assertRejects(() => client.fetch(url), HTTPStreamClosedError);
    assertEquals(server.connections, 2);
  }));

// --- requests that make no sense ---

const REFUSED: readonly [FetchOptions & { url?: string }, string][] = [
  [{ method: "POST" }, "a request with the method POST must have a body"],
  [{ method: "PATCH" }, "a request with the method PATCH must have a body"],
  [{ method: "GET", body: "" }, "a request with the method GET must not have a body"],
  [{ method: "DELETE", bodyProducer: () => {} }, "the method DELETE must not have a body"],
  [{ method: "OTHER" }, "unknown method OTHER"],
  [{ method: "G T", allowNonstandardMethods: true }, "invalid method"],
  [{ method: "CONNECT", allowNonstandardMethods: true }, "a proxy is asked for a tunnel by proxyHost"],
  [{ authMode: "asdf" as "basic" }, "unsupported authMode asdf"],
  [{ url: "ftp://a.example/" }, "unsupported URL scheme"],
  [{ url: "not a URL" }, "Invalid URL"],
  [{ proxyHost: "a.example" }, "proxyPort is missing"],
  [{ networkInterface: "lo", url: "http://127.0.0.1:1/" }, "networkInterface must be an IP address: lo"],
  [{ body: 5 as unknown as string, method: "POST" }, "neither text, nor bytes"],
  [{ body: "", bodyProducer: () => {}, method: "POST" }, "both body and bodyProducer"],
  [{ userAgent: "a\r\nb" }, "User-Agent"],
  [{ headers: { "A": "b\r\nc: d" } }, "A"],
  [{ headers: { "A\n": "b" } }, "A"],
];

for (const [{ url, ...options }, message] of REFUSED) {
  Deno.test(`FetchTask refuses ${JSON.stringify({ url, ...options })}`, () =>
    withClient(() => {}, async (scene) => {
      await assertRejects(() => scene.client.fetch(url ?? scene.url, options), TypeError, message);
      assertEquals(scene.server.heads, []);
    }));
}

Deno.test("FetchTask makes any request when it is told that it may", () =>
  withClient(answering(response("")), async ({ client, url, server }) => {
    const allowNonstandardMethods = true;
    await client.fetch(url, { method: "OTHER", allowNonstandardMethods });
    await client.fetch(url, { method: "GET", body: "x", allowNonstandardMethods });
    await client.fetch(url, { method: "POST", allowNonstandardMethods });
    assertEquals(server.heads.map(linesOf), [
      ["OTHER / HTTP/1.1"],
      ["GET / HTTP/1.1", "Content-Length: 1"],
      ["POST / HTTP/1.1", "Content-Length: 0"],
    ]);
  }));

Deno.test("FetchTask says what the host says when nobody listens", () =>
  withClient(() => {}, async ({ client }) => {
    await assertRejects(() => client.fetch("http://127.0.0.1:1/"), Deno.errors.ConnectionRefused);
  }));

Deno.test("FetchTask ends when the client is closed, wherever it is", () =>
  withClient(async (peer) => {
    await peer.readHead();
    await peer.ended();
  }, async ({ client, url, server }) => {
    const all = [1, 2, 3].map(() => assertRejects(() => client.fetch(url), HTTPStreamClosedError, "Client closed"));
    await until(() => server.heads.length === 2);
    client.close();
    await Promise.all(all);
    await assertRejects(() => client.fetch(url), Error, "Cannot fetch: the client is closed");
  }, { maxClients: 2 }));

Deno.test("FetchTask sends and reads header fields as Latin-1", () =>
  withClient(answering(response("", { headers: "X-B: \u00e9\r\n" })), async ({ client, url, server }) => {
    const got = await client.fetch(url, { headers: new HTTPHeaders({ "X-A": "\u00e9" }) });
    assertEquals(got.headers.get("X-B"), "\u00e9");
    assert(server.heads[0]!.includes("X-A: \u00e9\r\n"));
  }));

Deno.test("FetchTask joins folded fields of a response", () =>
  withClient(answering(response("", { headers: "X-A: one\r\n two\r\n" })), async ({ client, url }) => {
    assertEquals((await client.fetch(url)).headers.get("X-A"), "one two");
  }));

Deno.test("FetchTask gets all of a body that comes together with the close, by length or in chunks", async () => {
  const answers = [
    "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n01234\r\n5\r\n56789\r\n0\r\n\r\n",
  ];
  for (const answer of answers) {
    await withClient(async (peer) => {
      await peer.readHead();
      await peer.send(answer);
    }, async ({ client, url }) => {
      let text = "";
      const streamingCallback = (chunk: Uint8Array) => void (text += new TextDecoder().decode(chunk));
      await client.fetch(url, { streamingCallback });
      assertEquals(text, "0123456789");
      assertEquals((await client.fetch(url)).text(), "0123456789");
    });
  }
});

Deno.test("FetchTask takes two equal lengths for one", () =>
  withClient(
    answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok"),
    async ({ client, url }) => assertEquals((await client.fetch(url)).text(), "ok"),
  ));

Deno.test("FetchTask connects to an IPv6 address, unless it may not", async () => {
  let listener: Deno.TcpListener;
  try {
    listener = Deno.listen({ hostname: "::1", port: 0 });
  } catch (error) {
    if (error instanceof Deno.errors.AddrNotAvailable) return; // a machine without
    throw error;
  }
  const { port } = listener.addr;
  await withClient(() => {}, async ({ client }) => {
    const url = `http://[::1]:${port}/`;
    const serving = (async () => {
      const conn = await listener.accept();
      const bytes = new Uint8Array(1000);
      const head = new TextDecoder().decode(bytes.subarray(0, await conn.read(bytes) ?? 0));
      await conn.write(new TextEncoder().encode(response("six")));
      conn.close();
      return head;
    })();
    assertEquals((await client.fetch(url)).text(), "six");
    assert((await serving).includes(`Host: [::1]:${port}\r\n`));
    await assertRejects(() => client.fetch(url, { allowIpv6: false }), Error, "Cannot resolve");
  });
  listener.close();
});

Deno.test("FetchTask gives a response larger than the buffer of its connection, up to the limit for bodies", () =>
  withClient(answering(response("x".repeat(100_000))), async ({ client, url }) => {
    assertEquals((await client.fetch(url)).body.length, 100_000);
  }, { maxBufferSize: 10_000, maxBodySize: 100_000 }));
