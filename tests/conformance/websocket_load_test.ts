/**
 * Many WebSockets, and one that reads nothing: what a server holds for them stays small.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { Application, Broadcast, type ReceivedMessage, WebSocketHandler } from "@denado/denado";
import { connectMany } from "./websocket_load.ts";
import { expectNoLog } from "../helpers/expect_log.ts";
import { WebSocketPeer } from "../helpers/websocket_peer.ts";

const MB = 1 << 20;

Deno.test("server answers no more than a client reads, whatever that sends", () =>
  expectNoLog(async () => {
    let taken = 0;
    let most = 0;
    class Echo extends WebSocketHandler {
      override onMessage(message: ReceivedMessage): void {
        taken++;
        this.writeMessage(message); // nobody waits for it
        most = Math.max(most, this.wsConnection?.bufferedBytes ?? 0);
      }
    }
    const server = new Application([["/", Echo]], { logFunction: () => {} }).listen(0, { address: "127.0.0.1" });
    const { peer } = await WebSocketPeer.connect(server.port!);
    const message = { opcode: 2, payload: new Uint8Array(50_000) };
    const total = 1200; // 60 MB, of which the system's own buffers hold some
    const sent = (async () => {
      for (let count = 0; count < total; count++) await peer.send(message);
    })();
    let before = -1;
    while (taken !== before) { // until nothing moves any more
      before = taken;
      for (let pause = 0; pause < 50; pause++) await new Promise((resolve) => setTimeout(resolve, 1));
    }
    assert(taken > 0 && taken < total / 2, `${taken} of ${total} messages were taken`);
    assert(most < MB / 2, `${most} bytes waited`);
    for (let count = 0; count < total; count++) assertEquals((await peer.read())!.payload.length, 50_000);
    await sent;
    await peer.goodbye();
    while (await peer.read() !== undefined);
    await server.close();
  }));

Deno.test("broadcast holds a bounded amount for a client that reads nothing", () =>
  expectNoLog(async () => {
    const everybody = new Broadcast({ slowReceivers: "skip", maxBufferedBytes: MB });
    class Listener extends WebSocketHandler {
      override open(): void {
        everybody.add(this);
      }
      override onClose(): void {
        everybody.delete(this);
      }
    }
    const server = new Application([["/", Listener]], { logFunction: () => {} }).listen(0, { address: "127.0.0.1" });
    const { peer } = await WebSocketPeer.connect(server.port!);
    while (everybody.size === 0) await new Promise((resolve) => setTimeout(resolve, 0));
    let missed = 0;
    const message = new Uint8Array(100_000);
    for (let count = 0; count < 1000; count++) { // 100 MB
      missed += 1 - everybody.send(message);
      if (count % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 0));
    }
    const [receiver] = everybody;
    const { bufferedBytes } = receiver!.wsConnection!;
    assert(missed > 500 && bufferedBytes < 1.2 * MB, `${missed} missed, ${bufferedBytes} bytes wait`);
    peer.stream.close();
    while (everybody.size > 0) await new Promise((resolve) => setTimeout(resolve, 0));
    await server.close();
  }));

Deno.test("hundreds of connections are pinged and answer, and go when the server does", async () => {
  const report = await connectMany({ connections: 500, intervalMs: 50, timeoutMs: 0 });
  assertEquals({ ...report, pings: report.pings >= 1000 }, {
    connections: 500,
    pings: true,
    lost: 0,
    closedWith1001: 500,
  });
});
