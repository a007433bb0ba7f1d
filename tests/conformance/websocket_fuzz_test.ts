import { assertEquals } from "@std/assert";
import { Application, websocketConnect, WebSocketHandler } from "@denado/denado";
import { IOStream } from "@denado/denado/tcp";
import { expectNoLog } from "../helpers/expect_log.ts";
import { Random } from "../helpers/random.ts";
import { concat, frame } from "../helpers/websocket_frames.ts";
import { handshake } from "../helpers/websocket_peer.ts";
import { fuzzRound } from "./websocket_fuzz.ts";

Deno.test("WebSocket protocol takes random input as a second implementation of it does", () => {
  for (let seed = 1; seed <= 400; seed++) {
    try {
      fuzzRound(seed);
    } catch (error) {
      throw new Error(`Seed ${seed} fails: deno task fuzz:websocket 1 ${seed}`, { cause: error });
    }
  }
});

class Echo extends WebSocketHandler {
  override getCompressionOptions() {
    return {};
  }

  override onMessage(message: string | Uint8Array): unknown {
    return this.writeMessage(message);
  }
}

Deno.test("server of WebSockets survives clients that send anything, and forgets them", () =>
  expectNoLog(async () => {
    const server = new Application([["/", Echo]], { logFunction: () => {} }).listen(0, { address: "127.0.0.1" });
    const random = new Random(6455);
    const good = await websocketConnect(`ws://127.0.0.1:${server.port}/`, { compressionOptions: { threshold: 0 } });
    for (let client = 0; client < 60; client++) {
      const stream = await IOStream.connect({ hostname: "127.0.0.1", port: server.port! });
      const fields = { "Sec-WebSocket-Extensions": random.below(2) === 0 ? "permessage-deflate" : null };
      const noise = Array.from({ length: 1 + random.below(4) }, () => {
        const payload = Uint8Array.from({ length: random.below(200) }, () => random.below(256));
        return random.below(2) === 0
          ? payload
          : frame({ opcode: random.below(16), rsv: random.pick([0, 0, 4]), payload });
      });
      await stream.write(concat([new TextEncoder().encode(handshake({ fields })), ...noise]));
      if (random.below(2) === 0) await stream.closeWrite();
      else stream.close();
      if (!stream.closed) await stream.readUntilClose().catch(() => {}); // a reset is as good
      stream.close();
    }
    await good.writeMessage("still there");
    assertEquals(await good.readMessage(), "still there");
    await good[Symbol.asyncDispose]();
    while (server.openStreams.size > 0) await new Promise((resolve) => setTimeout(resolve, 1));
    await server.close();
  }));
