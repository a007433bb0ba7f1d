// Benchmark peer: a TCPServer whose clients do not keep up. With "flood" it writes as much as each client takes, with
// "ignore" it reads nothing. The port is told on standard error; each line on standard input is answered with the
// number of bytes that were handed to the kernel since the start.

import { type IOStream, StreamClosedError, TCPServer } from "../../../tcp/mod.ts";

const mode = Deno.args[0];
const block = new Uint8Array(1 << 20);
let handedOver = 0;

class StalledServer extends TCPServer {
  override async handleStream(stream: IOStream): Promise<void> {
    if (mode === "ignore") return stream.setCloseCallback(() => {});
    try {
      for (;;) {
        await stream.write(block);
        handedOver += block.length;
      }
    } catch (error) {
      if (!(error instanceof StreamClosedError)) throw error;
    }
  }
}

const server = new StalledServer();
server.listen(0, { address: "127.0.0.1" });
console.error(`port ${server.port}`);
for await (const _line of Deno.stdin.readable) console.log(handedOver);
Deno.exit();
