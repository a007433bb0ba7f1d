// Benchmark peer: an echo on Deno.Conn, one buffer a connection. The port is told on standard error.

const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
console.error(`port ${listener.addr.port}`);
for await (const conn of listener) echo(conn).catch((error) => console.error(String(error)));

async function echo(conn: Deno.Conn): Promise<void> {
  const buffer = new Uint8Array(65536);
  for (let size; (size = await conn.read(buffer)) !== null;) {
    for (let sent = 0; sent < size;) sent += await conn.write(buffer.subarray(sent, size));
  }
  conn.close();
}
