/**
 * Benchmark peer: Denado. `/echo` answers each message with itself, `/broadcast` sends each message to everybody there.
 * With the argument `compress` messages from 64 bytes on are compressed. The port is told on standard error.
 *
 * @module
 */

import { Application, Broadcast, type ReceivedMessage, WebSocketHandler } from "../../../mod.ts";

const compresses = Deno.args.includes("compress");

abstract class Handler extends WebSocketHandler {
  override getCompressionOptions() {
    return compresses ? { threshold: 64 } : undefined;
  }
}

class EchoHandler extends Handler {
  override onMessage(message: ReceivedMessage): void {
    this.writeMessage(message);
  }
}

const everybody = new Broadcast();

class BroadcastHandler extends Handler {
  override open(): void {
    everybody.add(this);
  }

  override onMessage(message: ReceivedMessage): void {
    everybody.send(message);
  }

  override onClose(): void {
    everybody.delete(this);
  }
}

const app = new Application([["/echo", EchoHandler], ["/broadcast", BroadcastHandler]], { logFunction: () => {} });
const server = app.listen(0, { address: "127.0.0.1" });
console.error(`port ${server.port}`);
