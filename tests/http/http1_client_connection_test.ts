import {
  HTTP1ClientConnection,
  HTTPHeaders,
  HTTPInputError,
  HTTPOutputError,
  type HTTPResponseDelegate,
  type ResponseHead,
} from "@denado/denado/http";
import { IOStream, StreamClosedError } from "@denado/denado/tcp";
import { assert, assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { expectNoLog } from "../helpers/expect_log.ts";
import { memoryChannels } from "../helpers/memory_pair.ts";

/** Writes down what it hears. */
class Recorder implements HTTPResponseDelegate {
  readonly events: string[] = [];
  body = "";
  /** What `dataReceived` returns. */
  pause: (() => Promise<void>) | undefined;

  interimReceived(head: ResponseHead): void {
    this.events.push(`interim ${head.code}`);
  }
  headersReceived(head: ResponseHead, headers: HTTPHeaders): void {
    this.events.push(`head ${head.code} ${head.reason} ${headers.get("A") ?? ""}`.trimEnd());
  }
  dataReceived(chunk: Uint8Array): void | Promise<void> {
    this.body += new TextDecoder("latin1").decode(chunk);
    return this.pause?.();
  }
  trailersReceived(trailers: HTTPHeaders): void {
    this.events.push(`trailers ${trailers.get("T")}`);
  }
  finish(): void {
    this.events.push("finish");
  }
  onConnectionClose(): void {
    this.events.push("close");
  }
}

interface Scene {
  readonly connection: HTTP1ClientConnection;
  readonly server: IOStream;
  /** Sends a request without a body, and gives the recorder the response. */
  exchange(method?: string, headers?: Record<string, string>): { recorder: Recorder; reading: Promise<boolean> };
}

async function scene(body: (scene: Scene) => Promise<void>, options = {}): Promise<void> {
  await expectNoLog(async () => {
    const [here, there] = memoryChannels();
    await using server = new IOStream(there, { allowHalfOpen: true });
    await using stream = new IOStream(here);
    const connection = new HTTP1ClientConnection(stream, options);
    await body({
      connection,
      server,
      exchange(method = "GET", headers = {}) {
        const recorder = new Recorder();
        connection.startRequest({ method, path: "/" }, new HTTPHeaders({ Host: "a", ...headers }));
        connection.finish();
        return { recorder, reading: connection.readResponse(recorder) };
      },
    });
  });
}

// --- responses ---

interface ResponseCase {
  readonly name: string;
  readonly response: string;
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly events: readonly string[];
  readonly body?: string;
  readonly reusable: boolean;
  /** Whether the server closes behind it. */
  readonly close?: boolean;
}

const RESPONSES: readonly ResponseCase[] = [
  {
    name: "with a length",
    response: "HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 5\r\n\r\nhello",
    events: ["head 200 OK b", "finish"],
    body: "hello",
    reusable: true,
  },
  { name: "without a body", response: "HTTP/1.1 204 No\r\n\r\n", events: ["head 204 No", "finish"], reusable: true },
  {
    name: "in chunks, with trailers",
    response: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1;x=y\r\nc\r\n0\r\nT: t\r\n\r\n",
    events: ["head 200 OK", "trailers t", "finish"],
    body: "abc",
    reusable: true,
  },
  {
    name: "to HEAD",
    method: "HEAD",
    response: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
    events: ["head 200 OK", "finish"],
    reusable: true,
  },
  {
    name: "until the close",
    response: "HTTP/1.1 200 OK\r\n\r\nall of it",
    close: true,
    events: ["head 200 OK", "finish"],
    body: "all of it",
    reusable: false,
  },
  {
    name: "until the close, in HTTP/1.0",
    response: "HTTP/1.0 200 OK\r\n\r\nold",
    close: true,
    events: ["head 200 OK", "finish"],
    body: "old",
    reusable: false,
  },
  {
    name: "in HTTP/1.0 that wants to go on",
    response: "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n",
    events: ["head 200 OK", "finish"],
    reusable: false,
  },
  {
    name: "that closes",
    response: "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
    events: ["head 200 OK", "finish"],
    reusable: false,
  },
  {
    name: "after early hints",
    response:
      "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    events: ["interim 103", "interim 102", "head 200 OK", "finish"],
    reusable: true,
  },
  {
    name: "after a 100 that nobody asked for",
    response: "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    events: ["interim 100", "head 200 OK", "finish"],
    reusable: false,
  },
  {
    name: "after a 100 that was asked for",
    headers: { Expect: "100-continue" },
    response: "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    events: ["interim 100", "head 200 OK", "finish"],
    reusable: true,
  },
  {
    name: "that switches protocols",
    response: "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
    events: ["head 101 Switching Protocols", "finish"],
    reusable: false,
  },
];

for (const { name, response, method, headers, events, body = "", reusable, close = false } of RESPONSES) {
  for (const how of ["at once", "byte by byte"]) {
    Deno.test(`HTTP1ClientConnection reads a response ${name} ${how}`, () =>
      scene(async ({ connection, server, exchange }) => {
        const { recorder, reading } = exchange(method, headers);
        for (const piece of how === "at once" ? [response] : response) await server.write(piece);
        if (close) await server.closeWrite();
        assertEquals(await reading, reusable);
        assertEquals([recorder.events, recorder.body], [[...events], body]);
        assertEquals([connection.responseFinished, connection.reusable], [true, reusable]);
      }));
  }

  if (close) continue;
  Deno.test(`HTTP1ClientConnection is not used again when something follows a response ${name}`, () =>
    scene(async ({ server, exchange }) => {
      const { recorder, reading } = exchange(method, headers);
      await server.write(response + "\r\n");
      assertEquals(await reading, false);
      assertEquals([recorder.events, recorder.body], [[...events], body]);
    }));
}

Deno.test("HTTP1ClientConnection carries one exchange after the other", () =>
  scene(async ({ connection, server, exchange }) => {
    for (let at = 0; at < 3; at++) {
      const { recorder, reading } = exchange(at === 1 ? "HEAD" : "GET");
      assertEquals(connection.responseStarted, false);
      const head = new TextDecoder().decode(await server.readUntil("\r\n\r\n"));
      assertEquals(head, `${at === 1 ? "HEAD" : "GET"} / HTTP/1.1\r\nHost: a\r\n\r\n`);
      await server.write("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n" + (at === 1 ? "" : `${at}`));
      assertEquals(await reading, true);
      assertEquals([recorder.body, connection.responseStarted], [at === 1 ? "" : `${at}`, true]);
    }
  }));

Deno.test("HTTP1ClientConnection refuses a request where the last exchange does not allow another", () =>
  scene(async ({ connection, server, exchange }) => {
    const { reading } = exchange();
    const headers = new HTTPHeaders();
    assertThrows(() => connection.startRequest({ method: "GET", path: "/" }, headers), Error, "does not allow another");
    await server.write("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    await reading;
    assertThrows(() => connection.startRequest({ method: "GET", path: "/" }, headers), Error, "does not allow another");
  }));

Deno.test("HTTP1ClientConnection reads no faster than the delegate takes", () =>
  scene(async ({ server, exchange, connection }) => {
    const { recorder, reading } = exchange();
    const go = Promise.withResolvers<void>();
    recorder.pause = () => go.promise;
    let sent = 0;
    const sending = (async () => {
      await server.write("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n");
      for (; sent < 100; sent++) await server.write("x".repeat(10_000));
    })();
    await new Promise((resolve) => setTimeout(resolve, 5));
    assert(sent < 50, `${sent} pieces`);
    assertEquals(connection.responseFinished, false);
    go.resolve();
    await sending;
    assertEquals(await reading, true);
    assertEquals(recorder.body.length, 1_000_000);
  }));

// --- what goes wrong ---

Deno.test("HTTP1ClientConnection tells the delegate of an early end", async () => {
  const cut = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel";
  for (let length = 0; length < cut.length; length += 5) {
    await scene(async ({ server, exchange }) => {
      const { recorder, reading } = exchange();
      await server.write(cut.slice(0, length));
      await server.closeWrite();
      await assertRejects(() => reading, StreamClosedError);
      assertEquals(recorder.events.at(-1), "close");
    });
  }
});

Deno.test("HTTP1ClientConnection does not take a broken connection for the end of a body", () =>
  scene(async ({ connection, server, exchange }) => {
    const { recorder, reading } = exchange();
    await server.write("HTTP/1.1 200 OK\r\n\r\nhalf of it");
    while (recorder.body === "") await new Promise((resolve) => setTimeout(resolve, 0));
    connection.stream.close(new Deno.errors.ConnectionReset());
    const error = await assertRejects(() => reading, StreamClosedError);
    assert(error.realError instanceof Deno.errors.ConnectionReset);
    assertEquals(recorder.events, ["head 200 OK", "close"]);
  }));

Deno.test("HTTP1ClientConnection closes when the response is not HTTP", () =>
  scene(async ({ connection, server, exchange }) => {
    const { recorder, reading } = exchange();
    await server.write("nonsense\r\n\r\n");
    await assertRejects(() => reading, HTTPInputError);
    assertEquals([recorder.events, connection.stream.closed], [["close"], true]);
  }));

Deno.test("HTTP1ClientConnection keeps to its limits", () =>
  scene(async ({ connection, server, exchange }) => {
    assertEquals(connection.maxBodySize, 4);
    const { reading } = exchange();
    await server.write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
    await assertRejects(() => reading, HTTPInputError, "Content-Length too long");
  }, { maxBodySize: 4 }));

Deno.test("HTTP1ClientConnection closes when the delegate fails", () =>
  scene(async ({ connection, server, exchange }) => {
    const failure = new Error("enough");
    const { recorder, reading } = exchange();
    recorder.pause = () => Promise.reject(failure);
    await server.write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
    assertStrictEquals(await assertRejects(() => reading), failure);
    assertEquals([recorder.events.at(-1), connection.stream.closed], ["close", true]);
  }));

Deno.test("HTTP1ClientConnection gives nothing to the delegate after close, whatever has arrived", () =>
  scene(async ({ connection, server, exchange }) => {
    const { recorder, reading } = exchange();
    recorder.pause = () => {
      connection.close(new Error("enough"));
      return Promise.resolve();
    };
    await server.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n");
    const error = await assertRejects(() => reading, StreamClosedError);
    assertEquals([(error.realError as Error).message, recorder.events], ["enough", ["head 200 OK", "close"]]);
  }));

// --- requests ---

Deno.test("HTTP1ClientConnection writes head and body, by length or in chunks", () =>
  scene(async ({ connection, server }) => {
    await connection.writeHeaders({ method: "PUT", path: "/" }, new HTTPHeaders({ "Content-Length": "3" }), "ab");
    await connection.write(new Uint8Array([99]));
    connection.finish();
    connection.finish();
    assertEquals(new TextDecoder().decode(await server.readUntil("abc")).slice(-5), "\n\r\nabc".slice(-5));
    const reading = connection.readResponse(new Recorder());
    await server.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    await reading;
    connection.writeHeaders({ method: "PUT", path: "/" }, new HTTPHeaders());
    connection.write("ab");
    connection.finish();
    assert(new TextDecoder().decode(await server.readUntil("0\r\n\r\n")).endsWith("\r\n\r\n2\r\nab\r\n0\r\n\r\n"));
  }));

Deno.test("HTTP1ClientConnection closes when a body is not as long as was told", async () => {
  await scene(async ({ connection }) => {
    connection.startRequest({ method: "PUT", path: "/" }, new HTTPHeaders({ "Content-Length": "3" }));
    assertThrows(() => connection.write("four"), HTTPOutputError);
    assertEquals(connection.stream.closed, true);
    await assertRejects(() => connection.write("x"), StreamClosedError);
  });
  await scene(({ connection }) => {
    connection.startRequest({ method: "PUT", path: "/" }, new HTTPHeaders({ "Content-Length": "3" }));
    connection.push("ab");
    assertThrows(() => connection.finish(), HTTPOutputError);
    assertEquals(connection.stream.closed, true);
    return Promise.resolve();
  });
});

Deno.test("HTTP1ClientConnection says what is out of order", () =>
  scene(({ connection }) => {
    assertThrows(() => connection.finish(), Error, "no headers were written");
    assertThrows(() => connection.write("x"), Error, "no headers were written");
    assertThrows(() => connection.startRequest({ method: "A B", path: "/" }, new HTTPHeaders()), TypeError);
    assertThrows(() => connection.startRequest({ method: "GET", path: "/ x" }, new HTTPHeaders()), TypeError);
    connection.startRequest({ method: "GET", path: "/" }, new HTTPHeaders());
    connection.finish();
    assertThrows(() => connection.write("x"), Error, "the request is finished");
    return Promise.resolve();
  }));

Deno.test("HTTP1ClientConnection is not used again when the response came before the request was complete", () =>
  scene(async ({ connection, server }) => {
    connection.startRequest({ method: "POST", path: "/" }, new HTTPHeaders());
    const reading = connection.readResponse(new Recorder());
    await server.write("HTTP/1.1 413 No\r\nContent-Length: 0\r\n\r\n");
    assertEquals(await reading, false);
    assertEquals([connection.responseFinished, connection.requestFinished], [true, false]);
  }));

Deno.test("HTTP1ClientConnection hands over its stream, with what came behind the response", () =>
  scene(async ({ connection, server, exchange }) => {
    const { reading } = exchange("GET", { Connection: "Upgrade", Upgrade: "x" });
    await server.write("HTTP/1.1 101 Switching Protocols\r\n\r\nfirst words");
    await reading;
    const stream = connection.detach();
    assertEquals(new TextDecoder().decode(await stream.readBytes(11)), "first words");
    assertEquals(connection.reusable, false);
  }));
