import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Application, TimeoutError, websocketConnect, WebSocketHandler } from "@denado/denado";
import { HTTPClientError, HTTPHeaders, HTTPRequest } from "@denado/denado/http";
import {
  computeAcceptValue,
  WebSocketClosedError,
  type WebSocketCompressionOptions,
  type WebSocketConnectOptions,
  WebSocketError,
} from "@denado/denado/websocket";
import { tunnelling } from "../../helpers/connect_proxy.ts";
import { expectLog, expectNoLog } from "../../helpers/expect_log.ts";
import { withManualLoop } from "../../helpers/manual_loop.ts";
import { ScriptedServer } from "../../helpers/scripted_server.ts";
import { certificates } from "../../helpers/tls_certificates.ts";

class Echo extends WebSocketHandler {
  override selectSubprotocol(subprotocols: readonly string[]): string | undefined {
    return subprotocols.at(-1);
  }

  override getCompressionOptions(): WebSocketCompressionOptions {
    return { threshold: 10 };
  }

  override prepare(): void {
    this.setHeader("X-Seen", this.request.headers.get("X-Sent") ?? "nothing");
  }

  override onMessage(message: string | Uint8Array): unknown {
    if (message === "close") return this.close(4001, "as you like");
    if (message === "ping") return this.ping("are you there");
    return this.writeMessage(message);
  }

  override onPong(data: Uint8Array): void {
    this.writeMessage(`pong ${new TextDecoder().decode(data)}`);
  }
}

interface Server {
  readonly port: number;
  readonly url: string;
}

/** Serves an echo, and ends it in order, which takes all connections to have ended. */
async function withEcho(test: (server: Server) => Promise<void>, options: { tls?: boolean } = {}): Promise<void> {
  const settings = { logFunction: () => {}, websocketMaxMessageSize: 1 << 20 };
  const app = new Application([["/missing", Missing], ["/plain", Plain], ["/.*", Echo]], settings);
  const sslOptions = options.tls ? { sslOptions: certificates().localhost } : {};
  await expectNoLog(async () => {
    const server = app.listen(0, { address: "127.0.0.1", ...sslOptions });
    await test({ port: server.port!, url: `${options.tls ? "wss" : "ws"}://127.0.0.1:${server.port}/` });
    await server.close();
  });
}

class Missing extends WebSocketHandler {
  override get(): void {
    this.sendError(404);
  }
}

class Plain extends WebSocketHandler {
  override get(): void {
    this.write("no WebSocket");
  }
}

Deno.test("websocketConnect sends and receives, and ends in order", () =>
  withEcho(async ({ url }) => {
    const connection = await websocketConnect(url, { headers: { "X-Sent": "yes" } });
    assertEquals([connection.headers.get("X-Seen"), connection.selectedSubprotocol], ["yes", undefined]);
    await connection.writeMessage("grün");
    assertEquals(await connection.readMessage(), "grün");
    await connection.writeMessage(new Uint8Array([0, 255]));
    assertEquals(await connection.readMessage(), new Uint8Array([0, 255]));
    await connection.writeMessage({ a: 1 });
    assertEquals(await connection.readMessage(), '{"a":1}');
    await connection.writeStream(["one ", "message"]);
    assertEquals(await connection.readMessage(), "one message");
    connection.close(1000, "done");
    assertEquals(connection.isClosing, true);
    assertEquals([await connection.readMessage(), await connection.readMessage()], [null, null]);
    assertEquals([connection.closeCode, connection.closeReason], [1000, ""]);
    await connection.closed;
    await assertRejects(() => connection.writeMessage("x"), WebSocketClosedError);
    assertThrows(() => connection.ping(), WebSocketClosedError);
    connection.close();
  }));

Deno.test("websocketConnect gives messages to a callback, and null at the end", () =>
  withEcho(async ({ url }) => {
    const seen: unknown[] = [];
    const connection = await websocketConnect(new URL(url), {
      onMessageCallback: (message) => void seen.push(message),
    });
    assertThrows(() => connection[Symbol.asyncIterator](), Error, "onMessageCallback gets them");
    await assertRejects(() => connection.readMessage(), Error, "onMessageCallback gets them");
    connection.writeMessage("a");
    connection.writeMessage("close");
    await connection.closed;
    assertEquals(seen, ["a", null]);
    assertEquals([connection.closeCode, connection.closeReason], [4001, "as you like"]);
  }));

Deno.test("websocketConnect gives messages to a loop", () =>
  withEcho(async ({ url }) => {
    await using connection = await websocketConnect(url);
    for (const message of ["a", "b", "close"]) connection.writeMessage(message);
    const seen: unknown[] = [];
    for await (const message of connection) seen.push(message);
    assertEquals(seen, ["a", "b"]);
  }));

Deno.test("websocketConnect closes although messages wait that nobody takes", () =>
  withEcho(async ({ url }) => {
    const connection = await websocketConnect(url);
    for (let count = 0; count < 3; count++) await connection.writeMessage(`message ${count}`);
    await connection[Symbol.asyncDispose]();
    assertEquals([connection.closeCode, connection.closeReason], [undefined, ""]); // the server's answer was read
  }));

Deno.test("websocketConnect negotiates a subprotocol and compression", () =>
  withEcho(async ({ url }) => {
    await using connection = await websocketConnect(url, {
      subprotocols: ["a", "b"],
      compressionOptions: { threshold: 0, clientMaxWindowBits: 10 },
      headers: new HTTPHeaders({ "X-Sent": "1" }),
    });
    assertEquals(connection.selectedSubprotocol, "b");
    assertEquals(connection.headers.get("Sec-WebSocket-Extensions"), "permessage-deflate; client_max_window_bits=10");
    for (let round = 0; round < 5; round++) {
      const message = `round ${round} `.repeat(1000);
      await connection.writeMessage(message);
      assertEquals(await connection.readMessage(), message);
    }
  }));

Deno.test("websocketConnect sees pings and pongs", () =>
  withEcho(async ({ url }) => {
    const events: string[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    await using connection = await websocketConnect(url, {
      onPing: (data) => void events.push(`ping ${new TextDecoder().decode(data)}`),
      onPong: (data) => {
        events.push(`pong ${new TextDecoder().decode(data)}`);
        resolve();
      },
    });
    connection.writeMessage("ping");
    assertEquals(await connection.readMessage(), "pong are you there");
    connection.ping("and you");
    await promise;
    assertEquals(events, ["ping are you there", "pong and you"]);
  }));

Deno.test("websocketConnect pings, and closes on a server that is silent", () =>
  withManualLoop(async ({ loop, clock }) => {
    await using server = new ScriptedServer(async (peer) => {
      const key = /Sec-WebSocket-Key: (.*)\r\n/.exec(await peer.readHead())![1]!;
      const accept = `Sec-WebSocket-Accept: ${computeAcceptValue(key)}\r\n`;
      await peer.send(`HTTP/1.1 101 Yes\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n${accept}\r\n`);
      await answerNothing(peer);
    });
    const url = server.url.replace("http", "ws");
    const connection = await websocketConnect(url, { pingIntervalMs: 1000, pingTimeoutMs: 500, ioLoop: loop });
    await clock.advance(1499);
    assertEquals(connection.isClosing, false);
    await clock.advance(1);
    assertEquals(connection.isClosing, true);
    await clock.advance(5000);
    await connection.closed;
    assertEquals(connection.closeCode, undefined);
  }));

Deno.test("websocketConnect speaks TLS", () =>
  withEcho(async ({ url }) => {
    await using connection = await websocketConnect(url.replace("127.0.0.1", "localhost"), {
      sslOptions: { caCerts: [certificates().ca] },
    });
    await connection.writeMessage("secret");
    assertEquals(await connection.readMessage(), "secret");
  }, { tls: true }));

Deno.test("websocketConnect goes through a proxy, with TLS and without", async () => {
  for (const tls of [false, true]) {
    await withEcho(async ({ port }) => {
      await using proxy = new ScriptedServer(tunnelling(port));
      const connection = await websocketConnect(`${tls ? "wss" : "ws"}://localhost:1/`, {
        proxy: { host: "127.0.0.1", port: proxy.port },
        sslOptions: { caCerts: [certificates().ca] },
      });
      await connection.writeMessage("through");
      assertEquals(await connection.readMessage(), "through");
      await connection[Symbol.asyncDispose]();
    }, { tls });
  }
});

for (
  const [path, type, message] of [
    ["missing", HTTPClientError, "HTTP 404: Not Found"],
    ["plain", WebSocketError, "answered 200 OK"],
  ] as const
) {
  Deno.test(`websocketConnect refuses /${path}`, async () => {
    const app = new Application([["/missing", Missing], ["/plain", Plain]], { logFunction: () => {} });
    const server = app.listen(0, { address: "127.0.0.1" });
    const error = await assertRejects(() => websocketConnect(`ws://127.0.0.1:${server.port}/${path}`), Error, message);
    assertEquals(error.name, type.name);
    await server.close();
  });
}

Deno.test("websocketConnect takes a request, and what is given beside it wins", () =>
  withEcho(async ({ url }) => {
    const request = new HTTPRequest(url, { headers: { "X-Sent": "by the request" }, connectTimeoutMs: 5000 });
    for (
      const [options, seen] of [
        [{}, "by the request"],
        [{ headers: { "X-Sent": "beside it" } }, "beside it"],
      ] as [WebSocketConnectOptions, string][]
    ) {
      await using connection = await websocketConnect(request, options);
      assertEquals(connection.headers.get("X-Seen"), seen);
      await connection.writeMessage("x");
      assertEquals(await connection.readMessage(), "x");
    }
    const post = new HTTPRequest(url, { method: "POST", body: "x" });
    await assertRejects(() => websocketConnect(post), TypeError, "not GET without a body");
  }));

Deno.test("websocketConnect passes on what the host says", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  await assertRejects(() => websocketConnect(`ws://127.0.0.1:${port}/`), Deno.errors.ConnectionRefused);
});

Deno.test("websocketConnect says that the server closed the connection", async () => {
  await using server = new ScriptedServer((peer) => void peer.conn.closeWrite());
  const error = await assertRejects(() => websocketConnect(server.url.replace("http", "ws")), Error);
  assert(error instanceof WebSocketError || error instanceof Deno.errors.ConnectionReset, String(error));
});

/** Answers nothing. */
async function answerNothing(peer: { conn: Deno.Conn }): Promise<void> {
  try {
    while (await peer.conn.read(new Uint8Array(1000)) !== null);
  } catch (error) {
    if (!(error instanceof Deno.errors.Interrupted)) throw error; // the test has ended
  }
}

Deno.test("websocketConnect gives up when the time is up", async () => {
  await using server = new ScriptedServer(answerNothing);
  const url = server.url.replace("http", "ws");
  await assertRejects(() => websocketConnect(url, { connectTimeoutMs: 10 }), TimeoutError, "within 10 ms");
});

Deno.test("websocketConnect gives up when it is aborted, and closes later", async () => {
  const reason = new Error("no longer");
  await assertRejects(
    () => websocketConnect("ws://127.0.0.1:1/", { signal: AbortSignal.abort(reason) }),
    Error,
    "no longer",
  );
  await using server = new ScriptedServer(answerNothing);
  const controller = new AbortController();
  const connecting = websocketConnect(server.url.replace("http", "ws"), { signal: controller.signal });
  while (server.connections === 0) await new Promise((resolve) => setTimeout(resolve, 0));
  controller.abort(reason);
  await assertRejects(() => connecting, Error, "no longer");

  await withEcho(async ({ url }) => {
    const controller = new AbortController();
    const connection = await websocketConnect(url, { signal: controller.signal });
    controller.abort();
    await connection.closed;
    assertEquals(connection.closeCode, 1001);
  });
});

for (
  const [name, url, options] of [
    ["another scheme", "ftp://a.example/", {}],
    ["no URL", "a.example", {}],
    ["a subprotocol that is no token", "ws://a.example/", { subprotocols: ["a b"] }],
    ["a subprotocol twice", "ws://a.example/", { subprotocols: ["a", "a"] }],
    ["an invalid header", "ws://a.example/", { headers: { "a b": "c" } }],
  ] as [string, string, WebSocketConnectOptions][]
) {
  Deno.test(`websocketConnect refuses ${name}`, async () => {
    await assertRejects(() => websocketConnect(url, options), TypeError);
  });
}

Deno.test("websocketConnect refuses options that are out of range", async () => {
  await assertRejects(() => websocketConnect("ws://a.example/", { compressionOptions: { memLevel: 0 } }), RangeError);
});

Deno.test("websocketConnect logs a callback that fails, and closes with 1011", () =>
  expectLog({ level: "error", pattern: "Uncaught exception in a WebSocket callback", times: 1 }, async () => {
    const server = new Application([["/.*", Echo]], { logFunction: () => {} }).listen(0, { address: "127.0.0.1" });
    const connection = await websocketConnect(`ws://127.0.0.1:${server.port}/`, {
      onMessageCallback: (message) => {
        if (message !== null) throw new Error("broken");
      },
    });
    connection.writeMessage("x");
    await connection.closed;
    assertEquals(connection.closeCode, 1011);
    await server.close();
  }));
