import { assert, assertEquals, assertMatch, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { Application, type ApplicationSettings } from "@denado/denado";
import { WebSocketHandler } from "@denado/denado/web";
import { WebSocketClosedError, type WebSocketCompressionOptions, WebSocketProtocol13 } from "@denado/denado/websocket";
import { type ExpectedLog, expectLog, expectNoLog } from "../helpers/expect_log.ts";
import { type TestServer, withServer } from "../helpers/http_server.ts";
import { settle } from "../helpers/manual_clock.ts";
import { concat, hex, toBytes } from "../helpers/websocket_frames.ts";
import { handshake, type HandshakeOptions, WebSocketPeer } from "../helpers/websocket_peer.ts";

const TEXT = 1, BINARY = 2, PING = 9, PONG = 10;

/** What happened in the handlers of a test, in order. */
let events: string[] = [];

class Echo extends WebSocketHandler {
  override open(...args: unknown[]): unknown {
    events.push(`open ${args.join()}`);
    return undefined;
  }

  override onMessage(message: string | Uint8Array): unknown {
    return this.writeMessage(message);
  }

  override onClose(): void {
    events.push(`close ${this.closeCode} ${this.closeReason}`);
  }
}

type Handler = new (...args: ConstructorParameters<typeof WebSocketHandler>) => WebSocketHandler;

interface Serving {
  readonly settings?: ApplicationSettings;
  readonly log?: ExpectedLog | ExpectedLog[];
  readonly route?: string;
}

/** Serves one handler, and asserts that nothing is left behind. */
function serve(handler: Handler, test: (server: TestServer) => Promise<void>, options: Serving = {}): Promise<void> {
  events = [];
  const app = new Application([[options.route ?? "/(.*)", handler]], { logFunction: () => {}, ...options.settings });
  return expectLog(options.log ?? [], () => withServer(app, test));
}

async function open(server: TestServer, options?: HandshakeOptions): Promise<WebSocketPeer> {
  const { peer, head } = await WebSocketPeer.connect(server.port, options);
  assertStringIncludes(head, "HTTP/1.1 101 Switching Protocols\r\n");
  return peer;
}

/** Ends a connection in order. */
async function leave(peer: WebSocketPeer): Promise<void> {
  await peer.goodbye();
  while ((await peer.read()) !== undefined);
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 0));
}

// --- the handshake ---

Deno.test("WebSocketHandler accepts a handshake, and echoes", () =>
  serve(Echo, async (server) => {
    const { peer, head } = await WebSocketPeer.connect(server.port, { path: "/some/path" });
    assertMatch(head, /^HTTP\/1\.1 101 Switching Protocols\r\n/);
    for (
      const line of ["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="]
    ) {
      assertStringIncludes(head, `\r\n${line}\r\n`);
    }
    assert(!/Content-|Sec-WebSocket-(Protocol|Extensions)/.test(head), head);
    await peer.send({ opcode: TEXT, payload: "grün" }, { opcode: BINARY, payload: hex("00 ff") });
    assertEquals(await peer.readText(), "1:gr\xc3\xbcn");
    assertEquals(await peer.readText(), "2:\x00\xff");
    await leave(peer);
    await server.connectionsEnded();
    await until(() => events.length === 2);
    assertEquals(events, ["open some/path", "close 1000 "]);
  }));

Deno.test("WebSocketHandler takes frames that come with the handshake", () =>
  serve(Echo, async (server) => {
    const client = await server.connect();
    await client.send(handshake() + String.fromCharCode(0x81, 0x82, 0, 0, 0, 0) + "hi");
    const { status } = await client.read();
    assertEquals([status, await client.readBytes(4)], [101, "\x81\x02hi"]);
  }));

for (
  const [name, options, status, body] of [
    ["a plain GET", { fields: { Upgrade: null, Connection: null } }, 400, 'Can "Upgrade" only to "WebSocket".'],
    ["another protocol", { fields: { Upgrade: "h2c" } }, 400, 'Can "Upgrade" only to "WebSocket".'],
    ["no Connection", { fields: { Connection: "keep-alive" } }, 400, '"Connection" must be "Upgrade".'],
    ["no key", { fields: { "Sec-WebSocket-Key": null } }, 400, "Missing/Invalid WebSocket headers"],
    ["a short key", { fields: { "Sec-WebSocket-Key": "abc" } }, 400, "Sec-WebSocket-Key must be 16 bytes in base64"],
    ["version 12", { fields: { "Sec-WebSocket-Version": "12" } }, 426, "Upgrade Required"],
    ["no version", { fields: { "Sec-WebSocket-Version": null } }, 426, "Upgrade Required"],
    ["HTTP/1.0", { version: "HTTP/1.0" }, 400, "WebSocket needs HTTP/1.1"],
    ["invalid extensions", { fields: { "Sec-WebSocket-Extensions": "a;;b" } }, 400, "Invalid Sec-WebSocket-Extensions"],
    ["a foreign origin", { fields: { Origin: "http://b.example" } }, 403, "Cross origin websockets not allowed"],
    ["a subdomain as origin", { fields: { Origin: "http://c.a.example" } }, 403, "Cross origin websockets not allowed"],
    ["an origin without a scheme", { fields: { Origin: "a.example" } }, 403, "Cross origin websockets not allowed"],
    [
      "an old origin field",
      { fields: { "Sec-WebSocket-Origin": "http://b.example" } },
      403,
      "Cross origin websockets not allowed",
    ],
  ] as [string, HandshakeOptions, number, string][]
) {
  Deno.test(`WebSocketHandler answers ${status} to ${name}`, () =>
    serve(Echo, async (server) => {
      const client = await server.connect();
      const response = await client.request(handshake(options));
      assertEquals([response.status, response.body], [status, body]);
      assertEquals(response.headers.get("sec-websocket-version"), status === 426 ? ["7, 8, 13"] : undefined);
      assertEquals(events, []);
    }));
}

Deno.test("WebSocketHandler answers 405 to other methods", () =>
  serve(Echo, async (server) => {
    const client = await server.connect();
    for (const method of ["HEAD", "POST"]) {
      assertEquals((await client.request(handshake({ method, fields: { "Content-Length": "0" } }))).status, 405);
    }
  }));

for (
  const fields of [{ Origin: "http://a.example" }, { Origin: "https://A.example/path" }, {
    Host: "A.Example",
    Origin: "http://a.example",
  }]
) {
  Deno.test(`WebSocketHandler accepts ${JSON.stringify(fields)}`, () =>
    serve(Echo, async (server) => await leave(await open(server, { fields }))));
}

Deno.test("WebSocketHandler.checkOrigin may take its time, and sees the request", () => {
  class Allowing extends Echo {
    override async checkOrigin(origin: string): Promise<boolean> {
      await Promise.resolve();
      return origin === "https://partner.example" && this.request.path === "/";
    }
  }
  return serve(Allowing, async (server) => {
    await leave(await open(server, { fields: { Origin: "https://partner.example" } }));
    const client = await server.connect();
    assertEquals((await client.request(handshake({ fields: { Origin: "https://a.example" } }))).status, 403);
  });
});

Deno.test("WebSocketHandler lets prepare refuse, take its time and set headers and cookies", () => {
  class Prepared extends Echo {
    override async prepare(): Promise<void> {
      await Promise.resolve();
      if (this.request.path === "/no") return void this.setStatus(402), void this.finish("pay first");
      this.setHeader("X-Prepared", "yes");
      this.setCookie("seen", "1");
    }
  }
  return serve(Prepared, async (server) => {
    const { peer, head } = await WebSocketPeer.connect(server.port);
    assertStringIncludes(head, "\r\nX-Prepared: yes\r\n");
    assertStringIncludes(head, "\r\nSet-Cookie: seen=1");
    await leave(peer);
    const client = await server.connect();
    assertEquals((await client.request(handshake({ path: "/no" }))).body, "pay first");
  });
});

Deno.test("WebSocketHandler.open gets named groups as one object", () => {
  class Room extends WebSocketHandler {
    override open({ room }: { room: string }): void {
      this.writeMessage(`This is ${room}`);
      this.close();
    }
  }
  return serve(Room, async (server) => {
    const peer = await open(server, { path: "/room/blue" });
    assertEquals(await peer.readText(), "1:This is blue");
    await leave(peer);
  }, { route: "/room/(?<room>.*)" });
});

Deno.test("WebSocketHandler.selectSubprotocol is called once, and its choice is known to both", () => {
  const asked: string[][] = [];
  class Choosy extends WebSocketHandler {
    override selectSubprotocol(subprotocols: readonly string[]): string | null {
      asked.push([...subprotocols]);
      return subprotocols.includes("good") ? "good" : null;
    }

    override open(): void {
      this.writeMessage(`subprotocol=${this.selectedSubprotocol}`);
    }
  }
  return serve(Choosy, async (server) => {
    for (
      const [offer, line, text] of [["bad, good", /\r\nSec-WebSocket-Protocol: good\r\n/, "good"], [
        null,
        /^(?!.*Protocol:)/s,
        "undefined",
      ]] as const
    ) {
      const { peer, head } = await WebSocketPeer.connect(server.port, { fields: { "Sec-WebSocket-Protocol": offer } });
      assertMatch(head, line);
      assertEquals(await peer.readText(), `1:subprotocol=${text}`);
      await leave(peer);
    }
    assertEquals(asked, [["bad", "good"], []]);
  });
});

Deno.test("WebSocketHandler answers 500 when a subprotocol is chosen that was not proposed", () => {
  class Wrong extends Echo {
    override selectSubprotocol(): string {
      return "mine";
    }
  }
  return serve(Wrong, async (server) => {
    const client = await server.connect();
    assertEquals((await client.request(handshake())).status, 500);
    assertEquals(events, []);
  }, { log: { level: "error", pattern: 'not proposed: "mine"' } });
});

Deno.test("WebSocketHandler logs the handshake as a request with status 101", () => {
  const logged: [number, string][] = [];
  const settings = {
    logFunction: (handler: { getStatus(): number; request: { uri: string } }) =>
      void logged.push([handler.getStatus(), handler.request.uri]),
  };
  return serve(Echo, async (server) => {
    await leave(await open(server, { path: "/log" }));
    assertEquals(logged, [[101, "/log"]]);
  }, { settings });
});

// --- compression ---

class Compressing extends Echo {
  override getCompressionOptions(): WebSocketCompressionOptions {
    return { threshold: 0 };
  }
}

Deno.test("WebSocketHandler compresses only when both sides want it", async () => {
  for (
    const [handler, offer, expected] of [
      [Echo, "permessage-deflate", null],
      [Compressing, null, null],
      [Compressing, "permessage-deflate; unknown", null],
      [Compressing, "permessage-deflate; client_max_window_bits", "permessage-deflate"],
    ] as const
  ) {
    await serve(handler, async (server) => {
      const { peer, head } = await WebSocketPeer.connect(server.port, {
        fields: { "Sec-WebSocket-Extensions": offer },
      });
      assertEquals(/Sec-WebSocket-Extensions: (.*)\r\n/.exec(head)?.[1] ?? null, expected);
      await peer.send({ opcode: TEXT, payload: "a".repeat(1000) });
      const { rsv, payload } = (await peer.read())!;
      assertEquals([rsv, payload.length < 20], expected === null ? [0, false] : [4, true]);
      await leave(peer);
    });
  }
});

Deno.test("WebSocketHandler answers 500 to compression options that are out of range", () => {
  class Wrong extends Echo {
    override getCompressionOptions(): WebSocketCompressionOptions {
      return { compressionLevel: 10 };
    }
  }
  return serve(Wrong, async (server) => {
    const client = await server.connect();
    assertEquals((await client.request(handshake())).status, 500);
  }, { log: { level: "error", pattern: "compressionLevel must be" } });
});

// --- messages ---

Deno.test("WebSocketHandler holds messages back until open is done", () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  class Slow extends Echo {
    override async open(): Promise<void> {
      await promise;
      this.writeMessage("opened");
    }
  }
  return serve(Slow, async (server) => {
    const peer = await open(server);
    await peer.send({ opcode: TEXT, payload: "early" });
    await settle();
    resolve();
    assertEquals([await peer.readText(), await peer.readText()], ["1:opened", "1:early"]);
    await leave(peer);
  });
});

Deno.test("WebSocketHandler sees pings and pongs, and sends pings", () => {
  class Pinging extends Echo {
    override onPing(data: Uint8Array): void {
      this.writeMessage(`got ping ${new TextDecoder().decode(data)}`);
      assertThrows(() => this.ping("x".repeat(126)), RangeError);
      this.ping("back");
    }

    override onPong(data: Uint8Array): void {
      this.writeMessage(`got pong ${new TextDecoder().decode(data)}`);
    }
  }
  return serve(Pinging, async (server) => {
    const peer = await open(server);
    await peer.send({ opcode: PING, payload: "hi" });
    assertEquals([await peer.readText(), await peer.readText(), await peer.readText()], [
      "10:hi",
      "1:got ping hi",
      "9:back",
    ]);
    await peer.send({ opcode: PONG, payload: "back" });
    assertEquals(await peer.readText(), "1:got pong back");
    await leave(peer);
  });
});

Deno.test("WebSocketHandler takes messages in a loop, also within open", () => {
  class Loop extends WebSocketHandler {
    override async open(): Promise<void> {
      for await (const message of this) {
        if (message === "stop") break;
        await this.writeMessage(`first ${message}`);
      }
      for await (const message of this) await this.writeMessage(`second ${message}`);
      events.push("loop ended");
    }

    override onClose(): void {
      events.push("closed");
    }
  }
  return serve(Loop, async (server) => {
    const peer = await open(server);
    await peer.send(...["a", "stop", "b"].map((payload) => ({ opcode: TEXT, payload })));
    assertEquals([await peer.readText(), await peer.readText()], ["1:first a", "1:second b"]);
    await leave(peer);
    await until(() => events.length === 2);
    assertEquals(events, ["closed", "loop ended"]);
  });
});

Deno.test("WebSocketHandler streams one message in fragments", () => {
  class Streaming extends WebSocketHandler {
    override async onMessage(): Promise<void> {
      await this.writeStream(ReadableStream.from(["a", "b"]));
    }
  }
  return serve(Streaming, async (server) => {
    const peer = await open(server);
    await peer.send({ opcode: TEXT });
    assertEquals([await peer.readText(), await peer.readText(), await peer.readText()], ["1:a", "0:b", "0:"]);
    await leave(peer);
  });
});

Deno.test("WebSocketHandler limits messages by the setting, or by an override", async () => {
  class Smaller extends Echo {
    override get maxMessageSize(): number {
      return 10;
    }
  }
  for (const [handler, size] of [[Echo, 1025], [Smaller, 11]] as const) {
    await serve(handler, async (server) => {
      const peer = await open(server);
      await peer.send({ opcode: TEXT, payload: "x".repeat(size) });
      assertEquals(await peer.readClose(), [1009, "message too big"]);
      await leave(peer);
    }, { settings: { websocketMaxMessageSize: 1024 } });
  }
});

Deno.test("WebSocketHandler pings by the settings, and closes on a client that is silent", () =>
  serve(Echo, async (server) => {
    const peer = await open(server);
    await server.clock.advance(10_000);
    assertEquals(await peer.readText(), "9:");
    await server.clock.advance(2001);
    assertEquals(await peer.readClose(), [1000, "ping timed out"]);
    await leave(peer);
  }, { settings: { websocketPingIntervalMs: 10_000, websocketPingTimeoutMs: 2000 } }));

// --- the end ---

for (
  const [name, payload, event] of [
    ["a code and a reason", concat([hex("0f a1"), toBytes("bye")]), "close 4001 bye"],
    ["nothing", "", "close undefined "],
  ] as const
) {
  Deno.test(`WebSocketHandler.onClose learns of ${name}`, () =>
    serve(Echo, async (server) => {
      const peer = await open(server);
      await peer.send({ opcode: 8, payload });
      while ((await peer.read()) !== undefined);
      await until(() => events.length === 2);
      assertEquals(events[1], event);
    }));
}

Deno.test("WebSocketHandler closes with code and reason, and can send nothing more", () => {
  let handler!: WebSocketHandler;
  class Closing extends Echo {
    override async onMessage(): Promise<void> {
      handler = this;
      this.close(4000, "enough");
      await assertRejects(() => this.writeMessage("x"), WebSocketClosedError);
      assertThrows(() => this.ping(), WebSocketClosedError);
    }
  }
  return serve(Closing, async (server) => {
    const peer = await open(server);
    await peer.send({ opcode: TEXT }, { opcode: TEXT });
    assertEquals(await peer.readClose(), [4000, "enough"]);
    await leave(peer);
    await until(() => events.length === 2);
    assertEquals(events[1], "close 1000 ");
    assertEquals(handler.wsConnection, undefined);
    await assertRejects(() => handler.writeMessage("x"), WebSocketClosedError);
    await assertRejects(() => handler.writeStream(["x"]), WebSocketClosedError);
    assertThrows(() => handler.ping(), WebSocketClosedError);
    handler.close();
    handler.setNodelay(true);
    for await (const _ of handler) throw new Error("There are no messages any more");
  });
});

Deno.test("WebSocketHandler.onClose is called once when the client vanishes", () =>
  serve(Echo, async (server) => {
    const peer = await open(server);
    peer.stream.close();
    await until(() => events.length === 2);
    await settle();
    assertEquals(events, ["open ", "close undefined undefined"]);
  }));

for (
  const [name, fail] of [
    [
      "open throws",
      class extends Echo {
        override open(): void {
          throw new Error("broken");
        }
      },
    ],
    [
      "open rejects",
      class extends Echo {
        override open(): Promise<void> {
          return Promise.reject(new Error("broken"));
        }
      },
    ],
    [
      "onMessage throws",
      class extends Echo {
        override onMessage(): void {
          throw new Error("broken");
        }
      },
    ],
    [
      "onMessage rejects",
      class extends Echo {
        override onMessage(): Promise<void> {
          return Promise.reject(new Error("broken"));
        }
      },
    ],
    [
      "there is no onMessage",
      class extends WebSocketHandler {
        override onClose(): void {
          events.push(`close ${this.closeCode} ${this.closeReason}`);
        }
      },
    ],
  ] as [string, Handler][]
) {
  Deno.test(`WebSocketHandler logs it and closes with 1011 when ${name}`, () =>
    serve(fail, async (server) => {
      const peer = await open(server);
      await peer.send({ opcode: TEXT, payload: "x" });
      assertEquals((await peer.readClose())[0], 1011);
      await peer.goodbye(1011);
      while ((await peer.read()) !== undefined);
      await until(() => events.at(-1) === "close 1011 ");
    }, { log: { level: "error", category: "denado.application", pattern: /broken|has no onMessage/, times: 1 } }));
}

Deno.test("WebSocketHandler has no HTTP methods after the handshake", () => {
  const refused: string[] = [];
  class Probing extends WebSocketHandler {
    override open(): void {
      for (
        const [name, call] of Object.entries({
          write: () => this.write("x"),
          redirect: () => this.redirect("/"),
          setHeader: () => this.setHeader("A", "b"),
          setCookie: () => this.setCookie("a", "b"),
          setStatus: () => this.setStatus(200),
          flush: () => this.flush(),
          finish: () => this.finish(),
        })
      ) {
        assertThrows(call, Error, "not supported for WebSockets");
        refused.push(name);
      }
    }
  }
  return serve(Probing, async (server) => {
    await leave(await open(server));
    assertEquals(refused.length, 7);
  });
});

Deno.test("HTTPServer.close tells WebSockets that it goes away, also those that begin meanwhile", () =>
  expectNoLog(async () => {
    events = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    class Slow extends Echo {
      override async prepare(): Promise<void> {
        if (this.request.path === "/late") await promise;
      }
    }
    const server = new Application([["/.*", Slow]], { logFunction: () => {} }).listen(0, { address: "127.0.0.1" });
    const { peer } = await WebSocketPeer.connect(server.port!);
    const late = WebSocketPeer.connect(server.port!, { path: "/late" });
    await until(() => server.connectionCount === 1);
    const closed = server.close({ timeoutMs: 5000 });
    assertEquals(await peer.readClose(), [1001, ""]);
    await leave(peer);
    resolve();
    const { peer: latePeer, head } = await late;
    assertMatch(head, /^HTTP\/1\.1 101 /);
    assertEquals(await latePeer.readClose(), [1001, ""]);
    await leave(latePeer);
    await closed;
    await until(() => events.filter((event) => event.startsWith("close")).length === 2);
  }));

// --- what else may be overridden ---

Deno.test("WebSocketHandler.getWebsocketProtocol makes the connection, which may be of a class of one's own", () => {
  class Shouting extends WebSocketProtocol13 {
    override writeMessage(message: string): Promise<void> {
      return super.writeMessage(message.toUpperCase());
    }
  }
  class Own extends Echo {
    override getWebsocketProtocol(
      ...[stream, delegate, options]: Parameters<WebSocketHandler["getWebsocketProtocol"]>
    ): WebSocketProtocol13 {
      return new Shouting("server", stream, delegate, options);
    }
  }
  return serve(Own, async (server) => {
    const peer = await open(server);
    await peer.send({ opcode: TEXT, payload: "quiet" });
    assertEquals(await peer.readText(), "1:QUIET");
    await leave(peer);
  });
});

Deno.test("WebSocketHandler.onWsConnectionClose learns code and reason before onClose, which it calls", () => {
  class Own extends Echo {
    override onWsConnectionClose(code: number | undefined, reason: string | undefined): unknown {
      events.push(`closing ${code} ${reason} ${this.closeCode}`);
      return super.onWsConnectionClose(code, reason);
    }
  }
  return serve(Own, async (server) => {
    await leave(await open(server));
    await until(() => events.length === 3);
    assertEquals(events, ["open ", "closing 1000  undefined", "close 1000 "]);
  });
});
