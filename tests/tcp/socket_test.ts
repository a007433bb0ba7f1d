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

Deno.test("Socket keeps a process alive while it is read, unless it is told not to", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepted = listener.accept();
  const code = `import { Socket } from "${new URL("../../tcp/mod.ts", import.meta.url)}";
    const socket = new Socket(await Deno.connect({ port: ${listener.addr.port} }));
    socket.unref();
    socket.ref();
    socket.unref();
    socket.startReading();`;
  const child = new Deno.Command(Deno.execPath(), { args: ["eval", "--ext=ts", code], stderr: "inherit" }).output();
  const conn = await accepted;
  assertEquals((await child).success, true);
  conn.close();
});

Deno.test("Socket ignores ref and unref where the connection has none", () => {
  const socket = new Socket({ close() {} } as unknown as Deno.Conn);
  socket.unref();
  socket.ref();
  socket.close();
});
