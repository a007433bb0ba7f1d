import { assert, assertEquals, assertThrows } from "@std/assert";
import { IOStream } from "@denado/denado/tcp";
import { ByteChannel } from "@denado/denado/ioloop";
import {
  Broadcast,
  type BroadcastOptions,
  PreparedMessage,
  type WebSocketDelegate,
  WebSocketProtocol13,
} from "@denado/denado/websocket";
import { settle } from "../../helpers/manual_clock.ts";
import { memoryHosts } from "../../helpers/memory_pair.ts";
import { hex, toBytes } from "../../helpers/websocket_frames.ts";
import { WebSocketPeer } from "../../helpers/websocket_peer.ts";

const SILENT: WebSocketDelegate = {
  onMessage: () => {},
  onPing: () => {},
  onPong: () => {},
  onWsConnectionClose: () => {},
  logException: (error) => {
    throw error;
  },
};

/** A receiver whose transport holds so many bytes before the peer has to read. */
function receiver(capacity?: number) {
  const [own, other] = memoryHosts(capacity).map((host) => new IOStream(new ByteChannel(host)));
  const wsConnection = new WebSocketProtocol13("server", own!, SILENT);
  wsConnection.start();
  return { wsConnection, peer: new WebSocketPeer(other!) };
}

async function withReceivers(
  options: BroadcastOptions,
  body: (broadcast: Broadcast, receivers: ReturnType<typeof receiver>[]) => Promise<void>,
): Promise<void> {
  const receivers = [receiver(), receiver(), receiver(1000)];
  const broadcast = new Broadcast(options);
  for (const one of receivers) broadcast.add(one);
  await body(broadcast, receivers);
  for (const { wsConnection, peer } of receivers) {
    wsConnection.abort();
    peer.stream.close();
  }
  await settle();
}

Deno.test("Broadcast sends to all but one, and to those that are open", () =>
  withReceivers({}, async (broadcast, [first, second, third]) => {
    const absent = { wsConnection: undefined };
    broadcast.add(absent);
    broadcast.add(first!);
    assertEquals([broadcast.size, [...broadcast].length, broadcast.has(absent)], [4, 4, true]);
    third!.wsConnection.close();
    assertEquals(broadcast.send("grün"), 2);
    assertEquals(broadcast.send(hex("07"), { except: first! }), 1);
    assertEquals(broadcast.send({ a: 1 }), 2);
    assertEquals(broadcast.send(toBytes("text"), { binary: false }), 2);
    assertEquals(broadcast.send(new PreparedMessage("prepared")), 2);
    const read = async (peer: WebSocketPeer, count: number) => {
      const texts = [];
      while (texts.length < count) texts.push(await peer.readText());
      return texts;
    };
    assertEquals(await read(first!.peer, 4), ["1:gr\xc3\xbcn", '1:{"a":1}', "1:text", "1:prepared"]);
    assertEquals(await read(second!.peer, 5), ["1:gr\xc3\xbcn", "2:\x07", '1:{"a":1}', "1:text", "1:prepared"]);
    assertEquals([broadcast.delete(first!), broadcast.delete(first!), broadcast.size], [true, false, 3]);
  }));

for (const policy of ["skip", "close", "abort"] as const) {
  Deno.test(`Broadcast keeps no more than its limit for a slow receiver: ${policy}`, () =>
    withReceivers({ slowReceivers: policy, maxBufferedBytes: 10_000 }, async (broadcast, [fast, , slow]) => {
      const message = "x".repeat(4000);
      const counts = [];
      for (let round = 0; round < 8; round++) {
        counts.push(broadcast.send(message));
        await fast!.peer.read();
        await settle();
      }
      assert(slow!.wsConnection.bufferedBytes < 15_000);
      assertEquals([counts[0], counts.at(-1), slow!.wsConnection.isClosing], [3, 2, policy !== "skip"]);
      if (policy === "abort") return;
      const missed = counts.filter((count) => count === 2).length;
      for (let count = 0; count < 8 - missed; count++) await slow!.peer.read();
      if (policy === "close") {
        assertEquals(await slow!.peer.readClose(), [1013, "too slow"]);
      } else {
        assertEquals(broadcast.send("again"), 3);
        assertEquals(await slow!.peer.readText(), "1:again");
      }
    }));
}

Deno.test("Broadcast does not wait for a receiver that is sent something in fragments", () =>
  withReceivers({}, async (broadcast, [first]) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const sent = first!.wsConnection.writeStream((async function* () {
      yield "a";
      await promise;
    })());
    assertEquals(broadcast.send("x"), 2);
    resolve();
    await sent;
    await settle();
    assertEquals(broadcast.send("x"), 3);
  }));

Deno.test("Broadcast refuses what is no message, and settings out of range", () => {
  assertThrows(() => new Broadcast().send([1] as never), TypeError);
  assertThrows(() => new Broadcast({ maxBufferedBytes: -1 }), RangeError, "maxBufferedBytes");
  assertThrows(() => new Broadcast({ slowReceivers: "wait" as never }), TypeError, "must be one of skip, close, abort");
});
