import { assertEquals, assertStrictEquals } from "@std/assert";
import { Socket } from "@denado/denado/tcp";

Deno.test("Socket tells both addresses and the connection under it", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const [conn, accepted] = await Promise.all([Deno.connect({ port: listener.addr.port }), listener.accept()]);
  const socket = new Socket(conn);
  assertStrictEquals(socket.conn, conn);
  assertEquals([socket.remoteAddr, socket.localAddr], [accepted.localAddr, accepted.remoteAddr]);
  socket.setNodelay(true);
  socket.setNodelay(false);
  await socket.closeWrite();
  assertEquals(await accepted.read(new Uint8Array(1)), null);
  socket.close();
  accepted.close();
});

Deno.test("Socket ignores setNodelay where the connection has none", () => {
  const socket = new Socket({ close() {} } as unknown as Deno.Conn);
  socket.setNodelay(true);
  socket.close();
});
