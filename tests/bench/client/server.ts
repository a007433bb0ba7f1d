// Benchmark server: fixed answers straight from Deno.Conn, so that the client is what is measured. GET /bytes/<count>
// sends so many bytes, everything else gets a small body. The port is told on standard error.

const SMALL = new TextEncoder().encode(
  "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nDate: Wed, 25 Nov 2026 08:00:00 GMT\r\n" +
    "Content-Length: 12\r\n\r\nHello, world",
);
const CHUNK = new Uint8Array(1 << 20).fill(120);

const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
console.error(`port ${listener.addr.port}`);
for await (const conn of listener) serve(conn).catch(() => conn.close());

async function serve(conn: Deno.TcpConn): Promise<void> {
  conn.setNoDelay(true);
  const buffer = new Uint8Array(16384);
  const decoder = new TextDecoder();
  for (let text = "", count; (count = await conn.read(buffer)) !== null;) {
    text += decoder.decode(buffer.subarray(0, count));
    if (!text.endsWith("\r\n\r\n")) continue;
    const big = /^GET \/bytes\/(\d+) /.exec(text);
    text = "";
    if (big === null) await write(conn, SMALL);
    else await send(conn, Number(big[1]));
  }
  conn.close();
}

async function send(conn: Deno.TcpConn, count: number): Promise<void> {
  await write(conn, new TextEncoder().encode(`HTTP/1.1 200 OK\r\nContent-Length: ${count}\r\n\r\n`));
  for (let left = count; left > 0; left -= CHUNK.length) {
    await write(conn, CHUNK.subarray(0, Math.min(left, CHUNK.length)));
  }
}

async function write(conn: Deno.TcpConn, bytes: Uint8Array): Promise<void> {
  for (let sent = 0; sent < bytes.length;) sent += await conn.write(bytes.subarray(sent));
}
