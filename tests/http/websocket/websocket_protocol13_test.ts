import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { IOStream } from "@denado/denado/tcp";
import {
  PreparedMessage,
  WebSocketClosedError,
  type WebSocketDelegate,
  WebSocketProtocol13,
  type WebSocketProtocolOptions,
  type WebSocketRole,
} from "@denado/denado/websocket";
import { type ExpectedLog, expectLog } from "../../helpers/expect_log.ts";
import { settle } from "../../helpers/manual_clock.ts";
import { type ManualLoop, withManualLoop } from "../../helpers/manual_loop.ts";
import { type MemoryHost, memoryHosts } from "../../helpers/memory_pair.ts";
import { ByteChannel } from "@denado/denado/ioloop";
import { concat, frame, hex, toBytes } from "../../helpers/websocket_frames.ts";
import { WebSocketPeer } from "../../helpers/websocket_peer.ts";

/** Keeps what it is told; the hooks may be replaced. */
class Recorder implements WebSocketDelegate {
  readonly events: string[] = [];
  message: (message: string | Uint8Array) => unknown = () => {};

  onMessage(message: string | Uint8Array): unknown {
    this.events.push(typeof message === "string" ? message : `bytes ${[...message]}`);
    return this.message(message);
  }

  onPing(data: Uint8Array): void {
    this.events.push(`ping ${String.fromCharCode(...data)}`);
  }

  onPong(data: Uint8Array): void {
    this.events.push(`pong ${String.fromCharCode(...data)}`);
  }

  onWsConnectionClose(code: number | undefined, reason: string | undefined): void {
    this.events.push(`closed ${code} ${reason}`);
  }

  logException(error: unknown): void {
    this.events.push(`failed: ${(error as Error).message}`);
  }
}

interface Scene extends ManualLoop {
  readonly recorder: Recorder;
  readonly connection: WebSocketProtocol13;
  readonly peer: WebSocketPeer;
  readonly hosts: readonly MemoryHost[];
}

interface SceneOptions extends WebSocketProtocolOptions {
  readonly role?: WebSocketRole;
  readonly capacity?: number;
  readonly maxWriteBufferSize?: number;
  readonly log?: ExpectedLog[];
  /** Whether the connection is started by the test. */
  readonly waits?: boolean;
}

function testConnection(name: string, options: SceneOptions, body: (scene: Scene) => Promise<void>): void {
  Deno.test(`WebSocketProtocol13 ${name}`, () =>
    expectLog(options.log ?? [], () =>
      withManualLoop(async (manual) => {
        const hosts = memoryHosts(options.capacity);
        const [own, other] = hosts.map((host) => new ByteChannel(host));
        const { maxWriteBufferSize } = options;
        const limits = maxWriteBufferSize === undefined ? {} : { maxWriteBufferSize };
        const stream = new IOStream(own!, { ioLoop: manual.loop, ...limits });
        const peer = new WebSocketPeer(new IOStream(other!, { ioLoop: manual.loop }));
        const recorder = new Recorder();
        const connection = new WebSocketProtocol13(options.role ?? "server", stream, recorder, options);
        if (!options.waits) connection.start();
        await body({ ...manual, recorder, connection, peer, hosts });
        peer.stream.close();
        connection.abort();
        await settle();
        assertEquals(recorder.events.filter((event) => event.startsWith("closed")).length, 1, "closes told");
        assertEquals(manual.clock.armed, 0, "timers that are armed");
      })));
}

const TEXT = 1, BINARY = 2, CLOSE = 8, PING = 9, PONG = 10;

// --- messages ---

testConnection("delivers messages in order, and answers pings", {}, async ({ peer, recorder }) => {
  await peer.send(
    { opcode: TEXT, payload: "one" },
    { opcode: PING, payload: "p" },
    { opcode: BINARY, payload: hex("01 02") },
    { opcode: PONG, payload: "q" },
    { opcode: TEXT, fin: false, payload: "thr" },
    { opcode: 0, payload: "ee" },
  );
  assertEquals(await peer.readText(), "10:p");
  await settle();
  assertEquals(recorder.events, ["one", "ping p", "bytes 1,2", "pong q", "three"]);
});

testConnection(
  "sends what answers a batch of messages in one write",
  {},
  async ({ peer, recorder, connection, hosts }) => {
    recorder.message = (message) => void connection.writeMessage(message);
    await peer.send(...Array.from({ length: 20 }, (_, at) => ({ opcode: TEXT, payload: `message ${at}` })));
    for (let at = 0; at < 20; at++) assertEquals(await peer.readText(), `1:message ${at}`);
    assertEquals(hosts[0]!.writes.length, 1);
  },
);

testConnection("lets others have their turn within a long batch", {}, async ({ peer, recorder, loop }) => {
  let calls = 0;
  let seenAt = -1;
  recorder.message = () => {
    if (++calls === 1) loop.addCallback(() => seenAt = calls);
  };
  await peer.send(...Array.from({ length: 500 }, () => ({ opcode: TEXT, payload: "x" })));
  await settle();
  assertEquals([calls, seenAt > 0 && seenAt < 200], [500, true]);
});

testConnection("holds messages back until the promise of the one before is kept", {}, async ({ peer, recorder }) => {
  const waiting: (() => void)[] = [];
  recorder.message = () => new Promise<void>((resolve) => waiting.push(resolve));
  await peer.send({ opcode: TEXT, payload: "a" }, { opcode: PING }, { opcode: TEXT, payload: "b" });
  await settle();
  assertEquals(recorder.events, ["a"]);
  waiting.shift()!();
  assertEquals(await peer.readText(), "10:");
  await settle();
  assertEquals(recorder.events, ["a", "ping ", "b"]);
  waiting.shift()!();
});

testConnection("does not read before it is started", { waits: true }, async ({ peer, recorder, connection }) => {
  await peer.send({ opcode: TEXT, payload: "early" });
  await settle();
  assertEquals(recorder.events, []);
  connection.start();
  connection.start();
  await settle();
  assertEquals(recorder.events, ["early"]);
});

testConnection("writes text, bytes and objects", {}, async ({ peer, connection }) => {
  await connection.writeMessage("grün");
  await connection.writeMessage(hex("01 02"));
  await connection.writeMessage({ a: 1 });
  await connection.writeMessage("x", { binary: true });
  await connection.writeMessage(toBytes("y"), { binary: false });
  await connection.writeMessage(new PreparedMessage("for all"));
  connection.writePing("ping");
  const texts = [];
  for (let count = 0; count < 7; count++) texts.push(await peer.readText());
  assertEquals(texts, ["1:gr\xc3\xbcn", "2:\x01\x02", '1:{"a":1}', "2:x", "1:y", "1:for all", "9:ping"]);
  assertThrows(() => connection.writePing("x".repeat(126)), RangeError);
  assertThrows(() => connection.writeMessage([1] as never), TypeError);
});

testConnection("masks as a client", { role: "client" }, async ({ peer, connection, recorder }) => {
  connection.writeMessage("hello");
  assertEquals((await peer.read())!.masked, true);
  await peer.send({ opcode: TEXT, payload: "hi", mask: null });
  await settle();
  assertEquals(recorder.events, ["hi"]);
});

// --- back pressure ---

testConnection(
  "keeps the promise of writeMessage when the peer reads",
  { capacity: 1000 },
  async ({ connection, peer }) => {
    const message = "x".repeat(50_000);
    await connection.writeMessage(message); // little waits
    let kept = false;
    const written = connection.writeMessage(message).then(() => kept = true);
    await settle();
    assertEquals([kept, connection.bufferedBytes > 65_536], [false, true]);
    assertEquals((await peer.read())!.payload.length, 50_000);
    assertEquals((await peer.read())!.payload.length, 50_000);
    await written;
    assertEquals(connection.bufferedBytes, 0);
  },
);

testConnection("reads no more than it can answer to a peer that does not read", { capacity: 1000 }, async (scene) => {
  const { connection, peer, recorder } = scene;
  recorder.message = (message) => void connection.writeMessage(message);
  const message = frame({ opcode: TEXT, payload: "x".repeat(20_000) });
  const sent = peer.send(concat(Array(50).fill(message)));
  await settle();
  assert(connection.bufferedBytes < 120_000, `${connection.bufferedBytes}`);
  assert(recorder.events.length < 6, `${recorder.events.length}`);
  for (let count = 0; count < 50; count++) assertEquals((await peer.read())!.payload.length, 20_000);
  await sent;
});

testConnection("closes on a peer that reads nothing for too long", {
  capacity: 1000,
  writeTimeoutMs: 1000,
}, async ({ connection, peer, recorder, clock }) => {
  const written = connection.writeMessage("x".repeat(100_000));
  await clock.advance(900);
  await peer.stream.readBytes(10_000);
  await clock.advance(900); // something was taken meanwhile
  assertEquals(recorder.events, []);
  await clock.advance(1100);
  assertEquals(recorder.events, ["closed undefined undefined"]);
  const error = await assertRejects(() => written, WebSocketClosedError);
  assertEquals((error.cause as Error).name, "StreamClosedError");
});

testConnection(
  "ends when a message does not fit in the limit for output",
  { maxWriteBufferSize: 1000 },
  async (scene) => {
    await assertRejects(() => scene.connection.writeMessage("x".repeat(2000)), WebSocketClosedError);
    assertEquals(scene.connection.isClosing, true);
  },
);

// --- one message in fragments ---

testConnection("sends a source in fragments, and what is written meanwhile behind it, in order", {}, async (scene) => {
  const { connection, peer } = scene;
  const { promise, resolve } = Promise.withResolvers<void>();
  async function* chunks() {
    yield "a";
    await promise;
    yield "b";
  }
  const first = connection.writeStream(chunks());
  const second = connection.writeMessage("m");
  const third = connection.writeStream([hex("07")]);
  const fourth = connection.writeMessage("n");
  await settle();
  connection.writePing();
  assertEquals(connection.isSending, true);
  resolve();
  await Promise.all([first, second, third, fourth]);
  await settle();
  assertEquals(connection.isSending, false);
  const frames = [];
  for (let count = 0; count < 8; count++) frames.push((await peer.read())!);
  assertEquals(frames.map(({ fin, opcode, payload }) => [fin, opcode, String.fromCharCode(...payload)]), [
    [false, 1, "a"],
    [true, 9, ""],
    [false, 0, "b"],
    [true, 0, ""],
    [true, 1, "m"],
    [false, 2, "\x07"],
    [true, 0, ""],
    [true, 1, "n"],
  ]);
});

testConnection("closes with 1011 when a source fails within a message", {}, async ({ connection, peer }) => {
  const written = connection.writeStream((function* () {
    yield "a";
    throw new Error("no more");
  })());
  const behind = connection.writeMessage("behind");
  await assertRejects(() => written, Error, "no more");
  await assertRejects(() => behind, WebSocketClosedError);
  assertEquals(await peer.readText(), "1:a");
  assertEquals((await peer.readClose())[0], 1011);
});

testConnection("stays open when a source fails before its first chunk", {}, async ({ connection, peer }) => {
  await assertRejects(() => connection.writeStream([7 as never]), TypeError);
  await connection.writeMessage("still here");
  assertEquals(await peer.readText(), "1:still here");
});

// --- closing ---

testConnection("answers a close frame, waits for the peer to go, and tells of it", {}, async ({ peer, recorder }) => {
  await peer.send({ opcode: TEXT, payload: "last" }, {
    opcode: CLOSE,
    payload: concat([hex("0f a1"), toBytes("bye")]),
  });
  assertEquals(await peer.readClose(), [4001, ""]);
  assertEquals(await peer.read(), undefined);
  await settle();
  assertEquals(recorder.events, ["last", "closed 4001 bye"]);
});

testConnection("closes, and tells of the peer's answer", {}, async ({ connection, peer, recorder }) => {
  connection.close(4000, "enough");
  assertEquals([connection.isClosing, await peer.readClose()], [true, [4000, "enough"]]);
  await assertRejects(() => connection.writeMessage("x"), WebSocketClosedError);
  await assertRejects(() => connection.writeStream(["x"]), WebSocketClosedError);
  assertThrows(() => connection.writePing(), WebSocketClosedError);
  await peer.send({ opcode: TEXT, payload: "too late" });
  await peer.goodbye(4000);
  assertEquals(await peer.read(), undefined);
  await settle();
  assertEquals(recorder.events, ["closed 4000 "]);
});

testConnection("closes before it was started", { waits: true }, async ({ connection, peer, recorder }) => {
  await peer.send({ opcode: TEXT, payload: "nobody is there" });
  connection.close();
  assertEquals(await peer.readClose(), [undefined, ""]);
  await peer.goodbye();
  await peer.read();
  await settle();
  assertEquals(recorder.events, ["closed 1000 "]);
});

testConnection("closes also while a callback takes its time", {}, async ({ connection, peer, recorder }) => {
  recorder.message = () => new Promise(() => {});
  await peer.send({ opcode: TEXT, payload: "a" }, { opcode: TEXT, payload: "b" });
  await settle();
  connection.close(1000);
  assertEquals(await peer.readClose(), [1000, ""]);
  await peer.goodbye();
  assertEquals(await peer.read(), undefined);
  await settle();
  assertEquals(recorder.events, ["a", "closed 1000 "]);
});

testConnection("sends all that waits before the close frame", { capacity: 1000 }, async ({ connection, peer }) => {
  const written = connection.writeMessage("x".repeat(100_000));
  connection.close(1000);
  assertEquals((await peer.read())!.payload.length, 100_000);
  assertEquals(await peer.readClose(), [1000, ""]);
  await peer.goodbye();
  assertEquals(await peer.read(), undefined);
  await written;
});

testConnection(
  "does not wait for the answer to a close frame for ever",
  {},
  async ({ connection, clock, recorder }) => {
    connection.close(1000);
    await clock.advance(4999);
    assertEquals(recorder.events, []);
    await clock.advance(2);
    assertEquals(recorder.events, ["closed undefined undefined"]);
  },
);

testConnection(
  "does not wait for a peer that stays after the handshake for ever",
  {},
  async ({ peer, clock, recorder }) => {
    await peer.goodbye();
    await peer.readClose();
    await clock.advance(4999);
    assertEquals(recorder.events, []);
    await clock.advance(2);
    assertEquals(recorder.events, ["closed 1000 "]);
  },
);

testConnection(
  "as a client lets the server close the stream",
  { role: "client" },
  async ({ connection, peer, hosts, recorder }) => {
    connection.close(1000);
    await peer.readClose();
    await peer.send({ opcode: CLOSE, payload: hex("03 e8"), mask: null });
    await settle();
    assertEquals(hosts[0]!.closed, false);
    peer.stream.close();
    await settle();
    assertEquals([hosts[0]!.closed, recorder.events], [true, ["closed 1000 "]]);
  },
);

testConnection("refuses a code that may not be sent, and goes on", {}, async ({ connection, peer }) => {
  assertThrows(() => connection.close(1006), RangeError);
  await connection.writeMessage("still here");
  assertEquals(await peer.readText(), "1:still here");
});

testConnection("tells of a peer that is gone without a word", {}, async ({ peer, recorder, connection }) => {
  peer.stream.close();
  await settle();
  assertEquals([recorder.events, connection.isClosing], [["closed undefined undefined"], true]);
});

testConnection("tells of a connection that breaks, also while a promise is awaited", {}, async (scene) => {
  const { peer, recorder, hosts } = scene;
  recorder.message = () => new Promise(() => {});
  await peer.send({ opcode: TEXT, payload: "a" }, { opcode: TEXT, payload: "b" });
  await settle();
  hosts[0]!.reset();
  await settle();
  assertEquals(recorder.events, ["a", "closed undefined undefined"]);
});

testConnection("delivers what a peer has sent before it went", {}, async ({ peer, recorder }) => {
  await peer.send({ opcode: TEXT, payload: "a" }, { opcode: TEXT, payload: "b" });
  peer.stream.close();
  await settle();
  assertEquals(recorder.events, ["a", "b", "closed undefined undefined"]);
});

testConnection("delivers nothing more after abort", {}, async ({ peer, recorder, connection }) => {
  recorder.message = () => connection.abort();
  await peer.send({ opcode: TEXT, payload: "a" }, { opcode: TEXT, payload: "b" });
  await settle();
  assertEquals(recorder.events, ["a", "closed undefined undefined"]);
});

// --- what goes wrong ---

for (
  const [name, input, code, reason] of [
    ["an unmasked frame", hex("81 00"), 1002, "frame is not masked"],
    ["a message that is too big", hex("82 fe 01 00 00 00 00 00"), 1009, "message too big"],
    ["text that is not UTF-8", frame({ opcode: TEXT, payload: hex("ff") }), 1007, "invalid UTF-8 in text message"],
  ] as const
) {
  testConnection(`answers ${name} with ${code}, reads the rest and closes`, { maxMessageSize: 100 }, async (scene) => {
    const { peer, recorder } = scene;
    await peer.send(frame({ opcode: TEXT, payload: "ok" }), input, new Uint8Array(1000));
    assertEquals(await peer.readClose(), [code, reason]);
    assertEquals(await peer.read(), undefined);
    await settle();
    assertEquals(recorder.events, ["ok", "closed undefined undefined"]);
  });
}

for (
  const [name, fail] of [
    ["throws", () => {
      throw new Error("broken");
    }],
    ["rejects", () => Promise.reject(new Error("broken"))],
  ] as const
) {
  testConnection(
    `closes with 1011 when onMessage ${name}, and delivers nothing more`,
    {},
    async ({ peer, recorder }) => {
      recorder.message = fail;
      await peer.send({ opcode: TEXT, payload: "a" }, { opcode: TEXT, payload: "b" });
      assertEquals(await peer.readClose(), [1011, ""]);
      await peer.goodbye(1011);
      assertEquals(await peer.read(), undefined);
      await settle();
      assertEquals(recorder.events, ["a", "failed: broken", "closed 1011 "]);
    },
  );
}

testConnection("survives callbacks that all fail", {
  log: [{ level: "error", pattern: "Error in logException", times: 2 }],
}, async ({ peer, recorder }) => {
  recorder.logException = () => {
    throw new Error("this too");
  };
  recorder.onPing = () => {
    throw new Error("broken");
  };
  const { onWsConnectionClose } = recorder;
  recorder.onWsConnectionClose = (code, reason) => {
    onWsConnectionClose.call(recorder, code, reason);
    throw new Error("broken");
  };
  await peer.send({ opcode: PING });
  assertEquals(await peer.readText(), "10:");
  assertEquals((await peer.readClose())[0], 1011);
  await peer.goodbye();
  await peer.read();
  await settle();
});

// --- pings ---

testConnection("pings, and closes with 1000 when the peer does not answer", {
  pingIntervalMs: 1000,
  pingTimeoutMs: 300,
}, async ({ peer, clock, recorder }) => {
  await clock.advance(1000);
  assertEquals(await peer.readText(), "9:");
  await peer.send({ opcode: PONG });
  await clock.advance(1000);
  assertEquals(await peer.readText(), "9:");
  await peer.send({ opcode: TEXT, payload: "a sign of life" });
  await clock.advance(1000);
  assertEquals(await peer.readText(), "9:");
  await clock.advance(301);
  assertEquals(await peer.readClose(), [1000, "ping timed out"]);
  await peer.goodbye();
  await peer.read();
  await settle();
  assertEquals(recorder.events, ["pong ", "a sign of life", "closed 1000 "]);
});

testConnection("does not blame the peer while a handler takes its time", { pingIntervalMs: 1000 }, async (scene) => {
  const { peer, clock, recorder } = scene;
  const { promise, resolve } = Promise.withResolvers<void>();
  recorder.message = () => promise;
  await peer.send({ opcode: TEXT, payload: "slow" });
  await clock.advance(5500);
  resolve();
  for (let count = 0; count < 3; count++) assertEquals(await peer.readText(), "9:");
  assertEquals(recorder.events, ["slow"]);
});
