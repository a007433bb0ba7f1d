import { assertEquals } from "@std/assert";
import { IOStream, onEndRequested, requestEnd, TCPServer } from "@denado/denado/tcp";
import { memoryChannels } from "../helpers/memory_pair.ts";

Deno.test("onEndRequested hears once of a wish, whether it came before or after", () => {
  const [channel, other] = memoryChannels();
  const stream = new IOStream(channel);
  const heard: string[] = [];
  onEndRequested(stream, () => heard.push("first"));
  requestEnd(stream);
  requestEnd(stream);
  assertEquals(heard, ["first"]);
  onEndRequested(stream, () => heard.push("late"));
  assertEquals(heard, ["first", "late"]);
  stream.close();
  other.close();
});

Deno.test("TCPServer.close asks the streams that it waits for to end, also those that begin meanwhile", async () => {
  const heard: string[] = [];
  class Server extends TCPServer {
    override handleStream(stream: IOStream): void {
      onEndRequested(stream, () => {
        heard.push("end");
        stream.close();
      });
    }
  }
  const server = new Server();
  server.listen(0, { address: "127.0.0.1" });
  const client = await IOStream.connect({ hostname: "127.0.0.1", port: server.port! });
  while (server.openStreams.size === 0) await new Promise((resolve) => setTimeout(resolve, 0));
  await server.close();
  assertEquals(heard, ["end"]);
  client.close();
});
