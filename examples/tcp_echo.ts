// deno run --allow-net examples/tcp_echo.ts [port]
//
// Sends every line back. Try it with: nc localhost 8888

import { IOLoop } from "@denado/denado/ioloop";
import { type IOStream, StreamClosedError, TCPServer } from "@denado/denado/tcp";

class EchoServer extends TCPServer {
  override async handleStream(stream: IOStream): Promise<void> {
    try {
      for (;;) await stream.write(await stream.readUntil("\n", { maxBytes: 65536 }));
    } catch (error) {
      if (!(error instanceof StreamClosedError)) throw error; // the client has left
    }
  }
}

const server = new EchoServer();
server.listen(Number(Deno.args[0] ?? 8888), { address: "localhost" });
console.log(`Echo on localhost:${server.port}`);
await IOLoop.current().start();
