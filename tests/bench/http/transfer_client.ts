/**
 * The client of the transfers: sends or receives so many bytes on one connection, checks the count, and tells the time.
 *
 * Arguments: port, `upload` or `download`, bytes. It prints one line of JSON, `{"ms":n}`.
 *
 * @module
 */

const port = Number(Deno.args[0]);
const isUpload = Deno.args[1] === "upload";
const bytes = Number(Deno.args[2]);
const conn = await Deno.connect({ hostname: "127.0.0.1", port });
const buffer = new Uint8Array(1 << 20);
const started = performance.now();

const head = isUpload
  ? `POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${bytes}\r\nConnection: close\r\n\r\n`
  : "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
await conn.write(new TextEncoder().encode(head));
if (isUpload) {
  for (let sent = 0; sent < bytes;) {
    const count = await conn.write(bytes - sent < buffer.length ? buffer.subarray(0, bytes - sent) : buffer);
    sent += count;
  }
}
let received = 0;
let tail = "";
for (let count; (count = await conn.read(buffer)) !== null;) {
  received += count;
  tail = (tail + (count < 1000 ? new TextDecoder().decode(buffer.subarray(0, count)) : "")).slice(-1000);
}
const ms = performance.now() - started;
conn.close();
// A download is at least as long as what was asked for: there is a head, and perhaps the framing of chunks.
if (isUpload ? !tail.includes(String(bytes)) : received < bytes) {
  throw new Error(`The transfer is not whole: ${received} bytes were received, the last of them: ${tail.slice(-200)}`);
}
console.log(JSON.stringify({ ms }));
