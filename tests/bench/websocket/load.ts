// The load. Arguments: port, mode, connections, bytes of a message, warm-up and measured time in milliseconds, "compress".
// Mode "echo": each connection sends a text message, waits for it to come back, and sends the next.
// Mode "broadcast": the first connection sends a message, and the next when every connection has it.
// With a time of 0 each connection gets one message back and stays open until standard input ends.
// Writes one JSON line when it begins to measure, and one with the number of messages that came.

import { constants, deflateRawSync } from "node:zlib";

const [mode] = Deno.args.splice(1, 1) as ["echo" | "broadcast"];
const [port, connections, size, warmUpMs, measuredMs] = Deno.args.map(Number) as [
  number,
  number,
  number,
  number,
  number,
];
const compresses = Deno.args.includes("compress");

const frame = maskedText(size);
let messages = 0;
let over = false;

/** Text like that of applications: it compresses to about a quarter. */
function text(size: number): string {
  let result = "";
  for (let at = 0; result.length < size; at++) {
    result += JSON.stringify({ id: at * 7919 % 10_007, name: `user ${at * 31 % 997}`, active: at % 3 === 0 });
  }
  return result.slice(0, size);
}

function maskedText(size: number): Uint8Array<ArrayBuffer> {
  const plain = new TextEncoder().encode(text(size));
  const payload = compresses && size >= 64
    ? new Uint8Array(deflateRawSync(plain, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4))
    : plain;
  const isCompressed = payload !== plain;
  const head = [isCompressed ? 0xc1 : 0x81];
  if (payload.length < 126) head.push(0x80 | payload.length);
  else if (payload.length < 65536) head.push(0xfe, payload.length >> 8, payload.length & 255);
  else {head.push(
      0xff,
      0,
      0,
      0,
      0,
      payload.length >>> 24,
      (payload.length >> 16) & 255,
      (payload.length >> 8) & 255,
      payload.length & 255,
    );}
  const mask = [0x12, 0x34, 0x56, 0x78];
  const frame = new Uint8Array(head.length + 4 + payload.length);
  frame.set([...head, ...mask]);
  payload.forEach((byte, at) => frame[head.length + 4 + at] = byte ^ mask[at % 4]!);
  return frame;
}

/** A connection, of which it knows how much of the frame in progress is still to come. */
class Client {
  readonly #conn: Deno.Conn;
  #buffer = new Uint8Array(2048);
  #start = 0;
  #end = 0;

  constructor(conn: Deno.Conn) {
    this.#conn = conn;
  }

  static async open(): Promise<Client> {
    const conn = await Deno.connect({ hostname: "127.0.0.1", port });
    const offer = compresses ? "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n" : "";
    await conn.write(new TextEncoder().encode(
      `GET /${mode} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n${offer}` +
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
    ));
    const bytes = new Uint8Array(4096);
    let head = "";
    while (!head.includes("\r\n\r\n")) head += new TextDecoder().decode(bytes.subarray(0, (await conn.read(bytes))!));
    if (!head.startsWith("HTTP/1.1 101 ") || head.includes("permessage-deflate") !== compresses) throw new Error(head);
    return new Client(conn);
  }

  async send(): Promise<void> {
    for (let sent = 0; sent < frame.length;) sent += await this.#conn.write(sent === 0 ? frame : frame.subarray(sent));
  }

  /** Reads a message, which must be one frame. */
  async receive(): Promise<void> {
    while (this.#end - this.#start < 2) await this.#read();
    const length = this.#buffer[this.#start + 1]!;
    const headBytes = length < 126 ? 2 : length === 126 ? 4 : 10;
    while (this.#end - this.#start < headBytes) await this.#read();
    const view = new DataView(this.#buffer.buffer, this.#start);
    let remaining = headBytes + (length < 126 ? length : length === 126 ? view.getUint16(2) : view.getUint32(6));
    if (remaining > 2048 && this.#buffer.length < 65536) this.#grow();
    for (;;) {
      const there = Math.min(remaining, this.#end - this.#start);
      this.#start += there;
      remaining -= there;
      if (remaining === 0) break;
      await this.#read();
    }
    messages++;
  }

  #grow(): void {
    const larger = new Uint8Array(65536);
    larger.set(this.#buffer);
    this.#buffer = larger;
  }

  async #read(): Promise<void> {
    if (this.#start === this.#end) this.#start = this.#end = 0;
    else if (this.#end === this.#buffer.length) {
      this.#buffer.copyWithin(0, this.#start, this.#end);
      this.#end -= this.#start;
      this.#start = 0;
    }
    const count = await this.#conn.read(this.#buffer.subarray(this.#end));
    if (count === null) throw new Error("The server closed a connection");
    this.#end += count;
  }

  close(): void {
    this.#conn.close();
  }
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const say = (value: unknown) => Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify(value) + "\n"));

async function drive(client: Client): Promise<void> {
  while (!over) {
    const sent = client.send();
    await client.receive();
    await sent;
  }
}

async function broadcast(clients: Client[]): Promise<void> {
  while (!over) {
    await clients[0]!.send();
    await Promise.all(clients.map((client) => client.receive()));
  }
}

const clients: Client[] = [];
while (clients.length < connections) {
  const missing = Math.min(50, connections - clients.length);
  clients.push(...await Promise.all(Array.from({ length: missing }, () => Client.open())));
}

if (measuredMs === 0) {
  for (const client of clients) await Promise.all([client.send(), client.receive()]);
  say({ messages });
  await Deno.stdin.read(new Uint8Array(1));
} else {
  const driven = mode === "echo" ? Promise.all(clients.map(drive)) : broadcast(clients);
  await pause(warmUpMs);
  say({ begin: true });
  const before = messages;
  const started = performance.now();
  await pause(measuredMs);
  say({ messages: messages - before, ms: performance.now() - started });
  over = true;
  await driven;
}
for (const client of clients) client.close();
