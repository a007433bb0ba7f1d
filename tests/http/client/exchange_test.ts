import {
  type FetchOptions,
  HTTPClientError,
  HTTPInputError,
  HTTPStreamClosedError,
  HTTPTimeoutError,
} from "@denado/denado/http";
import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { deflateSync, gzipSync } from "node:zlib";
import { answering, response, withClient } from "../../helpers/client_scene.ts";
import type { Script } from "../../helpers/scripted_server.ts";

// --- servers that misbehave ---

const CRLF = "\r\n";
const HEAD = "HTTP/1.1 200 OK\r\n";

interface Misbehaviour {
  readonly server: string;
  readonly script: Script;
  // deno-lint-ignore no-explicit-any -- each error class has its own constructor
  readonly error: new (...args: any[]) => Error;
  readonly message?: string;
  readonly options?: FetchOptions;
}

/** Sends something and closes. */
function sending(text: string | Uint8Array): Script {
  return async (peer) => {
    await peer.readRequest();
    await peer.send(text);
  };
}

/** Sends something and waits for the client to leave. */
function sendingThenWaiting(...texts: readonly (string | Uint8Array)[]): Script {
  return async (peer) => {
    await peer.readRequest();
    for (const text of texts) await peer.send(text);
    await peer.ended();
  };
}

/** Sends something again and again until the client leaves. */
function flooding(start: string, text: string | Uint8Array): Script {
  return async (peer) => {
    await peer.readRequest();
    await peer.send(start);
    for (;;) await peer.send(text);
  };
}

const GZIP_BOMB = gzipSync(new Uint8Array(200_000));
const LIMITS = { maxBodySize: 100_000, maxHeaderSize: 8192 };

const MISBEHAVIOURS: readonly Misbehaviour[] = [
  {
    server: "closes without an answer",
    script: sending(""),
    error: HTTPStreamClosedError,
    message: "Connection closed",
  },
  { server: "closes within the status line", script: sending("HTTP/1.1 2"), error: HTTPStreamClosedError },
  { server: "closes within the head", script: sending(`${HEAD}A: b${CRLF}`), error: HTTPStreamClosedError },
  {
    server: "closes before the end of a body with a length",
    script: sending(`${HEAD}Content-Length: 10${CRLF}${CRLF}short`),
    error: HTTPStreamClosedError,
  },
  {
    server: "closes within a chunked body",
    script: sending(`${HEAD}Transfer-Encoding: chunked${CRLF}${CRLF}5${CRLF}hello${CRLF}`),
    error: HTTPStreamClosedError,
  },
  {
    server: "closes within the trailer section",
    script: sending(`${HEAD}Transfer-Encoding: chunked${CRLF}${CRLF}0${CRLF}A: b`),
    error: HTTPStreamClosedError,
  },
  {
    server: "closes after an interim response",
    script: sending(`HTTP/1.1 103 Early Hints${CRLF}${CRLF}`),
    error: HTTPStreamClosedError,
  },
  {
    server: "speaks another protocol",
    script: sendingThenWaiting("SSH-2.0-OpenSSH_9.6\r\n"),
    error: HTTPInputError,
    message: "Malformed HTTP status line",
  },
  {
    server: "speaks HTTP/2",
    script: sendingThenWaiting(new Uint8Array([0, 0, 18, 4, 0, 0, 0, 0, 0, 0, 10])),
    error: HTTPInputError,
  },
  {
    server: "sends a status of two digits",
    script: sendingThenWaiting(`HTTP/1.1 20 OK${CRLF}${CRLF}`),
    error: HTTPInputError,
  },
  {
    server: "sends a field without a colon",
    script: sendingThenWaiting(`${HEAD}nonsense${CRLF}${CRLF}`),
    error: HTTPInputError,
  },
  {
    server: "sends two lengths",
    script: sendingThenWaiting(`${HEAD}Content-Length: 2${CRLF}Content-Length: 3${CRLF}${CRLF}abc`),
    error: HTTPInputError,
    message: "Content-Length values are not equal",
  },
  {
    server: "sends a length that is no number",
    script: sendingThenWaiting(`${HEAD}Content-Length: +2${CRLF}${CRLF}ab`),
    error: HTTPInputError,
  },
  {
    server: "sends both a length and chunks",
    script: sendingThenWaiting(
      `${HEAD}Content-Length: 3${CRLF}Transfer-Encoding: chunked${CRLF}${CRLF}0${CRLF}${CRLF}`,
    ),
    error: HTTPInputError,
    message: "both Transfer-Encoding and Content-Length",
  },
  {
    server: "sends a bad chunk size",
    script: sendingThenWaiting(`${HEAD}Transfer-Encoding: chunked${CRLF}${CRLF}xyz${CRLF}`),
    error: HTTPInputError,
    message: "Malformed chunk",
  },
  {
    server: "sends 204 with a body",
    script: sendingThenWaiting(`HTTP/1.1 204 No Content${CRLF}Content-Length: 5${CRLF}${CRLF}hello`),
    error: HTTPInputError,
    message: "status 204 cannot have a body",
  },
  {
    server: "sends a head without end",
    script: flooding(HEAD, `X-Filler: ${"x".repeat(1000)}${CRLF}`),
    error: HTTPInputError,
    message: "Head too large: more than 8192 bytes",
  },
  {
    server: "sends a status line without end",
    script: flooding("HTTP/1.1 200 ", "x".repeat(1000)),
    error: HTTPInputError,
    message: "Head too large",
  },
  {
    server: "sends fields without end",
    script: sendingThenWaiting(HEAD + `a:${CRLF}`.repeat(200)),
    error: HTTPInputError,
    message: "Too many",
  },
  {
    server: "announces more than the limit",
    script: sendingThenWaiting(`${HEAD}Content-Length: 100001${CRLF}${CRLF}`, "x".repeat(100)),
    error: HTTPInputError,
    message: "Content-Length too long: 100001 bytes",
  },
  {
    server: "sends chunks beyond the limit",
    script: flooding(`${HEAD}Transfer-Encoding: chunked${CRLF}${CRLF}`, `400${CRLF}${"x".repeat(1024)}${CRLF}`),
    error: HTTPInputError,
    message: "Chunked body too large",
  },
  {
    server: "sends a body without length beyond the limit",
    script: flooding(`${HEAD}${CRLF}`, "x".repeat(10_000)),
    error: HTTPInputError,
    message: "Body too large: more than 100000 bytes",
  },
  {
    server: "sends trailers without end",
    script: flooding(`${HEAD}Transfer-Encoding: chunked${CRLF}${CRLF}0${CRLF}`, `X: ${"x".repeat(500)}${CRLF}`),
    error: HTTPInputError,
  },
  {
    server: "sends interim responses without end",
    script: flooding("", `HTTP/1.1 100 Continue${CRLF}${CRLF}`),
    error: HTTPInputError,
    message: "Too many interim responses: more than 64",
  },
  {
    server: "sends a gzip bomb",
    script: sendingThenWaiting(
      `${HEAD}Content-Encoding: gzip${CRLF}Content-Length: ${GZIP_BOMB.length}${CRLF}${CRLF}`,
      GZIP_BOMB,
    ),
    error: HTTPInputError,
    message: "Body too large when decompressed",
  },
  {
    server: "sends gzip that is none",
    script: sendingThenWaiting(`${HEAD}Content-Encoding: gzip${CRLF}Content-Length: 5${CRLF}${CRLF}hello`),
    error: HTTPInputError,
    message: "Cannot decompress body",
  },
  {
    server: "sends gzip that is cut off",
    script: sendingThenWaiting(
      `${HEAD}Content-Encoding: gzip${CRLF}Content-Length: 15${CRLF}${CRLF}`,
      gzipSync("Hello, hello, hello").subarray(0, 15),
    ),
    error: HTTPInputError,
    message: "Cannot decompress body",
  },
  {
    server: "sends something behind the end of gzip",
    script: async (peer) => {
      const body = gzipSync("Hello");
      await peer.readRequest();
      await peer.send(`${HEAD}Content-Encoding: gzip${CRLF}Content-Length: ${body.length + 4}${CRLF}${CRLF}`);
      await peer.send(body);
      await peer.send("more");
      await peer.ended();
    },
    error: HTTPInputError,
    message: "Cannot decompress body",
  },
  {
    server: "switches protocols without being asked",
    script: sendingThenWaiting(`HTTP/1.1 101 Switching Protocols${CRLF}Upgrade: x${CRLF}${CRLF}`),
    error: HTTPClientError,
    message: "HTTP 101: Switching Protocols",
  },
];

for (const { server, script, error, message, options } of MISBEHAVIOURS) {
  for (const how of ["collected", "streamed"]) {
    Deno.test(`Exchange fails when the server ${server}, with the body ${how}`, () =>
      withClient(script, async ({ client, url }) => {
        await assertRejects(
          async () => {
            const { stream } = await client.fetch(url, { ...options, streamResponse: how === "streamed" });
            await new Response(stream).bytes();
          },
          error,
          message,
        );
      }, LIMITS));
  }
}

Deno.test("Exchange does not hang when the server resets the connection", () =>
  withClient(async (peer) => {
    await peer.readRequest();
    await peer.send(`${HEAD}Content-Length: 10${CRLF}${CRLF}hal`);
    // Closing with unread input resets the connection.
    await new Promise((resolve) => setTimeout(resolve, 0));
  }, async ({ client, url }) => {
    await assertRejects(() => client.fetch(url, { method: "POST", body: "x" }), Error);
  }));

Deno.test("Exchange waits for a server that drips, and not longer than the request may take", () =>
  withClient(async (peer) => {
    await peer.readRequest();
    for (const byte of response("dripping")) await peer.send(byte);
    await peer.readRequest();
    await peer.send(`${HEAD}Content-Length: 10${CRLF}${CRLF}drip`);
    await peer.ended();
  }, async ({ client, url, clock, server }) => {
    assertEquals((await client.fetch(url)).text(), "dripping");
    const failed = assertRejects(
      () => client.fetch(url, { requestTimeoutMs: 5000 }),
      HTTPTimeoutError,
      "Timeout during request",
    );
    while (server.heads.length < 2) await new Promise((resolve) => setTimeout(resolve, 0));
    await clock.advance(5000);
    await failed;
  }));

// --- bodies ---

const CODED: readonly [coding: string, body: Uint8Array][] = [
  ["gzip", gzipSync("Hello, world")],
  ["x-gzip", gzipSync("Hello, world")],
  ["GZip", gzipSync("Hello, world")],
  ["deflate", deflateSync("Hello, world")],
];

for (const [coding, body] of CODED) {
  Deno.test(`Exchange undoes the content coding ${coding}`, () =>
    withClient(async (peer) => {
      await peer.readRequest();
      await peer.send(`${HEAD}Content-Encoding: ${coding}${CRLF}Content-Length: ${body.length}${CRLF}${CRLF}`);
      for (const byte of body) await peer.send(new Uint8Array([byte]));
    }, async ({ client, url, server }) => {
      const { headers, ...got } = await client.fetch(url);
      assertEquals(new TextDecoder().decode(got.body), "Hello, world");
      assertEquals([headers.get("Content-Encoding"), headers.get("X-Consumed-Content-Encoding")], [undefined, coding]);
      assert(server.heads[0]!.includes("Accept-Encoding: gzip, deflate\r\n"));
    }));
}

Deno.test("Exchange leaves the content coding if it is told to", () =>
  withClient(async (peer) => {
    await peer.readRequest();
    await peer.send(`${HEAD}Content-Encoding: gzip${CRLF}Content-Length: 3${CRLF}${CRLF}raw`);
  }, async ({ client, url, server }) => {
    const got = await client.fetch(url, { decompressResponse: false });
    assertEquals([got.text(), got.headers.get("Content-Encoding")], ["raw", "gzip"]);
    assert(!server.heads[0]!.includes("Accept-Encoding"));
  }));

Deno.test("Exchange leaves a coding that it does not know", () =>
  withClient(answering(response("raw", { headers: "Content-Encoding: br\r\n" })), async ({ client, url }) => {
    const got = await client.fetch(url);
    assertEquals([got.text(), got.headers.get("Content-Encoding")], ["raw", "br"]);
  }));

Deno.test("Exchange gives the trailer fields behind a chunked body", () =>
  withClient(
    answering(`${HEAD}Transfer-Encoding: chunked${CRLF}${CRLF}2${CRLF}ab${CRLF}0${CRLF}Digest: x${CRLF}${CRLF}`),
    async ({ client, url }) => {
      const got = await client.fetch(url);
      assertEquals([got.text(), got.trailers?.get("Digest")], ["ab", "x"]);
    },
  ));

// --- 100 Continue ---

const POST = { method: "POST", body: "the body", expect100Continue: true } as const;

Deno.test("Exchange sends the body when the server says to continue", () =>
  withClient(async (peer) => {
    const head = await peer.readHead();
    assert(head.includes("Expect: 100-continue\r\n"));
    await peer.send(`HTTP/1.1 100 Continue${CRLF}${CRLF}`);
    await peer.send(response(await peer.read(8)));
  }, async ({ client, url }) => {
    assertEquals((await client.fetch(url, POST)).text(), "the body");
  }));

Deno.test("Exchange does not ask for the body when the server answers at once", () => {
  let asked = false;
  const bodyProducer = () => void (asked = true);
  return withClient(async (peer) => {
    await peer.readHead();
    await peer.send(response("no", { code: 403 }));
    await peer.ended();
  }, async ({ client, url }) => {
    const error = await assertRejects(
      () => client.fetch(url, { method: "POST", bodyProducer, expect100Continue: true }),
      HTTPClientError,
    );
    assertEquals([error.code, asked, client.idleConnections], [403, false, 0]);
  });
});

Deno.test("Exchange sends the body to a server that does not know 100 Continue", () => {
  const asked = Promise.withResolvers<void>();
  return withClient(async (peer) => {
    await peer.readHead();
    asked.resolve();
    await peer.send(response(await peer.read(8)));
  }, async ({ client, url, clock }) => {
    const fetching = client.fetch(url, { ...POST, expectTimeoutMs: 2000 });
    await asked.promise;
    await clock.advance(2000);
    assertEquals((await fetching).text(), "the body");
  });
});

Deno.test("Exchange skips a 100 that it did not ask for, and uses the connection no more", () =>
  withClient(async (peer) => {
    await peer.readHead();
    await peer.send(`HTTP/1.1 100 Continue${CRLF}${CRLF}${response("fine")}`);
    await peer.ended();
  }, async ({ client, url }) => {
    assertEquals((await client.fetch(url)).text(), "fine");
    assertEquals(client.idleConnections, 0);
  }));

// --- bodies of requests ---

async function* pieces(): AsyncGenerator<string | Uint8Array> {
  yield "one ";
  await Promise.resolve();
  yield new TextEncoder().encode("two");
}

const CHUNKED = "4\r\none \r\n3\r\ntwo\r\n0\r\n\r\n";

const PRODUCERS: readonly [name: string, () => FetchOptions][] = [
  ["an async iterable", () => ({ body: pieces() })],
  ["a web stream", () => ({ body: ReadableStream.from(pieces()) as ReadableStream<Uint8Array> })],
  ["a producer that returns at once", () => ({
    bodyProducer: (write) => {
      write("one ");
      write("two");
    },
  })],
  ["a producer that returns a promise", () => ({
    bodyProducer: async (write) => {
      for await (const piece of pieces()) await write(piece);
    },
  })],
];

for (const [name, options] of PRODUCERS) {
  Deno.test(`Exchange sends ${name} in chunks`, () =>
    withClient(async (peer) => {
      const head = await peer.readHead();
      assert(head.includes("Transfer-Encoding: chunked\r\n"));
      await peer.send(response(await peer.readUntil("0\r\n\r\n")));
    }, async ({ client, url }) => {
      assertEquals((await client.fetch(url, { method: "PUT", ...options() })).text(), CHUNKED);
    }));

  Deno.test(`Exchange sends ${name} with the length that is told`, () =>
    withClient(async (peer) => {
      const { head, body } = await peer.readRequest();
      assert(!head.includes("Transfer-Encoding"));
      await peer.send(response(body));
    }, async ({ client, url }) => {
      const headers = { "Content-Length": "7" };
      assertEquals((await client.fetch(url, { method: "PUT", headers, ...options() })).text(), "one two");
    }));
}

Deno.test("Exchange fails with the error of a body", () =>
  withClient(async (peer) => {
    await peer.readHead();
    await peer.ended();
  }, async ({ client, url }) => {
    const failure = new Error("no more");
    const bodyProducer = async (write: (chunk: string) => Promise<void>) => {
      await write("some");
      throw failure;
    };
    assertEquals(await assertRejects(() => client.fetch(url, { method: "POST", bodyProducer })), failure);
  }));

Deno.test("Exchange fails when a body is not as long as was told", async () => {
  for (const [length, message] of [["3", "1 bytes too many"], ["5", "1 bytes less"]] as const) {
    await withClient(async (peer) => {
      await peer.readHead();
      await peer.ended();
    }, async ({ client, url }) => {
      const options = {
        method: "POST",
        headers: { "Content-Length": length },
        bodyProducer: async (write: (chunk: string) => Promise<void>) => await write("four"),
      };
      await assertRejects(() => client.fetch(url, options), Error, message);
    });
  }
});

Deno.test("Exchange takes an answer that comes before the body was sent, and closes the connection", () => {
  let returned = false;
  async function* endless() {
    try {
      for (;;) yield "x".repeat(65536);
    } finally {
      returned = true;
    }
  }
  return withClient(async (peer) => {
    await peer.readHead();
    await peer.send(response("too much", { code: 413 }));
    await peer.ended();
  }, async ({ client, url }) => {
    const error = await assertRejects(() => client.fetch(url, { method: "POST", body: endless() }), HTTPClientError);
    assertEquals([error.code, error.response?.text()], [413, "too much"]);
    assertEquals(client.idleConnections, 0);
    while (!returned) await new Promise((resolve) => setTimeout(resolve, 0));
  });
});

Deno.test("Exchange logs the error of a body whose response was there before", () => {
  const answered = Promise.withResolvers<void>();
  return withClient(async (peer) => {
    await peer.readHead();
    await peer.send(response("done"));
    await peer.ended();
  }, async ({ client, url }) => {
    const bodyProducer = async () => {
      await answered.promise;
      throw new Error("late");
    };
    assertEquals((await client.fetch(url, { method: "POST", bodyProducer })).text(), "done");
    answered.resolve();
    await new Promise((resolve) => setTimeout(resolve, 0));
  }, { logs: [{ level: "error", pattern: "Uncaught exception in a request body whose response is over" }] });
});

Deno.test("Exchange holds a producer back while the server does not read", () => {
  const go = Promise.withResolvers<void>();
  let written = 0;
  return withClient(async (peer) => {
    await peer.readHead();
    await go.promise;
    await peer.skip(64 << 20);
    await peer.send(response("read"));
  }, async ({ client, url }) => {
    const chunk = new Uint8Array(1 << 20);
    const bodyProducer = async (write: (chunk: Uint8Array) => Promise<void>) => {
      for (let i = 0; i < 64; i++) {
        await write(chunk);
        written++;
      }
    };
    const fetching = client.fetch(url, {
      method: "POST",
      bodyProducer,
      headers: { "Content-Length": `${64 << 20}` },
    });
    let before = -1;
    while (written > before || written === 0) {
      before = written;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    assert(written < 64, `${written} MB went to a server that reads nothing`);
    go.resolve();
    assertEquals((await fetching).text(), "read");
  });
});

// --- callbacks ---

Deno.test("Exchange gives the body to streamingCallback, and waits for it", () =>
  withClient(async (peer) => {
    await peer.readRequest();
    await peer.send(`${HEAD}Content-Length: 6${CRLF}${CRLF}abc`);
    await peer.send("def");
    await peer.ended();
  }, async ({ client, url }) => {
    let text = "";
    let busy = false;
    const streamingCallback = async (chunk: Uint8Array) => {
      assert(!busy);
      busy = true;
      await new Promise((resolve) => setTimeout(resolve, 1));
      text += new TextDecoder().decode(chunk);
      busy = false;
    };
    const got = await client.fetch(url, { streamingCallback });
    assert(!busy);
    assertEquals(text, "abcdef");
    assertEquals(got.body.length, 0);
  }));

Deno.test("Exchange fails with the error of streamingCallback, thrown or rejected", async () => {
  for (
    const fail of [() => Promise.reject(new Error("enough")), () => {
      throw new Error("enough");
    }]
  ) {
    await withClient(flooding(`${HEAD}${CRLF}`, "x".repeat(1000)), async ({ client, url }) => {
      await assertRejects(() => client.fetch(url, { streamingCallback: fail }), Error, "enough");
    });
  }
});

Deno.test("Exchange gives the final head to headerCallback line by line, before the body", () =>
  withClient(async (peer) => {
    await peer.readRequest();
    await peer.send(`HTTP/1.1 302 Found${CRLF}Location: /b${CRLF}Content-Length: 0${CRLF}${CRLF}`);
    await peer.readRequest();
    await peer.send(`HTTP/1.1 200 Fine${CRLF}A: 1${CRLF}a: 2${CRLF}Content-Length: 4${CRLF}${CRLF}body`);
  }, async ({ client, url }) => {
    const seen: string[] = [];
    await client.fetch(url, {
      headerCallback: (line) => seen.push(line),
      streamingCallback: (chunk) => void seen.push(new TextDecoder().decode(chunk)),
    });
    assertEquals(seen, ["HTTP/1.1 200 Fine\r\n", "A: 1\r\n", "a: 2\r\n", "Content-Length: 4\r\n", "\r\n", "body"]);
  }));

Deno.test("Exchange streams a body as it is read, and no faster", () =>
  withClient(async (peer) => {
    await peer.readRequest();
    await peer.send(`${HEAD}Transfer-Encoding: chunked${CRLF}${CRLF}3${CRLF}one${CRLF}`);
    assertEquals(await peer.readUntil("\r\n\r\n").catch(() => "gone"), "gone");
  }, async ({ client, url }) => {
    const got = await client.fetch(url, { streamResponse: true });
    assertEquals([got.code, got.body.length, client.activeRequests], [200, 0, 1]);
    const reader = got.stream!.getReader();
    assertEquals(new TextDecoder().decode((await reader.read()).value), "one");
    await reader.cancel();
    assertEquals(client.activeRequests, 0);
  }));

Deno.test("Exchange has the body of a bad response although it was to be streamed", () =>
  withClient(answering(response("what is wrong", { code: 400 })), async ({ client, url }) => {
    const error = await assertRejects(() => client.fetch(url, { streamResponse: true }), HTTPClientError);
    assertInstanceOf(error, HTTPClientError);
    assertEquals(error.response?.text(), "what is wrong");
  }));
