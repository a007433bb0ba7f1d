// A program for a test: three processes on the port given, each of which answers with its number and ends.

import { type IOStream, TCPServer } from "@denado/denado/tcp";

class PidServer extends TCPServer {
  override async handleStream(stream: IOStream): Promise<void> {
    await stream.write(String(Deno.pid));
    stream.close();
  }
}

const server = new PidServer();
server.bind(Number(Deno.args[0]), { address: "127.0.0.1" });
await server.start(3);
console.log(Deno.pid);
