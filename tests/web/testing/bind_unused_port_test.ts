import { HTTPServer } from "@denado/denado/http";
import { bindUnusedPort } from "@denado/denado/testing";
import { assert, assertNotEquals } from "@std/assert";

Deno.test("bindUnusedPort listens on a free port of this machine", async () => {
  const one = bindUnusedPort();
  const other = bindUnusedPort({ address: "0.0.0.0" });
  assertNotEquals(one.port, other.port);
  other.socket.close();
  const server = new HTTPServer(({ connection }) => connection.abort());
  server.addSockets([one.socket]);
  const client = await Deno.connect({ hostname: "127.0.0.1", port: one.port });
  assert(client.remoteAddr !== undefined);
  client.close();
  server.stop();
  await server.closeAllConnections();
});
