// Benchmark peer: Denado's TCPServer as an echo. The port is told on standard error.

import { type IOStream, StreamClosedError, TCPServer } from "../../../tcp/mod.ts";

class EchoServer extends TCPServer {
  override async handleStream(stream: IOStream): Promise<void> {
    try {
      for (;;) await stream.write(await stream.readBytes(65536, { partial: true }));
    } catch (error) {
      if (!(error instanceof StreamClosedError)) throw error;
    }
  }
}

const server = new EchoServer();
server.listen(0, { address: "127.0.0.1" });
console.error(`port ${server.port}`);
