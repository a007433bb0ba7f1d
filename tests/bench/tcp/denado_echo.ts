// Benchmark peer: Denado's TCPServer as an echo. The port is told on standard error.
// With the argument "buffer" each connection has a buffer of its own, as the echo on Deno.Conn has.

import { type IOStream, StreamClosedError, TCPServer } from "../../../tcp/mod.ts";

const ownBuffer = Deno.args[0] === "buffer";

class EchoServer extends TCPServer {
  override async handleStream(stream: IOStream): Promise<void> {
    try {
      if (ownBuffer) await echoFromBuffer(stream);
      else for (;;) await stream.write(await stream.readBytes(65536, { partial: true }));
    } catch (error) {
      if (!(error instanceof StreamClosedError)) throw error;
    }
  }
}

async function echoFromBuffer(stream: IOStream): Promise<never> {
  const buffer = new Uint8Array(65536);
  for (;;) await stream.write(buffer.subarray(0, await stream.readInto(buffer, { partial: true })));
}

const server = new EchoServer();
server.listen(0, { address: "127.0.0.1" });
console.error(`port ${server.port}`);
