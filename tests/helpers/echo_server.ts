// A program for tests: echoes lines on a free port, which it tells on standard output.

import { type IOStream, StreamClosedError, TCPServer } from "@denado/denado/tcp";

class EchoServer extends TCPServer {
  override async handleStream(stream: IOStream): Promise<void> {
    try {
      for (;;) await stream.write(await stream.readUntil("\n"));
    } catch (error) {
      if (!(error instanceof StreamClosedError)) throw error;
    }
  }
}

const server = new EchoServer();
server.listen(0, { address: "127.0.0.1" });
console.log(`port ${server.port}`);
