// Benchmark peer: an echo on Deno.Conn, one buffer a connection. The port is told on standard error.
// Argument: the size of the buffer, 64 KB if there is none.

const size = Number(Deno.args[0] ?? 65536);
const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
console.error(`port ${listener.addr.port}`);
for await (const conn of listener) echo(conn).catch((error) => console.error(String(error)));

async function echo(conn: Deno.Conn): Promise<void> {
  const buffer = new Uint8Array(size);
  for (let count; (count = await conn.read(buffer)) !== null;) {
    for (let sent = 0; sent < count;) sent += await conn.write(buffer.subarray(sent, count));
  }
  conn.close();
}
